//! Puts made-up rows into their table, and says what was in the way.

use std::time::Duration;

use super::GenerateReport;
use super::error::GenerateError;
use super::maker::NoRow;
use super::options::GenerateOptions;
use super::plan::Plan;
use super::source::MadeUp;
use super::target::Target;
use crate::backend::error::DatabaseError;
use crate::backend::rows::{LoadError, append};
use crate::backend::{Backend, BackendError};
use crate::event::Event;
use crate::operation::Held;

/// Makes the rows up and puts them into the table, inside the transaction that is open.
pub(super) fn insert(
    backend: &mut dyn Backend,
    held: &Held<'_, '_>,
    (options, target): (&GenerateOptions, &Target),
    planned: Plan,
) -> Result<GenerateReport, GenerateError> {
    backend.prove_lock(held.locked.lock)?;
    let table = target.shape.name.to_string();
    let mut progress = |rows| {
        held.setup
            .observer
            .borrow_mut()
            .observe(&Event::GenerateProgressed {
                table: table.clone(),
                rows,
            });
        held.setup.cancellation.flow()
    };
    let mut source = MadeUp {
        maker: planned.maker,
        rows: options.rows,
        made: 0,
        ended: None,
    };
    let into = (&target.shape, planned.columns.as_slice());
    match append(backend, into, &mut source, &mut progress) {
        Ok((rows, sequences)) => Ok(GenerateReport {
            table: target.shape.name.to_string(),
            rows,
            seed: options.seed,
            left_to_database: planned.left,
            sequences,
            execution_time: Duration::ZERO,
        }),
        Err(LoadError::Refused { column, error, .. }) => {
            Err(refused(target, column.into_iter().collect(), error))
        }
        Err(LoadError::Stopped) => Err(GenerateError::Interrupted),
        Err(LoadError::Source(_) | LoadError::Duplicate { .. }) => Err(ended(
            target,
            &source,
            (&planned.columns, &planned.combined),
            options.rows,
        )),
    }
}

/// Returns that the database refused a row, and which columns that is about: it may have said so, or
/// it names a CHECK that is about them.
pub(super) fn refused(
    target: &Target,
    mut columns: Vec<String>,
    error: DatabaseError,
) -> GenerateError {
    if error.disconnected {
        return GenerateError::Backend(BackendError::Query {
            action: "make rows up",
            source: error,
        });
    }
    if columns.is_empty() {
        columns = target.columns_of_check(&error.message);
    }
    GenerateError::Refused {
        table: target.shape.name.to_string(),
        columns,
        source: error,
    }
}

/// Returns why there were no further rows.
fn ended(
    target: &Target,
    source: &MadeUp,
    (columns, combined): (&[String], &[Vec<String>]),
    rows: u64,
) -> GenerateError {
    let table = target.shape.name.to_string();
    match &source.ended {
        Some(NoRow::Pair(pair)) => {
            let pair = &source.maker.pairs[*pair];
            GenerateError::Unsatisfiable {
                table,
                constraint: pair.check.clone(),
                columns: vec![columns[pair.left].clone(), columns[pair.right].clone()],
            }
        }
        Some(NoRow::UsedUp(kind)) => GenerateError::NoRoom {
            table,
            columns: combined[*kind].clone(),
            room: source.made,
            rows,
            referenced: None,
        },
        None => GenerateError::Interrupted,
    }
}
