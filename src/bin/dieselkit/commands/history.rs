//! `history`: every attempt, newest first.

use dieselkit::Version;
use dieselkit::history::Attempt;
use serde::Serialize;

use super::Answered;
use crate::app::{App, Reach};
use crate::args::History;
use crate::report::{Answer, history_text, json};

#[derive(Serialize)]
struct Data<'a> {
    attempts: &'a [Attempt],
}

pub(super) fn run(app: &App<'_>, args: &History) -> Answered {
    let mut migrator = app.migrator(Reach::Read)?;
    let mut attempts = migrator.history()?;
    if let Some(version) = &args.version {
        let version = Version::from_name(version);
        attempts.retain(|attempt| attempt.version == version);
    }
    if let Some(limit) = args.limit {
        attempts.truncate(limit as usize);
    }
    Ok(Answer {
        text: history_text(&attempts),
        data: json::data(&Data {
            attempts: &attempts,
        }),
        warnings: app.warnings(&mut migrator)?,
        ..Answer::default()
    })
}
