//! Why a new seed could not be made.

use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::shell::command;

/// A new seed cannot be made; nothing was written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SeedScaffoldError {
    /// Nothing is left of the name in `snake_case`.
    #[error("`{name}` holds no letter or digit to make a name of")]
    UnusableName {
        /// What was given.
        name: String,
    },
    /// No number of as many digits is free behind the others.
    #[error("the numbers of the seeds in `{}` are used up", root.display())]
    NumbersUsedUp {
        /// The folder of the environments' folders.
        root: PathBuf,
    },
    /// A folder could not be read, or a file not written.
    #[error("failed to write `{}`", path.display())]
    Write {
        /// Which one.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
}

impl SeedScaffoldError {
    /// Returns what may help, as a command that can be pasted where there is one.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::UnusableName { .. } => Some("`dieselkit seed new demo_users`".to_owned()),
            Self::NumbersUsedUp { .. } => {
                Some("give all files numbers of one digit more: `0010_…`, `0020_…`".to_owned())
            }
            Self::Write { path, .. } => {
                let folder = path.parent().filter(|folder| *folder != Path::new(""));
                Some(command("ls -ld {}", &[&folder.unwrap_or(Path::new("."))]))
            }
        }
    }
}
