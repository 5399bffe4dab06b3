//! Finds a connection pooler in transaction mode, which a run refuses, or goes through by a carrier.
//!
//! Only asks sessions who serves them; what an engine calls that is the backend's to know.

use super::carrier::Met;
use crate::backend::address::DatabaseAddress;
use crate::backend::error::BackendError;
use crate::backend::{Access, Backend, Database, LentCarrier};

/// How often two sessions are asked in turn who serves them.
const POOLER_ROUNDS: usize = 3;

/// Finds a pooler in transaction mode between this program and a database.
pub(crate) fn refuse_pooler_of(database: &mut Database) -> Result<(), BackendError> {
    let address = database.address().cloned();
    database.renew()?;
    let (backend, carrier) = database.backend_and_carrier()?;
    meet(backend, carrier, address.as_ref()).map(drop)
}

/// Finds a pooler where none may be: before the connection that is to hold the lock. A carrier may go
/// through one, and is to lead to the same database.
pub(super) fn meet<'a>(
    backend: &mut dyn Backend,
    carrier: Option<LentCarrier<'a>>,
    address: Option<&DatabaseAddress>,
) -> Result<Option<Met<'a>>, BackendError> {
    let refused = refuse_pooler(backend, address);
    let Some(carrier) = carrier else {
        return refused.map(|()| None);
    };
    refused.map_err(|error| match error {
        BackendError::PooledTransactions => BackendError::PooledLock,
        other => other,
    })?;
    Met::with(backend, carrier).map(Some)
}

/// Finds a pooler in transaction mode before anything is taken or changed through it: two sessions
/// at one time that the same server process serves, or one that another serves each time. The
/// lock would be stranded there, or taken twice.
pub(super) fn refuse_pooler(
    backend: &mut dyn Backend,
    address: Option<&DatabaseAddress>,
) -> Result<(), BackendError> {
    let Some(ours) = backend.session_id()? else {
        return Ok(());
    };
    // A server without a free connection cannot be asked; each step proves the lock anyway.
    let mut second = address.and_then(|address| Database::open(address, Access::ReadOnly).ok());
    for _ in 0..POOLER_ROUNDS {
        let theirs = match &mut second {
            None => None,
            Some(second) => second.backend()?.session_id()?,
        };
        if theirs == Some(ours) || backend.session_id()? != Some(ours) {
            return Err(BackendError::PooledTransactions);
        }
    }
    if address.is_some() {
        // One that was handed over keeps what its owner says.
        backend.keep_prepared();
    }
    Ok(())
}
