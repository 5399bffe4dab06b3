//! The sum of the areas' errors, for a caller that handles them all alike.
//!
//! Adds no word of its own; nothing in the library returns it.

use thiserror::Error;

use crate::backend::BackendError;
use crate::backend::address::AddressError;
use crate::backend::dump::DumpError;
use crate::backend::restore::RestoreError;
use crate::backup::{BackupsError, CatalogError, CreateError, RestoreBackupError};
use crate::environment::EnvironmentError;
use crate::lint::UnknownRule;
use crate::migration::{RunError, ScaffoldError, SourceError};
use crate::seed::{CaptureError, GenerateError, SeedError, SeedScaffoldError, SeedSourceError};
use crate::startup::StartupError;

/// Anything that can go wrong.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// An address cannot be read.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// An environment's name cannot be one.
    #[error(transparent)]
    Environment(#[from] EnvironmentError),
    /// A database cannot be reached, locked or asked.
    #[error(transparent)]
    Backend(#[from] BackendError),
    /// A copy of a database cannot be made.
    #[error(transparent)]
    Dump(#[from] DumpError),
    /// A copy cannot become a database.
    #[error(transparent)]
    Restore(#[from] RestoreError),
    /// Migrations cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// A verb did not do what it was asked.
    #[error(transparent)]
    Run(#[from] RunError),
    /// A new migration cannot be made.
    #[error(transparent)]
    Scaffold(#[from] ScaffoldError),
    /// Seeds cannot be read.
    #[error(transparent)]
    SeedSource(#[from] SeedSourceError),
    /// Seeding did not do what it was asked.
    #[error(transparent)]
    Seed(#[from] SeedError),
    /// A new seed cannot be made.
    #[error(transparent)]
    SeedScaffold(#[from] SeedScaffoldError),
    /// Rows cannot be captured.
    #[error(transparent)]
    Capture(#[from] CaptureError),
    /// Rows cannot be made up.
    #[error(transparent)]
    Generate(#[from] GenerateError),
    /// A folder of backups cannot be read or changed.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// The backups of a database cannot be told from others, or looked after.
    #[error(transparent)]
    Backups(#[from] BackupsError),
    /// A backup cannot be made.
    #[error(transparent)]
    Create(#[from] CreateError),
    /// A backup cannot be restored.
    #[error(transparent)]
    RestoreBackup(#[from] RestoreBackupError),
    /// There is no such lint rule.
    #[error(transparent)]
    UnknownRule(#[from] UnknownRule),
    /// A program cannot start with its database as it is.
    #[error(transparent)]
    Startup(#[from] StartupError),
}

impl Error {
    /// Returns what may help, as a command that can be pasted where there is one.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Address(error) => error.hint(),
            Self::Environment(error) => error.hint(),
            Self::Backend(error) => error.hint(),
            Self::Dump(error) => error.hint(),
            Self::Restore(error) => error.hint(),
            Self::Source(error) => error.hint(),
            Self::Run(error) => error.hint(),
            Self::Scaffold(error) => error.hint(),
            Self::SeedSource(error) => error.hint(),
            Self::Seed(error) => error.hint(),
            Self::SeedScaffold(error) => error.hint(),
            Self::Capture(error) => error.hint(),
            Self::Generate(error) => error.hint(),
            Self::Catalog(error) => error.hint(),
            Self::Backups(error) => error.hint(),
            Self::Create(error) => error.hint(),
            Self::RestoreBackup(error) => error.hint(),
            Self::UnknownRule(error) => error.hint(),
            Self::Startup(error) => error.hint(),
        }
    }
}

#[cfg(test)]
mod tests;
