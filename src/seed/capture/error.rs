//! Why rows could not be captured.

use std::path::PathBuf;

use thiserror::Error;

use super::method::Method;
use crate::backend::{BackendError, DatabaseError};
use crate::operation::OperationError;
use crate::seed::named::nearest;
use crate::seed::rows::LONGEST_ROW;
use crate::shell::command;

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

/// Nothing was captured, and no file has changed, but for those that `NotPutBack` names.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CaptureError {
    /// The database cannot be reached or asked.
    #[error(transparent)]
    Backend(#[from] BackendError),
    /// A condition, and not one table.
    #[error("a condition is for the rows of one table, and several are named")]
    FilterOfSeveral,
    /// The database refuses a query with the condition.
    #[error("failed to read the rows of table `{table}` that the condition is true of")]
    Filter {
        /// The table.
        table: String,
        /// What the database said.
        #[source]
        source: DatabaseError,
    },
    /// A value that a file without types does not bring back.
    #[error("failed to read the rows of a table")]
    NeedsTypes {
        /// Which column, and what it holds.
        #[source]
        source: DatabaseError,
    },
    /// One file for several tables.
    #[error("one file holds the rows of one table, and those of several may be captured")]
    SeveralIntoOne,
    /// A file whose name says no format.
    #[error("`{}` does not end in `.csv`, `.jsonl` or `.json`", path.display())]
    UnknownFormat {
        /// The file.
        path: PathBuf,
    },
    /// A file of another format than the one that is asked for.
    #[error("`{}` does not end in `.{format}`, the format that is asked for", path.display())]
    OtherFormat {
        /// The file.
        path: PathBuf,
        /// How such files end, the dot left out.
        format: &'static str,
    },
    /// Settings beside a file, with which its rows would not be read as they are written.
    #[error("`{}` says how the file beside it is read, and rows are written in one way alone", settings.display())]
    ReadOtherwise {
        /// The settings.
        settings: PathBuf,
    },
    /// A table is absent.
    #[error("there is no table `{table}`")]
    NoTable {
        /// The table.
        table: String,
        /// The table whose name is most like it.
        similar: Option<String>,
    },
    /// It is no table.
    #[error("`{view}` is a view, and rows are captured from tables")]
    View {
        /// What was asked for.
        view: String,
    },
    /// It is a table of this tool's, of Diesel's, or of the database's own.
    #[error("`{table}` is no table of yours: the database, Diesel or dieselkit keeps it")]
    Bookkeeping {
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
    /// A row without a value in its primary key, which only `SQLite` lets in.
    #[error(
        "a row of table `{table}` has no value in its primary key, so that a seed could not find it again"
    )]
    NoKeyValue {
        /// The table.
        table: String,
    },
    /// Tables refer to each other in a circle, and the database checks that with each statement.
    #[error("tables `{}` refer to each other in a circle, and the database would check each at once, so that none could be seeded first", tables.join("`, `"))]
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
    /// What a method writes does not fit into a column.
    #[error("column `{column}` takes {room} characters, and `{method}` would write more")]
    TooLong {
        /// Table and column.
        column: String,
        /// The method.
        method: String,
        /// How many characters there is room for.
        room: usize,
    },
    /// Nothing to salt values with.
    #[error("the database has no identity yet, without which anonymized values could be guessed")]
    NoIdentity,
    /// A file of the table is there.
    #[error("`{}` is there already", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// A file that is there would be seeded before one to which its rows refer.
    #[error("`{}` comes before `{}`, to which its rows refer", path.display(), parent.display())]
    OutOfOrder {
        /// The file.
        path: PathBuf,
        /// The one that is needed before it.
        parent: PathBuf,
    },
    /// No number is free.
    #[error("the numbers of the seeds in `{}` are used up", root.display())]
    NumbersUsedUp {
        /// The folder of the environments' folders.
        root: PathBuf,
    },
    /// A row is longer than `seed` reads.
    #[error("row {row} of `{}` would be longer than {} MiB, which is more than `seed` reads", path.display(), LONGEST_ROW >> 20)]
    RowTooLong {
        /// The file.
        path: PathBuf,
        /// Which row, 1-based.
        row: u64,
    },
    /// It was asked to end.
    #[error("interrupted: no file has changed")]
    Interrupted,
    /// Some files have taken their names, another could not, and what was there before could not be
    /// put back.
    #[error(
        "not every file could be written, and these are new all the same: `{}`",
        shown(paths)
    )]
    NotPutBack {
        /// The files.
        paths: Vec<PathBuf>,
        /// Why not every file could be written.
        #[source]
        source: Box<CaptureError>,
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

/// Returns the column that a misspelt one was meant to be, with its table where that was given.
fn likely(column: &str, columns: &[String]) -> Option<String> {
    let wanted: Vec<String> = if column.contains('.') {
        columns.to_vec()
    } else {
        let bare = |name: &String| name.rsplit('.').next().unwrap_or_default().to_owned();
        columns.iter().map(bare).collect()
    };
    nearest(column, &wanted).map(str::to_owned)
}

fn shown(paths: &[PathBuf]) -> String {
    let shown = paths.iter().map(|path| path.display().to_string());
    shown.collect::<Vec<_>>().join("`, `")
}

impl CaptureError {
    /// Returns what may help, as a command that can be pasted where there is one.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NeedsTypes { .. } => {
                Some("take a format that has types: `--format jsonl`".to_owned())
            }
            Self::Backend(error) => error.hint(),
            Self::FilterOfSeveral => Some(
                "name one table, and have what its rows refer to taken along: `--with-references`"
                    .to_owned(),
            ),
            Self::Filter { .. } => Some(
                "mend the condition of `--where`: it is SQL as behind `WHERE`, about the columns of the table"
                    .to_owned(),
            ),
            Self::SeveralIntoOne => Some("leave `--into` out".to_owned()),
            Self::Circle { .. } => {
                Some("make one of the foreign keys `DEFERRABLE` by a migration".to_owned())
            }
            Self::OtherFormat { .. } => Some("leave `--format` out".to_owned()),
            Self::ReadOtherwise { .. } => {
                Some("remove it, or take another file: `--into FILE`".to_owned())
            }
            Self::NoTable { table, .. } if table.contains(',') => {
                Some("several tables are divided by blanks: `users bookings`".to_owned())
            }
            Self::NoTable { similar, .. } => Some(match similar {
                Some(similar) => format!("did you mean `{similar}`?"),
                None => "`dieselkit status`".to_owned(),
            }),
            Self::UnknownColumn { column, columns } => {
                likely(column, columns).map(|name| format!("did you mean `{name}`?"))
            }
            Self::View { .. } => Some("name the tables that it reads".to_owned()),
            Self::UnusableName { .. } => Some(
                "name a file by `--into FILE`, and the table by `table = \"…\"` in one beside it, of the same name but for the ending `.toml`"
                    .to_owned(),
            ),
            Self::NoKeyValue { .. } => {
                Some("leave such rows out: `--where 'KEY IS NOT NULL'`".to_owned())
            }
            Self::OutOfOrder { path, .. } => Some(format!(
                "{}; then it is written anew, behind the other",
                command("rm {}", &[path])
            )),
            Self::NotPutBack { .. } => {
                Some("what was there before lies beside each, as `.NAME.earlier`".to_owned())
            }
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
