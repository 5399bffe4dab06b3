//! One statement outside of a transaction of the step's: within its limits, watched by somebody who sees
//! whom it waits for and which locks it holds.
//!
//! What is noted of it, and which is the next one, is not known here.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use super::StepBody;
use crate::backend::error::DatabaseError;
use crate::backend::held::HeldLock;
use crate::backend::leftovers::Earlier;
use crate::backend::limits::{Limit, Limits};
use crate::backend::watch::{self, LONG_WAIT};
use crate::backend::{Backend, ScriptError, run_statement};
use crate::event::{Blocked, Blocker, Event};
use crate::migration::discipline::Patient;
use crate::migration::runner::ms;
use crate::migration::runner::step_error::StepError;
use crate::migration::rust::RustBody;
use crate::sql::Script;

/// So often it is looked at what was seen of a wait, and how soon its end is noticed at the latest.
const GLANCE: Duration = Duration::from_millis(200);

/// How long a question waits for a lock that is not worth a wait.
const IN_PASSING: Duration = Duration::from_millis(50);

impl StepBody<'_, '_> {
    /// Runs a statement within its limits, which are taken back after it.
    pub(super) fn run_limited(
        &self,
        backend: &mut dyn Backend,
        script: &Script,
        index: usize,
    ) -> Result<Result<(), ScriptError>, StepError> {
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
    fn begin_watch(&self, script: &Script, index: usize, patience: Duration) {
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

    /// Tells where nobody would have had to wait for what is built concurrently.
    fn tell_needless(&self, backend: &mut dyn Backend, script: &Script, index: usize) {
        // What cannot be learned is not worth an error, nor a wait.
        let needless = in_passing(backend, |backend| {
            backend.needless(script, index, self.context.lock)
        });
        if let Ok(Some((table, why))) = needless {
            self.context.tell(&Event::NeedlesslyConcurrent {
                version: self.step.planned.version.clone(),
                table,
                why,
            });
        }
    }

    /// Runs a statement that may wait for long, and tells of each whom it waits for; before it, what an
    /// earlier attempt has left is dropped, which waits as well.
    fn run_telling_of_waits(
        &self,
        backend: &mut dyn Backend,
        script: &Script,
        index: usize,
    ) -> Result<Option<HeldLock>, ScriptError> {
        self.begin_watch(script, index, LONG_WAIT);
        let mut told = Blocked::default();
        let earlier = self.earlier_at(index);
        let ran = thread::scope(|scope| {
            let (done, is_done) = mpsc::channel::<()>();
            let running = scope.spawn(move || {
                let ran = run_anew(backend, script, index, earlier);
                drop(done);
                ran
            });
            while is_done.recv_timeout(GLANCE) == Err(RecvTimeoutError::Timeout) {
                self.tell_waits(&mut told);
            }
            running.join()
        });
        let (dropped, others, ran) =
            ran.unwrap_or_else(|panicked| std::panic::resume_unwind(panicked));
        self.others.replace(others);
        for index in dropped {
            self.context.tell(&Event::LeftoverDropped {
                version: self.step.planned.version.clone(),
                index,
            });
        }
        ran
    }

    /// Returns how an earlier attempt ended at a statement.
    fn earlier_at(&self, index: usize) -> &Earlier {
        let planned = &self.step.planned;
        if usize::try_from(planned.statements_done) == Ok(index) {
            &planned.earlier
        } else {
            &Earlier::None
        }
    }

    /// Tells of those who are in the way and were not told of yet.
    fn tell_waits(&self, told: &mut Blocked) {
        let mut news = self.context.watch.borrow().seen();
        let is_known = |blocker: &Blocker| told.by.iter().any(|known| known.is(blocker));
        news.by.retain(|blocker| !is_known(blocker));
        if news.unseen == told.unseen {
            news.unseen = None;
        }
        if news.by.is_empty() && news.unseen.is_none() {
            return;
        }
        told.add(news.clone());
        self.context.tell(&Event::StepWaiting {
            version: self.step.planned.version.clone(),
            blocked: news,
        });
    }
}

/// Returns whether a statement is committed alone, so that its locks are gone when it is over.
fn is_alone(script: &Script, index: usize) -> bool {
    script.open_transaction(index).is_none()
}

/// Runs a statement, and returns the strongest lock that its words tell of, where it is alone with it.
fn run_telling_lock(
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

/// Asks something that waits for no lock.
fn in_passing<T>(
    backend: &mut dyn Backend,
    question: impl FnOnce(&mut dyn Backend) -> Result<T, DatabaseError>,
) -> Result<T, DatabaseError> {
    backend.begin()?;
    let limits = Limits::default().with_lock_timeout(Limit::of(IN_PASSING));
    let limited = backend.limit_transaction(limits);
    let answer = limited.and_then(|()| question(backend));
    backend.rollback()?;
    answer
}

/// Runs a statement that builds something, without what earlier attempts at it have left; returns the
/// names of what is dropped, and of what is others', and the lock that its words tell of.
fn run_anew(
    backend: &mut dyn Backend,
    script: &Script,
    index: usize,
    earlier: &Earlier,
) -> (
    Vec<String>,
    Vec<String>,
    Result<Option<HeldLock>, ScriptError>,
) {
    let failed = |error| ScriptError {
        statement: Some(index),
        offset: Some(script.statements()[index].span.start),
        error,
    };
    let left = match backend.unnamed_leftovers(script, index, earlier) {
        Ok(left) => left,
        Err(error) => return (Vec::new(), Vec::new(), Err(failed(error))),
    };
    let dropped = match backend.clear_way(script, index, &left.own) {
        Ok(dropped) => dropped,
        Err(error) => return (Vec::new(), left.others, Err(failed(error))),
    };
    let ran = match backend.is_reached(script, index, (earlier, &dropped)) {
        Ok(true) => Ok(None),
        Ok(false) => run_telling_lock(backend, script, index),
        Err(error) => Err(failed(error)),
    };
    (dropped, left.others, ran)
}
