//! Looks, from a second session, for who keeps a run's own session from a lock, and which locks that has
//! itself, and ends its statement where nothing of it is to be kept.
//!
//! A session that waits cannot ask anything, so that somebody else has to; nor can one that is in the
//! middle of a statement, after which it has let go of its locks. The second session is only
//! opened once something has taken for some time: whatever is quicker costs no connection, and no way
//! to the server. What is done about those who are in the way is not known here.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use super::address::DatabaseAddress;
use super::database::{Access, Database};
use super::error::{BackendError, During};
use super::held::HeldLock;
use super::limits::Limit;
use super::{Backend, Lock};
use crate::cancellation::Cancellation;
use crate::event::Blocked;

/// How long a wait goes on before it is told of, where it has no limit.
pub(crate) const LONG_WAIT: Duration = Duration::from_secs(5);

/// How long something takes before anybody looks: a script may limit itself, and a deadlock ends after
/// a second.
const FIRST_LOOK: Duration = Duration::from_millis(250);

/// How long nobody looks at most; each look comes twice as long after the one before.
const LONGEST_PART: Duration = Duration::from_millis(1250);

/// Into how many parts that time is divided: so exactly it is measured.
const PARTS: u32 = 4;

/// What the session calls itself that looks who is in the way.
const LOOKOUT: &str = concat!(
    env!("CARGO_PKG_NAME"),
    " ",
    env!("CARGO_PKG_VERSION"),
    " lookout"
);

/// Why nobody looks where a program handed its connection over.
const NO_ADDRESS: &str =
    "the run was given its database as a connection, without an address for a second one";

/// Returns how long something may take under a limit for locks before somebody looks: half of it at
/// most, so that there is time to look before the wait is over.
pub(crate) fn patience(lock_timeout: Option<Limit>) -> Duration {
    let limit = lock_timeout.and_then(Limit::duration);
    limit.map_or(FIRST_LOOK, |limit| (limit / 2).min(FIRST_LOOK))
}

/// Somebody who looks.
pub(crate) struct Watch {
    /// None where there are no sessions to look for.
    shared: Option<Arc<Shared>>,
    /// Who is to look, as long as nothing has begun that may wait.
    idle: Option<Looker>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// The session that the run has its lock in.
    own: i64,
    /// Whose waits are looked at.
    session: i64,
    /// What is under way, by its number: what is seen of one is not told of another.
    under_way: Option<u64>,
    /// How many have begun.
    begun: u64,
    /// How long the last one may take before somebody looks.
    patience: Duration,
    /// Whether its own locks are looked at as well.
    locks: Locks,
    seen: Blocked,
    /// The strongest lock that it was seen to hold.
    held: Option<HeldLock>,
    is_over: bool,
}

/// Whose locks are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Locks {
    /// Those of others that are in the way.
    #[default]
    OfOthers,
    /// The session's own too.
    OwnToo,
}

impl State {
    /// Returns a part of the time after which somebody looks.
    fn part(&self) -> Duration {
        let of_waits = self.patience / PARTS;
        match self.locks {
            Locks::OfOthers => of_waits,
            Locks::OwnToo => of_waits.min(FIRST_LOOK / PARTS),
        }
    }
}

impl Shared {
    /// Nobody panics while the state is held, so that it is whole in any case.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watch {
    /// Returns somebody who looks for whoever is in the way of the session that has a lock.
    pub(crate) fn of(lock: &Lock, address: Option<&DatabaseAddress>) -> Self {
        let Some(session) = lock.session() else {
            return Self {
                shared: None,
                idle: None,
            };
        };
        let shared = Arc::<Shared>::default();
        shared.state().own = session;
        Self {
            shared: Some(shared),
            idle: Some(Looker {
                address: address.cloned(),
                connected: None,
                ends_at: None,
            }),
        }
    }

    /// Has the statement ended that is under way when the request to stop is made: of one of which
    /// nothing is to be kept nobody wants the end.
    pub(crate) fn ending_statements_at(mut self, request: &Cancellation) -> Self {
        if let Some(looker) = &mut self.idle {
            looker.ends_at = Some(request.clone());
        }
        self
    }

    /// Notes that something begins that may wait, in another session than the run's own; somebody
    /// looks if it takes longer than that.
    pub(crate) fn begin_for(&mut self, session: i64, patience: Duration) {
        self.begin_in(Some(session), Locks::OfOthers, patience);
    }

    /// Notes that something begins that may wait; somebody looks if it takes longer than that.
    pub(crate) fn begin(&mut self, patience: Duration) {
        self.begin_in(None, Locks::OfOthers, patience);
    }

    /// Notes that something begins that may wait and has let go of its locks when it is over: if it
    /// takes longer than a moment, somebody looks which these are.
    pub(crate) fn begin_alone(&mut self, patience: Duration) {
        self.begin_in(None, Locks::OwnToo, patience);
    }

    fn begin_in(&mut self, other: Option<i64>, locks: Locks, patience: Duration) {
        let Some(shared) = &self.shared else {
            return;
        };
        let mut state = shared.state();
        let is_other = (state.patience, state.locks) != (patience, locks);
        state.begun += 1;
        state.under_way = Some(state.begun);
        state.session = other.unwrap_or(state.own);
        state.patience = patience;
        state.locks = locks;
        state.seen = Blocked::default();
        state.held = None;
        drop(state);
        if let Some(looker) = self.idle.take() {
            let shared = Arc::clone(shared);
            // It ends when the watch does; waiting for that could mean to wait for a server that is
            // gone. Where there is no thread, nobody looks.
            let _ = thread::Builder::new().spawn(move || looker.look_out(&shared));
        } else if is_other {
            shared.changed.notify_all();
        }
    }

    /// Returns what was seen of what is under way, until now.
    pub(crate) fn seen(&self) -> Blocked {
        let shared = self.shared.as_ref();
        shared.map_or_else(Blocked::default, |shared| shared.state().seen.clone())
    }

    /// Notes that it is over, and returns what was seen of it.
    pub(crate) fn end(&mut self) -> Blocked {
        self.shared
            .as_ref()
            .map_or_else(Blocked::default, |shared| {
                let mut state = shared.state();
                state.under_way = None;
                std::mem::take(&mut state.seen)
            })
    }

    /// Notes that what was begun alone is over, and returns the strongest lock that it was seen to hold.
    pub(crate) fn end_alone(&mut self) -> Option<HeldLock> {
        self.end();
        let shared = self.shared.as_ref();
        shared.and_then(|shared| shared.state().held.take())
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if let Some(shared) = &self.shared {
            shared.state().is_over = true;
            shared.changed.notify_all();
        }
    }
}

/// Who looks, and with what.
struct Looker {
    address: Option<DatabaseAddress>,
    connected: Option<Database>,
    /// The request to stop at which the statement under way is ended.
    ends_at: Option<Cancellation>,
}

impl Looker {
    fn look_out(mut self, shared: &Shared) {
        let mut waited = (0, Duration::ZERO);
        let mut looks = 0_u32;
        let mut state = shared.state();
        while !state.is_over {
            let first = state.part();
            let part = first
                .saturating_mul(2_u32.saturating_pow(looks))
                .min(LONGEST_PART.max(first));
            let woken = shared.changed.wait_timeout(state, part);
            let (now, slept) = woken.unwrap_or_else(PoisonError::into_inner);
            state = now;
            let Some(number) = state.under_way else {
                self.connected = None;
                continue;
            };
            if self.is_to_end() {
                let session = state.session;
                drop(state);
                // Between two statements it ends nothing, and is asked for again.
                self.end_statement(session);
                state = shared.state();
                continue;
            }
            if waited.0 != number {
                waited = (number, Duration::ZERO);
                looks = 0;
            } else if slept.timed_out() {
                waited.1 += part;
            }
            if waited.1 < first * (PARTS - 1) {
                continue;
            }
            let is_waiting = waited.1 >= state.patience / PARTS * (PARTS - 1);
            let (session, whose) = (state.session, state.locks);
            drop(state);
            let held = self.own(session, whose);
            let seen = is_waiting.then(|| self.look(session));
            looks += 1;
            state = shared.state();
            if state.under_way == Some(number) {
                state.seen.add(seen.unwrap_or_default());
                state.held = HeldLock::stronger(state.held.take(), held);
            }
        }
    }

    fn is_to_end(&self) -> bool {
        let request = self.ends_at.as_ref();
        request.is_some_and(Cancellation::is_cancelled)
    }

    /// Ends the statement of a session; where it cannot be ended, it is waited for.
    fn end_statement(&mut self, session: i64) {
        let Some(address) = &self.address else {
            return;
        };
        let lookout = lookout_of(&mut self.connected, address);
        let ended = lookout.and_then(|backend| {
            let ended = backend.end_statement(session);
            ended.during("end the statement under way")
        });
        if ended.is_err() {
            self.connected = None;
        }
    }

    /// Looks once which lock the session itself has; what cannot be seen is not known.
    fn own(&mut self, session: i64, whose: Locks) -> Option<HeldLock> {
        let address = self.address.as_ref().filter(|_| whose == Locks::OwnToo)?;
        let lookout = lookout_of(&mut self.connected, address);
        let held = lookout.and_then(|backend| {
            let held = backend.held_by(session);
            held.during("ask which locks the session has")
        });
        held.unwrap_or_else(|_| {
            self.connected = None;
            None
        })
    }

    /// Looks once; where that is impossible, says why.
    fn look(&mut self, session: i64) -> Blocked {
        let Some(address) = &self.address else {
            return unseen(NO_ADDRESS.to_owned());
        };
        let lookout = lookout_of(&mut self.connected, address);
        let looked = lookout.and_then(|backend| {
            let blocked = backend.blocked(session);
            blocked.during("ask who is in the way")
        });
        looked.unwrap_or_else(|error| {
            self.connected = None;
            unseen(error.to_string())
        })
    }
}

/// Returns the session that is open, or a new one.
fn lookout_of<'a>(
    connected: &'a mut Option<Database>,
    address: &DatabaseAddress,
) -> Result<&'a mut dyn Backend, BackendError> {
    let database = match connected {
        Some(database) => database,
        None => connected.insert(lookout(address)?),
    };
    database.backend()
}

/// Opens a session that is known for one of this tool: whoever wants to have the database for itself
/// waits for the run's lock, and not for its lookout.
fn lookout(address: &DatabaseAddress) -> Result<Database, BackendError> {
    let mut database = Database::open(address, Access::ReadOnly)?;
    // What it would be put back to ends with it.
    database.backend()?.open_session(LOOKOUT)?;
    Ok(database)
}

fn unseen(why: String) -> Blocked {
    Blocked {
        unseen: Some(why),
        ..Blocked::default()
    }
}

#[cfg(test)]
mod tests;
