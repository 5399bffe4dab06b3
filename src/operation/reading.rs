//! What every verb that reads goes through: it writes nothing, and waits for whoever writes.

use std::time::Duration;

use super::OperationError;
use crate::backend::error::{BackendError, During};
use crate::backend::tables::Tables;
use crate::backend::{Backend, Database};

/// Finds the tables and reads, with so much patience for whoever writes meanwhile, or as much as the
/// engine finds right; the session is put back as it was. Where what was read does not count, it is read again: nothing may come of a reading
/// but what it returns.
pub(crate) fn reading<T, E: From<OperationError>>(
    database: &mut Database,
    patience: Option<Duration>,
    mut read: impl FnMut(&mut dyn Backend, &Tables) -> Result<T, E>,
) -> Result<T, E> {
    let read = database.read(patience, |backend| read_once(backend, patience, &mut read));
    read.map_err(OperationError::from)?
}

fn read_once<T, E: From<OperationError>>(
    backend: &mut dyn Backend,
    patience: Option<Duration>,
    read: impl FnOnce(&mut dyn Backend, &Tables) -> Result<T, E>,
) -> Result<T, E> {
    let way_back = backend.wait_for_others(patience);
    let way_back = way_back.map_err(OperationError::from)?;
    let found = tables_to_read(backend).map_err(OperationError::from);
    let read = found
        .map_err(E::from)
        .and_then(|tables| read(backend, &tables));
    let restored: Result<_, BackendError> = way_back
        .map(|query| backend.load(&query))
        .transpose()
        .during("put the session's settings back");
    let value = read?;
    restored.map_err(OperationError::from)?;
    Ok(value)
}

/// Returns the tables that there are; none where there is not even a place for them.
pub(super) fn tables_to_read(backend: &mut dyn Backend) -> Result<Tables, BackendError> {
    match backend.find_tables() {
        Err(BackendError::NoSchema { .. }) => Ok(Tables::nowhere()),
        found => found,
    }
}
