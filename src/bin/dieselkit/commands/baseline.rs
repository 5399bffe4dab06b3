//! `baseline`: marks all up to a version as applied, running nothing.

use dieselkit::Absent;
use serde::Serialize;

use super::{Answered, named};
use crate::app::{App, Reach};
use crate::args::Baseline;
use crate::report::{About, Answer, json, marked_text};

#[derive(Serialize)]
struct Data<'a> {
    marked: &'a [String],
}

pub(super) fn run(app: &App<'_>, args: &Baseline) -> Answered {
    let mut migrator = app.migrator(Reach::Create(Absent::Refuse))?;
    let version = named::version(&mut migrator, &args.version)?;
    let marked = migrator.baseline(version)?;
    let set = migrator.migrations();
    let names: Vec<String> = marked
        .iter()
        .filter_map(|version| Some(set.get(version)?.name().to_owned()))
        .collect();
    Ok(Answer {
        text: marked_text(&names),
        data: json::data(&Data { marked: &names }),
        about: About::Deed,
        ..Answer::default()
    })
}
