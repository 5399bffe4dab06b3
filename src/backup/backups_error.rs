//! Why a verb of backups could not be done that copies and restores nothing.

use thiserror::Error;

use super::{BackupId, CatalogError};
use crate::backend::BackendError;
use crate::operation::{OperationError, other_environment};

/// The backups of a database cannot be told from others, or cannot be looked after.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BackupsError {
    /// The folder cannot be read or changed.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// The database does not say which one it is.
    #[error(transparent)]
    Backend(#[from] BackendError),
    /// The database belongs to another environment, whose policy may be another.
    #[error("this database belongs to the environment `{marked}`, not `{wanted}`")]
    EnvironmentMismatch {
        /// What the database says.
        marked: String,
        /// What was said.
        wanted: String,
    },
    /// It was asked to end while it read a backup.
    #[error("interrupted while reading `{id}`; there is no verdict")]
    Interrupted {
        /// The backup.
        id: BackupId,
    },
}

impl BackupsError {
    /// Returns what may help, as a command that can be pasted where there is one.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Catalog(error) => error.hint(),
            Self::Backend(error) => error.hint(),
            Self::EnvironmentMismatch { marked, wanted } => Some(other_environment(marked, wanted)),
            Self::Interrupted { .. } => None,
        }
    }
}

impl From<OperationError> for BackupsError {
    fn from(error: OperationError) -> Self {
        match error {
            OperationError::Backend(error) => Self::Backend(error),
            OperationError::EnvironmentMismatch { marked, wanted } => {
                Self::EnvironmentMismatch { marked, wanted }
            }
        }
    }
}
