//! What Diesel's harness runs of a step: its work, and the row of the history beside Diesel's own.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use thiserror::Error;

use super::step_error::StepError;
use super::{Context, count, is_up, ms, record};
use crate::backend::error::{BackendError, DatabaseError};
use crate::backend::query::Query;
use crate::backend::settings::Surrounding;
use crate::backend::{Backend, BoxError, Built, HarnessBody, ScriptError, run_statement};
use crate::event::Event;
use crate::history;
use crate::migration::prepare::{Mode, Step, Work};
use crate::operation::Remembered;
use crate::sql::Script;
use crate::version::Version;

/// One step, as the harness runs it.
pub(super) struct StepBody<'a, 'c> {
    context: &'a Context<'c>,
    step: &'a Step,
    remembered: Remembered,
    check_foreign_keys: bool,
    duration: Cell<Duration>,
    done: Cell<usize>,
    /// Whether a transaction is open that the runner has to end: the last one of a step that runs
    /// statement by statement, which holds both rows.
    open: Cell<bool>,
    /// The invalid indexes that a failed statement has left.
    left: RefCell<Vec<String>>,
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
        remembered: Remembered,
        check_foreign_keys: bool,
    ) -> Self {
        let done = usize::try_from(step.planned.statements_done).unwrap_or(0);
        Self {
            context,
            step,
            remembered,
            check_foreign_keys,
            duration: Cell::new(Duration::ZERO),
            done: Cell::new(done),
            open: Cell::new(false),
            left: RefCell::default(),
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
            // What the rollback has not put back; the first error is the one worth telling.
            return ran.inspect_err(|_| drop(self.remembered.put_back(backend)));
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

    fn controls_transaction(&self) -> bool {
        match &self.step.work {
            Work::Sql(_, script) => script.controls_transaction(),
            Work::Rust(_) => false,
        }
    }

    /// Runs the work and writes its row, in the transaction that the harness has opened.
    ///
    /// Where the row can prove the lock and put the session back on its way, it does: whatever ran
    /// without the lock is then rolled back.
    fn run_whole(&self, backend: &mut dyn Backend) -> Result<(), StepError> {
        let guard = is_up(self.step)
            .then(|| backend.guard(self.context.lock, self.context.session))
            .flatten();
        if guard.is_none() {
            self.prove_lock(backend)?;
        }
        if self.step.planned.again {
            let version = &self.step.planned.version;
            history::delete_diesel_row(backend, self.context.tables, version)
                .map_err(StepError::Bookkeeping)?;
        }
        self.timed(|| self.work(backend))?;
        self.done.set(self.step.total());
        self.check_foreign_keys(backend)?;
        if let Some(guard) = guard {
            self.put_settings_back(backend)?;
            return self.record_guarded(backend, &guard);
        }
        self.put_back(backend)?;
        // The body may have given it up.
        self.prove_lock(backend)?;
        self.record(backend)
    }

    fn record_guarded(&self, backend: &mut dyn Backend, guard: &Query) -> Result<(), StepError> {
        let row = record::success(self.context, self.step, ms(self.duration.get()));
        match history::insert_guarded(backend, self.context.tables, &row, guard) {
            Ok(true) => Ok(()),
            Ok(false) => {
                self.prove_lock(backend)?;
                Err(StepError::Lock(BackendError::PooledTransactions))
            }
            Err(error) => Err(StepError::Bookkeeping(error)),
        }
    }

    fn record(&self, backend: &mut dyn Backend) -> Result<(), StepError> {
        let (tables, duration) = (self.context.tables, ms(self.duration.get()));
        let recorded = if is_up(self.step) {
            let row = record::success(self.context, self.step, duration);
            history::insert(backend, tables, &row)
        } else {
            let now = self.context.clock.now();
            history::finish_rollback(backend, tables, &self.step.planned.version, now, duration)
        };
        recorded.map_err(StepError::Bookkeeping)
    }

    fn work(&self, backend: &mut dyn Backend) -> Result<(), StepError> {
        match &self.step.work {
            Work::Rust(body) => body.call(backend.as_any_mut()).map_err(StepError::Rust),
            Work::Sql(_, script) => {
                let total = script.statements().len();
                let mut tell = |done| self.tell_statement(done, total);
                backend
                    .run_script(script, &mut tell)
                    .map_err(StepError::Script)
            }
        }
    }

    fn run_statements(&self, backend: &mut dyn Backend) -> Result<(), StepError> {
        self.timed(|| match &self.step.work {
            Work::Sql(_, script) => self.each_statement(backend, script),
            Work::Rust(body) => {
                self.prove_lock(backend)?;
                if self.done.get() == 0 {
                    body.call(backend.as_any_mut()).map_err(StepError::Rust)?;
                    self.let_prepare_anew(backend)?;
                    self.note(backend, Surrounding::Nothing, 1)?;
                    self.done.set(1);
                }
                Ok(())
            }
        })?;
        self.check_foreign_keys(backend)?;
        self.put_back(backend)?;
        // The body may have given it up with its last statement.
        self.prove_lock(backend)?;
        backend.begin().map_err(StepError::Bookkeeping)?;
        self.open.set(true);
        self.finish(backend)
    }

    fn each_statement(&self, backend: &mut dyn Backend, script: &Script) -> Result<(), StepError> {
        let total = script.statements().len();
        for index in self.done.get()..total {
            self.prove_lock(backend)?;
            // What commits takes its own count along, or leaves it as it was: a crash between the
            // two would have it run again, without its transaction.
            // Where nothing is open it takes nothing along, and may fail.
            let is_open = script.open_transaction(index).is_some();
            let takes_count_along = is_open && script.is_commit(index);
            if takes_count_along {
                self.note(backend, surrounding(script, index), index + 1)?;
            }
            let ran = run_statement(backend, script, index);
            ran.map_err(|error| self.left_behind(backend, script, index, error))?;
            self.refuse_invalid(backend, script, index)?;
            self.let_prepare_anew(backend)?;
            if !takes_count_along {
                self.note(backend, surrounding(script, index + 1), index + 1)?;
            }
            self.done.set(index + 1);
            self.tell_statement(index + 1, total);
        }
        Ok(())
    }

    /// Keeps what a failed statement has left, though it failed.
    fn left_behind(
        &self,
        backend: &mut dyn Backend,
        script: &Script,
        index: usize,
        error: ScriptError,
    ) -> StepError {
        if !error.error.disconnected {
            let left = backend.invalid_indexes(script, index, Built::Failed);
            // What cannot be learned is not worth another error.
            self.left.replace(left.unwrap_or_default());
        }
        StepError::Script(error)
    }

    /// Refuses an index that `IF NOT EXISTS` has taken for made, before its statement counts as
    /// done: once the index is dropped the statement has to be run again.
    fn refuse_invalid(
        &self,
        backend: &mut dyn Backend,
        script: &Script,
        index: usize,
    ) -> Result<(), StepError> {
        let left = backend.invalid_indexes(script, index, Built::Done);
        let left = left.map_err(StepError::Bookkeeping)?;
        if left.is_empty() {
            return Ok(());
        }
        self.left.replace(left);
        let said = "the index is there, but invalid: an earlier attempt to build it failed";
        Err(StepError::Script(ScriptError {
            statement: Some(index),
            offset: Some(script.statements()[index].span.start),
            error: DatabaseError::from_message(said),
        }))
    }

    /// Notes that this many statements are done, in whatever transaction is open, as whoever began
    /// the run: the body may have become somebody who may not.
    fn note(
        &self,
        backend: &mut dyn Backend,
        surrounding: Surrounding,
        done: usize,
    ) -> Result<(), StepError> {
        let version = &self.step.planned.version;
        let mut note = |backend: &mut dyn Backend| {
            history::progress(backend, self.context.tables, version, count(done))
        };
        self.remembered
            .as_found(backend, surrounding, &mut note)
            .map_err(StepError::Bookkeeping)
    }

    fn let_prepare_anew(&self, backend: &mut dyn Backend) -> Result<(), StepError> {
        let prepared = self.remembered.let_prepare_anew(backend);
        prepared.map_err(StepError::Session)
    }

    fn finish(&self, backend: &mut dyn Backend) -> Result<(), StepError> {
        let (tables, duration) = (self.context.tables, ms(self.duration.get()));
        let version = &self.step.planned.version;
        let finished = if is_up(self.step) {
            history::finish_apply(backend, tables, version, duration)
        } else {
            let now = self.context.clock.now();
            history::finish_rollback(backend, tables, version, now, duration)
        };
        finished.map_err(StepError::Bookkeeping)
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
            .prove_lock(self.context.lock)
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
        let back = self.remembered.put_back(backend);
        back.map_err(StepError::Session)
    }

    /// Puts back what the body may have changed, and the search path in any case, before Diesel's
    /// unqualified row is written.
    fn put_back(&self, backend: &mut dyn Backend) -> Result<(), StepError> {
        self.put_settings_back(backend)?;
        match &self.context.session.after_body {
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

/// Returns whose transaction is open after the first `count` statements of a script.
fn surrounding(script: &Script, count: usize) -> Surrounding {
    if script.controls_transaction() && script.open_transaction(count).is_some() {
        Surrounding::BodysTransaction
    } else {
        Surrounding::Nothing
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
