//! A new migration cannot be made.
//!
//! Which files one has is known to `scaffold`.

use std::path::{Path, PathBuf};

use thiserror::Error;

use super::SourceError;
use crate::shell::command;

/// The longest name that the usual file systems take, in bytes: ext4, XFS, Btrfs, APFS, NTFS.
/// <https://man7.org/linux/man-pages/man0/limits.h.0p.html> (`NAME_MAX`)
pub(crate) const MAX_FILE_NAME_BYTES: usize = 255;

/// A new migration cannot be made.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ScaffoldError {
    /// Nothing of the name can be used.
    #[error("`{name}` holds no letter or digit to make a name of")]
    UnusableName {
        /// The name, as it was given.
        name: String,
    },
    /// No file system takes a name of that length.
    #[error(
        "the name is too long: `{name}` has {} bytes, and a file's name at most {MAX_FILE_NAME_BYTES}",
        name.len()
    )]
    NameTooLong {
        /// The name that the folder or file would have.
        name: String,
    },
    /// The three digits are used up.
    #[error("the numbers of three digits are used up in `{folder}`")]
    NumbersUsedUp {
        /// The folder.
        folder: PathBuf,
    },
    /// The next number would come before what is there.
    #[error("`{number}` would come before `{newest}`, which is numbered otherwise")]
    OutOfOrder {
        /// The number.
        number: String,
        /// The newest migration.
        newest: String,
    },
    /// The folder's migrations cannot be read, so no number is known to be free.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// A file cannot be written.
    #[error("failed to write `{path}`")]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
}

impl ScaffoldError {
    /// Returns what may help, as a command that can be pasted where there is one.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::UnusableName { .. } => Some("`dieselkit new add_phone_to_users`".to_owned()),
            Self::NameTooLong { .. } => Some(
                "name it in a few words, and say the rest in `--description TEXT`".to_owned(),
            ),
            Self::NumbersUsedUp { .. } => {
                Some("number it by the time of its making, without `--sequential`".to_owned())
            }
            Self::Source(error) => error.hint(),
            Self::OutOfOrder { .. } => Some(
                "number it by the time of its making, without `--sequential`; or give the others numbers of three digits as well, as long as none of them is applied anywhere"
                    .to_owned(),
            ),
            Self::Write { path, .. } => Some(command("ls -ld {}", &[&nearest_folder(path)])),
        }
    }
}

/// Returns the innermost folder of a path that is there: what could not be made is not to be seen.
fn nearest_folder(path: &Path) -> &Path {
    path.ancestors()
        .skip(1)
        .find(|folder| folder.exists())
        .unwrap_or(Path::new("."))
}
