//! The connection through which whole transactions go, where another one holds the lock.
//!
//! A pooler in transaction mode serves each transaction by some process of the server: whoever runs
//! through it has no session, but whole transactions. So the lock, and all that needs a session, is with
//! a direct connection, and each transaction asks the server whether that one still holds the lock.

use std::cell::Cell;

use crate::backend::address::DatabaseAddress;
use crate::backend::error::{BackendError, DatabaseError, During as _};
use crate::backend::settings::Belongings;
use crate::backend::{Backend, LentCarrier, Lock, Session};

/// The savepoint before what is not this tool's own.
const BEFORE_BODY: &str = "dieselkit_body";

/// A connection for whole transactions, and what each of them needs to know.
pub(crate) struct Carrier<'a> {
    backend: &'a mut dyn Backend,
    route: Route,
}

impl Carrier<'_> {
    /// Returns the connection, and how it is used.
    pub(crate) fn parts(&mut self) -> (&mut dyn Backend, &Route) {
        (self.backend, &self.route)
    }
}

/// What a transaction through another connection needs to know.
pub(crate) struct Route {
    /// The lock, as that connection sees it.
    pub(crate) lock: Lock,
    /// What makes its transactions like the session that holds the lock.
    pub(crate) session: Session,
    /// Who serves the transaction that is open.
    served_by: Cell<Option<i64>>,
    /// Where the connection leads, where it was reached by an address.
    address: Option<DatabaseAddress>,
}

/// A connection that is known to lead where the one leads that is to hold the lock.
pub(super) struct Met<'a> {
    backend: &'a mut dyn Backend,
    address: Option<DatabaseAddress>,
}

impl<'a> Met<'a> {
    /// Proves that transactions through `carrier` are in the same database of the same server as the
    /// session that is to hold the lock, and are the same user's.
    pub(super) fn with(
        holder: &mut dyn Backend,
        carrier: LentCarrier<'a>,
    ) -> Result<Self, BackendError> {
        let (carrier, address) = (carrier.backend, carrier.address.cloned());
        carrier.keep_nothing_prepared();
        let session = holder.session_for_transactions(None)?;
        let lock_user = holder.current_user()?;
        let sign = holder.leave_sign()?;
        let seen = sign.as_ref().and_then(Lock::seen_from_another);
        let Some((sign, seen)) = sign.zip(seen) else {
            return Err(BackendError::LockElsewhere);
        };
        let user = look(carrier, &session, &seen);
        holder.unlock(sign)?;
        match (lock_user, user?) {
            (Some(lock_user), Some(user)) if lock_user != user => {
                Err(BackendError::LockOfAnother { lock_user, user })
            }
            _ => Ok(Self {
                backend: carrier,
                address,
            }),
        }
    }

    /// Returns the connection as it is used beneath the lock that another one holds.
    pub(super) fn beneath(
        self,
        holder: &mut dyn Backend,
        lock: &Lock,
    ) -> Result<Carrier<'a>, BackendError> {
        let session = holder.session_for_transactions(Some(lock))?;
        let lock = lock
            .seen_from_another()
            .ok_or(BackendError::LockElsewhere)?;
        let served_by = Cell::new(None);
        Ok(Carrier {
            backend: self.backend,
            route: Route {
                lock,
                session,
                served_by,
                address: self.address,
            },
        })
    }
}

impl Route {
    /// Connects anew, between two transactions, where the connection was ended meanwhile: it does nothing
    /// for long, beneath a copy or a step that needs a session, and nothing of it is lost.
    pub(crate) fn renew(&self, backend: &mut dyn Backend) -> Result<(), BackendError> {
        let renewed = self.address.as_ref().map(|address| backend.renew(address));
        renewed.transpose().map(drop)
    }

    /// Makes the transaction that is open like one of the session that holds the lock.
    pub(crate) fn pin(&self, backend: &mut dyn Backend) -> Result<(), DatabaseError> {
        self.served_by.set(pin(backend, &self.session)?);
        Ok(())
    }

    /// Looks at what is the session's own that serves the transaction, and lets whatever follows be
    /// undone without the transaction's end, which would be the end of knowing that session.
    pub(crate) fn take_stock(backend: &mut dyn Backend) -> Result<Belongings, DatabaseError> {
        let found = backend.belongings()?;
        backend.batch_execute(&format!("SAVEPOINT {BEFORE_BODY}"))?;
        Ok(found)
    }

    /// Removes what a body that failed has left in the session, which no rollback does: what it
    /// prepared, and locks of its own.
    pub(crate) fn tidy_up(backend: &mut dyn Backend, found: &Belongings) {
        let undone = backend.batch_execute(&format!("ROLLBACK TO SAVEPOINT {BEFORE_BODY}"));
        if undone.is_ok() {
            // The first error is the one worth telling.
            let _ = backend.remove_belongings(found);
        }
    }

    /// Does something in a transaction that is rolled back: what it learns is what counts. Where none
    /// can be begun it is done all the same, and will say so.
    pub(crate) fn in_transaction<T>(
        &self,
        backend: &mut dyn Backend,
        work: impl FnOnce(&mut dyn Backend) -> T,
    ) -> T {
        let begun = backend.begin();
        let pinned = begun.as_ref().is_ok_and(|()| self.pin(backend).is_ok());
        let found = pinned.then(|| Self::take_stock(backend));
        let done = work(backend);
        if let Some(Ok(found)) = &found {
            Self::tidy_up(backend, found);
        }
        if begun.is_ok() {
            // A connection that cannot roll back is gone, which the next statement will tell.
            let _ = backend.rollback();
        }
        done
    }

    /// Returns who serves, or served, the last transaction.
    pub(crate) fn served_by(&self) -> Option<i64> {
        self.served_by.get()
    }
}

fn pin(backend: &mut dyn Backend, session: &Session) -> Result<Option<i64>, DatabaseError> {
    let Some(query) = &session.at_begin else {
        return Ok(None);
    };
    let rows = backend.load(query)?;
    rows.first().map(|row| row.integer(0)).transpose()
}

/// Looks for a lock of the other connection in a transaction, and returns whose rights count in it.
fn look(
    carrier: &mut dyn Backend,
    session: &Session,
    sign: &Lock,
) -> Result<Option<String>, BackendError> {
    let action = "reach the database through `url`";
    carrier.begin().during(action)?;
    let looked = pin(carrier, session).during(action).and_then(|_| {
        carrier.prove_lock(sign).map_err(|error| match error {
            BackendError::LockConnectionGone => BackendError::LockElsewhere,
            other => other,
        })?;
        carrier.current_user()
    });
    let ended = carrier.rollback().during(action);
    let user = looked?;
    ended?;
    Ok(user)
}
