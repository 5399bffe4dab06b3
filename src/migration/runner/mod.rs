//! Runs prepared steps, in order, each with its row of the history.
//!
//! It is under the lock, and the plan is made. It speaks in events and returns what it did.

mod attempt;
mod body;
mod group;
mod record;
pub(crate) mod rehearsal;
mod step_error;
mod steps;
mod tries;

use std::cell::RefCell;
use std::time::Duration;

#[cfg(test)]
pub(crate) use group::RoomError;
#[cfg(test)]
pub(crate) use step_error::StepError;

pub(crate) use steps::run;
pub(crate) use tries::{Tries, wait};

use super::discipline::Discipline;
use super::failure::StepFailure;
use super::model::ForeignKeys;
use super::options::{OnFailure, TransactionMode};
use super::prepare::{Mode, Step};
use super::report::{StepReport, whole_ms};
use crate::backend::tables::Tables;
use crate::backend::watch::Watch;
use crate::backend::{Backend, Lock, Session};
use crate::cancellation::Cancellation;
use crate::clock::Clock;
use crate::event::{Direction, Event, Observer};
use crate::operation::{Identity, Route};

/// What every step of a run shares.
pub(crate) struct Context<'a> {
    pub(crate) tables: &'a Tables,
    pub(crate) lock: &'a Lock,
    pub(crate) session: &'a Session,
    /// How transactions go that go through another connection than the one that holds the lock.
    pub(crate) route: Option<&'a Route>,
    pub(crate) clock: &'a dyn Clock,
    pub(crate) identity: &'a Identity,
    pub(crate) discipline: &'a Discipline,
    /// Who looks for those who are in a step's way.
    pub(crate) watch: RefCell<Watch>,
    pub(crate) batch: i64,
    /// The backup that was made before the run.
    pub(crate) backup: Option<&'a str>,
    pub(crate) observer: RefCell<&'a mut dyn Observer>,
    pub(crate) cancellation: &'a Cancellation,
}

impl Context<'_> {
    /// Returns how a step goes through another connection than the one that holds the lock.
    pub(crate) fn route(&self, step: &Step) -> Option<&Route> {
        self.route.filter(|_| step.mode == Mode::Transactional)
    }

    /// Returns the lock as the connection sees it that a step runs over.
    pub(crate) fn lock(&self, step: &Step) -> &Lock {
        self.route(step).map_or(self.lock, |route| &route.lock)
    }

    /// Returns the number of the session that a step runs in, or that its last transaction ran in.
    pub(crate) fn session_of(&self, step: &Step) -> Option<i64> {
        let served_by = self.route(step).and_then(Route::served_by);
        served_by.or_else(|| self.lock.session())
    }

    /// Returns what is put back of the session that a step runs in.
    pub(crate) fn session(&self, step: &Step) -> &Session {
        self.route(step)
            .map_or(self.session, |route| &route.session)
    }

    pub(crate) fn tell(&self, event: &Event) {
        self.observer.borrow_mut().observe(event);
    }
}

/// Over what steps are run.
pub(crate) struct Connections<'a> {
    /// The one that holds the lock, where that is a session's.
    pub(crate) backend: &'a mut dyn Backend,
    /// Through what transactional steps go, where not over that one.
    pub(crate) carrier: Option<&'a mut dyn Backend>,
}

impl Connections<'_> {
    /// Returns the one that transactions go through.
    fn of_transactions(&mut self) -> &mut dyn Backend {
        match &mut self.carrier {
            Some(carrier) => &mut **carrier,
            None => self.backend,
        }
    }

    /// Returns the one that a step runs over.
    fn of(&mut self, step: &Step) -> &mut dyn Backend {
        match step.mode {
            Mode::Transactional => self.of_transactions(),
            Mode::StatementWise => self.backend,
        }
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
