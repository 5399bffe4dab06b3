//! What a command found out or did, and where.

use dieselkit::migration::RehearsalReport;
use serde::Serialize;
use serde_json::Value;

use super::table::LeftOut;
use super::{json, rehearsal_text};
use crate::exit::Exit;

/// What a command found out or did.
#[derive(Debug, Clone, Default)]
pub(crate) struct Answer {
    /// For people, on standard output.
    pub(crate) text: String,
    /// For programs.
    pub(crate) data: Value,
    /// What is worth a warning.
    pub(crate) warnings: Vec<String>,
    /// What could be done next, as a command.
    pub(crate) hint: Option<String>,
    /// What of its text did not fit the terminal.
    pub(crate) left_out: Option<LeftOut>,
    /// Whether something was found, which the exit code says.
    pub(crate) found: bool,
    /// What the text is about.
    pub(crate) about: About,
}

/// What an answer's text is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum About {
    /// What was asked for: without it the command was for nothing.
    #[default]
    Question,
    /// What the command did, which the exit code says as well.
    Deed,
}

impl Answer {
    pub(super) fn exit(&self) -> Exit {
        if self.found {
            Exit::Findings
        } else {
            Exit::Done
        }
    }
}

/// What a program is told of a rehearsal.
#[derive(Serialize)]
struct RehearsalData<'a> {
    rehearsed: bool,
    #[serde(flatten)]
    report: &'a RehearsalReport,
}

/// Answers with what a rehearsal found, whether it came to its end or not.
pub(crate) fn rehearsed(report: &RehearsalReport) -> Answer {
    let (text, left_out) = rehearsal_text(report);
    Answer {
        text,
        left_out,
        data: json::data(&RehearsalData {
            rehearsed: true,
            report,
        }),
        ..Answer::default()
    }
}

/// Where a command worked, as far as that is known.
#[derive(Debug, Default)]
pub(crate) struct Context {
    pub(super) command: Option<String>,
    pub(super) database: Option<String>,
    pub(super) environment: Option<String>,
}

impl Context {
    /// Returns what is known of a command that has no settings.
    pub(crate) fn of_command(command: Option<&str>) -> Self {
        Self {
            command: command.map(str::to_owned),
            ..Self::default()
        }
    }
}
