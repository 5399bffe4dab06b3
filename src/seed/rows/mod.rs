//! Data files as rows: CSV, JSON lines, and JSON arrays of objects.
//!
//! Each format is a [`RowSource`] whose columns are known before its first row. Nothing is read
//! whole: memory holds one row, and a row has a limit. It knows no table: which columns there are
//! in the database, and what a text means to them, is for whoever brings the rows in.

mod array;
mod csv;
mod input;
mod json;
mod names;
mod object;
mod record;
#[cfg(test)]
mod tests;

use std::io::BufRead;

use crate::backend::rows::{RowBlock, RowError, RowSource};
use crate::sql::Position;

use self::csv::CsvRows;
use input::Input;
pub(in crate::seed) use input::LONGEST_ROW;
use json::JsonRows;

/// What a data file is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// Comma-separated values, as RFC 4180 and `PostgreSQL` have them.
    Csv,
    /// One JSON object a line.
    JsonLines,
    /// One JSON array of objects.
    Json,
}

impl Format {
    /// Returns the format of files whose name ends so, the dot left out; `None` where there is
    /// none.
    pub(crate) fn from_extension(extension: &str) -> Option<Self> {
        match extension {
            "csv" => Some(Self::Csv),
            "jsonl" => Some(Self::JsonLines),
            "json" => Some(Self::Json),
            _ => None,
        }
    }

    /// Returns how the names of its files end, the dot left out.
    pub(crate) fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::JsonLines => "jsonl",
            Self::Json => "json",
        }
    }
}

/// What is said about a file beside it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Layout {
    /// What stands between two fields of a CSV file: one ASCII character, by default a comma.
    pub(crate) delimiter: Option<u8>,
    /// The unquoted text that is NULL in a CSV file, by default the empty one. A quoted field
    /// never is.
    pub(crate) null: Option<String>,
    /// The columns that are taken from the file.
    ///
    /// Each object of a JSON file must have all of them, and what else it has is left out. So it
    /// is with a CSV file whose first line has all of these names: that line is its header. Where
    /// the first line has none of them, the file has no header, and these are the names of its
    /// fields, in order. A first line with only some of them is refused, as nobody can tell
    /// whether it is a header.
    pub(crate) columns: Option<Vec<String>>,
}

/// What a layout cannot mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LayoutFault {
    /// What is wrong: `columns`, `delimiter` or `null`.
    pub(crate) key: &'static str,
    /// Why, as a fragment.
    pub(crate) message: String,
}

impl Layout {
    /// Refuses what cannot be meant of a file of this format, before it is read.
    pub(crate) fn check(&self, format: Format) -> Result<(), LayoutFault> {
        let refuse = |key, message| Err(LayoutFault { key, message });
        if let Some(columns) = &self.columns
            && let Err(error) = names::check(columns, None)
        {
            return refuse("columns", error.message);
        }
        if format == Format::Csv {
            return match self.delimiter {
                Some(delimiter) if !divides(delimiter) => {
                    refuse("delimiter", NO_DELIMITER.to_owned())
                }
                _ => Ok(()),
            };
        }
        for (key, given) in [
            ("delimiter", self.delimiter.is_some()),
            ("null", self.null.is_some()),
        ] {
            if given {
                return refuse(key, format!("`{key}` is for CSV files only"));
            }
        }
        Ok(())
    }
}

fn divides(delimiter: u8) -> bool {
    delimiter.is_ascii() && !matches!(delimiter, b'"' | b'\r' | b'\n' | 0)
}

const NO_DELIMITER: &str = "the delimiter must be one ASCII character, and no quote or line end";

/// Opens a file and reads as much of it as names its columns.
///
/// # Errors
///
/// Says what is wrong with the layout, the header, or the first object.
pub(crate) fn open<R: BufRead>(
    reader: R,
    format: Format,
    layout: &Layout,
) -> Result<Opened<R>, RowError> {
    layout
        .check(format)
        .map_err(|fault| of_the_file(fault.message))?;
    let input = Input::new(reader)?;
    let rows = match format {
        Format::Csv => Rows::Csv(CsvRows::open(input, layout)?),
        Format::JsonLines => Rows::Json(JsonRows::of_lines(input, layout)?),
        Format::Json => Rows::Json(JsonRows::of_array(input, layout)?),
    };
    Ok(Opened { rows })
}

/// The first row, if it was read to know the columns and is still to be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Held {
    Row,
    Nothing,
}

/// A file whose columns are known, and whose rows are still to be read.
#[derive(Debug)]
pub(crate) struct Opened<R> {
    rows: Rows<R>,
}

#[derive(Debug)]
enum Rows<R> {
    Csv(CsvRows<R>),
    Json(JsonRows<R>),
}

impl<R> Opened<R> {
    /// Returns the columns in the order of a row's fields; none at all where a JSON file has no
    /// object and the layout names no columns.
    pub(crate) fn columns(&self) -> &[String] {
        match &self.rows {
            Rows::Csv(rows) => rows.columns(),
            Rows::Json(rows) => rows.columns(),
        }
    }
}

impl<R: BufRead + Send> RowSource for Opened<R> {
    /// Adds the next row to a block; `false` at the end. A row with an error adds nothing.
    fn read(&mut self, rows: &mut RowBlock) -> Result<bool, RowError> {
        match &mut self.rows {
            Rows::Csv(source) => source.read(rows),
            Rows::Json(source) => source.read(rows),
        }
    }

    fn read_so_far(&self) -> u64 {
        match &self.rows {
            Rows::Csv(rows) => rows.bytes_read(),
            Rows::Json(rows) => rows.bytes_read(),
        }
    }

    fn position(&self, column: Option<&str>) -> Option<Position> {
        Some(match &self.rows {
            Rows::Csv(rows) => rows.position(column),
            Rows::Json(rows) => rows.position(column),
        })
    }
}

/// Returns an error that is about no place.
fn of_the_file(message: String) -> RowError {
    RowError {
        position: None,
        column: None,
        message,
    }
}
