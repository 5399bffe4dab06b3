//! Reads the triggers and rules of a table, or of a view, of `PostgreSQL`.

use diesel::pg::PgConnection;

use crate::backend::Backend;
use crate::backend::error::DatabaseError;
use crate::backend::query::{Query, Row};
use crate::backend::rows::{TableName, Trigger};
use crate::sql::effect::Verb;

/// Reads those that run where rows are written in a way.
pub(super) fn read(
    connection: &mut PgConnection,
    table: &TableName,
    verb: Verb,
) -> Result<Vec<Trigger>, DatabaseError> {
    let word = match verb {
        Verb::Insert => "insert",
        Verb::Update => "update",
        Verb::Delete => "delete",
        Verb::Truncate => "truncate",
    };
    let query = Query::new(include_str!("../sql/triggers.sql"))
        .bind(word)
        .bind(table.quoted());
    let rows = connection.load(&query)?;
    let trigger = |row: &Row| {
        Ok(Trigger {
            table: TableName {
                schema: Some(row.text(0)?),
                name: row.text(1)?,
            },
            name: row.text(2)?,
            body: row.optional_text(3)?,
        })
    };
    rows.iter().map(trigger).collect()
}
