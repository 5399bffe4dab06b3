//! Brings rows into a table: straight into an empty one, else through a temporary table from
//! which only what differs is updated and only what is missing is inserted.

mod ahead;
mod blame;
mod fault;
mod fixed;
mod keys;
mod merge;
mod narrow;
mod park;
mod put;
mod reader;
#[cfg(test)]
mod tests;
mod waiting;

use std::ops::ControlFlow;

use fault::Fault;
use merge::Merge;
use reader::Reader;

pub(crate) use waiting::find_violation;

use super::block::{RowError, RowSource};
use super::shape::{Column, TableShape};
use super::{Landing, Refused};
use crate::backend::Backend;
use crate::backend::error::DatabaseError;
use crate::backend::query::Query;
pub(crate) use crate::event::RowCounts;
use crate::sql::Position;

/// What becomes of rows that the table has already, and of those that the file has not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum LoadMode {
    /// Rows that differ are updated.
    #[default]
    Upsert,
    /// Rows that are there are left as they are.
    InsertMissing,
    /// As `Upsert`, and rows that the file does not have are deleted.
    Replace,
}

/// What is loaded, and how.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load<'a> {
    pub(crate) table: &'a TableShape,
    /// The columns of the file, all of them the table's, in the order of a row's fields.
    pub(crate) columns: &'a [String],
    /// The columns by which a row is found again, all of them the file's, and unique.
    pub(crate) key: &'a [String],
    pub(crate) mode: LoadMode,
}

impl<'a> Load<'a> {
    /// Returns the columns of the file.
    fn shapes(&self) -> Result<Vec<&'a Column>, LoadError> {
        let shape = |name: &String| {
            let absent = || RowError {
                position: None,
                column: Some(name.clone()),
                message: format!("table `{}` has no column `{name}`", self.table.name),
            };
            self.table.column(name).ok_or_else(absent)
        };
        let shapes = self.columns.iter().map(shape);
        Ok(shapes.collect::<Result<_, _>>()?)
    }

    /// Returns where a column stands in a row.
    fn place(&self, column: &str) -> Option<usize> {
        self.columns.iter().position(|name| name == column)
    }

    fn is_key(&self, columns: &[String]) -> bool {
        columns.len() == self.key.len() && self.key.iter().all(|name| columns.contains(name))
    }
}

/// Why rows could not be brought in; whoever began the transaction rolls it back.
#[derive(Debug)]
pub(crate) enum LoadError {
    /// The file cannot be read.
    Source(RowError),
    /// Two rows of the file have the same key.
    Duplicate {
        /// Where the first of them stands, where it could be found.
        first: Option<Position>,
        /// Where the other one stands, where it could be found.
        again: Option<Position>,
        /// The key's values, as `column=value, …`.
        key: String,
    },
    /// The database refused a row, or the whole of it.
    Refused {
        /// Where the value stands, or else its row, where it could be found.
        position: Option<Position>,
        /// The column, where it is known.
        column: Option<String>,
        /// The value in it, as the file has it.
        value: Option<String>,
        /// What the database said.
        error: DatabaseError,
    },
    /// Whoever is told how far it is wants no more.
    Stopped,
}

/// Is told, now and then, how far a source is read, and says whether it is to be read further.
pub(crate) type Progress<'a> = dyn FnMut(u64) -> ControlFlow<()> + 'a;

impl From<RowError> for LoadError {
    fn from(error: RowError) -> Self {
        Self::Source(error)
    }
}

impl From<DatabaseError> for LoadError {
    fn from(error: DatabaseError) -> Self {
        Self::Refused {
            position: None,
            column: None,
            value: None,
            error,
        }
    }
}

/// Brings all rows of a source into a table, inside the transaction that is open, and moves the
/// table's sequences past them.
pub(crate) fn load(
    backend: &mut dyn Backend,
    load: &Load<'_>,
    source: &mut dyn RowSource,
    progress: &mut Progress<'_>,
) -> Result<RowCounts, LoadError> {
    let mut reader = Reader::new(load, source, progress);
    bring_in(backend, load, &mut reader).map_err(|fault| reader.locate(fault))
}

fn bring_in(
    backend: &mut dyn Backend,
    load: &Load<'_>,
    reader: &mut Reader<'_>,
) -> Result<RowCounts, Fault> {
    let way_back = backend.fix_reading()?;
    let counts = if goes_straight(backend, load)? {
        straight(backend, load, reader)?
    } else {
        merge(backend, load, reader)?
    };
    backend.advance_sequences(load.table)?;
    if let Some(way_back) = way_back {
        backend.load(&way_back)?;
    }
    Ok(counts)
}

/// Puts all rows of a source into a table beside those that are there, inside the transaction that
/// is open, moves the table's sequences past them, and returns how many were put and which
/// sequences moved. Nothing is looked for or compared: no key is asked for, and no mode.
pub(crate) fn append(
    backend: &mut dyn Backend,
    (table, columns): (&TableShape, &[String]),
    source: &mut dyn RowSource,
    progress: &mut Progress<'_>,
) -> Result<(u64, Vec<String>), LoadError> {
    let load = Load {
        table,
        columns,
        key: &[],
        mode: LoadMode::InsertMissing,
    };
    let landing = Landing {
        table: table.name.quoted(),
        columns: load.shapes()?,
        number: None,
    };
    let mut reader = Reader::new(&load, source, progress);
    let put = put::all(backend, &landing, &mut reader);
    let rows = put.map_err(|failure| {
        let fault = match failure {
            put::Failure::Read(fault) => fault,
            put::Failure::Refused { refused, row } => blame::row(backend, &load, &row, refused),
        };
        reader.locate(fault)
    })?;
    Ok((rows, backend.advance_sequences(table)?))
}

/// Returns whether rows can be put into the table as they come. Rows that refer to one another may
/// stand in any order, which a table checks after each statement: they come in one. Where the key
/// is only checked at the commit, nobody would know the rows then; under row security there is no
/// `COPY`.
fn goes_straight(backend: &mut dyn Backend, load: &Load<'_>) -> Result<bool, DatabaseError> {
    let table = load.table;
    let checked_at_once = table.keys_over(load.key).any(|key| key.immediate);
    if table.refers_to_itself() || table.row_security || !checked_at_once {
        return Ok(false);
    }
    let any = Query::new(format!("SELECT 1 FROM {} LIMIT 1", table.name.quoted())).once();
    Ok(backend.load(&any)?.is_empty())
}

/// Puts the rows into an empty table, and looks again at a file that has a key twice: the table
/// does not know the rows.
fn straight(
    backend: &mut dyn Backend,
    load: &Load<'_>,
    reader: &mut Reader<'_>,
) -> Result<RowCounts, Fault> {
    let landing = Landing {
        table: load.table.name.quoted(),
        columns: load.shapes()?,
        number: None,
    };
    backend.begin()?;
    let failure = match put::all(backend, &landing, reader) {
        Ok(inserted) => {
            backend.commit()?;
            return Ok(RowCounts {
                inserted,
                unchanged: reader.rows().saturating_sub(inserted),
                ..RowCounts::default()
            });
        }
        Err(failure) => failure,
    };
    backend.rollback()?;
    match failure {
        put::Failure::Read(fault) => Err(fault),
        put::Failure::Refused { refused, row } => {
            if violates_key(backend, load, &refused)? && reader.rewind()? {
                return merge(backend, load, reader);
            }
            Err(blame::row(backend, load, &row, refused))
        }
    }
}

fn violates_key(
    backend: &mut dyn Backend,
    load: &Load<'_>,
    refused: &Refused,
) -> Result<bool, DatabaseError> {
    Ok(refused.error.kind() == Some("23505")
        && load.is_key(&backend.blamed_columns(load.table, refused)?))
}

/// Puts the rows into a temporary table and makes the table like it.
fn merge(
    backend: &mut dyn Backend,
    load: &Load<'_>,
    reader: &mut Reader<'_>,
) -> Result<RowCounts, Fault> {
    let merge = Merge::stage(backend, load)?;
    merge.fill(backend, reader)?;
    merge.prepare(backend, reader.key_order())?;
    let counts = merge.run(backend, reader.rows())?;
    merge.drop(backend)?;
    Ok(counts)
}
