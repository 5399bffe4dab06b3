//! `new`: the files of a new migration.

use dieselkit::Version;
use dieselkit::clock::{Clock, SystemClock};
use dieselkit::migration::{Layout, NewMigration, Numbering, scaffold};
use serde::Serialize;

use super::Answered;
use crate::app::App;
use crate::args::New;
use crate::report::{Answer, json};

#[derive(Serialize)]
struct Data<'a> {
    version: &'a Version,
    name: &'a str,
    path: String,
    files: &'a [String],
}

pub(super) fn run(app: &App<'_>, args: &New) -> Answered {
    let wanted = NewMigration {
        name: args.name.clone(),
        description: args.description.clone(),
        numbering: if args.sequential {
            Numbering::Sequential
        } else {
            Numbering::Timestamp
        },
        layout: if args.single_file {
            Layout::SingleFile
        } else {
            Layout::Folder
        },
        without_transaction: args.no_transaction,
    };
    let folder = app.migrations_folder();
    let is_first = !folder.exists();
    let made = scaffold(&folder, &wanted, SystemClock::default().now())?;
    let files: Vec<String> = made.files.iter().map(|file| app.shown(file)).collect();
    Ok(Answer {
        text: files.join("\n") + "\n",
        data: json::data(&Data {
            version: &made.version,
            name: &made.name,
            path: app.shown(&made.path),
            files: &files,
        }),
        hint: is_first.then(|| {
            format!(
                "the folder `{}` is new; `dieselkit init` writes a configuration that names it",
                app.shown(&folder)
            )
        }),
        ..Answer::default()
    })
}
