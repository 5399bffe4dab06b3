//! Reads rows as fields that can be read back, wherever that is.

use std::ops::ControlFlow;

use diesel::connection::LoadConnection;
use diesel::deserialize::FromSql;
use diesel::pg::{Pg, PgConnection, PgRowByRowLoadingMode};
use diesel::row::{Field as DieselField, Row as DieselRow};
use diesel::sql_types::Text;

use crate::backend::Backend;
use crate::backend::error::DatabaseError;
use crate::backend::query::Query;
use crate::backend::rows::{Column, Field, Kind, RowBlock, Selected};
use crate::backend::tables::quote_identifier;

/// One moment for all tables, and values written in one way whatever the server's settings say.
/// What a policy would hide is an error, and a large table may take its time.
/// <https://www.postgresql.org/docs/current/runtime-config-client.html>
const SNAPSHOT: &str = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY;
SET LOCAL datestyle = 'ISO, YMD';
SET LOCAL timezone = 'UTC';
SET LOCAL intervalstyle = 'postgres';
SET LOCAL extra_float_digits = 3;
SET LOCAL bytea_output = 'hex';
SET LOCAL xmloption = 'content';
SET LOCAL lc_monetary = 'C';
SET LOCAL quote_all_identifiers = off;
SET LOCAL row_security = off;
SET LOCAL statement_timeout = 0;";

/// Begins to read at one moment.
pub(super) fn begin(connection: &mut PgConnection) -> Result<(), DatabaseError> {
    Backend::begin(connection)?;
    connection.batch_execute(SNAPSHOT).inspect_err(|_| {
        // What begin has begun; the error says why no more came of it.
        let _ = Backend::rollback(connection);
    })
}

/// Returns how a column is selected: as its text.
pub(super) fn selected(column: &Column) -> String {
    format!("{}::text", quote_identifier(&column.name))
}

/// Returns by what rows are sorted in the order of a column: texts by their bytes.
pub(super) fn sorted(column: &Column) -> String {
    let name = quote_identifier(&column.name);
    if column.collated {
        format!("{name} COLLATE pg_catalog.\"C\"")
    } else {
        name
    }
}

/// Reads rows one by one, as the server sends them.
pub(super) fn read(
    connection: &mut PgConnection,
    query: &str,
    selected: &Selected<'_>,
    row: &mut dyn FnMut(&RowBlock) -> ControlFlow<()>,
) -> Result<(), DatabaseError> {
    let query = Query::new(query).once();
    let mut block = RowBlock::default();
    for found in LoadConnection::<PgRowByRowLoadingMode>::load(connection, query)? {
        let found = found?;
        block.clear();
        for (index, column) in selected.columns.iter().enumerate() {
            let text = text(&found, index)?;
            block.push(
                text.as_deref()
                    .map_or(Field::Null, |text| field(column, text)),
            );
        }
        block.end_row();
        if row(&block).is_break() {
            break;
        }
    }
    Ok(())
}

/// Returns a value as a file has it. Any type is read from its text, so that the others are for
/// people and programs; a `numeric` stays text, as its digits count, which few programs keep.
fn field<'a>(column: &Column, text: &'a str) -> Field<'a> {
    match column.kind {
        Kind::Integer => Field::Number(text),
        // Neither `NaN` nor `Infinity` is a number of JSON.
        Kind::Real if text.ends_with(|last: char| last.is_ascii_digit()) => Field::Number(text),
        Kind::Boolean => Field::Boolean(text == "true"),
        Kind::Json => Field::Json(text),
        Kind::Real | Kind::Bytes | Kind::Array | Kind::Other => Field::Text(text),
    }
}

fn text<'a>(row: &impl DieselRow<'a, Pg>, index: usize) -> Result<Option<String>, DatabaseError> {
    let field = row
        .get(index)
        .ok_or_else(|| DatabaseError::unreadable(index, "there"))?;
    let text = field.value().map(<String as FromSql<Text, Pg>>::from_sql);
    text.transpose()
        .map_err(|error| DatabaseError::from_message(error.to_string()))
}
