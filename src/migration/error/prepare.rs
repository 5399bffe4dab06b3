//! A step cannot be run as its file stands.
//!
//! What keeps every body from running is found in `refusal`, the rest in `prepare`.

use std::path::{Path, PathBuf};

use thiserror::Error;

use super::source::SourceError;
use crate::migration::place::Place;
use crate::shell::command;
use crate::sql::{INSTEAD_OF_GIVING_UP, SqlError};
use crate::version::Version;

/// A step of a plan cannot be run as its file stands; nothing was run.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum PrepareError {
    /// The file is not SQL, or holds what cannot be run.
    #[error("{place}: {}", error.problem())]
    Sql {
        /// Where.
        place: Place,
        /// What is wrong.
        error: SqlError,
    },
    /// The engine's parser refuses a statement.
    #[error("{place}: {message}")]
    Syntax {
        /// Where.
        place: Place,
        /// What the parser said.
        message: String,
    },
    /// A file begins a transaction and leaves it open.
    #[error("{place}: the transaction that begins here does not end in this file")]
    OpenTransaction {
        /// Where.
        place: Place,
    },
    /// A statement gives up all that the session holds, the migration lock included.
    #[error("{place}: this gives up all that the session holds, the migration lock included")]
    GivesUpLock {
        /// Where.
        place: Place,
    },
    /// A statement means to switch the checking of foreign keys off, which `SQLite` passes over
    /// inside a transaction: what is rebuilt after it would lose the rows of cascading children.
    #[error("{place}: inside a transaction SQLite passes over this, and foreign keys stay checked")]
    ForeignKeysStayOn {
        /// Where.
        place: Place,
        /// How the migration's settings say it.
        setting: String,
    },
    /// A comment that says how the file is to be run cannot be understood.
    #[error("{place}: {problem}")]
    Directive {
        /// Where.
        place: Place,
        /// What is wrong.
        problem: String,
    },
    /// A file was made from the template and never written.
    #[error("`{path}` is still the template and does nothing")]
    Template {
        /// The file.
        path: PathBuf,
    },
    /// The settings cannot be read.
    #[error(transparent)]
    Settings(#[from] SourceError),
    /// The statements that are committed are not the ones that the file begins with now.
    #[error("{}", resume_text(*done, path))]
    ResumeChanged {
        /// The file.
        path: PathBuf,
        /// How many are committed.
        done: i64,
        /// The version.
        version: Version,
    },
    /// A migration that stopped half way is to be run as one transaction now.
    #[error("`{path}` is half applied, statement by statement, and is transactional now")]
    ResumeTransactional {
        /// The file.
        path: PathBuf,
        /// The version.
        version: Version,
    },
}

impl PrepareError {
    /// Returns the place, where it is about one.
    pub fn place(&self) -> Option<&Place> {
        match self {
            Self::Sql { place, .. }
            | Self::Syntax { place, .. }
            | Self::OpenTransaction { place }
            | Self::GivesUpLock { place }
            | Self::ForeignKeysStayOn { place, .. }
            | Self::Directive { place, .. } => Some(place),
            Self::Template { .. }
            | Self::Settings(_)
            | Self::ResumeChanged { .. }
            | Self::ResumeTransactional { .. } => None,
        }
    }

    /// Returns what is wrong, without the place.
    pub(crate) fn problem(&self) -> String {
        let text = self.to_string();
        match self.place() {
            None => text,
            Some(place) => text
                .strip_prefix(&format!("{place}: "))
                .map(str::to_owned)
                .unwrap_or(text),
        }
    }

    /// Returns what may help.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Sql { error, .. } => error.hint(),
            Self::Syntax { .. } => Some("`dieselkit check` lists every such place".to_owned()),
            Self::OpenTransaction { .. } => Some(
                "end it with `COMMIT;`, or leave `BEGIN` out: a migration is one transaction by itself"
                    .to_owned(),
            ),
            Self::GivesUpLock { .. } => Some(INSTEAD_OF_GIVING_UP.to_owned()),
            Self::ForeignKeysStayOn { setting, .. } => Some(format!(
                "have them switched off around the transaction, and checked before its commit, with {setting}"
            )),
            Self::Directive { .. } => Some(
                "a directive is a line such as `-- dieselkit: lock_timeout = 10s`; `statement_timeout` is the other one"
                    .to_owned(),
            ),
            Self::Template { path } => {
                Some(format!(
                    "write the migration into `{}`, then run `dieselkit up`",
                    path.display()
                ))
            }
            Self::Settings(error) => error.hint(),
            Self::ResumeChanged { version, .. } | Self::ResumeTransactional { version, .. } => {
                Some(format!(
                    "undo the change and run `dieselkit up`, or finish by hand and run {}",
                    command("dieselkit resolve {} --applied --reason \"…\"", &[version])
                ))
            }
        }
    }
}

fn resume_text(done: i64, path: &Path) -> String {
    let path = path.display();
    match done {
        1 => format!("the first statement of `{path}` is committed, and the file has another now"),
        many => format!(
            "the first {many} statements of `{path}` are committed, and the file has others now"
        ),
    }
}
