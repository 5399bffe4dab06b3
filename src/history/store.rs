//! Reads and writes the history, Diesel's rows and the tables themselves.
//!
//! Every statement that changes an attempt stands here, so that the states of one row can be
//! checked in one place.

use chrono::NaiveDateTime;

use super::attempt::{Attempt, Operation, Status, StoredSql};
use super::ledger::{Ledger, Reconciliation};
use crate::backend::Backend;
use crate::backend::error::{BackendError, DatabaseError, During};
use crate::backend::query::{Bind, Query, Row};
use crate::backend::tables::{DIESEL_TABLE, HISTORY_TABLE, Tables};
use crate::sql::Checksum;
use crate::version::Version;

/// The columns of an attempt, in the order in which [`read_attempt`] reads them.
const ATTEMPT_COLUMNS: &str = "id, version, name, operation, status, batch, checksum, checksum_raw, \
transactional, statements_total, statements_done, started_at, execution_time_ms, applied_by, \
application, environment, error, reason, rolled_back_at, rollback_time_ms, \
coalesce(length(down_sql), 0) > 0";

/// A row to be written.
#[derive(Debug, Clone)]
pub(crate) struct NewAttempt {
    pub(crate) version: Version,
    pub(crate) name: String,
    pub(crate) operation: Operation,
    pub(crate) status: Status,
    pub(crate) batch: Option<i64>,
    pub(crate) checksum: Option<Checksum>,
    pub(crate) checksum_raw: Option<Checksum>,
    pub(crate) transactional: bool,
    pub(crate) statements_total: i64,
    pub(crate) statements_done: i64,
    pub(crate) started_at: NaiveDateTime,
    pub(crate) execution_time_ms: Option<i64>,
    pub(crate) applied_by: Option<String>,
    pub(crate) application: Option<String>,
    pub(crate) environment: Option<String>,
    pub(crate) error: Option<String>,
    pub(crate) reason: Option<String>,
    pub(crate) up_sql: Option<String>,
    pub(crate) down_sql: Option<String>,
}

/// Creates Diesel's table and this tool's own where they are absent, in one transaction.
pub(crate) fn create_tables(
    backend: &mut dyn Backend,
    tables: &Tables,
) -> Result<Tables, BackendError> {
    if tables.complete() {
        return Ok(tables.clone());
    }
    backend
        .begin()
        .during("begin creating the history's tables")?;
    match create_absent(backend, tables) {
        Ok(()) => {
            backend
                .commit()
                .during("commit creating the history's tables")?;
            backend.find_tables()
        }
        Err(error) => {
            // The first error is the one worth telling.
            let _ = backend.rollback();
            Err(error).during("create the history's tables")
        }
    }
}

fn create_absent(backend: &mut dyn Backend, tables: &Tables) -> Result<(), DatabaseError> {
    if !tables.has_diesel {
        backend.setup_diesel()?;
    }
    let ddl = backend
        .own_tables_ddl()
        .replace("{schema}", &tables.prefix());
    backend.batch_execute(&ddl)
}

/// Reads what is applied and what was attempted; an absent table reads as empty.
pub(crate) fn load_ledger(
    backend: &mut dyn Backend,
    tables: &Tables,
) -> Result<Ledger, BackendError> {
    let mut diesel = Vec::new();
    if tables.has_diesel {
        let query = Query::new(format!(
            "SELECT version, run_on FROM {}",
            tables.qualified(DIESEL_TABLE)
        ));
        let rows = backend.load(&query).during("read what is applied")?;
        diesel = rows
            .iter()
            .map(|row| Ok((Version::from_name(&row.text(0)?), row.timestamp(1)?)))
            .collect::<Result<_, DatabaseError>>()
            .during("read what is applied")?;
    }
    let attempts = if tables.has_history {
        load_attempts(backend, tables)?
    } else {
        Vec::new()
    };
    Ok(Ledger::new(diesel, attempts))
}

fn load_attempts(backend: &mut dyn Backend, tables: &Tables) -> Result<Vec<Attempt>, BackendError> {
    let query = Query::new(format!(
        "SELECT {ATTEMPT_COLUMNS} FROM {} ORDER BY id",
        tables.qualified(HISTORY_TABLE)
    ));
    let rows = backend.load(&query).during("read the history")?;
    rows.iter()
        .map(read_attempt)
        .collect::<Result<_, _>>()
        .during("read the history")
}

fn read_attempt(row: &Row) -> Result<Attempt, DatabaseError> {
    let word = |error: super::attempt::UnknownWord| DatabaseError::from_message(error.to_string());
    let checksum = |column: usize| -> Result<Option<Checksum>, DatabaseError> {
        // A checksum that nobody can read is one that nothing matches.
        Ok(row
            .optional_text(column)?
            .and_then(|text| text.parse().ok()))
    };
    Ok(Attempt {
        id: row.integer(0)?,
        version: Version::from_name(&row.text(1)?),
        name: row.text(2)?,
        operation: row.text(3)?.parse::<Operation>().map_err(word)?,
        status: row.text(4)?.parse::<Status>().map_err(word)?,
        batch: row.optional_integer(5)?,
        checksum: checksum(6)?,
        checksum_raw: checksum(7)?,
        transactional: row.boolean(8)?,
        statements_total: row.integer(9)?,
        statements_done: row.integer(10)?,
        started_at: row.timestamp(11)?,
        execution_time_ms: row.optional_integer(12)?,
        applied_by: row.optional_text(13)?,
        application: row.optional_text(14)?,
        environment: row.optional_text(15)?,
        error: row.optional_text(16)?,
        reason: row.optional_text(17)?,
        rolled_back_at: row.optional_timestamp(18)?,
        rollback_time_ms: row.optional_integer(19)?,
        has_down_sql: row.boolean(20)?,
    })
}

/// Writes a new row.
pub(crate) fn insert(
    backend: &mut dyn Backend,
    tables: &Tables,
    attempt: &NewAttempt,
) -> Result<(), DatabaseError> {
    let values = Query::new("VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    let query = insert_into(tables).then(&bound(values, attempt));
    backend.execute(&query).map(drop)
}

/// Writes a new row if the guard lets it through, and returns whether it did.
pub(crate) fn insert_guarded(
    backend: &mut dyn Backend,
    tables: &Tables,
    attempt: &NewAttempt,
    guard: &Query,
) -> Result<bool, DatabaseError> {
    let values = Query::new("SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?");
    let query = insert_into(tables)
        .then(&bound(values, attempt))
        .then(guard);
    Ok(backend.execute(&query)? > 0)
}

fn insert_into(tables: &Tables) -> Query {
    Query::new(format!(
        "INSERT INTO {} (version, name, operation, status, batch, checksum, checksum_raw, \
transactional, statements_total, statements_done, started_at, execution_time_ms, applied_by, \
application, environment, error, reason, up_sql, down_sql)",
        tables.qualified(HISTORY_TABLE)
    ))
}

/// Binds a row's values, in the order of [`insert_into`].
fn bound(values: Query, attempt: &NewAttempt) -> Query {
    values
        .bind(attempt.version.as_str())
        .bind(attempt.name.as_str())
        .bind(attempt.operation.as_str())
        .bind(attempt.status.as_str())
        .bind(attempt.batch)
        .bind(attempt.checksum.map(|checksum| checksum.to_string()))
        .bind(attempt.checksum_raw.map(|checksum| checksum.to_string()))
        .bind(attempt.transactional)
        .bind(attempt.statements_total)
        .bind(attempt.statements_done)
        .bind(attempt.started_at)
        .bind(attempt.execution_time_ms)
        .bind(attempt.applied_by.clone())
        .bind(attempt.application.clone())
        .bind(attempt.environment.clone())
        .bind(attempt.error.clone())
        .bind(attempt.reason.clone())
        .bind(attempt.up_sql.clone())
        .bind(attempt.down_sql.clone())
}

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

/// Notes that this many statements of a version's running attempt are committed.
pub(crate) fn progress(
    backend: &mut dyn Backend,
    tables: &Tables,
    version: &Version,
    done: i64,
) -> Result<(), DatabaseError> {
    update(
        backend,
        tables,
        "statements_done = ? WHERE version = ? AND status = 'RUNNING'",
        vec![done.into(), version.as_str().into()],
    )
}

/// Returns how many statements of a version's running attempt are committed.
pub(crate) fn statements_done(
    backend: &mut dyn Backend,
    tables: &Tables,
    version: &Version,
) -> Result<Option<i64>, DatabaseError> {
    let query = Query::new(format!(
        "SELECT statements_done FROM {} WHERE version = ? AND status = 'RUNNING'",
        tables.qualified(HISTORY_TABLE)
    ));
    let rows = backend.load(&query.bind(version.as_str()))?;
    rows.first().map(|row| row.integer(0)).transpose()
}

/// Makes a halted attempt the running one again, of the file as it is now: what is not committed
/// yet may have been mended.
pub(crate) fn restart_apply(
    backend: &mut dyn Backend,
    tables: &Tables,
    id: i64,
    attempt: &NewAttempt,
) -> Result<(), DatabaseError> {
    update(
        backend,
        tables,
        "status = 'RUNNING', error = NULL, batch = ?, checksum = ?, checksum_raw = ?, \
statements_total = ?, up_sql = ?, down_sql = ? WHERE id = ?",
        vec![
            attempt.batch.into(),
            attempt.checksum.map(|sum| sum.to_string()).into(),
            attempt.checksum_raw.map(|sum| sum.to_string()).into(),
            attempt.statements_total.into(),
            attempt.up_sql.clone().into(),
            attempt.down_sql.clone().into(),
            id.into(),
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
statements_done = ?, down_sql = ?, rollback_time_ms = coalesce(rollback_time_ms, 0) WHERE id = ?",
        vec![
            false.into(),
            way_down.total.into(),
            way_down.done.into(),
            way_down.sql.map(str::to_owned).into(),
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
}

/// Marks every row that says that the version is applied as rolled back.
pub(crate) fn finish_rollback(
    backend: &mut dyn Backend,
    tables: &Tables,
    version: &Version,
    now: NaiveDateTime,
    rollback_time_ms: i64,
) -> Result<(), DatabaseError> {
    update(
        backend,
        tables,
        "status = 'ROLLED_BACK', error = NULL, rolled_back_at = ?, \
rollback_time_ms = coalesce(rollback_time_ms, 0) + ? \
WHERE version = ? AND (status = 'SUCCESS' OR (rollback_time_ms IS NOT NULL AND rolled_back_at IS NULL))",
        vec![now.into(), rollback_time_ms.into(), version.as_str().into()],
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

/// Notes that a way down failed that left everything as it was.
pub(crate) fn note_rollback_failure(
    backend: &mut dyn Backend,
    tables: &Tables,
    version: &Version,
    error: &str,
) -> Result<(), DatabaseError> {
    update(
        backend,
        tables,
        "error = ? WHERE version = ? AND status = 'SUCCESS'",
        vec![error.into(), version.as_str().into()],
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

/// Writes Diesel's row of a version that is marked as applied without running.
pub(crate) fn insert_diesel_row(
    backend: &mut dyn Backend,
    tables: &Tables,
    version: &Version,
) -> Result<(), DatabaseError> {
    let query = Query::new(format!(
        "INSERT INTO {} (version) VALUES (?) ON CONFLICT (version) DO NOTHING",
        tables.qualified(DIESEL_TABLE)
    ));
    backend.execute(&query.bind(version.as_str())).map(drop)
}

/// Removes Diesel's row of a version.
pub(crate) fn delete_diesel_row(
    backend: &mut dyn Backend,
    tables: &Tables,
    version: &Version,
) -> Result<(), DatabaseError> {
    let query = Query::new(format!(
        "DELETE FROM {} WHERE version = ?",
        tables.qualified(DIESEL_TABLE)
    ));
    backend.execute(&query.bind(version.as_str())).map(drop)
}

/// Returns the SQL that the newest active row of a version keeps.
pub(crate) fn stored_sql(
    backend: &mut dyn Backend,
    tables: &Tables,
    id: i64,
) -> Result<StoredSql, BackendError> {
    let query = Query::new(format!(
        "SELECT up_sql, down_sql FROM {} WHERE id = ?",
        tables.qualified(HISTORY_TABLE)
    ));
    let rows = backend
        .load(&query.bind(id))
        .during("read the SQL that the history keeps")?;
    let Some(row) = rows.first() else {
        return Ok(StoredSql::default());
    };
    let read = || {
        Ok(StoredSql {
            up: row.optional_text(0)?,
            down: row.optional_text(1)?,
        })
    };
    read().during("read the SQL that the history keeps")
}

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
