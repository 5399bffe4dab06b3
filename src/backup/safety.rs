//! The backup that a run has made before it changes anything: of the whole database, beneath the
//! run's own lock, and verified.
//!
//! When it is made, and what it is good for afterwards, is for the run to know.

use super::create::LockOf;
use super::retention::Keep;
use super::{Backups, CreateError, CreateOptions, with_causes};
use crate::operation::{LockHeld, SafetyCopy, SafetyCopyError};

/// Makes a backup before a run, as [`crate::Migrator::with_safety_copy`] asks for.
#[derive(Debug)]
pub struct SafetyBackup {
    backups: Backups,
    options: CreateOptions,
    keep: Keep,
    warnings: Vec<String>,
}

impl SafetyBackup {
    /// Makes backups in this way before runs, of the whole database in any case, and then removes
    /// what the policy does not keep. What is not to be verified at once has its files read again.
    pub fn new(backups: Backups, options: CreateOptions, keep: Keep) -> Self {
        Self {
            backups,
            options: options.verified_and_whole(),
            keep,
            warnings: Vec::new(),
        }
    }
}

impl SafetyCopy for SafetyBackup {
    fn make(&mut self, held: &LockHeld<'_>) -> Result<String, SafetyCopyError> {
        let lock = LockOf::TheRun(held);
        let made = self.backups.create_beneath(lock, &self.options, &self.keep);
        self.warnings.clear();
        match made {
            Ok(report) => Ok(report.manifest.id.to_string()),
            // It stands, and that others stay too is no danger to what is about to run.
            Err(CreateError::Prune { id, source }) => {
                let name = id.to_string();
                let error = CreateError::Prune { id, source };
                self.warnings.push(with_causes(&error));
                Ok(name)
            }
            Err(error) => {
                let hint = error.hint();
                Err(SafetyCopyError::new(error, hint))
            }
        }
    }

    fn warnings(&self) -> Vec<String> {
        self.warnings.clone()
    }
}
