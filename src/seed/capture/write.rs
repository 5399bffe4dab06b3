//! Writes one table's rows as CSV.
//!
//! NULL is an empty field and the empty text is quoted, as `PostgreSQL` has it.

use std::io::{BufWriter, Write};
use std::ops::ControlFlow;

use super::anonymize::Masks;
use super::choice::Choice;
use super::error::CaptureError;
use super::select::select;
use super::target::Target;
use crate::backend::Backend;
use crate::backend::error::During;
use crate::backend::rows::Column;

/// Writes a table's rows, and returns how many there are.
pub(super) fn write(
    backend: &mut dyn Backend,
    choice: &Choice,
    index: usize,
    (masks, target): (&Masks, &Target),
) -> Result<u64, CaptureError> {
    let shape = &choice.tables[index].shape;
    let columns = shape.columns.iter().filter(|column| !column.computed);
    let columns: Vec<&Column> = columns.collect();
    let read: Vec<_> = columns
        .iter()
        .map(|column| backend.as_text(column))
        .collect();
    let query = select(choice, index, &read);
    let mut out = BufWriter::new(target.create()?);
    let header = columns.iter().map(|column| Some(column.name.as_str()));
    let mut written = write_row(&mut out, header);
    let mut rows = 0;
    backend
        .read_texts(&query, &columns, &mut |values| {
            let texts = values.iter().zip(&columns);
            let masked: Vec<_> = texts
                .map(|(text, column)| masks.mask(&shape.name, column, text.as_deref()))
                .collect();
            written = write_row(&mut out, masked.iter().map(|text| text.as_deref()));
            rows += 1;
            match written {
                Ok(()) => ControlFlow::Continue(()),
                Err(_) => ControlFlow::Break(()),
            }
        })
        .during("read the rows of a table")?;
    written
        .and_then(|()| {
            out.into_inner()
                .map_err(std::io::IntoInnerError::into_error)
        })
        .and_then(|file| file.sync_all())
        .map_err(|error| target.failed(error))?;
    Ok(rows)
}

fn write_row<'a>(
    out: &mut impl Write,
    fields: impl Iterator<Item = Option<&'a str>>,
) -> std::io::Result<()> {
    for (index, field) in fields.enumerate() {
        if index > 0 {
            out.write_all(b",")?;
        }
        match field {
            None => {}
            Some(text) if needs_quotes(text) => {
                write!(out, "\"{}\"", text.replace('"', "\"\""))?;
            }
            Some(text) => out.write_all(text.as_bytes())?,
        }
    }
    out.write_all(b"\n")
}

fn needs_quotes(text: &str) -> bool {
    text.is_empty()
        || text.contains([',', '"', '\n', '\r'])
        || text.starts_with([' ', '\t', '\u{feff}'])
        || text.ends_with([' ', '\t'])
}
