//! Reads rows as fields from which `value` makes the same values again.

use std::fmt::Write as _;
use std::ops::ControlFlow;

use diesel::connection::{AnsiTransactionManager, LoadConnection, TransactionManager};
use diesel::deserialize::FromSql;
use diesel::row::{Field as DieselField, Row as DieselRow};
use diesel::sql_types::{BigInt, Binary, Double, Text};
use diesel::sqlite::{Sqlite, SqliteConnection, SqliteType};

use serde_json::json;

use super::shape::{Affinity, affinity};
use super::tag;
use super::value::INFINITY;
use crate::backend::error::DatabaseError;
use crate::backend::query::Query;
use crate::backend::rows::{Column, Field, Kind, NEEDS_TYPES, RowBlock, Selected, Typing};
use crate::backend::sqlite::said;
use crate::backend::tables::quote_identifier;

/// Begins to read at one moment, that of the first reading.
pub(super) fn begin(connection: &mut SqliteConnection) -> Result<(), DatabaseError> {
    AnsiTransactionManager::begin_transaction(connection).map_err(said)
}

/// Returns how a column is selected: as it is, as its values have types of their own.
pub(super) fn selected(column: &Column) -> String {
    quote_identifier(&column.name)
}

/// Returns by what rows are sorted in the order of a column: texts by their bytes.
pub(super) fn sorted(column: &Column) -> String {
    let name = quote_identifier(&column.name);
    if column.collated {
        format!("{name} COLLATE BINARY")
    } else {
        name
    }
}

/// Reads rows one by one.
pub(super) fn read(
    connection: &mut SqliteConnection,
    query: &str,
    selected: &Selected<'_>,
    row: &mut dyn FnMut(&RowBlock) -> ControlFlow<()>,
) -> Result<(), DatabaseError> {
    let mut block = RowBlock::default();
    for found in connection.load(Query::new(query)).map_err(said)? {
        let found = found.map_err(said)?;
        block.clear();
        for (index, column) in selected.columns.iter().enumerate() {
            match stored(&found, index)? {
                None => block.push(Field::Null),
                Some(stored) => push(&mut block, (column, stored), selected.typing)?,
            }
        }
        block.end_row();
        if row(&block).is_break() {
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

/// Adds a value so that the column takes it for the same. One that it would not comes as an object
/// that says what it is, where the file can have one.
fn push(
    block: &mut RowBlock,
    (column, stored): (&Column, Stored),
    typing: Typing,
) -> Result<(), DatabaseError> {
    let kept = Kept::by(column);
    match stored {
        Stored::Integer(number @ (0 | 1)) if kept.truths => block.push(Field::Boolean(number == 1)),
        Stored::Integer(number) if kept.numbers(typing) => {
            block.push(Field::Number(&number.to_string()));
        }
        Stored::Real(number) if kept.numbers(typing) => block.push(Field::Number(&real(number))),
        Stored::Bytes(bytes) if kept.bytes => block.push(Field::Text(&hexadecimal(&bytes))),
        Stored::Text(text) if kept.texts && !text.contains('\0') => {
            let is_json = column.kind == Kind::Json && !tag::is_tagged(&text);
            block.push(if is_json {
                Field::Json(&text)
            } else {
                Field::Text(&text)
            });
        }
        other if typing == Typing::Typed => block.push(Field::Json(&other.tagged())),
        other => return Err(DatabaseError::from_message(other.lost(column))),
    }
    Ok(())
}

/// What a column takes from a file as it stands there.
struct Kept {
    truths: bool,
    bytes: bool,
    texts: bool,
    numbers: Numbers,
}

/// Whether a column takes numbers.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Numbers {
    /// Text that is one becomes one.
    Always,
    /// Where the file says that they are no texts.
    Typed,
    Never,
}

impl Kept {
    fn by(column: &Column) -> Self {
        let affinity = affinity(&column.type_name, true);
        Self {
            truths: column.kind == Kind::Boolean,
            bytes: column.kind == Kind::Bytes,
            texts: matches!(column.kind, Kind::Other | Kind::Json),
            numbers: match (column.kind, affinity) {
                (Kind::Integer | Kind::Real, _) => Numbers::Always,
                (Kind::Other, Affinity::Blob) => Numbers::Typed,
                (Kind::Bytes | Kind::Boolean, _) | (_, Affinity::Text | Affinity::Blob) => {
                    Numbers::Never
                }
                (Kind::Other | Kind::Json | Kind::Array, _) => Numbers::Always,
            },
        }
    }

    fn numbers(&self, typing: Typing) -> bool {
        match self.numbers {
            Numbers::Always => true,
            Numbers::Typed => typing == Typing::Typed,
            Numbers::Never => false,
        }
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

    /// Returns it as an object that says what it is.
    fn tagged(&self) -> String {
        match self {
            Self::Integer(number) => tag::write("integer", &number.to_string()),
            Self::Real(number) => tag::write("real", &real(*number)),
            Self::Text(text) => tag::write("text", &json!(text).to_string()),
            Self::Bytes(bytes) => tag::write("bytes", &json!(hexadecimal(bytes)).to_string()),
        }
    }

    /// Returns that it cannot be written, and nothing of its text.
    fn lost(&self, column: &Column) -> String {
        format!(
            "column `{}` of type `{}` holds {}, {NEEDS_TYPES}",
            column.name,
            column.type_name,
            self.what()
        )
    }
}

/// Returns the fewest digits that read to the same number; what is too large for any is infinite.
fn real(number: f64) -> String {
    if number.is_infinite() {
        let sign = if number > 0.0 { "" } else { "-" };
        return format!("{sign}{INFINITY}");
    }
    format!("{number:?}")
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold("\\x".to_owned(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
