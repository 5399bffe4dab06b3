//! What a caller may ask of a seeding.

use crate::migration::TransactionMode;

/// Which of a set's seeds run, and how.
#[derive(Debug, Clone, Default)]
pub struct SeedOptions {
    pub(crate) unchanged: OnUnchanged,
    pub(crate) only: Vec<String>,
    pub(crate) pending: OnPending,
    pub(crate) transaction: TransactionMode,
}

/// What becomes of seeds whose files did not change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum OnUnchanged {
    #[default]
    Skip,
    RunAgain,
}

/// What becomes of a seeding while migrations are pending.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum OnPending {
    #[default]
    Refuse,
    GoOn,
}

impl SeedOptions {
    /// Runs seeds whose files did not change, too. One that says `-- seed: once` runs again only
    /// where it is [named](Self::only) besides.
    #[must_use]
    pub fn force(mut self) -> Self {
        self.unchanged = OnUnchanged::RunAgain;
        self
    }

    /// Runs these alone, each named as its file with or without folder and extension; none: all.
    #[must_use]
    pub fn only(mut self, names: impl IntoIterator<Item = String>) -> Self {
        self.only = names.into_iter().collect();
        self
    }

    /// Runs them although migrations are pending.
    #[must_use]
    pub fn allow_pending(mut self) -> Self {
        self.pending = OnPending::GoOn;
        self
    }

    /// Says how the run is divided: a transaction for each seed, or one for all.
    #[must_use]
    pub fn in_transactions(mut self, transaction: TransactionMode) -> Self {
        self.transaction = transaction;
        self
    }
}
