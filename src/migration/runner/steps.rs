//! Goes from step to step: each in its transaction, and what a failure, or a request to end, makes of
//! the rest. Where all is one transaction, neither leaves anything.
//!
//! It must not know how one step is run.

use std::time::Duration;

use super::attempt::{Tried, attempt, failure_of, look_for_place};
use super::group::{Abandoned, Group, RoomError};
use super::step_error::StepError;
use super::tries::{Tries, wait};
use super::{Connections, Context, Outcome, Shape, record};
use crate::backend::Backend;
use crate::backend::error::{BackendError, DatabaseError};
use crate::event::Event;
use crate::migration::failure::{StateLeft, StepFailure};
use crate::migration::options::{OnFailure, TransactionMode};
use crate::migration::prepare::Step;
use crate::migration::report::StepReport;

/// Runs the steps.
pub(crate) fn run(
    connections: Connections<'_>,
    context: &Context<'_>,
    steps: &[Step],
    shape: Shape,
) -> Outcome {
    let group = Group::new(connections.backend.grouping(), shape.transaction);
    let mut run = StepsRun {
        connections,
        context,
        steps,
        group,
        mode: shape.transaction,
        tries: Tries::default(),
    };
    let mut outcome = run.go_through(shape);
    (outcome.done, outcome.undone) = run.group.into_done_and_undone();
    if !outcome.undone.is_empty() {
        let steps = outcome.undone.len();
        context.tell(&Event::RunRolledBack { steps });
    }
    outcome
}

/// What came of one turn of a run.
enum Turn {
    /// A step is done.
    Done,
    /// A step is to be done again, or all of them where they are one.
    Again,
    /// A step failed, and is recorded as such where that was possible.
    Failed(Box<StepFailure>),
    /// A commit failed, and took this many steps along that had been done.
    Lost(usize, DatabaseError),
    /// There is nothing left to do.
    End,
}

/// Why a step is not done.
enum Stop {
    /// It failed of what others did, and is rolled back to be tried again.
    Again,
    /// It failed.
    Failed(Box<StepFailure>),
    /// The commit before it failed, and took this many steps along.
    Lost(usize, DatabaseError),
}

/// The steps of one run, with the transaction that some of them share.
struct StepsRun<'a, 'b, 'c> {
    connections: Connections<'b>,
    context: &'a Context<'c>,
    steps: &'a [Step],
    group: Group,
    mode: TransactionMode,
    tries: Tries,
}

impl<'a> StepsRun<'a, '_, '_> {
    fn go_through(&mut self, shape: Shape) -> Outcome {
        let mut outcome = Outcome::default();
        let (mut next, mut end) = (0, self.steps.len());
        loop {
            if next < end && self.context.cancellation.is_cancelled() {
                outcome.interrupted = true;
                if self.mode == TransactionMode::Batch {
                    self.group.roll_back(self.connections.of_transactions());
                    return outcome;
                }
                end = next;
            }
            match self.turn(self.steps[..end].get(next)) {
                Turn::Done => next += 1,
                Turn::Again if self.mode == TransactionMode::Batch => next = 0,
                Turn::Again => {}
                Turn::Failed(failure) => {
                    next += 1;
                    outcome.failures.push(*failure);
                    if shape.failure == OnFailure::Stop || self.has_lost_lock() {
                        end = next;
                    }
                }
                // What cost the others their commit is found out by giving each its own.
                Turn::Lost(steps, _) if self.group.split() => next -= steps,
                Turn::Lost(count, error) => {
                    let last = &self.steps[next.saturating_sub(1)];
                    if self.try_again(last, &Tried::of_commit(error.clone())) {
                        next = 0;
                        continue;
                    }
                    let backend = &mut *self.connections.backend;
                    let failure = give_up_batch(backend, self.context, last, error);
                    outcome.lost = Some((count, Box::new(failure)));
                    return outcome;
                }
                Turn::End => return outcome,
            }
        }
    }

    /// Returns whether nothing may be run any more, whatever failed.
    fn has_lost_lock(&mut self) -> bool {
        self.connections
            .backend
            .prove_lock(self.context.lock)
            .is_err()
    }

    /// Runs the next step, or ends the transaction where none is left.
    fn turn(&mut self, next: Option<&'a Step>) -> Turn {
        let Some(step) = next else {
            return match self.group.close(self.connections.of_transactions()) {
                Ok(()) => Turn::End,
                Err((steps, error)) => self.lost(steps, error),
            };
        };
        match self.run_one(step) {
            Ok(()) => Turn::Done,
            Err(Stop::Again) => Turn::Again,
            Err(Stop::Failed(failure)) => self.give_up(step, *failure),
            Err(Stop::Lost(steps, error)) => self.lost(steps, error),
        }
    }

    /// Tells of a commit that failed; one that waited for another program has used up the time.
    fn lost(&mut self, steps: usize, error: DatabaseError) -> Turn {
        if error.is_locked_out() {
            self.wait_no_more();
        }
        Turn::Lost(steps, error)
    }

    /// Has what follows wait for no other program: a run waits as long as was asked for, and not once
    /// more for each step, each retry and each row of the history.
    fn wait_no_more(&mut self) {
        // Where it cannot be set, the rest waits as long as before.
        let _ = self.connections.backend.wait_at_most(Duration::ZERO);
    }

    fn run_one(&mut self, step: &Step) -> Result<(), Stop> {
        self.prove_lock(step)?;
        self.renew(step)?;
        self.make_room(step)?;
        self.tries.begin(self.context.clock.elapsed());
        self.context.tell(&Event::StepStarted {
            step: step.notice(),
        });
        let tried = attempt(&mut self.connections, self.context, &self.group, step);
        match tried {
            Ok(duration) => {
                self.note_done(step, duration);
                Ok(())
            }
            Err(tried) if self.try_again(step, &tried) => Err(Stop::Again),
            Err(tried) => Err(Stop::Failed(Box::new(self.fail(step, tried)))),
        }
    }

    /// Tells of a step that failed, and is not tried again.
    fn fail(&mut self, step: &Step, tried: Tried) -> StepFailure {
        let backend = self.connections.of(step);
        let tried = look_for_place(backend, self.context, step, tried);
        let mut failure = failure_of(step, &tried);
        failure.tries = self.tries.count();
        self.tries = Tries::default();
        self.context.tell(&Event::StepFailed {
            step: step.notice(),
            duration: tried.duration,
            error: failure.to_string(),
        });
        failure
    }

    /// Rolls back what failed of what others did, with all that is in its transaction, waits, and
    /// returns whether it is to be tried again: as long as there are tries left, and where none of it
    /// stays. One that is to end is not tried again, and has not failed.
    fn try_again(&mut self, step: &Step, tried: &Tried) -> bool {
        let (now, retry) = (self.context.clock.elapsed(), self.context.discipline.retry);
        let pause = match self.tries.pause(retry, now) {
            Some(pause) if tried.is_worth_another(step) => pause,
            _ => return false,
        };
        let undone = self.group.start_over(self.connections.of_transactions());
        self.context.tell(&Event::StepRetried {
            step: step.notice(),
            tried: self.tries.count(),
            tries: retry.tries(),
            duration: tried.duration,
            pause,
            undone,
            error: failure_of(step, tried).message,
            blocked: (*tried.blocked).clone(),
        });
        self.tries.fail();
        wait(self.context.clock, self.context.cancellation, pause);
        true
    }

    /// Proves that the lock is still held, where the step goes through another connection: only the
    /// one that took it can tell that it lives.
    fn prove_lock(&mut self, step: &Step) -> Result<(), Stop> {
        if self.context.route(step).is_none() || !self.has_lost_lock() {
            return Ok(());
        }
        Err(not_begun(step, BackendError::LockConnectionGone))
    }

    /// Has a connection to run the step over, where that is another than the one that holds the lock.
    fn renew(&mut self, step: &Step) -> Result<(), Stop> {
        let route = self.context.route(step);
        let Some(route) = route.filter(|_| !self.group.is_open()) else {
            return Ok(());
        };
        let renewed = route.renew(self.connections.of_transactions());
        renewed.map_err(|error| not_begun(step, error))
    }

    fn make_room(&mut self, step: &Step) -> Result<(), Stop> {
        let room = self.group.make_room(
            self.connections.of_transactions(),
            self.context,
            self.steps,
            step,
        );
        room.map_err(|error| match error {
            RoomError::Lost(steps, error) => Stop::Lost(steps, error),
            RoomError::Begin(error) => {
                let tried = Tried::new(StepError::Begin(error));
                Stop::Failed(Box::new(failure_of(step, &tried)))
            }
        })
    }

    fn note_done(&mut self, step: &Step, duration: Duration) {
        if self.mode == TransactionMode::Each {
            self.tries = Tries::default();
        }
        self.context.tell(&Event::StepFinished {
            step: step.notice(),
            duration,
        });
        self.group.add(StepReport {
            version: step.planned.version.clone(),
            name: step.planned.name.clone(),
            direction: step.planned.direction,
            execution_time: duration,
        });
    }

    /// Ends the transactions that a failed step was part of, and records the failure.
    fn give_up(&mut self, step: &Step, mut failure: StepFailure) -> Turn {
        let begun = failure.state_left != StateLeft::NotBegun;
        if failure.is_locked_out() {
            self.wait_no_more();
        }
        match self.group.abandon(self.connections.of_transactions()) {
            Abandoned::RolledBack if begun => failure.state_left = StateLeft::RunRolledBack,
            Abandoned::KeptEarlier | Abandoned::RolledBack => {}
            Abandoned::Lost(steps, error) => return self.lost(steps, error),
        }
        // What was not begun was not attempted, nor could a row be written where others hold a lock.
        if begun && !failure.is_held_by_others() {
            let recorded = record::fail(self.connections.backend, self.context, step, &failure);
            failure.not_recorded = recorded.err().map(|error| error.to_string());
        }
        Turn::Failed(Box::new(failure))
    }
}

fn not_begun(step: &Step, error: BackendError) -> Stop {
    let mut failure = failure_of(step, &Tried::new(StepError::Lock(error)));
    failure.state_left = StateLeft::NotBegun;
    Stop::Failed(Box::new(failure))
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
    failure.file = None;
    failure.message = format!("failed to commit the batch: {}", error.message);
    if error.is_locked_out() {
        failure.message = StepError::Commit(error).message();
        return failure;
    }
    let recorded = record::fail(backend, context, last, &failure);
    failure.not_recorded = recorded.err().map(|error| error.to_string());
    failure.message = error.message;
    failure
}
