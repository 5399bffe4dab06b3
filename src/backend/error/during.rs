//! What was being done when the database refused a statement of this tool's own.

use super::{BackendError, DatabaseError, ReadingLack};
use crate::backend::Backend;
use crate::backend::tables::{Tables, quote_identifier};

/// Returns the error of a statement of this tool's own, or what a pooler has made of it.
fn of_query(action: &'static str, source: DatabaseError) -> BackendError {
    if source.is_of_pooler() {
        BackendError::PooledTransactions
    } else {
        BackendError::Query { action, source }
    }
}

/// Gives a database's error the action that it interrupted.
pub(crate) trait During<T> {
    /// Returns the value, or the error with what was being done, to follow "failed to".
    fn during(self, action: &'static str) -> Result<T, BackendError>;

    /// Returns the value, or the error with what was being done with these tables, to follow
    /// "failed to": who may not read one of them is told of all at once, and whose rights counted.
    fn reading(
        self,
        action: &'static str,
        backend: &mut dyn Backend,
        tables: &Tables,
    ) -> Result<T, BackendError>;
}

impl<T> During<T> for Result<T, DatabaseError> {
    fn during(self, action: &'static str) -> Result<T, BackendError> {
        self.map_err(|source| of_query(action, source))
    }

    fn reading(
        self,
        action: &'static str,
        backend: &mut dyn Backend,
        tables: &Tables,
    ) -> Result<T, BackendError> {
        self.map_err(|source| {
            if !source.message.starts_with("permission denied for ") {
                return of_query(action, source);
            }
            let right = format!("SELECT ON TABLE {}", tables.existing().join(", "));
            let lack = Box::new(ReadingLack {
                right,
                role: role_of(backend),
                of_run: Vec::new(),
            });
            BackendError::MayNotRead {
                action,
                lack,
                source,
            }
        })
    }
}

/// Returns whose rights count, as it is written in SQL. In a transaction that has failed nobody can ask.
fn role_of(backend: &mut dyn Backend) -> Option<String> {
    let user = backend.current_user().ok().flatten();
    user.map(|user| quote_identifier(&user))
}
