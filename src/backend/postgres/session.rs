//! What a run changes of a `PostgreSQL` session, and the way back.

use std::time::Duration;

use diesel::connection::{CacheSize, Connection as _};
use diesel::pg::PgConnection;

use super::{belongings, database, limits, lock, settings};
use crate::backend::address::DatabaseAddress;
use crate::backend::error::{BackendError, DatabaseError, During};
use crate::backend::limits::Limits;
use crate::backend::query::{Query, Row};
use crate::backend::settings::{Belongings, Settings, Subject, Surrounding, Touch};
use crate::backend::tables::{DIESEL_TABLE, METADATA_TABLE, Tables};
use crate::backend::{Backend, Lock, Session, SessionBackend};
use crate::sql::Script;

/// The settings that a run or a migration's body may change. One that the server does not know
/// reads as NULL and is left alone.
const SETTINGS: [&str; 6] = [
    "search_path",
    "application_name",
    "client_connection_check_interval",
    ENDING[0],
    ENDING[1],
    ENDING[2],
];

/// The settings by which the server ends a session that does nothing, or whose transaction takes long:
/// with it the lock is gone. A run's is idle while a copy is made, while transactions go through
/// another connection, and between two tries. What ends a statement alone is left as it was set.
const ENDING: [&str; 3] = [
    "idle_session_timeout",
    "idle_in_transaction_session_timeout",
    "transaction_timeout",
];

/// The word for no role; that of a role's name in capital letters is a name like any other.
/// <https://www.postgresql.org/docs/current/sql-set-role.html>
const NO_ROLE: &str = "none";

/// Refuses a session in which Diesel's row, which no schema qualifies, would be written into a
/// temporary table.
fn refuse_temporary_table(there: bool) -> Result<(), BackendError> {
    if !there {
        return Ok(());
    }
    Err(BackendError::TemporaryTable {
        name: format!("pg_temp.{DIESEL_TABLE}"),
    })
}

/// Changes the settings of a run and returns the way back.
///
/// The server looks every second whether this process still lives (`PostgreSQL` 14 and later), so
/// that the lock and the locks of a killed run's statement are soon free.
pub(super) fn open(connection: &mut PgConnection, owner: &str) -> Result<Session, BackendError> {
    let (found, has_temporary) = read(connection).during("read the session's settings")?;
    refuse_temporary_table(has_temporary)?;
    let session = way_back(&found);
    if found[1].as_deref().unwrap_or_default().is_empty() {
        set(connection, "application_name", owner).during("name the session")?;
    }
    if found[2].as_deref() == Some("0") {
        // A server whose system cannot tell refuses it: it then learns of a death later.
        let _ = set(connection, "client_connection_check_interval", "1s");
    }
    let limits = SETTINGS.iter().zip(&found).filter(|(name, value)| {
        ENDING.contains(name) && value.as_deref().is_some_and(|value| value != "0")
    });
    for (name, _) in limits {
        set(connection, name, "0").during("keep the session from being ended while it is idle")?;
    }
    Ok(session)
}

/// Returns the settings, and whether a temporary table has the name of Diesel's.
fn read(connection: &mut PgConnection) -> Result<(Vec<Option<String>>, bool), DatabaseError> {
    let columns = SETTINGS
        .map(|name| format!("pg_catalog.current_setting('{name}', true)"))
        .join(", ");
    let rows = connection.load(&Query::new(format!(
        "SELECT {columns}, pg_catalog.to_regclass('pg_temp.{DIESEL_TABLE}') IS NOT NULL"
    )))?;
    let row = rows
        .first()
        .cloned()
        .unwrap_or_else(|| Row::new(Vec::new()));
    let settings = (0..SETTINGS.len())
        .map(|column| row.optional_text(column))
        .collect::<Result<_, _>>()?;
    Ok((settings, row.boolean(SETTINGS.len())?))
}

/// Returns the settings that a transaction of another connection needs to be like one of this session:
/// where names without a schema lead, and whose rights count. Each ends with the transaction: who is
/// served next by the same process of the server finds nothing of it. Beneath a lock each transaction
/// also takes one of its own, which the next holder of the lock waits for.
pub(super) fn for_transactions(
    connection: &mut PgConnection,
    lock: Option<&Lock>,
) -> Result<Session, BackendError> {
    let action = "read the session's settings";
    let query = Query::new(
        "SELECT pg_catalog.current_setting('search_path'), pg_catalog.current_setting('role')",
    );
    let rows = connection.load(&query.once()).during(action)?;
    let found = rows.first().map(|row| Ok((row.text(0)?, row.text(1)?)));
    let Some((path, role)) = found.transpose().during(action)? else {
        return Ok(Session::default());
    };
    let put_back = Query::new("SELECT pg_catalog.set_config('search_path', ?, true)").bind(&*path);
    // The role comes first: it decides what `"$user"` in the path means.
    let at_begin = Query::new(format!(
        "SELECT pg_catalog.pg_backend_pid()::pg_catalog.int8, pg_catalog.set_config('role', ?, true), pg_catalog.set_config('search_path', ?, true), {}",
        endless_transaction()
    ));
    let mut at_begin = at_begin.bind(role).bind(path);
    if let Some(Lock::Advisory { key, .. }) = lock {
        at_begin = at_begin.then(&lock::join_transactions(*key));
    }
    Ok(Session {
        at_begin: Some(at_begin),
        after_body: Some(put_back),
        at_end: Vec::new(),
    })
}

/// Returns columns that keep the open transaction from being ended for its length, where the server
/// knows how one would be.
fn endless_transaction() -> String {
    let endless = |name: &str| {
        format!(
            "CASE WHEN pg_catalog.current_setting('{name}', true) IS NOT NULL THEN pg_catalog.set_config('{name}', '0', true) END"
        )
    };
    let columns = ENDING.iter().map(|name| endless(name));
    columns.collect::<Vec<_>>().join(", ")
}

/// Lets a role's rights count for the session.
pub(super) fn take_role(connection: &mut PgConnection, role: &str) -> Result<Query, BackendError> {
    let user = current_user(connection)?;
    let found = role_now(connection)?;
    let set = |role: &str| setting("role", role).once();
    let taken = if role == NO_ROLE {
        // Quoted or not, it would give up the role that the session has, and be no error.
        let reserved = format!("`{NO_ROLE}` means no role, and none is called so");
        Err(DatabaseError::from_message(reserved))
    } else {
        connection.load(&set(role))
    };
    taken.map_err(|source| BackendError::MayNotBecome {
        role: role.to_owned(),
        user,
        source,
    })?;
    Ok(set(&found))
}

/// Lets the rights of the connection's own user count, where a role's do.
fn give_up_role(connection: &mut PgConnection) -> Result<Option<Query>, BackendError> {
    let found = role_now(connection)?;
    if found == NO_ROLE {
        return Ok(None);
    }
    let own = setting("role", NO_ROLE).once();
    connection.load(&own).during("give up the role")?;
    Ok(Some(setting("role", &found).once()))
}

/// Returns the role whose rights count for the session, or the word for none.
fn role_now(connection: &mut PgConnection) -> Result<String, BackendError> {
    let query = Query::new("SELECT pg_catalog.current_setting('role')").once();
    let action = "read the session's settings";
    let rows = connection.load(&query).during(action)?;
    let found = rows.first().map(|row| row.text(0)).transpose();
    Ok(found.during(action)?.unwrap_or_default())
}

/// Returns the name of the user whose rights count.
pub(super) fn current_user(connection: &mut PgConnection) -> Result<String, BackendError> {
    let action = "ask for the session's user";
    let query = Query::new("SELECT current_user::pg_catalog.text").once();
    let rows = connection.load(&query).during(action)?;
    let user = rows.first().map(|row| row.text(0)).transpose();
    Ok(user.during(action)?.unwrap_or_default())
}

fn way_back(found: &[Option<String>]) -> Session {
    let restore = |(name, value): (&&str, &Option<String>)| {
        value.as_deref().map(|value| setting(name, value))
    };
    Session {
        at_begin: None,
        after_body: found[0].as_deref().map(|path| setting("search_path", path)),
        at_end: SETTINGS.iter().zip(found).filter_map(restore).collect(),
    }
}

fn set(connection: &mut PgConnection, name: &str, value: &str) -> Result<(), DatabaseError> {
    connection.load(&setting(name, value)).map(drop)
}

fn setting(name: &str, value: &str) -> Query {
    Query::new("SELECT pg_catalog.set_config(?, ?, false)")
        .bind(name)
        .bind(value)
}

/// Lets commits return before they are on the disk, unless they do so already.
///
/// A commit that a crash of the server loses is lost whole, and only together with every later
/// one: the history stays true. <https://www.postgresql.org/docs/current/wal-async-commit.html>
pub(super) fn relax_durability(
    connection: &mut PgConnection,
) -> Result<Option<Query>, BackendError> {
    let query = Query::new(
        "SELECT pg_catalog.current_setting('synchronous_commit'), pg_catalog.set_config('synchronous_commit', 'off', false)",
    );
    let rows = connection
        .load(&query)
        .during("let commits return before they are durable")?;
    let found = rows.first().map(|row| row.text(0)).transpose();
    let found = found.during("read the session's settings")?;
    Ok(found.map(|found| setting("synchronous_commit", &found)))
}

/// Commits once more in the way in which the session commits: the record is flushed together with
/// all that precede it.
pub(super) fn restore_durability(
    connection: &mut PgConnection,
    way_back: &Query,
    tables: &Tables,
) -> Result<(), BackendError> {
    let action = "make the run's commits durable";
    connection.load(way_back).during(action)?;
    let query = Query::new(format!(
        "UPDATE {} SET value = value WHERE key = 'layout_version'",
        tables.qualified(METADATA_TABLE)
    ));
    connection.execute(&query).map(drop).during(action)
}

impl SessionBackend for PgConnection {
    fn keep_nothing_prepared(&mut self) {
        self.set_prepared_statement_cache_size(CacheSize::Disabled);
    }

    fn keep_prepared(&mut self) {
        self.set_prepared_statement_cache_size(CacheSize::Unbounded);
    }

    fn renew(&mut self, address: &DatabaseAddress) -> Result<bool, BackendError> {
        database::renew(self, address)
    }

    fn belongings(&mut self) -> Result<Belongings, DatabaseError> {
        belongings::found(self)
    }

    fn remove_belongings(&mut self, found: &Belongings) -> Result<(), DatabaseError> {
        belongings::remove_others(self, found)
    }

    fn session_for_transactions(&mut self, lock: Option<&Lock>) -> Result<Session, BackendError> {
        for_transactions(self, lock)
    }

    fn take_role(&mut self, role: &str) -> Result<Query, BackendError> {
        take_role(self, role)
    }

    fn give_up_role(&mut self) -> Result<Option<Query>, BackendError> {
        give_up_role(self)
    }

    fn current_user(&mut self) -> Result<Option<String>, BackendError> {
        current_user(self).map(Some)
    }

    fn session_id(&mut self) -> Result<Option<i64>, BackendError> {
        lock::session_id(self)
    }

    /// Readers and writers do not block one another here.
    fn wait_for_others(&mut self, _limit: Option<Duration>) -> Result<Option<Query>, BackendError> {
        Ok(None)
    }

    /// Statements wait for locks as long as the server's `lock_timeout` says, which is the
    /// operator's to set.
    fn wait_at_most(&mut self, _limit: Duration) -> Result<(), BackendError> {
        Ok(())
    }

    fn open_session(&mut self, owner: &str) -> Result<Session, BackendError> {
        open(self, owner)
    }

    fn touch(&self, script: &Script) -> Touch {
        settings::touch(script)
    }

    fn sets(&self, script: &Script, index: usize) -> Option<Subject> {
        settings::sets(script, index)
    }

    fn settings(&mut self, script: Option<&Script>) -> Result<Settings, DatabaseError> {
        settings::found(self, script)
    }

    fn put_settings_back(&mut self, found: &Settings) -> Result<(), DatabaseError> {
        settings::put_back(self, found)
    }

    fn only_reads(&mut self) -> Result<bool, DatabaseError> {
        settings::only_reads(self)
    }

    fn as_found(
        &mut self,
        found: &Settings,
        surrounding: Surrounding,
        work: &mut dyn FnMut(&mut dyn Backend) -> Result<(), DatabaseError>,
    ) -> Result<(), DatabaseError> {
        settings::as_found(self, found, surrounding, work)
    }

    fn forget_statements(&mut self) -> Result<(), DatabaseError> {
        settings::forget_statements(self)
    }

    fn relax_durability(&mut self) -> Result<Option<Query>, BackendError> {
        relax_durability(self)
    }

    fn restore_durability(
        &mut self,
        way_back: &Query,
        tables: &Tables,
    ) -> Result<(), BackendError> {
        restore_durability(self, way_back, tables)
    }

    fn keeps_limits(&self) -> bool {
        true
    }

    fn limit_transaction(&mut self, limits: Limits) -> Result<(), DatabaseError> {
        limits::limit_transaction(self, limits)
    }

    fn limit_session(&mut self, limits: Limits) -> Result<Option<Query>, DatabaseError> {
        limits::limit_session(self, limits)
    }
}
