//! Pinning: a backup that stays whatever the policy says.

use super::folder::AtWork;
use super::{BackupFolder, BackupId, Backups, BackupsError, Manifest};

/// Whether a backup stays whatever the policy says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pin {
    /// It stays.
    Keep,
    /// The policy decides.
    Release,
}

/// What pinning did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pinned {
    /// It changed the manifest.
    Changed,
    /// It was so already.
    Already,
}

impl Backups {
    /// Pins a backup, or releases it. It may be one of another database of the same folder.
    ///
    /// # Errors
    /// `Catalog`; the manifest is as it was.
    pub fn pin(&mut self, id: &BackupId, pin: Pin) -> Result<Pinned, BackupsError> {
        self.at_work().pin(id, pin)
    }
}

impl BackupFolder {
    /// Pins a backup, or releases it, as [`Backups::pin`] does.
    ///
    /// # Errors
    /// As [`Backups::pin`].
    pub fn pin(&mut self, id: &BackupId, pin: Pin) -> Result<Pinned, BackupsError> {
        self.at_work().pin(id, pin)
    }
}

impl AtWork<'_> {
    fn pin(&mut self, id: &BackupId, pin: Pin) -> Result<Pinned, BackupsError> {
        let catalog = self.lock()?;
        let listing = catalog.read()?;
        let found = &listing.find(id.as_str())?.manifest;
        let pinned = pin == Pin::Keep;
        if found.pinned == pinned {
            return Ok(Pinned::Already);
        }
        catalog.write(&Manifest {
            pinned,
            ..found.clone()
        })?;
        Ok(Pinned::Changed)
    }
}
