//! The database's own view of a folder of backups: which of them are its own, and what else lies
//! there.
//!
//! It writes nothing. Whoever keeps, removes or judges backups asks here first.

use super::health::{Health, HealthLimits, judge};
use super::whose::{KnownBy, Subject};
use super::{Backups, BackupsError, Catalog, CatalogError, Listing};
use crate::backend::dump::{Itself, itself};
use crate::backend::{Access, Database};
use crate::history::{self, Metadata};
use crate::operation::{reading, refuse_other_environment};

/// The backups of a database, and by what they are known.
#[derive(Debug)]
pub struct OwnBackups {
    /// The folder, without the backups of other databases, which are counted.
    pub listing: Listing,
    /// By what its backups are known.
    pub known_by: KnownBy,
    /// Why the database could not be asked, where it could not.
    pub why: Option<BackupsError>,
}

/// What a database says of itself.
struct Said {
    metadata: Metadata,
    itself: Itself,
}

impl Said {
    /// What was made before the database had an identity of its own is of the derived one.
    fn known_by(self) -> KnownBy {
        let Itself {
            name,
            derived,
            derived_by_others,
        } = self.itself;
        let identities = [self.metadata.identity, Some(derived), derived_by_others];
        KnownBy::Identity {
            identities: identities.into_iter().flatten().collect(),
            name,
        }
    }

    /// The one identity that its next backup has. Of a database that had the name before, and had no
    /// identity of its own, nothing is removed by that.
    fn known_for_sure(self) -> KnownBy {
        KnownBy::Identity {
            identities: vec![self.metadata.identity.unwrap_or(self.itself.derived)],
            name: self.itself.name,
        }
    }
}

impl Backups {
    /// Lists the backups of the database; the folder need not be there. Writes nothing.
    ///
    /// # Errors
    /// As [`Catalog::read`]. That the database cannot be asked is none: it is told beside.
    pub fn list(&self) -> Result<OwnBackups, CatalogError> {
        let all = self.catalog().read()?;
        let (known_by, why) = match self.ask() {
            Ok(said) => (said.known_by(), None),
            Err(error) => (KnownBy::Name, Some(error)),
        };
        Ok(OwnBackups {
            listing: all.of(&self.subject(&known_by)),
            known_by,
            why,
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

    /// Returns by what the database's backups are known to it, for removing some of them: where it
    /// cannot be asked, none is known well enough.
    ///
    /// # Errors
    /// `Backend` where it cannot be asked, and `EnvironmentMismatch`.
    pub(super) fn known_for_sure(&self) -> Result<KnownBy, BackupsError> {
        let said = self.ask()?;
        let wanted = self.caller.identity.environment.as_deref();
        refuse_other_environment(said.metadata.environment.as_deref(), wanted)?;
        Ok(said.known_for_sure())
    }

    /// Returns the database as its backups see it.
    pub(super) fn subject<'a>(&'a self, known_by: &'a KnownBy) -> Subject<'a> {
        Subject {
            address: &self.address,
            known_by,
        }
    }

    fn ask(&self) -> Result<Said, BackupsError> {
        let mut database = Database::open(&self.address, Access::ReadOnly)?;
        reading(&mut database, self.caller.lock_wait, |backend, tables| {
            Ok(Said {
                metadata: history::read_metadata(backend, tables)?,
                itself: itself(&self.address, backend)?,
            })
        })
    }
}
