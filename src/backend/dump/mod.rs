//! Copies of a whole database: what an engine reads, and what it counts in the same moment.
//!
//! It knows no folder of backups, no manifest and no policy: it hands over bytes and facts.

mod facts;
mod format;

/// What the name of a session ends in that shares the lock.
pub(crate) const SHARING: &str = "backup";

pub use facts::{DatabaseFacts, SequenceFact, TableFact};
pub use format::{Format, Scope};
