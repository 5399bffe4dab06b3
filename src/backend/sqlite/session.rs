//! What a run changes of a `SQLite` session, and the way back.

use std::time::Duration;

use diesel::connection::{AnsiTransactionManager, TransactionManager, TransactionManagerStatus};
use diesel::sqlite::SqliteConnection;

use super::settings;
use crate::backend::error::{BackendError, DatabaseError, During};
use crate::backend::limits::Limits;
use crate::backend::query::{Query, Row};
use crate::backend::settings::{Settings, Subject, Surrounding, Touch};
use crate::backend::tables::{DIESEL_TABLE, Tables};
use crate::backend::{Backend, Lock, Session, SessionBackend};
use crate::sql::Script;

/// How long a statement waits for another process's transaction where nobody says how long, in
/// milliseconds: other programs write for a moment now and then, which is nothing to fail of.
const BUSY_TIMEOUT_MS: i64 = 5_000;

/// Refuses a connection on which Diesel's row, which no database's name qualifies, would be written
/// into a temporary table.
fn refuse_temporary_table(connection: &mut SqliteConnection) -> Result<(), BackendError> {
    let action = "look for temporary tables";
    // To look into it would make the place for what is temporary, which cannot be moved after that.
    // The pragma itself, unlike its table, reads no schema, and so waits for nobody.
    let databases = connection.load(&Query::new("PRAGMA database_list"));
    let is_temporary = |row: &Row| -> Result<bool, DatabaseError> { Ok(row.text(1)? == "temp") };
    let has_place = databases
        .and_then(|rows| rows.iter().map(is_temporary).collect::<Result<Vec<_>, _>>())
        .during(action)?
        .contains(&true);
    if !has_place {
        return Ok(());
    }
    let table = Query::new("SELECT 1 FROM sqlite_temp_schema WHERE name = ?").bind(DIESEL_TABLE);
    if connection.load(&table).during(action)?.is_empty() {
        return Ok(());
    }
    Err(BackendError::TemporaryTable {
        name: format!("temp.{DIESEL_TABLE}"),
    })
}

/// Returns the way back for the time to wait for other processes and for the checking of foreign
/// keys, which a migration's body may switch.
pub(super) fn open(connection: &mut SqliteConnection) -> Result<Session, BackendError> {
    refuse_temporary_table(connection)?;
    let busy_timeout = pragma(connection, "PRAGMA busy_timeout")?;
    let foreign_keys = pragma(connection, "PRAGMA foreign_keys")?;
    Ok(Session {
        at_begin: None,
        // Inside a transaction this does nothing, as whatever the body said there did nothing.
        after_body: Some(checking(foreign_keys)),
        at_end: vec![
            checking(foreign_keys),
            Query::new(format!("PRAGMA busy_timeout = {busy_timeout}")),
        ],
    })
}

/// Lets statements wait so long for other processes' transactions.
pub(super) fn wait_at_most(
    connection: &mut SqliteConnection,
    limit: Duration,
) -> Result<(), BackendError> {
    set_busy_timeout(connection, milliseconds(limit))
}

/// Returns a time to wait as the library takes it, which keeps it in 32 bits.
fn milliseconds(limit: Duration) -> i64 {
    i32::try_from(limit.as_millis()).unwrap_or(i32::MAX).into()
}

fn set_busy_timeout(
    connection: &mut SqliteConnection,
    milliseconds: i64,
) -> Result<(), BackendError> {
    connection
        .batch_execute(&format!("PRAGMA busy_timeout = {milliseconds}"))
        .during("set the time to wait for other processes")
}

/// Lets statements, readers' too, wait for other processes, so long or at least for a while: while
/// one commits, `SQLite` answers all others "database is locked".
pub(super) fn wait_for_others(
    connection: &mut SqliteConnection,
    limit: Option<Duration>,
) -> Result<Option<Query>, BackendError> {
    let found = pragma(connection, "PRAGMA busy_timeout")?;
    let wanted = limit.map_or(found.max(BUSY_TIMEOUT_MS), milliseconds);
    if found == wanted {
        return Ok(None);
    }
    set_busy_timeout(connection, wanted)?;
    Ok(Some(Query::new(format!("PRAGMA busy_timeout = {found}"))))
}

fn checking(foreign_keys: i64) -> Query {
    Query::new(format!("PRAGMA foreign_keys = {foreign_keys}"))
}

/// Lets Diesel know that no transaction is open any more, where it lost count of them: a statement
/// such as `INSERT OR ROLLBACK`, or a full disk, ends all of them at once.
/// <https://www.sqlite.org/lang_transaction.html#response_to_errors_within_a_transaction>
pub(super) fn end_lost_transaction(connection: &mut SqliteConnection) {
    let status = AnsiTransactionManager::transaction_manager_status_mut(connection);
    if matches!(status, TransactionManagerStatus::InError) {
        *status = TransactionManagerStatus::default();
        // Where none is open this fails, which is what is wanted.
        let _ = Backend::batch_execute(connection, "ROLLBACK");
    }
}

/// Switches the checking of foreign keys off; inside a transaction `SQLite` would ignore it.
/// <https://www.sqlite.org/pragma.html#pragma_foreign_keys>
pub(super) fn suspend_foreign_keys(
    connection: &mut SqliteConnection,
) -> Result<Option<Query>, BackendError> {
    if !checks_foreign_keys(connection)? {
        return Ok(None);
    }
    connection
        .batch_execute("PRAGMA foreign_keys = OFF")
        .during("switch the checking of foreign keys off")?;
    Ok(Some(Query::new("PRAGMA foreign_keys = ON")))
}

pub(super) fn checks_foreign_keys(connection: &mut SqliteConnection) -> Result<bool, BackendError> {
    Ok(pragma(connection, "PRAGMA foreign_keys")? != 0)
}

/// Returns the rows whose foreign key points nowhere, at most ten.
pub(super) fn broken_foreign_keys(
    connection: &mut SqliteConnection,
) -> Result<Vec<String>, BackendError> {
    let query = Query::new(
        "SELECT 'row ' || coalesce(\"rowid\", '(without rowid)') || ' of `' || \"table\" || '` refers to no row of `' || \"parent\" || '`'
FROM pragma_foreign_key_check LIMIT 10",
    );
    let rows = connection.load(&query).during("check the foreign keys")?;
    rows.iter()
        .map(|row| row.text(0))
        .collect::<Result<_, _>>()
        .during("read what the check of foreign keys found")
}

fn pragma(connection: &mut SqliteConnection, query: &str) -> Result<i64, BackendError> {
    let rows = connection
        .load(&Query::new(query))
        .during("read the session's settings")?;
    let value = rows.first().map(|row| row.integer(0)).transpose();
    Ok(value.during("read the session's settings")?.unwrap_or(0))
}

impl SessionBackend for SqliteConnection {
    /// There is no pooler before a file.
    fn keep_nothing_prepared(&mut self) {}

    fn session_for_transactions(&mut self, _lock: Option<&Lock>) -> Result<Session, BackendError> {
        Ok(Session::default())
    }

    fn take_role(&mut self, role: &str) -> Result<Query, BackendError> {
        Err(BackendError::NoRoles {
            role: role.to_owned(),
        })
    }

    fn give_up_role(&mut self) -> Result<Option<Query>, BackendError> {
        Ok(None)
    }

    fn current_user(&mut self) -> Result<Option<String>, BackendError> {
        Ok(None)
    }

    fn session_id(&mut self) -> Result<Option<i64>, BackendError> {
        Ok(None)
    }

    fn wait_for_others(&mut self, limit: Option<Duration>) -> Result<Option<Query>, BackendError> {
        wait_for_others(self, limit)
    }

    fn wait_at_most(&mut self, limit: Duration) -> Result<(), BackendError> {
        wait_at_most(self, limit)
    }

    fn open_session(&mut self, _owner: &str) -> Result<Session, BackendError> {
        open(self)
    }

    fn touch(&self, script: &Script) -> Touch {
        settings::touch(script)
    }

    fn sets(&self, script: &Script, index: usize) -> Option<Subject> {
        settings::sets(script, index)
    }

    fn settings(&mut self, _script: Option<&Script>) -> Result<Settings, DatabaseError> {
        settings::found(self)
    }

    fn put_settings_back(&mut self, found: &Settings) -> Result<(), DatabaseError> {
        settings::put_back(self, found)
    }

    fn as_found(
        &mut self,
        found: &Settings,
        _surrounding: Surrounding,
        work: &mut dyn FnMut(&mut dyn Backend) -> Result<(), DatabaseError>,
    ) -> Result<(), DatabaseError> {
        settings::as_found(self, found, work)
    }

    fn forget_statements(&mut self) -> Result<(), DatabaseError> {
        Ok(())
    }

    fn relax_durability(&mut self) -> Result<Option<Query>, BackendError> {
        Ok(None)
    }

    fn restore_durability(
        &mut self,
        _way_back: &Query,
        _tables: &Tables,
    ) -> Result<(), BackendError> {
        Ok(())
    }

    fn keeps_limits(&self) -> bool {
        false
    }

    /// Tables have no locks of their own: who writes waits for the whole database, as
    /// [`SessionBackend::wait_at_most`] says.
    fn limit_transaction(&mut self, _limits: Limits) -> Result<(), DatabaseError> {
        Ok(())
    }

    /// As [`SessionBackend::limit_transaction`].
    fn limit_session(&mut self, _limits: Limits) -> Result<Option<Query>, DatabaseError> {
        Ok(None)
    }
}
