//! Why a copy could not become a database. What it was to replace is as it was.

use std::io::ErrorKind;
use std::path::PathBuf;

use thiserror::Error;

use crate::backend::dump::{DumpError, Format};
use crate::backend::error::BackendError;
use crate::shell::command;

/// Why a copy could not become a database. What it was to replace is as it was, and the new one is
/// dropped.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RestoreError {
    /// The database or the server cannot be reached or asked.
    #[error(transparent)]
    Backend(#[from] BackendError),
    /// The engine's programs are not there, or cannot log in.
    #[error(transparent)]
    Program(#[from] DumpError),
    /// The backup is of another engine, or of another format than was said.
    #[error("a backup of the format `{format}` is not restored this way")]
    OtherFormat {
        /// The format.
        format: Format,
    },
    /// The backup could not be read to its end.
    #[error("the backup could not be read to its end; nothing was restored")]
    Unreadable {
        /// What was wrong.
        #[source]
        source: std::io::Error,
    },
    /// The backup has no end.
    #[error("the backup ends before `{marker}`: it is not whole, and nothing was restored")]
    Truncated {
        /// What stands at the end of every whole one.
        marker: &'static str,
    },
    /// The script would have gone on in another database.
    #[error(
        "line {number} of the script is `{text}`, which goes on in another database than the new one; nothing was restored"
    )]
    Elsewhere {
        /// The line, 1-based.
        number: u64,
        /// What it begins with.
        text: String,
    },
    /// A program of the engine was stopped by what is in the backup.
    #[error("`{}` cannot make a database of what is in the backup, and nothing was restored: {}", path.display(), super::super::dump::said(complaints))]
    BadContents {
        /// The program.
        path: PathBuf,
        /// What it wrote to standard error.
        complaints: String,
    },
    /// A program of the engine failed, which may have nothing to do with the backup.
    #[error("`{}` failed ({status}), and nothing was restored: {}", path.display(), super::super::dump::said(complaints))]
    ToolFailed {
        /// The program.
        path: PathBuf,
        /// How it ended.
        status: String,
        /// What it wrote to standard error.
        complaints: String,
    },
    /// Others are at work in the database that is to be replaced.
    #[error("`{name}` is in use, so it was not replaced: {}", users.join("; "))]
    InUse {
        /// The database.
        name: String,
        /// Each of them.
        users: Vec<String>,
    },
    /// What was restored is damaged.
    #[error("what was restored from the backup is damaged: {}", findings.join("; "))]
    Damaged {
        /// What the engine found.
        findings: Vec<String>,
    },
    /// A file could not be made, written or renamed.
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
    /// The run was asked to end.
    #[error("the restore was interrupted; the new database was dropped")]
    Interrupted,
}

impl RestoreError {
    /// Returns what may help, as a command that can be pasted where there is one.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Backend(BackendError::DatabaseExists { name }) => Some(format!(
                "name one that does not exist yet: {}",
                command("dieselkit restore --into {}", &[&format!("{name}_2")])
            )),
            Self::Backend(error) => error.hint_for("dieselkit restore"),
            Self::Program(error) => error.hint(),
            Self::OtherFormat { .. } => Some("`dieselkit backup list`".to_owned()),
            Self::Unreadable { .. }
            | Self::Truncated { .. }
            | Self::BadContents { .. }
            | Self::Damaged { .. } => Some(
                "see which backups are whole, and take another: `dieselkit backup verify all`"
                    .to_owned(),
            ),
            Self::Elsewhere { .. } => Some(WITHOUT_CREATE.to_owned()),
            Self::ToolFailed {
                status, complaints, ..
            } => cure(complaints).or_else(|| status.contains("signal").then(|| KILLED.to_owned())),
            Self::InUse { name, .. } => Some(format!(
                "end these programs, and try again; or restore beside it: {}",
                command(
                    "dieselkit restore --into {}",
                    &[&format!("{name}_restored")]
                )
            )),
            Self::File { path, source, .. } if is_full(source) => {
                let folder = path.parent().unwrap_or(path);
                Some(format!("make room: {}", command("df -h {}", &[&folder])))
            }
            Self::File { path, .. } => Some(command("ls -ld {}", &[path])),
            Self::Interrupted => None,
        }
    }
}

/// How a script is made that names no database.
const WITHOUT_CREATE: &str = "make it by `pg_dump` without `--create`, or leave out what names a database: `sed -E '/^(CREATE|ALTER) DATABASE |^.connect /d' FILE > NEW`";

/// What is to be known of a program that did not end by itself.
const KILLED: &str = "something ended the program, as the system does where memory runs out: `dmesg`; then try it again: `dieselkit restore`";

/// Returns whether nothing more fits on a disk, or into a file.
fn is_full(error: &std::io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::StorageFull | ErrorKind::FileTooLarge | ErrorKind::QuotaExceeded
    )
}

/// Returns what may help where `psql` or `pg_restore` failed, by its words.
fn cure(complaints: &str) -> Option<String> {
    if let Some(role) = between(complaints, "role \"", "\" does not exist") {
        return Some(format!(
            "make the role: {}; or leave out who owns what and who may do what: `dieselkit restore --no-owner --no-privileges`",
            command("createuser --no-login {}", &[&role])
        ));
    }
    if let Some(extension) = between(complaints, "extension \"", "\" is not available") {
        return Some(format!(
            "install the extension on the server, as its system names it: {}",
            command("apt-cache search {}", &[&extension])
        ));
    }
    if complaints.contains("CREATE DATABASE cannot run inside a transaction block") {
        return Some(WITHOUT_CREATE.to_owned());
    }
    let words = "No space left on device";
    complaints
        .contains(words)
        .then(|| "make room on the server's disk: `df -h`".to_owned())
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    Some(rest.split_once(after)?.0)
}
