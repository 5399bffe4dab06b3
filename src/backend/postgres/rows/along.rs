//! What other tables of `PostgreSQL` lose with the rows of one.

use diesel::pg::PgConnection;

use crate::backend::Backend;
use crate::backend::error::DatabaseError;
use crate::backend::query::Query;
use crate::backend::rows::{AlongWith, ForeignKeyChecks, Removal, TableShape, read_along};

/// A table that is dropped takes constraints along, and no rows
/// (<https://www.postgresql.org/docs/current/sql-droptable.html>).
pub(super) fn with(
    connection: &mut PgConnection,
    table: &TableShape,
    removal: Removal,
    _checks: ForeignKeyChecks,
) -> Result<Vec<AlongWith>, DatabaseError> {
    if removal == Removal::Drop {
        return Ok(Vec::new());
    }
    let query = Query::new(include_str!("../sql/along_with.sql"))
        .bind(table.name.quoted())
        .bind(removal == Removal::Truncate);
    read_along(&connection.load(&query)?, removal)
}

pub(super) fn home_schema(connection: &mut PgConnection) -> Result<Option<String>, DatabaseError> {
    let query = Query::new("SELECT pg_catalog.current_schema()::pg_catalog.text");
    let rows = connection.load(&query)?;
    let home = rows.first().map(|row| row.optional_text(0));
    Ok(home.transpose()?.flatten())
}
