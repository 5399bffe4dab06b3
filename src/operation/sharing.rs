//! The lock as a backup takes it: beside other readers, and never beside whoever writes, nor beside
//! another backup of the same database. The backup that a run has made before it changes anything
//! goes beneath the run's own.
//!
//! Nothing is made or written for it: a role that only reads is enough, and so is a replica.

use std::time::Duration;

use super::OperationError;
use super::caller::{Caller, Identity};
use super::environment::refuse_other_environment;
use super::pooler::refuse_pooler;
use super::reading::{reading, tables_to_read};
use super::safety_copy::LockHeld;
use super::scope::{RunSetup, restore, take, take_among_backups, waited};
use crate::backend::dump::SHARING;
use crate::backend::error::BackendError;
use crate::backend::{Backend, Database, Lock, LockMode, Session};
use crate::history::{self, Metadata};

/// What a verb has while nobody writes.
pub(crate) struct Sharing<'a, 's> {
    pub(crate) setup: &'a RunSetup<'s>,
    pub(crate) identity: &'a Identity,
}

impl Caller {
    /// Runs something that only reads, while nobody writes under the lock, nor makes a backup, and in
    /// the right environment. It opens connections of its own: this one holds the lock, and that it still
    /// does is proved at the end.
    pub(crate) fn under_shared_lock<T, E: From<OperationError>>(
        &mut self,
        database: &mut Database,
        run: impl FnOnce(Sharing<'_, '_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let identity = &self.identity.clone();
        let setup = &RunSetup {
            owner: format!("{} {SHARING}", identity.owner()),
            mode: LockMode::Shared,
            ..self.setup()
        };
        let started = setup.clock.elapsed();
        let session = begin(database, setup).map_err(OperationError::from)?;
        let ran = with_session(database, (setup, started), identity, run);
        let backend = database.backend();
        let restored = backend.and_then(|backend| restore(backend, &session));
        let value = ran?;
        restored.map_err(OperationError::from)?;
        Ok(value)
    }
}

impl Caller {
    /// Runs something that only reads beneath the lock of a run that waits for it, and in the right
    /// environment. No lock is taken: it would be waited for until the run ends.
    pub(crate) fn beneath_held_lock<T, E: From<OperationError>>(
        &mut self,
        database: &mut Database,
        _held: &LockHeld<'_>,
        run: impl FnOnce(Sharing<'_, '_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let identity = &self.identity.clone();
        let setup = &RunSetup {
            owner: format!("{} {SHARING}", identity.owner()),
            ..self.setup()
        };
        in_environment(database, setup, identity)?;
        run(Sharing { setup, identity })
    }
}

fn begin(database: &mut Database, setup: &RunSetup<'_>) -> Result<Session, BackendError> {
    let second = database.address().cloned();
    database.renew()?;
    let backend = database.backend_within(setup.lock_wait)?;
    refuse_pooler(backend, second.as_ref())?;
    backend.open_session(&setup.owner)
}

fn with_session<T, E: From<OperationError>>(
    database: &mut Database,
    (setup, started): (&RunSetup<'_>, Duration),
    identity: &Identity,
    run: impl FnOnce(Sharing<'_, '_>) -> Result<T, E>,
) -> Result<T, E> {
    let left = |setup: &RunSetup<'_>| setup.lock_wait.saturating_sub(waited(setup, started));
    let tables = database
        .read(Some(left(setup)), tables_to_read)
        .map_err(OperationError::from)?;
    let tables = tables.map_err(OperationError::from)?;
    // This one first: who waits for another backup keeps nobody from migrating meanwhile.
    let take_first =
        |backend: &mut dyn Backend| take_among_backups(backend, setup, &tables, started);
    under(database, (take_first, left(setup)), |database| {
        let take = |backend: &mut dyn Backend| take(backend, setup, &tables, started);
        under(database, (take, left(setup)), |database| {
            in_environment(database, setup, identity)?;
            run(Sharing { setup, identity })
        })
    })
}

/// Takes a lock, waiting so long for whoever keeps readers out of a file, runs, and gives it back.
fn under<T, E: From<OperationError>>(
    database: &mut Database,
    (take, patience): (
        impl FnOnce(&mut dyn Backend) -> Result<Lock, BackendError>,
        Duration,
    ),
    run: impl FnOnce(&mut Database) -> Result<T, E>,
) -> Result<T, E> {
    let lock = database.backend_within(patience).and_then(take);
    let lock = lock.map_err(OperationError::from)?;
    let ran = run(database);
    let unlocked = database.backend().and_then(|backend| backend.unlock(lock));
    let value = ran?;
    unlocked.map_err(OperationError::from)?;
    Ok(value)
}

/// Refuses a database of another environment; one that has no mark gets none.
fn in_environment(
    database: &mut Database,
    setup: &RunSetup<'_>,
    identity: &Identity,
) -> Result<(), OperationError> {
    let metadata: Metadata = reading(
        database,
        Some(setup.lock_wait),
        |backend: &mut dyn Backend, tables| {
            history::read_metadata(backend, tables).map_err(OperationError::from)
        },
    )?;
    let wanted = identity.environment.as_deref();
    refuse_other_environment(metadata.environment.as_deref(), wanted)?;
    Ok(())
}

#[cfg(test)]
mod tests;
