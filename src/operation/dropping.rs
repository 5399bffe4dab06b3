//! Drops the database itself: under the lock, in the right environment, beneath nobody.

use super::OperationError;
use super::caller::Caller;
use super::environment::refuse_other_environment;
use super::pooler::refuse_pooler;
use super::reading::tables_to_read;
use super::scope::{take, wait_on};
use crate::backend::{Database, OtherSessions};
use crate::history;

impl Caller {
    /// Drops a database with all that is in it. No table is made for that, and on a server the lock
    /// ends before the drop, which the server itself refuses as long as anybody is connected, unless
    /// it is to end their sessions.
    pub(crate) fn drop_database(
        &mut self,
        mut database: Database,
        others: OtherSessions,
    ) -> Result<(), OperationError> {
        let second = database.address().cloned();
        let wanted = self.identity.environment.clone();
        let setup = self.setup();
        let started = setup.clock.elapsed();
        database.renew()?;
        let backend = database.backend()?;
        refuse_pooler(backend, second.as_ref())?;
        backend.wait_at_most(setup.lock_wait)?;
        let tables = tables_to_read(backend)?;
        let _lock = take(backend, &setup, &tables, started)?;
        let marked = history::read_metadata(backend, &tables)?.environment;
        refuse_other_environment(marked.as_deref(), wanted.as_deref())?;
        Ok(database.drop_whole(others, &mut |error| wait_on(&setup, started, error))?)
    }
}
