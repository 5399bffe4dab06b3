//! A new row of the history, and writing it.
//!
//! How a row changes afterwards is known to `states`.

use chrono::NaiveDateTime;

use crate::backend::Backend;
use crate::backend::error::DatabaseError;
use crate::backend::query::Query;
use crate::backend::tables::{HISTORY_TABLE, Tables};
use crate::history::attempt::{Operation, Status};
use crate::sql::Checksum;
use crate::version::Version;

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
    pub(crate) backup: Option<String>,
}

/// Writes a new row.
pub(crate) fn insert(
    backend: &mut dyn Backend,
    tables: &Tables,
    attempt: &NewAttempt,
) -> Result<(), DatabaseError> {
    let values = Query::new("VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    let query = insert_into(tables, "").then(&bound(values, attempt));
    backend.execute(&query).map(drop)
}

/// Writes a new row if the guard lets it through, with the lock that the guard knows of, and returns
/// whether it did.
pub(crate) fn insert_guarded(
    backend: &mut dyn Backend,
    tables: &Tables,
    attempt: &NewAttempt,
    guard: &Query,
) -> Result<bool, DatabaseError> {
    let values = Query::new("SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?");
    let lock = Query::new(", guard.lock_mode, guard.lock_on, guard.lock_held_ms");
    let query = insert_into(tables, ", lock_mode, lock_on, lock_held_ms")
        .then(&bound(values, attempt))
        .then(&lock)
        .then(guard);
    Ok(backend.execute(&query)? > 0)
}

fn insert_into(tables: &Tables, further: &str) -> Query {
    Query::new(format!(
        "INSERT INTO {} (version, name, operation, status, batch, checksum, checksum_raw, \
transactional, statements_total, statements_done, started_at, execution_time_ms, applied_by, \
application, environment, error, reason, up_sql, down_sql, backup{further})",
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
        .bind(attempt.backup.clone())
}
