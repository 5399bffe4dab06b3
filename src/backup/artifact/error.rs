//! Why a file of a backup could not be written.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::backend::dump::no_room;
use crate::shell::command;

/// Why a file of a backup could not be written. What was written of it is removed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ArtifactError {
    /// Something has the name already.
    #[error("`{}` is there already, and stays as it is; no new backup was left", path.display())]
    Taken {
        /// What is there.
        path: PathBuf,
    },
    /// The system refuses.
    #[error("failed to {action} `{}`; no new backup was left", path.display())]
    File {
        /// What was being done, to follow "failed to".
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl ArtifactError {
    /// Returns what may help, as a command that can be pasted where there is one.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Taken { path } => Some(command("ls -ld {}", &[path])),
            Self::File { path, source, .. } => Some(cure(path, source.kind())),
        }
    }
}

fn cure(path: &Path, kind: ErrorKind) -> String {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    match kind {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => no_room(folder),
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => format!(
            "this user has to be allowed to write there: {}",
            command("ls -ld {}", &[&folder])
        ),
        _ => command("ls -ld {}", &[&folder]),
    }
}
