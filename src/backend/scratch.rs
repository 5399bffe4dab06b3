//! A database that nobody keeps: a copy of another, dropped with its last use.
//!
//! It is made and marked as a restore makes a new database, so that what a killed process leaves is
//! found and removed in the same way.

use std::fmt;
use std::time::Duration;

use super::address::DatabaseAddress;
use super::database::{Access, Database};
use super::error::BackendError;
use super::restore::{Place, Restore, RestoreError, Tidying, leftovers};
use crate::cancellation::Cancellation;

/// A database that is dropped with this.
pub struct Scratch {
    restore: Box<dyn Restore>,
}

impl fmt::Debug for Scratch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Scratch")
            .field("address", self.address())
            .finish_non_exhaustive()
    }
}

impl Scratch {
    /// Copies a database as it is now: what is committed, and nothing else. On `SQLite` a writer is
    /// waited for so long; a server copies only what nobody is connected to.
    ///
    /// # Errors
    /// `BackendError::DatabaseInUse` where somebody is connected, and whatever keeps the server or the system
    /// from it; nothing is left behind.
    pub fn copy_of(
        original: &DatabaseAddress,
        patience: Duration,
        cancellation: &Cancellation,
    ) -> Result<Self, RestoreError> {
        // Only one of the engines waits, and only one is asked to end.
        let _ = (patience, cancellation);
        // What killed ones left has room that this one may need; whoever cannot be asked is asked again.
        let _ = leftovers(original, Place::Beside, Tidying::Remove);
        let restore = match original {
            #[cfg(feature = "postgres")]
            DatabaseAddress::Postgres(address) => super::postgres::open_copy(address)?,
            #[cfg(feature = "sqlite")]
            DatabaseAddress::Sqlite(address) => {
                super::sqlite::open_copy(address, patience, cancellation)?
            }
        };
        Ok(Self { restore })
    }

    /// Takes a database that was restored.
    pub(crate) fn of(restore: Box<dyn Restore>) -> Self {
        Self { restore }
    }

    /// Returns where it is.
    pub fn address(&self) -> &DatabaseAddress {
        self.restore.address()
    }

    /// Connects to it. The connection has to be gone before the copy is.
    ///
    /// # Errors
    /// `BackendError::Connect`.
    pub fn connect(&self) -> Result<Database, BackendError> {
        Database::open(self.address(), Access::ReadWrite)
    }

    /// Drops it.
    ///
    /// # Errors
    /// Whatever keeps the server or the system from it: it is left, and the next restore removes it.
    pub fn remove(mut self) -> Result<(), RestoreError> {
        self.restore.give_up()
    }
}
