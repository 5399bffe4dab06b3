//! The `PostgreSQL` engine.

pub mod address;
mod belongings;
mod blockers;
mod catalog;
mod commits;
mod conninfo;
mod contents;
mod database;
mod detach;
pub mod dialect;
mod dump;
mod examine;
mod held;
mod indexes;
mod language;
mod limits;
pub(super) mod lint;
mod lock;
mod locks;
mod masked;
mod outside;
mod privileges;
mod programs;
mod query;
mod rehearsal;
mod restore;
mod rows;
mod run;
mod script;
mod search_path;
mod session;
mod settings;
pub mod syntax;
mod types;
mod uri;

use std::any::Any;

use diesel::connection::{Connection, SimpleConnection, TransactionManager};
use diesel::migration::MigrationConnection;
use diesel::pg::PgConnection;
use diesel::prelude::*;

pub(super) use database::{create, drop_database, open};
use dialect::POSTGRES;
pub(super) use dump::{archive_findings, count, globals, itself, open_dump, reader};
pub(super) use restore::{
    fitness, is_there, kept_as, kept_beside, leftovers, leftovers_on, needs_of_archive, open_copy,
    open_restore, refuse_script, restored_as, users,
};
pub(super) use script::offline_syntax_findings;

use super::error::{BackendError, DatabaseError, During};
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

type Transactions = <PgConnection as Connection>::TransactionManager;

impl RunQueryDsl<PgConnection> for Query {}

impl Backend for PgConnection {
    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }

    fn dialect(&self) -> &'static dyn Dialect {
        POSTGRES
    }

    fn database_name(&mut self) -> Result<String, BackendError> {
        let query = Query::new("SELECT pg_catalog.current_database()::pg_catalog.text");
        let rows = self.load(&query).during("ask for the database's name")?;
        let name = rows.first().map(|row| row.text(0)).transpose();
        Ok(name.during("read the database's name")?.unwrap_or_default())
    }

    fn batch_execute(&mut self, sql: &str) -> Result<(), DatabaseError> {
        Ok(SimpleConnection::batch_execute(self, sql)?)
    }

    fn execute(&mut self, query: &Query) -> Result<usize, DatabaseError> {
        Ok(self.execute_returning_count(query)?)
    }

    fn load(&mut self, query: &Query) -> Result<Vec<Row>, DatabaseError> {
        query::load(self, query)
    }

    fn begin(&mut self) -> Result<(), DatabaseError> {
        Ok(Transactions::begin_transaction(self)?)
    }

    fn commit(&mut self) -> Result<(), DatabaseError> {
        Ok(Transactions::commit_transaction(self)?)
    }

    fn rollback(&mut self) -> Result<(), DatabaseError> {
        Ok(Transactions::rollback_transaction(self)?)
    }

    fn harness(&mut self, body: &dyn HarnessBody, direction: Direction) -> Result<(), BoxError> {
        harness::run(self, body, direction)
    }

    fn setup_diesel(&mut self) -> Result<(), DatabaseError> {
        MigrationConnection::setup(self)?;
        Ok(())
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
        tables: &Tables,
        mode: LockMode,
        _owner: &str,
    ) -> Result<LockAttempt, BackendError> {
        lock::try_lock(self, tables, mode)
    }

    fn lock_holder(&mut self, tables: &Tables) -> Result<Option<LockHolder>, BackendError> {
        lock::lock_holder(self, tables)
    }

    fn prove_lock(&mut self, lock: &Lock) -> Result<(), BackendError> {
        match lock {
            Lock::Advisory {
                key, session, by, ..
            } => lock::prove_lock(self, *key, *session, *by),
            Lock::File(_) | Lock::Private => Ok(()),
        }
    }

    fn unlock(&mut self, lock: Lock) -> Result<(), BackendError> {
        match lock {
            Lock::Advisory {
                key, mode, session, ..
            } => lock::unlock(self, key, mode, session),
            Lock::File(_) | Lock::Private => Ok(()),
        }
    }

    fn leave_sign(&mut self) -> Result<Option<Lock>, BackendError> {
        lock::leave_sign(self)
    }

    fn guard(&self, lock: &Lock, session: &Session) -> Option<Query> {
        let Lock::Advisory {
            key,
            session: holder,
            by,
            ..
        } = lock
        else {
            return None;
        };
        let put_back = session.after_body.as_ref()?;
        Some(lock::guard(*key, (*holder, *by), put_back))
    }

    fn grouping(&self) -> Grouping {
        Grouping::Each
    }

    fn blocked(&mut self, session: i64) -> Result<Blocked, DatabaseError> {
        blockers::blocked(self, session)
    }

    fn end_statement(&mut self, session: i64) -> Result<(), DatabaseError> {
        let query = Query::new("SELECT pg_catalog.pg_cancel_backend((?)::pg_catalog.int4)");
        self.load(&query.bind(session).once()).map(drop)
    }

    fn kept_from_reading(&mut self, table: &TableName) -> Result<Blocked, DatabaseError> {
        blockers::of_reading(self, table)
    }

    fn blocked_by(
        &mut self,
        error: &DatabaseError,
        session: i64,
    ) -> Result<Blocked, DatabaseError> {
        match (error.is_deadlock(), &error.detail) {
            (true, Some(detail)) => blockers::of_deadlock(self, detail, session),
            _ => Ok(Blocked::default()),
        }
    }

    fn speaks_otherwise(&mut self) -> bool {
        language::speaks_otherwise(self)
    }

    fn means_out_of_time(&mut self, message: &str) -> bool {
        language::means_out_of_time(self, message)
    }

    fn locked_by_others(&mut self, script: &Script) -> Result<Blocked, DatabaseError> {
        blockers::of_named(self, script)
    }

    fn strongest_lock(&self) -> Option<String> {
        Some(locks::strongest_lock())
    }

    fn run_script(
        &mut self,
        script: &Script,
        limits: Limits,
        statement_done: &mut dyn FnMut(usize),
    ) -> Result<(), ScriptError> {
        script::run(self, script, limits, statement_done)
    }

    fn diagnose(
        &mut self,
        script: &Script,
        error: ScriptError,
        patience: &Patience<'_>,
    ) -> ScriptError {
        script::diagnose(self, script, error, patience)
    }

    fn error_position(&mut self, _statement: &str, error: &DatabaseError) -> Option<usize> {
        error.position
    }

    fn commits_itself(&self, script: &Script, statement: usize) -> bool {
        commits::commits_itself(script, statement)
    }

    fn suspend_foreign_keys(&mut self) -> Result<Option<Query>, BackendError> {
        Ok(None)
    }

    fn checks_foreign_keys(&mut self) -> Result<bool, BackendError> {
        Ok(true)
    }

    fn broken_foreign_keys(&mut self) -> Result<Vec<String>, BackendError> {
        Ok(Vec::new())
    }

    fn syntax_findings(&mut self, script: &Script) -> Result<Vec<SyntaxFinding>, BackendError> {
        script::syntax_findings(self, script)
    }

    fn column_types(&mut self, tables: &Tables) -> Result<Vec<ColumnType>, BackendError> {
        catalog::column_types(self, tables)
    }

    fn extents(&mut self, tables: &Tables) -> Result<Vec<Extent>, BackendError> {
        catalog::extents(self, tables)
    }

    fn definitions(&mut self, tables: &Tables) -> Result<Vec<String>, BackendError> {
        catalog::definitions(self, tables)
    }

    fn statistics(&mut self, tables: &Tables) -> Result<Statistics, BackendError> {
        catalog::statistics(self, tables)
    }

    fn lacking(&mut self, needs: &[Need]) -> Result<Vec<Defect>, BackendError> {
        privileges::lacking(self, needs)
    }

    fn examine(&mut self, tables: &Tables, idle: Limit) -> Result<Examination, DatabaseError> {
        examine::examine(self, tables, idle)
    }

    fn own_schemas(&mut self, tables: &Tables) -> Result<Vec<String>, BackendError> {
        catalog::own_schemas(self, tables)
    }

    fn doomed(&mut self, tables: &Tables) -> Result<Vec<Doomed>, BackendError> {
        catalog::doomed(self, tables)
    }

    fn drop_everything(
        &mut self,
        tables: &Tables,
        limits: Limits,
    ) -> Result<Vec<String>, BackendError> {
        catalog::drop_everything(self, tables, limits)
    }
}
