//! One step through Diesel's harness, and what is known of its failure.

use std::time::Duration;

use super::body::StepBody;
use super::group::Group;
use super::step_error::StepError;
use super::{Context, record};
use crate::backend::error::DatabaseError;
use crate::backend::{Backend, ScriptError};
use crate::clock::Clock;
use crate::migration::failure::{StateLeft, StepFailure, Unplaced};
use crate::migration::place::Place;
use crate::migration::prepare::{Mode, Step, Work};
use crate::operation::{self, Remembered, WORTH_A_SECOND_LOOK};

/// A step that was tried in vain.
pub(crate) struct Tried {
    error: StepError,
    pub(super) duration: Duration,
    done: usize,
    /// The invalid indexes that it has left.
    left: Vec<String>,
}

impl Tried {
    pub(super) fn new(error: StepError) -> Self {
        Self {
            error,
            duration: Duration::ZERO,
            done: 0,
            left: Vec::new(),
        }
    }
}

/// Runs one step through Diesel's harness and returns how long its body took.
pub(super) fn attempt(
    backend: &mut dyn Backend,
    context: &Context<'_>,
    group: &Group,
    step: &Step,
) -> Result<Duration, Tried> {
    let script = match &step.work {
        Work::Sql(_, script) => Some(script),
        Work::Rust(_) => None,
    };
    let remembered =
        Remembered::of(backend, script).map_err(|error| Tried::new(StepError::Begin(error)))?;
    if step.mode == Mode::StatementWise {
        record::begin(backend, context, step)
            .map_err(|error| Tried::new(StepError::Begin(error)))?;
    }
    let body = StepBody::new(context, step, remembered, group.foreign_keys_unchecked());
    let ran = backend.harness(&body, step.planned.direction);
    let ran = body.settle(backend, ran);
    let (duration, done) = body.progress();
    ran.map_err(|error| {
        let error = look_again(backend, context.clock, step, error, duration);
        Tried {
            error,
            duration,
            done,
            left: body.invalid_indexes(),
        }
    })?;
    Ok(duration)
}

/// Learns more of an error by running the step once more and rolling it back.
///
/// What runs outside of a transaction is never run again: its statements may do what no rollback
/// undoes, and the one that failed is known.
fn look_again(
    backend: &mut dyn Backend,
    clock: &dyn Clock,
    step: &Step,
    error: StepError,
    duration: Duration,
) -> StepError {
    let Work::Sql(_, script) = &step.work else {
        return error;
    };
    let locked_out = error.database().is_some_and(DatabaseError::is_locked_out);
    if step.mode == Mode::StatementWise || locked_out {
        return error;
    }
    let mut look = |error| operation::look_again(backend, clock, script, (error, duration));
    match error {
        StepError::Script(error) => StepError::Script(look(error)),
        StepError::Commit(error) => {
            let unplaced = ScriptError {
                statement: None,
                offset: None,
                error,
            };
            StepError::Commit(look(unplaced).error)
        }
        error => error,
    }
}

pub(super) fn failure_of(step: &Step, tried: &Tried) -> StepFailure {
    let place = place_of(step, &tried.error);
    let statement = match (&tried.error, &step.work) {
        (StepError::Script(error), Work::Sql(_, script)) => {
            error.statement.map(|index| script.summary(index))
        }
        _ => None,
    };
    let database = tried.error.database().cloned();
    let state_left = match (&database, step.mode) {
        (Some(error), _) if error.disconnected => StateLeft::Unknown,
        _ if matches!(tried.error, StepError::Begin(_)) => StateLeft::NotBegun,
        (_, Mode::StatementWise) if tried.done > 0 => StateLeft::HalfWay {
            done: tried.done,
            total: step.total(),
        },
        _ => StateLeft::StepRolledBack,
    };
    let database = database.unwrap_or_else(|| DatabaseError::from_message(tried.error.to_string()));
    StepFailure {
        step: step.notice(),
        file: step.file(),
        place,
        statement,
        message: tried.error.message(),
        sqlstate: database.sqlstate,
        detail: database.detail,
        server_hint: database.hint,
        state_left,
        invalid_indexes: tried.left.clone(),
        unplaced: unplaced(tried),
        not_recorded: None,
        kept_by: step.kept_by(),
        retry: String::new(),
    }
}

/// Returns why it is not known where a script failed, where a second look would have told.
fn unplaced(tried: &Tried) -> Option<Unplaced> {
    match &tried.error {
        StepError::Script(error) if error.offset.is_none() && !error.error.disconnected => {
            Some(if tried.duration < WORTH_A_SECOND_LOOK {
                Unplaced::FailedOtherwise
            } else {
                let ran_ms = u64::try_from(tried.duration.as_millis()).unwrap_or(u64::MAX);
                Unplaced::TookLong { ran_ms }
            })
        }
        _ => None,
    }
}

fn place_of(step: &Step, error: &StepError) -> Option<Place> {
    let Work::Sql(text, script) = &step.work else {
        return None;
    };
    match error {
        StepError::Script(error) => error
            .offset
            .map(|offset| Place::in_script(text, script, offset)),
        _ => None,
    }
}
