//! A step outside of a transaction: statement by statement, each noted when it is done.

use super::StepBody;
use crate::backend::error::DatabaseError;
use crate::backend::settings::Surrounding;
use crate::backend::{Backend, Built, ScriptError, run_statement};
use crate::history;
use crate::migration::prepare::Work;
use crate::migration::runner::step_error::StepError;
use crate::migration::runner::{count, is_up, ms};
use crate::sql::Script;

impl StepBody<'_, '_> {
    pub(super) fn run_statements(&self, backend: &mut dyn Backend) -> Result<(), StepError> {
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
        let tables = self.context.tables;
        let version = &self.step.planned.version;
        let finished = if is_up(self.step) {
            history::finish_apply(backend, tables, version, ms(self.duration.get()))
        } else {
            history::finish_rollback(backend, tables, version, self.rolled_back())
        };
        finished.map_err(StepError::Bookkeeping)
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
