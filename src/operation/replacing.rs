//! Replaces a database by one that was restored beside it: under the lock, in the right
//! environment, beneath nobody.

use super::OperationError;
use super::caller::Caller;
use super::environment::refuse_other_environment;
use super::pooler::refuse_pooler;
use super::reading::tables_to_read;
use super::scope::take;
use crate::backend::Database;
use crate::backend::address::DatabaseAddress;
use crate::backend::restore::{Restore, RestoreError};
use crate::history;

impl Caller {
    /// Gives a database's name to one that stands beside it; returns where the old one is. No table
    /// is made for that, and on a server the lock ends just before, since the server itself renames
    /// nothing that anybody is connected to, the holder of the lock included.
    pub(crate) fn replace_database<E>(
        &mut self,
        mut database: Database,
        new: Box<dyn Restore>,
        time: &str,
    ) -> Result<Option<DatabaseAddress>, E>
    where
        E: From<OperationError> + From<RestoreError>,
    {
        let second = database.address().cloned();
        let wanted = self.identity.environment.clone();
        let setup = self.setup();
        let started = setup.clock.elapsed();
        let taken = (|| {
            let backend = database.backend()?;
            refuse_pooler(backend, second.as_ref())?;
            backend.wait_at_most(setup.lock_wait)?;
            let tables = tables_to_read(backend)?;
            let lock = take(backend, &setup, &tables, started)?;
            let marked = history::read_metadata(backend, &tables)?.environment;
            refuse_other_environment(marked.as_deref(), wanted.as_deref())?;
            Ok::<_, OperationError>(lock)
        })();
        // A file's lock is no lock of the connection.
        let _lock = taken?;
        drop(database);
        Ok(new.replace(time)?)
    }
}

#[cfg(test)]
mod tests;
