//! A step in one transaction, with its row.

use super::StepBody;
use crate::backend::Backend;
use crate::backend::error::BackendError;
use crate::backend::query::Query;
use crate::backend::watch;
use crate::history;
use crate::migration::prepare::Work;
use crate::migration::runner::step_error::StepError;
use crate::migration::runner::{is_up, ms, record};
use crate::operation::{Remembered, Route};

impl StepBody<'_, '_> {
    /// Runs the work and writes its row, in the transaction that the harness has opened.
    ///
    /// Where the row can prove the lock and put the session back on its way, it does: whatever ran
    /// without the lock is then rolled back.
    pub(super) fn run_whole(&self, backend: &mut dyn Backend) -> Result<(), StepError> {
        self.join(backend)?;
        let ran = self.run_joined(backend);
        if let (Err(_), Some(found)) = (&ran, self.belongings.get()) {
            Route::tidy_up(backend, found);
        }
        ran
    }

    fn run_joined(&self, backend: &mut dyn Backend) -> Result<(), StepError> {
        let (lock, session) = (
            self.context.lock(self.step),
            self.context.session(self.step),
        );
        let guard = is_up(self.step)
            .then(|| backend.guard(lock, session))
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

    /// Makes the transaction, where it goes through another connection than the one that holds the
    /// lock, like one of that, and lets somebody look for who keeps it waiting.
    fn join(&self, backend: &mut dyn Backend) -> Result<(), StepError> {
        let Some(route) = self.context.route(self.step) else {
            return Ok(());
        };
        let script = match &self.step.work {
            Work::Sql(_, script) => Some(script),
            Work::Rust(_) => None,
        };
        let remembered = Remembered::of_transaction(backend, script);
        let remembered = remembered.map_err(StepError::Session)?;
        // It is set once: the body runs once.
        let _ = self.remembered.set(remembered);
        route.pin(backend).map_err(StepError::Session)?;
        let belongings = Route::take_stock(backend).map_err(StepError::Session)?;
        let _ = self.belongings.set(belongings);
        if let Some(session) = route.served_by() {
            let limits = self.context.discipline.limits(self.step.limits);
            let patience = watch::patience(limits.lock_timeout);
            self.context.watch.borrow_mut().begin_for(session, patience);
        }
        Ok(())
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
        let tables = self.context.tables;
        let recorded = if is_up(self.step) {
            let row = record::success(self.context, self.step, ms(self.duration.get()));
            history::insert(backend, tables, &row)
        } else {
            let version = &self.step.planned.version;
            history::finish_rollback(backend, tables, version, self.rolled_back())
        };
        recorded.map_err(StepError::Bookkeeping)
    }

    fn work(&self, backend: &mut dyn Backend) -> Result<(), StepError> {
        let limits = self.context.discipline.limits(self.step.limits);
        match &self.step.work {
            Work::Rust(body) => {
                let limited = backend.limit_transaction(limits);
                limited.map_err(StepError::Session)?;
                body.call(backend.as_any_mut()).map_err(StepError::Rust)
            }
            Work::Sql(_, script) => {
                let total = script.statements().len();
                let mut tell = |done| self.tell_statement(done, total);
                backend
                    .run_script(script, limits, &mut tell)
                    .map_err(StepError::Script)
            }
        }
    }
}
