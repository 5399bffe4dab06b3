//! `history`: every attempt, newest first.

use dieselkit::Version;
use serde_json::json;

use super::Answered;
use crate::app::{App, Reach};
use crate::args::History;
use crate::report::{Answer, history_text};

pub(super) fn run(app: &App<'_>, args: &History) -> Answered {
    let mut attempts = app.migrator(Reach::Read)?.history()?;
    if let Some(version) = &args.version {
        let version = Version::from_name(version);
        attempts.retain(|attempt| attempt.version == version);
    }
    if let Some(limit) = args.limit {
        attempts.truncate(limit as usize);
    }
    Ok(Answer {
        text: history_text(&attempts),
        data: json!({ "attempts": attempts }),
        ..Answer::default()
    })
}
