//! Says of a row that was refused which of its columns it was, and with what value.

use super::Load;
use super::fault::{Culprit, Fault};
use crate::backend::Backend;
use crate::backend::error::DatabaseError;
use crate::backend::rows::{Landing, Refused, RowBlock, Stage};

/// The temporary table into which single fields are put.
const PROBE: &str = "dieselkit_field";

/// Makes the error of a row, which stands alone in its block; where none does, nobody knows it.
pub(super) fn row(
    backend: &mut dyn Backend,
    load: &Load<'_>,
    row: &RowBlock,
    refused: Refused,
) -> Fault {
    if row.len() == 0 {
        return refused.error.into();
    }
    let column = column(backend, load, &refused).or_else(|| unreadable_column(backend, load, row));
    let place = column.as_deref().and_then(|name| load.place(name));
    let value = place.and_then(|place| row.field_of(0, place).text());
    Fault::Row(Culprit {
        number: row.number(0),
        value: value.map(str::to_owned),
        column,
        error: refused.error,
    })
}

/// Returns the column that an error is about, where the engine knows it, or where there is but one
/// that it can be. An error about several has them in its own words.
pub(super) fn column(
    backend: &mut dyn Backend,
    load: &Load<'_>,
    refused: &Refused,
) -> Option<String> {
    if refused.column.is_some() {
        return refused.column.clone();
    }
    let columns = backend.blamed_columns(load.table, refused).ok()?;
    let columns = match load.table.references.as_slice() {
        [only] if columns.is_empty() && is_foreign_key(refused) => only.columns.clone(),
        _ => columns,
    };
    <[String; 1]>::try_from(columns).ok().map(|[column]| column)
}

/// Returns whether a row refers to one that is not there.
pub(super) fn is_foreign_key(refused: &Refused) -> bool {
    refused.error.kind() == Some("23503")
}

/// Finds the field that its column's type does not take, by giving it to that type alone.
fn unreadable_column(backend: &mut dyn Backend, load: &Load<'_>, row: &RowBlock) -> Option<String> {
    let columns = load.shapes().ok()?;
    let refuses = |place: &usize| {
        let mut field = RowBlock::default();
        field.push(row.field_of(0, *place));
        field.end_row();
        let stage = Stage {
            name: PROBE,
            table: load.table,
            columns: &columns[*place..=*place],
            number: None,
        };
        takes(backend, &stage, &field).is_ok_and(|taken| !taken)
    };
    let place = (0..columns.len()).find(refuses)?;
    Some(columns[place].name.clone())
}

/// Returns whether a temporary table takes a field; it is gone afterwards.
fn takes(
    backend: &mut dyn Backend,
    stage: &Stage<'_>,
    field: &RowBlock,
) -> Result<bool, DatabaseError> {
    backend.begin()?;
    let taken = backend.create_stage(stage).map(|table| {
        let landing = Landing {
            table,
            columns: stage.columns.to_vec(),
            number: None,
        };
        backend.put_rows(&landing, field).is_ok()
    });
    backend.rollback()?;
    taken
}
