//! CSV files: the header, NULL, and as many fields in each row.
//!
//! How a record is cut into fields is `record`'s.

use std::io::BufRead;

use super::input::Input;
use super::record::{Quoting, Record};
use super::{Held, Layout, names, of_the_file};
use crate::backend::rows::{Field, RowBlock, RowError};
use crate::sql::Position;

/// The rows of a CSV file.
///
/// An unquoted field that is empty, or that is the layout's `null`, is NULL; a quoted one is text.
/// Empty lines are passed over, but in a file of one column, where each is a row.
#[derive(Debug)]
pub(super) struct CsvRows<R> {
    input: Input<R>,
    record: Record,
    held: Held,
    null: String,
    /// The columns of the file that are taken.
    columns: Vec<String>,
    /// For each field of the file the name of its column, and whether it is taken.
    fields: Vec<String>,
    taken: Vec<Taken>,
}

/// Whether a field is part of the row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Taken {
    Yes,
    No,
}

impl Taken {
    fn of(name: &String, columns: &[String]) -> Self {
        if columns.contains(name) {
            Self::Yes
        } else {
            Self::No
        }
    }
}

impl<R: BufRead> CsvRows<R> {
    /// Reads the first record: the header, or the first row where there is none.
    pub(super) fn open(mut input: Input<R>, layout: &Layout) -> Result<Self, RowError> {
        let mut record = Record::new(layout.delimiter.unwrap_or(b','));
        let asked = layout.columns.as_deref();
        let width = asked.map_or(0, <[String]>::len);
        if !read_record(&mut record, &mut input, &[], width)? {
            let message = "the file is empty: its first line must name the columns";
            return Err(of_the_file(message.to_owned()));
        }
        let first: Vec<String> = record.fields()?.map(|(name, _)| name.into()).collect();
        let Header {
            fields,
            columns,
            held,
        } = header(&record, first, asked)?;
        let taken = fields.iter().map(|name| Taken::of(name, &columns));
        Ok(Self {
            taken: taken.collect(),
            null: layout.null.clone().unwrap_or_default(),
            input,
            record,
            held,
            columns,
            fields,
        })
    }

    pub(super) fn read(&mut self, rows: &mut RowBlock) -> Result<bool, RowError> {
        if !self.next()? {
            return Ok(false);
        }
        self.check_width()?;
        let fields = self.record.fields()?.zip(&self.taken);
        for ((text, quoting), _) in fields.filter(|(_, taken)| **taken == Taken::Yes) {
            rows.push(if quoting == Quoting::Unquoted && text == self.null {
                Field::Null
            } else {
                Field::Text(&text)
            });
        }
        rows.end_row();
        Ok(true)
    }

    fn next(&mut self) -> Result<bool, RowError> {
        if std::mem::replace(&mut self.held, Held::Nothing) == Held::Row {
            return Ok(true);
        }
        let width = self.fields.len();
        read_record(&mut self.record, &mut self.input, &self.fields, width)
    }

    fn check_width(&self) -> Result<(), RowError> {
        let (expected, found) = (self.fields.len(), self.record.len());
        if expected == found {
            return Ok(());
        }
        let are = if expected == 1 { "column" } else { "columns" };
        let is = if found == 1 { "field" } else { "fields" };
        let message = format!("the row has {found} {is}, and the file {expected} {are}");
        Err(self.record.error_behind(expected, message))
    }

    pub(super) fn bytes_read(&self) -> u64 {
        self.input.bytes_read()
    }

    /// Returns where the record stands that was read last, or its field of a column that it has.
    pub(super) fn position(&self, column: Option<&str>) -> Position {
        let field = column.and_then(|column| self.fields.iter().position(|name| name == column));
        match field {
            None => self.record.position(),
            Some(field) => self.record.position_of(field),
        }
    }
}

impl<R> CsvRows<R> {
    pub(super) fn columns(&self) -> &[String] {
        &self.columns
    }
}

/// Reads the next record that is no empty line, or is a row of one column.
fn read_record<R: BufRead>(
    record: &mut Record,
    input: &mut Input<R>,
    columns: &[String],
    width: usize,
) -> Result<bool, RowError> {
    loop {
        let read = record.read(input, columns)?;
        if !read || width == 1 || !record.is_blank() {
            return Ok(read);
        }
    }
}

/// What the first record says.
struct Header {
    /// The names of all fields.
    fields: Vec<String>,
    /// The names of those that are taken, in the file's order.
    columns: Vec<String>,
    held: Held,
}

fn header(
    record: &Record,
    first: Vec<String>,
    asked: Option<&[String]>,
) -> Result<Header, RowError> {
    let Some(asked) = asked else {
        names::check(&first, Some(record.position()))?;
        return Ok(Header {
            columns: first.clone(),
            fields: first,
            held: Held::Nothing,
        });
    };
    let missing: Vec<_> = asked.iter().filter(|name| !first.contains(name)).collect();
    match missing.as_slice() {
        [] => {
            let columns = first.iter().filter(|name| asked.contains(name));
            let columns: Vec<String> = columns.cloned().collect();
            names::check(&columns, Some(record.position()))?;
            Ok(Header {
                columns,
                fields: first,
                held: Held::Nothing,
            })
        }
        _ if missing.len() == asked.len() => Ok(Header {
            columns: asked.to_vec(),
            fields: asked.to_vec(),
            held: Held::Row,
        }),
        [name, ..] => Err(record.error(format!(
            "the line has some of the names of `columns`, but not `{name}`: \
             it must have all of them to be the header, or none to be a row"
        ))),
    }
}
