//! Rows as JSON objects of one line each.
//!
//! What is JSON in the database is JSON in the file, as it was written there. Where that cannot be,
//! the file has a string that holds its text, which `seed` reads to the same: a string and `null`,
//! which would be taken for a text and NULL, and what has line ends.

use serde_json::value::RawValue;

use crate::backend::rows::Field;

/// Writes one object, whose keys are JSON strings already.
pub(super) fn write<'a>(
    out: &mut Vec<u8>,
    keys: &[String],
    fields: impl Iterator<Item = Field<'a>>,
) {
    out.push(b'{');
    for (index, (key, field)) in keys.iter().zip(fields).enumerate() {
        if index > 0 {
            out.extend_from_slice(b", ");
        }
        out.extend_from_slice(key.as_bytes());
        out.extend_from_slice(b": ");
        write_field(out, field);
    }
    out.push(b'}');
}

fn write_field(out: &mut Vec<u8>, field: Field<'_>) {
    match field {
        Field::Null => out.extend_from_slice(b"null"),
        Field::Boolean(true) => out.extend_from_slice(b"true"),
        Field::Boolean(false) => out.extend_from_slice(b"false"),
        Field::Number(text) => out.extend_from_slice(text.as_bytes()),
        Field::Json(text) if stands_as_it_is(text) => out.extend_from_slice(text.as_bytes()),
        Field::Json(text) | Field::Text(text) => out.extend_from_slice(string(text).as_bytes()),
    }
}

/// Returns whether JSON in a file is read to this very text.
fn stands_as_it_is(text: &str) -> bool {
    let is_read_as_json = !text.starts_with(['"', 'n']) && !text.contains(['\n', '\r', '\0']);
    let parsed = || serde_json::from_str::<&RawValue>(text);
    is_read_as_json && parsed().is_ok_and(|value| value.get() == text)
}

/// Returns a text as a string of JSON.
pub(super) fn string(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_stands_as_it_is_wherever_it_is_read_as_it_is() {
        for (text, expected) in [
            (r#"{"b":1,  "a":[1, null]}"#, r#"{"b":1,  "a":[1, null]}"#),
            ("[]", "[]"),
            ("12.50", "12.50"),
            ("true", "true"),
            ("null", r#""null""#),
            (r#""a""#, r#""\"a\"""#),
            (" {}", r#"" {}""#),
            ("{\n}", r#""{\n}""#),
            ("{", r#""{""#),
            ("", r#""""#),
        ] {
            let mut out = Vec::new();
            write_field(&mut out, Field::Json(text));
            assert_eq!(String::from_utf8_lossy(&out), expected, "{text}");
        }
    }
}
