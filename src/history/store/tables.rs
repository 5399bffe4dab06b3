//! Creates Diesel's table and this tool's own, and completes a history that an older version made.
//!
//! What their columns are is known to each backend's own SQL.

use super::transaction::in_transaction;
use crate::backend::Backend;
use crate::backend::error::{BackendError, DatabaseError, During};
use crate::backend::tables::Tables;

/// Creates Diesel's table and this tool's own where they are absent, and columns that the history of
/// an older version lacks, in one transaction, and returns where all of them are now.
///
/// Such a column may be NULL, and each statement names the columns that it writes: an older version
/// goes on beside it, so that the layout keeps its number.
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
    let in_schema = |ddl: &str| ddl.replace("{schema}", &tables.prefix());
    if tables.has_history && !tables.has_backup_column {
        let ddl = in_schema(backend.complete_history_ddl());
        backend.batch_execute(&ddl)?;
    }
    if tables.has_history && !tables.has_lock_columns {
        let ddl = in_schema(backend.lock_columns_ddl());
        backend.batch_execute(&ddl)?;
    }
    let ddl = in_schema(backend.own_tables_ddl());
    backend.batch_execute(&ddl)
}
