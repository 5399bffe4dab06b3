//! Why a copy could not become a database. What it was to replace is as it was.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::makes_roles;
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
        /// The script, where it is a file.
        script: Option<PathBuf>,
    },
    /// The script would have changed something else than the new database.
    #[error(
        "the statement `{statement}` in line {number} of the script reaches outside of the new database; nothing was restored"
    )]
    Outside {
        /// The line that it begins in, 1-based.
        number: u64,
        /// What it begins with.
        statement: &'static str,
        /// The script, where it is a file.
        script: Option<PathBuf>,
    },
    /// The script would have ended the transaction that it is restored in.
    #[error(
        "the statement `{statement}` in line {number} of the script ends the one transaction that it is restored in; nothing was restored"
    )]
    EndsTransaction {
        /// The line that it begins in, 1-based.
        number: u64,
        /// What it begins with.
        statement: &'static str,
        /// The script, where it is a file.
        script: Option<PathBuf>,
    },
    /// The script has a command that psql takes for itself.
    #[error(
        "line {number} of the script has `{text}`, a command of psql's own, which may start programs or go on in another database; nothing was restored"
    )]
    PsqlCommand {
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
    #[error("the restore was interrupted, and nothing was restored")]
    Interrupted,
}

impl RestoreError {
    /// Returns it with the script that it is about.
    pub(crate) fn of_script(mut self, path: &Path) -> Self {
        if let Self::Elsewhere { script, .. }
        | Self::Outside { script, .. }
        | Self::EndsTransaction { script, .. } = &mut self
        {
            *script = Some(path.to_owned());
        }
        self
    }

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
            Self::PsqlCommand { number, .. } => Some(format!(
                "leave it out of the script: {}",
                command("sed -n {}p SCRIPT", &[&number.to_string()])
            )),
            Self::Elsewhere { script, .. } => Some(without_create(script.as_deref())),
            Self::Outside {
                statement, script, ..
            } if statement.ends_with("DATABASE") => Some(without_create(script.as_deref())),
            Self::Outside { number, script, .. } | Self::EndsTransaction { number, script, .. } => {
                let line = format!("sed -n {number}p");
                Some(format!(
                    "look at it, {}, and leave it out of the script",
                    filtered(&line, script.as_deref())
                ))
            }
            Self::ToolFailed {
                status, complaints, ..
            } => cure(complaints)
                .or_else(|| status.contains("signal").then(|| KILLED.to_owned()))
                .or_else(|| complaints.contains("ERROR:").then(|| STOPPED.to_owned())),
            Self::InUse { users, .. } if users.iter().any(|user| user.starts_with("a backup ")) => {
                Some(
                    "wait for the backup to end, and try again; or restore beside it: `dieselkit restore`"
                        .to_owned(),
                )
            }
            Self::InUse { .. } => Some(
                "end these programs, or wait for another restore, and try again; or restore beside it: `dieselkit restore`"
                    .to_owned(),
            ),
            Self::File { path, source, .. } if is_full(source) => {
                let folder = folder_of(path);
                Some(format!("make room: {}", command("df -h {}", &[&folder])))
            }
            Self::File {
                action: "read" | "look for",
                path,
                ..
            } => Some(command("ls -ld {}", &[path])),
            Self::File { path, source, .. } if source.kind() == ErrorKind::NotFound => {
                Some(command("mkdir -p {}", &[&folder_of(path)]))
            }
            // What was to be made is not there, and its name says nothing.
            Self::File { path, .. } => Some(command("ls -ld {}", &[&folder_of(path)])),
            Self::Interrupted => None,
        }
    }
}

/// Returns the folder of a file, as a path that a shell takes.
fn folder_of(path: &Path) -> &Path {
    let folder = path.parent().filter(|folder| *folder != Path::new(""));
    folder.unwrap_or(Path::new("."))
}

/// What leaves out of a script what is about a database as a whole, and no row of a table.
const WITHOUT_DATABASE: &str = r"sed -E -e '/^COPY .* FROM stdin;$/,/^\\\.$/b' -e '/^((CREATE|ALTER|DROP|COMMENT ON) DATABASE |(GRANT|REVOKE) .* ON DATABASE ).*;$/d' -e '/^.connect /d'";

/// Returns how a script is made that names no database.
fn without_create(script: Option<&Path>) -> String {
    let made = filtered(WITHOUT_DATABASE, script);
    let made = made.trim_end_matches('`');
    format!(
        "make it by `pg_dump` without `--create`, or leave out what is about a database: {made} > NEW`"
    )
}

/// Returns the command that lets a program read a script, which gzip may have packed.
fn filtered(program: &str, script: Option<&Path>) -> String {
    let script = script.unwrap_or(Path::new("FILE"));
    let is_packed = script.extension().is_some_and(|ending| ending == "gz");
    if is_packed {
        command(&format!("gunzip --stdout {{}} | {program}"), &[&script])
    } else {
        command(&format!("{program} {{}}"), &[&script])
    }
}

/// What is to be known of a program that did not end by itself.
const KILLED: &str = "something ended the program, as the system does where memory runs out: `dmesg`; then try it again: `dieselkit restore`";

/// What is to be known of an error of the server that nobody knows a cure for.
const STOPPED: &str = "the server refused a statement of the backup, and the message says which and why: change that on the server, and try again: `dieselkit restore`";

/// What a server says who may not give things to a role that owned them, before version 16 and since.
const NO_MEMBER: [(&str, &str); 2] = [
    ("must be member of role \"", "\""),
    ("must be able to SET ROLE \"", "\""),
];

/// What a server or its system says where nothing more fits.
const FULL: [&str; 3] = [
    "No space left on device",
    "Disk quota exceeded",
    "disk full",
];

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
            makes_roles(&[role])
        ));
    }
    if let Some(extension) = between(complaints, "extension \"", "\" is not available") {
        return Some(format!(
            "install the extension on the server, as its system names it: {}",
            command("apt-cache search {}", &[&extension])
        ));
    }
    if let Some(file) = between(complaints, "could not open input file \"", "\"") {
        return Some(format!(
            "a file of the backup is missing, {file}: copy its folder again, or take another backup: `dieselkit backup list`"
        ));
    }
    if complaints.contains("CREATE DATABASE cannot run inside a transaction block") {
        return Some(without_create(None));
    }
    let mut no_member = NO_MEMBER.iter();
    if let Some(role) = no_member.find_map(|(before, after)| between(complaints, before, after)) {
        let role = role.replace('"', "\"\"");
        return Some(format!(
            "leave out who owns what: `dieselkit restore --no-owner`; or let a superuser run `GRANT \"{role}\" TO ROLE;`, ROLE being who restores"
        ));
    }
    let is_full = FULL.iter().any(|words| complaints.contains(words));
    is_full.then(|| {
        "make room on the server's disk, and try again: `df -h`, `dieselkit restore`".to_owned()
    })
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    Some(rest.split_once(after)?.0)
}
