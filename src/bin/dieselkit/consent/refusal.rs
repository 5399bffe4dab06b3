//! Why a destructive command may not begin, and what to type instead.

use dieselkit::shell::command;

use crate::args::Again;
use crate::exit::Exit;

/// Why a destructive command may not begin; all of it is exit code 5.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum Refusal {
    /// `--confirm` names something else.
    #[error("{} is not the name of the database, `{database}`", command("--confirm {}", &[given]))]
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
    /// Nobody can be asked, and nobody knows whether the database is protected.
    #[error(
        "`{database}` cannot be read, so it may be a protected one, and there is no terminal to type its name on"
    )]
    Unread {
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
    #[error("aborted: nothing was changed")]
    Declined,
    /// Something else than the name was typed.
    #[error("aborted: `{typed}` is not the database's name; nothing was changed")]
    WrongName {
        /// What was typed.
        typed: String,
    },
    /// The question was interrupted.
    #[error("aborted: the question was interrupted; nothing was changed")]
    Interrupted,
    /// The terminal failed.
    #[error("the question could not be asked; nothing was changed")]
    Unasked {
        /// Why.
        reason: String,
    },
}

impl Refusal {
    /// Returns what to type instead of what was typed.
    pub(crate) fn hint(&self, again: &Again) -> Option<String> {
        match self {
            Self::OtherDatabase { database, .. }
            | Self::Protected { database }
            | Self::Unread { database } => Some(format!(
                "if `{database}` is what you mean: `{}`",
                again.with("--confirm", Some(database))
            )),
            Self::NobodyToAsk { .. } => Some(format!(
                "if that is what you mean: `{}`",
                again.with("--yes", None)
            )),
            Self::UnknownName => Some(String::from(
                "write the name into the address, as in `postgres://host/NAME`",
            )),
            Self::Unasked { reason } => Some(reason.clone()),
            Self::Declined | Self::WrongName { .. } | Self::Interrupted => None,
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
