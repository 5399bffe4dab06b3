//! What a caller may ask of a restore.

use std::num::NonZeroU32;

use crate::backend::dump::Programs;
use crate::backend::restore::Owners;

/// Where a backup is restored to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RestoreTo {
    /// A new database of this name on the same server; a new file of this path. Nothing else is
    /// touched.
    Into(String),
    /// The database itself: the old one stays under another name.
    Replace,
}

/// Where a backup is restored to, and how.
#[derive(Debug, Clone)]
pub struct RestoreOptions {
    pub(super) to: RestoreTo,
    pub(super) owners: Owners,
    pub(super) jobs: NonZeroU32,
    pub(super) programs: Programs,
}

impl RestoreOptions {
    /// Restores to there, with the owners that it had.
    pub fn to(to: RestoreTo) -> Self {
        Self {
            to,
            owners: Owners::Kept,
            jobs: NonZeroU32::MIN,
            programs: Programs::default(),
        }
    }

    /// Lets the user of the address own all of it.
    #[must_use]
    pub fn no_owner(mut self) -> Self {
        self.owners = Owners::Nobody;
        self
    }

    /// Says how many tables of an archive are restored at once.
    #[must_use]
    pub fn jobs(mut self, jobs: NonZeroU32) -> Self {
        self.jobs = jobs;
        self
    }

    /// Says where the engine's programs are.
    #[must_use]
    pub fn programs(mut self, programs: Programs) -> Self {
        self.programs = programs;
        self
    }
}
