//! The last step: files that are whole get their names, and then there is a manifest.

use super::CreateError;
use super::making::Making;
use crate::backup::Manifest;
use crate::backup::artifact::{self, Artifact};

impl Making<'_, '_> {
    /// Gives each file its name, and then the manifest, without which it is no backup. What they
    /// will be is on disk before: whoever dies in between leaves nothing that nobody knows.
    pub(super) fn keep(
        &self,
        artifacts: Vec<Artifact>,
        manifest: &Manifest,
    ) -> Result<(), CreateError> {
        self.catalog.announce(manifest)?;
        let mut kept = Vec::new();
        let keep = || -> Result<(), CreateError> {
            for artifact in artifacts {
                kept.push(artifact.keep()?);
            }
            Ok(self.catalog.settle(&manifest.id)?)
        };
        keep().inspect_err(|_| {
            // What has no manifest is no backup, and would only lie there.
            for path in &kept {
                let _ = artifact::remove(path);
            }
            self.catalog.withdraw(&manifest.id);
        })
    }
}
