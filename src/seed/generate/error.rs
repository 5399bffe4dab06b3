//! Why no rows were made up.

use thiserror::Error;

use crate::backend::{BackendError, DatabaseError};
use crate::operation::{self, words_for_operation_errors};
use crate::seed::error::pending_text;
use crate::shell::command;
use crate::version::Version;

/// What helps where a table asks for more than can be read of it.
const INSTEAD: &str =
    "write the table's rows into a seed instead: `dieselkit seed new NAME --format csv`";

/// No row was made up: the table is as it was.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum GenerateError {
    /// The database cannot be reached, locked or asked.
    #[error(transparent)]
    Backend(#[from] BackendError),
    /// The database belongs to another environment.
    #[error("the database is marked as `{marked}`, but the environment is `{wanted}`")]
    EnvironmentMismatch {
        /// What the database says.
        marked: String,
        /// What was said.
        wanted: String,
    },
    /// Made-up rows, where nothing may be tried out.
    #[error("rows are never made up in a protected environment, and `{environment}` is one")]
    Protected {
        /// The environment.
        environment: String,
    },
    /// Migrations are pending.
    #[error(
        "{} pending, so the table may not be what it should be; nothing was made up",
        pending_text(versions)
    )]
    Pending {
        /// Which ones.
        versions: Vec<Version>,
    },
    /// The table is absent.
    #[error("there is no table `{table}`")]
    NoTable {
        /// What was asked for.
        table: String,
        /// The table whose name is most like it.
        similar: Option<String>,
    },
    /// It is no table.
    #[error("`{view}` is a view, and rows are made up for tables")]
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
    /// Rows have to refer to rows that are not there.
    #[error(
        "{} of table `{table}` must refer to a row of `{referenced}`, which has none that would do",
        named(columns)
    )]
    NothingToReferTo {
        /// The table.
        table: String,
        /// The columns of the foreign key.
        columns: Vec<String>,
        /// The table that is referred to.
        referenced: String,
    },
    /// A unique key has not so many values left.
    #[error("`{}` is unique in table `{table}`, and leaves room for {room} of {rows} rows", columns.join("`, `"))]
    NoRoom {
        /// The table.
        table: String,
        /// The key.
        columns: Vec<String>,
        /// How many more rows there can be.
        room: u64,
        /// How many were asked for.
        rows: u64,
        /// The table that has too few rows to refer to, where that is why.
        referenced: Option<String>,
    },
    /// Nobody knows a value of a column.
    #[error(
        "column `{column}` of table `{table}` must have a value, and none is known of type `{type_name}`"
    )]
    UnknownType {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// Its type.
        type_name: String,
    },
    /// No value fulfils a constraint.
    #[error(
        "no value was found that fulfils `{constraint}` of table `{table}`, which is about {}",
        named(columns)
    )]
    Unsatisfiable {
        /// The table.
        table: String,
        /// The constraint, or its text where it has no name.
        constraint: String,
        /// What it is about.
        columns: Vec<String>,
    },
    /// The database refused a row.
    #[error(
        "failed to make up rows of `{table}`: {}nothing was kept",
        those(columns)
    )]
    Refused {
        /// The table.
        table: String,
        /// The columns that it is about, as far as that is known.
        columns: Vec<String>,
        /// What the database said.
        #[source]
        source: DatabaseError,
    },
    /// The run was asked to end.
    #[error("interrupted; nothing was kept")]
    Interrupted,
}

fn those(columns: &[String]) -> String {
    match columns {
        [] => String::new(),
        some => format!(
            "{} refused, and ",
            match some {
                [_] => named(some) + " was",
                _ => named(some) + " were",
            }
        ),
    }
}

fn named(columns: &[String]) -> String {
    let word = if columns.len() == 1 {
        "column"
    } else {
        "columns"
    };
    format!("{word} `{}`", columns.join("`, `"))
}

words_for_operation_errors!(GenerateError);

impl GenerateError {
    /// Returns what may help, as a command that can be pasted where there is one.
    pub fn hint(&self) -> Option<String> {
        let fill = |table: &String, rows: u64| {
            let fill = command(
                "dieselkit seed generate {} --rows {}",
                &[table, &rows.to_string()],
            );
            Some(format!("fill it first: {fill}"))
        };
        match self {
            Self::Backend(error) => error.hint(),
            Self::EnvironmentMismatch { marked, wanted } => {
                Some(operation::other_environment(marked, wanted))
            }
            Self::Protected { .. } => {
                Some("name another environment's database by `--env development`".to_owned())
            }
            Self::Pending { .. } => Some(
                "`dieselkit up`, or make rows up all the same: `--allow-pending`".to_owned(),
            ),
            Self::NoTable { similar: Some(similar), .. } => {
                Some(format!("did you mean `{similar}`?"))
            }
            Self::NoTable { .. } => {
                Some("make it by a migration, or name a table that is there".to_owned())
            }
            Self::NothingToReferTo { referenced, .. } => fill(referenced, 10),
            Self::NoRoom { referenced: Some(referenced), room, rows, .. } => {
                fill(referenced, rows.saturating_sub(*room))
            }
            Self::NoRoom { room, .. } if *room > 0 => {
                Some(format!("ask for less: {}", command("--rows {}", &[&room.to_string()])))
            },
            Self::UnknownType { .. } => Some(
                "give the column a default by a migration, or write its rows into a seed: `dieselkit seed new NAME`"
                    .to_owned(),
            ),
            Self::Refused { source, .. } => {
                let grant = source.lacking_right();
                Some(grant.unwrap_or_else(|| INSTEAD.to_owned()))
            }
            Self::Unsatisfiable { .. } => Some(INSTEAD.to_owned()),
            Self::View { .. }
            | Self::Bookkeeping { .. }
            | Self::NoRoom { .. }
            | Self::Interrupted => None,
        }
    }
}
