//! Reads what is applied and what was attempted, writing nothing.
//!
//! What the rows say together is for the ledger to tell.

use chrono::NaiveDateTime;

use crate::backend::Backend;
use crate::backend::error::{BackendError, DatabaseError, During};
use crate::backend::query::{Query, Row};
use crate::backend::tables::{DIESEL_TABLE, HISTORY_TABLE, Tables};
use crate::history::attempt::{Attempt, Operation, Status, StoredSql, StrongestLock};
use crate::history::ledger::Ledger;
use crate::sql::Checksum;
use crate::version::Version;

/// The columns of an attempt, in the order in which [`read_attempt`] reads them; behind them come
/// those that the history of an older version lacks.
const ATTEMPT_COLUMNS: &str = "id, version, name, operation, status, batch, checksum, checksum_raw, \
transactional, statements_total, statements_done, started_at, execution_time_ms, applied_by, \
application, environment, error, reason, rolled_back_at, rollback_time_ms, \
coalesce(length(down_sql), 0) > 0, ";

/// Reads what is applied and what was attempted; an absent table reads as empty.
pub(crate) fn load_ledger(
    backend: &mut dyn Backend,
    tables: &Tables,
) -> Result<Ledger, BackendError> {
    let diesel_rows = if tables.has_diesel {
        load_diesel_rows(backend, tables)?
    } else {
        Vec::new()
    };
    let attempts = if tables.has_history {
        load_attempts(backend, tables)?
    } else {
        Vec::new()
    };
    Ok(Ledger::new(diesel_rows, attempts))
}

fn load_diesel_rows(
    backend: &mut dyn Backend,
    tables: &Tables,
) -> Result<Vec<(Version, NaiveDateTime)>, BackendError> {
    let query = Query::new(format!(
        "SELECT version, run_on FROM {}",
        tables.qualified(DIESEL_TABLE)
    ));
    let rows = backend
        .load(&query)
        .reading("read what is applied", backend, tables)?;
    rows.iter()
        .map(|row| {
            let version = row.text(0)?;
            let run_on = row.timestamp(1).map_err(|_| no_time(&version))?;
            Ok((Version::from_name(&version), run_on))
        })
        .collect::<Result<_, DatabaseError>>()
        .during("read what is applied")
}

/// `SQLite` keeps whatever somebody writes into a column of timestamps.
fn no_time(version: &str) -> DatabaseError {
    DatabaseError::from_message(format!(
        "`run_on` of version `{version}` in `{DIESEL_TABLE}` is no time"
    ))
}

fn load_attempts(backend: &mut dyn Backend, tables: &Tables) -> Result<Vec<Attempt>, BackendError> {
    let query = Query::new(format!(
        "SELECT {ATTEMPT_COLUMNS}{}, {} FROM {} ORDER BY id",
        if tables.has_backup_column {
            "backup"
        } else {
            "NULL"
        },
        if tables.has_lock_columns {
            "lock_mode, lock_on, lock_held_ms"
        } else {
            "NULL, NULL, NULL"
        },
        tables.qualified(HISTORY_TABLE)
    ));
    let rows = backend
        .load(&query)
        .reading("read the history", backend, tables)?;
    rows.iter()
        .map(read_attempt)
        .collect::<Result<_, _>>()
        .during("read the history")
}

fn read_attempt(row: &Row) -> Result<Attempt, DatabaseError> {
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
        operation: word(&row.text(3)?, Operation::from_word)?,
        status: word(&row.text(4)?, Status::from_word)?,
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
        backup: row.optional_text(21)?,
        strongest_lock: strongest_lock(row)?,
    })
}

fn strongest_lock(row: &Row) -> Result<Option<StrongestLock>, DatabaseError> {
    let (mode, held_ms) = (row.optional_text(22)?, row.optional_integer(24)?);
    let Some((mode, held_ms)) = mode.zip(held_ms) else {
        return Ok(None);
    };
    let on = row.optional_text(23)?;
    Ok(Some(StrongestLock { mode, on, held_ms }))
}

/// Returns what a word of the table stands for; a newer version of this tool may have others.
fn word<T>(text: &str, known: impl FnOnce(&str) -> Option<T>) -> Result<T, DatabaseError> {
    known(text).ok_or_else(|| {
        DatabaseError::from_message(format!("`{text}` is not a word of this version's history"))
    })
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

/// Returns the SQL that the attempt of this number keeps; none where there is no such attempt.
pub(crate) fn stored_sql(
    backend: &mut dyn Backend,
    tables: &Tables,
    id: i64,
) -> Result<StoredSql, BackendError> {
    let query = Query::new(format!(
        "SELECT up_sql, down_sql FROM {} WHERE id = ?",
        tables.qualified(HISTORY_TABLE)
    ));
    let rows = backend.load(&query.bind(id)).reading(
        "read the SQL that the history keeps",
        backend,
        tables,
    )?;
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
