//! What other tables of `PostgreSQL` lose with the rows of one.

use diesel::pg::PgConnection;

use crate::backend::Backend;
use crate::backend::error::DatabaseError;
use crate::backend::query::Query;
use crate::backend::rows::{
    AlongWith, ForeignKeyChecks, Removal, Suffered, TableName, TableShape, read_along,
};

/// A table that is dropped takes constraints along, and no rows but those of tables that inherit from it
/// (<https://www.postgresql.org/docs/current/sql-droptable.html>,
/// <https://www.postgresql.org/docs/current/ddl-inherit.html>).
pub(super) fn with(
    connection: &mut PgConnection,
    table: &TableShape,
    removal: Removal,
    _checks: ForeignKeyChecks,
) -> Result<Vec<AlongWith>, DatabaseError> {
    match removal {
        Removal::Drop => return Ok(Vec::new()),
        Removal::DropCascade => return inheriting(connection, table),
        Removal::Delete | Removal::Truncate => {}
    }
    let query = Query::new(include_str!("../sql/along_with.sql"))
        .bind(table.name.quoted())
        .bind(removal == Removal::Truncate);
    read_along(&connection.load(&query)?, removal)
}

fn inheriting(
    connection: &mut PgConnection,
    table: &TableShape,
) -> Result<Vec<AlongWith>, DatabaseError> {
    let query = Query::new(include_str!("../sql/inheriting.sql")).bind(table.name.quoted());
    let rows = connection.load(&query)?;
    let inheriting = rows.iter().map(|row| {
        Ok(AlongWith {
            table: TableName {
                schema: Some(row.text(0)?),
                name: row.text(1)?,
            },
            columns: Vec::new(),
            suffered: Suffered::Table,
        })
    });
    inheriting.collect()
}

pub(super) fn home_schema(connection: &mut PgConnection) -> Result<Option<String>, DatabaseError> {
    let query = Query::new("SELECT pg_catalog.current_schema()::pg_catalog.text");
    let rows = connection.load(&query)?;
    let home = rows.first().map(|row| row.optional_text(0));
    Ok(home.transpose()?.flatten())
}
