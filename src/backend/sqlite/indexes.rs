//! Indexes on `SQLite` are there whole or not at all: nothing is built beside others.

use diesel::sqlite::SqliteConnection;

use crate::backend::error::DatabaseError;
use crate::backend::leftovers::{Earlier, Leftovers};
use crate::backend::{Built, ConcurrentBackend, Lock};
use crate::event::Needless;
use crate::sql::Script;

impl ConcurrentBackend for SqliteConnection {
    /// Nothing is done beside others.
    fn waits_for_all(&self, _script: &Script, _statement: usize) -> bool {
        false
    }

    /// An index is there whole or not at all.
    fn unnamed_leftovers(
        &mut self,
        _script: &Script,
        _statement: usize,
        _earlier: &Earlier,
    ) -> Result<Leftovers, DatabaseError> {
        Ok(Leftovers::default())
    }

    /// As [`ConcurrentBackend::unnamed_leftovers`].
    fn clear_way(
        &mut self,
        _script: &Script,
        _statement: usize,
        _own: &[String],
    ) -> Result<Vec<String>, DatabaseError> {
        Ok(Vec::new())
    }

    /// As [`ConcurrentBackend::unnamed_leftovers`].
    fn needless(
        &mut self,
        _script: &Script,
        _statement: usize,
        _lock: &Lock,
    ) -> Result<Option<(String, Needless)>, DatabaseError> {
        Ok(None)
    }

    /// As [`ConcurrentBackend::unnamed_leftovers`].
    fn invalid_indexes(
        &mut self,
        _script: &Script,
        _statement: usize,
        _built: Built,
    ) -> Result<Vec<String>, DatabaseError> {
        Ok(Vec::new())
    }
}
