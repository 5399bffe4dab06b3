//! A step outside of a transaction: statement by statement, each noted when it is done.

use super::StepBody;
use crate::backend::error::DatabaseError;
use crate::backend::held::HeldLock;
use crate::backend::settings::Surrounding;
use crate::backend::{Backend, Built, ScriptError, run_statement};
use crate::history::{self, Progress};
use crate::migration::failure::PASSES_OVER;
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
        for index in self.done.get()..total {
            self.prove_lock(backend)?;
            // What commits takes its own count along, or leaves it as it was: a crash between the
            // two would have it run again, without its transaction.
            // Where nothing is open it takes nothing along, and may fail.
            let is_open = script.open_transaction(index).is_some();
            let takes_count_along = is_open && script.is_commit(index);
            if is_open && script.open_transaction(index + 1).is_none() {
                let held = backend.held_by_transaction();
                self.keep_lock(held.map_err(StepError::Bookkeeping)?);
            }
            if takes_count_along {
                self.note(backend, surrounding(script, index), index + 1)?;
            }
            self.refuse_invalid(backend, script, index, Built::NotYet)?;
            let ran = self.run_limited(backend, script, index)?;
            ran.map_err(|error| self.left_behind(backend, script, index, error))?;
            self.refuse_invalid(backend, script, index, Built::Done)?;
            refuse_mistaken(backend, script, index)?;
            self.let_prepare_anew(backend)?;
            if !takes_count_along {
                self.note(backend, surrounding(script, index + 1), index + 1)?;
            }
            self.done.set(index + 1);
            self.tell_statement(index + 1, total);
        }
        Ok(())
    }

    /// Sets again what an earlier attempt had set for its session, which this one is not: what follows
    /// was written to run with it.
    fn set_again(&self, backend: &mut dyn Backend, script: &Script) -> Result<(), StepError> {
        let done = 0..self.done.get();
        for index in done.filter(|index| lasts(script, *index)) {
            if backend.only_sets(script, index) {
                let set = run_statement(backend, script, index);
                set.map_err(|failed| StepError::Script(not_set_again(failed)))?;
            }
        }
        Ok(())
    }

    /// Keeps the strongest lock of all that are held.
    pub(super) fn keep_lock(&self, held: Option<HeldLock>) {
        let known = self.strongest.take();
        self.strongest.replace(HeldLock::stronger(known, held));
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
            let mut left = left.unwrap_or_default();
            left.retain(|index| !self.others.borrow().contains(index));
            self.left.replace(left);
        }
        StepError::Script(error)
    }

    /// Refuses an index that `IF NOT EXISTS` has taken for made, before its statement counts as
    /// done: once the index is dropped the statement has to be run again. So it is with one that a
    /// `REINDEX` of several would pass over, before it is begun.
    fn refuse_invalid(
        &self,
        backend: &mut dyn Backend,
        script: &Script,
        index: usize,
        built: Built,
    ) -> Result<(), StepError> {
        let left = backend.invalid_indexes(script, index, built);
        let left = left.map_err(StepError::Bookkeeping)?;
        if left.is_empty() {
            return Ok(());
        }
        self.left.replace(left);
        let said = match built {
            Built::NotYet => PASSES_OVER,
            Built::Done | Built::Failed => {
                "the index is there, but invalid: an earlier attempt to build it failed"
            }
        };
        Err(refused(script, index, said))
    }

    /// Notes that this many statements are done, and their strongest lock, in whatever transaction is open, as whoever began
    /// the run: the body may have become somebody who may not.
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

/// Refuses what has the name of an index that was to be built, before its statement counts as done.
fn refuse_mistaken(
    backend: &mut dyn Backend,
    script: &Script,
    index: usize,
) -> Result<(), StepError> {
    let mistaken = backend.mistaken(script, index);
    match mistaken.map_err(StepError::Bookkeeping)? {
        None => Ok(()),
        Some(taken) => {
            let said = format!("the index was not built: its name is that of {taken}");
            Err(refused(script, index, &said))
        }
    }
}

/// Makes the error of a statement that the database has nothing against.
fn refused(script: &Script, index: usize, said: &str) -> StepError {
    StepError::Script(ScriptError {
        statement: Some(index),
        offset: Some(script.statements()[index].span.start),
        error: DatabaseError::from_message(said),
    })
}

/// Returns whether what a statement does is not rolled back by the script itself.
fn lasts(script: &Script, index: usize) -> bool {
    if script.open_transaction(index).is_none() {
        return true;
    }
    let mut rest = index..script.statements().len();
    let end = rest.find(|end| script.open_transaction(end + 1).is_none());
    end.is_some_and(|end| script.is_commit(end) && !is_undone(script, index..end))
}

/// Returns whether a script goes back to a savepoint from before the first of these statements.
fn is_undone(script: &Script, statements: std::ops::Range<usize>) -> bool {
    let mut made = Vec::new();
    for index in statements {
        let names = script.names(index);
        let (Some(word), Some(point)) = (names.first(), names.last()) else {
            continue;
        };
        let goes_back = word == "rollback" && names.iter().any(|name| name == "to");
        if word == "savepoint" {
            made.push(point.clone());
        } else if goes_back && !made.contains(point) {
            return true;
        }
    }
    false
}

fn not_set_again(mut failed: ScriptError) -> ScriptError {
    let said = failed.error.message;
    failed.error.message = format!("what it had set cannot be set again: {said}");
    failed
}

/// Returns whose transaction is open after the first `count` statements of a script.
fn surrounding(script: &Script, count: usize) -> Surrounding {
    if script.controls_transaction() && script.open_transaction(count).is_some() {
        Surrounding::BodysTransaction
    } else {
        Surrounding::Nothing
    }
}
