//! Why a backup could not be made.

use std::io;

use thiserror::Error;

use crate::backend::BackendError;
use crate::backend::address::Engine;
use crate::backend::dump::DumpError;
use crate::backup::artifact::ArtifactError;
use crate::backup::{BackupId, BackupsError, CatalogError, RestoreBackupError};
use crate::operation::{other_environment, words_for_operation_errors};
use crate::shell::command;

/// The command that tries again.
const RETRY: &str = "dieselkit backup";

/// Why a backup could not be made. Nothing of it is left where it is not said to stand, and none that
/// was there before is gone.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CreateError {
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
    /// The run that waits for the backup is of another database.
    #[error("this is not the database that is to be changed; nothing was backed up")]
    OtherDatabase,
    /// The folder of backups cannot be used.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// The engine cannot copy the database, or was asked to end.
    #[error(transparent)]
    Dump(DumpError),
    /// The engine began to copy the database, and failed.
    #[error("the database could not be copied; nothing of a backup is left, and none was removed")]
    NotCopied {
        /// Why.
        #[source]
        source: DumpError,
    },
    /// The engine has no server.
    #[error("a {engine} database has no roles and tablespaces beside it; nothing was backed up")]
    NoGlobals {
        /// The database's engine.
        engine: Engine,
    },
    /// The file could not be written.
    #[error(transparent)]
    Artifact(#[from] ArtifactError),
    /// What the engine wrote could not be read.
    #[error("failed to read what the engine wrote; nothing of the backup is left")]
    Read {
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A thread that compresses ended before its time.
    #[error("a thread that compresses ended early; nothing of the backup is left")]
    Thread,
    /// What was written is no whole copy, although nobody complained.
    #[error("the copy is not whole: {}; nothing of it is left", findings.join("; "))]
    NotWhole {
        /// What is wrong.
        findings: Vec<String>,
    },
    /// It was asked to end.
    #[error("interrupted; nothing of the backup is left")]
    Interrupted,
    /// The backup stands, but something is wrong with it; that stands in its manifest.
    #[error(
        "backup `{id}` was made, but does not stand up to verification: {}; none was removed for it",
        findings.join("; ")
    )]
    Bad {
        /// The new one.
        id: BackupId,
        /// What is wrong.
        findings: Vec<String>,
    },
    /// The backup stands, but could not be read again.
    #[error("backup `{id}` was made, but could not be verified; none was removed for it")]
    NotVerified {
        /// The new one.
        id: BackupId,
        /// Why.
        #[source]
        source: BackupsError,
    },
    /// The backup stands, but could not be restored, for a reason that says nothing of it.
    #[error(
        "backup `{id}` was made, but could not be restored to verify it; none was removed for it"
    )]
    NotRestored {
        /// The new one.
        id: BackupId,
        /// Why.
        #[source]
        source: Box<RestoreBackupError>,
    },
    /// The backup stands, but what the policy does not keep could not be removed.
    #[error("backup `{id}` was made, but those before it could not be pruned")]
    Prune {
        /// The new one.
        id: BackupId,
        /// Why.
        #[source]
        source: CatalogError,
    },
}

words_for_operation_errors!(CreateError);

impl From<DumpError> for CreateError {
    fn from(source: DumpError) -> Self {
        match source {
            DumpError::ToolFailed { .. }
            | DumpError::Silent { .. }
            | DumpError::MayNotRead { .. }
            | DumpError::TablesChanging { .. }
            | DumpError::NoRoom { .. }
            | DumpError::Damaged { .. }
            | DumpError::File { .. } => Self::NotCopied { source },
            source => Self::Dump(source),
        }
    }
}

impl CreateError {
    /// Returns the backup that stands all the same.
    pub fn stands(&self) -> Option<&BackupId> {
        match self {
            Self::Bad { id, .. }
            | Self::NotVerified { id, .. }
            | Self::NotRestored { id, .. }
            | Self::Prune { id, .. } => Some(id),
            _ => None,
        }
    }

    /// Returns what may help, as a command that can be pasted where there is one.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Backend(error) => error.hint_for(RETRY),
            Self::EnvironmentMismatch { marked, wanted } => Some(other_environment(marked, wanted)),
            Self::Catalog(error) => error.hint(),
            Self::Dump(error) | Self::NotCopied { source: error } => error.hint(),
            Self::Artifact(error) => error.hint(),
            Self::NoGlobals { .. } | Self::Read { .. } | Self::Thread | Self::Interrupted => {
                Some(format!("`{RETRY}`"))
            }
            Self::OtherDatabase => None,
            Self::NotWhole { .. } => Some(format!(
                "see what `pg_dump` is used, and try again: `{RETRY} --verbose`"
            )),
            Self::Bad { .. } => Some(format!(
                "see which backups can be relied on, and make another: `dieselkit backup list`, `{RETRY}`"
            )),
            Self::NotVerified { id, source } => source
                .hint()
                .or_else(|| Some(command("dieselkit backup verify {}", &[&id.as_str()]))),
            Self::NotRestored { id, source } => Some(source.hint_for_verifying(id)),
            Self::Prune { source, .. } => source.hint(),
        }
    }
}
