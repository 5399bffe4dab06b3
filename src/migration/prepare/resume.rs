//! Going on with what stopped half way.
//!
//! Only says whether that is right; the runner does it.

use super::cannot_run;
use super::step::{Mode, Step, Work};
use crate::backend::Backend;
use crate::backend::tables::Tables;
use crate::event::Direction;
use crate::history::stored_sql;
use crate::migration::error::{PrepareError, RunError};
use crate::sql::{Dialect, Script, checksum};

/// Refuses to go on with a step that stopped half way, unless what is committed is what the file
/// begins with.
pub(super) fn check_resuming(
    backend: &mut dyn Backend,
    tables: &Tables,
    step: &Step,
) -> Result<(), RunError> {
    let done = step.planned.statements_done;
    let (Some(attempt), Work::Sql(text, script)) = (step.planned.attempt, &step.work) else {
        return Ok(());
    };
    if done == 0 {
        return Ok(());
    }
    if step.mode == Mode::Transactional {
        return Err(cannot_run(
            &step.planned,
            PrepareError::ResumeTransactional {
                path: text.path.clone(),
                version: step.planned.version.clone(),
            },
        ));
    }
    let stored = stored_sql(backend, tables, attempt)?;
    let stored = match step.planned.direction {
        Direction::Up => stored.up,
        Direction::Down => stored.down,
    };
    if same_beginning(backend.dialect(), script, stored.as_deref(), done) {
        return Ok(());
    }
    Err(cannot_run(
        &step.planned,
        PrepareError::ResumeChanged {
            path: text.path.clone(),
            done,
            version: step.planned.version.clone(),
        },
    ))
}

/// Returns whether the first `done` statements are those that the history keeps.
fn same_beginning(
    dialect: &'static dyn Dialect,
    script: &Script,
    stored: Option<&str>,
    done: i64,
) -> bool {
    let done = usize::try_from(done).unwrap_or(0);
    let Some(stored) = stored else {
        return false;
    };
    if checksum(stored, dialect) == script.checksum() {
        return true;
    }
    Script::parse(stored, 1, dialect).is_ok_and(|stored| {
        let enough = stored.statements().len() >= done && script.statements().len() >= done;
        enough && stored.prefix_checksum(done) == script.prefix_checksum(done)
    })
}
