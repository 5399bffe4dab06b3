//! What a caller may ask of made-up rows.

use crate::seed::options::OnPending;

/// The seed where nobody gives one: the same for everybody, so that rows can be talked about.
const SEED: u64 = 1;

/// For which table rows are made up, how many, and from which seed.
#[derive(Debug, Clone)]
pub struct GenerateOptions {
    pub(super) table: String,
    pub(super) rows: u64,
    pub(super) seed: u64,
    pub(in crate::seed) pending: OnPending,
}

impl GenerateOptions {
    /// Makes up so many rows of a table, `table` or `schema.table`.
    pub fn of(table: impl Into<String>, rows: u64) -> Self {
        Self {
            table: table.into(),
            rows,
            seed: SEED,
            pending: OnPending::default(),
        }
    }

    /// Makes them up from this seed: the same seed gives the same rows to the same tables.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Makes them up although migrations are pending.
    #[must_use]
    pub fn allow_pending(mut self) -> Self {
        self.pending = OnPending::GoOn;
        self
    }
}
