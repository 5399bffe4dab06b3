//! Which backup is meant by what was typed.

use super::{Backup, CatalogError, Listing, names};
use crate::backup::BackupId;

/// What stands for the newest good backup.
const LATEST: &str = "latest";
/// How many names are offered in place of one that is unknown.
const OFFERED: usize = 3;
/// How like a name has to be, from 0 to 1.
const LIKE: f32 = 0.6;

impl Listing {
    /// Returns the backup that is meant by its name, by a beginning that no other has, or by
    /// `latest`, which is the newest good one of a whole database.
    ///
    /// # Errors
    /// `NoneGood`, `Ambiguous`, `Unknown` with the names most like it, and `Unreadable` where the
    /// manifest of what is meant cannot be read.
    pub fn find(&self, wanted: &str) -> Result<&Backup, CatalogError> {
        if wanted == LATEST {
            return self.latest_good().ok_or_else(|| CatalogError::NoneGood {
                folder: self.folder.clone(),
                others: self.others.clone(),
            });
        }
        let named = |backup: &&Backup| backup.manifest.id.as_str() == wanted;
        if let Some(backup) = self.backups.iter().find(named) {
            return Ok(backup);
        }
        self.refuse_unreadable(wanted)?;
        let begins = |backup: &&Backup| backup.manifest.id.as_str().starts_with(wanted);
        let matching: Vec<&Backup> = self.backups.iter().filter(begins).collect();
        match matching.as_slice() {
            [] => Err(self.unknown(wanted)),
            [one] => Ok(one),
            several => Err(CatalogError::Ambiguous {
                wanted: wanted.to_owned(),
                matching: ids(several),
            }),
        }
    }

    /// Returns the newest good backup of a whole database.
    pub fn latest_good(&self) -> Option<&Backup> {
        self.backups
            .iter()
            .find(|backup| backup.is_good_and_whole())
    }

    pub(in crate::backup) fn refuse_unreadable(&self, wanted: &str) -> Result<(), CatalogError> {
        let manifest = self.folder.join(format!("{wanted}{}", names::MANIFEST));
        let found = self.unreadable.iter().find(|found| found.path == manifest);
        found.map_or(Ok(()), |found| {
            Err(CatalogError::Unreadable {
                path: found.path.clone(),
                message: found.message.clone(),
                fault: found.fault,
            })
        })
    }

    fn unknown(&self, wanted: &str) -> CatalogError {
        let likeness = |backup: &Backup| {
            let id = backup.manifest.id.as_str();
            similar::TextDiff::from_chars(wanted, id).ratio()
        };
        let likely = self.backups.iter().map(|backup| (likeness(backup), backup));
        let mut likely: Vec<(f32, &Backup)> =
            likely.filter(|(likeness, _)| *likeness >= LIKE).collect();
        likely.sort_by(|a, b| b.0.total_cmp(&a.0));
        let near: Vec<&Backup> = likely.iter().take(OFFERED).map(|(_, near)| *near).collect();
        CatalogError::Unknown {
            wanted: wanted.to_owned(),
            folder: self.folder.clone(),
            near: ids(&near),
        }
    }
}

fn ids(backups: &[&Backup]) -> Vec<BackupId> {
    let ids = backups.iter().map(|backup| backup.manifest.id.clone());
    ids.collect()
}
