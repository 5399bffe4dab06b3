//! Reads rows as texts from which `value` makes the same values again.

use std::fmt::Write as _;
use std::ops::ControlFlow;

use diesel::connection::{AnsiTransactionManager, LoadConnection, TransactionManager};
use diesel::deserialize::FromSql;
use diesel::row::{Field, Row as DieselRow};
use diesel::sql_types::{BigInt, Binary, Double, Text};
use diesel::sqlite::{Sqlite, SqliteConnection, SqliteType};

use super::shape::{Affinity, affinity};
use crate::backend::error::DatabaseError;
use crate::backend::query::Query;
use crate::backend::rows::{Column, Kind};
use crate::backend::sqlite::said;
use crate::backend::tables::quote_identifier;

/// Begins to read at one moment, that of the first reading.
pub(super) fn begin(connection: &mut SqliteConnection) -> Result<(), DatabaseError> {
    AnsiTransactionManager::begin_transaction(connection).map_err(said)
}

/// Returns how a column is selected: as it is, as its values have types of their own.
pub(super) fn as_text(column: &Column) -> String {
    quote_identifier(&column.name)
}

/// Reads rows one by one.
pub(super) fn read(
    connection: &mut SqliteConnection,
    query: &str,
    columns: &[&Column],
    row: &mut dyn FnMut(&[Option<String>]) -> ControlFlow<()>,
) -> Result<(), DatabaseError> {
    let mut values = Vec::new();
    for found in connection.load(Query::new(query)).map_err(said)? {
        let found = found.map_err(said)?;
        values.clear();
        for (index, column) in columns.iter().enumerate() {
            let stored = stored(&found, index)?;
            let text = stored.map(|stored| write(column, stored)).transpose();
            values.push(text.map_err(DatabaseError::from_message)?);
        }
        if row(&values).is_break() {
            break;
        }
    }
    Ok(())
}

/// A value as it is stored, whatever its column says.
#[derive(Debug, PartialEq)]
enum Stored {
    Integer(i64),
    Real(f64),
    Text(String),
    Bytes(Vec<u8>),
}

fn stored<'a>(
    row: &impl DieselRow<'a, Sqlite>,
    index: usize,
) -> Result<Option<Stored>, DatabaseError> {
    let field = row
        .get(index)
        .ok_or_else(|| DatabaseError::unreadable(index, "there"))?;
    let Some(value) = field.value() else {
        return Ok(None);
    };
    let read = match value.value_type() {
        None => return Ok(None),
        Some(SqliteType::Integer | SqliteType::SmallInt | SqliteType::Long) => {
            <i64 as FromSql<BigInt, Sqlite>>::from_sql(value).map(Stored::Integer)
        }
        Some(SqliteType::Double | SqliteType::Float) => {
            <f64 as FromSql<Double, Sqlite>>::from_sql(value).map(Stored::Real)
        }
        Some(SqliteType::Binary) => {
            <Vec<u8> as FromSql<Binary, Sqlite>>::from_sql(value).map(Stored::Bytes)
        }
        Some(SqliteType::Text) => {
            <String as FromSql<Text, Sqlite>>::from_sql(value).map(Stored::Text)
        }
    };
    read.map(Some)
        .map_err(|error| DatabaseError::from_message(error.to_string()))
}

/// Writes a value so that the column takes it for the same; the error says what it holds, and
/// nothing of its text.
fn write(column: &Column, stored: Stored) -> Result<String, String> {
    let affinity = affinity(&column.type_name, true);
    let takes_text = matches!(column.kind, Kind::Other | Kind::Json);
    let converts = matches!(
        (column.kind, affinity),
        (Kind::Integer | Kind::Real, _)
            | (
                Kind::Other | Kind::Json,
                Affinity::Integer | Affinity::Numeric | Affinity::Real
            )
    );
    match stored {
        Stored::Integer(number) if converts => Ok(number.to_string()),
        Stored::Integer(number @ (0 | 1)) if column.kind == Kind::Boolean => Ok(number.to_string()),
        Stored::Real(number) if converts => Ok(real(number)),
        Stored::Text(text) if takes_text => Ok(text),
        Stored::Bytes(bytes) if column.kind == Kind::Bytes => Ok(hexadecimal(&bytes)),
        other => Err(format!(
            "column `{}` of type `{}` holds {}, which no text in a file brings back",
            column.name,
            column.type_name,
            other.what()
        )),
    }
}

impl Stored {
    fn what(&self) -> &'static str {
        match self {
            Self::Integer(_) => "a whole number",
            Self::Real(_) => "a real number",
            Self::Text(_) => "a text",
            Self::Bytes(_) => "bytes",
        }
    }
}

/// Returns the fewest digits that read to the same number; what is too large for any is infinite.
fn real(number: f64) -> String {
    if number.is_infinite() {
        return if number > 0.0 { "9e999" } else { "-9e999" }.to_owned();
    }
    format!("{number:?}")
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold("\\x".to_owned(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
