//! What can be wrong with migrations before one of them runs.

use std::path::{Path, PathBuf};

use thiserror::Error;

use super::place::Place;
use crate::event::Direction;
use crate::sql::SqlError;
use crate::version::{MAX_VERSION_LENGTH, Version};

/// A folder of migrations, or one of its files, cannot be read.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum SourceError {
    /// The folder itself is absent.
    #[error("there is no migrations folder `{path}`")]
    NoFolder {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The system does not give a file or folder.
    #[error("failed to read `{path}`: {message}")]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        message: String,
    },
    /// A file is not text.
    #[error("`{path}` is not UTF-8 text (byte {byte} is not)")]
    NotUtf8 {
        /// The file.
        path: PathBuf,
        /// The first byte that is not, 1-based.
        byte: usize,
    },
    /// A folder holds no way up.
    #[error("folder `{path}` holds no `up.sql`")]
    NoUp {
        /// The folder.
        path: PathBuf,
    },
    /// A way up is an empty file, which Diesel refuses too.
    #[error("`{path}` is empty")]
    EmptyUp {
        /// The file.
        path: PathBuf,
    },
    /// Two migrations have the same version.
    #[error("`{first}` and `{second}` have the same version `{version}`")]
    Duplicate {
        /// The version.
        version: Version,
        /// One of them.
        first: PathBuf,
        /// The other.
        second: PathBuf,
    },
    /// A single file has no section for the way up.
    #[error("`{path}` has no line `-- migrate:up`")]
    NoSection {
        /// The file.
        path: PathBuf,
    },
    /// A marker of a single file says something unknown, or stands in the wrong place.
    #[error("{place}: {problem}")]
    Marker {
        /// Where.
        place: Place,
        /// What is wrong.
        problem: String,
    },
    /// A way down stands alone.
    #[error("`{path}` is a way down without its way up `{expected}`")]
    DownAlone {
        /// The file.
        path: PathBuf,
        /// The file that is absent.
        expected: PathBuf,
    },
    /// A `metadata.toml` is no TOML, or has an unknown key, or a value of the wrong kind.
    #[error("{place}: {message}")]
    Metadata {
        /// Where.
        place: Place,
        /// What the parser said.
        message: String,
    },
    /// A `metadata.toml` does not say whether to use a transaction; Diesel takes that as "no".
    #[error("`{path}` does not say `run_in_transaction`, which Diesel silently takes as `false`")]
    NoRunInTransaction {
        /// The file.
        path: PathBuf,
    },
    /// A version does not fit into Diesel's table.
    #[error(
        "version `{version}` of `{path}` is longer than the {MAX_VERSION_LENGTH} characters of Diesel's table"
    )]
    VersionTooLong {
        /// The version.
        version: Version,
        /// The folder or file.
        path: PathBuf,
    },
    /// A name begins with `_`, or is made of dashes, and so has no version.
    #[error("`{path}` has no version before its first `_`")]
    NoVersion {
        /// The folder.
        path: PathBuf,
    },
}

impl SourceError {
    /// Returns what may help.
    pub fn hint(&self) -> Option<String> {
        let text = match self {
            Self::NoFolder { .. } => "`dieselkit init`".to_owned(),
            Self::Unreadable { path, .. } => format!("`ls -l {}`", path.display()),
            Self::NotUtf8 { path, .. } => {
                format!("`iconv -f latin1 -t utf-8 {0} > {0}.utf8`", path.display())
            }
            Self::NoUp { path } => format!(
                "write `{}`, or give the folder a name that begins with a dot to keep it out",
                path.join("up.sql").display()
            ),
            Self::EmptyUp { path } => format!("write the migration into `{}`", path.display()),
            Self::Duplicate { second, .. } => format!(
                "give the one that is applied nowhere another version: {}",
                with_new_version(second)
            ),
            Self::NoSection { path } => format!(
                "begin `{}` with a line `-- migrate:up`, and its way down with `-- migrate:down`",
                path.display()
            ),
            Self::Marker { .. } => {
                "the markers are `-- migrate:up [transaction:false] [foreign_keys:off]` and `-- migrate:down [irreversible]`".to_owned()
            }
            Self::DownAlone { path, expected } => format!(
                "write `{}`, or remove the way down: `rm {}`",
                expected.display(),
                path.display()
            ),
            Self::Metadata { .. } => {
                "the keys are `run_in_transaction`, `irreversible` and `foreign_keys`".to_owned()
            }
            Self::NoRunInTransaction { path } => {
                format!("`echo 'run_in_transaction = true' >> {}`", path.display())
            }
            Self::VersionTooLong { path, .. } | Self::NoVersion { path } => with_new_version(path),
        };
        Some(text)
    }
}

/// Returns the command that gives a file or folder another version.
fn with_new_version(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let words = name.split_once('_').map_or(&*name, |(_, words)| words);
    let renamed = path.with_file_name(format!("VERSION_{words}"));
    format!("`mv {} {}`", path.display(), renamed.display())
}

/// A plan cannot be made; nothing was run.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum PlanError {
    /// Nothing has this version.
    #[error("no migration has the version `{version}`")]
    UnknownVersion {
        /// The version.
        version: Version,
        /// The nearest that exists.
        nearest: Option<Version>,
    },
    /// A version that must be applied is not.
    #[error("migration `{version}` is not applied")]
    NotApplied {
        /// The version.
        version: Version,
    },
    /// No such batch is applied.
    #[error("nothing that is applied belongs to batch {batch}")]
    UnknownBatch {
        /// The batch.
        batch: i64,
    },
    /// Pending migrations are older than an applied one.
    #[error("{}", of(versions, ["is pending and", "are pending and"], &format!("older than `{newest}`, the newest applied one")))]
    OutOfOrder {
        /// The migrations' names.
        versions: Vec<String>,
        /// The newest applied version.
        newest: Version,
        /// The command that applies them all the same.
        allowing: String,
    },
    /// Applied migrations say something else now.
    #[error("{}", of(versions, ["was modified after it was", "were modified after they were"], "applied"))]
    Modified {
        /// The migrations' names.
        versions: Vec<String>,
    },
    /// Applied migrations have no file, and newer ones have.
    #[error("{}", of(versions, ["is applied and has no file", "are applied and have no file"], "any more, though newer files are there"))]
    Hole {
        /// The migrations' names.
        versions: Vec<String>,
    },
    /// Migrations that would have to be rolled back have no way down.
    #[error("{}", of(versions, ["is", "are"], "irreversible, so nothing was rolled back"))]
    Irreversible {
        /// The migrations' names, with their reasons where they give them.
        versions: Vec<String>,
    },
    /// A migration that has to be applied again has no file.
    #[error("{}", of(versions, ["has", "have"], "no file to be applied from"))]
    MissingFile {
        /// The migrations' names.
        versions: Vec<String>,
    },
    /// A way down was cut off, or failed, half way.
    #[error(
        "the way down of `{name}` stopped after statement {done} of {total}: it is neither applied nor rolled back"
    )]
    WayDownHalted {
        /// The migration's name.
        name: String,
        /// The version.
        version: Version,
        /// Statements that are committed.
        done: i64,
        /// Statements that there are.
        total: i64,
    },
    /// A way up was cut off, or failed, half way, and the command would pass over it.
    #[error(
        "the way up of `{name}` stopped after statement {done} of {total}: it is neither applied nor rolled back"
    )]
    WayUpHalted {
        /// The migration's name.
        name: String,
        /// The version.
        version: Version,
        /// Statements that are committed.
        done: i64,
        /// Statements that there are.
        total: i64,
    },
    /// Migrations that were to be rolled back came before one that stopped half way.
    #[error("{}", of(versions, ["lies", "lie"], &beneath_text(name, *direction, *done, *total)))]
    BeneathHalted {
        /// The names of those that were to be rolled back.
        versions: Vec<String>,
        /// The name of the one that stopped.
        name: String,
        /// Its version.
        version: Version,
        /// Which way it was going.
        direction: Direction,
        /// Statements of it that are committed.
        done: i64,
        /// Statements that it has.
        total: i64,
    },
    /// One transaction for all was asked for, and some cannot be in one.
    #[error("{}", of(versions, ["runs", "run"], "outside of a transaction and cannot be part of a batch"))]
    NotInBatch {
        /// The migrations' names.
        versions: Vec<String>,
    },
}

impl PlanError {
    /// Returns what may help, as a command that can be pasted where there is one.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::UnknownVersion { nearest, .. } => Some(match nearest {
                Some(version) => format!("did you mean `{version}`? `dieselkit status` lists all"),
                None => "`dieselkit status`".to_owned(),
            }),
            Self::NotApplied { .. } | Self::UnknownBatch { .. } => {
                Some("`dieselkit status`".to_owned())
            }
            Self::OutOfOrder { allowing, .. } => Some(format!("`{allowing}`")),
            Self::Modified { versions } => Some(format!(
                "`dieselkit check` shows what changed; undo the change, or accept it: `dieselkit repair {} --reason \"…\"`",
                first_version(versions)
            )),
            Self::Hole { .. } => Some(
                "bring the files back, or check out the branch that has them; `dieselkit check` lists them".to_owned(),
            ),
            Self::Irreversible { versions } => Some(format!(
                "write its way down, or undo it with a new migration: `dieselkit new undo_{}`",
                words(versions)
            )),
            Self::MissingFile { .. } => Some(
                "bring the file back; to roll back alone, the history is enough: `dieselkit rollback`"
                    .to_owned(),
            ),
            Self::WayDownHalted { version, .. } => Some(format!(
                "go on with `dieselkit rollback`, or settle it: `dieselkit resolve {version} --reverted --reason \"…\"`"
            )),
            Self::WayUpHalted { version, .. } => Some(format!(
                "go on with `dieselkit up`, or settle it: `dieselkit resolve {version} --applied --reason \"…\"`"
            )),
            Self::BeneathHalted { version, direction: Direction::Up, .. } => Some(format!(
                "finish it first with `dieselkit up`, or undo it by hand and run `dieselkit resolve {version} --reverted --reason \"…\"`"
            )),
            Self::BeneathHalted { version, direction: Direction::Down, .. } => Some(format!(
                "go on with `dieselkit rollback`, or finish it by hand and run `dieselkit resolve {version} --reverted --reason \"…\"`"
            )),
            Self::NotInBatch { .. } => Some("`dieselkit up --transaction each`".to_owned()),
        }
    }
}

/// Says something of one migration or of several, with the verb for each case.
fn of(names: &[String], [singular, plural]: [&str; 2], said: &str) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.as_slice() {
        [name] => format!("migration {name} {singular} {said}"),
        many => format!(
            "{} migrations {plural} {said}: {}",
            many.len(),
            many.join(", ")
        ),
    }
}

fn beneath_text(halted: &str, direction: Direction, done: i64, total: i64) -> String {
    let way = match direction {
        Direction::Up => "up",
        Direction::Down => "down",
    };
    format!(
        "beneath `{halted}`, whose way {way} stopped after statement {done} of {total}, so nothing was rolled back"
    )
}

/// Returns what the first name says, without its version.
fn words(names: &[String]) -> &str {
    let name = names.first().map_or("", String::as_str);
    name.split_once('_').map_or(name, |(_, words)| words)
}

fn first_version(names: &[String]) -> Version {
    Version::from_name(names.first().map_or("", String::as_str))
}

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
    /// A statement means to switch the checking of foreign keys off, which `SQLite` passes over
    /// inside a transaction: what is rebuilt after it would lose the rows of cascading children.
    #[error("{place}: inside a transaction SQLite passes over this, and foreign keys stay checked")]
    ForeignKeysStayOn {
        /// Where.
        place: Place,
        /// How the migration's settings say it.
        setting: String,
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
    /// Returns what may help.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Sql { error, .. } => error.hint(),
            Self::Syntax { .. } => Some("`dieselkit check` lists every such place".to_owned()),
            Self::OpenTransaction { .. } => Some(
                "end it with `COMMIT;`, or leave `BEGIN` out: a migration is one transaction by itself"
                    .to_owned(),
            ),
            Self::ForeignKeysStayOn { setting, .. } => Some(format!(
                "have them switched off around the transaction, and checked before its commit, with {setting}"
            )),
            Self::Template { path } => {
                Some(format!(
                    "write the migration into `{}`, then run `dieselkit up`",
                    path.display()
                ))
            }
            Self::Settings(error) => error.hint(),
            Self::ResumeChanged { version, .. } | Self::ResumeTransactional { version, .. } => {
                Some(format!(
                    "undo the change and run `dieselkit up`, or finish by hand and run `dieselkit resolve {version} --applied --reason \"…\"`"
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
