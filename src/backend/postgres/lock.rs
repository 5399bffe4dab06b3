//! The migration lock on `PostgreSQL`: a session's advisory lock.
//!
//! It is asked for without waiting and outside of any transaction: a session that waits in
//! `pg_advisory_lock` holds a snapshot, on which a `CREATE INDEX CONCURRENTLY` of the lock's owner
//! would wait in turn for ever. The server frees it when the session ends, however it ends.

use diesel::pg::PgConnection;
use sha2::{Digest, Sha256};

use crate::backend::dump::SHARING;
use crate::backend::error::{BackendError, DatabaseError, During};
use crate::backend::query::{Query, Row};
use crate::backend::tables::{HISTORY_TABLE, Tables};
use crate::backend::{Backend, Lock, LockAttempt, LockMode};
use crate::event::LockHolder;

/// How `pg_locks` shows a lock of one 64-bit key: its halves, and `objsubid` 1.
/// <https://www.postgresql.org/docs/current/view-pg-locks.html>
const SAME_LOCK: &str = "l.locktype = 'advisory'
  AND l.database = (SELECT d.oid FROM pg_catalog.pg_database AS d WHERE d.datname = pg_catalog.current_database())
  AND ((l.classid::pg_catalog.int8 << 32) | l.objid::pg_catalog.int8) = ?
  AND l.objsubid = 1
  AND l.granted";

/// Returns the key of the migration lock: of the tool, the database and the history table's
/// qualified name.
fn key(database: &str, tables: &Tables) -> i64 {
    key_of(&format!(
        "dieselkit:{database}:{}",
        tables.qualified(HISTORY_TABLE)
    ))
}

/// Returns the key of the backups' lock: a backup is one of the whole database, wherever the tables
/// of this tool are.
fn key_among_backups(database: &str) -> i64 {
    key_of(&format!("dieselkit backup:{database}"))
}

fn key_of(name: &str) -> i64 {
    let digest = Sha256::digest(name.as_bytes());
    let (head, _) = digest.split_at(size_of::<i64>());
    head.iter()
        .fold(0, |key, byte| (key << 8) | i64::from(*byte))
}

pub(super) fn try_lock(
    connection: &mut PgConnection,
    tables: &Tables,
    mode: LockMode,
) -> Result<LockAttempt, BackendError> {
    let database = connection.database_name()?;
    let key = match mode {
        LockMode::Exclusive | LockMode::Shared => key(&database, tables),
        LockMode::AmongBackups => key_among_backups(&database),
    };
    let function = match mode {
        LockMode::Exclusive | LockMode::AmongBackups => "pg_try_advisory_lock",
        LockMode::Shared => "pg_try_advisory_lock_shared",
    };
    let query = Query::new(format!(
        "SELECT pg_catalog.{function}(?), pg_catalog.pg_backend_pid()::pg_catalog.int8"
    ))
    .bind(key);
    let row = first(connection, &query).map_err(pooler_or("take the migration lock"))?;
    let tried = row.map(|row| Ok((row.boolean(0)?, row.integer(1)?)));
    let tried = tried.transpose().during("take the migration lock")?;
    if let Some((true, session)) = tried {
        return Ok(LockAttempt::Acquired(Lock::Advisory { key, mode, session }));
    }
    Ok(LockAttempt::Held(holder_of(connection, key)?))
}

pub(super) fn lock_holder(
    connection: &mut PgConnection,
    tables: &Tables,
) -> Result<Option<LockHolder>, BackendError> {
    let key = key(&connection.database_name()?, tables);
    holder_of(connection, key)
}

fn holder_of(connection: &mut PgConnection, key: i64) -> Result<Option<LockHolder>, BackendError> {
    let query = Query::new(format!(
        "SELECT l.pid::pg_catalog.int8, a.application_name, pg_catalog.host(a.client_addr),
  pg_catalog.to_char(a.backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'),
  l.mode = 'ShareLock'
FROM pg_catalog.pg_locks AS l
LEFT JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid
WHERE {SAME_LOCK}
ORDER BY a.backend_start, l.pid"
    ))
    .bind(key);
    let row = first(connection, &query).during("ask who holds the migration lock")?;
    row.map(|row| read_holder(&row).during("read who holds the migration lock"))
        .transpose()
}

fn read_holder(row: &Row) -> Result<LockHolder, DatabaseError> {
    let name = row.optional_text(1)?.filter(|name| !name.is_empty());
    Ok(LockHolder {
        pid: row.integer(0)?,
        application: if row.boolean(4)? {
            Some(sharing(name))
        } else {
            name
        },
        host: row.optional_text(2)?,
        since: row.optional_text(3)?,
    })
}

/// Returns the name of a holder that shares the lock: a backup alone does that, and the name that
/// the address gave its session, or one that the server cut off, may not say so.
fn sharing(name: Option<String>) -> String {
    match name {
        Some(name) if name.ends_with(SHARING) => name,
        Some(name) => format!("{name} {SHARING}"),
        None => SHARING.to_owned(),
    }
}

/// Returns the number of the server process that answers now.
pub(super) fn session_id(connection: &mut PgConnection) -> Result<Option<i64>, BackendError> {
    let query = Query::new("SELECT pg_catalog.pg_backend_pid()").once();
    let row = first(connection, &query).map_err(pooler_or("ask for the session's number"))?;
    let pid = row.map(|row| row.integer(0)).transpose();
    pid.during("read the session's number")
}

/// Proves that the server process that answers now is the one that holds the lock.
pub(super) fn prove_lock(
    connection: &mut PgConnection,
    key: i64,
    session: i64,
) -> Result<(), BackendError> {
    let query = Query::new(format!(
        "SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_locks AS l
WHERE l.pid = pg_catalog.pg_backend_pid() AND {SAME_LOCK}), pg_catalog.pg_backend_pid()::pg_catalog.int8"
    ))
    .bind(key);
    let row = first(connection, &query).map_err(pooler_or("prove the migration lock"))?;
    held(row, session).during("prove the migration lock")?
}

/// Reads whether the lock is, or was, held by the process that answers, and why it is not.
fn held(row: Option<Row>, session: i64) -> Result<Result<(), BackendError>, DatabaseError> {
    let Some(row) = row else {
        return Ok(Err(BackendError::PooledTransactions));
    };
    Ok(match (row.boolean(0)?, row.integer(1)? == session) {
        (true, _) => Ok(()),
        (false, true) => Err(BackendError::LockGivenUp),
        // Another server process has it, where nobody can give it back but that process's end.
        (false, false) => Err(BackendError::PooledTransactions),
    })
}

/// Returns the end of an `INSERT INTO … SELECT …` that puts the session back and inserts nothing
/// unless the lock is held by this very server process.
pub(super) fn guard(key: i64, put_back: &Query) -> Query {
    let held = Query::new(format!(
        ") AS put_back, EXISTS (SELECT 1 FROM pg_catalog.pg_locks AS l \
WHERE l.pid = pg_catalog.pg_backend_pid() AND {SAME_LOCK}) AS held) AS guard \
WHERE guard.held AND guard.put_back IS NOT NULL"
    ));
    let opening = Query::new("FROM (SELECT (");
    opening.then(put_back).then(&held.bind(key))
}

pub(super) fn unlock(
    connection: &mut PgConnection,
    key: i64,
    mode: LockMode,
    session: i64,
) -> Result<(), BackendError> {
    let function = match mode {
        LockMode::Exclusive | LockMode::AmongBackups => "pg_advisory_unlock",
        LockMode::Shared => "pg_advisory_unlock_shared",
    };
    let query = Query::new(format!(
        "SELECT pg_catalog.{function}(?), pg_catalog.pg_backend_pid()::pg_catalog.int8"
    ))
    .bind(key);
    let row = first(connection, &query).map_err(pooler_or("give the migration lock back"))?;
    held(row, session).during("give the migration lock back")?
}

fn first(connection: &mut PgConnection, query: &Query) -> Result<Option<Row>, DatabaseError> {
    Ok(connection.load(query)?.into_iter().next())
}

/// Tells a pooler's mark from any other error: a prepared statement that another session made, or
/// that this one made somewhere else.
fn pooler_or(action: &'static str) -> impl FnOnce(DatabaseError) -> BackendError {
    move |source| {
        if source.message.contains("prepared statement") {
            BackendError::PooledTransactions
        } else {
            BackendError::Query { action, source }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_depends_on_database_and_schema() {
        let tables = |schema: &str| Tables::among(schema.to_owned(), &[]);
        assert_eq!(key("a", &tables("public")), key("a", &tables("public")));
        assert_ne!(key("a", &tables("public")), key("b", &tables("public")));
        assert_ne!(key("a", &tables("public")), key("a", &tables("tenant")));
        assert_ne!(key("a", &tables("public")), key_among_backups("a"));
        assert_ne!(key_among_backups("a"), key_among_backups("b"));
    }
}
