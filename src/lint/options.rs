//! How much each rule weighs, and from which size on a table is big.

use std::collections::BTreeMap;

use super::catalog::{self, UnknownRule};
use crate::backend::lint::Level;

/// The rows from which on a table is big, where nobody says.
const BIG_ROWS: i64 = 100_000;
/// The bytes from which on a table is big, where nobody says: 100 MiB.
const BIG_BYTES: i64 = 100 * 1024 * 1024;

/// What a user says of the rules.
#[derive(Debug, Clone)]
pub struct Options {
    levels: BTreeMap<String, Level>,
    /// The rows from which on a table is big.
    pub(super) big_rows: i64,
    /// The bytes, indexes included, from which on a table is big.
    pub(super) big_bytes: i64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            levels: BTreeMap::new(),
            big_rows: BIG_ROWS,
            big_bytes: BIG_BYTES,
        }
    }
}

impl Options {
    /// Gives a rule another level than its own.
    ///
    /// # Errors
    /// `UnknownRule` where there is no such rule.
    pub fn weigh(&mut self, name: &str, level: Level) -> Result<(), UnknownRule> {
        let rule = catalog::rule(name)?;
        self.levels.insert(rule.name.to_owned(), level);
        Ok(())
    }

    /// Says from how many rows on, or how many bytes with indexes, a table is big.
    #[must_use]
    pub fn with_big_table(mut self, rows: Option<i64>, bytes: Option<i64>) -> Self {
        self.big_rows = rows.unwrap_or(self.big_rows);
        self.big_bytes = bytes.unwrap_or(self.big_bytes);
        self
    }

    /// Returns how much a rule weighs, its own level being this one.
    pub fn level(&self, name: &str, own: Level) -> Level {
        self.levels.get(name).copied().unwrap_or(own)
    }
}
