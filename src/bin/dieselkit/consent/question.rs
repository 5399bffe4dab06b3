//! The questions of a destructive command, on a terminal.
//!
//! It must not know when which of them is asked.

use std::io::{self, IsTerminal as _};

use super::{Decision, Refusal, Request, decide};
use crate::interrupt::{self, Reply};
use crate::report;

/// Whether somebody can be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Terminal {
    /// Standard input and standard error are a terminal.
    Present,
    /// One of them is not.
    Absent,
}

impl Terminal {
    /// Returns whether somebody sits at this process.
    pub(crate) fn of_process() -> Self {
        if io::stdin().is_terminal() && io::stderr().is_terminal() {
            Self::Present
        } else {
            Self::Absent
        }
    }
}

/// Asks what has to be asked, on standard error.
///
/// # Errors
/// The `Refusal`, where the command may not begin.
pub(crate) fn obtain(request: &Request<'_>) -> Result<(), Refusal> {
    let database = request.database.unwrap_or("the database");
    let question = request.destruction.question(database, request.extent);
    match decide(request) {
        Decision::Go => Ok(()),
        Decision::AskYesNo => ask_yes_no(&question),
        Decision::AskName => ask_name(&question, database),
        Decision::AskYesNoThenName => {
            ask_yes_no(&question)?;
            ask_name("This cannot be undone.", database)
        }
        Decision::Refuse(refusal) => Err(refusal),
    }
}

fn ask_yes_no(question: &str) -> Result<(), Refusal> {
    match ask(&format!("{question} [y/N] "))?.to_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(Refusal::Declined),
    }
}

fn ask_name(question: &str, database: &str) -> Result<(), Refusal> {
    let typed = ask(&format!("{question} Type the database's name to go on: "))?;
    match typed.as_str() {
        name if name == database => Ok(()),
        "" => Err(Refusal::Declined),
        _ => Err(Refusal::WrongName { typed }),
    }
}

/// Returns the line that is typed, without blanks around it. An end without a line is an empty
/// one.
fn ask(prompt: &str) -> Result<String, Refusal> {
    report::print_error(prompt);
    let reply = interrupt::read_line().map_err(|error| Refusal::Unasked {
        reason: error.to_string(),
    })?;
    let answer = match reply {
        Reply::Line(line) => return Ok(line.trim().to_owned()),
        Reply::End => Ok(String::new()),
        Reply::Interrupted => Err(Refusal::Interrupted),
    };
    // No Enter ended the line of the question.
    report::print_error("\n");
    answer
}
