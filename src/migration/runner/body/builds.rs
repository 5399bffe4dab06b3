//! A statement that builds something beside those who are at work: what earlier attempts have left of it,
//! whom it waits for, and whether what it leaves can be used.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use super::StepBody;
use super::statement::run_telling_lock;
use crate::backend::error::DatabaseError;
use crate::backend::held::HeldLock;
use crate::backend::leftovers::Earlier;
use crate::backend::limits::{Limit, Limits};
use crate::backend::watch::LONG_WAIT;
use crate::backend::{Backend, Built, ScriptError};
use crate::event::{Blocked, Blocker, Event};
use crate::migration::failure::PASSES_OVER;
use crate::migration::runner::step_error::StepError;
use crate::sql::Script;

/// So often it is looked at what was seen of a wait, and how soon its end is noticed at the latest.
const GLANCE: Duration = Duration::from_millis(200);

/// How long a question waits for a lock that is not worth a wait.
const IN_PASSING: Duration = Duration::from_millis(50);

impl StepBody<'_, '_> {
    /// Tells where nobody would have had to wait for what is built concurrently.
    pub(super) fn tell_needless(&self, backend: &mut dyn Backend, script: &Script, index: usize) {
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
    pub(super) fn run_telling_of_waits(
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
        let anew = ran.unwrap_or_else(|panicked| std::panic::resume_unwind(panicked));
        self.others.replace(anew.others);
        let version = &self.step.planned.version;
        for index in anew.dropped {
            let version = version.clone();
            self.context
                .tell(&Event::LeftoverDropped { version, index });
        }
        for index in anew.kept {
            let version = version.clone();
            self.context.tell(&Event::LeftoverKept { version, index });
        }
        anew.ran
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
    pub(super) fn left_behind(
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
    pub(super) fn refuse_invalid(
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
}

/// Refuses what has the name of an index that was to be built, before its statement counts as done.
pub(super) fn refuse_mistaken(
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

/// What became of a statement that builds something, and of what attempts at it have left.
struct Anew {
    /// The names of what is dropped.
    dropped: Vec<String>,
    /// Those of what is others'.
    others: Vec<String>,
    /// Those of what has to stay.
    kept: Vec<String>,
    /// The lock that its words tell of.
    ran: Result<Option<HeldLock>, ScriptError>,
}

/// Runs a statement that builds something, without what earlier attempts at it have left.
fn run_anew(backend: &mut dyn Backend, script: &Script, index: usize, earlier: &Earlier) -> Anew {
    let failed = |error| ScriptError {
        statement: Some(index),
        offset: Some(script.statements()[index].span.start),
        error,
    };
    let mut anew = Anew {
        dropped: Vec::new(),
        others: Vec::new(),
        kept: Vec::new(),
        ran: Ok(None),
    };
    let cleared = backend
        .unnamed_leftovers(script, index, earlier)
        .and_then(|left| {
            anew.others = left.others;
            backend.clear_way(script, index, &left.own)
        })
        .and_then(|dropped| {
            anew.dropped = dropped;
            backend.is_reached(script, index, (earlier, &anew.dropped))
        });
    anew.ran = match cleared {
        Ok(true) => Ok(None),
        Ok(false) => run_telling_lock(backend, script, index),
        Err(error) => Err(failed(error)),
    };
    let is_cut_off = matches!(&anew.ran, Err(failed) if failed.error.disconnected);
    if !is_cut_off {
        // A failed attempt may have left some just now. What cannot be learned is not worth an error.
        anew.kept = backend.undroppable(script, index).unwrap_or_default();
    }
    anew
}
