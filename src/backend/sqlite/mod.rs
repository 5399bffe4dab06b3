//! The `SQLite` engine.

pub mod address;
mod alone;
mod catalog;
mod contents;
mod database;
pub mod dialect;
mod dump;
mod examine;
mod held;
mod indexes;
pub(super) mod lint;
mod lock;
mod probe;
mod query;
mod reader;
mod rehearsal;
mod rest;
mod restore;
mod rows;
mod script;
mod session;
mod settings;
mod stand_in;
mod uri;

use std::any::Any;

use diesel::connection::{
    AnsiTransactionManager, Connection, SimpleConnection, TransactionManager,
    TransactionManagerStatus,
};
use diesel::migration::MigrationConnection;
use diesel::prelude::*;
use diesel::result::Error as DieselError;
use diesel::sqlite::SqliteConnection;

pub(super) use database::{create, drop_database, file_behind_links, open, open_unread};
use dialect::SQLITE;
pub(super) use dump::{another_is_at, count, itself, open_dump};
pub(super) use restore::{
    fitness, kept_as, kept_beside, leftovers, open_copy, open_restore, restored_as, users,
};
pub(super) use script::syntax_findings as offline_syntax_findings;

use super::error::{BackendError, DatabaseError};
use super::examine::{Defect, Doomed, Examination, Need};
use super::harness::{self, BoxError, HarnessBody};
use super::limits::{Limit, Limits};
use super::query::{Query, Row};
use super::rows::TableName;
use super::tables::Tables;
use super::{
    Backend, ColumnType, Extent, Grouping, Lock, LockAttempt, LockMode, Patience, ScriptError,
    Session, Statistics, SyntaxFinding,
};
use crate::event::{Blocked, Direction, LockHolder};
use crate::sql::{Dialect, Script};

impl RunQueryDsl<SqliteConnection> for Query {}

/// Returns what `SQLite` said. It has no codes of the SQL standard; Diesel's kinds are made of its
/// own.
fn said(error: DieselError) -> DatabaseError {
    DatabaseError {
        sqlstate: None,
        ..DatabaseError::from(error)
    }
}

impl Backend for SqliteConnection {
    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }

    fn dialect(&self) -> &'static dyn Dialect {
        SQLITE
    }

    fn database_name(&mut self) -> Result<String, BackendError> {
        let file = database::file_of(self)?;
        let name = file.as_ref().and_then(|path| path.file_name());
        Ok(name.map_or_else(
            || ":memory:".to_owned(),
            |name| name.to_string_lossy().into_owned(),
        ))
    }

    fn batch_execute(&mut self, sql: &str) -> Result<(), DatabaseError> {
        SimpleConnection::batch_execute(self, sql).map_err(said)
    }

    fn execute(&mut self, query: &Query) -> Result<usize, DatabaseError> {
        self.execute_returning_count(query).map_err(said)
    }

    fn load(&mut self, query: &Query) -> Result<Vec<Row>, DatabaseError> {
        query::load(self, query)
    }

    /// Takes the write lock at once: a transaction that reads first and writes later can lose its
    /// turn to another process and fail without waiting.
    fn begin(&mut self) -> Result<(), DatabaseError> {
        let depth = match AnsiTransactionManager::transaction_manager_status_mut(self) {
            TransactionManagerStatus::Valid(status) => status.transaction_depth(),
            TransactionManagerStatus::InError => None,
        };
        let begun = match depth {
            None => AnsiTransactionManager::begin_transaction_sql(self, "BEGIN IMMEDIATE"),
            Some(_) => AnsiTransactionManager::begin_transaction(self),
        };
        begun.map_err(said)
    }

    fn commit(&mut self) -> Result<(), DatabaseError> {
        let committed = AnsiTransactionManager::commit_transaction(self);
        committed
            .inspect_err(|_| session::end_lost_transaction(self))
            .map_err(said)
    }

    fn rollback(&mut self) -> Result<(), DatabaseError> {
        let rolled_back = AnsiTransactionManager::rollback_transaction(self);
        rolled_back
            .inspect_err(|_| session::end_lost_transaction(self))
            .map_err(said)
    }

    fn harness(&mut self, body: &dyn HarnessBody, direction: Direction) -> Result<(), BoxError> {
        let ran = harness::run(self, body, direction);
        ran.map_err(|error| {
            session::end_lost_transaction(self);
            match error.downcast::<DieselError>() {
                Ok(error) => said(*error).into(),
                Err(other) => other,
            }
        })
    }

    fn setup_diesel(&mut self) -> Result<(), DatabaseError> {
        MigrationConnection::setup(self).map(drop).map_err(said)
    }

    fn own_tables_ddl(&self) -> &'static str {
        include_str!("sql/own_tables.sql")
    }

    fn complete_history_ddl(&self) -> &'static str {
        include_str!("sql/complete_history.sql")
    }

    fn lock_columns_ddl(&self) -> &'static str {
        include_str!("sql/history_locks.sql")
    }

    fn seeds_table_ddl(&self) -> &'static str {
        include_str!("sql/seeds_table.sql")
    }

    fn find_tables(&mut self) -> Result<Tables, BackendError> {
        catalog::find_tables(self)
    }

    fn try_lock(
        &mut self,
        _tables: &Tables,
        mode: LockMode,
        owner: &str,
    ) -> Result<LockAttempt, BackendError> {
        lock::try_lock(self, mode, owner)
    }

    fn lock_holder(&mut self, _tables: &Tables) -> Result<Option<LockHolder>, BackendError> {
        lock::lock_holder(self)
    }

    fn prove_lock(&mut self, _lock: &Lock) -> Result<(), BackendError> {
        Ok(())
    }

    fn unlock(&mut self, lock: Lock) -> Result<(), BackendError> {
        drop(lock);
        Ok(())
    }

    fn leave_sign(&mut self) -> Result<Option<Lock>, BackendError> {
        Ok(None)
    }

    fn guard(&self, _lock: &Lock, _session: &Session) -> Option<Query> {
        None
    }

    fn grouping(&self) -> Grouping {
        Grouping::Shared
    }

    /// As [`Backend::kept_from_reading`].
    fn locked_by_others(&mut self, _script: &Script) -> Result<Blocked, DatabaseError> {
        Ok(Blocked::default())
    }

    /// Who writes to the file, it does not tell.
    fn kept_from_reading(&mut self, _table: &TableName) -> Result<Blocked, DatabaseError> {
        Ok(Blocked::default())
    }

    /// Nobody knows who holds the lock of a file.
    fn blocked(&mut self, _session: i64) -> Result<Blocked, DatabaseError> {
        Ok(Blocked::default())
    }

    /// A file has no sessions.
    fn end_statement(&mut self, _session: i64) -> Result<(), DatabaseError> {
        Ok(())
    }

    /// As [`Backend::blocked`].
    fn blocked_by(
        &mut self,
        _error: &DatabaseError,
        _session: i64,
    ) -> Result<Blocked, DatabaseError> {
        Ok(Blocked::default())
    }

    fn strongest_lock(&self) -> Option<String> {
        None
    }

    fn run_script(
        &mut self,
        script: &Script,
        _limits: Limits,
        statement_done: &mut dyn FnMut(usize),
    ) -> Result<(), ScriptError> {
        script::run(self, script, statement_done)
    }

    fn diagnose(
        &mut self,
        _script: &Script,
        error: ScriptError,
        _patience: &Patience<'_>,
    ) -> ScriptError {
        error
    }

    fn error_position(&mut self, statement: &str, error: &DatabaseError) -> Option<usize> {
        script::error_position(self, statement, error)
    }

    fn suspend_foreign_keys(&mut self) -> Result<Option<Query>, BackendError> {
        session::suspend_foreign_keys(self)
    }

    fn checks_foreign_keys(&mut self) -> Result<bool, BackendError> {
        session::checks_foreign_keys(self)
    }

    fn broken_foreign_keys(&mut self) -> Result<Vec<String>, BackendError> {
        session::broken_foreign_keys(self)
    }

    fn syntax_findings(&mut self, script: &Script) -> Result<Vec<SyntaxFinding>, BackendError> {
        script::syntax_findings(script)
    }

    fn column_types(&mut self, _tables: &Tables) -> Result<Vec<ColumnType>, BackendError> {
        catalog::column_types(self)
    }

    fn definitions(&mut self, _tables: &Tables) -> Result<Vec<String>, BackendError> {
        catalog::definitions(self)
    }

    fn extents(&mut self, _tables: &Tables) -> Result<Vec<Extent>, BackendError> {
        Ok(Vec::new())
    }

    fn statistics(&mut self, _tables: &Tables) -> Result<Statistics, BackendError> {
        catalog::statistics(self)
    }

    fn lacking(&mut self, _needs: &[Need]) -> Result<Vec<Defect>, BackendError> {
        Ok(Vec::new())
    }

    fn examine(&mut self, _tables: &Tables, _idle: Limit) -> Result<Examination, DatabaseError> {
        examine::examine(self)
    }

    fn own_schemas(&mut self, _tables: &Tables) -> Result<Vec<String>, BackendError> {
        Ok(Vec::new())
    }

    fn doomed(&mut self, _tables: &Tables) -> Result<Vec<Doomed>, BackendError> {
        catalog::doomed(self)
    }

    fn drop_everything(
        &mut self,
        _tables: &Tables,
        _limits: Limits,
    ) -> Result<Vec<String>, BackendError> {
        catalog::drop_everything(self)
    }
}
