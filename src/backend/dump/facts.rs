//! What is counted in the moment of a copy, to be compared with a restored one.
//!
//! Pure: values and their JSON.

use serde::{Deserialize, Serialize};

/// What was counted in the moment of the backup.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DatabaseFacts {
    /// Its tables, by name.
    pub tables: Vec<TableFact>,
    /// Its sequences, by name.
    pub sequences: Vec<SequenceFact>,
    /// The extensions that it needs, as `name version`, by name.
    pub extensions: Vec<String>,
    /// The roles that own something in it or were granted something, by name.
    pub roles: Vec<String>,
}

/// What a table held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableFact {
    /// Its name, quoted and qualified as the engine does it.
    pub name: String,
    /// Its rows, counted exactly.
    pub rows: u64,
    /// A text that is another where any row is, whatever their order; where it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_hash: Option<String>,
}

/// Where a sequence stood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SequenceFact {
    /// Its name, quoted and qualified.
    pub name: String,
    /// The last value, given out or to be given out next.
    pub last_value: i64,
    /// Whether it was given out.
    pub is_called: bool,
}
