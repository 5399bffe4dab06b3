//! What can be wrong with seeds, and with seeding.

use std::path::{Path, PathBuf};

use thiserror::Error;

use super::absent::nearest;
use super::failure::{self, SeedFailure};
use super::report::SeedReport;
use crate::backend::BackendError;
use crate::migration::Place;
use crate::migration::SourceError;
use crate::operation::{self, OperationError};
use crate::shell::command;
use crate::version::Version;

/// What stands between the fields of files that are not divided by commas, and how settings say it.
const DELIMITERS: [(char, &str); 3] = [(';', ";"), ('\t', "\\t"), ('|', "|")];

/// The folders of seeds cannot be read as such; nothing was run.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SeedSourceError {
    /// A folder or a file cannot be read.
    #[error("failed to read `{}`: {message}", path.display())]
    Unreadable {
        /// Which one.
        path: PathBuf,
        /// What the system said.
        message: String,
    },
    /// The folder of seeds is absent.
    #[error("there is no folder of seeds `{}`", path.display())]
    NoFolder {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The environment has no folder.
    #[error("there are no seeds for this environment: `{}` is absent; {}", path.display(), those(existing))]
    NoEnvironmentFolder {
        /// The folder that is absent.
        path: PathBuf,
        /// The environments that have one.
        existing: Vec<String>,
    },
    /// A file is none that could run.
    #[error("`{}` is no seed: one is `NNN_name.sql`, or `NNN_table` with `.csv`, `.jsonl` or `.json`", path.display())]
    NotASeed {
        /// The file.
        path: PathBuf,
    },
    /// Settings without a data file.
    #[error("`{}` stands beside no data file of its name", path.display())]
    SidecarAlone {
        /// The settings.
        path: PathBuf,
    },
    /// Settings cannot be read.
    #[error("{place}: {message}")]
    Sidecar {
        /// Where.
        place: Place,
        /// What is wrong.
        message: String,
    },
    /// The credentials cannot be read.
    #[error("{place}: {message}")]
    Credentials {
        /// Where.
        place: Place,
        /// What is wrong, without any value of the file.
        message: String,
    },
    /// A directive that nobody knows.
    #[error("{place}: `-- seed: {word}` is unknown: it is `once`, `always` or `template`")]
    UnknownDirective {
        /// Where.
        place: Place,
        /// What it says.
        word: String,
    },
    /// Two directives that cannot both hold.
    #[error("{place}: the directive contradicts an earlier one")]
    Contradiction {
        /// Where.
        place: Place,
    },
    /// The order of the names as texts is not that of their numbers.
    #[error("`{}` comes before `{}` as a text, and after it as a number", first.display(), second.display())]
    AmbiguousOrder {
        /// The first as a text.
        first: PathBuf,
        /// The second.
        second: PathBuf,
    },
}

fn those(existing: &[String]) -> String {
    match existing {
        [] => "no environment has any".to_owned(),
        some => format!("there are some for `{}`", some.join("`, `")),
    }
}

/// Returns the environment that a misspelt one was meant to be, where one is near enough.
fn meant<'a>(absent: &Path, existing: &'a [String]) -> Option<&'a str> {
    let typed = absent.file_name()?.to_string_lossy();
    let likeness = |name: &&String| similar::TextDiff::from_chars(&*typed, name.as_str()).ratio();
    let nearest = existing
        .iter()
        .max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
    (likeness(&nearest) >= 0.8).then_some(nearest)
}

impl SeedSourceError {
    /// Returns what may help, as a command that can be pasted where there is one.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NoFolder { path } => Some(format!(
                "make one for what every environment gets, {}, and one for each environment; another place is named by `[seeds] directory` in dieselkit.toml",
                command("mkdir -p {}", &[&path.join("common")])
            )),
            Self::NoEnvironmentFolder { path, existing } => {
                let folder = command("mkdir -p {}", &[path]);
                Some(match (meant(path, existing), existing.as_slice()) {
                    (_, []) => folder,
                    (Some(name), _) => format!(
                        "did you mean {}? or make the folder: {folder}",
                        command("dieselkit seed --env {}", &[&name])
                    ),
                    // Another environment's seeds would be refused by this one's database.
                    (None, _) => format!(
                        "make the folder: {folder}; where `common` is enough: `seeds = \"common\"` in the environment's section of dieselkit.toml"
                    ),
                })
            }
            Self::AmbiguousOrder { .. } => {
                Some("write the numbers with as many digits: `009_…`, `010_…`".to_owned())
            }
            Self::SidecarAlone { .. } | Self::NotASeed { .. } => {
                Some("rename it, or move it out of the folder".to_owned())
            }
            Self::Unreadable { .. }
            | Self::Sidecar { .. }
            | Self::Credentials { .. }
            | Self::UnknownDirective { .. }
            | Self::Contradiction { .. } => None,
        }
    }
}

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
    ReplaceInProtected,
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
            Self::KeyNotUnique { cure, .. } => Some(format!("put it into a migration: `{cure}`")),
            Self::NoKey { .. } => Some(
                "name unique columns in a file beside it, `NNN_table.toml`: `key = [\"column\"]`"
                    .to_owned(),
            ),
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
                "did you mean `{similar}`? rename the file, or name the table in the settings beside it: `table = \"{similar}\"`"
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
    if let Some((_, sign)) = DELIMITERS.iter().find(divides) {
        return format!(
            "name what stands between its fields in a file beside it, `NNN_table.toml`: `delimiter = \"{sign}\"`"
        );
    }
    match nearest(column, columns) {
        Some(name) => format!("did you mean `{name}`? rename it in the file"),
        None => "rename it in the file, or add it by a migration".to_owned(),
    }
}

/// Seeding did not do what it was asked.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SeedError {
    /// The seeds cannot be read; nothing was run.
    #[error(transparent)]
    Source(#[from] SeedSourceError),
    /// The migrations cannot be read; nothing was run.
    #[error(transparent)]
    Migrations(#[from] SourceError),
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
    /// Seeds for trying things out, where nothing may be tried out.
    #[error("seeds of `{folder}` never run in a protected environment; nothing was run")]
    Protected {
        /// Their folder.
        folder: String,
    },
    /// Migrations are pending.
    #[error(
        "{} pending, so the tables may not be what the seeds expect; nothing was run",
        pending_text(versions)
    )]
    Pending {
        /// Which ones.
        versions: Vec<Version>,
    },
    /// Somebody asked for a seed that is not there.
    #[error("there is no seed `{name}`; there are `{}`", known.join("`, `"))]
    UnknownName {
        /// What was asked for.
        name: String,
        /// What there is.
        known: Vec<String>,
    },
    /// A seed cannot be run as it stands; nothing was run.
    #[error("seed `{name}` cannot be run; nothing was run")]
    Unfit {
        /// Its folder and file.
        name: String,
        /// Why.
        #[source]
        source: UnfitSeed,
    },
    /// A seed failed.
    #[error("failed to run seed `{}`; {}", source.name, report.kept_text())]
    Failed {
        /// Everything that was done.
        report: Box<SeedReport>,
        /// What failed.
        #[source]
        source: Box<SeedFailure>,
    },
    /// The run was asked to end between two seeds.
    #[error("interrupted; {}", report.kept_text())]
    Interrupted {
        /// What was done.
        report: Box<SeedReport>,
    },
}

pub(super) fn pending_text(versions: &[Version]) -> String {
    match versions {
        [one] => format!("migration `{one}` is"),
        many => format!("{} migrations are", many.len()),
    }
}

impl From<OperationError> for SeedError {
    fn from(error: OperationError) -> Self {
        match error {
            OperationError::Backend(source) => Self::Backend(source),
            OperationError::EnvironmentMismatch { marked, wanted } => {
                Self::EnvironmentMismatch { marked, wanted }
            }
        }
    }
}

impl SeedError {
    /// Returns what may help, as a command that can be pasted where there is one.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Source(error) => error.hint(),
            Self::Migrations(error) => error.hint(),
            Self::Backend(error) => error.hint_for(failure::RETRY),
            Self::EnvironmentMismatch { marked, wanted } => {
                Some(operation::other_environment(marked, wanted))
            }
            Self::Protected { .. } | Self::UnknownName { .. } => {
                Some("`dieselkit seed status`".to_owned())
            }
            Self::Pending { .. } => Some(
                "`dieselkit up`, or seed all the same: `dieselkit seed --allow-pending`".to_owned(),
            ),
            Self::Unfit { name, source } => Some(
                source
                    .hint()
                    .unwrap_or_else(|| format!("mend `{name}` and run `{}`", failure::RETRY)),
            ),
            Self::Failed { source, .. } => Some(source.hint()),
            Self::Interrupted { .. } => Some(format!("`{}`", failure::RETRY)),
        }
    }

    /// Returns what was done before the error, where anything may have been.
    pub fn report(&self) -> Option<&SeedReport> {
        match self {
            Self::Failed { report, .. } | Self::Interrupted { report } => Some(report),
            _ => None,
        }
    }
}
