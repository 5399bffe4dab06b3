//! Creates Diesel's table and this tool's own.

use crate::backend::Backend;
use crate::backend::error::{BackendError, DatabaseError, During};
use crate::backend::tables::Tables;

/// Creates Diesel's table and this tool's own where they are absent, in one transaction.
pub(crate) fn create_tables(
    backend: &mut dyn Backend,
    tables: &Tables,
) -> Result<Tables, BackendError> {
    if tables.complete() {
        return Ok(tables.clone());
    }
    backend
        .begin()
        .during("begin creating the history's tables")?;
    match create_absent(backend, tables) {
        Ok(()) => {
            backend
                .commit()
                .during("commit creating the history's tables")?;
            backend.find_tables()
        }
        Err(error) => {
            // The first error is the one worth telling.
            let _ = backend.rollback();
            Err(error).during("create the history's tables")
        }
    }
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
