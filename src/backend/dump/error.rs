//! Why a copy of a database could not be made.

use std::path::{Path, PathBuf};

use thiserror::Error;

use super::Format;
use crate::backend::address::Engine;
use crate::backend::error::{BackendError, DatabaseError};
use crate::shell::command;

/// Why a copy of a database could not be made. What was written until then is none.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DumpError {
    /// The database cannot be reached or asked.
    #[error(transparent)]
    Backend(#[from] BackendError),
    /// The database has no file, and dies with its connection.
    #[error("a database in memory cannot be backed up: it has no file")]
    InMemory,
    /// The engine does not write this format.
    #[error("a {engine} database has no backup of the format `{format}`")]
    OtherFormat {
        /// The format that was asked for.
        format: Format,
        /// The database's engine.
        engine: Engine,
    },
    /// The engine copies a database as a whole alone.
    #[error("a {engine} database is backed up as a whole: schemas or tables cannot be picked")]
    NoScope {
        /// The database's engine.
        engine: Engine,
    },
    /// No program of the engine was found.
    #[error("`{program}` for {server} is not installed{}", looked_in(folders))]
    ToolMissing {
        /// The program.
        program: &'static str,
        /// The server and its version.
        server: String,
        /// The server's major version.
        major: u32,
        /// Where it was looked for.
        folders: Vec<PathBuf>,
    },
    /// Every program that was found is older than the server, which it refuses.
    #[error("`{}` is {version}, older than the server, which is {server}", path.display())]
    ToolTooOld {
        /// The newest one.
        path: PathBuf,
        /// Its version.
        version: String,
        /// The server and its version.
        server: String,
        /// The server's major version.
        major: u32,
    },
    /// A program that was named is none, or not the one that it should be.
    #[error("`{}` cannot be used as `{program}`: {message}", path.display())]
    ToolUnusable {
        /// What it should be.
        program: &'static str,
        /// Where it is.
        path: PathBuf,
        /// What it said, or the system.
        message: String,
    },
    /// A program of the engine failed.
    #[error("`{}` failed ({status}): {}", path.display(), said(complaints))]
    ToolFailed {
        /// The program.
        path: PathBuf,
        /// How it ended.
        status: String,
        /// What it wrote to standard error.
        complaints: String,
    },
    /// A program of the engine said that all is well, and wrote nothing, or not to its end.
    #[error("`{}` ended well, but wrote nothing that is whole", path.display())]
    Silent {
        /// The program.
        path: PathBuf,
    },
    /// The address holds a secret that no other program can be given in secret.
    #[error("`{parameter}` of the address cannot be handed to `pg_dump` without showing it")]
    SecretNotPassable {
        /// The parameter.
        parameter: &'static str,
    },
    /// A file could not be made, written or read.
    #[error("failed to {action} `{}`", path.display())]
    File {
        /// What was being done, to follow "failed to".
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The disk of the copy is full.
    #[error("there is no room for the copy on the disk of `{}`", folder.display())]
    NoRoom {
        /// Where it was to lie.
        folder: PathBuf,
        /// What failed for that.
        #[source]
        source: Box<DumpError>,
    },
    /// The copy is damaged, and so may be the database.
    #[error("the copy of `{target}` is damaged: {}", findings.join("; "))]
    Damaged {
        /// The database.
        target: String,
        /// What the engine found.
        findings: Vec<String>,
    },
    /// The user may not read all of what is to be copied.
    #[error("the user `{user}` may not read the {object}")]
    MayNotRead {
        /// The user, as SQL writes the name.
        user: String,
        /// What it may not read, as the server calls it: `table orders`.
        object: String,
        /// The statement that lets it.
        grant: String,
        /// What the database said.
        #[source]
        source: DatabaseError,
    },
    /// Others changed the tables' shapes all the time.
    #[error("the tables of `{target}` were being changed by others for {waited_ms} ms")]
    TablesChanging {
        /// The database, without its password.
        target: String,
        /// How long it was tried, in milliseconds.
        waited_ms: u64,
    },
    /// The run was asked to end.
    #[error("the backup was interrupted; it left nothing")]
    Interrupted,
}

impl DumpError {
    /// Tells of a full disk where that is what failed, by the words of the engine's.
    pub(in crate::backend) fn or_no_room(self, folder: &Path) -> Self {
        let is_full = match &self {
            Self::Backend(BackendError::Query { source, .. }) => source.message.contains(FULL),
            // What the server says has no room is on its own disk.
            Self::ToolFailed { complaints, .. } => {
                complaints.contains(NO_SPACE) && !complaints.contains("ERROR:")
            }
            _ => false,
        };
        if !is_full {
            return self;
        }
        Self::NoRoom {
            folder: folder.to_owned(),
            source: Box::new(self),
        }
    }

    /// Returns what may help, as a command that can be pasted where there is one.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Backend(error) => error.hint_for("dieselkit backup"),
            Self::InMemory => Some("name a file: `dieselkit backup --database-url sqlite:PATH`".to_owned()),
            Self::OtherFormat { .. } => {
                Some("leave the format to the engine: `dieselkit backup`".to_owned())
            }
            Self::NoScope { .. } | Self::Interrupted => Some("`dieselkit backup`".to_owned()),
            Self::ToolMissing { program, major, .. } => Some(install(program, *major)),
            Self::ToolTooOld { major, .. } => Some(install(DUMPS, *major)),
            Self::ToolUnusable { path, .. } => Some(command("{} --version", &[path])),
            Self::ToolFailed {
                status, complaints, ..
            } => Some(cure(complaints).unwrap_or_else(|| again(status))),
            Self::MayNotRead { grant, .. } => Some(format!(
                "let a superuser run `{grant}`, and then run `dieselkit backup`"
            )),
            Self::Silent { path } => Some(format!(
                "it may be no program of PostgreSQL: {}",
                command("{} --version", &[path])
            )),
            Self::SecretNotPassable { .. } => Some(
                "use a key without a passphrase, or a password: `postgres://USER:PASSWORD@HOST/DATABASE`"
                    .to_owned(),
            ),
            Self::NoRoom { folder, .. } => Some(no_room(folder)),
            Self::File { path, .. } => Some(command("ls -ld {}", &[path])),
            Self::Damaged { target, .. } => Some(format!(
                "bring back the newest backup that was verified: `dieselkit restore latest`; or save what can be read: {}",
                command("sqlite3 {} .recover", &[&std::path::Path::new(target)])
            )),
            Self::TablesChanging { .. } => {
                Some("try again when they are done, or wait longer: `dieselkit backup --lock-wait 10m`".to_owned())
            }
        }
    }
}

/// Returns what helps where a folder's disk is full that backups lie on.
pub(crate) fn no_room(folder: &Path) -> String {
    format!(
        "make room on that disk, or let the policy do it with `dieselkit backup prune`; {} shows what is left",
        command("df -h {}", &[&folder])
    )
}

/// The program that may be named; the others are looked for beside it.
const DUMPS: &str = "pg_dump";

/// Returns how it is tried again where `pg_dump` failed in a way that says nothing of the cure.
fn again(status: &str) -> String {
    if status.contains("SIGKILL") {
        return "somebody ended it, or the system, which had no memory left (`dmesg` says so): `dieselkit backup`".to_owned();
    }
    "try again, and see which program it is: `dieselkit backup --verbose`".to_owned()
}

/// Returns how a program of a server's version is installed.
fn install(program: &str, major: u32) -> String {
    let named = match program {
        DUMPS => "one is",
        _ => "`pg_dump` is, beside which it is looked for first",
    };
    format!(
        "{}, or say where {named}, in `dieselkit.toml`: `[backups] pg_dump = \"PATH\"`",
        command(
            "apt-get install {}",
            &[&format!("postgresql-client-{major}")]
        )
    )
}

/// What SQLite says where nothing more fits, and what the system says.
/// <https://www.sqlite.org/rescode.html#full>
const FULL: &str = "database or disk is full";
const NO_SPACE: &str = "No space left on device";

/// How tables and schemas are named.
const NAMES: &str = "name it as the database does, with its schema, and in double quotes where it has capitals: `dieselkit backup --table 'public.\"Orders\"'`";

/// Returns what may help where `pg_dump` failed, by its words.
fn cure(complaints: &str) -> Option<String> {
    const CURES: [(&str, &str); 8] = [
        ("no matching tables were found", NAMES),
        ("no matching schemas were found", NAMES),
        (
            "permission denied for",
            "let a superuser run `GRANT pg_read_all_data TO ROLE;`, ROLE being the user of the address",
        ),
        (
            "could not obtain lock on relation",
            "a table is being changed: try again, or let one job do it: `dieselkit backup --jobs 1`",
        ),
        (NO_SPACE, "make room on the disk: `df -h`"),
        (
            "File too large",
            "a file may not be as large there: `ulimit -f` says how large this shell lets it be",
        ),
        (
            "server closed the connection",
            "the server ended the connection: its log says why",
        ),
        (
            "row-level security",
            "name a user who sees every row: let a superuser run `ALTER ROLE ROLE BYPASSRLS;`",
        ),
    ];
    let known = CURES.iter().find(|(words, _)| complaints.contains(words));
    known.map(|(_, cure)| (*cure).to_owned())
}

fn looked_in(folders: &[PathBuf]) -> String {
    if folders.is_empty() {
        return String::new();
    }
    let folders: Vec<_> = folders
        .iter()
        .map(|folder| folder.display().to_string())
        .collect();
    format!("; looked in `{}`", folders.join("`, `"))
}

/// Returns what a program complained of, in one line.
pub(in crate::backend) fn said(complaints: &str) -> String {
    let lines: Vec<&str> = complaints
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    match lines.as_slice() {
        [] => "it said nothing".to_owned(),
        // What follows goes on in the same sentence.
        lines => lines.join(" ").trim_end_matches('.').to_owned(),
    }
}
