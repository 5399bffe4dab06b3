//! Which backups of a folder are those of the database: by its identity, or, where it cannot say
//! it, by its address.

use super::catalog::{LockedCatalog, Waiting};
use super::health::{Health, HealthLimits, judge};
use super::{Backups, BackupsError, Catalog, CatalogError, Listing};
use crate::backend::dump::{derived_identity, is_derived};
use crate::backend::{Access, Database};
use crate::history::{self, Metadata};
use crate::operation::{reading, refuse_other_environment};

/// By what the backups of a database are known.
#[derive(Debug)]
pub enum KnownBy {
    /// By the identity that the database has.
    Identity {
        /// The identity.
        identity: String,
        /// How it is reached, without secrets: by it those are known that are from before the
        /// database had an identity.
        target: String,
    },
    /// By the address alone: the database has no identity, or cannot be asked, as on the day on
    /// which one needs its backups.
    Address {
        /// How it is reached, without secrets.
        target: String,
        /// Why it could not be asked.
        why: Option<BackupsError>,
    },
}

/// The backups of a database, and what else is in their folder.
#[derive(Debug)]
pub struct OwnBackups {
    /// The folder, without the backups of other databases.
    pub listing: Listing,
    /// By what its backups are known.
    pub known_by: KnownBy,
    /// How many backups of other databases are in the folder.
    pub others: usize,
}

impl Backups {
    /// Lists the backups of the database; the folder need not be there. Writes nothing.
    ///
    /// # Errors
    /// As [`Catalog::read`]. That the database cannot be asked is none: it is told beside.
    pub fn list(&self) -> Result<OwnBackups, CatalogError> {
        let all = self.catalog().read()?;
        let known_by = self.known_by();
        let in_folder = all.backups.len();
        let listing = all.known_by(&known_by);
        Ok(OwnBackups {
            others: in_folder - listing.backups.len(),
            listing,
            known_by,
        })
    }

    /// Judges whether the backups of the database can be relied on. Writes nothing.
    ///
    /// # Errors
    /// As [`Backups::list`].
    pub fn health(&self, limits: &HealthLimits) -> Result<(Health, OwnBackups), CatalogError> {
        let own = self.list()?;
        let now = self.caller.clock.now().and_utc();
        Ok((judge(&own.listing.backups, limits, now), own))
    }

    /// Returns the folder as what can be read and changed.
    pub fn catalog(&self) -> Catalog {
        Catalog::new(&self.folder)
    }

    /// Returns by what the database's backups are known. Writes nothing.
    pub fn known_by(&self) -> KnownBy {
        let target = self.address.to_string();
        match self.metadata() {
            Ok(metadata) => match metadata.identity {
                Some(identity) => KnownBy::Identity { identity, target },
                None => KnownBy::Address { target, why: None },
            },
            Err(error) => KnownBy::Address {
                target,
                why: Some(error),
            },
        }
    }

    /// Returns the identity of the database, as its next backup has it. Writes nothing.
    ///
    /// # Errors
    /// `Backend` where it cannot be asked, and `EnvironmentMismatch`.
    pub(super) fn identity(&self) -> Result<String, BackupsError> {
        let metadata = self.metadata()?;
        let wanted = self.caller.identity.environment.as_deref();
        refuse_other_environment(metadata.environment.as_deref(), wanted)?;
        Ok(match metadata.identity {
            Some(identity) => identity,
            None => derived_identity(&self.address)?,
        })
    }

    fn metadata(&self) -> Result<Metadata, BackupsError> {
        let mut database = Database::open(&self.address, Access::ReadOnly)?;
        reading(&mut database, self.caller.lock_wait, |backend, tables| {
            Ok(history::read_metadata(backend, tables)?)
        })
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

impl Listing {
    /// Returns the same without the backups of other databases.
    #[must_use]
    pub fn known_by(mut self, known_by: &KnownBy) -> Self {
        self.backups.retain(|backup| {
            let source = &backup.manifest.database;
            match known_by {
                KnownBy::Identity { identity, target } => {
                    source.identity == *identity
                        || (source.target == *target && is_derived(&source.identity))
                }
                KnownBy::Address { target, .. } => source.target == *target,
            }
        });
        self
    }
}
