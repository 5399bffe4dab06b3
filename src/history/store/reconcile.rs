//! Tells the history what plain Diesel did.
//!
//! What that is the ledger says, in `history::ledger`; here it is only written down.

use chrono::NaiveDateTime;

use super::row::{NewAttempt, insert};
use super::states::{RolledBack, fail_apply, finish_rollback};
use super::transaction::in_transaction;
use crate::backend::Backend;
use crate::backend::error::{BackendError, DatabaseError, During};
use crate::backend::tables::Tables;
use crate::version::Version;

/// What plain Diesel did, as the history is to have it.
pub(crate) struct Reconciled<'a> {
    /// A row for each migration that it applied.
    pub(crate) adopted: &'a [NewAttempt],
    /// What it rolled back.
    pub(crate) rolled_back: &'a [Version],
    /// When that was noticed, in UTC: when it happened nobody wrote down.
    pub(crate) now: NaiveDateTime,
}

/// Tells the history what plain Diesel did, in one transaction.
pub(crate) fn reconcile(
    backend: &mut dyn Backend,
    tables: &Tables,
    reconciled: &Reconciled<'_>,
) -> Result<(), BackendError> {
    let actions = [
        "begin reconciling the history",
        "commit reconciling the history",
    ];
    in_transaction(backend, actions, |backend| {
        write(backend, tables, reconciled).during("reconcile the history with Diesel's table")
    })
}

fn write(
    backend: &mut dyn Backend,
    tables: &Tables,
    reconciled: &Reconciled<'_>,
) -> Result<(), DatabaseError> {
    for version in reconciled.rolled_back {
        finish_rollback(
            backend,
            tables,
            version,
            RolledBack::noticed(reconciled.now),
        )?;
    }
    for attempt in reconciled.adopted {
        // An attempt that was cut off is over: whoever wrote Diesel's row has settled it.
        let cut_off = "cut off; applied by plain Diesel, or by hand, afterwards";
        fail_apply(backend, tables, &attempt.version, 0, cut_off)?;
        insert(backend, tables, attempt)?;
    }
    Ok(())
}
