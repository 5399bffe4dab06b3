//! Temporary tables that rows are put into first, and how they compare with the table's.

use diesel::sqlite::SqliteConnection;

use super::shape;
use crate::backend::Backend;
use crate::backend::error::DatabaseError;
use crate::backend::query::Query;
use crate::backend::rows::{Column, Stage};
use crate::backend::tables::quote_identifier;

/// Makes an empty table whose columns have the affinities of another one's, and the collations
/// with which that one's keys compare; it has none of its constraints.
pub(super) fn create(
    connection: &mut SqliteConnection,
    stage: &Stage<'_>,
) -> Result<String, DatabaseError> {
    let strict = shape::is_strict(connection, &stage.table.name)?;
    let number = stage
        .number
        .map(|number| format!("{} INTEGER", quote_identifier(number)));
    let columns = stage.columns.iter().map(|column| {
        let collation = shape::collation(connection, &stage.table.name, &column.name)?;
        let collate = collation.map_or_else(String::new, |collation| {
            format!(" COLLATE {}", quote_identifier(&collation))
        });
        let affinity = shape::affinity(&column.type_name, strict);
        let name = quote_identifier(&column.name);
        Ok(format!("{name} {}{collate}", affinity.keyword()))
    });
    let columns: Vec<_> = columns.collect::<Result<_, DatabaseError>>()?;
    let columns: Vec<_> = number.into_iter().chain(columns).collect();
    let name = format!("temp.{}", quote_identifier(stage.name));
    connection.batch_execute(&format!("CREATE TABLE {name} ({})", columns.join(", ")))?;
    Ok(name)
}

/// Makes an index, which goes with the table. It is named with its table's schema, and the table
/// without. <https://www.sqlite.org/lang_createindex.html>
pub(super) fn prepare(
    connection: &mut SqliteConnection,
    stage: &str,
    key: &[String],
) -> Result<(), DatabaseError> {
    let key: Vec<_> = key.iter().map(|name| quote_identifier(name)).collect();
    let (schema, table) = stage.split_once('.').unwrap_or(("temp", stage));
    let statement = format!(
        "CREATE INDEX {schema}.\"dieselkit_key\" ON {table} ({})",
        key.join(", ")
    );
    connection.execute(&Query::new(statement)).map(drop)
}

/// Compares byte by byte, whatever collation a column has.
pub(super) fn rows_differ(columns: &[&Column]) -> String {
    let differs = |column: &&Column| {
        let name = quote_identifier(&column.name);
        format!("target.{name} IS NOT stage.{name} COLLATE BINARY")
    };
    columns.iter().map(differs).collect::<Vec<_>>().join(" OR ")
}
