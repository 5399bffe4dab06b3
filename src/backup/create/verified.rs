//! A new backup is verified before the policy may remove one for it.

use super::{CreateError, Verification};
use crate::backup::catalog::LockedCatalog;
use crate::backup::{Backups, Manifest, RestoreSource, Verdict};

impl Backups {
    /// Verifies a new backup as it was asked for, and writes the verdict into its manifest.
    ///
    /// # Errors
    /// `NotVerified` and `NotRestored` where nothing can be said of it, and `Bad`. It stands in
    /// either case.
    pub(super) fn verify_new(
        &mut self,
        catalog: &LockedCatalog,
        manifest: &mut Manifest,
        verification: &Verification,
    ) -> Result<(), CreateError> {
        let Some(verdict) = self.verdict_on_new(manifest, verification)? else {
            return Ok(());
        };
        manifest.verdicts.push(verdict.clone());
        let recorded = catalog.write(manifest);
        let id = manifest.id.clone();
        if !verdict.passed() {
            let findings = verdict.findings;
            return Err(CreateError::Bad { id, findings });
        }
        recorded.map_err(|error| CreateError::NotVerified {
            id,
            source: error.into(),
        })
    }

    fn verdict_on_new(
        &mut self,
        manifest: &Manifest,
        verification: &Verification,
    ) -> Result<Option<Verdict>, CreateError> {
        let id = || manifest.id.clone();
        match verification {
            Verification::Later => Ok(None),
            Verification::Files => match self.verdict_on_files(manifest) {
                Ok(verdict) => Ok(Some(verdict)),
                Err(source) => Err(CreateError::NotVerified { id: id(), source }),
            },
            Verification::Restore(options) => {
                let source = RestoreSource::Backup {
                    folder: self.folder.clone(),
                    manifest: Box::new(manifest.clone()),
                    passed_over: Vec::new(),
                    ahead: None,
                };
                match self.verdict_on_restoring(&source, options) {
                    Ok(verdict) => Ok(Some(verdict)),
                    Err(error) => Err(CreateError::NotRestored {
                        id: id(),
                        source: Box::new(error),
                    }),
                }
            }
        }
    }
}
