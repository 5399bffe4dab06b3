//! The lock and the session's settings around a run: taken in order, given back on every exit.

use std::cell::RefCell;
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use super::OperationError;
use crate::backend::error::BackendError;
use crate::backend::examine::{Defect, Need};
use crate::backend::query::Query;
use crate::backend::tables::Tables;
use crate::backend::{Backend, Lock, LockAttempt, LockMode, Session};
use crate::cancellation::Cancellation;
use crate::clock::{Clock, whole_ms};
use crate::event::{Event, LockHolder, Observer};
use crate::history;

/// The pauses between two tries to take the lock: from, to. A random part keeps waiters apart.
const SHORTEST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// What is made for a run once it has its lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Making {
    /// This tool's own tables, and Diesel's, where they are absent.
    Tables,
    /// Nothing: it leaves no trace.
    Nothing,
}

/// What becomes of a run that is done where its lock and its session cannot be given back any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// It is an error: what was committed over that connection may be less durable than it was meant.
    Strict,
    /// That the connection is gone is nothing to it, which has committed over another one.
    Forgiving,
}

impl Ending {
    fn judge(
        self,
        backend: &mut dyn Backend,
        given_back: Result<(), BackendError>,
    ) -> Result<(), BackendError> {
        match given_back {
            Err(_) if self == Self::Forgiving && !answers(backend) => Ok(()),
            given_back => given_back,
        }
    }
}

/// Returns whether a connection is still alive: of one that was cut off only the first error says so in
/// words that are known.
pub(crate) fn answers(backend: &mut dyn Backend) -> bool {
    backend.load(&Query::new("SELECT 1").once()).is_ok()
}

/// What a run needs before it has its lock.
pub(crate) struct RunSetup<'a> {
    pub(crate) ending: Ending,
    pub(crate) owner: String,
    pub(crate) mode: LockMode,
    pub(crate) making: Making,
    pub(crate) lock_wait: Duration,
    pub(crate) clock: &'a dyn Clock,
    pub(crate) cancellation: &'a Cancellation,
    pub(crate) observer: RefCell<&'a mut dyn Observer>,
}

/// What a run has while it may write.
pub(crate) struct Locked<'l> {
    pub(crate) tables: Tables,
    pub(crate) lock: &'l Lock,
    pub(crate) session: &'l Session,
}

/// Takes the lock, creates the tables unless nothing is to be made, changes the session, runs, and gives all of it back.
pub(crate) fn with_lock<T, E: From<OperationError>>(
    backend: &mut dyn Backend,
    setup: &RunSetup<'_>,
    run: impl FnOnce(&mut dyn Backend, &Locked<'_>) -> Result<T, E>,
) -> Result<T, E> {
    let started = setup.clock.elapsed();
    let session = backend
        .open_session(&setup.owner)
        .map_err(OperationError::from)?;
    let ran = under_lock(backend, setup, (&session, started), run);
    let restored = restore(backend, &session);
    let restored = setup.ending.judge(backend, restored);
    let value = ran?;
    restored.map_err(OperationError::from)?;
    Ok(value)
}

/// Does the same in a database that nobody else knows of, where no lock is needed and no table is made.
pub(super) fn alone<T, E: From<OperationError>>(
    backend: &mut dyn Backend,
    setup: &RunSetup<'_>,
    run: impl FnOnce(&mut dyn Backend, &Locked<'_>) -> Result<T, E>,
) -> Result<T, E> {
    let session = backend.open_session(&setup.owner);
    let session = session.map_err(OperationError::from)?;
    let found = backend.find_tables().map_err(OperationError::from);
    let ran = found.map_err(E::from).and_then(|tables| {
        let locked = Locked {
            tables,
            lock: &Lock::Private,
            session: &session,
        };
        run(backend, &locked)
    });
    let restored = restore(backend, &session);
    let value = ran?;
    restored.map_err(OperationError::from)?;
    Ok(value)
}

fn under_lock<T, E: From<OperationError>>(
    backend: &mut dyn Backend,
    setup: &RunSetup<'_>,
    (session, started): (&Session, Duration),
    run: impl FnOnce(&mut dyn Backend, &Locked<'_>) -> Result<T, E>,
) -> Result<T, E> {
    let lock = find_and_take(backend, setup, started).map_err(OperationError::from)?;
    let ran = run_locked(backend, (setup, started), (&lock, session), run);
    let unlocked = backend.unlock(lock);
    let unlocked = setup.ending.judge(backend, unlocked);
    let value = ran?;
    unlocked.map_err(OperationError::from)?;
    Ok(value)
}

fn run_locked<T, E: From<OperationError>>(
    backend: &mut dyn Backend,
    waiting: (&RunSetup<'_>, Duration),
    (lock, session): (&Lock, &Session),
    run: impl FnOnce(&mut dyn Backend, &Locked<'_>) -> Result<T, E>,
) -> Result<T, E> {
    let tables = tables_of(backend, waiting, lock).map_err(OperationError::from)?;
    let locked = Locked {
        tables,
        lock,
        session,
    };
    run(backend, &locked)
}

fn find_and_take(
    backend: &mut dyn Backend,
    setup: &RunSetup<'_>,
    started: Duration,
) -> Result<Lock, BackendError> {
    backend.wait_at_most(setup.lock_wait)?;
    let tables = backend.find_tables()?;
    take(backend, setup, &tables, started)
}

/// Takes the lock of these tables, and from then on is as patient with other programs.
pub(super) fn take(
    backend: &mut dyn Backend,
    setup: &RunSetup<'_>,
    tables: &Tables,
    started: Duration,
) -> Result<Lock, BackendError> {
    let lock = acquire(backend, setup, (tables, setup.mode), started)?;
    // Whoever else writes into the database is waited for as long as another run would have been.
    backend.wait_at_most(setup.lock_wait.saturating_sub(waited(setup, started)))?;
    setup.observer.borrow_mut().observe(&Event::LockAcquired);
    Ok(lock)
}

/// Takes the lock that keeps other backups of the same database out, and nobody else.
pub(super) fn take_among_backups(
    backend: &mut dyn Backend,
    setup: &RunSetup<'_>,
    tables: &Tables,
    started: Duration,
) -> Result<Lock, BackendError> {
    acquire(backend, setup, (tables, LockMode::AmongBackups), started)
}

fn tables_of(
    backend: &mut dyn Backend,
    (setup, started): (&RunSetup<'_>, Duration),
    lock: &Lock,
) -> Result<Tables, BackendError> {
    backend.prove_lock(lock)?;
    // Whoever had the lock before may have made them.
    let found = backend.find_tables()?;
    match setup.making {
        Making::Nothing => Ok(found),
        Making::Tables => {
            if !found.complete() {
                refuse_lack(backend.lacking(&Need::of_tables(&found))?)?;
            }
            create_tables(backend, (setup, started), &found)
        }
    }
}

/// Makes what is absent. A table that somebody else has locked is tried again, so that whoever reads it
/// waits for one try at most.
fn create_tables(
    backend: &mut dyn Backend,
    (setup, started): (&RunSetup<'_>, Duration),
    found: &Tables,
) -> Result<Tables, BackendError> {
    loop {
        match history::create_tables(backend, found) {
            Err(error) if error.is_of_others_doing() => wait_on(setup, started, error)?,
            done => return done,
        }
    }
}

/// Refuses to go on where something is not granted.
pub(crate) fn refuse_lack(lacking: Vec<Defect>) -> Result<(), BackendError> {
    if lacking.is_empty() {
        Ok(())
    } else {
        Err(BackendError::LacksPrivileges { lacking })
    }
}

pub(super) fn restore(backend: &mut dyn Backend, session: &Session) -> Result<(), BackendError> {
    session.at_end.iter().try_for_each(|query| {
        backend
            .load(query)
            .map(drop)
            .map_err(|source| BackendError::Query {
                action: "put the session's settings back",
                source,
            })
    })
}

/// Polls for the lock until it is free, the deadline has passed, or the run is asked to end.
fn acquire(
    backend: &mut dyn Backend,
    setup: &RunSetup<'_>,
    (tables, mode): (&Tables, LockMode),
    started: Duration,
) -> Result<Lock, BackendError> {
    let mut pause = SHORTEST_PAUSE;
    let mut told = Vec::new();
    loop {
        let tried = backend.try_lock(tables, mode, &setup.owner);
        let holder = match tried.map_err(before_lock)? {
            LockAttempt::Acquired(lock) => return Ok(lock),
            LockAttempt::Held(holder) => holder,
        };
        if setup.cancellation.is_cancelled() {
            return Err(BackendError::Cancelled);
        }
        let waited = waited(setup, started);
        if waited >= setup.lock_wait {
            // Where no waiting was asked for, what passed until here was none.
            return Err(too_long(mode, holder, waited.min(setup.lock_wait)));
        }
        tell_once(setup, mode, &mut told, holder);
        setup
            .clock
            .sleep(jittered(pause).min(setup.lock_wait.saturating_sub(waited)));
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Returns the error of a try to take the lock, of which it is known that nothing was run.
fn before_lock(error: BackendError) -> BackendError {
    match error {
        BackendError::Query { source, .. } if source.is_of_lost_connection() => {
            BackendError::CutOffBeforeLock { source }
        }
        other => other,
    }
}

/// Waits a moment for another program, as long as the deadline has not passed; else gives back the
/// error that it caused.
pub(super) fn wait_on(
    setup: &RunSetup<'_>,
    started: Duration,
    error: BackendError,
) -> Result<(), BackendError> {
    if setup.cancellation.is_cancelled() {
        return Err(BackendError::Cancelled);
    }
    let left = setup.lock_wait.saturating_sub(waited(setup, started));
    if left.is_zero() {
        return Err(error);
    }
    setup.clock.sleep(jittered(LONGEST_PAUSE).min(left));
    Ok(())
}

/// Returns how long it has been since the waiting began.
pub(super) fn waited(setup: &RunSetup<'_>, started: Duration) -> Duration {
    setup.clock.elapsed().saturating_sub(started)
}

fn too_long(mode: LockMode, holder: Option<LockHolder>, waited: Duration) -> BackendError {
    let waited_ms = whole_ms(waited);
    match mode {
        LockMode::Exclusive | LockMode::Shared => BackendError::LockTimeout { holder, waited_ms },
        LockMode::AmongBackups => BackendError::BackupRunning { holder, waited_ms },
    }
}

/// Tells who holds the lock when that is somebody else than before.
fn tell_once(
    setup: &RunSetup<'_>,
    mode: LockMode,
    told: &mut Vec<Option<LockHolder>>,
    holder: Option<LockHolder>,
) {
    if told.last() == Some(&holder) {
        return;
    }
    let limit = setup.lock_wait;
    told.push(holder.clone());
    setup.observer.borrow_mut().observe(&match mode {
        LockMode::Exclusive | LockMode::Shared => Event::LockWaiting { holder, limit },
        LockMode::AmongBackups => Event::BackupWaiting { holder, limit },
    });
}

/// Returns between half and all of a pause, at random.
fn jittered(pause: Duration) -> Duration {
    let half = pause / 2;
    let span = whole_ms(half).max(1);
    half + Duration::from_millis(RandomState::new().hash_one(()) % span)
}
