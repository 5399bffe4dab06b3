//! Temporary tables that rows are put into first, and how they compare with the table's.

use diesel::pg::PgConnection;

use crate::backend::Backend;
use crate::backend::error::DatabaseError;
use crate::backend::rows::{Column, Stage};
use crate::backend::tables::quote_identifier;

/// Makes an empty table whose columns have the types and collations of another one's, and none of
/// its constraints.
pub(super) fn create(
    connection: &mut PgConnection,
    stage: &Stage<'_>,
) -> Result<String, DatabaseError> {
    let name = format!("pg_temp.{}", quote_identifier(stage.name));
    let number = stage
        .number
        .map(|number| format!("NULL::pg_catalog.int8 AS {}", quote_identifier(number)));
    let columns = stage
        .columns
        .iter()
        .map(|column| quote_identifier(&column.name));
    let selected: Vec<_> = number.into_iter().chain(columns).collect();
    connection.batch_execute(&format!(
        "CREATE TEMPORARY TABLE {name} ON COMMIT DROP AS\nSELECT {}\nFROM {}\nWITH NO DATA",
        selected.join(", "),
        stage.table.name.quoted(),
    ))?;
    Ok(name)
}

/// Compares values where those that are equal have the same bytes, which is quick, and else the
/// bytes: some types have no equality (`json`), and that of others overlooks what a file may want
/// changed (`citext`, `1.0` and `1.00`).
/// <https://www.postgresql.org/docs/current/functions-comparisons.html#COMPOSITE-TYPE-COMPARISON>
pub(super) fn rows_differ(columns: &[&Column]) -> String {
    let (exact, others): (Vec<&Column>, Vec<_>) =
        columns.iter().copied().partition(|column| column.exact);
    let distinct = exact.iter().map(|column| {
        let name = quote_identifier(&column.name);
        format!("target.{name} IS DISTINCT FROM stage.{name}")
    });
    let bytes_differ = (!others.is_empty()).then(|| {
        // The records are as many as there are rows: one of all these columns, not one of each.
        format!(
            "{} OPERATOR(pg_catalog.*<>) {}",
            record("target", &others),
            record("stage", &others)
        )
    });
    distinct
        .chain(bytes_differ)
        .collect::<Vec<_>>()
        .join(" OR ")
}

fn record(table: &str, columns: &[&Column]) -> String {
    let columns = columns
        .iter()
        .map(|column| format!("{table}.{}", quote_identifier(&column.name)))
        .collect::<Vec<_>>();
    // Without the cast the operator would be looked for between each two columns.
    format!("ROW({})::pg_catalog.record", columns.join(", "))
}
