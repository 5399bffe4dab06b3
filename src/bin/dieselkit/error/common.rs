//! What the errors of every area may have in common: the database itself, and whose it is.
//!
//! Who adds an area adds it here; its exit codes and its advice follow.

use dieselkit::Error;
use dieselkit::backend::BackendError;
use dieselkit::backend::dump::DumpError;
use dieselkit::backend::restore::RestoreError;
use dieselkit::backup::{BackupsError, CatalogError, CreateError, RestoreBackupError};
use dieselkit::migration::RunError;
use dieselkit::seed::{CaptureError, GenerateError, SeedError};

/// A database of another environment than the one that was said.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mismatch<'a> {
    /// What the database says.
    pub(crate) marked: &'a str,
    /// What was said.
    pub(crate) wanted: &'a str,
}

/// Returns why the database could not be reached, locked or asked, where that is what is wrong.
pub(crate) fn of_database(error: &Error) -> Option<&BackendError> {
    match error {
        Error::Backend(error)
        | Error::Run(RunError::Backend(error))
        | Error::Seed(SeedError::Backend(error))
        | Error::Capture(CaptureError::Backend(error))
        | Error::Generate(GenerateError::Backend(error))
        | Error::Backups(BackupsError::Backend(error))
        | Error::Dump(DumpError::Backend(error))
        | Error::Restore(RestoreError::Backend(error))
        | Error::RestoreBackup(
            RestoreBackupError::Backend(error)
            | RestoreBackupError::Restore(RestoreError::Backend(error)),
        ) => Some(error),
        _ => match of_creating(error)? {
            CreateError::Backend(error) | CreateError::Dump(DumpError::Backend(error)) => {
                Some(error)
            }
            _ => None,
        },
    }
}

/// Returns why a backup could not be made, also where that is why nothing was run.
pub(crate) fn of_creating(error: &Error) -> Option<&CreateError> {
    match error {
        Error::Create(error) => Some(error),
        Error::Run(RunError::NotBackedUp { source }) => source.cause().downcast_ref(),
        _ => None,
    }
}

/// Returns what is wrong with a folder of backups, where that is what is wrong.
pub(crate) fn of_catalog(error: &Error) -> Option<&CatalogError> {
    match error {
        Error::Catalog(error)
        | Error::Backups(BackupsError::Catalog(error))
        | Error::RestoreBackup(RestoreBackupError::Catalog(error)) => Some(error),
        _ => match of_creating(error)? {
            CreateError::Catalog(error) => Some(error),
            _ => None,
        },
    }
}

/// Returns whose the database is, where that is what is wrong.
pub(crate) fn mismatch(error: &Error) -> Option<Mismatch<'_>> {
    match error {
        Error::Run(RunError::EnvironmentMismatch { marked, wanted })
        | Error::Seed(SeedError::EnvironmentMismatch { marked, wanted })
        | Error::Generate(GenerateError::EnvironmentMismatch { marked, wanted })
        | Error::RestoreBackup(RestoreBackupError::EnvironmentMismatch { marked, wanted })
        | Error::Backups(BackupsError::EnvironmentMismatch { marked, wanted }) => {
            Some(Mismatch { marked, wanted })
        }
        _ => match of_creating(error)? {
            CreateError::EnvironmentMismatch { marked, wanted } => {
                Some(Mismatch { marked, wanted })
            }
            _ => None,
        },
    }
}
