//! Running a script's statements one by one, with the place of what fails.

use super::query::Query;
use super::{Backend, DatabaseError};
use crate::sql::Script;

/// Where a script failed.
#[derive(Debug)]
pub(crate) struct ScriptError {
    /// The index of the statement, where it is known.
    pub(crate) statement: Option<usize>,
    /// The byte offset in the script's text, where it is known.
    pub(crate) offset: Option<usize>,
    /// What the database said.
    pub(crate) error: DatabaseError,
}

/// Runs one statement of a script, or the rest of one that an earlier attempt has left half done, with
/// the place of its error.
pub(crate) fn run_statement(
    backend: &mut dyn Backend,
    script: &Script,
    index: usize,
) -> Result<(), ScriptError> {
    let unplaced = |error: DatabaseError| {
        let position = None;
        placed(script, index, DatabaseError { position, ..error })
    };
    if let Some(rest) = backend.finishing(script, index).map_err(unplaced)? {
        return backend.batch_execute(&rest).map_err(unplaced);
    }
    let statement = script.statement_text(index);
    backend.batch_execute(statement).map_err(|error| {
        let position = backend.error_position(statement, &error);
        placed(script, index, DatabaseError { position, ..error })
    })
}

/// Runs one statement of a script, as [`run_statement`] does, and returns how many rows it says that it
/// has touched, where it is one that touches rows.
pub(crate) fn run_counted(
    backend: &mut dyn Backend,
    script: &Script,
    index: usize,
) -> Result<Option<u64>, ScriptError> {
    if !script.touches_rows(index) {
        return run_statement(backend, script, index).map(|()| None);
    }
    let statement = script.statement_text(index);
    match backend.execute(&Query::new(statement).once()) {
        Ok(rows) => Ok(u64::try_from(rows).ok()),
        Err(error) => {
            let position = backend.error_position(statement, &error);
            Err(placed(script, index, DatabaseError { position, ..error }))
        }
    }
}

/// Places an error whose position counts from the start of one statement.
fn placed(script: &Script, index: usize, error: DatabaseError) -> ScriptError {
    let character = error
        .position
        .map_or(0, |position| position.saturating_sub(1));
    ScriptError {
        statement: Some(index),
        offset: Some(script.offset_in_statement(index, character)),
        error,
    }
}
