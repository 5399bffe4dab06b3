//! Which steps share a transaction.
//!
//! In batch mode all do, and a failure takes all along. Where a commit is what costs (`SQLite`),
//! consecutive transactional steps share one too, each in its savepoint: until the run returns
//! nobody has been told anything, a failure keeps what came before it, and a crash loses whole
//! steps with their rows, never a part of one. Where the shared commit itself fails, or a
//! statement rolls all of the transaction back, the steps are run again, each in a transaction of
//! its own, so that only the one whose doing it was is lost.

use std::time::Duration;

use thiserror::Error;

use super::{Context, shares};
use crate::backend::error::{BackendError, DatabaseError};
use crate::backend::query::Query;
use crate::backend::{Backend, Grouping};
use crate::migration::model::ForeignKeys;
use crate::migration::options::TransactionMode;
use crate::migration::prepare::{Mode, Step};
use crate::migration::report::StepReport;

/// How long a shared transaction is kept open: others wait for its end.
const LONGEST: Duration = Duration::from_secs(1);

/// The transaction that is open around the steps' own, and what is in it.
pub(super) struct Group {
    grouping: Grouping,
    mode: TransactionMode,
    open_since: Option<Duration>,
    uncommitted: Vec<StepReport>,
    committed: Vec<StepReport>,
    /// What was done in a transaction for all that is rolled back.
    undone: Vec<StepReport>,
    /// The way back to checked foreign keys, while they are not.
    foreign_keys: Option<Query>,
}

/// Why there is no transaction for a step.
#[derive(Debug, Error)]
pub(crate) enum RoomError {
    /// None could be begun.
    #[error("failed to begin a transaction")]
    Begin(#[source] DatabaseError),
    /// The one before could not be committed; it took this many steps along.
    #[error("failed to commit a transaction of {0} steps")]
    Lost(usize, #[source] DatabaseError),
}

/// What became of the open transaction when a step in it failed.
pub(super) enum Abandoned {
    /// What came before the step is committed.
    KeptEarlier,
    /// What came before the step is rolled back too.
    RolledBack,
    /// What came before the step should have been kept and could not be.
    Lost(usize, DatabaseError),
}

impl Group {
    pub(super) fn new(grouping: Grouping, mode: TransactionMode) -> Self {
        Self {
            grouping,
            mode,
            open_since: None,
            uncommitted: Vec::new(),
            committed: Vec::new(),
            undone: Vec::new(),
            foreign_keys: None,
        }
    }

    /// Gives each step a transaction of its own from now on; returns whether that is a change.
    pub(super) fn split(&mut self) -> bool {
        let shared = self.mode == TransactionMode::Each && self.grouping == Grouping::Shared;
        self.grouping = Grouping::Each;
        shared
    }

    /// Returns whether foreign keys are unchecked now and have to be checked as a whole.
    pub(super) fn foreign_keys_unchecked(&self) -> bool {
        self.foreign_keys.is_some()
    }

    /// Brings about the transaction in which a step belongs.
    pub(super) fn make_room(
        &mut self,
        backend: &mut dyn Backend,
        context: &Context<'_>,
        steps: &[Step],
        step: &Step,
    ) -> Result<(), RoomError> {
        let now = context.clock.elapsed();
        if self.mode == TransactionMode::Batch {
            let off = steps
                .iter()
                .any(|step| step.foreign_keys == ForeignKeys::Off);
            return self.open(backend, now, off).map_err(RoomError::Begin);
        }
        if !shares(step) || self.is_old(now) || self.foreign_keys.is_some() {
            self.close(backend)
                .map_err(|(steps, error)| RoomError::Lost(steps, error))?;
        }
        let off = step.foreign_keys == ForeignKeys::Off;
        match (step.mode, self.grouping) {
            (Mode::Transactional, Grouping::Shared) => self.open(backend, now, off),
            _ if off => self.suspend(backend),
            _ => Ok(()),
        }
        .map_err(RoomError::Begin)
    }

    fn is_old(&self, now: Duration) -> bool {
        self.open_since
            .is_some_and(|since| now.saturating_sub(since) > LONGEST)
    }

    fn open(
        &mut self,
        backend: &mut dyn Backend,
        now: Duration,
        foreign_keys_off: bool,
    ) -> Result<(), DatabaseError> {
        if self.open_since.is_some() {
            return Ok(());
        }
        if foreign_keys_off {
            self.suspend(backend)?;
        }
        backend.begin()?;
        self.open_since = Some(now);
        Ok(())
    }

    fn suspend(&mut self, backend: &mut dyn Backend) -> Result<(), DatabaseError> {
        self.foreign_keys = backend
            .suspend_foreign_keys()
            .map_err(|error| match error {
                BackendError::Query { source, .. } => source,
                other => DatabaseError::from_message(other.to_string()),
            })?;
        Ok(())
    }

    /// Returns whether a transaction is open around the steps' own.
    pub(super) fn is_open(&self) -> bool {
        self.open_since.is_some()
    }

    /// Notes a step that is done.
    pub(super) fn add(&mut self, step: StepReport) {
        if self.open_since.is_some() {
            self.uncommitted.push(step);
        } else {
            self.committed.push(step);
        }
    }

    /// Commits what is open.
    pub(super) fn close(
        &mut self,
        backend: &mut dyn Backend,
    ) -> Result<(), (usize, DatabaseError)> {
        let committed = match self.open_since.take() {
            None => Ok(()),
            Some(_) => backend.commit(),
        };
        self.resume(backend);
        match committed {
            Ok(()) => {
                self.committed.append(&mut self.uncommitted);
                Ok(())
            }
            Err(error) => {
                // A commit that failed may have left its transaction open.
                let _ = backend.batch_execute("ROLLBACK");
                Err((self.forget_uncommitted(), error))
            }
        }
    }

    /// Ends what is open after a step failed.
    pub(super) fn abandon(&mut self, backend: &mut dyn Backend) -> Abandoned {
        if self.mode == TransactionMode::Each {
            return match self.close(backend) {
                // The failed step was alone in it: nothing else is lost with it.
                Ok(()) | Err((0, _)) => Abandoned::KeptEarlier,
                Err((steps, error)) => Abandoned::Lost(steps, error),
            };
        }
        self.roll_back(backend);
        Abandoned::RolledBack
    }

    /// Rolls back what is open.
    pub(super) fn roll_back(&mut self, backend: &mut dyn Backend) {
        if self.open_since.take().is_some() {
            // A connection that cannot roll back is gone, and the transaction with it.
            let _ = backend.rollback();
        }
        if !self.uncommitted.is_empty() {
            self.forget_uncommitted();
        }
        self.resume(backend);
    }

    /// Rolls back what is open, if anything is, so that all of it can be done again, and returns how
    /// many steps that undoes.
    pub(super) fn start_over(&mut self, backend: &mut dyn Backend) -> usize {
        self.roll_back(backend);
        std::mem::take(&mut self.undone).len()
    }

    /// Forgets what was done in a transaction that is gone, and returns how many steps that were.
    /// Those of one transaction for all are told: the others are run again.
    fn forget_uncommitted(&mut self) -> usize {
        let lost = std::mem::take(&mut self.uncommitted);
        let steps = lost.len();
        if self.mode == TransactionMode::Batch {
            self.undone = lost;
        }
        steps
    }

    fn resume(&mut self, backend: &mut dyn Backend) {
        if let Some(query) = self.foreign_keys.take() {
            // The session's end puts it back once more.
            let _ = backend.execute(&query);
        }
    }

    /// Returns the steps that are committed, and those that one transaction for all has taken along.
    pub(super) fn into_done_and_undone(self) -> (Vec<StepReport>, Vec<StepReport>) {
        (self.committed, self.undone)
    }
}
