//! One JSON object: its keys, and its values as they were written.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::input::RowText;
use crate::backend::rows::{Field, RowError};

/// The members of an object in the order of the file, each key as often as it is there.
pub(super) struct Members<'a>(pub(super) Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Members<'a> {
    /// Reads the object that is a row's text.
    pub(super) fn of(text: &'a RowText) -> Result<Self, RowError> {
        Self::read(
            text,
            "the object does not end in its line: JSON lines have one object a line",
        )
    }

    fn read(text: &'a RowText, unclosed: &str) -> Result<Self, RowError> {
        let json = text.text()?;
        serde_json::from_str(json).map_err(|error| {
            if error.is_eof() {
                return text.error(unclosed);
            }
            syntax_error(&error, text, json)
        })
    }
}

/// Returns the error of an object in which the file ends: a slip in it may be why it does not end
/// before.
pub(super) fn unclosed(text: &RowText) -> RowError {
    let message = "the file ends inside the object that begins here";
    let read = Members::read(text, message).err();
    read.unwrap_or_else(|| text.error(message))
}

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some((Key(key), value)) = map.next_entry()? {
            members.push((key, value));
        }
        Ok(Members(members))
    }
}

/// A key, which is borrowed where nothing in it is escaped.
#[derive(serde::Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

/// A value as a field, whose text may have to be unescaped.
pub(super) enum Value<'a> {
    AsWritten(Field<'a>),
    Unescaped(String),
}

impl<'a> Value<'a> {
    /// Reads a value; an error says what is wrong with it.
    pub(super) fn of(value: &'a RawValue) -> Result<Self, String> {
        let text = value.get();
        let field = match text.as_bytes()[0] {
            b'n' => Field::Null,
            b't' => Field::Boolean(true),
            b'f' => Field::Boolean(false),
            b'{' | b'[' => Field::Json(text),
            b'"' if text.contains('\\') => return unescape(text).map(Self::Unescaped),
            b'"' => Field::Text(&text[1..text.len() - 1]),
            _ => Field::Number(text),
        };
        Ok(Self::AsWritten(field))
    }

    /// Returns the value.
    pub(super) fn field(&self) -> Field<'_> {
        match self {
            Self::AsWritten(field) => *field,
            Self::Unescaped(text) => Field::Text(text),
        }
    }
}

fn unescape(text: &str) -> Result<String, String> {
    let unescaped: String = serde_json::from_str(text).map_err(|error| reason(&error))?;
    if unescaped.contains('\0') {
        return Err(
            "the string has `\\u0000`, a NUL character, which databases cannot store".to_owned(),
        );
    }
    Ok(unescaped)
}

/// Returns what a value is that begins with this byte, with its article.
pub(super) fn name_of(byte: u8) -> String {
    match byte {
        b'{' => "an object".to_owned(),
        b'[' => "an array".to_owned(),
        b'"' => "a string".to_owned(),
        b'-' | b'0'..=b'9' => "a number".to_owned(),
        b't' | b'f' | b'n' => "`true`, `false` or `null`".to_owned(),
        b'!'..=b'~' => format!("`{}`", char::from(byte)),
        _ => "something else".to_owned(),
    }
}

/// Returns where a value stands in the text of the object that has it, in bytes.
pub(super) fn offset_of(value: &RawValue, text: &RowText) -> usize {
    value.get().as_ptr().addr() - text.bytes().as_ptr().addr()
}

/// Returns the error with the place of the character that it is about.
fn syntax_error(error: &serde_json::Error, text: &RowText, json: &str) -> RowError {
    let (mut place, reason) = (last_read(error, json), reason(error));
    // It is the one error before whose character the reading stops.
    if reason.contains("control character") {
        place += json[place..].find(|read| read < ' ').unwrap_or_default();
    }
    text.error_at(place, reason)
}

/// Returns where the last byte stands that was read before the error, which goes by its line and
/// its place there, both 1-based; the end of a line is the place 0 of the next one.
fn last_read(error: &serde_json::Error, json: &str) -> usize {
    let lines = json.split_inclusive('\n');
    let before = lines.take(error.line().saturating_sub(1)).map(str::len);
    let offset = before.sum::<usize>() + error.column();
    json.floor_char_boundary(offset.saturating_sub(1))
}

/// Returns what the error says, without the place, which is one in the row's text.
fn reason(error: &serde_json::Error) -> String {
    let message = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    let message = message.strip_suffix(&place).unwrap_or(&message);
    format!("not valid JSON: {message}")
}
