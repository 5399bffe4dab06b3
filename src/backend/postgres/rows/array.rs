//! Arrays of JSON as the texts of arrays. Pure.
//!
//! <https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO>

use std::borrow::Cow;

use serde_json::value::RawValue;

/// The type whose elements are divided by something else than a comma.
/// <https://www.postgresql.org/docs/current/catalog-pg-type.html>
const BOXES: &str = "box[]";

/// Returns an array of JSON as a column of a type reads it. What is no array stays as it is: the
/// server says what is wrong with it.
pub(super) fn literal<'a>(json: &'a str, type_name: &str) -> Cow<'a, str> {
    let form = Form {
        delimiter: if type_name == BOXES { ';' } else { ',' },
        nested: match type_name.trim_end_matches("[]") {
            "json" | "jsonb" => Nested::Value,
            _ => Nested::Array,
        },
    };
    match elements(json) {
        Some(elements) => form.array(&elements).into(),
        None => json.into(),
    }
}

/// How an array is written.
struct Form {
    delimiter: char,
    nested: Nested,
}

/// What an array among the elements is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Nested {
    /// One more dimension.
    Array,
    /// An element, which is JSON itself.
    Value,
}

impl Form {
    fn array(&self, elements: &[&RawValue]) -> String {
        let written = elements.iter().map(|element| self.element(element.get()));
        let written: Vec<_> = written.collect();
        format!("{{{}}}", written.join(&self.delimiter.to_string()))
    }

    fn element<'a>(&self, json: &'a str) -> Cow<'a, str> {
        match json.as_bytes().first() {
            Some(b'n') => "NULL".into(),
            Some(b'[') if self.nested == Nested::Array => {
                elements(json).map_or(json.into(), |inner| self.array(&inner).into())
            }
            Some(b'"') => match serde_json::from_str::<String>(json) {
                Ok(text) => quoted(&text).into(),
                Err(_) => quoted(json).into(),
            },
            Some(b'{' | b'[') => quoted(json).into(),
            // A number, or a truth value.
            _ => json.into(),
        }
    }
}

fn elements(json: &str) -> Option<Vec<&RawValue>> {
    serde_json::from_str(json).ok()
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_array_of_json_is_one_of_the_column() {
        for (json, type_name, expected) in [
            ("[]", "integer[]", "{}"),
            ("[1, -2.50, null, true]", "numeric[]", "{1,-2.50,NULL,true}"),
            ("[[1, 2], [3, 4]]", "integer[]", "{{1,2},{3,4}}"),
            (
                r#"["a", "null", "", "q\"b\\c", "{x,y}", "\u00e9"]"#,
                "text[]",
                r#"{"a","null","","q\"b\\c","{x,y}","é"}"#,
            ),
            (
                r#"["(1,1),(0,0)", "(2,2),(1,1)"]"#,
                "box[]",
                r#"{"(1,1),(0,0)";"(2,2),(1,1)"}"#,
            ),
            (
                r#"[{"a": [1]}, [1, 2], null]"#,
                "jsonb[]",
                r#"{"{\"a\": [1]}","[1, 2]",NULL}"#,
            ),
            (r#"{"a": 1}"#, "integer[]", r#"{"a": 1}"#),
        ] {
            assert_eq!(literal(json, type_name), expected, "{json}");
        }
    }
}
