//! The database: two engines behind one trait.
//!
//! `PostgreSQL` and `SQLite` differ only below this folder; `postgres/` and `sqlite/` mirror each
//! other file for file. Nothing here knows what a migration is: it runs scripts, takes locks, and
//! lends Diesel's harness a body to run.

pub mod address;
mod address_error;
pub(crate) mod caught;
mod concurrent;
pub(crate) mod contents;
mod cure;
mod database;
mod database_error;
pub mod dump;
pub mod error;
pub mod examine;
mod extent;
mod harness;
pub(crate) mod held;
mod lease;
mod leased;
pub(crate) mod leftovers;
pub mod limits;
pub(crate) mod lint;
mod lock;
pub(crate) mod lock_file;
#[cfg(feature = "postgres")]
pub mod postgres;
pub(crate) mod query;
pub mod redact;
pub(crate) mod rehearsal;
pub mod restore;
pub(crate) mod rows;
pub mod scratch;
mod session;
pub(crate) mod settings;
#[cfg(feature = "sqlite")]
pub mod sqlite;
mod statements;
mod statistics;
#[cfg(test)]
pub(crate) mod support;
pub mod table_lock;
pub(crate) mod tables;
pub mod tool;
pub(crate) mod watch;

#[cfg(not(any(feature = "postgres", feature = "sqlite")))]
compile_error!("dieselkit needs at least one of the features `postgres` and `sqlite`");

use std::any::Any;
use std::time::Duration;

#[cfg(not(all(feature = "postgres", feature = "sqlite")))]
use address::AddressError;
use address::Engine;
pub(crate) use concurrent::{Built, ConcurrentBackend};
pub(crate) use database::LentCarrier;
pub use database::{Absent, Access, Database, OtherSessions};
pub use error::{BackendError, DatabaseError};
pub use extent::{Division, Extent};
pub(crate) use harness::{BoxError, HarnessBody};
#[cfg(any(feature = "postgres", test))]
pub(crate) use lock::LockedBy;
pub(crate) use lock::{Lock, LockAttempt, LockMode};
pub(crate) use session::{Session, SessionBackend};
pub(crate) use statements::{ScriptError, run_counted, run_statement};
pub use statistics::{ColumnType, Statistics, TableStatistics};

use crate::event::{Blocked, Direction, LockHolder};
use crate::sql::{Dialect, Script};
use contents::ContentsBackend;
use examine::{Defect, Doomed, Examination, Need};
use held::HeldBackend;
use limits::{Limit, Limits};
use query::{Query, Row};
use rehearsal::RehearsalBackend;
use rows::{RowBackend, TableName};
use tables::Tables;

/// How a run may group its transactional steps into transactions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Grouping {
    /// Each step has its own; a commit costs little beside the step.
    Each,
    /// Consecutive steps share one, each in its savepoint; a commit is what costs.
    Shared,
}

/// How long a second run of a script that failed may take.
#[cfg_attr(
    not(feature = "postgres"),
    expect(dead_code, reason = "a server alone needs a second run")
)]
pub(crate) struct Patience<'a> {
    /// How much time is left for all of it.
    pub(crate) time_left: &'a dyn Fn() -> Duration,
    /// How long it may wait for a lock.
    pub(crate) for_locks: Duration,
}

/// A place in a script that is not SQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SyntaxFinding {
    /// The byte offset in the script's text.
    pub(crate) offset: usize,
    /// What the parser said.
    pub(crate) message: String,
}

/// Everything in which the engines differ, and the few verbs in which they do not.
///
/// Transactions nest: one inside another is a savepoint.
pub(crate) trait Backend:
    Send
    + RowBackend
    + ContentsBackend
    + RehearsalBackend
    + SessionBackend
    + ConcurrentBackend
    + HeldBackend
{
    /// Returns the connection itself, for a migration written in Rust.
    fn as_any_mut(&mut self) -> &mut dyn Any;

    /// Returns how the engine reads SQL.
    fn dialect(&self) -> &'static dyn Dialect;

    /// Returns the database's own name: on `SQLite` the file's.
    fn database_name(&mut self) -> Result<String, BackendError>;

    /// Sends a text, whatever number of statements it holds.
    fn batch_execute(&mut self, sql: &str) -> Result<(), DatabaseError>;

    /// Runs one statement and returns the number of rows that it touched.
    fn execute(&mut self, query: &Query) -> Result<usize, DatabaseError>;

    /// Runs one query and returns its rows.
    fn load(&mut self, query: &Query) -> Result<Vec<Row>, DatabaseError>;

    /// Begins a transaction, or a savepoint in one.
    fn begin(&mut self) -> Result<(), DatabaseError>;

    /// Commits the innermost transaction, or releases the innermost savepoint.
    fn commit(&mut self) -> Result<(), DatabaseError>;

    /// Rolls the innermost transaction or savepoint back.
    fn rollback(&mut self) -> Result<(), DatabaseError>;

    /// Runs a body through Diesel's own harness, which keeps `__diesel_schema_migrations`.
    fn harness(&mut self, body: &dyn HarnessBody, direction: Direction) -> Result<(), BoxError>;

    /// Creates Diesel's table where it is absent.
    fn setup_diesel(&mut self) -> Result<(), DatabaseError>;

    /// Returns the DDL of this tool's own tables, with `{schema}` where their schema belongs.
    fn own_tables_ddl(&self) -> &'static str;

    /// Returns the DDL that gives the history of an older version what it lacks, likewise.
    fn complete_history_ddl(&self) -> &'static str;

    /// Returns the DDL that gives it the columns of the strongest lock, likewise.
    fn lock_columns_ddl(&self) -> &'static str;

    /// Returns the DDL of the table of seeds, which is made when it is first needed, with `{schema}`
    /// likewise.
    fn seeds_table_ddl(&self) -> &'static str;

    /// Finds this tool's tables and Diesel's, writing nothing.
    fn find_tables(&mut self) -> Result<Tables, BackendError>;

    /// Tries once to take the lock, waiting for nobody.
    fn try_lock(
        &mut self,
        tables: &Tables,
        mode: LockMode,
        owner: &str,
    ) -> Result<LockAttempt, BackendError>;

    /// Returns who holds the lock now, taking nothing; `None` where nobody does.
    fn lock_holder(&mut self, tables: &Tables) -> Result<Option<LockHolder>, BackendError>;

    /// Proves that this very session holds the lock.
    fn prove_lock(&mut self, lock: &Lock) -> Result<(), BackendError>;

    /// Gives the lock back.
    fn unlock(&mut self, lock: Lock) -> Result<(), BackendError>;

    /// Takes a lock that nobody else knows of, for another connection to look for: only one to the
    /// same database finds it. `None` where the engine has no sessions.
    fn leave_sign(&mut self) -> Result<Option<Lock>, BackendError>;

    /// Returns what an `INSERT INTO … SELECT …` can end with to do two things on its way, where
    /// that saves the way to a server: put back what a body may have changed, and insert nothing
    /// unless this very session holds the lock. It has columns at hand, as
    /// [`Backend::strongest_lock`] returns them: `guard.lock_mode`, `guard.lock_on` and
    /// `guard.lock_held_ms`.
    fn guard(&self, lock: &Lock, session: &Session) -> Option<Query>;

    /// Returns how steps are best grouped.
    fn grouping(&self) -> Grouping;

    /// Returns what the session of a number waits for, and who is in its way, where the engine has
    /// sessions; it is asked by another one.
    fn blocked(&mut self, session: i64) -> Result<Blocked, DatabaseError>;

    /// Ends the statement that the session of a number has under way, if it has one, where the engine
    /// has sessions; it is asked by another one.
    fn end_statement(&mut self, session: i64) -> Result<(), DatabaseError>;

    /// Returns who was in the way of a statement that failed, where its error tells; the session of
    /// this number ran it.
    fn blocked_by(&mut self, error: &DatabaseError, session: i64)
    -> Result<Blocked, DatabaseError>;

    /// Returns whether the engine says its errors in a language whose words are not known here; where
    /// it cannot be asked, it does not.
    fn speaks_otherwise(&mut self) -> bool {
        false
    }

    /// Returns whether an error's words are those for a statement that took longer than it may, as the
    /// engine says them in a language that is not known here.
    fn means_out_of_time(&mut self, _message: &str) -> bool {
        false
    }

    /// Returns who has a lock on a table that a script names, where it asks for locks that bear no
    /// others: whoever was in its way may be seen by that when nobody looked in time.
    fn locked_by_others(&mut self, script: &Script) -> Result<Blocked, DatabaseError>;

    /// Returns who keeps this session from reading a table, by a lock on it that is held or waited
    /// for, where the engine locks tables.
    fn kept_from_reading(&mut self, table: &TableName) -> Result<Blocked, DatabaseError>;

    /// Returns a query of the strongest lock on a table that the transaction holds which is open,
    /// where the engine locks tables: one row of `lock_mode`, `lock_on` and `lock_held_ms`, which is
    /// an upper bound.
    fn strongest_lock(&self) -> Option<String>;

    /// Runs a script inside the transaction that is open, and within limits, telling how many
    /// statements are done where it learns of them one by one.
    fn run_script(
        &mut self,
        script: &Script,
        limits: Limits,
        statement_done: &mut dyn FnMut(usize),
    ) -> Result<(), ScriptError>;

    /// Finds out, by running a script that failed in a transaction once more and rolling it back,
    /// which statement it was and what else the database knows of the error. Gives up quietly, and
    /// at the latest when no time is left.
    fn diagnose(
        &mut self,
        script: &Script,
        error: ScriptError,
        patience: &Patience<'_>,
    ) -> ScriptError;

    /// Returns where in a statement that was sent alone its error is (1-based, in characters), where
    /// that can be told.
    fn error_position(&mut self, statement: &str, error: &DatabaseError) -> Option<usize>;

    /// Returns whether a statement that runs outside of a transaction may commit a part of its work
    /// before it is through.
    fn commits_itself(&self, _script: &Script, _statement: usize) -> bool {
        false
    }

    /// Switches the checking of foreign keys off, outside of any transaction, where the engine
    /// cannot rebuild a table otherwise; returns the way back where something was changed.
    fn suspend_foreign_keys(&mut self) -> Result<Option<Query>, BackendError>;

    /// Returns whether foreign keys are checked in this session.
    fn checks_foreign_keys(&mut self) -> Result<bool, BackendError>;

    /// Returns the rows that point nowhere, as text, at most ten.
    fn broken_foreign_keys(&mut self) -> Result<Vec<String>, BackendError>;

    /// Returns the places of a script that the engine's parser refuses, running nothing.
    fn syntax_findings(&mut self, script: &Script) -> Result<Vec<SyntaxFinding>, BackendError>;

    /// Returns size and tables.
    fn statistics(&mut self, tables: &Tables) -> Result<Statistics, BackendError>;

    /// Returns what the user may not do of this; nothing where the engine has no users.
    fn lacking(&mut self, needs: &[Need]) -> Result<Vec<Defect>, BackendError>;

    /// Returns every column of every table, in the order of the columns.
    fn column_types(&mut self, tables: &Tables) -> Result<Vec<ColumnType>, BackendError>;

    /// Returns how far each table reaches; none where all rows are counted, and nothing is divided.
    fn extents(&mut self, tables: &Tables) -> Result<Vec<Extent>, BackendError>;

    /// Returns what a linter asks for and no migration may tell, as the statements that would make it.
    fn definitions(&mut self, tables: &Tables) -> Result<Vec<String>, BackendError>;

    /// Returns what the engine tells of itself, of this session, and of others who are at work: of those
    /// too that do nothing in a transaction which has been open for longer than a limit.
    fn examine(&mut self, tables: &Tables, idle: Limit) -> Result<Examination, DatabaseError>;

    /// Returns the schemas that [`Backend::drop_everything`] empties; none where the engine has
    /// none.
    fn own_schemas(&mut self, tables: &Tables) -> Result<Vec<String>, BackendError>;

    /// Returns what [`Backend::drop_everything`] would drop, this tool's own tables and Diesel's
    /// excepted.
    fn doomed(&mut self, tables: &Tables) -> Result<Vec<Doomed>, BackendError>;

    /// Drops every object of the database's own schemas, those of extensions excepted, and
    /// returns what it dropped, as `kind name`.
    fn drop_everything(
        &mut self,
        tables: &Tables,
        limits: Limits,
    ) -> Result<Vec<String>, BackendError>;
}

/// Returns the places of a script that the parser that is compiled in refuses, where no database
/// can be asked.
pub(crate) fn offline_syntax_findings(
    engine: Engine,
    script: &Script,
) -> Result<Vec<SyntaxFinding>, BackendError> {
    match engine {
        #[cfg(feature = "postgres")]
        Engine::Postgres => Ok(postgres::offline_syntax_findings(script)),
        #[cfg(feature = "sqlite")]
        Engine::Sqlite => sqlite::offline_syntax_findings(script),
        #[cfg(not(all(feature = "postgres", feature = "sqlite")))]
        absent => Err(AddressError::EngineNotCompiled { engine: absent }.into()),
    }
}
