//! The rows that a step leaves in the history.

use super::{Context, count, is_up, ms};
use crate::backend::Backend;
use crate::backend::error::DatabaseError;
use crate::history::{self, NewAttempt, Operation, RolledBack, Status, WayDown};
use crate::migration::failure::{StateLeft, StepFailure};
use crate::migration::prepare::{Mode, Step};

/// Returns the row of a step that is about to be committed.
pub(super) fn success(context: &Context<'_>, step: &Step, execution_time_ms: i64) -> NewAttempt {
    NewAttempt {
        status: Status::Success,
        statements_done: count(step.total()),
        execution_time_ms: Some(execution_time_ms),
        ..blank(context, step)
    }
}

fn blank(context: &Context<'_>, step: &Step) -> NewAttempt {
    let identity = context.identity;
    NewAttempt {
        version: step.planned.version.clone(),
        name: step.planned.name.clone(),
        operation: Operation::Apply,
        status: Status::Running,
        batch: if step.planned.again {
            step.planned.batch
        } else {
            Some(context.batch)
        },
        checksum: step.checksum,
        checksum_raw: step.checksum_raw,
        transactional: step.mode == Mode::Transactional,
        statements_total: count(step.total()),
        statements_done: 0,
        started_at: context.clock.now(),
        execution_time_ms: None,
        applied_by: identity.user.clone(),
        application: Some(identity.application.clone()),
        environment: identity.environment.clone(),
        error: None,
        reason: None,
        up_sql: step.up_sql.clone(),
        down_sql: step.down_sql.clone(),
        backup: context.backup.map(str::to_owned),
    }
}

/// Notes, before the first statement, that a step runs statement by statement.
pub(super) fn begin(
    backend: &mut dyn Backend,
    context: &Context<'_>,
    step: &Step,
) -> Result<(), DatabaseError> {
    let tables = context.tables;
    let (done, total) = (step.planned.statements_done, count(step.total()));
    match (is_up(step), step.planned.attempt) {
        (true, Some(_)) => go_on(backend, context, step),
        (true, None) => begin_apply(backend, context, step),
        (false, Some(id)) => {
            let sql = step.down_sql.as_deref();
            let way_down = WayDown {
                total,
                done,
                sql,
                backup: context.backup,
            };
            history::begin_rollback(backend, tables, id, &way_down)
        }
        // Under the lock everything that is applied has a row: what had none was adopted.
        (false, None) => Ok(()),
    }
}

/// Begins an attempt of its own that goes on where the last one stopped, which keeps its row and
/// what it failed of.
fn go_on(
    backend: &mut dyn Backend,
    context: &Context<'_>,
    step: &Step,
) -> Result<(), DatabaseError> {
    let row = NewAttempt {
        statements_done: step.planned.statements_done,
        ..blank(context, step)
    };
    let cut_off = "cut off; a later attempt went on with it";
    whole(backend, |backend| {
        history::fail_apply(backend, context.tables, &row.version, 0, cut_off)?;
        history::insert(backend, context.tables, &row)
    })
}

fn begin_apply(
    backend: &mut dyn Backend,
    context: &Context<'_>,
    step: &Step,
) -> Result<(), DatabaseError> {
    let row = blank(context, step);
    if !step.planned.again {
        return history::insert(backend, context.tables, &row);
    }
    // From here on it is half applied, and no longer what the old rows say.
    let version = &step.planned.version;
    whole(backend, |backend| {
        history::delete_diesel_row(backend, context.tables, version)?;
        let given_up = RolledBack::noticed(row.started_at);
        history::finish_rollback(backend, context.tables, version, given_up)?;
        history::insert(backend, context.tables, &row)
    })
}

/// Runs some statements of ours in one transaction.
fn whole(
    backend: &mut dyn Backend,
    write: impl FnOnce(&mut dyn Backend) -> Result<(), DatabaseError>,
) -> Result<(), DatabaseError> {
    backend.begin()?;
    match write(backend) {
        Ok(()) => backend.commit(),
        Err(error) => {
            // The first error is the one worth telling.
            let _ = backend.rollback();
            Err(error)
        }
    }
}

/// Records a failure, after everything that it undid is undone.
pub(super) fn fail(
    backend: &mut dyn Backend,
    context: &Context<'_>,
    step: &Step,
    failure: &StepFailure,
) -> Result<(), DatabaseError> {
    if failure.state_left == StateLeft::Unknown {
        return Err(DatabaseError::from_message("the connection is gone"));
    }
    let tables = context.tables;
    let version = &step.planned.version;
    let error = failure.to_string();
    match (is_up(step), step.mode) {
        (true, Mode::Transactional) => history::insert(
            backend,
            tables,
            &NewAttempt {
                status: Status::Failed,
                error: Some(error),
                ..blank(context, step)
            },
        ),
        (true, Mode::StatementWise) => whole(backend, |backend| {
            let none_done = matches!(
                failure.state_left,
                StateLeft::StepRolledBack | StateLeft::StatementHalfWay { done: 0, .. }
            );
            if step.planned.again && none_done {
                // None of its statements is done: it is still what the old rows say.
                history::undo_force(backend, tables, version)?;
            }
            let took = ms(failure.execution_time);
            history::fail_apply(backend, tables, version, took, &error)
        }),
        (false, Mode::Transactional) => {
            let noted = (error.as_str(), context.backup);
            history::note_rollback_failure(backend, tables, version, noted)
        }
        (false, Mode::StatementWise) => history::fail_rollback(backend, tables, version, &error),
    }
}
