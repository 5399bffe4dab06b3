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
struct Read {
    columns: Vec<String>,
    rows: Vec<(usize, Vec<Value>)>,
    /// Where each row begins, and behind it where its fields do.
    places: Vec<Vec<String>>,
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
) -> Result<Read, RowError> {
    let reader = BufReader::with_capacity(capacity, file);
    let mut opened = open(reader, format, layout)?;
    let columns = opened.columns().to_vec();
    let (mut rows, mut places) = (Vec::new(), Vec::new());
    let mut block = RowBlock::default();
    while opened.read(&mut block)? {
        let fields = block.fields(rows.len()).map(Value::from).collect();
        let place = |column| opened.position(column).expect("a file has places");
        rows.push((place(None).line, fields));
        let asked = [None]
            .into_iter()
            .chain(columns.iter().map(|column| Some(column.as_str())));
        places.push(asked.map(|column| place(column).to_string()).collect());
    }
    assert_eq!(opened.read_so_far(), file.len() as u64);
    Ok(Read {
        columns,
        rows,
        places,
    })
}

/// Reads a file, which must give the same however much of it comes at a time.
fn read(file: &[u8], format: Format, layout: &Layout) -> Result<Read, RowError> {
    let read = read_through(8 << 10, file, format, layout);
    for capacity in [1, 2, 7] {
        assert_eq!(read_through(capacity, file, format, layout), read);
    }
    read
}

/// Returns the rows of a file that is right.
fn rows_of(file: &str, format: Format, layout: &Layout) -> Vec<(usize, Vec<Value>)> {
    read(file.as_bytes(), format, layout).expect(file).rows
}

/// Returns where the rows and fields of a file begin that is right, a line for each row.
fn places_of(file: &str, format: Format) -> Vec<String> {
    let read = read(file.as_bytes(), format, &Layout::default()).expect(file);
    read.places.iter().map(|row| row.join(" ")).collect()
}
