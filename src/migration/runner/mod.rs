//! Runs prepared steps, in order, each with its row of the history.
//!
//! It is under the lock, and the plan is made. It speaks in events and returns what it did.

mod attempt;
mod body;
mod group;
mod record;
mod step_error;
mod steps;

use std::cell::RefCell;
use std::time::Duration;

#[cfg(test)]
pub(crate) use group::RoomError;
#[cfg(test)]
pub(crate) use step_error::StepError;

pub(crate) use steps::run;

use super::failure::StepFailure;
use super::model::ForeignKeys;
use super::options::{OnFailure, TransactionMode};
use super::prepare::{Mode, Step};
use super::report::{StepReport, whole_ms};
use crate::backend::tables::Tables;
use crate::backend::{Lock, Session};
use crate::cancellation::Cancellation;
use crate::clock::Clock;
use crate::event::{Direction, Event, Observer};
use crate::operation::Identity;

/// What every step of a run shares.
pub(crate) struct Context<'a> {
    pub(crate) tables: &'a Tables,
    pub(crate) lock: &'a Lock,
    pub(crate) session: &'a Session,
    pub(crate) clock: &'a dyn Clock,
    pub(crate) identity: &'a Identity,
    pub(crate) batch: i64,
    /// The backup that was made before the run.
    pub(crate) backup: Option<&'a str>,
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

/// What became of the steps.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// Done and committed.
    pub(crate) done: Vec<StepReport>,
    /// Done, and rolled back again with the whole run.
    pub(crate) undone: Vec<StepReport>,
    /// Failed, and recorded as such where that was possible.
    pub(crate) failures: Vec<StepFailure>,
    /// Whether it ended early because it was asked to.
    pub(crate) interrupted: bool,
    /// How many steps a batch had whose one commit failed, and what is recorded of it.
    pub(crate) lost: Option<(usize, Box<StepFailure>)>,
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
