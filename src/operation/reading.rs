//! What every verb that reads goes through: it writes nothing, and waits for whoever writes.

use super::OperationError;
use crate::backend::error::{BackendError, During};
use crate::backend::tables::Tables;
use crate::backend::{Backend, Database};

/// Finds the tables and reads, with patience for whoever writes meanwhile; the session is put back
/// as it was.
pub(crate) fn reading<T, E: From<OperationError>>(
    database: &mut Database,
    read: impl FnOnce(&mut dyn Backend, &Tables) -> Result<T, E>,
) -> Result<T, E> {
    let backend = database.backend();
    let way_back = backend.wait_for_others().map_err(OperationError::from)?;
    let found = backend.find_tables().map_err(OperationError::from);
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
