//! Creates Diesel's table and this tool's own.
//!
//! What their columns are is known to each backend's own SQL.

use super::transaction::in_transaction;
use crate::backend::Backend;
use crate::backend::error::{BackendError, DatabaseError, During};
use crate::backend::tables::Tables;

/// Creates Diesel's table and this tool's own where they are absent, in one transaction, and
/// returns where all of them are now.
pub(crate) fn create_tables(
    backend: &mut dyn Backend,
    tables: &Tables,
) -> Result<Tables, BackendError> {
    if tables.complete() {
        return Ok(tables.clone());
    }
    let actions = [
        "begin creating the history's tables",
        "commit creating the history's tables",
    ];
    in_transaction(backend, actions, |backend| {
        create_absent(backend, tables).during("create the history's tables")
    })?;
    backend.find_tables()
}

fn create_absent(backend: &mut dyn Backend, tables: &Tables) -> Result<(), DatabaseError> {
    if !tables.has_diesel {
        backend.setup_diesel()?;
    }
    let ddl = backend
        .own_tables_ddl()
        .replace("{schema}", &tables.prefix());
    backend.batch_execute(&ddl)
}
