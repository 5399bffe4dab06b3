//! A folder of backups where no database is named: what is asked of the files alone.
//!
//! On the day on which one needs its backups there may be no database, and nobody who knows its
//! address.

use std::fmt;
use std::path::{Path, PathBuf};

use super::catalog::{LockedCatalog, Waiting};
use super::{BackupId, Backups, BackupsError, Catalog, CatalogError, Verified};
use crate::operation::{Caller, lend_through_caller};

/// The backups of a folder, of whatever databases.
///
/// What it does not know by itself is lent to it, as to [`Backups`].
pub struct BackupFolder {
    folder: PathBuf,
    caller: Caller,
}

impl fmt::Debug for BackupFolder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("BackupFolder")
            .field("folder", &self.folder)
            .finish_non_exhaustive()
    }
}

lend_through_caller!(BackupFolder, between "blocks");

impl BackupFolder {
    /// Names a folder, which is not looked at yet.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            caller: Caller::default(),
        }
    }

    /// Returns the folder as what can be read and changed.
    pub fn catalog(&self) -> Catalog {
        Catalog::new(&self.folder)
    }

    /// Reads every file of a backup again, as [`Backups::verify`] does.
    ///
    /// # Errors
    /// As [`Backups::verify`].
    pub fn verify(&mut self, id: &BackupId) -> Result<Verified, BackupsError> {
        self.at_work().verify(id)
    }

    /// Returns who is at work in it.
    pub(super) fn at_work(&mut self) -> AtWork<'_> {
        AtWork {
            folder: &self.folder,
            caller: &mut self.caller,
        }
    }
}

impl Backups {
    /// Returns the folder, for what is asked of the files alone.
    pub(super) fn at_work(&mut self) -> AtWork<'_> {
        AtWork {
            folder: &self.folder,
            caller: &mut self.caller,
        }
    }

    /// Takes the folder for changing it.
    ///
    /// # Errors
    /// As [`Catalog::lock`].
    pub(super) fn lock(&mut self) -> Result<LockedCatalog, CatalogError> {
        self.at_work().lock()
    }
}

/// Somebody at work in a folder.
pub(super) struct AtWork<'a> {
    pub(super) folder: &'a Path,
    pub(super) caller: &'a mut Caller,
}

impl AtWork<'_> {
    pub(super) fn catalog(&self) -> Catalog {
        Catalog::new(self.folder)
    }

    /// Takes the folder for changing it.
    ///
    /// # Errors
    /// As [`Catalog::lock`].
    pub(super) fn lock(&mut self) -> Result<LockedCatalog, CatalogError> {
        let limit = self.caller.lock_wait();
        self.catalog().lock(Waiting {
            owner: self.caller.identity.owner(),
            limit,
            clock: &*self.caller.clock,
            cancellation: &self.caller.cancellation,
            observer: &mut *self.caller.observer,
        })
    }
}
