//! Writes one table's rows into a file, one after the other.
//!
//! How a row is written is for each format's own file to say.

mod csv;
mod json;

use std::io::{BufWriter, Write};
use std::ops::ControlFlow;

use super::anonymize::{Masks, TooLong};
use super::choice::{Choice, Chosen};
use super::error::CaptureError;
use super::select::select;
use super::target::Target;
use crate::backend::Backend;
use crate::backend::error::{BackendError, DatabaseError};
use crate::backend::rows::{Column, Field, NEEDS_TYPES, RowBlock, Selected, TableShape, Typing};
use crate::cancellation::Cancellation;
use crate::seed::rows::{Format, LONGEST_ROW};

/// What is the same for all tables.
pub(super) struct Writing<'a> {
    pub(super) choice: &'a Choice,
    pub(super) masks: &'a Masks,
    pub(super) cancellation: &'a Cancellation,
}

impl Writing<'_> {
    /// Writes a table's rows, and returns how many there are.
    pub(super) fn write(
        &self,
        backend: &mut dyn Backend,
        index: usize,
        target: &Target,
    ) -> Result<u64, CaptureError> {
        let shape = &self.choice.tables[index].shape;
        let columns: Vec<&Column> = shape.columns.iter().filter(|one| !one.computed).collect();
        let query = select(backend, self.choice, index, &columns);
        let selected = Selected {
            columns: &columns,
            typing: typing(target.format()),
        };
        let masks = self.masks.of(&shape.name, &columns);
        let key = key_places(&self.choice.tables[index], &columns);
        let mut file = RowFile::create(target, &columns)?;
        let mut masked = RowBlock::default();
        let mut stopped = None;
        backend
            .read_rows(&query, &selected, &mut |row| {
                let written = if self.cancellation.is_cancelled() {
                    Err(CaptureError::Interrupted)
                } else if key
                    .iter()
                    .any(|place| row.field_of(0, *place) == Field::Null)
                {
                    Err(CaptureError::NoKeyValue {
                        table: shape.name.to_string(),
                    })
                } else {
                    self.masks
                        .mask(&masks, row, &mut masked)
                        .map_err(|long| too_long(shape, columns[long.place], &long))
                        .and_then(|()| file.write(&masked))
                };
                match written {
                    Ok(()) => ControlFlow::Continue(()),
                    Err(error) => {
                        stopped = Some(error);
                        ControlFlow::Break(())
                    }
                }
            })
            .map_err(|error| self.unread(error))?;
        match stopped {
            Some(error) => Err(error),
            None => file.end(),
        }
    }
}

impl Writing<'_> {
    /// Returns that rows could not be read: where there is a condition, which is a part of the
    /// query for each table, it is to blame for what nothing else is known to be.
    fn unread(&self, error: DatabaseError) -> CaptureError {
        if error.message.ends_with(NEEDS_TYPES) {
            return CaptureError::NeedsTypes { source: error };
        }
        let filtered = self.choice.tables.iter().find(|table| table.is_filtered());
        let to_blame = filtered.filter(|_| !error.disconnected && error.cure_around("").is_none());
        match to_blame {
            Some(table) => CaptureError::Filter {
                table: table.shape.name.to_string(),
                source: error,
            },
            None => CaptureError::Backend(BackendError::Query {
                action: "read the rows of a table",
                source: error,
            }),
        }
    }
}

/// Returns where the columns of a table's key stand in a row.
fn key_places(table: &Chosen, columns: &[&Column]) -> Vec<usize> {
    let place = |name: &String| columns.iter().position(|column| column.name == *name);
    table.key().iter().filter_map(place).collect()
}

fn too_long(table: &TableShape, column: &Column, long: &TooLong) -> CaptureError {
    CaptureError::TooLong {
        column: format!("{}.{}", table.name.name, column.name),
        method: long.method.to_string(),
        room: long.room,
    }
}

fn typing(format: Format) -> Typing {
    match format {
        Format::Csv => Typing::Untyped,
        Format::JsonLines | Format::Json => Typing::Typed,
    }
}

/// A file that takes rows.
struct RowFile<'a> {
    target: &'a Target,
    out: BufWriter<std::fs::File>,
    /// The columns' names, as strings of JSON.
    keys: Vec<String>,
    /// One row; its memory serves them all.
    text: Vec<u8>,
    rows: u64,
}

impl<'a> RowFile<'a> {
    /// Makes the file, and writes what stands before the rows.
    fn create(target: &'a Target, columns: &[&Column]) -> Result<Self, CaptureError> {
        let names = columns.iter().map(|column| column.name.as_str());
        let mut file = Self {
            target,
            out: BufWriter::new(target.create()?),
            keys: names.clone().map(json::string).collect(),
            text: Vec::new(),
            rows: 0,
        };
        match target.format() {
            Format::Csv => csv::write(&mut file.text, names.map(Field::Text)),
            Format::JsonLines => {}
            Format::Json => file.text.push(b'['),
        }
        file.send()?;
        Ok(file)
    }

    /// Writes a row. One that is longer than `seed` would read is refused.
    fn write(&mut self, row: &RowBlock) -> Result<(), CaptureError> {
        let fields = row.fields(0);
        match self.target.format() {
            Format::Csv => csv::write(&mut self.text, fields),
            Format::JsonLines => {
                json::write(&mut self.text, &self.keys, fields);
                self.text.push(b'\n');
            }
            Format::Json => {
                let before: &[u8] = if self.rows == 0 { b"\n  " } else { b",\n  " };
                self.text.extend_from_slice(before);
                json::write(&mut self.text, &self.keys, fields);
            }
        }
        self.rows += 1;
        if self.text.len() > LONGEST_ROW {
            return Err(CaptureError::RowTooLong {
                path: self.target.path().to_owned(),
                row: self.rows,
            });
        }
        self.send()
    }

    /// Writes what stands behind the rows, and sees to it that all of it is on the disk.
    fn end(mut self) -> Result<u64, CaptureError> {
        if self.target.format() == Format::Json {
            let end: &[u8] = if self.rows == 0 { b"]\n" } else { b"\n]\n" };
            self.text.extend_from_slice(end);
        }
        self.send()?;
        let file = self
            .out
            .into_inner()
            .map_err(std::io::IntoInnerError::into_error);
        file.and_then(|file| file.sync_all())
            .map_err(|error| self.target.failed(error))?;
        Ok(self.rows)
    }

    fn send(&mut self) -> Result<(), CaptureError> {
        let sent = self.out.write_all(&self.text);
        self.text.clear();
        sent.map_err(|error| self.target.failed(error))
    }
}
