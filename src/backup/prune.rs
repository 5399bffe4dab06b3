//! Pruning: removes what the policy does not keep, and what dead processes left.

use std::path::PathBuf;

use super::catalog::{LockedCatalog, Unreadable};
use super::retention::{Decision, Fate, Keep, decide};
use super::{Backup, BackupId, Backups, BackupsError, CatalogError, KnownBy, Listing};
use crate::event::Event;

/// What pruning would do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PrunePlan {
    /// What becomes of each backup of the database, newest first.
    pub decisions: Vec<Decision>,
    /// What is unfinished in the folder: of a process that died, unless one is at work.
    pub leftovers: Vec<PathBuf>,
    /// Manifests that cannot be read; what they may speak of stays.
    pub unreadable: Vec<Unreadable>,
}

/// What pruning did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PruneReport {
    /// What became of each backup of the database, newest first.
    pub decisions: Vec<Decision>,
    /// What was removed.
    pub removed: Vec<BackupId>,
    /// The size on disk of what was removed, in bytes, leftovers not counted.
    pub freed_bytes: u64,
    /// What dead processes had left, and is gone.
    pub cleaned_up: Vec<PathBuf>,
    /// Manifests that cannot be read; what they may speak of stays.
    pub unreadable: Vec<Unreadable>,
}

impl Backups {
    /// Decides what becomes of each backup of the database. Writes nothing.
    ///
    /// # Errors
    /// `Catalog`, and `Backend` where the database does not say which one it is.
    pub fn plan_prune(&mut self, keep: &Keep) -> Result<PrunePlan, BackupsError> {
        let known_by = self.known_for_sure()?;
        let listing = self.catalog().read()?.of(&self.subject(&known_by));
        Ok(PrunePlan {
            decisions: self.decisions(&listing, keep),
            leftovers: listing.leftovers,
            unreadable: listing.unreadable,
        })
    }

    /// Removes the backups of the database that the policy does not keep.
    ///
    /// # Errors
    /// As [`Backups::plan_prune`]. What is removed by then is removed, and the rest is as it was.
    pub fn prune(&mut self, keep: &Keep) -> Result<PruneReport, BackupsError> {
        let known_by = self.known_for_sure()?;
        if !self.folder.exists() {
            // A link that leads to nothing is refused.
            self.catalog().read()?;
            return Ok(PruneReport::default());
        }
        let catalog = self.lock()?;
        let cleaned_up = catalog.clean_up()?;
        Ok(PruneReport {
            cleaned_up,
            ..self.prune_in(&catalog, &known_by, keep)?
        })
    }

    /// The same, for a verb that has taken the folder already and knows what is the database's.
    ///
    /// # Errors
    /// `File`; what is removed by then is removed.
    pub(super) fn prune_in(
        &mut self,
        catalog: &LockedCatalog,
        known_by: &KnownBy,
        keep: &Keep,
    ) -> Result<PruneReport, CatalogError> {
        let listing = catalog.read()?.of(&self.subject(known_by));
        let decisions = self.decisions(&listing, keep);
        let mut report = PruneReport::default();
        for backup in listing
            .backups
            .iter()
            .filter(|backup| goes(backup, &decisions))
        {
            let id = &backup.manifest.id;
            catalog.remove(backup)?;
            self.caller
                .observer
                .observe(&Event::BackupRemoved { id: id.to_string() });
            report.removed.push(id.clone());
            report.freed_bytes += backup.manifest.bytes();
        }
        Ok(PruneReport {
            decisions,
            unreadable: listing.unreadable,
            ..report
        })
    }

    fn decisions(&self, listing: &Listing, keep: &Keep) -> Vec<Decision> {
        let candidates: Vec<_> = listing.backups.iter().map(Backup::candidate).collect();
        decide(&candidates, keep, self.caller.clock.now().and_utc())
    }
}

fn goes(backup: &Backup, decisions: &[Decision]) -> bool {
    decisions
        .iter()
        .any(|decision| decision.id == backup.manifest.id && decision.fate == Fate::Remove)
}
