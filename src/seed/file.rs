//! A data file as a source of rows, which can begin again.
//!
//! It knows no format: that is for `rows` to know.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use super::error::UnfitSeed;
use super::rows::{self, Format, Opened};
use super::sidecar::Sidecar;
use crate::backend::rows::{RowBlock, RowError, RowSource};
use crate::migration::Place;
use crate::sql::Position;

/// A data file, opened.
#[derive(Debug)]
pub(crate) struct DataFile<'a> {
    path: &'a Path,
    format: Format,
    sidecar: &'a Sidecar,
    opened: Opened<BufReader<File>>,
}

impl<'a> DataFile<'a> {
    /// Opens a file and reads as much of it as names its columns.
    pub(crate) fn open(
        path: &'a Path,
        format: Format,
        sidecar: &'a Sidecar,
    ) -> Result<Self, UnfitSeed> {
        let file = File::open(path).map_err(|error| UnfitSeed::Unreadable {
            path: path.to_owned(),
            message: error.to_string(),
        })?;
        let opened = rows::open(BufReader::new(file), format, &sidecar.layout)
            .map_err(|error| malformed(path, error))?;
        Ok(Self {
            path,
            format,
            sidecar,
            opened,
        })
    }

    /// Returns the columns in the order of a row's fields; none of a JSON file without an object.
    pub(crate) fn columns(&self) -> &[String] {
        self.opened.columns()
    }

    /// Reads all rows, to find those that cannot be read.
    pub(crate) fn read_to_end(mut self) -> Result<(), UnfitSeed> {
        let mut row = RowBlock::default();
        while self
            .read(&mut row)
            .map_err(|error| malformed(self.path, error))?
        {
            row.clear();
        }
        Ok(())
    }
}

impl RowSource for DataFile<'_> {
    fn read(&mut self, rows: &mut RowBlock) -> Result<bool, RowError> {
        self.opened.read(rows)
    }

    fn read_so_far(&self) -> u64 {
        self.opened.read_so_far()
    }

    fn position(&self, column: Option<&str>) -> Option<Position> {
        self.opened.position(column)
    }

    fn rewind(&mut self) -> Result<bool, RowError> {
        let again = Self::open(self.path, self.format, self.sidecar);
        *self = again.map_err(|unfit| RowError {
            position: None,
            column: None,
            message: unfit.to_string(),
        })?;
        Ok(true)
    }
}

fn malformed(path: &Path, error: RowError) -> UnfitSeed {
    let RowError {
        position,
        column,
        message,
    } = error;
    UnfitSeed::Malformed {
        place: place_of_row(path, position),
        message: match column {
            None => message,
            Some(column) => format!("column `{column}`: {message}"),
        },
        hint: None,
    }
}

/// Returns the place of a row; of the file's start, where it is about none.
pub(crate) fn place_of_row(path: &Path, position: Option<Position>) -> Place {
    Place::at(path, position.unwrap_or(Position::START))
}
