//! One moment for everybody: a transaction that reads, its snapshot, and the tables that nobody may
//! change the shape of as long as it lasts.
//!
//! Who rewrites a table, by `ALTER TABLE` or `TRUNCATE`, leaves nothing of it for an older snapshot
//! (`PostgreSQL` manual, 13.6): a backup would hold it empty. So the tables are locked, as any reader
//! locks them, before the snapshot is taken, and `pg_dump` locks them beside us.

use std::time::{Duration, Instant};

use diesel::pg::PgConnection;

use super::selection::{self, Table};
use crate::backend::Backend;
use crate::backend::dump::{DumpError, DumpRequest};
use crate::backend::error::{BackendError, DatabaseError, During};
use crate::backend::query::Query;
use crate::clock::whole_ms;

/// How long it is waited between two tries.
const PAUSE: Duration = Duration::from_millis(100);

/// A moment that is fixed.
pub(super) struct Snapshot {
    /// What another session reads the same moment by.
    pub(super) name: String,
    /// The tables of the backup, which are locked.
    pub(super) tables: Vec<Table>,
}

/// How long is waited for whoever changes tables.
pub(super) struct Deadline<'a> {
    begun: Instant,
    request: &'a DumpRequest<'a>,
    target: String,
}

impl<'a> Deadline<'a> {
    pub(super) fn from_now(request: &'a DumpRequest<'a>, target: String) -> Self {
        Self {
            begun: Instant::now(),
            request,
            target,
        }
    }

    /// Waits a moment for others, or says that it has been long enough.
    pub(super) fn wait(&self) -> Result<(), DumpError> {
        if self.request.cancellation.is_cancelled() {
            return Err(DumpError::Interrupted);
        }
        let waited = self.begun.elapsed();
        if waited >= self.request.patience {
            return Err(DumpError::TablesChanging {
                target: self.target.clone(),
                waited_ms: whole_ms(waited),
            });
        }
        std::thread::sleep(PAUSE);
        Ok(())
    }
}

/// Fixes a moment. Where the tables change meanwhile, it is another one.
pub(super) fn fix(
    connection: &mut PgConnection,
    deadline: &Deadline<'_>,
) -> Result<Snapshot, DumpError> {
    loop {
        match try_once(connection, deadline) {
            Ok(Some(snapshot)) => return Ok(snapshot),
            Err(error) if error.disconnected || !is_about_others(&error) => {
                let action = "fix the moment of the backup";
                return Err(BackendError::Query {
                    action,
                    source: error,
                }
                .into());
            }
            Ok(None) | Err(_) => {}
        }
        give_up(connection)?;
        deadline.wait()?;
    }
}

/// Ends the transaction, so that whoever waits for it goes first.
pub(super) fn give_up(connection: &mut PgConnection) -> Result<(), BackendError> {
    let ended = connection.batch_execute("ROLLBACK");
    ended.during("end the transaction of the backup")
}

fn try_once(
    connection: &mut PgConnection,
    deadline: &Deadline<'_>,
) -> Result<Option<Snapshot>, DatabaseError> {
    let scope = deadline.request.scope;
    let tables = selection::tables(connection, scope)?;
    connection.batch_execute("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")?;
    // This takes no snapshot: what is committed until it is granted is in the one that is.
    if !tables.is_empty() {
        let names: Vec<&str> = tables.iter().map(|table| table.name.as_str()).collect();
        let names = names.join(", ONLY ");
        connection.batch_execute(&format!("LOCK TABLE ONLY {names} IN ACCESS SHARE MODE"))?;
    }
    let rows = connection.load(&Query::new("SELECT pg_catalog.pg_export_snapshot()").once())?;
    let name = rows.first().map(|row| row.text(0)).transpose()?;
    let same = selection::tables(connection, scope)? == tables;
    Ok(name.filter(|_| same).map(|name| Snapshot { name, tables }))
}

/// Returns whether others were in the way: a lock was not to be had in a second, or a table was
/// dropped since it was listed. The codes are 55P03, 40P01 and 42P01, which Diesel keeps to itself.
fn is_about_others(error: &DatabaseError) -> bool {
    let message = &error.message;
    let dropped = message.starts_with("relation ") && message.ends_with(" does not exist");
    let waited = ["lock timeout", "deadlock detected"];
    dropped || waited.iter().any(|words| message.contains(words))
}

/// Returns whether a session of this name waits for somebody who waits for us: as long as we wait
/// for it in turn, nobody moves, and the server does not see it.
pub(super) fn is_in_the_way(
    connection: &mut PgConnection,
    session: &str,
) -> Result<bool, DatabaseError> {
    // Who is connected is looked up once in a transaction, unless it is forgotten.
    connection.load(&Query::new("SELECT pg_catalog.pg_stat_clear_snapshot() IS NULL").once())?;
    let query = Query::new(
        "SELECT EXISTS (
  SELECT 1
  FROM pg_catalog.pg_stat_activity AS a
  CROSS JOIN LATERAL pg_catalog.unnest(pg_catalog.pg_blocking_pids(a.pid)) AS b(pid)
  WHERE a.application_name = ?
    AND pg_catalog.pg_backend_pid() = ANY (pg_catalog.pg_blocking_pids(b.pid))
)",
    );
    let rows = connection.load(&query.bind(session).once())?;
    let found = rows.first().map(|row| row.boolean(0)).transpose()?;
    Ok(found.unwrap_or_default())
}
