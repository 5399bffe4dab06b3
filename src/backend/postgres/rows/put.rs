//! Puts rows into a table with `COPY`, in its text format.
//!
//! <https://www.postgresql.org/docs/current/sql-copy.html#id-1.9.3.55.9.2>

use std::cell::RefCell;
use std::io::Write;

use diesel::pg::{CopyTarget, Pg, PgConnection};
use diesel::prelude::*;
use diesel::query_builder::AstPass;
use diesel::result::{Error as DieselError, QueryResult};

use super::{array, count, refused};
use crate::backend::Backend;
use crate::backend::error::DatabaseError;
use crate::backend::query::Query;
use crate::backend::rows::{Column, Field, Kind, Landing, Refused, RowBlock};
use crate::backend::tables::quote_identifier;

/// How many bytes are handed to the driver at once.
const CHUNK: usize = 64 * 1024;

diesel::table! {
    /// Stands for the table that is copied into where Diesel asks for a table's type.
    landing (line) {
        line -> BigInt,
    }
}

/// What decides how a text is read where the text itself does not: `NULL` in an array, a piece of
/// XML, and the point of an amount of money. A date as a file has it, `2026-01-31`, is read alike
/// everywhere. <https://www.postgresql.org/docs/current/runtime-config-client.html>
const READING: [(&str, &str); 3] = [
    ("array_nulls", "on"),
    ("xmloption", "content"),
    ("lc_monetary", "C"),
];

/// Fixes how texts are read, and returns the way back.
pub(super) fn fix_reading(connection: &mut PgConnection) -> Result<Option<Query>, DatabaseError> {
    let found = READING.map(|(name, _)| format!("pg_catalog.current_setting('{name}')"));
    let fixed =
        READING.map(|(name, value)| format!("pg_catalog.set_config('{name}', '{value}', true)"));
    // What was found is read whole before anything is fixed.
    let rows = connection.load(&Query::new(format!(
        "SELECT found.*, {} FROM (SELECT {} OFFSET 0) AS found",
        fixed.join(", "),
        found.join(", ")
    )))?;
    let Some(row) = rows.first() else {
        return Ok(None);
    };
    let back = READING.map(|(name, _)| format!("pg_catalog.set_config('{name}', ?, true)"));
    let mut way_back = Query::new(format!("SELECT {}", back.join(", ")));
    for index in 0..READING.len() {
        way_back = way_back.bind(row.text(index)?);
    }
    Ok(Some(way_back))
}

thread_local! {
    /// The quoted name and columns that [`AnyTable`] writes.
    static TARGET: RefCell<String> = const { RefCell::new(String::new()) };
}

/// A table that is known at run time only.
///
/// Diesel asks a target's type, not a value, for the name and the columns, so a value cannot hand
/// them over: they lie in a thread-local while the statement is run.
struct AnyTable;

impl CopyTarget for AnyTable {
    type Table = landing::table;
    type SqlType = diesel::sql_types::BigInt;

    fn walk_target(mut pass: AstPass<'_, '_, Pg>) -> QueryResult<()> {
        TARGET.with_borrow(|target| pass.push_sql(target));
        Ok(())
    }
}

/// Copies rows into a table.
pub(super) fn copy(
    connection: &mut PgConnection,
    landing: &Landing<'_>,
    rows: &RowBlock,
) -> Result<u64, Refused> {
    TARGET.set(target(landing));
    let misplaced = RefCell::new(None);
    let copied = diesel::copy_from(landing::table)
        .from_raw_data(AnyTable, |out| write(out, landing, rows, &misplaced))
        .execute(connection);
    TARGET.take();
    if let Some(refused) = misplaced.take() {
        return Err(refused);
    }
    copied.map(count).map_err(refused)
}

fn target(landing: &Landing<'_>) -> String {
    let columns = landing.columns.iter().map(|column| column.name.as_str());
    let columns: Vec<_> = landing
        .number
        .into_iter()
        .chain(columns)
        .map(quote_identifier)
        .collect();
    format!("{} ({})", landing.table, columns.join(", "))
}

fn write(
    out: &mut dyn Write,
    landing: &Landing<'_>,
    rows: &RowBlock,
    misplaced: &RefCell<Option<Refused>>,
) -> QueryResult<()> {
    let mut text = Vec::with_capacity(2 * CHUNK);
    for row in 0..rows.len() {
        if let Err(refused) = write_row(&mut text, landing, rows, row) {
            let error = DieselError::SerializationError(refused.error.to_string().into());
            misplaced.replace(Some(refused));
            return Err(error);
        }
        if text.len() >= CHUNK {
            send(out, &mut text)?;
        }
    }
    send(out, &mut text)
}

fn send(out: &mut dyn Write, text: &mut Vec<u8>) -> QueryResult<()> {
    out.write_all(text)
        .map_err(|error| DieselError::SerializationError(Box::new(error)))?;
    text.clear();
    Ok(())
}

fn write_row(
    text: &mut Vec<u8>,
    landing: &Landing<'_>,
    rows: &RowBlock,
    row: usize,
) -> Result<(), Refused> {
    if landing.number.is_some() {
        text.extend_from_slice(rows.number(row).to_string().as_bytes());
        text.push(b'\t');
    }
    for (column, field) in rows.fields(row).enumerate() {
        if column > 0 {
            text.push(b'\t');
        }
        match (field, landing.columns[column].kind) {
            (Field::Null, _) => text.extend_from_slice(b"\\N"),
            (Field::Json(value), Kind::Array) => {
                let literal = array::literal(value, &landing.columns[column].type_name);
                escape(text, literal.as_bytes());
            }
            // Some types would read JSON's brackets as their own: `[1, 5]` is a range, too.
            (Field::Json(value), kind) if kind != Kind::Json && value.starts_with('[') => {
                return Err(no_array(landing.columns[column], row));
            }
            _ => escape(text, field.text().unwrap_or_default().as_bytes()),
        }
    }
    text.push(b'\n');
    Ok(())
}

/// Says that a column takes no array.
fn no_array(column: &Column, row: usize) -> Refused {
    Refused {
        row: Some(row),
        column: Some(column.name.clone()),
        constraint: None,
        error: DatabaseError::from_message(format!(
            "an array is for a column of arrays or of JSON, and this one is `{}`: write the value as a string",
            column.type_name
        )),
    }
}

/// Writes a value so that nothing in it ends the field or the line, or looks like an escape.
fn escape(text: &mut Vec<u8>, value: &[u8]) {
    let mut rest = value;
    while let Some(place) = rest.iter().position(|byte| escaped(*byte).is_some()) {
        text.extend_from_slice(&rest[..place]);
        text.push(b'\\');
        text.extend(escaped(rest[place]));
        rest = &rest[place + 1..];
    }
    text.extend_from_slice(rest);
}

fn escaped(byte: u8) -> Option<u8> {
    match byte {
        b'\\' => Some(b'\\'),
        b'\n' => Some(b'n'),
        b'\r' => Some(b'r'),
        b'\t' => Some(b't'),
        _ => None,
    }
}
