//! The newer backups that are no good, where the newest good one is meant: it is an older state than
//! somebody expects who does not name it.

use super::{Ahead, RestoreBackupError, RestoreSource, RestoreTo};
use crate::backup::catalog::Unreadable;
use crate::backup::health::NoGood;
use crate::backup::{Backup, BackupId, Listing};
use crate::version::Version;

/// Returns those of the whole database that are newer than the chosen one, newest first; where it was to
/// be from before a migration, those that may be as well.
pub(super) fn passed_over(
    listing: &Listing,
    chosen: &Backup,
    before: Option<&Version>,
) -> Vec<NoGood> {
    let chosen = &chosen.manifest.id;
    let is_before =
        |backup: &&Backup| before.is_none_or(|it| backup.manifest.migrations.is_before(it));
    let newer = listing
        .backups
        .iter()
        .take_while(|backup| backup.manifest.id != *chosen);
    let failed = newer
        .filter(|backup| backup.is_whole() && !backup.is_good_and_whole())
        .filter(is_before)
        .map(NoGood::of);
    let unread = listing.unreadable.iter().filter_map(unread);
    let unread = unread.filter(|found| {
        let may_be_before = before.is_none_or(|it| found.id.head().is_none_or(|head| head < *it));
        found.id.is_after(chosen) && may_be_before
    });
    let mut found: Vec<NoGood> = failed.chain(unread).collect();
    found.sort_by(|a, b| b.id.cmp(&a.id));
    found
}

/// Returns the backup whose manifest cannot be read.
fn unread(found: &Unreadable) -> Option<NoGood> {
    let name = found.path.file_name()?.to_str()?;
    let (id, _) = BackupId::split(name)?;
    let fault = format!("its manifest cannot be read: {}", found.message);
    Some(NoGood {
        id,
        faults: vec![fault],
    })
}

impl RestoreSource {
    /// Returns the newer backups that are no good and were passed over, newest first; none where a
    /// backup was named.
    pub fn passed_over(&self) -> &[NoGood] {
        match self {
            Self::Backup { passed_over, .. } => passed_over,
            Self::File(_) => &[],
        }
    }

    /// Returns that it is from the future, where it was not named and another may be meant.
    pub fn ahead(&self) -> Option<&Ahead> {
        match self {
            Self::Backup { ahead, .. } => ahead.as_ref(),
            Self::File(_) => None,
        }
    }

    /// Refuses an older state in the place of the database than the newest that was backed up, where
    /// nobody named it.
    pub(super) fn refuse_older(&self, to: &RestoreTo) -> Result<(), RestoreBackupError> {
        if *to == RestoreTo::Replace
            && let Some(ahead) = self.ahead()
        {
            return Err(RestoreBackupError::FromFuture(ahead.clone()));
        }
        match self {
            Self::Backup {
                manifest,
                passed_over,
                ..
            } if *to == RestoreTo::Replace && !passed_over.is_empty() => {
                Err(RestoreBackupError::NewerNoGood {
                    id: manifest.id.clone(),
                    newer: passed_over.clone(),
                })
            }
            _ => Ok(()),
        }
    }
}
