//! The rows of Diesel's own table, where no harness of Diesel's writes them.
//!
//! The history's own rows are in `row` and `states`.

use crate::backend::Backend;
use crate::backend::error::DatabaseError;
use crate::backend::query::Query;
use crate::backend::tables::{DIESEL_TABLE, Tables};
use crate::version::Version;

/// Writes Diesel's row of a version, where it is absent.
pub(crate) fn insert_diesel_row(
    backend: &mut dyn Backend,
    tables: &Tables,
    version: &Version,
) -> Result<(), DatabaseError> {
    let query = Query::new(format!(
        "INSERT INTO {} (version) VALUES (?) ON CONFLICT (version) DO NOTHING",
        tables.qualified(DIESEL_TABLE)
    ));
    backend.execute(&query.bind(version.as_str())).map(drop)
}

/// Removes Diesel's row of a version.
pub(crate) fn delete_diesel_row(
    backend: &mut dyn Backend,
    tables: &Tables,
    version: &Version,
) -> Result<(), DatabaseError> {
    let query = Query::new(format!(
        "DELETE FROM {} WHERE version = ?",
        tables.qualified(DIESEL_TABLE)
    ));
    backend.execute(&query.bind(version.as_str())).map(drop)
}
