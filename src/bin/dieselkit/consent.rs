//! Whether a destructive command may go on: the rules, and the questions.
//!
//! The rules are a pure function. This must not know what the command would destroy, nor
//! how a refusal is reported.

use std::io::{self, IsTerminal as _};

use dialoguer::{Confirm, Input};
use dieselkit::environment::Protection;

use crate::exit::Exit;
use crate::interrupt;

/// What destroys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Destruction {
    /// `rollback`, and `goto` on its way down.
    Rollback,
    /// `redo`
    Redo,
    /// `up --force`
    Force,
    /// `reset`
    Reset,
    /// `db drop`
    DropDatabase,
    /// `db mark`, which could lift a protection.
    Mark,
}

impl Destruction {
    /// Returns whether both the question and the name are asked for.
    fn asks_twice(self) -> bool {
        matches!(self, Self::Reset | Self::DropDatabase)
    }

    /// Returns what would happen to `database`, as the beginning of a question.
    fn question(self, database: &str) -> String {
        match self {
            Self::Rollback => format!("Roll back migrations of `{database}`?"),
            Self::Redo => format!("Roll back migrations of `{database}` and apply them again?"),
            Self::Force => format!("Apply modified migrations to `{database}` again?"),
            Self::Reset => format!("Drop everything in `{database}` and apply all migrations?"),
            Self::DropDatabase => format!("Drop the database `{database}` with everything in it?"),
            Self::Mark => format!("Change the environment that `{database}` is marked with?"),
        }
    }
}

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

/// What was typed to answer ahead.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Answers<'a> {
    /// `--yes`
    pub(crate) yes: bool,
    /// `--confirm NAME`
    pub(crate) confirm: Option<&'a str>,
}

/// A destructive command before it begins.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Request<'a> {
    /// What destroys.
    pub(crate) destruction: Destruction,
    /// The stricter of what the environment and the database say.
    pub(crate) protection: Protection,
    /// The database's name; none where only the server knows it.
    pub(crate) database: Option<&'a str>,
    /// What was typed to answer ahead.
    pub(crate) answers: Answers<'a>,
    /// Whether somebody can be asked.
    pub(crate) terminal: Terminal,
}

/// What has to happen before the command may begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Nothing.
    Go,
    /// Ask yes or no.
    AskYesNo,
    /// Ask for the name.
    AskName,
    /// Ask yes or no, then for the name.
    AskYesNoThenName,
    /// It may not.
    Refuse(Refusal),
}

/// Why a destructive command may not begin; all of it is exit code 5.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum Refusal {
    /// `--confirm` names something else.
    #[error("`--confirm {given}` is not the name of the database, `{database}`")]
    OtherDatabase {
        /// What was typed.
        given: String,
        /// The database's name.
        database: String,
    },
    /// Nobody can be asked, and the database is protected.
    #[error("`{database}` is protected, and there is no terminal to type its name on")]
    Protected {
        /// The database's name.
        database: String,
    },
    /// Nobody can be asked.
    #[error("what this would do to `{database}` needs consent, and there is no terminal to ask on")]
    NobodyToAsk {
        /// The database's name.
        database: String,
    },
    /// The address leaves the name open, so that it cannot be confirmed.
    #[error("the address does not say the database's name, which has to be confirmed")]
    UnknownName,
    /// Somebody was asked, and did not consent.
    #[error("nothing was done: the answer was no, or not the database's name")]
    Declined,
    /// The question was interrupted.
    #[error("nothing was done: the question was interrupted")]
    Interrupted,
    /// The terminal failed.
    #[error("nothing was done: the question could not be asked")]
    Unasked {
        /// Why.
        reason: String,
    },
}

impl Refusal {
    /// Returns what to type instead.
    pub(crate) fn hint(&self) -> Option<String> {
        match self {
            Self::OtherDatabase { database, .. } | Self::Protected { database } => Some(format!(
                "if `{database}` is what you mean, add `--confirm {}`",
                quote(database)
            )),
            Self::NobodyToAsk { .. } => Some(String::from("if that is what you mean, add `--yes`")),
            Self::UnknownName => Some(String::from(
                "write the name into the address, as in `postgres://host/NAME`",
            )),
            Self::Unasked { reason } => Some(reason.clone()),
            Self::Declined | Self::Interrupted => None,
        }
    }

    /// Returns how the process ends.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Interrupted => Exit::Interrupted,
            _ => Exit::Refused,
        }
    }
}

/// Returns `name` as a shell takes it for one word.
fn quote(name: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte);
    if !name.is_empty() && name.bytes().all(plain) {
        return name.to_owned();
    }
    format!("'{}'", name.replace('\'', r"'\''"))
}

/// Returns what has to happen before the command may begin.
///
/// A name that was typed ahead must be right even where it is not needed: who types
/// another database's name is not where they think they are.
pub(crate) fn decide(request: &Request<'_>) -> Decision {
    let protected = request.protection == Protection::Protected;
    match (request.answers.confirm, request.database) {
        (Some(given), Some(database)) if given == database => return Decision::Go,
        (Some(given), Some(database)) => {
            return Decision::Refuse(Refusal::OtherDatabase {
                given: given.to_owned(),
                database: database.to_owned(),
            });
        }
        (Some(_), None) => return Decision::Refuse(Refusal::UnknownName),
        (None, None) if protected => return Decision::Refuse(Refusal::UnknownName),
        (None, _) => {}
    }
    if request.answers.yes && !protected {
        return Decision::Go;
    }
    if request.terminal == Terminal::Absent {
        return Decision::Refuse(unasked(request));
    }
    question(request)
}

fn unasked(request: &Request<'_>) -> Refusal {
    let database = request.database.unwrap_or("the database").to_owned();
    match request.protection {
        Protection::Protected => Refusal::Protected { database },
        Protection::Open => Refusal::NobodyToAsk { database },
    }
}

fn question(request: &Request<'_>) -> Decision {
    let twice = request.destruction.asks_twice();
    match (request.protection, request.database) {
        (Protection::Protected, _) if !twice || request.answers.yes => Decision::AskName,
        (Protection::Protected, _) => Decision::AskYesNoThenName,
        (Protection::Open, Some(_)) if twice => Decision::AskYesNoThenName,
        (Protection::Open, None) if twice => Decision::Refuse(Refusal::UnknownName),
        (Protection::Open, _) => Decision::AskYesNo,
    }
}

/// Asks what has to be asked, on standard error.
///
/// # Errors
/// The `Refusal`, where the command may not begin.
pub(crate) fn obtain(request: &Request<'_>) -> Result<(), Refusal> {
    let database = request.database.unwrap_or("the database");
    let question = request.destruction.question(database);
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
    if typed == database {
        Ok(())
    } else {
        Err(Refusal::Declined)
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

#[cfg(test)]
mod tests;
