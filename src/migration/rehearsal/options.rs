//! What can be asked of a rehearsal.
//!
//! Pure.

use crate::migration::options::UpOptions;

/// Where the steps are run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RehearseOn {
    /// In the database itself, in one transaction that is rolled back. `SQLite`, whose one lock would
    /// keep all writers out meanwhile, is rehearsed on a copy in any case.
    #[default]
    Database,
    /// On a copy that is dropped.
    Copy,
}

/// What becomes of migrations that are functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Functions {
    /// They are left out: what one does outside of the database, nobody undoes.
    #[default]
    LeftOut,
    /// They are called.
    Called,
}

/// Whether the ways down are rehearsed, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum WaysDown {
    /// They are not.
    #[default]
    LeftOut,
    /// They are run, from the newest on, and the ways up once more.
    Run,
}

/// What `rehearse` is to do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RehearsalOptions {
    pub(crate) up: UpOptions,
    pub(crate) functions: Functions,
    pub(crate) ways_down: WaysDown,
}

impl From<UpOptions> for RehearsalOptions {
    fn from(up: UpOptions) -> Self {
        Self {
            up,
            ..Self::default()
        }
    }
}

impl RehearsalOptions {
    /// Calls the functions of migrations that are written in Rust, where they run in a transaction.
    /// What they do in the database is rolled back, and whatever else they do is done.
    #[must_use]
    pub fn with_functions(mut self) -> Self {
        self.functions = Functions::Called;
        self
    }

    /// Rolls what was applied back again, compares the schema with the one before, and applies it once
    /// more.
    #[must_use]
    pub fn with_rollback(mut self) -> Self {
        self.ways_down = WaysDown::Run;
        self
    }
}
