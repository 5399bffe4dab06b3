//! `create`: one backup, whole or not there at all.
//!
//! In this order: the folder, the migration lock beside others who read, the moment, its bytes and
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

use std::time::Duration;

pub use error::CreateError;
pub(super) use globals::GLOBALS;
pub use options::{CreateOptions, Verification};
pub use report::CreateReport;

use super::catalog::LockedCatalog;
use super::retention::Keep;
use super::{Backups, Manifest};
use crate::backend::{Access, Database};
use crate::event::Event;
use making::Making;
use options::Globals;

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
        let catalog = self.lock()?;
        let cleaned_up = catalog.clean_up()?;
        let mut manifest = self.make(&catalog, options)?;
        self.verify_new(&catalog, &mut manifest, &options.verification)?;
        let identity = manifest.database.identity.clone();
        match self.prune_in(&catalog, &identity, keep) {
            Ok(pruned) => Ok(CreateReport {
                manifest,
                pruned,
                cleaned_up,
            }),
            Err(source) => Err(CreateError::Prune {
                id: manifest.id,
                source,
            }),
        }
    }

    fn make(
        &mut self,
        catalog: &LockedCatalog,
        options: &CreateOptions,
    ) -> Result<Manifest, CreateError> {
        let started = self.caller.clock.elapsed();
        let mut id = None;
        let made = self.make_under_lock(catalog, options, &mut id);
        let duration = self.caller.clock.elapsed().saturating_sub(started);
        self.caller.observer.observe(&outcome(&made, id, duration));
        made
    }

    fn make_under_lock(
        &mut self,
        catalog: &LockedCatalog,
        options: &CreateOptions,
        id: &mut Option<String>,
    ) -> Result<Manifest, CreateError> {
        let mut database = Database::open(&self.address, Access::ReadOnly)?;
        let address = &self.address;
        // What is done side by side ends together.
        let ending = self.caller.cancellation.of_a_part();
        let mut made = None;
        let ended = self.caller.under_shared_lock(&mut database, |sharing| {
            let making = Making {
                address,
                catalog,
                options,
                ending: &ending,
                sharing: &sharing,
            };
            made = Some(making.make(id)?);
            Ok(())
        });
        match made {
            // It stands, and is of one moment, whatever became of the lock afterwards.
            Some(manifest) => Ok(manifest),
            None => Err(ended.err().unwrap_or(CreateError::Interrupted)),
        }
    }
}

fn outcome(made: &Result<Manifest, CreateError>, id: Option<String>, duration: Duration) -> Event {
    match made {
        Ok(manifest) => Event::BackupFinished {
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
