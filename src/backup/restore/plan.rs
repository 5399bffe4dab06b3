//! What a restore would do, before it does anything: read, and written nowhere.

use chrono::{DateTime, TimeDelta, Utc};

use super::filling::Filling;
use super::{Compared, Old, RestoreBackupError, RestoreOptions, RestoreSource, RestoreTo, TIME};
use crate::backend::address::DatabaseAddress;
use crate::backend::restore::{Fitness, Place, Tidying, is_there, kept_as, leftovers};
use crate::backup::{Backup, Backups, Catalog};
use crate::event::Leftover;

/// What a restore would do.
#[derive(Debug)]
#[non_exhaustive]
pub struct RestorePlan {
    /// The backup, or the file.
    pub source: String,
    /// What is known of it, where it has a manifest.
    pub backup: Option<Backup>,
    /// Where it would be.
    pub database: DatabaseAddress,
    /// Where the one would be that has the name now, and what would become of it.
    pub old: Option<(DatabaseAddress, Old)>,
    /// What it would be compared with.
    pub compared: Compared,
    /// Whether what it needs is there.
    pub fitness: Fitness,
    /// What killed restores left, which it would remove first.
    pub leftovers: Vec<Leftover>,
    /// Why it would be refused.
    pub refusal: Option<RestoreBackupError>,
    /// When it was made, which is in the name of the old one.
    pub at: DateTime<Utc>,
}

impl Backups {
    /// Returns what restoring would do. Nothing is made, changed or removed.
    ///
    /// # Errors
    /// Whatever would end the restore before it knew what it would do: there is no such file, it is of
    /// another engine, the name is taken, the server cannot be reached. What the backup needs and is not
    /// there is the plan's own `refusal`.
    pub fn plan_restore(
        &mut self,
        source: &RestoreSource,
        options: &RestoreOptions,
    ) -> Result<RestorePlan, RestoreBackupError> {
        let mut at = self.caller.clock.now().and_utc();
        if options.to == RestoreTo::Replace {
            at = self.free_moment(at)?;
        }
        let (place, database, old) = match &options.to {
            RestoreTo::Into(name) => (Place::Into(name), self.address.another(name), None),
            RestoreTo::Replace => (Place::Beside, self.address.clone(), self.old(options, at)?),
        };
        let leftovers = leftovers(&self.address, place, Tidying::Look)?;
        let owner = self.caller.identity.owner();
        let filling = Filling {
            address: &self.address,
            source,
            options,
            owner: &owner,
            cancellation: &self.caller.cancellation,
            observer: &mut *self.caller.observer,
        };
        let fitness = filling.prepare(place)?;
        Ok(RestorePlan {
            source: source.to_string(),
            backup: source.backup(),
            database,
            old,
            compared: source.compared(),
            refusal: source
                .refuse_part(&options.to)
                .and_then(|()| filling.passed_over(&fitness))
                .err(),
            fitness,
            leftovers,
            at,
        })
    }

    /// Returns a moment, or the first second after it, by which no database is kept yet: two may be
    /// replaced within one second.
    pub(super) fn free_moment(
        &self,
        mut at: DateTime<Utc>,
    ) -> Result<DateTime<Utc>, RestoreBackupError> {
        while is_there(&kept_as(&self.address, &at.format(TIME).to_string()))? {
            at += TimeDelta::seconds(1);
        }
        Ok(at)
    }

    /// Returns where the database would be kept that is to be replaced, if there is one.
    fn old(
        &self,
        options: &RestoreOptions,
        at: DateTime<Utc>,
    ) -> Result<Option<(DatabaseAddress, Old)>, RestoreBackupError> {
        let time = at.format(TIME).to_string();
        let kept = is_there(&self.address)?.then(|| kept_as(&self.address, &time));
        Ok(kept.map(|kept| (kept, options.old)))
    }
}

impl RestoreSource {
    /// Refuses a part of a database in the place of the whole: what is not in it would be gone.
    pub(super) fn refuse_part(&self, to: &RestoreTo) -> Result<(), RestoreBackupError> {
        match self.manifest() {
            Some(manifest) if *to == RestoreTo::Replace && !manifest.scope.is_whole() => {
                let id = manifest.id.clone();
                Err(RestoreBackupError::Part { id })
            }
            _ => Ok(()),
        }
    }

    /// Returns what is known of it, and whether its files are there.
    fn backup(&self) -> Option<Backup> {
        let Self::Backup { folder, manifest } = self else {
            return None;
        };
        let listing = Catalog::new(folder).read().ok()?;
        listing.find(manifest.id.as_str()).ok().cloned()
    }
}
