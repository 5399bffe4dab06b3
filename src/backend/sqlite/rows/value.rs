//! Reads a file's texts as the values that a column of `SQLite` should hold.
//!
//! `SQLite` itself takes any value into almost any column; what would be refused elsewhere is
//! refused here, so that a slip in a file does not become a text among numbers.

use super::shape::{Affinity, affinity};
use super::tag;
use crate::backend::error::DatabaseError;
use crate::backend::rows::{Column, Field, Kind, Landing, Refused, RowBlock};

/// A value as it is bound; none has the type of the others of its column.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value<'a> {
    Integer(Option<i64>),
    Real(Option<f64>),
    Text(Option<&'a str>),
    /// A text that the file has in another form.
    Unescaped(String),
    Bytes(Option<Vec<u8>>),
}

/// How files write an infinite number where a text would stay one: captured ones, and SQL for
/// `SQLite`, which has no word for it.
pub(super) const INFINITY: &str = "9e999";

/// Adds the values of a row, behind its number where that is wanted.
pub(super) fn read_row<'a>(
    values: &mut Vec<Value<'a>>,
    landing: &Landing<'_>,
    rows: &'a RowBlock,
    row: usize,
) -> Result<(), Refused> {
    if landing.number.is_some() {
        values.push(Value::Integer(i64::try_from(rows.number(row)).ok()));
    }
    for (column, field) in landing.columns.iter().zip(rows.fields(row)) {
        let value = read(column, field).map_err(|message| Refused {
            row: Some(row),
            column: Some(column.name.clone()),
            constraint: None,
            error: DatabaseError::from_message(message),
        })?;
        values.push(value);
    }
    Ok(())
}

fn read<'a>(column: &Column, field: Field<'a>) -> Result<Value<'a>, String> {
    if let Some(tagged) = tag::read(field) {
        return tagged;
    }
    match column.kind {
        Kind::Integer => number(field, Value::Integer(None)),
        Kind::Real => number(field, Value::Real(None)),
        Kind::Boolean => truth(field),
        Kind::Bytes => bytes(field),
        Kind::Json => Ok(Value::Text(field.text())),
        Kind::Array | Kind::Other => match field {
            // Only a column without an affinity keeps a number's text as text.
            Field::Number(_) if affinity(&column.type_name, true) == Affinity::Blob => {
                number(field, Value::Integer(None))
            }
            _ if affinity(&column.type_name, true) == Affinity::Numeric => numeric(field.text()),
            _ => Ok(Value::Text(field.text())),
        },
    }
}

/// Reads a text for a column that makes numbers of texts that are some.
fn numeric(text: Option<&str>) -> Result<Value<'_>, String> {
    match text.and_then(|text| Some((text, fraction(text)?))) {
        Some((text, real)) => finite_as_written(text, real).map(|real| Value::Real(Some(real))),
        None => Ok(Value::Text(text)),
    }
}

/// Reads a text that `SQLite` would take for a real number, as it does not always find the nearest.
/// <https://www.sqlite.org/floatingpoint.html#floating_point_accuracy>
fn fraction(text: &str) -> Option<f64> {
    let is_real = text.contains(['.', 'e', 'E'])
        && text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    text.parse().ok().filter(|_| is_real)
}

/// Reads a number; a truth value is 0 or 1, as it is everywhere in `SQLite`.
fn number<'a>(field: Field<'a>, null: Value<'a>) -> Result<Value<'a>, String> {
    let text = match field {
        Field::Null => return Ok(null),
        Field::Boolean(truth) => return Ok(Value::Integer(Some(truth.into()))),
        Field::Text(text) | Field::Number(text) | Field::Json(text) => text,
    };
    let digits = text.trim_matches(|character: char| character.is_ascii_whitespace());
    if let (Ok(whole), Value::Integer(_)) = (digits.parse(), &null) {
        return Ok(Value::Integer(Some(whole)));
    }
    let real = digits.parse().ok().filter(|real| is_number(digits, *real));
    let real = real.ok_or_else(|| format!("`{text}` is no number"))?;
    if matches!(null, Value::Integer(_)) && !digits.contains(['.', 'e', 'E']) {
        return Err(format!("`{text}` is out of the range of a 64-bit integer"));
    }
    finite_as_written(digits, real).map(|real| Value::Real(Some(real)))
}

/// Returns whether a text that Rust reads is one that a column keeps: there is no `NaN` in
/// `SQLite`, and `Inf` is how it writes what is infinite.
fn is_number(digits: &str, read: f64) -> bool {
    !read.is_nan() && (!digits.contains(['n', 'N']) || digits.ends_with(['f', 'F']))
}

/// Refuses digits that are too large for any number and would silently become an infinite one.
fn finite_as_written(digits: &str, read: f64) -> Result<f64, String> {
    let has_digits = digits.contains(|character: char| character.is_ascii_digit());
    if read.is_infinite() && has_digits && digits.trim_start_matches('-') != INFINITY {
        return Err(format!("`{digits}` is out of the range of a 64-bit number"));
    }
    Ok(read)
}

/// Reads a truth value, and stores it as Diesel does.
fn truth(field: Field<'_>) -> Result<Value<'_>, String> {
    let Some(text) = field.text() else {
        return Ok(Value::Integer(None));
    };
    match text.to_ascii_lowercase().as_str() {
        "true" | "t" | "1" => Ok(Value::Integer(Some(1))),
        "false" | "f" | "0" => Ok(Value::Integer(Some(0))),
        _ => Err(format!("`{text}` is neither `true` nor `false`")),
    }
}

/// Reads bytes as `PostgreSQL` writes them: `\x` and two digits for each.
fn bytes(field: Field<'_>) -> Result<Value<'_>, String> {
    let Some(text) = field.text() else {
        return Ok(Value::Bytes(None));
    };
    let bytes = unhexadecimal(text)
        .ok_or_else(|| format!("`{text}` is not bytes, written as `\\x` and hexadecimal digits"))?;
    Ok(Value::Bytes(Some(bytes)))
}

/// Reads `\x` and two hexadecimal digits for each byte; `None` where it is something else.
pub(super) fn unhexadecimal(text: &str) -> Option<Vec<u8>> {
    let digits = text.strip_prefix("\\x")?;
    let nibbles: Vec<_> = digits
        .chars()
        .map(|digit| digit.to_digit(16))
        .collect::<Option<_>>()?;
    let pairs = nibbles.chunks(2);
    pairs
        .map(|pair| u8::try_from(pair[0] << 4 | *pair.get(1)?).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(type_name: &str, kind: Kind) -> Column {
        Column {
            name: "c".to_owned(),
            type_name: type_name.to_owned(),
            kind,
            nullable: true,
            has_default: false,
            computed: false,
            exact: true,
            collated: true,
            fixed: false,
        }
    }

    #[test]
    fn texts_become_what_the_column_holds() {
        let whole = column("INTEGER", Kind::Integer);
        let real = column("REAL", Kind::Real);
        let truth = column("BOOLEAN", Kind::Boolean);
        let bytes = column("BLOB", Kind::Bytes);
        let text = column("TEXT", Kind::Other);
        let untyped = column("", Kind::Other);
        for (column, field, value) in [
            (&whole, Field::Text(" -7 "), Value::Integer(Some(-7))),
            (&whole, Field::Text("1.5"), Value::Real(Some(1.5))),
            (&whole, Field::Boolean(true), Value::Integer(Some(1))),
            (&whole, Field::Null, Value::Integer(None)),
            (&real, Field::Text("2"), Value::Real(Some(2.0))),
            (&real, Field::Number("1e3"), Value::Real(Some(1000.0))),
            (
                &real,
                Field::Text("-Inf"),
                Value::Real(Some(f64::NEG_INFINITY)),
            ),
            (
                &real,
                Field::Number("9e999"),
                Value::Real(Some(f64::INFINITY)),
            ),
            (&real, Field::Null, Value::Real(None)),
            (&truth, Field::Text("T"), Value::Integer(Some(1))),
            (&truth, Field::Number("0"), Value::Integer(Some(0))),
            (
                &bytes,
                Field::Text("\\x00fF"),
                Value::Bytes(Some(vec![0, 255])),
            ),
            (&bytes, Field::Text("\\x"), Value::Bytes(Some(Vec::new()))),
            (&text, Field::Number("1.50"), Value::Text(Some("1.50"))),
            (&text, Field::Text(""), Value::Text(Some(""))),
            (&untyped, Field::Number("5"), Value::Integer(Some(5))),
            (&untyped, Field::Text("5"), Value::Text(Some("5"))),
        ] {
            assert_eq!(read(column, field), Ok(value), "{field:?}");
        }
    }

    #[test]
    fn what_is_no_value_of_the_column_is_refused_by_name() {
        let whole = column("INTEGER", Kind::Integer);
        let truth = column("BOOLEAN", Kind::Boolean);
        let bytes = column("BLOB", Kind::Bytes);
        let real = column("REAL", Kind::Real);
        let numeric = column("NUMERIC", Kind::Other);
        for (column, text) in [
            (&whole, "abc"),
            (&whole, ""),
            (&whole, "Inf"),
            (&whole, "NaN"),
            (&whole, "0x10"),
            (&whole, "9223372036854775808"),
            (&whole, "1e400"),
            (&real, "1e400"),
            (&real, "-9e998"),
            (&numeric, "1e400"),
            (&truth, "2"),
            (&bytes, "abc"),
            (&bytes, "\\xabc"),
            (&bytes, "\\xzz"),
        ] {
            let message = read(column, Field::Text(text)).expect_err(text);
            assert!(message.starts_with(&format!("`{text}` is ")), "{message}");
        }
    }
}
