//! Verifying: a backup's files are read again, and what came of it is written into its manifest.

mod files;
mod restored;

pub(super) use files::findings;

use super::folder::AtWork;
use super::pass::Watch;
use super::{BackupId, Backups, BackupsError, CatalogError, Check, Manifest, Verdict};
use crate::clock::whole_ms;
use crate::event::Event;
use crate::operation::Caller;

/// What verifying found.
#[derive(Debug)]
pub struct Verified {
    /// The backup.
    pub id: BackupId,
    /// What was checked, and what came of it.
    pub verdict: Verdict,
    /// Whether the verdict stands in the manifest: a folder may be one that nobody writes to.
    pub recorded: Result<(), CatalogError>,
}

impl Backups {
    /// Reads every file of a backup again, and compares it with its manifest and with itself: size,
    /// SHA-256, every byte of the gzip data, and the mark at the end of the contents. It may be one
    /// of another database of the same folder. Others may change the folder meanwhile.
    ///
    /// What is wrong is the verdict, not an error.
    ///
    /// # Errors
    /// `Catalog` where there is no such backup, or a file of it is there and may not be read;
    /// `Interrupted`. Then there is no verdict.
    pub fn verify(&mut self, id: &BackupId) -> Result<Verified, BackupsError> {
        self.at_work().verify(id)
    }

    /// Reads every file of a backup again, and writes nothing.
    ///
    /// # Errors
    /// As [`Backups::verify`].
    pub(super) fn verdict_on_files(
        &mut self,
        manifest: &Manifest,
    ) -> Result<Verdict, BackupsError> {
        self.at_work().verdict_on_files(manifest)
    }

    /// Writes a verdict into the manifest as it is by now: it may have been pinned meanwhile.
    pub(super) fn record(&mut self, id: &BackupId, verdict: &Verdict) -> Result<(), CatalogError> {
        self.at_work().record(id, verdict)
    }
}

impl AtWork<'_> {
    /// As [`Backups::verify`].
    pub(super) fn verify(&mut self, id: &BackupId) -> Result<Verified, BackupsError> {
        let listing = self.catalog().read()?;
        let manifest = &listing.find(id.as_str())?.manifest;
        let verdict = self.verdict_on_files(manifest)?;
        let recorded = self.record(&manifest.id, &verdict);
        Ok(Verified {
            id: manifest.id.clone(),
            verdict,
            recorded,
        })
    }

    fn verdict_on_files(&mut self, manifest: &Manifest) -> Result<Verdict, BackupsError> {
        let started = self.caller.clock.elapsed();
        let findings = self.read_again(manifest)?;
        let took = self.caller.clock.elapsed().saturating_sub(started);
        self.caller.observer.observe(&Event::RestoreFinished {
            id: manifest.id.to_string(),
            duration: took,
        });
        Ok(Verdict {
            check: Check::Files,
            at: self.caller.clock.now().and_utc(),
            duration_ms: whole_ms(took),
            findings,
        })
    }

    fn read_again(&mut self, manifest: &Manifest) -> Result<Vec<String>, BackupsError> {
        let Caller {
            observer,
            cancellation,
            ..
        } = &mut *self.caller;
        let id = manifest.id.to_string();
        observer.observe(&Event::RestoreStarted {
            id: id.clone(),
            bytes: manifest.bytes(),
        });
        let mut watch = Watch {
            cancellation,
            progress: &mut |bytes| {
                observer.observe(&Event::RestoreProgressed {
                    id: id.clone(),
                    bytes,
                });
            },
        };
        let findings = files::findings(self.folder, &manifest.parts, &mut watch)?;
        findings.ok_or_else(|| BackupsError::Interrupted {
            id: manifest.id.clone(),
        })
    }

    fn record(&mut self, id: &BackupId, verdict: &Verdict) -> Result<(), CatalogError> {
        let catalog = self.lock()?;
        let mut manifest = catalog.read()?.find(id.as_str())?.manifest.clone();
        manifest.verdicts.push(verdict.clone());
        catalog.write(&manifest)
    }
}

#[cfg(test)]
mod tests;
