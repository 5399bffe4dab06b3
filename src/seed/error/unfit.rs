//! What keeps one seed from being run, found before anything is.

use std::path::PathBuf;

use thiserror::Error;

use crate::migration::Place;
use crate::seed::named::nearest;
use crate::shell::command;

/// What stands between the fields of files that are not divided by commas, and how settings say it.
const DELIMITERS: [(char, &str); 3] = [
    (';', "`delimiter = \";\"`"),
    ('\t', "`delimiter = \"\\t\"`"),
    ('|', "`delimiter = \"|\"`"),
];

/// A seed does not fit the database, or cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum UnfitSeed {
    /// It cannot be read.
    #[error("failed to read `{}`: {message}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        message: String,
    },
    /// It is another file than when the run began.
    #[error("`{}` was changed while the seeds ran", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// Its SQL, or its rows, cannot be read.
    #[error("{place}: {message}")]
    Malformed {
        /// Where.
        place: Place,
        /// What is wrong.
        message: String,
        /// What may help, where that is known.
        hint: Option<String>,
    },
    /// It is a template that cannot be filled.
    #[error("{place}: {message}")]
    Template {
        /// Where in the template.
        place: Place,
        /// What is wrong, without what it was filled with.
        message: String,
    },
    /// It is a template that reads a variable which is not set.
    #[error("{place}: the variable `{name}` is not set")]
    UnsetVariable {
        /// Where in the template.
        place: Place,
        /// The variable.
        name: String,
    },
    /// It was made from the template and never written.
    #[error("`{}` is still the template", path.display())]
    Unwritten {
        /// The file.
        path: PathBuf,
    },
    /// It begins or ends transactions itself.
    #[error(
        "{place}: the statement begins or ends a transaction, and each seed runs in one as it is"
    )]
    ControlsTransaction {
        /// Where its first statement that does stands.
        place: Place,
    },
    /// It wants data that only `psql` would send.
    #[error("{place}: `COPY … FROM stdin` needs data that an SQL seed cannot send")]
    CopyFromStdin {
        /// Where the statement starts.
        place: Place,
    },
    /// Its table is absent.
    #[error("there is no table `{table}`")]
    NoTable {
        /// The table.
        table: String,
        /// The table whose name is most like it.
        similar: Option<String>,
    },
    /// A data file names a view.
    #[error("`{view}` is a view, and a data file fills a table")]
    View {
        /// The view.
        view: String,
    },
    /// A data file names a table of this tool's, of Diesel's, or of the database's own.
    #[error("`{table}` is no table of yours: the database, Diesel or dieselkit keeps it")]
    Bookkeeping {
        /// The table.
        table: String,
    },
    /// It has a column that the table has not.
    #[error("table `{table}` has no column `{column}`; it has `{}`", columns.join("`, `"))]
    UnknownColumn {
        /// The table.
        table: String,
        /// The column of the file.
        column: String,
        /// The columns of the table.
        columns: Vec<String>,
    },
    /// It has a column that the database computes.
    #[error("column `{column}` of table `{table}` is computed and cannot be given")]
    ComputedColumn {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
    /// It lacks a column without which no row can be inserted.
    #[error("column `{column}` of table `{table}` must have a value, and the file has none")]
    MissingColumn {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
    /// Nothing says by what a row is found again.
    #[error("table `{table}` has no primary key, so nothing says which row is which")]
    NoKey {
        /// The table.
        table: String,
    },
    /// The key of the settings has a column that the table has not.
    #[error("`key` in the settings beside the file names `{column}`, and table `{table}` has no such column; it has `{}`", columns.join("`, `"))]
    UnknownKey {
        /// The table.
        table: String,
        /// The column of the settings.
        column: String,
        /// The columns of the table.
        columns: Vec<String>,
    },
    /// The key is not among the file's columns.
    #[error("the file has no column `{column}`, which is a part of the key of table `{table}`")]
    KeyNotInFile {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
    /// Several rows could have the same key.
    #[error("nothing keeps `{}` unique in table `{table}`", key.join("`, `"))]
    KeyNotUnique {
        /// The table.
        table: String,
        /// The columns.
        key: Vec<String>,
        /// The statement that would.
        cure: String,
    },
    /// It would delete rows in a protected environment.
    #[error("mode `replace` deletes rows, which no seed may in a protected environment")]
    ReplaceInProtected {
        /// The settings that say so.
        settings: PathBuf,
    },
    /// It would delete or change rows of other tables.
    #[error("mode `replace` would delete rows of `{table}`, and with them what refers to them: {}", referring.join(", "))]
    DeletesFurther {
        /// Its table.
        table: String,
        /// Which tables refer to it, and by which constraints.
        referring: Vec<String>,
        /// The settings that say `replace`.
        settings: PathBuf,
    },
    /// It would delete what another seed puts in.
    #[error(
        "mode `replace` would delete the rows that `{other}` puts into the same table, `{table}`"
    )]
    ReplacesOthers {
        /// The table of both.
        table: String,
        /// The seed whose rows would be gone.
        other: String,
    },
    /// Its table refers to one that is seeded later.
    #[error(
        "table `{table}` refers to `{referenced}`, which `{later}` seeds later in the same run"
    )]
    SeededLater {
        /// Its table.
        table: String,
        /// The table that it refers to.
        referenced: String,
        /// The seed of that table.
        later: String,
    },
}

impl UnfitSeed {
    /// Returns what may help, as a command that can be pasted where there is one.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Malformed { hint, .. } => hint.clone(),
            Self::KeyNotUnique { cure, .. } => Some(format!("put it into a migration: `{cure}`")),
            Self::NoKey { .. } => Some(
                "name unique columns in a file beside it, `NNN_table.toml`: `key = [\"column\"]`"
                    .to_owned(),
            ),
            Self::ReplaceInProtected { settings } => Some(format!(
                "leave `mode = \"replace\"` out of `{}`, or say another mode",
                settings.display()
            )),
            Self::DeletesFurther { settings, .. } => Some(format!(
                "where that is meant, say `cascade = true` in `{settings}`; else leave `mode = \"replace\"` out of it",
                settings = settings.display()
            )),
            Self::ReplacesOthers { other, .. } => Some(format!(
                "put the rows of `{other}` into it, or leave `mode = \"replace\"` out of the settings beside it"
            )),
            Self::SeededLater { later, .. } => Some(format!(
                "give it a higher number than `{later}`, or make the constraint `DEFERRABLE`"
            )),
            Self::UnsetVariable { name, .. } => Some(format!(
                "{}, or put it into the environment's `.env` file",
                command("export {}=…", &[name])
            )),
            Self::ControlsTransaction { .. } => Some(
                "take out what begins and ends transactions: what fails is rolled back whole without it"
                    .to_owned(),
            ),
            Self::CopyFromStdin { .. } => Some(
                "put the rows into a data file: `dieselkit seed new TABLE --format csv`".to_owned(),
            ),
            Self::NoTable { similar: Some(similar), .. } => Some(format!(
                "did you mean `{similar}`? rename the file, or name it by `table` in the settings beside the file"
            )),
            Self::NoTable { .. } => Some(
                "make it by a migration, or name another in a file beside it, `NNN_name.toml`: `table = \"…\"`"
                    .to_owned(),
            ),
            Self::View { .. } => Some(
                "name the table under it in a file beside it, `NNN_name.toml`: `table = \"…\"`"
                    .to_owned(),
            ),
            Self::Unwritten { path } => Some(format!(
                "write the seed into `{}`, then run `dieselkit seed`",
                path.display()
            )),
            Self::UnknownColumn { column, columns, .. } => Some(mended_column(column, columns)),
            Self::UnknownKey { column, columns, .. } => Some(match nearest(column, columns) {
                Some(name) => format!("did you mean `{name}`?"),
                None => "name unique columns: `key = [\"column\"]`".to_owned(),
            }),
            _ => None,
        }
    }
}

/// Returns what may help where a file names a column that its table has not.
fn mended_column(column: &str, columns: &[String]) -> String {
    let divides = |(sign, _): &&(char, &str)| {
        let mut parts = column.split(*sign);
        parts.any(|part| nearest(part, columns).is_some()) && column.contains(*sign)
    };
    if let Some((_, setting)) = DELIMITERS.iter().find(divides) {
        return format!(
            "name what stands between its fields in a file beside it, `NNN_table.toml`: {setting}"
        );
    }
    match nearest(column, columns) {
        Some(name) => format!("did you mean `{name}`? rename it in the file"),
        None => "rename it in the file, or add it by a migration".to_owned(),
    }
}
