//! What was done to a database, and what this tool knows about it: the history, one row an
//! attempt, and the metadata.
//!
//! Diesel's table says what is applied; the history is an overlay that explains it. Nothing here
//! reads files or runs migrations.

mod attempt;
mod ledger;
mod metadata;
mod store;

pub use attempt::{Attempt, Operation, Status, StrongestLock};
pub(crate) use ledger::{Applied, Halted, Ledger, VersionState};
pub(crate) use metadata::{Metadata, read_metadata, record_metadata};
pub(crate) use store::{
    NewAttempt, PartOf, Progress, Reconciled, RolledBack, WayDown, begin_rollback, create_tables,
    delete_diesel_row, fail_apply, fail_rollback, finish_apply, finish_rollback, forget_way_down,
    in_transaction, insert, insert_diesel_row, insert_guarded, load_ledger, note_rollback_failure,
    progress, reconcile, statements_done, stored_sql, undo_force,
};
