//! The questions of a destructive command, on a terminal.
//!
//! It must not know when which of them is asked.

use std::io::{self, IsTerminal as _};

use dialoguer::{Confirm, Input};

use super::{Decision, Refusal, Request, decide};
use crate::interrupt;

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
    let question = request.destruction.question(database, request.schemas);
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
    let confirm = Confirm::new().with_prompt(question).default(false);
    match interrupt::while_asking(|| confirm.interact_opt()) {
        Ok(Some(true)) => Ok(()),
        Ok(_) => Err(Refusal::Declined),
        Err(error) => Err(not_asked(error)),
    }
}

fn ask_name(question: &str, database: &str) -> Result<(), Refusal> {
    let prompt = format!("{question} Type the database's name to go on");
    let input = Input::new().with_prompt(prompt).allow_empty(true);
    let typed: String = interrupt::while_asking(|| input.interact_text()).map_err(not_asked)?;
    match typed.trim() {
        name if name == database => Ok(()),
        "" => Err(Refusal::Declined),
        _ => Err(Refusal::WrongName { typed }),
    }
}

fn not_asked(error: dialoguer::Error) -> Refusal {
    let dialoguer::Error::IO(error) = error;
    match error.kind() {
        io::ErrorKind::Interrupted => Refusal::Interrupted,
        _ => Refusal::Unasked {
            reason: error.to_string(),
        },
    }
}
