//! The migration lock on `PostgreSQL`: a session's advisory lock.
//!
//! It is asked for without waiting and outside of any transaction: a session that waits in
//! `pg_advisory_lock` holds a snapshot, on which a `CREATE INDEX CONCURRENTLY` of the lock's owner
//! would wait in turn for ever. The server frees it when the session ends, however it ends.

use diesel::pg::PgConnection;
use sha2::{Digest, Sha256};

use super::locks;
use crate::backend::dump::SHARING;
use crate::backend::error::{BackendError, DatabaseError, During};
use crate::backend::query::{Query, Row};
use crate::backend::tables::{HISTORY_TABLE, Tables};
use crate::backend::{Backend, Lock, LockAttempt, LockMode, LockedBy};
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

/// Returns the key of what the transactions share that run beneath a lock of another connection: if that
/// is cut off just before the commit of one, the next run still waits for its end.
fn key_of_transactions(key: i64) -> i64 {
    key.wrapping_add(1)
}

/// Returns a column by which a transaction becomes one of those beneath a lock.
pub(super) fn join_transactions(key: i64) -> Query {
    Query::new(", pg_catalog.pg_advisory_xact_lock_shared(?)").bind(key_of_transactions(key))
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
        "SELECT pg_catalog.{function}(?), pg_catalog.pg_backend_pid()::pg_catalog.int8,
  pg_catalog.txid_snapshot_xmax(pg_catalog.txid_current_snapshot()),
  EXISTS (SELECT 1 FROM pg_catalog.pg_locks AS l WHERE {SAME_LOCK})"
    ))
    .bind(key)
    .bind(key_of_transactions(key));
    let row = first(connection, &query).during("take the migration lock")?;
    let tried = row.map(|row| {
        let left = row.boolean(3)?;
        Ok((row.boolean(0)?, row.integer(1)?, row.integer(2)?, left))
    });
    let tried = tried.transpose().during("take the migration lock")?;
    if let Some((true, session, _, true)) = tried {
        // A run whose lock was cut off is about to commit.
        unlock(connection, key, mode, session)?;
        return Ok(LockAttempt::Held(transaction_of(connection, key)?));
    }
    if let Some((true, session, first, false)) = tried {
        return Ok(LockAttempt::Acquired(Lock::Advisory {
            key,
            mode,
            session,
            first,
            by: LockedBy::ThisSession,
        }));
    }
    Ok(LockAttempt::Held(holder_of(connection, key)?))
}

pub(super) fn lock_holder(
    connection: &mut PgConnection,
    tables: &Tables,
) -> Result<Option<LockHolder>, BackendError> {
    let key = key(&connection.database_name()?, tables);
    match holder_of(connection, key)? {
        None => transaction_of(connection, key),
        holder => Ok(holder),
    }
}

/// A session that has a lock.
struct Found {
    holder: LockHolder,
    is_shared: bool,
}

/// Returns who holds the lock of a key: a backup, where it is shared.
fn holder_of(connection: &mut PgConnection, key: i64) -> Result<Option<LockHolder>, BackendError> {
    let named = |Found { holder, is_shared }| {
        if is_shared {
            LockHolder {
                application: Some(sharing(holder.application)),
                ..holder
            }
        } else {
            holder
        }
    };
    Ok(found(connection, key)?.map(named))
}

/// Returns whose transaction of a run is open that has lost the lock of a key.
fn transaction_of(
    connection: &mut PgConnection,
    key: i64,
) -> Result<Option<LockHolder>, BackendError> {
    let found = found(connection, key_of_transactions(key))?;
    Ok(found.map(|found| found.holder))
}

fn found(connection: &mut PgConnection, key: i64) -> Result<Option<Found>, BackendError> {
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

fn read_holder(row: &Row) -> Result<Found, DatabaseError> {
    let holder = LockHolder {
        pid: row.integer(0)?,
        application: row.optional_text(1)?.filter(|name| !name.is_empty()),
        host: row.optional_text(2)?,
        since: row.optional_text(3)?,
    };
    Ok(Found {
        holder,
        is_shared: row.boolean(4)?,
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
    let row = first(connection, &query).during("ask for the session's number")?;
    let pid = row.map(|row| row.integer(0)).transpose();
    pid.during("read the session's number")
}

/// Takes a lock of a key that nobody else chooses.
pub(super) fn leave_sign(connection: &mut PgConnection) -> Result<Option<Lock>, BackendError> {
    let action = "take a lock for the other connection to look for";
    let (_, key) = uuid::Uuid::new_v4().as_u64_pair();
    let key = key.cast_signed();
    let query = Query::new(
        "SELECT pg_catalog.pg_try_advisory_lock(?), pg_catalog.pg_backend_pid()::pg_catalog.int8",
    );
    let row = first(connection, &query.bind(key).once()).during(action)?;
    let session = row.map(|row| row.integer(1)).transpose().during(action)?;
    Ok(session.map(|session| Lock::Advisory {
        key,
        mode: LockMode::Exclusive,
        session,
        first: 0,
        by: LockedBy::ThisSession,
    }))
}

/// Returns the condition that the lock is held by the right session: by the server process that
/// answers now, or by that of the run's other connection.
fn held_by(key: i64, (session, by): (i64, LockedBy)) -> Query {
    match by {
        LockedBy::ThisSession => Query::new(format!(
            "EXISTS (SELECT 1 FROM pg_catalog.pg_locks AS l
WHERE l.pid = pg_catalog.pg_backend_pid() AND {SAME_LOCK})"
        ))
        .bind(key),
        LockedBy::Another => Query::new(format!(
            "EXISTS (SELECT 1 FROM pg_catalog.pg_locks AS l
WHERE l.pid = ? AND {SAME_LOCK})"
        ))
        .bind(session)
        .bind(key),
    }
}

/// Proves that the server process that answers now is the one that holds the lock, or that the other
/// connection's holds it.
pub(super) fn prove_lock(
    connection: &mut PgConnection,
    key: i64,
    session: i64,
    by: LockedBy,
) -> Result<(), BackendError> {
    let query = Query::new("SELECT")
        .then(&held_by(key, (session, by)))
        .then(&Query::new(
            ", pg_catalog.pg_backend_pid()::pg_catalog.int8",
        ));
    let row = first(connection, &query).during("prove the migration lock")?;
    match by {
        LockedBy::ThisSession => held(row, session).during("prove the migration lock")?,
        LockedBy::Another => {
            let held = row.map_or(Ok(false), |row| row.boolean(0));
            if held.during("prove the migration lock")? {
                Ok(())
            } else {
                Err(BackendError::LockConnectionGone)
            }
        }
    }
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
/// unless the lock is held by this very server process, or by the other connection's; its columns tell
/// of the strongest lock.
pub(super) fn guard(key: i64, holder: (i64, LockedBy), put_back: &Query) -> Query {
    let held = match holder {
        // One look at this session's locks serves both.
        (_, LockedBy::ThisSession) => Query::new(SAME_LOCK).bind(key),
        (_, LockedBy::Another) => held_by(key, holder),
    };
    locks::guard(&held, put_back)
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
    let row = first(connection, &query).during("give the migration lock back")?;
    held(row, session).during("give the migration lock back")?
}

fn first(connection: &mut PgConnection, query: &Query) -> Result<Option<Row>, DatabaseError> {
    Ok(connection.load(query)?.into_iter().next())
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
