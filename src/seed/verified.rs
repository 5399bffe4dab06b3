//! What a second run of the seeds changed, as values.

use serde::Serialize;

use super::failure::SeedFailure;

/// What a second run of the seeds changed; nothing is what it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct VerifyReport {
    /// The environment.
    pub environment: String,
    /// The seeds that ran twice, in order.
    pub twice: Vec<String>,
    /// Those that ran once, as they say they do.
    pub once: Vec<String>,
    /// How many tables were compared.
    pub tables: usize,
    /// The tables that the second run changed, by name.
    pub changes: Vec<TableChange>,
    /// The seeds that failed when they ran again.
    pub failures: Vec<SeedFailure>,
}

impl VerifyReport {
    /// Returns whether the second run changed nothing.
    pub fn is_clean(&self) -> bool {
        self.changes.is_empty() && self.failures.is_empty()
    }
}

/// A table that a second run changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TableChange {
    /// The table, with its schema where it needs one.
    pub table: String,
    /// Rows that came.
    pub inserted: u64,
    /// Rows that became others, known by their primary keys.
    pub updated: u64,
    /// Rows that went.
    pub deleted: u64,
    /// The primary keys of the first few of them.
    pub keys: Vec<String>,
    /// The seeds that changed it; where several share a transaction, all of these.
    pub seeds: Vec<String>,
}
