//! Runs prepared steps, in order, each with its row of the history.
//!
//! It is under the lock, and the plan is made. It speaks in events and returns what it did.

mod body;
mod group;
mod record;
mod scope;

use std::cell::RefCell;
use std::time::Duration;

use body::StepBody;
pub(crate) use body::StepError;
use group::Group;
#[cfg(test)]
pub(crate) use group::RoomError;
pub(crate) use scope::{Locked, RunSetup, with_lock};

use super::failure::{StateLeft, StepFailure};
use super::migrator::Identity;
use super::model::ForeignKeys;
use super::options::{OnFailure, TransactionMode};
use super::place::Place;
use super::prepare::{Mode, Step, Work};
use super::report::{StepReport, whole_ms};
use crate::backend::error::DatabaseError;
use crate::backend::tables::Tables;
use crate::backend::{Backend, Lock, ScriptError, Session};
use crate::cancellation::Cancellation;
use crate::clock::Clock;
use crate::event::{Direction, Event, Observer};

/// An attempt that failed sooner than this is run once more, and rolled back, to learn of its
/// error what the driver keeps to itself; a longer one is not worth its locks.
const WORTH_A_SECOND_LOOK: Duration = Duration::from_secs(5);

/// What every step of a run shares.
pub(crate) struct Context<'a> {
    pub(crate) tables: &'a Tables,
    pub(crate) lock: &'a Lock,
    pub(crate) session: &'a Session,
    pub(crate) clock: &'a dyn Clock,
    pub(crate) identity: &'a Identity,
    pub(crate) batch: i64,
    pub(crate) observer: RefCell<&'a mut dyn Observer>,
    pub(crate) cancellation: &'a Cancellation,
}

impl Context<'_> {
    pub(crate) fn tell(&self, event: &Event) {
        self.observer.borrow_mut().observe(event);
    }
}

/// How a run is divided, and what a failure does to its rest.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Shape {
    pub(crate) transaction: TransactionMode,
    pub(crate) failure: OnFailure,
}

impl Shape {
    /// Returns whether nothing comes after a failure: one transaction for all is over with it.
    fn stops_at_a_failure(self) -> bool {
        self.failure == OnFailure::Stop || self.transaction == TransactionMode::Batch
    }
}

/// What became of the steps.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// Done and committed.
    pub(crate) done: Vec<StepReport>,
    /// Failed, and recorded as such where that was possible.
    pub(crate) failures: Vec<StepFailure>,
    /// Whether it ended early because it was asked to.
    pub(crate) interrupted: bool,
    /// How many steps a batch had whose one commit failed, and what is recorded of it.
    pub(crate) lost: Option<(usize, Box<StepFailure>)>,
}

/// Runs the steps.
pub(crate) fn run(
    backend: &mut dyn Backend,
    context: &Context<'_>,
    steps: &[Step],
    shape: Shape,
) -> Outcome {
    let mut group = Group::new(backend.grouping(), shape.transaction);
    let mut outcome = Outcome::default();
    let (mut next, mut end) = (0, steps.len());
    loop {
        if next < end && context.cancellation.is_cancelled() {
            outcome.interrupted = true;
            end = next;
        }
        let turn = match steps[..end].get(next) {
            Some(step) => take_turn(backend, context, &mut group, steps, step),
            None => group.close(backend).map_or_else(lost, |()| Turn::End),
        };
        match turn {
            Turn::Done => next += 1,
            Turn::Failed(failure) => {
                next += 1;
                outcome.failures.push(*failure);
                if shape.stops_at_a_failure() {
                    end = next;
                }
            }
            // What cost the others their commit is found out by giving each its own.
            Turn::Lost(steps, _) if group.split() => next -= steps,
            Turn::Lost(lost, error) => {
                let closing = &steps[next.saturating_sub(1)];
                let failure = give_up_batch(backend, context, closing, error);
                outcome.lost = Some((lost, Box::new(failure)));
                break;
            }
            Turn::End => break,
        }
    }
    outcome.done = group.into_committed();
    outcome
}

/// What came of one turn of a run.
enum Turn {
    /// A step is done.
    Done,
    /// A step failed, and is recorded as such where that was possible.
    Failed(Box<StepFailure>),
    /// A commit failed, and took this many steps along that had been done.
    Lost(usize, DatabaseError),
    /// There is nothing left to do.
    End,
}

fn lost((steps, error): (usize, DatabaseError)) -> Turn {
    Turn::Lost(steps, error)
}

fn take_turn(
    backend: &mut dyn Backend,
    context: &Context<'_>,
    group: &mut Group,
    steps: &[Step],
    step: &Step,
) -> Turn {
    match run_one(backend, context, group, steps, step) {
        Ok(()) => Turn::Done,
        Err(Stop::Failed(failure)) => give_up(backend, context, group, step, *failure),
        Err(Stop::Lost(steps, error)) => Turn::Lost(steps, error),
    }
}

/// Why a run does not go on as planned.
enum Stop {
    /// A step failed.
    Failed(Box<StepFailure>),
    /// A commit failed, and took this many steps along.
    Lost(usize, DatabaseError),
}

fn run_one(
    backend: &mut dyn Backend,
    context: &Context<'_>,
    group: &mut Group,
    steps: &[Step],
    step: &Step,
) -> Result<(), Stop> {
    group
        .make_room(backend, context, steps, step)
        .map_err(|error| match error {
            group::RoomError::Lost(steps, error) => Stop::Lost(steps, error),
            group::RoomError::Begin(error) => Stop::Failed(Box::new(failure_of(
                step,
                &Tried::new(StepError::Begin(error)),
            ))),
        })?;
    context.tell(&Event::StepStarted {
        step: step.notice(),
    });
    let tried = attempt(backend, context, group, step);
    match tried {
        Ok(duration) => {
            context.tell(&Event::StepFinished {
                step: step.notice(),
                duration,
            });
            group.add(StepReport {
                version: step.planned.version.clone(),
                name: step.planned.name.clone(),
                direction: step.planned.direction,
                execution_time: duration,
            });
            Ok(())
        }
        Err(tried) => {
            let duration = tried.duration;
            let failure = failure_of(step, &tried);
            context.tell(&Event::StepFailed {
                step: step.notice(),
                duration,
                error: failure.to_string(),
            });
            Err(Stop::Failed(Box::new(failure)))
        }
    }
}

/// A step that was tried in vain.
pub(crate) struct Tried {
    error: StepError,
    duration: Duration,
    done: usize,
}

impl Tried {
    fn new(error: StepError) -> Self {
        Self {
            error,
            duration: Duration::ZERO,
            done: 0,
        }
    }
}

/// Runs one step through Diesel's harness and returns how long its body took.
fn attempt(
    backend: &mut dyn Backend,
    context: &Context<'_>,
    group: &Group,
    step: &Step,
) -> Result<Duration, Tried> {
    if step.mode == Mode::StatementWise {
        record::begin(backend, context, step)
            .map_err(|error| Tried::new(StepError::Begin(error)))?;
    }
    let body = StepBody::new(context, step, group.foreign_keys_unchecked());
    let ran = backend.harness(&body, step.planned.direction);
    let ran = body.settle(backend, ran);
    let (duration, done) = body.progress();
    ran.map_err(|error| {
        let error = look_again(backend, step, error, duration);
        Tried {
            error,
            duration,
            done,
        }
    })?;
    Ok(duration)
}

/// Learns more of an error by running the step once more and rolling it back.
fn look_again(
    backend: &mut dyn Backend,
    step: &Step,
    error: StepError,
    duration: Duration,
) -> StepError {
    match (error, &step.work) {
        (StepError::Script(error), Work::Sql(_, script))
            if duration < WORTH_A_SECOND_LOOK && !script.controls_transaction() =>
        {
            let first = match step.mode {
                Mode::Transactional => 0,
                Mode::StatementWise => error.statement.unwrap_or(0),
            };
            StepError::Script(backend.diagnose(script, first, error))
        }
        (StepError::Commit(error), Work::Sql(_, script)) if duration < WORTH_A_SECOND_LOOK => {
            let unplaced = ScriptError {
                statement: None,
                offset: None,
                error,
            };
            StepError::Commit(backend.diagnose(script, 0, unplaced).error)
        }
        (error, _) => error,
    }
}

/// Ends the transactions that a failed step was part of, and records the failure.
fn give_up(
    backend: &mut dyn Backend,
    context: &Context<'_>,
    group: &mut Group,
    step: &Step,
    mut failure: StepFailure,
) -> Turn {
    match group.abandon(backend) {
        group::Abandoned::KeptEarlier => {}
        group::Abandoned::RolledBack => failure.state_left = StateLeft::RunRolledBack,
        group::Abandoned::Lost(steps, error) => return Turn::Lost(steps, error),
    }
    // What was not begun was not attempted.
    if failure.state_left != StateLeft::NotBegun {
        let recorded = record::fail(backend, context, step, &failure);
        failure.not_recorded = recorded.err().map(|error| error.to_string());
    }
    Turn::Failed(Box::new(failure))
}

/// Records that the one commit of a batch failed, under the batch's last step: a row is what
/// `status` and `history` tell of, and nobody knows which step it was.
fn give_up_batch(
    backend: &mut dyn Backend,
    context: &Context<'_>,
    last: &Step,
    error: DatabaseError,
) -> StepFailure {
    let mut failure = failure_of(last, &Tried::new(StepError::Commit(error.clone())));
    if failure.state_left != StateLeft::Unknown {
        failure.state_left = StateLeft::RunRolledBack;
    }
    failure.message = format!("failed to commit the batch: {}", error.message);
    let recorded = record::fail(backend, context, last, &failure);
    failure.not_recorded = recorded.err().map(|error| error.to_string());
    failure.message = error.message;
    failure
}

fn failure_of(step: &Step, tried: &Tried) -> StepFailure {
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
        place,
        statement,
        message: tried.error.message(),
        sqlstate: database.sqlstate,
        detail: database.detail,
        server_hint: database.hint,
        state_left,
        not_recorded: None,
        retry: String::new(),
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

/// Returns whether a step can share its transaction with others.
fn shares(step: &Step) -> bool {
    step.mode == Mode::Transactional && step.foreign_keys == ForeignKeys::Checked
}

/// Returns the word of a direction for the history's own texts.
fn is_up(step: &Step) -> bool {
    step.planned.direction == Direction::Up
}

/// Returns a number of statements as the history keeps it.
fn count(statements: usize) -> i64 {
    i64::try_from(statements).unwrap_or(i64::MAX)
}

fn ms(duration: Duration) -> i64 {
    whole_ms(duration)
}
