//! What Diesel's harness runs of a step: its work, and the row of the history beside Diesel's own.

mod builds;
mod set_again;
mod statement;
mod statements;
mod whole;

use std::cell::{Cell, OnceCell, RefCell};
use std::time::Duration;

use thiserror::Error;

use super::step_error::StepError;
use super::{Context, ms};
use crate::backend::error::DatabaseError;
use crate::backend::held::HeldLock;
use crate::backend::limits::Limits;
use crate::backend::settings::Belongings;
use crate::backend::{Backend, BoxError, HarnessBody};
use crate::event::Event;
use crate::history::{self, PartOf, RolledBack};
use crate::migration::prepare::{Mode, Step, Work};
use crate::operation::Remembered;
use crate::version::Version;

/// One step, as the harness runs it.
pub(super) struct StepBody<'a, 'c> {
    context: &'a Context<'c>,
    step: &'a Step,
    /// The session as the body found it; where that is one of a pool, once its transaction is open.
    remembered: OnceCell<Remembered>,
    /// What was the session's own before the body, where that is one of a pool.
    belongings: OnceCell<Belongings>,
    check_foreign_keys: bool,
    duration: Cell<Duration>,
    done: Cell<usize>,
    /// Whether a transaction is open that the runner has to end: the last one of a step that runs
    /// statement by statement, which holds both rows.
    open: Cell<bool>,
    /// The invalid indexes that a failed statement has left.
    left: RefCell<Vec<String>>,
    /// The invalid indexes of others, beside which a statement was to build one.
    others: RefCell<Vec<String>>,
    /// The strongest lock that any of its own statements held.
    strongest: RefCell<Option<HeldLock>>,
    /// What the body failed of: the harness may hand back another error, that of a rollback for
    /// which the engine has left nothing.
    failed: RefCell<Option<StepError>>,
}

/// Tells the harness that the body failed; what of, the body keeps.
#[derive(Debug, Error)]
#[error("the body failed")]
struct BodyFailed;

impl<'a, 'c> StepBody<'a, 'c> {
    pub(super) fn new(
        context: &'a Context<'c>,
        step: &'a Step,
        remembered: Option<Remembered>,
        check_foreign_keys: bool,
    ) -> Self {
        let done = usize::try_from(step.planned.statements_done).unwrap_or(0);
        Self {
            context,
            step,
            remembered: remembered.map(OnceCell::from).unwrap_or_default(),
            belongings: OnceCell::new(),
            check_foreign_keys,
            duration: Cell::new(Duration::ZERO),
            done: Cell::new(done),
            open: Cell::new(false),
            left: RefCell::default(),
            others: RefCell::default(),
            strongest: RefCell::default(),
            failed: RefCell::new(None),
        }
    }

    /// Returns how long the work took and how many statements are committed or done.
    pub(super) fn progress(&self) -> (Duration, usize) {
        (self.duration.get(), self.done.get())
    }

    /// Returns the invalid indexes that a failed statement has left.
    pub(super) fn invalid_indexes(self) -> Vec<String> {
        self.left.into_inner()
    }

    /// Ends what is left open when the harness is through, and puts the session back where no
    /// rollback does it.
    pub(super) fn settle(
        &self,
        backend: &mut dyn Backend,
        ran: Result<(), BoxError>,
    ) -> Result<(), StepError> {
        let ran = ran.map_err(|error| {
            let failed = self.failed.borrow_mut().take();
            failed.unwrap_or_else(|| StepError::from_harness(error))
        });
        if self.step.mode == Mode::Transactional {
            return ran.inspect_err(|_| self.put_back_after_rollback(backend));
        }
        let ended = match (ran, self.open.get()) {
            (Ok(()), true) => backend.commit().map_err(StepError::Commit),
            (Err(error), true) => {
                // The first error is the one worth telling.
                let _ = backend.rollback();
                Err(error)
            }
            (ran, false) => ran,
        };
        if ended.is_err() {
            self.clean_up(backend);
        }
        ended
    }

    /// Rolls back what the script itself had begun, counts anew what is committed, and puts the
    /// search path back. A connection that cannot do that is gone.
    fn clean_up(&self, backend: &mut dyn Backend) {
        if self.controls_transaction() {
            // Outside of a transaction this does nothing.
            let _ = backend.batch_execute("ROLLBACK");
        }
        // What of this fails, the next statement will tell.
        let _ = self.put_back(backend);
        if self.controls_transaction() {
            let version = &self.step.planned.version;
            let kept = history::statements_done(backend, self.context.tables, version);
            if let Ok(Some(done)) = kept {
                self.done.set(usize::try_from(done).unwrap_or(0));
            }
        }
    }

    /// Puts back what the rollback has not. Behind a pooler nothing is left to be put back, and the
    /// process that served the transaction serves somebody else.
    fn put_back_after_rollback(&self, backend: &mut dyn Backend) {
        if self.context.route(self.step).is_some() {
            return;
        }
        if let Some(remembered) = self.remembered.get() {
            // The first error is the one worth telling.
            drop(remembered.put_back(backend));
        }
    }

    /// Returns what the history is told of a way down that is done.
    fn rolled_back(&self) -> RolledBack<'_> {
        RolledBack {
            at: self.context.clock.now(),
            rollback_time_ms: ms(self.duration.get()),
            backup: self.context.backup,
            part_of: match self.step.mode {
                Mode::Transactional => PartOf::ItsTransaction,
                Mode::StatementWise => PartOf::Another,
            },
        }
    }

    fn controls_transaction(&self) -> bool {
        match &self.step.work {
            Work::Sql(_, script) => script.controls_transaction(),
            Work::Rust(_) => false,
        }
    }

    fn timed(&self, run: impl FnOnce() -> Result<(), StepError>) -> Result<(), StepError> {
        let started = self.context.clock.elapsed();
        let ran = run();
        let elapsed = self.context.clock.elapsed().saturating_sub(started);
        self.duration.set(elapsed);
        ran
    }

    fn prove_lock(&self, backend: &mut dyn Backend) -> Result<(), StepError> {
        backend
            .prove_lock(self.context.lock(self.step))
            .map_err(StepError::Lock)
    }

    fn check_foreign_keys(&self, backend: &mut dyn Backend) -> Result<(), StepError> {
        if !self.check_foreign_keys {
            return Ok(());
        }
        let broken = backend.broken_foreign_keys().map_err(StepError::Lock)?;
        if broken.is_empty() {
            Ok(())
        } else {
            Err(StepError::ForeignKeys(broken))
        }
    }

    fn put_settings_back(&self, backend: &mut dyn Backend) -> Result<(), StepError> {
        let Some(remembered) = self.remembered.get() else {
            return Ok(());
        };
        let back = remembered.put_back(backend).and_then(|()| {
            match self.context.route(self.step) {
                // What was found is not what the rows of ours are written with.
                Some(route) if remembered.is_of_something() => route.pin(backend),
                _ => Ok(()),
            }
        });
        let back = back.and_then(|()| match self.belongings.get() {
            None => Ok(()),
            Some(found) => backend.remove_belongings(found),
        });
        let back = back.and_then(|()| self.limit_again(backend));
        back.map_err(StepError::Session)
    }

    /// Lets what is still to be done in the transaction wait no longer for a lock than the body: with the
    /// settings that were found its limit is gone, and its locks are not.
    fn limit_again(&self, backend: &mut dyn Backend) -> Result<(), DatabaseError> {
        if self.step.mode == Mode::StatementWise {
            return Ok(());
        }
        let limits = self.context.discipline.limits(self.step.limits);
        backend.limit_transaction(Limits::of(limits.lock_timeout, None))
    }

    /// Puts back what the body may have changed, and the search path in any case, before Diesel's
    /// unqualified row is written.
    fn put_back(&self, backend: &mut dyn Backend) -> Result<(), StepError> {
        self.put_settings_back(backend)?;
        match &self.context.session(self.step).after_body {
            None => Ok(()),
            Some(query) => backend
                .load(query)
                .map(drop)
                .map_err(StepError::Bookkeeping),
        }
    }

    fn tell_statement(&self, done: usize, total: usize) {
        self.context.tell(&Event::StatementFinished {
            version: self.step.planned.version.clone(),
            done,
            total,
        });
    }
}

impl HarnessBody for StepBody<'_, '_> {
    fn version(&self) -> &Version {
        &self.step.planned.version
    }

    fn name(&self) -> &str {
        &self.step.planned.name
    }

    fn run_in_transaction(&self) -> bool {
        self.step.mode == Mode::Transactional
    }

    fn run(&self, backend: &mut dyn Backend) -> Result<(), BoxError> {
        let ran = match self.step.mode {
            Mode::Transactional => self.run_whole(backend),
            Mode::StatementWise => self.run_statements(backend),
        };
        ran.map_err(|error| {
            *self.failed.borrow_mut() = Some(error);
            BodyFailed.into()
        })
    }
}
