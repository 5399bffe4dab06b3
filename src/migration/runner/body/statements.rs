//! A step outside of a transaction: statement by statement, each noted when it is done.

use super::StepBody;
use super::builds::refuse_mistaken;
use super::set_again::begin_again;
use crate::backend::settings::Surrounding;
use crate::backend::{Backend, Built};
use crate::history::{self, Progress};
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
                    self.call_watched(backend, body)?;
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
        self.set_again(backend, script)?;
        begin_again(backend, script, self.done.get())?;
        for index in self.done.get()..total {
            // What says how a transaction is has to be its first word.
            if !script.says_how_transaction_is(index) {
                self.prove_lock(backend)?;
            }
            // What commits takes its own count along, or leaves it as it was: a crash between the
            // two would have it run again, without its transaction.
            // Where nothing is open it takes nothing along, and may fail; where all in it only reads,
            // it may be run again.
            let is_open = script.open_transaction(index).is_some();
            let takes_count_along = is_open
                && script.is_commit(index)
                && !backend.only_reads().map_err(StepError::Bookkeeping)?;
            if is_open && script.open_transaction(index + 1) != script.open_transaction(index) {
                let held = backend.held_by_transaction();
                self.keep_lock(held.map_err(StepError::Bookkeeping)?);
            }
            if takes_count_along {
                self.note(backend, Surrounding::BodysTransaction, index + 1)?;
            }
            self.refuse_invalid(backend, script, index, Built::NotYet)?;
            let ran = self.run_limited(backend, script, index)?;
            ran.map_err(|error| self.left_behind(backend, script, index, error))?;
            self.refuse_invalid(backend, script, index, Built::Done)?;
            refuse_mistaken(backend, script, index)?;
            self.let_prepare_anew(backend)?;
            // Whatever is noted in a transaction of the script's is gone with it, or noted again where it
            // is committed; and it may have to say more of itself before anything is asked in it.
            if !takes_count_along && script.open_transaction(index + 1).is_none() {
                self.note(backend, Surrounding::Nothing, index + 1)?;
            }
            self.done.set(index + 1);
            self.tell_statement(index + 1, total);
        }
        Ok(())
    }

    /// Notes that this many statements are done, and their strongest lock, in whatever transaction is
    /// open, as whoever began the run: the body may have become somebody who may not.
    fn note(
        &self,
        backend: &mut dyn Backend,
        surrounding: Surrounding,
        done: usize,
    ) -> Result<(), StepError> {
        let version = &self.step.planned.version;
        let strongest = self.strongest.borrow();
        let progress = Progress {
            done: count(done),
            strongest: strongest.as_ref(),
        };
        let mut note = |backend: &mut dyn Backend| {
            history::progress(backend, self.context.tables, version, &progress)
        };
        let noted = match self.remembered.get() {
            None => note(backend),
            Some(remembered) => remembered.as_found(backend, surrounding, &mut note),
        };
        noted.map_err(StepError::Bookkeeping)
    }

    fn let_prepare_anew(&self, backend: &mut dyn Backend) -> Result<(), StepError> {
        let prepared = self
            .remembered
            .get()
            .map_or(Ok(()), |remembered| remembered.let_prepare_anew(backend));
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
