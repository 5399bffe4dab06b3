//! `repair`: accepts a modified file.

use dieselkit::Version;
use serde::Serialize;

use super::{Answered, named};
use crate::app::{App, Reach};
use crate::args::Repair;
use crate::report::{About, Answer, json};

#[derive(Serialize)]
struct Data<'a> {
    version: &'a Version,
    reason: &'a str,
}

pub(super) fn run(app: &App<'_>, args: &Repair) -> Answered {
    let mut migrator = app.migrator(Reach::Write)?;
    let version = named::version(&mut migrator, &args.version)?;
    migrator.repair(&version, &args.reason)?;
    Ok(Answer {
        text: format!(
            "the file of {version} is accepted as it is; the old checksum stays in the history\n"
        ),
        data: json::data(&Data {
            version: &version,
            reason: &args.reason,
        }),
        about: About::Deed,
        ..Answer::default()
    })
}
