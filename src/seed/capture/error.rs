//! Why rows could not be captured.

use std::path::PathBuf;

use thiserror::Error;

use super::method::Method;
use crate::backend::BackendError;
use crate::operation::OperationError;

/// Nobody knows how a column is to be anonymized.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AnonymizeError {
    /// It is not `COLUMN=METHOD`.
    #[error("`{text}` is not `COLUMN=METHOD`, such as `email=fake:email`")]
    Malformed {
        /// What was given.
        text: String,
    },
    /// There is no such method.
    #[error("there is no method `{method}`; there are {}", Method::list())]
    UnknownMethod {
        /// What was given.
        method: String,
    },
}

impl AnonymizeError {
    /// Returns what may help, as a command that can be pasted where there is one.
    pub fn hint(&self) -> Option<String> {
        Some("`dieselkit seed capture --help`".to_owned())
    }
}

/// Nothing was captured, and no file has changed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CaptureError {
    /// The database cannot be reached or asked.
    #[error(transparent)]
    Backend(#[from] BackendError),
    /// A condition, and not one table.
    #[error("a condition is about one table, and not about several")]
    FilterOfSeveral,
    /// One file for several tables.
    #[error("a file holds the rows of one table, and there may be several")]
    SeveralIntoOne,
    /// A file of another format.
    #[error("rows are captured as CSV, and `{}` does not end in `.csv`", path.display())]
    NotCsv {
        /// The file.
        path: PathBuf,
    },
    /// A table is absent.
    #[error("there is no table `{table}`")]
    NoTable {
        /// The table.
        table: String,
    },
    /// Nothing says in which order the rows are written, and by what they are found again.
    #[error(
        "table `{table}` has no primary key, so its rows have no order, and a seed could not tell which row is which"
    )]
    NoKey {
        /// The table.
        table: String,
    },
    /// A table's name cannot be that of a file.
    #[error("no seed's file name can say the name of table `{table}`")]
    UnusableName {
        /// The table.
        table: String,
    },
    /// Tables refer to each other in a circle, and only some of their rows are wanted.
    #[error("tables `{}` refer to each other in a circle, so it cannot be told which of their rows are needed", tables.join("`, `"))]
    Circle {
        /// The tables.
        tables: Vec<String>,
    },
    /// A column that is to be anonymized is absent.
    #[error("no captured table has a column `{column}`; there are `{}`", columns.join("`, `"))]
    UnknownColumn {
        /// What was given.
        column: String,
        /// What there is.
        columns: Vec<String>,
    },
    /// A method that a column's type or constraints refuse.
    #[error("column `{column}` cannot be anonymized by `{method}`: {reason}")]
    UnfitMethod {
        /// Table and column.
        column: String,
        /// The method.
        method: String,
        /// What speaks against it.
        reason: &'static str,
    },
    /// Nothing to salt values with.
    #[error("the database has no identity yet, without which anonymized values could be guessed")]
    NoIdentity,
    /// A file of the table is there.
    #[error("`{}` is there", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// No number is free.
    #[error("the numbers of the seeds in `{}` are used up", root.display())]
    NumbersUsedUp {
        /// The folder of the environments' folders.
        root: PathBuf,
    },
    /// A file could not be written.
    #[error("failed to write `{}`", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
}

impl CaptureError {
    /// Returns what may help, as a command that can be pasted where there is one.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Backend(error) => error.hint(),
            Self::FilterOfSeveral => Some(
                "name one table, and have what its rows refer to taken along: `--with-references`"
                    .to_owned(),
            ),
            Self::SeveralIntoOne => Some("leave `--into` out".to_owned()),
            Self::Circle { .. } => Some(
                "name all of them, without `--where` and `--limit`, to take all of their rows"
                    .to_owned(),
            ),
            Self::NoKey { .. } => Some("give it a primary key by a migration".to_owned()),
            Self::NoIdentity => Some("`dieselkit up` gives it one".to_owned()),
            Self::Exists { .. } => Some("write it anew with `--force`".to_owned()),
            Self::NumbersUsedUp { .. } => {
                Some("give all files numbers of one digit more: `0010_…`, `0020_…`".to_owned())
            }
            _ => None,
        }
    }
}

impl From<OperationError> for CaptureError {
    fn from(error: OperationError) -> Self {
        match error {
            OperationError::Backend(source) => Self::Backend(source),
            OperationError::EnvironmentMismatch { .. } => {
                unreachable!("reading asks for no environment")
            }
        }
    }
}
