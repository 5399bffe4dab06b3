//! Reads and writes the history, Diesel's rows and the tables themselves.
//!
//! Every statement that changes an attempt stands in `states`, so that the states of one row can be
//! checked in one place.

mod diesel_rows;
mod read;
mod reconcile;
mod row;
mod states;
mod tables;
mod transaction;

pub(crate) use diesel_rows::{delete_diesel_row, insert_diesel_row};
pub(crate) use read::{load_ledger, statements_done, stored_sql};
pub(crate) use reconcile::{Reconciled, reconcile};
pub(crate) use row::{NewAttempt, insert, insert_guarded};
pub(crate) use states::{
    PartOf, Progress, RolledBack, WayDown, begin_rollback, fail_apply, fail_rollback, finish_apply,
    finish_rollback, forget_way_down, note_rollback_failure, progress, undo_force,
};
pub(crate) use tables::create_tables;
pub(crate) use transaction::in_transaction;
