//! How a row of the history goes from one state to the next.
//!
//! Every statement that changes an attempt stands here, but for the one that makes its row.

use chrono::NaiveDateTime;

use super::diesel_rows::insert_diesel_row;
use crate::backend::Backend;
use crate::backend::error::DatabaseError;
use crate::backend::held::HeldLock;
use crate::backend::query::{Bind, Query};
use crate::backend::tables::{HISTORY_TABLE, Tables};
use crate::version::Version;

/// Changes some columns of the rows that a condition picks.
fn update(
    backend: &mut dyn Backend,
    tables: &Tables,
    columns_and_condition: &str,
    binds: Vec<Bind>,
) -> Result<(), DatabaseError> {
    let query = Query::new(format!(
        "UPDATE {} SET {columns_and_condition}",
        tables.qualified(HISTORY_TABLE)
    ));
    let query = binds.into_iter().fold(query, Query::bind);
    backend.execute(&query).map(drop)
}

/// How far a body of its own statements is.
pub(crate) struct Progress<'a> {
    /// How many of them are committed.
    pub(crate) done: i64,
    /// The strongest lock that any of them held that this run has run.
    pub(crate) strongest: Option<&'a HeldLock>,
}

/// Notes how far a version's running attempt is.
pub(crate) fn progress(
    backend: &mut dyn Backend,
    tables: &Tables,
    version: &Version,
    progress: &Progress<'_>,
) -> Result<(), DatabaseError> {
    let held = progress.strongest;
    update(
        backend,
        tables,
        "statements_done = ?, lock_mode = ?, lock_on = ?, lock_held_ms = ? \
WHERE version = ? AND status = 'RUNNING'",
        vec![
            progress.done.into(),
            held.map(|held| held.lock.name().to_owned()).into(),
            held.and_then(|held| held.on.clone()).into(),
            held.and_then(|held| held.held_ms).into(),
            version.as_str().into(),
        ],
    )
}

/// Takes back that a version's applied attempt was given up for the running one.
pub(crate) fn undo_force(
    backend: &mut dyn Backend,
    tables: &Tables,
    version: &Version,
) -> Result<(), DatabaseError> {
    let given_up = format!(
        "status = 'SUCCESS', rolled_back_at = NULL, rollback_time_ms = NULL \
WHERE version = ? AND rolled_back_at >= (SELECT max(started_at) FROM {} \
WHERE version = ? AND status = 'RUNNING')",
        tables.qualified(HISTORY_TABLE)
    );
    let binds = vec![version.as_str().into(), version.as_str().into()];
    update(backend, tables, &given_up, binds)?;
    insert_diesel_row(backend, tables, version)
}

/// Turns the running attempt of a version into a success.
pub(crate) fn finish_apply(
    backend: &mut dyn Backend,
    tables: &Tables,
    version: &Version,
    execution_time_ms: i64,
) -> Result<(), DatabaseError> {
    update(
        backend,
        tables,
        "status = 'SUCCESS', error = NULL, execution_time_ms = coalesce(execution_time_ms, 0) + ? \
WHERE version = ? AND status = 'RUNNING'",
        vec![execution_time_ms.into(), version.as_str().into()],
    )
}

/// Turns the running attempt of a version into a failure.
pub(crate) fn fail_apply(
    backend: &mut dyn Backend,
    tables: &Tables,
    version: &Version,
    execution_time_ms: i64,
    error: &str,
) -> Result<(), DatabaseError> {
    update(
        backend,
        tables,
        "status = 'FAILED', error = ?, execution_time_ms = coalesce(execution_time_ms, 0) + ? \
WHERE version = ? AND status = 'RUNNING'",
        vec![
            error.into(),
            execution_time_ms.into(),
            version.as_str().into(),
        ],
    )
}

/// Notes that a way down of its own statements begins, or begins again, at the attempt that says
/// that the version is applied.
pub(crate) fn begin_rollback(
    backend: &mut dyn Backend,
    tables: &Tables,
    id: i64,
    way_down: &WayDown<'_>,
) -> Result<(), DatabaseError> {
    update(
        backend,
        tables,
        "status = 'RUNNING', error = NULL, transactional = ?, statements_total = ?, \
statements_done = ?, down_sql = ?, rollback_time_ms = coalesce(rollback_time_ms, 0), \
backup = coalesce(?, backup) WHERE id = ?",
        vec![
            false.into(),
            way_down.total.into(),
            way_down.done.into(),
            way_down.sql.map(str::to_owned).into(),
            way_down.backup.map(str::to_owned).into(),
            id.into(),
        ],
    )
}

/// A way down of its own statements, as it begins or goes on.
pub(crate) struct WayDown<'a> {
    pub(crate) total: i64,
    pub(crate) done: i64,
    /// What is run, which need not be what the way up had beside it.
    pub(crate) sql: Option<&'a str>,
    /// The backup that was made before.
    pub(crate) backup: Option<&'a str>,
}

/// A way down that is done.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RolledBack<'a> {
    /// When, in UTC.
    pub(crate) at: NaiveDateTime,
    /// How long its last part took.
    pub(crate) rollback_time_ms: i64,
    /// The backup that was made before.
    pub(crate) backup: Option<&'a str>,
    /// What it was part of.
    pub(crate) part_of: PartOf,
}

/// What the row of a way down is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PartOf {
    /// The transaction of the way down, which has its locks.
    ItsTransaction,
    /// Another one.
    Another,
}

impl RolledBack<'_> {
    /// Returns one of which nothing is known but when it was noticed.
    pub(crate) fn noticed(at: NaiveDateTime) -> Self {
        Self {
            at,
            rollback_time_ms: 0,
            backup: None,
            part_of: PartOf::Another,
        }
    }
}

/// Marks every row that says that the version is applied as rolled back.
pub(crate) fn finish_rollback(
    backend: &mut dyn Backend,
    tables: &Tables,
    version: &Version,
    rolled_back: RolledBack<'_>,
) -> Result<(), DatabaseError> {
    let locks = match rolled_back.part_of {
        PartOf::ItsTransaction => backend.strongest_lock(),
        PartOf::Another => None,
    };
    let locks = locks.map(|query| format!(", (lock_mode, lock_on, lock_held_ms) = ({query})"));
    let locks = locks.unwrap_or_default();
    let rolled_back_with = format!(
        "status = 'ROLLED_BACK', error = NULL, rolled_back_at = ?, \
rollback_time_ms = coalesce(rollback_time_ms, 0) + ?, backup = coalesce(?, backup){locks} \
WHERE version = ? AND (status = 'SUCCESS' OR (rollback_time_ms IS NOT NULL AND rolled_back_at IS NULL))"
    );
    update(
        backend,
        tables,
        &rolled_back_with,
        vec![
            rolled_back.at.into(),
            rolled_back.rollback_time_ms.into(),
            rolled_back.backup.map(str::to_owned).into(),
            version.as_str().into(),
        ],
    )
}

/// Notes that a way down of its own statements failed: half way, or before anything of it was
/// done, which leaves the version applied.
pub(crate) fn fail_rollback(
    backend: &mut dyn Backend,
    tables: &Tables,
    version: &Version,
    error: &str,
) -> Result<(), DatabaseError> {
    update(
        backend,
        tables,
        "status = CASE WHEN statements_done = 0 THEN 'SUCCESS' ELSE 'FAILED' END, \
rollback_time_ms = CASE WHEN statements_done = 0 THEN NULL ELSE rollback_time_ms END, \
error = ? WHERE version = ? AND status = 'RUNNING'",
        vec![error.into(), version.as_str().into()],
    )
}

/// Notes that a way down failed that left everything as it was, and the backup that was made before.
pub(crate) fn note_rollback_failure(
    backend: &mut dyn Backend,
    tables: &Tables,
    version: &Version,
    (error, backup): (&str, Option<&str>),
) -> Result<(), DatabaseError> {
    update(
        backend,
        tables,
        "error = ?, backup = coalesce(?, backup) WHERE version = ? AND status = 'SUCCESS'",
        vec![
            error.into(),
            backup.map(str::to_owned).into(),
            version.as_str().into(),
        ],
    )
}

/// Forgets a way down that stopped half way: somebody has made good what it undid.
pub(crate) fn forget_way_down(
    backend: &mut dyn Backend,
    tables: &Tables,
    version: &Version,
) -> Result<(), DatabaseError> {
    update(
        backend,
        tables,
        "status = 'SUCCESS', error = NULL, rollback_time_ms = NULL \
WHERE version = ? AND rollback_time_ms IS NOT NULL AND rolled_back_at IS NULL",
        vec![version.as_str().into()],
    )
}
