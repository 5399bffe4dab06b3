//! Tells the history what plain Diesel did.

use chrono::NaiveDateTime;

use super::row::{NewAttempt, insert};
use super::states::{fail_apply, finish_rollback};
use crate::backend::Backend;
use crate::backend::error::{BackendError, DatabaseError, During};
use crate::backend::tables::Tables;
use crate::history::ledger::Reconciliation;

/// Tells the history what plain Diesel did, in one transaction.
pub(crate) fn reconcile(
    backend: &mut dyn Backend,
    tables: &Tables,
    wanted: &Reconciliation,
    adopted: &[NewAttempt],
    now: NaiveDateTime,
) -> Result<(), BackendError> {
    if wanted.is_empty() {
        return Ok(());
    }
    backend.begin().during("begin reconciling the history")?;
    let written = write_reconciliation(backend, tables, wanted, adopted, now);
    match written {
        Ok(()) => backend.commit().during("commit reconciling the history"),
        Err(error) => {
            // The first error is the one worth telling.
            let _ = backend.rollback();
            Err(error).during("reconcile the history with Diesel's table")
        }
    }
}

fn write_reconciliation(
    backend: &mut dyn Backend,
    tables: &Tables,
    wanted: &Reconciliation,
    adopted: &[NewAttempt],
    now: NaiveDateTime,
) -> Result<(), DatabaseError> {
    for version in &wanted.rolled_back {
        finish_rollback(backend, tables, version, now, 0)?;
    }
    for attempt in adopted {
        // An attempt that was cut off is over: whoever wrote Diesel's row has settled it.
        fail_apply(
            backend,
            tables,
            &attempt.version,
            0,
            "cut off; applied by plain Diesel, or by hand, afterwards",
        )?;
        insert(backend, tables, attempt)?;
    }
    Ok(())
}
