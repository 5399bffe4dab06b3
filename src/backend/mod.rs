//! The database: two engines behind one trait.
//!
//! `PostgreSQL` and `SQLite` differ only below this folder; `postgres/` and `sqlite/` mirror each
//! other file for file. Nothing here knows what a migration is: it runs scripts, takes locks, and
//! lends Diesel's harness a body to run.

pub mod address;
mod address_error;
pub(crate) mod contents;
mod cure;
mod database;
mod database_error;
pub mod dump;
pub mod error;
pub mod examine;
mod extent;
mod harness;
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
pub use database::{Absent, Access, Database, OtherSessions};
pub use error::{BackendError, DatabaseError};
pub use extent::{Division, Extent};
pub(crate) use harness::{BoxError, HarnessBody};
#[cfg(any(feature = "postgres", test))]
pub(crate) use lock::LockedBy;
pub(crate) use lock::{Lock, LockAttempt, LockMode};
pub(crate) use statements::{ScriptError, run_counted, run_statement};
pub use statistics::{ColumnType, Statistics, TableStatistics};

use crate::event::{Blocked, Direction, LockHolder, Needless};
use crate::sql::{Dialect, Script};
use contents::ContentsBackend;
use examine::{Defect, Doomed, Examination, Need};
use leftovers::{Earlier, Leftovers};
use limits::Limits;
use query::{Query, Row};
use rehearsal::RehearsalBackend;
use rows::{RowBackend, TableName};
use settings::{Settings, Surrounding, Touch};
use tables::Tables;

/// The settings of a session as they were found, as queries that put them back.
#[derive(Debug, Default)]
pub(crate) struct Session {
    /// Makes a transaction of another connection like this session, and returns one row of one
    /// number: that of the session which serves it.
    pub(crate) at_begin: Option<Query>,
    /// Puts back what a migration's body may have changed and what our own tables rely on.
    pub(crate) after_body: Option<Query>,
    /// Puts back everything that this run changed.
    pub(crate) at_end: Vec<Query>,
}

/// What became of a statement that builds an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Built {
    /// It says that it is done.
    Done,
    /// It failed.
    Failed,
}

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
pub(crate) trait Backend: Send + RowBackend + ContentsBackend + RehearsalBackend {
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

    /// Keeps no statement prepared from here on: what is kept under a name stays in a server's
    /// process, where a pooler's next client meets it.
    fn keep_nothing_prepared(&mut self);

    /// Returns this session's settings for the transactions of another connection, which puts
    /// nothing back that outlasts them. Whoever takes the lock next that this session holds waits for
    /// them.
    fn session_for_transactions(&mut self, lock: Option<&Lock>) -> Result<Session, BackendError>;

    /// Lets a role's rights count from here on; returns the way back.
    fn take_role(&mut self, role: &str) -> Result<Query, BackendError>;

    /// Returns the name of the user whose rights count, where the engine has users.
    fn current_user(&mut self) -> Result<Option<String>, BackendError>;

    /// Returns a number that tells the server's sessions apart, where the engine has sessions.
    fn session_id(&mut self) -> Result<Option<i64>, BackendError>;

    /// Lets whoever reads wait so long for another process's transaction where the engine would fail
    /// at once; where nobody said how long, for as long as the engine finds right. Returns the way
    /// back where something was changed.
    fn wait_for_others(&mut self, limit: Option<Duration>) -> Result<Option<Query>, BackendError>;

    /// Lets statements wait for other programs' transactions so long, where they would fail at
    /// once or sooner; a run's session puts it back at its end.
    fn wait_at_most(&mut self, limit: Duration) -> Result<(), BackendError>;

    /// Changes the session's settings for a run and returns the way back.
    fn open_session(&mut self, owner: &str) -> Result<Session, BackendError>;

    /// Returns what a script may change of the session, by its words.
    fn touch(&self, script: &Script) -> Touch;

    /// Returns the session's settings as a body finds them.
    fn settings(&mut self, script: Option<&Script>) -> Result<Settings, DatabaseError>;

    /// Puts every setting back that is no longer as it was found.
    fn put_settings_back(&mut self, found: &Settings) -> Result<(), DatabaseError>;

    /// Does something as the user that a body found, and then lets the body go on as whom it has
    /// become.
    fn as_found(
        &mut self,
        found: &Settings,
        surrounding: Surrounding,
        work: &mut dyn FnMut(&mut dyn Backend) -> Result<(), DatabaseError>,
    ) -> Result<(), DatabaseError>;

    /// Prepares anew, from here on, whatever the driver keeps prepared.
    fn forget_statements(&mut self) -> Result<(), DatabaseError>;

    /// Returns what an `INSERT INTO … SELECT …` can end with to do two things on its way, where
    /// that saves the way to a server: put back what a body may have changed, and insert nothing
    /// unless this very session holds the lock. It has columns at hand, as
    /// [`Backend::strongest_lock`] returns them: `guard.lock_mode`, `guard.lock_on` and
    /// `guard.lock_held_ms`.
    fn guard(&self, lock: &Lock, session: &Session) -> Option<Query>;

    /// Lets commits return before they are durable, where that pays; returns the way back.
    fn relax_durability(&mut self) -> Result<Option<Query>, BackendError>;

    /// Goes the way back, and makes everything durable that was committed meanwhile.
    fn restore_durability(&mut self, way_back: &Query, tables: &Tables)
    -> Result<(), BackendError>;

    /// Returns how steps are best grouped.
    fn grouping(&self) -> Grouping;

    /// Returns whether the engine keeps statements within limits.
    fn keeps_limits(&self) -> bool;

    /// Keeps the statements that follow within limits until the transaction ends that is open.
    fn limit_transaction(&mut self, limits: Limits) -> Result<(), DatabaseError>;

    /// Keeps the statements that follow within limits, and returns the way back where something was
    /// changed.
    fn limit_session(&mut self, limits: Limits) -> Result<Option<Query>, DatabaseError>;

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

    /// Returns what does the rest of a statement that an earlier attempt at it has left half done, to be
    /// run in its place, where it is one that is refused from then on.
    fn finishing(
        &mut self,
        _script: &Script,
        _statement: usize,
    ) -> Result<Option<String>, DatabaseError> {
        Ok(None)
    }

    /// Returns whether a statement that runs outside of a transaction may commit a part of its work
    /// before it is through.
    fn commits_itself(&self, _script: &Script, _statement: usize) -> bool {
        false
    }

    /// Returns whether a statement waits for the transactions of all others, outside of one of its own,
    /// and leaves a half of its work where it gives up.
    fn waits_for_all(&self, script: &Script, statement: usize) -> bool;

    /// Returns whose the indexes are that cannot be used, on the table of which a statement builds one
    /// without saying its name.
    fn unnamed_leftovers(
        &mut self,
        script: &Script,
        statement: usize,
        earlier: &Earlier,
    ) -> Result<Leftovers, DatabaseError>;

    /// Drops the indexes that cannot be used, that an earlier attempt at a statement has left, and
    /// that are in its way, with its `own` of other names; returns their names.
    fn clear_way(
        &mut self,
        script: &Script,
        statement: usize,
        own: &[String],
    ) -> Result<Vec<String>, DatabaseError>;

    /// Returns why a statement need not have regard to others at work, with the table, to the session
    /// that holds the lock.
    fn needless(
        &mut self,
        script: &Script,
        statement: usize,
        lock: &Lock,
    ) -> Result<Option<(String, Needless)>, DatabaseError>;

    /// Returns the indexes that cannot be used and that a statement has left, or has taken for made,
    /// where the engine builds any outside of a transaction.
    fn invalid_indexes(
        &mut self,
        script: &Script,
        statement: usize,
        built: Built,
    ) -> Result<Vec<String>, DatabaseError>;

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

    /// Returns what a linter asks for and no migration may tell, as the statements that would make it;
    /// nothing where the engine's tables are not worked on beside others.
    fn definitions(&mut self, _tables: &Tables) -> Result<Vec<String>, BackendError> {
        Ok(Vec::new())
    }

    /// Returns what the engine tells of itself, of this session, and of others who are at work.
    fn examine(&mut self, tables: &Tables) -> Result<Examination, DatabaseError>;

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
