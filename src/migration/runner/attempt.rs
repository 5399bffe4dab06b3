//! One step through Diesel's harness, and what is known of its failure.

use std::time::Duration;

use super::body::StepBody;
use super::group::Group;
use super::step_error::StepError;
use super::{Connections, Context, record};
use crate::backend::error::DatabaseError;
use crate::backend::limits::Limit;
use crate::backend::watch;
use crate::backend::{Backend, ScriptError};
use crate::clock::whole_ms;
use crate::event::Blocked;
use crate::migration::failure::{PASSES_OVER, StateLeft, StepFailure, Unplaced};
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
    /// Whether the statement that failed may have committed a part of its work by itself.
    commits_itself: bool,
    /// Who was in its way, where others were.
    pub(super) blocked: Box<Blocked>,
    /// Whether it was run once more to learn of its error.
    is_looked_at: bool,
    /// Whether it did not get a lock in time, as is known by what was seen of it.
    is_late: bool,
}

impl Tried {
    pub(super) fn new(error: StepError) -> Self {
        Self {
            error,
            duration: Duration::ZERO,
            done: 0,
            left: Vec::new(),
            commits_itself: false,
            blocked: Box::default(),
            is_looked_at: false,
            is_late: false,
        }
    }

    /// Returns one that failed after so long, beside those who were seen in its way.
    pub(super) fn after(duration: Duration, error: StepError, blocked: Blocked) -> Self {
        Self {
            duration,
            blocked: Box::new(blocked),
            ..Self::new(error)
        }
    }

    /// Returns one whose commit failed.
    pub(super) fn of_commit(error: DatabaseError) -> Self {
        Self::new(StepError::Commit(error))
    }

    /// Returns what the database said, where it said something.
    pub(super) fn database(&self) -> Option<&DatabaseError> {
        self.error.database()
    }

    /// Returns whether the same may pass when it is run again: others were in the way, and nothing of
    /// it stays.
    pub(super) fn is_worth_another(&self, step: &Step) -> bool {
        step.mode == Mode::Transactional && self.is_of_others_doing()
    }

    fn is_of_others_doing(&self) -> bool {
        self.is_late || self.error.is_of_others_doing()
    }
}

/// Runs one step through Diesel's harness and returns how long its body took.
pub(super) fn attempt(
    connections: &mut Connections<'_>,
    context: &Context<'_>,
    group: &Group,
    step: &Step,
) -> Result<Duration, Tried> {
    let backend = connections.of(step);
    let script = match &step.work {
        Work::Sql(_, script) => Some(script),
        Work::Rust(_) => None,
    };
    let is_carried = context.route(step).is_some();
    let remembered = (!is_carried).then(|| Remembered::of(backend, script));
    let remembered = remembered.transpose();
    let remembered = remembered.map_err(|error| Tried::new(StepError::Begin(error)))?;
    if step.mode == Mode::StatementWise {
        record::begin(backend, context, step)
            .map_err(|error| Tried::new(StepError::Begin(error)))?;
    }
    let limits = context.discipline.limits(step.limits);
    // A transaction of a pool's has to begin before it is known which session it is.
    if step.mode == Mode::Transactional && !is_carried {
        let patience = watch::patience(limits.lock_timeout);
        context.watch.borrow_mut().begin(patience);
    }
    let body = StepBody::new(context, step, remembered, group.foreign_keys_unchecked());
    let ran = backend.harness(&body, step.planned.direction);
    let ran = body.settle(backend, ran);
    let blocked = context.watch.borrow_mut().end();
    let (duration, done) = body.progress();
    ran.map_err(|error| {
        let tried = Tried {
            commits_itself: commits_itself(connections.of(step), step, &error),
            error,
            duration,
            done,
            left: body.invalid_indexes(),
            blocked: Box::new(blocked),
            is_looked_at: false,
            is_late: false,
        };
        learn(connections, context, step, tried)
    })?;
    Ok(duration)
}

/// Returns whether a step failed at a statement that may have committed a part of its work by itself.
fn commits_itself(backend: &dyn Backend, step: &Step, error: &StepError) -> bool {
    match (error, &step.work) {
        (StepError::Script(error), Work::Sql(_, script)) if step.mode == Mode::StatementWise => {
            let is_begun = error.error.message != PASSES_OVER;
            let statement = error.statement.filter(|_| is_begun);
            statement.is_some_and(|index| backend.commits_itself(script, index))
        }
        _ => false,
    }
}

/// Learns who was in the way, or else what the error is: what is known to be others' doing is not run
/// once more, which would only be in their way again.
pub(super) fn learn(
    connections: &mut Connections<'_>,
    context: &Context<'_>,
    step: &Step,
    mut tried: Tried,
) -> Tried {
    if was_late(connections.backend, context, step, &tried) {
        tried.is_late = true;
        tried.error.know_late_for_a_lock();
        return tried;
    }
    if was_out_of_time(connections.backend, &tried) {
        tried.error.know_out_of_time();
    }
    if !tried.error.is_of_others_doing() {
        let tried = look_again(connections.of(step), context, step, tried);
        let blocked = if tried.error.is_of_others_doing() {
            tried.blocked
        } else {
            Box::default()
        };
        return Tried { blocked, ..tried };
    }
    if let Some((error, session)) = tried.error.database().zip(context.session_of(step)) {
        let by = connections.backend.blocked_by(error, session);
        // What cannot be learned is not worth another error.
        let mut by = by.unwrap_or_default();
        // Whoever was seen while it was in the way may be at something else by now.
        let seen = &tried.blocked.by;
        by.by
            .retain(|late| seen.iter().all(|seen| seen.pid != late.pid));
        tried.blocked.add(by);
        if tried.blocked.by.is_empty()
            && error.is_late_for_a_lock()
            && let Work::Sql(_, script) = &step.work
        {
            let by = connections.backend.locked_by_others(script);
            tried.blocked.add(by.unwrap_or_default());
        }
    }
    tried
}

/// Returns whether a lock was not had in time though the words do not tell, since the server says them
/// in another language: a second session saw the step wait for one, and it failed no sooner than its
/// limit. One that got the lock after all and failed of something else is tried once too often.
fn was_late(backend: &mut dyn Backend, context: &Context<'_>, step: &Step, tried: &Tried) -> bool {
    let limit = context.discipline.limits(step.limits).lock_timeout;
    let waited = tried.blocked.lock.is_some()
        && limit
            .and_then(Limit::duration)
            .is_some_and(|limit| tried.duration >= limit);
    waited && tried.error.is_untold() && backend.speaks_otherwise()
}

/// Returns whether a statement took longer than it may, though the words do not tell.
fn was_out_of_time(backend: &mut dyn Backend, tried: &Tried) -> bool {
    let said = tried.database().filter(|_| tried.error.is_untold());
    said.is_some_and(|error| backend.means_out_of_time(&error.message))
}

/// Learns where a script failed that is not tried again, unless that was looked for.
pub(super) fn look_for_place(
    backend: &mut dyn Backend,
    context: &Context<'_>,
    step: &Step,
    tried: Tried,
) -> Tried {
    if tried.is_looked_at {
        return tried;
    }
    look_again(backend, context, step, tried)
}

/// Learns more of an error by running the step once more and rolling it back.
///
/// What runs outside of a transaction is never run again: its statements may do what no rollback
/// undoes, and the one that failed is known.
fn look_again(
    backend: &mut dyn Backend,
    context: &Context<'_>,
    step: &Step,
    tried: Tried,
) -> Tried {
    let Work::Sql(_, script) = &step.work else {
        return tried;
    };
    let said = tried.error.database();
    let is_locked_out = said.is_some_and(DatabaseError::is_locked_out);
    if step.mode == Mode::StatementWise || is_locked_out {
        return tried;
    }
    let lock_timeout = context.discipline.limits(step.limits).lock_timeout;
    let for_locks = lock_timeout
        .and_then(Limit::duration)
        .unwrap_or(Duration::MAX);
    let ran = tried.duration;
    let mut look = |error| {
        let looks = |backend: &mut dyn Backend| {
            operation::look_again(backend, context.clock, script, (error, ran), for_locks)
        };
        match context.route(step) {
            None => looks(backend),
            Some(route) => route.in_transaction(backend, looks),
        }
    };
    let error = match tried.error {
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
    };
    Tried {
        error,
        is_looked_at: true,
        ..tried
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
        (_, Mode::StatementWise) if tried.commits_itself => StateLeft::StatementHalfWay {
            done: tried.done,
            total: step.total(),
        },
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
        execution_time: tried.duration,
        tries: 1,
        blocked: blocked(tried),
        unplaced: unplaced(tried),
        not_recorded: None,
        kept_by: step.kept_by(),
        retry: String::new(),
    }
}

/// Returns who was in the way, where the error is that somebody was.
fn blocked(tried: &Tried) -> Option<Blocked> {
    let waited = tried.is_of_others_doing() && *tried.blocked != Blocked::default();
    waited.then(|| (*tried.blocked).clone())
}

/// Returns why it is not known where a script failed, where a second look would have told.
fn unplaced(tried: &Tried) -> Option<Unplaced> {
    match &tried.error {
        StepError::Script(error) if error.offset.is_none() && !error.error.disconnected => {
            Some(if error.error.is_cut_off() {
                Unplaced::CutOff
            } else if tried.duration < WORTH_A_SECOND_LOOK {
                Unplaced::FailedOtherwise
            } else {
                let ran_ms = whole_ms(tried.duration);
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
