//! Columns of which a row keeps the value that it was inserted with.

use super::fault::Fault;
use super::merge::Merge;
use super::narrow::{self, Found};
use crate::backend::Backend;
use crate::backend::error::DatabaseError;
use crate::backend::query::Query;
use crate::backend::rows::Column;

/// Refuses the first row of the file that has another value there than the table's row.
pub(super) fn refuse_changes(backend: &mut dyn Backend, merge: &Merge<'_>) -> Result<(), Fault> {
    for column in merge.others().filter(|column| column.fixed) {
        if let Some(number) = first_other(backend, merge, column)? {
            let found = Found {
                number,
                column: Some(column.name.clone()),
            };
            let error = DatabaseError::from_message(
                "the row has another value there, and a column that is GENERATED ALWAYS AS IDENTITY cannot be changed",
            );
            return Err(narrow::of_row(backend, merge, found, error));
        }
    }
    Ok(())
}

fn first_other(
    backend: &mut dyn Backend,
    merge: &Merge<'_>,
    column: &Column,
) -> Result<Option<u64>, DatabaseError> {
    let query = format!(
        "SELECT min(stage.{})\nFROM {} AS target\nJOIN {} AS stage ON {}\nWHERE {}",
        merge.number(),
        merge.target(),
        merge.stage,
        merge.same_key(),
        backend.rows_differ(&[column]),
    );
    let rows = backend.load(&Query::new(query).once())?;
    let number = rows
        .first()
        .map(|row| row.optional_integer(0))
        .transpose()?;
    Ok(number.flatten().map(i64::unsigned_abs))
}
