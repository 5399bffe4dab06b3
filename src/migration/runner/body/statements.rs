//! A step outside of a transaction: statement by statement, each noted when it is done.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use super::StepBody;
use crate::backend::error::DatabaseError;
use crate::backend::leftovers::Earlier;
use crate::backend::limits::{Limit, Limits};
use crate::backend::settings::Surrounding;
use crate::backend::watch::{self, LONG_WAIT};
use crate::backend::{Backend, Built, ScriptError, run_statement};
use crate::event::{Blocked, Blocker, Event};
use crate::history;
use crate::migration::discipline::Patient;
use crate::migration::failure::PASSES_OVER;
use crate::migration::prepare::Work;
use crate::migration::runner::step_error::StepError;
use crate::migration::runner::{count, is_up, ms};
use crate::sql::Script;

/// So often it is looked at what was seen of a wait, and how soon its end is noticed at the latest.
const GLANCE: Duration = Duration::from_millis(200);

/// How long a question waits for a lock that is not worth a wait.
const IN_PASSING: Duration = Duration::from_millis(50);

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
        self.set_again(backend, script)?;
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

    /// Runs a statement within its limits, which are taken back after it.
    fn run_limited(
        &self,
        backend: &mut dyn Backend,
        script: &Script,
        index: usize,
    ) -> Result<Result<(), ScriptError>, StepError> {
        // Inside a transaction of the file the server refuses it; a question in passing would end that.
        let is_alone = script.open_transaction(index).is_none();
        let patient = if is_alone && backend.waits_for_all(script, index) {
            self.tell_needless(backend, script, index);
            Patient::Yes
        } else {
            Patient::No
        };
        let discipline = self.context.discipline;
        let limits = discipline.limits_of_statement(self.step.limits, (script, index), patient);
        let way_back = backend.limit_session(limits).map_err(StepError::Session)?;
        let has_a_limit = limits.lock_timeout.and_then(Limit::duration).is_some();
        let ran = if patient == Patient::Yes || !has_a_limit {
            self.run_telling_of_waits(backend, script, index)
        } else {
            self.run_watched(backend, script, index, limits)
        };
        let taken_back = way_back.map_or(Ok(()), |way_back| backend.load(&way_back).map(drop));
        if ran.is_ok() {
            taken_back.map_err(StepError::Session)?;
        }
        Ok(ran)
    }

    /// Runs a statement that waits for a lock as long as its limit says; where it fails, what was seen
    /// until then is left to whoever asks for it.
    fn run_watched(
        &self,
        backend: &mut dyn Backend,
        script: &Script,
        index: usize,
        limits: Limits,
    ) -> Result<(), ScriptError> {
        let patience = watch::patience(limits.lock_timeout);
        self.context.watch.borrow_mut().begin(patience);
        run_statement(backend, script, index)?;
        self.context.watch.borrow_mut().end();
        Ok(())
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
    ) -> Result<(), ScriptError> {
        self.context.watch.borrow_mut().begin(LONG_WAIT);
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
        if ran.is_ok() {
            self.context.watch.borrow_mut().end();
        }
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
/// names of what is dropped, and of what is others'.
fn run_anew(
    backend: &mut dyn Backend,
    script: &Script,
    index: usize,
    earlier: &Earlier,
) -> (Vec<String>, Vec<String>, Result<(), ScriptError>) {
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
        Ok(true) => Ok(()),
        Ok(false) => run_statement(backend, script, index),
        Err(error) => Err(failed(error)),
    };
    (dropped, left.others, ran)
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
