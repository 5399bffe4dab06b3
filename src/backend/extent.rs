//! How far a table reaches: what the engine guesses by its files, its partitions included.

use super::error::{BackendError, During as _};
use super::query::{Query, Row};
use super::{Backend, DatabaseError};

/// How far a table reaches, or an index of a partitioned one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extent {
    /// Its name, as [`TableStatistics::name`](super::TableStatistics::name) has it.
    pub name: String,
    /// Whether it is divided into partitions.
    pub division: Division,
    /// How many rows there are in it and its partitions, guessed by their files; 0 in an index.
    pub rows: i64,
    /// Their size with indexes and out-of-line values, in bytes; 0 of an index.
    pub bytes: i64,
}

/// Whether a table or an index is divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Division {
    /// It has its rows itself.
    Whole,
    /// It has them in partitions.
    Partitioned,
}

impl Extent {
    /// Asks with a query of name, whether it is partitioned (1 or 0), rows and bytes.
    #[cfg_attr(
        not(feature = "postgres"),
        expect(
            dead_code,
            reason = "a file's rows are counted, and it has no partitions"
        )
    )]
    pub(super) fn load(
        backend: &mut dyn Backend,
        query: &Query,
    ) -> Result<Vec<Self>, BackendError> {
        let rows = backend.load(query).during("ask how far the tables reach")?;
        let extent = |row: &Row| {
            Ok(Self {
                name: row.text(0)?,
                division: match row.integer(1)? {
                    0 => Division::Whole,
                    _ => Division::Partitioned,
                },
                rows: row.integer(2)?,
                bytes: row.integer(3)?,
            })
        };
        let extents: Result<_, DatabaseError> = rows.iter().map(extent).collect();
        extents.during("read how far the tables reach")
    }
}
