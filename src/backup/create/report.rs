//! What making a backup did.

use std::path::PathBuf;

use crate::backup::{Manifest, PruneReport};

/// What making a backup did.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CreateReport {
    /// The backup.
    pub manifest: Manifest,
    /// What the policy removed afterwards.
    pub pruned: PruneReport,
    /// What dead processes had left, and is gone.
    pub cleaned_up: Vec<PathBuf>,
}
