//! What the caller lends to a verb: who asks, the environment, the clock, and a way to watch and
//! to stop it.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;

use super::OperationError;
use super::carrier::Carrier;
use super::environment::{self, refuse_other_environment};
use super::pooler::meet;
use super::safety_copy::LockHeld;
use super::scope::{Ending, Locked, Making, RunSetup, alone, with_lock};
use crate::backend::{Backend, Database, LockMode};
use crate::cancellation::Cancellation;
use crate::clock::{Clock, SystemClock};
use crate::environment::Environment;
use crate::event::{Observer, Silent};
use crate::history;

/// What this tool calls itself.
const APPLICATION: &str = concat!("dieselkit ", env!("CARGO_PKG_VERSION"));
/// How long a verb that writes waits for another's lock where nobody says otherwise.
const DEFAULT_LOCK_WAIT: Duration = Duration::from_mins(1);

/// Who runs something, and where, as the database keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identity {
    /// The user of the machine.
    pub(crate) user: Option<String>,
    /// Tool, version and host.
    pub(crate) application: String,
    /// The environment's name.
    pub(crate) environment: Option<String>,
}

impl Identity {
    /// Returns what a session calls itself: tool, version, user and host.
    pub(crate) fn owner(&self) -> String {
        match &self.user {
            None => self.application.clone(),
            Some(user) => format!("{} {user}", self.application),
        }
    }
}

/// What the caller lends to every verb.
pub(crate) struct Caller {
    pub(crate) identity: Identity,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) observer: Box<dyn Observer + Send>,
    pub(crate) cancellation: Cancellation,
    /// None where nobody says how long.
    pub(crate) lock_wait: Option<Duration>,
}

/// What a verb has while it may write.
pub(crate) struct Held<'a, 's> {
    pub(crate) locked: &'a Locked<'a>,
    pub(crate) setup: &'a RunSetup<'s>,
    pub(crate) identity: &'a Identity,
    /// The identity of the database, as it says itself.
    pub(crate) database: &'a str,
}

/// What a verb has while it could write, and leaves no trace.
pub(crate) struct HeldForNothing<'a, 's> {
    pub(crate) locked: &'a Locked<'a>,
    pub(crate) setup: &'a RunSetup<'s>,
    pub(crate) identity: &'a Identity,
}

impl Held<'_, '_> {
    /// Returns the proof that the lock is held.
    pub(crate) fn proof(&self) -> LockHeld<'_> {
        LockHeld::of(self.database)
    }
}

impl Default for Caller {
    fn default() -> Self {
        Self {
            identity: Identity {
                user: None,
                application: APPLICATION.to_owned(),
                environment: None,
            },
            clock: Arc::new(SystemClock::default()),
            observer: Box::new(Silent),
            cancellation: Cancellation::default(),
            lock_wait: None,
        }
    }
}

impl Caller {
    /// Says which environment this is.
    pub(crate) fn be_in(&mut self, environment: &Environment) {
        self.identity.environment = Some(environment.name().to_owned());
    }

    /// Says who it is, on which machine.
    pub(crate) fn be(&mut self, user: Option<&str>, host: Option<&str>) {
        self.identity.user = user.map(str::to_owned);
        self.identity.application = match host {
            Some(host) => format!("{APPLICATION} {host}"),
            None => APPLICATION.to_owned(),
        };
    }

    /// Returns how long another's lock is waited for.
    pub(crate) fn lock_wait(&self) -> Duration {
        self.lock_wait.unwrap_or(DEFAULT_LOCK_WAIT)
    }

    /// Returns what a run that writes needs of what was lent.
    pub(crate) fn setup(&mut self) -> RunSetup<'_> {
        RunSetup {
            ending: Ending::Strict,
            owner: self.identity.owner(),
            mode: LockMode::Exclusive,
            making: Making::Tables,
            lock_wait: self.lock_wait(),
            clock: &*self.clock,
            cancellation: &self.cancellation,
            observer: RefCell::new(&mut *self.observer),
        }
    }

    /// Runs something that leaves no trace: under the lock of whoever writes, and in the right
    /// environment.
    pub(crate) fn under_lock_writing_nothing<T, E: From<OperationError>>(
        &mut self,
        database: &mut Database,
        run: impl FnOnce(&mut dyn Backend, HeldForNothing<'_, '_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let second = database.address().cloned();
        let identity = &self.identity.clone();
        let setup = RunSetup {
            making: Making::Nothing,
            ..self.setup()
        };
        let lent = database
            .renew()
            .and_then(|()| database.backend_and_carrier());
        let (backend, carrier) = lent.map_err(OperationError::from)?;
        meet(backend, carrier, second.as_ref()).map_err(OperationError::from)?;
        with_lock(backend, &setup, |backend, locked| {
            in_environment(backend, (locked, &setup), identity, run)
        })
    }

    /// Does the same in a copy that nobody else knows of, without a lock.
    pub(crate) fn on_copy<T, E: From<OperationError>>(
        &mut self,
        copy: &mut Database,
        run: impl FnOnce(&mut dyn Backend, HeldForNothing<'_, '_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let identity = &self.identity.clone();
        let setup = self.setup();
        let backend = copy.backend().map_err(OperationError::from)?;
        alone(backend, &setup, |backend, locked| {
            in_environment(backend, (locked, &setup), identity, run)
        })
    }

    /// Runs something that writes: under the lock, and in the right environment.
    pub(crate) fn under_lock<T, E: From<OperationError>>(
        &mut self,
        database: &mut Database,
        run: impl FnOnce(&mut dyn Backend, Held<'_, '_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.under_lock_with_carrier(database, |backend, held, _| run(backend, held))
    }

    /// Runs the same, and lends it the connection through which transactions go, where that is
    /// another than the one that holds the lock.
    pub(crate) fn under_lock_with_carrier<T, E: From<OperationError>>(
        &mut self,
        database: &mut Database,
        run: impl FnOnce(&mut dyn Backend, Held<'_, '_>, Option<Carrier<'_>>) -> Result<T, E>,
    ) -> Result<T, E> {
        let second = database.address().cloned();
        let identity = &self.identity.clone();
        let lent = database
            .renew()
            .and_then(|()| database.backend_and_carrier());
        let (backend, carrier) = lent.map_err(OperationError::from)?;
        let setup = RunSetup {
            ending: match &carrier {
                Some(_) => Ending::Forgiving,
                None => Ending::Strict,
            },
            ..self.setup()
        };
        let met = meet(backend, carrier, second.as_ref()).map_err(OperationError::from)?;
        with_lock(backend, &setup, |backend, locked| {
            let wanted = identity.environment.as_deref();
            let database = &environment::check(backend, &locked.tables, wanted)?;
            let held = Held {
                locked,
                setup: &setup,
                identity,
                database,
            };
            let carrier = met.map(|met| met.beneath(backend, locked.lock));
            let carrier = carrier.transpose().map_err(OperationError::from)?;
            run(backend, held, carrier)
        })
    }
}

/// Runs something in a database that is not another environment's, and does not mark it.
fn in_environment<T, E: From<OperationError>>(
    backend: &mut dyn Backend,
    (locked, setup): (&Locked<'_>, &RunSetup<'_>),
    identity: &Identity,
    run: impl FnOnce(&mut dyn Backend, HeldForNothing<'_, '_>) -> Result<T, E>,
) -> Result<T, E> {
    let found = history::read_metadata(backend, &locked.tables);
    let marked = found.map_err(OperationError::from)?.environment;
    refuse_other_environment(marked.as_deref(), identity.environment.as_deref())?;
    let held = HeldForNothing {
        locked,
        setup,
        identity,
    };
    run(backend, held)
}

/// Gives whatever has verbs, and a `caller`, the ways in which a program lends them something.
macro_rules! lend_through_caller {
    ($Verbs:ty, between $pieces:literal) => {
        impl $Verbs {
            /// Says who runs it, on which machine.
            #[must_use]
            pub fn with_user(mut self, user: Option<&str>, host: Option<&str>) -> Self {
                self.caller.be(user, host);
                self
            }

            /// Lends it a clock.
            #[must_use]
            pub fn with_clock(mut self, clock: std::sync::Arc<dyn $crate::clock::Clock>) -> Self {
                self.caller.clock = clock;
                self
            }

            /// Tells an observer what happens.
            #[must_use]
            pub fn with_observer(
                mut self,
                observer: impl $crate::event::Observer + Send + 'static,
            ) -> Self {
                self.caller.observer = Box::new(observer);
                self
            }

            #[doc = concat!("Lets another thread end a run between two ", $pieces, ".")]
            #[must_use]
            pub fn with_cancellation(
                mut self,
                cancellation: $crate::cancellation::Cancellation,
            ) -> Self {
                self.caller.cancellation = cancellation;
                self
            }

            /// Says how long to wait for another's lock. Where nobody says it, whoever writes waits a
            /// minute, and whoever reads a few seconds, for another program that keeps readers out.
            #[must_use]
            pub fn with_lock_wait(mut self, lock_wait: std::time::Duration) -> Self {
                self.caller.lock_wait = Some(lock_wait);
                self
            }
        }
    };
}

pub(crate) use lend_through_caller;
