//! Files that somebody could have written, and the rows or the error that each of them is.

mod csv;
mod errors;
mod json;
mod layout;
mod properties;

use std::io::BufReader;

use super::{Format, Layout, open};
use crate::backend::rows::{Field, RowBlock, RowError, RowSource};

/// Columns, and each row as its line and its fields.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Rows {
    columns: Vec<String>,
    rows: Vec<(u64, Vec<Value>)>,
}

/// A field that owns its text.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Value {
    Null,
    Text(String),
    Number(String),
    Boolean(bool),
    Json(String),
}

impl From<Field<'_>> for Value {
    fn from(field: Field<'_>) -> Self {
        match field {
            Field::Null => Self::Null,
            Field::Text(text) => Self::Text(text.to_owned()),
            Field::Number(text) => Self::Number(text.to_owned()),
            Field::Boolean(truth) => Self::Boolean(truth),
            Field::Json(text) => Self::Json(text.to_owned()),
        }
    }
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn number(text: &str) -> Value {
    Value::Number(text.to_owned())
}

fn json(text: &str) -> Value {
    Value::Json(text.to_owned())
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

fn with_columns(columns: &[&str]) -> Layout {
    Layout {
        columns: Some(names(columns)),
        ..Layout::default()
    }
}

/// Reads a file through a buffer of so many bytes.
fn read_through(
    capacity: usize,
    file: &[u8],
    format: Format,
    layout: &Layout,
) -> Result<Rows, RowError> {
    let reader = BufReader::with_capacity(capacity, file);
    let mut opened = open(reader, format, layout)?;
    let mut block = RowBlock::default();
    while opened.read(&mut block)? {}
    assert_eq!(opened.read_so_far(), file.len() as u64);
    let row = |row| {
        (
            block.line(row),
            block.fields(row).map(Value::from).collect(),
        )
    };
    Ok(Rows {
        columns: opened.columns().to_vec(),
        rows: (0..block.len()).map(row).collect(),
    })
}

/// Reads a file, which must give the same however much of it comes at a time.
fn read(file: &[u8], format: Format, layout: &Layout) -> Result<Rows, RowError> {
    let read = read_through(8 << 10, file, format, layout);
    for capacity in [1, 2, 7] {
        assert_eq!(read_through(capacity, file, format, layout), read);
    }
    read
}

/// Returns the rows of a file that is right.
fn rows_of(file: &str, format: Format, layout: &Layout) -> Vec<(u64, Vec<Value>)> {
    read(file.as_bytes(), format, layout).expect(file).rows
}
