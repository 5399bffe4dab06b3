//! Values as SQL writes them.

use minijinja::value::ValueKind;
use minijinja::{Error, Value};

use super::origin;
use super::password::{is_password, unhashed};
use super::syntax::refused;
use crate::sql::Dialect;

/// Returns a value as SQL writes it.
pub(super) fn as_literal(value: &Value, dialect: &'static dyn Dialect) -> Result<Value, Error> {
    let written = match value.kind() {
        ValueKind::None => "NULL".to_owned(),
        ValueKind::Bool if value.is_true() => "TRUE".to_owned(),
        ValueKind::Bool => "FALSE".to_owned(),
        ValueKind::Number => number(value)?,
        _ => dialect.text_literal(&text(value)?),
    };
    Ok(Value::from_safe_string(written))
}

fn number(value: &Value) -> Result<String, Error> {
    let written = value.to_string();
    if !written.contains(|digit: char| digit.is_ascii_digit()) {
        return Err(refused(format!("SQL has no number `{written}`")));
    }
    // `-` and a negative number would make the start of a comment.
    Ok(if written.starts_with('-') {
        format!(" {written}")
    } else {
        written
    })
}

/// Returns what a value says, where it is a text that may be used.
pub(super) fn text(value: &Value) -> Result<String, Error> {
    if is_password(value) {
        return Err(unhashed());
    }
    let Some(text) = value.as_str() else {
        return Err(match value.kind() {
            ValueKind::Undefined => refused("this is not defined"),
            kind => refused(format!("a text is wanted, and this is a {kind}")),
        });
    };
    if text.contains('\0') {
        return Err(refused("a text in SQL holds no NUL character"));
    }
    Ok(origin::unmarked(text))
}
