//! What went wrong with rows that go by their numbers: where they stand in the file is only looked
//! for once one of them is to blame.

use super::LoadError;
use crate::backend::error::DatabaseError;

/// Why rows could not be brought in.
#[derive(Debug)]
pub(super) enum Fault {
    /// Nothing is to be looked for.
    Told(LoadError),
    /// One row is to blame.
    Row(Culprit),
    /// Two rows have the same key.
    Duplicate {
        /// The rows' numbers, 1-based and ascending.
        numbers: (u64, u64),
        /// The key's values, as `column=value, …`.
        key: String,
    },
}

/// A row that is to blame.
#[derive(Debug)]
pub(super) struct Culprit {
    /// Which row of the file it is, 1-based.
    pub(super) number: u64,
    /// The column, where it is known.
    pub(super) column: Option<String>,
    /// The value in it, as the file has it.
    pub(super) value: Option<String>,
    /// What the database said.
    pub(super) error: DatabaseError,
}

impl<E: Into<LoadError>> From<E> for Fault {
    fn from(error: E) -> Self {
        Self::Told(error.into())
    }
}
