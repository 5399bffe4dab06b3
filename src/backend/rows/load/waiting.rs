//! Finds the row that breaks a constraint which is only looked at at the commit, when nobody knows
//! any more which statement it was.

use std::ops::ControlFlow;

use super::fault::Fault;
use super::merge::Merge;
use super::narrow::{self, Found};
use super::reader::Reader;
use super::{Load, LoadError};
use crate::backend::Backend;
use crate::backend::error::DatabaseError;
use crate::backend::query::Query;
use crate::backend::rows::{RowSource, UniqueKey};
use crate::backend::tables::quote_identifier;

/// Finds the first row of a source that breaks a foreign key or a unique key of its table, in the
/// transaction in which it was loaded and which is not committed; the error says what the commit
/// said. `None` where it is no row of this source.
pub(crate) fn find_violation(
    backend: &mut dyn Backend,
    load: &Load<'_>,
    source: &mut dyn RowSource,
    said: &DatabaseError,
) -> Result<Option<LoadError>, LoadError> {
    let mut progress = |_| ControlFlow::Continue(());
    let mut reader = Reader::new(load, source, &mut progress);
    match violation(backend, load, &mut reader, said) {
        Ok(found) => Ok(found.map(|fault| reader.locate(fault))),
        Err(fault) => Err(reader.locate(fault)),
    }
}

fn violation(
    backend: &mut dyn Backend,
    load: &Load<'_>,
    reader: &mut Reader<'_>,
    said: &DatabaseError,
) -> Result<Option<Fault>, Fault> {
    let merge = Merge::stage(backend, load)?;
    let way_back = backend.fix_reading()?;
    merge.fill(backend, reader)?;
    if let Some(way_back) = way_back {
        backend.load(&way_back)?;
    }
    let found = match narrow::broken_reference(backend, &merge)? {
        Some(found) => Some(found),
        None => repeated_key(backend, &merge)?,
    };
    let fault = found.map(|found| narrow::of_row(backend, &merge, found, said.clone()));
    merge.drop(backend)?;
    Ok(fault)
}

/// Finds the first row whose values of a key that waits are in the table more than once.
fn repeated_key(
    backend: &mut dyn Backend,
    merge: &Merge<'_>,
) -> Result<Option<Found>, DatabaseError> {
    let in_file = |key: &&UniqueKey| {
        let mut columns = key.columns.iter();
        !key.immediate && columns.all(|name| merge.load.place(name).is_some())
    };
    for key in merge.load.table.keys.iter().filter(in_file) {
        let rows = backend.load(&Query::new(first_repeated(merge, key)).once())?;
        let number = rows
            .first()
            .map(|row| row.optional_integer(0))
            .transpose()?;
        if let Some(number) = number.flatten() {
            let only = <&[String; 1]>::try_from(key.columns.as_slice());
            return Ok(Some(Found {
                number: number.unsigned_abs(),
                column: only.ok().map(|[column]| column.clone()),
            }));
        }
    }
    Ok(None)
}

/// Returns the query of the first row that repeats an earlier one, else of the first that repeats
/// a row of the table.
fn first_repeated(merge: &Merge<'_>, key: &UniqueKey) -> String {
    let same_as = |other: &str| {
        let columns = key.columns.iter().map(|name| quote_identifier(name));
        let same = columns.map(|name| format!("{other}.{name} = stage.{name}"));
        same.collect::<Vec<_>>().join(" AND ")
    };
    format!(
        "SELECT coalesce(
  (SELECT min(stage.{number}) FROM {stage} AS stage WHERE EXISTS
    (SELECT 1 FROM {stage} AS earlier WHERE {same_as_earlier} AND earlier.{number} < stage.{number})),
  (SELECT min(stage.{number}) FROM {stage} AS stage WHERE
    (SELECT count(*) FROM {target} AS target WHERE {same_as_target}) > 1)
)",
        number = merge.number(),
        stage = merge.stage,
        target = merge.target(),
        same_as_earlier = same_as("earlier"),
        same_as_target = same_as("target"),
    )
}
