//! Values that their column's type would change, as objects of JSON that say what they are:
//! `{"$text": "abc"}` among whole numbers, `{"$bytes": "\\x00ff"}` among texts.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::value::{Value, unhexadecimal};
use crate::backend::rows::Field;

/// A value with its type.
#[derive(Debug, Deserialize)]
enum Tagged {
    #[serde(rename = "$integer")]
    Integer(i64),
    #[serde(rename = "$real")]
    Real(Box<RawValue>),
    #[serde(rename = "$text")]
    Text(String),
    #[serde(rename = "$bytes")]
    Bytes(String),
}

/// Reads a field that says what it is; `None` where it is any other, and what is wrong with it.
pub(super) fn read(field: Field<'_>) -> Option<Result<Value<'static>, String>> {
    let Field::Json(text) = field else {
        return None;
    };
    let tagged = parse(text)?;
    Some(value(tagged).ok_or_else(|| format!("`{text}` is no value of the type that it names")))
}

/// Returns whether a text would be read as a value with its type.
pub(super) fn is_tagged(text: &str) -> bool {
    parse(text).is_some()
}

fn parse(text: &str) -> Option<Tagged> {
    // Most objects are none, which the beginning tells.
    let inside = text.trim_start().strip_prefix('{')?.trim_start();
    inside.starts_with("\"$").then_some(())?;
    serde_json::from_str(text).ok()
}

fn value(tagged: Tagged) -> Option<Value<'static>> {
    Some(match tagged {
        Tagged::Integer(number) => Value::Integer(Some(number)),
        Tagged::Real(number) => Value::Real(Some(number.get().parse().ok()?)),
        Tagged::Text(text) => Value::Unescaped(text),
        Tagged::Bytes(text) => Value::Bytes(Some(unhexadecimal(&text)?)),
    })
}

/// Returns the object that says of a value what it is; `value` is JSON.
pub(super) fn write(kind: &str, value: &str) -> String {
    format!("{{\"${kind}\": {value}}}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_says_its_type_has_it() {
        for (text, value) in [
            (
                r#"{"$integer": 9007199254740993}"#,
                Value::Integer(Some(9_007_199_254_740_993)),
            ),
            (r#"{"$real": -9e999}"#, Value::Real(Some(f64::NEG_INFINITY))),
            (
                r#" { "$text": "a\u0000b" }"#,
                Value::Unescaped("a\0b".to_owned()),
            ),
            (r#"{"$bytes": "\\x00Ff"}"#, Value::Bytes(Some(vec![0, 255]))),
            (r#"{"$bytes": "\\x"}"#, Value::Bytes(Some(Vec::new()))),
        ] {
            assert_eq!(read(Field::Json(text)), Some(Ok(value)), "{text}");
            assert!(is_tagged(text), "{text}");
            assert_eq!(read(Field::Text(text)), None, "{text}");
        }
    }

    #[test]
    fn every_other_object_is_none() {
        for text in [
            "{}",
            "[]",
            r#"{"text": "a"}"#,
            r#"{"$text": 5}"#,
            r#"{"$text": "a", "b": 1}"#,
            r#"{"$other": "a"}"#,
        ] {
            assert_eq!(read(Field::Json(text)), None, "{text}");
        }
        for text in [
            r#"{"$bytes": "00ff"}"#,
            r#"{"$bytes": "\\x0"}"#,
            r#"{"$real": "a"}"#,
        ] {
            let refused = read(Field::Json(text)).expect("it says its type");
            assert!(refused.is_err(), "{text}");
        }
    }
}
