//! One statement outside of a transaction of the step's: within its limits, watched by somebody who sees
//! whom it waits for and which locks it holds.
//!
//! What is noted of it, and which is the next one, is not known here.

use std::time::Duration;

use super::StepBody;
use crate::backend::held::HeldLock;
use crate::backend::limits::{Limit, Limits};
use crate::backend::watch;
use crate::backend::{Backend, ScriptError, run_statement};
use crate::migration::discipline::Patient;
use crate::migration::runner::ms;
use crate::migration::runner::step_error::StepError;
use crate::migration::rust::RustBody;
use crate::sql::Script;

impl StepBody<'_, '_> {
    /// Runs a statement within its limits, which are taken back after it.
    pub(super) fn run_limited(
        &self,
        backend: &mut dyn Backend,
        script: &Script,
        index: usize,
    ) -> Result<Result<(), ScriptError>, StepError> {
        if script.begins(index) || script.says_how_transaction_is(index) {
            // It waits for nobody, and nothing may be asked right behind it.
            return Ok(run_statement(backend, script, index));
        }
        // Inside a transaction of the file the server refuses it; a question in passing would end that.
        let patient = if is_alone(script, index) && backend.waits_for_all(script, index) {
            self.tell_needless(backend, script, index);
            Patient::Yes
        } else {
            Patient::No
        };
        let discipline = self.context.discipline;
        let limits = discipline.limits_of_statement(self.step.limits, (script, index), patient);
        let way_back = backend.limit_session(limits).map_err(StepError::Session)?;
        let has_a_limit = limits.lock_timeout.and_then(Limit::duration).is_some();
        let began = self.context.clock.elapsed();
        let ran = if patient == Patient::Yes || !has_a_limit {
            self.run_telling_of_waits(backend, script, index)
        } else {
            self.run_watched(backend, script, index, limits)
        };
        let ran = ran.map(|told| self.end_watch(told, began));
        let taken_back = way_back.map_or(Ok(()), |way_back| backend.load(&way_back).map(drop));
        if ran.is_ok() {
            taken_back.map_err(StepError::Session)?;
        }
        Ok(ran)
    }

    /// Calls a function, of which nothing tells which locks it takes.
    pub(super) fn call_watched(
        &self,
        backend: &mut dyn Backend,
        body: &RustBody,
    ) -> Result<(), StepError> {
        let began = self.context.clock.elapsed();
        let patience = watch::patience(None);
        self.context.watch.borrow_mut().begin_alone(patience);
        body.call(backend.as_any_mut()).map_err(StepError::Rust)?;
        self.end_watch(None, began);
        Ok(())
    }

    /// Lets somebody look at a statement that takes some time: at its locks, too, where these are let go
    /// of with it.
    pub(super) fn begin_watch(&self, script: &Script, index: usize, patience: Duration) {
        let mut watch = self.context.watch.borrow_mut();
        if is_alone(script, index) {
            watch.begin_alone(patience);
        } else {
            watch.begin(patience);
        }
    }

    /// Keeps the strongest lock of what is done: of those that its words told, and that were seen.
    fn end_watch(&self, told: Option<HeldLock>, began: Duration) {
        let seen = self.context.watch.borrow_mut().end_alone();
        let took = self.context.clock.elapsed().saturating_sub(began);
        let held = HeldLock::stronger(told, seen);
        self.keep_lock(held.map(|held| held.within(ms(took))));
    }

    /// Runs a statement that waits for a lock as long as its limit says; where it fails, what was seen
    /// until then is left to whoever asks for it.
    fn run_watched(
        &self,
        backend: &mut dyn Backend,
        script: &Script,
        index: usize,
        limits: Limits,
    ) -> Result<Option<HeldLock>, ScriptError> {
        let patience = watch::patience(limits.lock_timeout);
        self.begin_watch(script, index, patience);
        run_telling_lock(backend, script, index)
    }

    /// Keeps the strongest lock of all that are held.
    pub(super) fn keep_lock(&self, held: Option<HeldLock>) {
        let known = self.strongest.take();
        self.strongest.replace(HeldLock::stronger(known, held));
    }
}

/// Returns whether a statement is committed alone, so that its locks are gone when it is over.
fn is_alone(script: &Script, index: usize) -> bool {
    script.open_transaction(index).is_none()
}

/// Runs a statement, and returns the strongest lock that its words tell of, where it is alone with it.
pub(super) fn run_telling_lock(
    backend: &mut dyn Backend,
    script: &Script,
    index: usize,
) -> Result<Option<HeldLock>, ScriptError> {
    let told = if is_alone(script, index) {
        // What cannot be learned is not worth an error.
        backend.held_by_words(script, index).unwrap_or_default()
    } else {
        None
    };
    run_statement(backend, script, index)?;
    Ok(told)
}
