//! What other tables of `SQLite` lose with the rows of one.

use diesel::sqlite::SqliteConnection;

use crate::backend::Backend;
use crate::backend::error::{BackendError, DatabaseError};
use crate::backend::query::Query;
use crate::backend::rows::{AlongWith, ForeignKeyChecks, Removal, TableShape, read_along};

/// The schema of the file itself.
pub(super) const MAIN: &str = "main";

/// A table that is dropped deletes its rows first, where foreign keys are checked, and so does what
/// its references say (<https://www.sqlite.org/foreignkeys.html#fk_schemacommands>).
pub(super) fn with(
    connection: &mut SqliteConnection,
    table: &TableShape,
    removal: Removal,
    checks: ForeignKeyChecks,
) -> Result<Vec<AlongWith>, DatabaseError> {
    let checked = connection
        .checks_foreign_keys()
        .map_err(|error| match error {
            BackendError::Query { source, .. } => source,
            other => DatabaseError::from_message(other.to_string()),
        })?;
    if checks == ForeignKeyChecks::Off || !checked {
        return Ok(Vec::new());
    }
    let schema = table.name.schema.clone().unwrap_or_else(|| MAIN.to_owned());
    let query = Query::new(include_str!("../sql/along_with.sql"))
        .bind(schema)
        .bind(table.name.name.as_str());
    read_along(&connection.load(&query)?, removal)
}
