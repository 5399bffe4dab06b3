//! A step in one transaction, with its row.

use super::StepBody;
use crate::backend::Backend;
use crate::backend::error::BackendError;
use crate::backend::query::Query;
use crate::history;
use crate::migration::prepare::Work;
use crate::migration::runner::step_error::StepError;
use crate::migration::runner::{is_up, ms, record};

impl StepBody<'_, '_> {
    /// Runs the work and writes its row, in the transaction that the harness has opened.
    ///
    /// Where the row can prove the lock and put the session back on its way, it does: whatever ran
    /// without the lock is then rolled back.
    pub(super) fn run_whole(&self, backend: &mut dyn Backend) -> Result<(), StepError> {
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
}
