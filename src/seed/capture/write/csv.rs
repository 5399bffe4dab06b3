//! Rows as CSV: NULL is an empty field and the empty text is quoted, as `PostgreSQL` has it.

use crate::backend::rows::Field;

/// Writes one line.
pub(super) fn write<'a>(out: &mut Vec<u8>, fields: impl Iterator<Item = Field<'a>>) {
    for (index, field) in fields.enumerate() {
        if index > 0 {
            out.push(b',');
        }
        match field.text() {
            None => {}
            Some(text) if needs_quotes(text) => {
                out.push(b'"');
                out.extend_from_slice(text.replace('"', "\"\"").as_bytes());
                out.push(b'"');
            }
            Some(text) => out.extend_from_slice(text.as_bytes()),
        }
    }
    out.push(b'\n');
}

fn needs_quotes(text: &str) -> bool {
    text.is_empty()
        || text.contains([',', '"', '\n', '\r'])
        || text.starts_with([' ', '\t', '\u{feff}'])
        || text.ends_with([' ', '\t'])
}
