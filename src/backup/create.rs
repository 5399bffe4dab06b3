//! `create`: one backup, whole or not there at all.
//!
//! In this order: the migration lock beside others who read, the folder, the moment, its bytes and
//! its facts side by side, the checks, the disk, the name, the manifest, its verification, and last
//! the policy.
//! Whatever fails before the manifest leaves nothing under a final name and removes no backup.

mod described;
mod error;
mod folder;
mod globals;
mod keeping;
mod making;
mod options;
mod report;
mod verified;
mod whole;
mod writing;

use std::path::PathBuf;
use std::time::Duration;

pub use error::CreateError;
pub use options::{CreateOptions, Verification};
pub use report::CreateReport;

use super::catalog::{LockedCatalog, Waiting};
use super::retention::Keep;
use super::{Backups, Catalog, CatalogError, KnownBy, Manifest};
use crate::backend::{Access, Database};
use crate::event::Event;
use crate::history::{self, Metadata};
use crate::operation::{LockHeld, OperationError, Sharing, reading};
use making::Making;

/// Whose migration lock keeps others from migrating meanwhile.
#[derive(Clone, Copy)]
pub(super) enum LockOf<'h> {
    /// The backup's own, which it shares with others who read.
    TheBackup,
    /// That of the run which waits for the backup.
    TheRun(&'h LockHeld<'h>),
}

/// A backup that stands, in a folder that is still held.
struct Made {
    catalog: LockedCatalog,
    cleaned_up: Vec<PathBuf>,
    manifest: Manifest,
}

impl Backups {
    /// Makes a backup, verifies it where that is asked for, and then removes what the policy does not keep.
    ///
    /// # Errors
    /// `CreateError`. Nothing new is there then, and nothing was removed; but of
    /// [`CreateError::Bad`], [`CreateError::NotVerified`], [`CreateError::NotRestored`] and
    /// [`CreateError::Prune`] the backup stands.
    pub fn create(
        &mut self,
        options: &CreateOptions,
        keep: &Keep,
    ) -> Result<CreateReport, CreateError> {
        self.create_beneath(LockOf::TheBackup, options, keep)
    }

    /// The same, beneath that lock.
    pub(super) fn create_beneath(
        &mut self,
        lock: LockOf<'_>,
        options: &CreateOptions,
        keep: &Keep,
    ) -> Result<CreateReport, CreateError> {
        let made = self.make(lock, options)?;
        let (catalog, mut manifest) = (made.catalog, made.manifest);
        self.verify_new(&catalog, &mut manifest, &options.verification)?;
        let known_by = KnownBy::of(&manifest.database);
        match self.prune_in(&catalog, &known_by, keep) {
            Ok(pruned) => Ok(CreateReport {
                manifest,
                pruned,
                cleaned_up: made.cleaned_up,
            }),
            Err(source) => Err(CreateError::Prune {
                id: manifest.id,
                source,
            }),
        }
    }

    fn make(&mut self, lock: LockOf<'_>, options: &CreateOptions) -> Result<Made, CreateError> {
        let started = self.caller.clock.elapsed();
        let mut id = None;
        let made = self.make_under_lock(lock, options, &mut id);
        let duration = self.caller.clock.elapsed().saturating_sub(started);
        self.caller.observer.observe(&outcome(&made, id, duration));
        made
    }

    /// Takes the migration lock and then the folder: a run that has a backup made holds the first
    /// when it comes to the second.
    fn make_under_lock(
        &mut self,
        lock: LockOf<'_>,
        options: &CreateOptions,
        id: &mut Option<String>,
    ) -> Result<Made, CreateError> {
        let mut database = Database::open(&self.address, Access::ReadOnly)?;
        let (address, catalog) = (&self.address, self.catalog());
        // What is done side by side ends together.
        let ending = self.caller.cancellation.of_a_part();
        let mut made = None;
        let take_and_make = |sharing: Sharing<'_, '_>| {
            let catalog = take(&catalog, &sharing)?;
            let cleaned_up = catalog.clean_up()?;
            let making = Making {
                address,
                catalog: &catalog,
                options,
                ending: &ending,
                sharing: &sharing,
            };
            let manifest = making.make(id)?;
            made = Some(Made {
                catalog,
                cleaned_up,
                manifest,
            });
            Ok::<_, CreateError>(())
        };
        let ended = match lock {
            LockOf::TheBackup => self.caller.under_shared_lock(&mut database, take_and_make),
            LockOf::TheRun(held) => {
                refuse_other_database(&mut database, held, self.caller.lock_wait)?;
                self.caller
                    .beneath_held_lock(&mut database, held, take_and_make)
            }
        };
        match made {
            // It stands, and is of one moment, whatever became of the lock afterwards.
            Some(made) => Ok(made),
            None => Err(ended.err().unwrap_or(CreateError::Interrupted)),
        }
    }
}

/// Takes the folder for changing it, as [`Catalog::lock`] does.
fn take(catalog: &Catalog, sharing: &Sharing<'_, '_>) -> Result<LockedCatalog, CatalogError> {
    let setup = sharing.setup;
    catalog.lock(Waiting {
        owner: sharing.identity.owner(),
        limit: setup.lock_wait,
        clock: setup.clock,
        cancellation: setup.cancellation,
        observer: &mut **setup.observer.borrow_mut(),
    })
}

/// Refuses a database that is not the one that is to be changed: a backup of it would be no way back.
fn refuse_other_database(
    database: &mut Database,
    held: &LockHeld<'_>,
    patience: Option<Duration>,
) -> Result<(), CreateError> {
    let metadata: Result<Metadata, OperationError> =
        reading(database, patience, |backend, tables| {
            Ok(history::read_metadata(backend, tables)?)
        });
    match metadata?.identity {
        Some(identity) if identity == held.identity() => Ok(()),
        _ => Err(CreateError::OtherDatabase),
    }
}

fn outcome(made: &Result<Made, CreateError>, id: Option<String>, duration: Duration) -> Event {
    match made {
        Ok(Made { manifest, .. }) => Event::BackupFinished {
            id: manifest.id.to_string(),
            bytes: manifest.bytes(),
            duration,
        },
        Err(error) => Event::BackupFailed {
            id,
            duration,
            error: error.to_string(),
        },
    }
}
