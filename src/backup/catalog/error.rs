//! What can be wrong with a folder of backups.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::Duration;

use thiserror::Error;

use super::{ManifestFault, names};
use crate::backend::dump::no_room;
use crate::backup::{BackupId, Others};
use crate::event::LockHolder;
use crate::file_kind::DeadLink;
use crate::shell::command;

/// A folder of backups cannot be read or changed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CatalogError {
    /// The folder, or a file in it, cannot be used.
    #[error("failed to {action} `{}`", path.display())]
    File {
        /// What was being done, to follow "failed to".
        action: &'static str,
        /// The file or the folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Another process was at work in the folder until the deadline.
    #[error("{}", locked_text(folder, holder.as_ref(), Duration::from_millis(*waited_ms)))]
    Locked {
        /// The folder.
        folder: PathBuf,
        /// Who is at work, where that can be known.
        holder: Option<LockHolder>,
        /// How long the wait was, in milliseconds.
        waited_ms: u64,
    },
    /// It was asked to end while it waited for another process.
    #[error("interrupted while waiting for another process in `{}`; nothing was changed", folder.display())]
    Interrupted {
        /// The folder.
        folder: PathBuf,
    },
    /// There is no such backup.
    #[error("there is no backup `{wanted}` in `{}`", folder.display())]
    Unknown {
        /// What was asked for.
        wanted: String,
        /// The folder.
        folder: PathBuf,
        /// The names most like it.
        near: Vec<BackupId>,
    },
    /// Several backups have names that begin so.
    #[error("`{wanted}` is the beginning of {} backups", matching.len())]
    Ambiguous {
        /// What was asked for.
        wanted: String,
        /// Their names, newest first.
        matching: Vec<BackupId>,
    },
    /// No backup is good.
    #[error("there is no good backup of this database in `{}`{}", folder.display(), beside(others))]
    NoneGood {
        /// The folder.
        folder: PathBuf,
        /// Those of other databases in it.
        others: Others,
    },
    /// A link is where the folder should be, and leads to nothing: its disk may not be there.
    #[error("{}", link.told(path))]
    DeadLink {
        /// The link.
        path: PathBuf,
        /// Where it leads.
        link: DeadLink,
    },
    /// The manifest of a backup cannot be read.
    #[error("the manifest `{}` cannot be read: {message}", path.display())]
    Unreadable {
        /// The manifest.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
        /// Why that is so.
        fault: ManifestFault,
    },
}

impl CatalogError {
    /// Returns what may help, as a command that can be pasted where there is one.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::File { path, source, .. } if source.kind() == ErrorKind::ReadOnlyFilesystem => {
                Some(format!(
                    "what is mounted there may only be read: {}",
                    command("findmnt --target {}", &[&at_hand(path)])
                ))
            }
            // Something else stands in the place of the lock's file.
            Self::File {
                action: "open",
                path,
                source,
            } if source.kind() == ErrorKind::InvalidInput => Some(format!(
                "put it aside: {}",
                command("mv {} {}", &[path, &path.with_added_extension("other")])
            )),
            Self::File { path, source, .. } if is_full(source) => {
                Some(no_room(folder_of(at_hand(path))))
            }
            Self::File { path, .. } => Some(command("ls -ld {}", &[&at_hand(path)])),
            Self::DeadLink { path, link } => Some(format!(
                "mount the disk that it leads to; or {}",
                link.folder_hint(path)
            )),
            Self::Locked { .. } => Some("wait longer: `--lock-wait 10m`".to_owned()),
            Self::Unknown { near, .. } if !near.is_empty() => {
                Some(format!("did you mean {}?", listed(near)))
            }
            Self::Unknown { .. } => Some("`dieselkit backup list`".to_owned()),
            Self::Ambiguous { matching, .. } => Some(format!("they are {}", listed(matching))),
            Self::NoneGood { others, .. } if others.count() > 0 => Some(others.hint()),
            Self::NoneGood { .. } => Some("`dieselkit backup create`".to_owned()),
            Self::Unreadable { path, fault, .. } => Some(mend(path, *fault)),
            Self::Interrupted { .. } => None,
        }
    }

    pub(super) fn file(action: &'static str, path: &Path, source: io::Error) -> Self {
        Self::File {
            action,
            path: path.to_owned(),
            source,
        }
    }
}

/// Returns what makes a manifest one that can be read, or its data one that is restored without.
pub(in crate::backup) fn mend(manifest: &Path, fault: ManifestFault) -> String {
    let look = match fault {
        ManifestFault::Newer => {
            return "use the dieselkit that wrote it, or a newer one; this one is `dieselkit --version`"
                .to_owned();
        }
        ManifestFault::Broken => command("cat {}", &[&manifest]),
        ManifestFault::NoFile => command("ls -ld {}", &[&manifest]),
    };
    let aside = manifest.with_added_extension("broken");
    format!(
        "mend it: {look}; or put it aside, and restore the file with nothing to compare it with: {}",
        command("mv {} {}", &[&manifest, &aside])
    )
}

/// Returns whether nothing more fits on a disk.
fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded
    )
}

fn folder_of(path: &Path) -> &Path {
    if path.is_dir() {
        return path;
    }
    let folder = path.parent().filter(|folder| *folder != Path::new(""));
    folder.unwrap_or(Path::new("."))
}

/// Returns what is to be looked at: of the lock's file, which may not be there, its folder.
fn at_hand(path: &Path) -> &Path {
    if !path.ends_with(names::LOCK) {
        return path;
    }
    folder_of(path)
}

/// Returns what follows on there being none of the database's own.
pub(in crate::backup) fn beside(others: &Others) -> String {
    match others.count() {
        0 => String::new(),
        _ => format!("; {others}"),
    }
}

fn listed(ids: &[BackupId]) -> String {
    let ids: Vec<String> = ids.iter().map(|id| format!("`{id}`")).collect();
    ids.join(", ")
}

fn locked_text(folder: &Path, holder: Option<&LockHolder>, waited: Duration) -> String {
    let holder = holder.map_or_else(|| "another process".to_owned(), LockHolder::to_string);
    let folder = folder.display();
    if waited.is_zero() {
        return format!("{holder} is at work in `{folder}`, and was not waited for");
    }
    format!("{holder} is at work in `{folder}`, and did not finish within {waited:?}")
}
