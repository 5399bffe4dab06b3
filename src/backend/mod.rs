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
mod harness;
pub(crate) mod lock_file;
#[cfg(feature = "postgres")]
pub mod postgres;
pub(crate) mod query;
pub mod redact;
pub mod restore;
pub(crate) mod rows;
pub(crate) mod settings;
#[cfg(feature = "sqlite")]
pub mod sqlite;
#[cfg(test)]
pub(crate) mod support;
pub(crate) mod tables;
pub mod tool;

#[cfg(not(any(feature = "postgres", feature = "sqlite")))]
compile_error!("dieselkit needs at least one of the features `postgres` and `sqlite`");

use std::any::Any;
use std::fs::File;
use std::time::Duration;

#[cfg(not(all(feature = "postgres", feature = "sqlite")))]
use address::AddressError;
use address::Engine;
pub use database::{Absent, Access, Database, OtherSessions};
pub use error::{BackendError, DatabaseError};
pub(crate) use harness::{BoxError, HarnessBody};

use crate::event::{Direction, LockHolder};
use crate::sql::{Dialect, Script};
use contents::ContentsBackend;
use query::{Query, Row};
use rows::RowBackend;
use settings::{Settings, Surrounding, Touch};
use tables::Tables;

/// Whom a lock keeps out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LockMode {
    /// Everybody else: who has it may write.
    Exclusive,
    /// Whoever writes: who has it only reads, beside others who do.
    Shared,
    /// Whoever makes a backup: it is another lock, beside which others write and read.
    AmongBackups,
}

/// The lock of one run: whoever has it exclusively is the only one that migrates this database.
#[derive(Debug)]
#[cfg_attr(
    not(all(feature = "postgres", feature = "sqlite")),
    expect(dead_code, reason = "each engine takes its own kinds")
)]
pub(crate) enum Lock {
    /// A session lock of the connection itself.
    Advisory {
        /// What is locked.
        key: i64,
        /// Whom it keeps out.
        mode: LockMode,
        /// The number of the server process that took it.
        session: i64,
    },
    /// A lock on a file, given back when the file is closed, by whatever means.
    File(
        #[cfg_attr(
            all(feature = "postgres", feature = "sqlite"),
            expect(dead_code, reason = "it is held, not read")
        )]
        File,
    ),
    /// A database that no other process can see.
    Private,
}

/// What came of one try to take the lock.
#[derive(Debug)]
pub(crate) enum LockAttempt {
    /// It is ours.
    Acquired(Lock),
    /// Somebody has it.
    Held(Option<LockHolder>),
}

/// The settings of a session as they were found, as queries that put them back.
#[derive(Debug, Default)]
pub(crate) struct Session {
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

/// Where a script failed.
#[derive(Debug)]
pub(crate) struct ScriptError {
    /// The index of the statement, where it is known.
    pub(crate) statement: Option<usize>,
    /// The byte offset in the script's text, where it is known.
    pub(crate) offset: Option<usize>,
    /// What the database said.
    pub(crate) error: DatabaseError,
}

/// A place in a script that is not SQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SyntaxFinding {
    /// The byte offset in the script's text.
    pub(crate) offset: usize,
    /// What the parser said.
    pub(crate) message: String,
}

/// What a table holds, roughly.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct TableStatistics {
    /// The table's name, qualified where it is not in the schema of this tool's tables.
    pub name: String,
    /// The rows: counted on `SQLite`, the planner's estimate on `PostgreSQL` (`None`: never
    /// analyzed).
    pub rows: Option<i64>,
    /// Its size with indexes and out-of-line values, in bytes, where the engine tells.
    pub bytes: Option<i64>,
}

/// What a database holds, roughly.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Statistics {
    /// The engine and its version.
    pub server_version: String,
    /// The size of the database, in bytes.
    pub database_bytes: i64,
    /// Its tables, by name.
    pub tables: Vec<TableStatistics>,
}

/// Everything in which the engines differ, and the few verbs in which they do not.
///
/// Transactions nest: one inside another is a savepoint.
pub(crate) trait Backend: Send + RowBackend + ContentsBackend {
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
    /// unless this very session holds the lock.
    fn guard(&self, lock: &Lock, session: &Session) -> Option<Query>;

    /// Lets commits return before they are durable, where that pays; returns the way back.
    fn relax_durability(&mut self) -> Result<Option<Query>, BackendError>;

    /// Goes the way back, and makes everything durable that was committed meanwhile.
    fn restore_durability(&mut self, way_back: &Query, tables: &Tables)
    -> Result<(), BackendError>;

    /// Returns how steps are best grouped.
    fn grouping(&self) -> Grouping;

    /// Runs a script inside the transaction that is open, telling how many statements are done
    /// where it learns of them one by one.
    fn run_script(
        &mut self,
        script: &Script,
        statement_done: &mut dyn FnMut(usize),
    ) -> Result<(), ScriptError>;

    /// Finds out, by running a script that failed in a transaction once more and rolling it back,
    /// which statement it was and what else the database knows of the error. Gives up quietly, and
    /// at the latest when no time is left.
    fn diagnose(
        &mut self,
        script: &Script,
        error: ScriptError,
        time_left: &dyn Fn() -> Duration,
    ) -> ScriptError;

    /// Returns where in a statement that was sent alone its error is (1-based, in characters), where
    /// that can be told.
    fn error_position(&mut self, statement: &str, error: &DatabaseError) -> Option<usize>;

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

    /// Returns the schemas that [`Backend::drop_everything`] empties; none where the engine has
    /// none.
    fn own_schemas(&mut self, tables: &Tables) -> Result<Vec<String>, BackendError>;

    /// Drops every object of the database's own schemas, those of extensions excepted, and
    /// returns what it dropped, as `kind name`.
    fn drop_everything(&mut self, tables: &Tables) -> Result<Vec<String>, BackendError>;
}

/// Runs one statement of a script, with the place of its error.
pub(crate) fn run_statement(
    backend: &mut dyn Backend,
    script: &Script,
    index: usize,
) -> Result<(), ScriptError> {
    let statement = script.statement_text(index);
    backend.batch_execute(statement).map_err(|error| {
        let position = backend.error_position(statement, &error);
        placed(script, index, DatabaseError { position, ..error })
    })
}

/// Places an error whose position counts from the start of one statement.
fn placed(script: &Script, index: usize, error: DatabaseError) -> ScriptError {
    let character = error
        .position
        .map_or(0, |position| position.saturating_sub(1));
    ScriptError {
        statement: Some(index),
        offset: Some(script.offset_in_statement(index, character)),
        error,
    }
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

impl Engine {
    /// Returns how the engine reads SQL.
    ///
    /// # Errors
    /// `AddressError::EngineNotCompiled` where this build lacks it.
    #[cfg_attr(
        all(feature = "postgres", feature = "sqlite"),
        expect(
            clippy::unnecessary_wraps,
            reason = "a build with one engine lacks the other"
        )
    )]
    pub(crate) fn dialect(self) -> Result<&'static dyn Dialect, BackendError> {
        match self {
            #[cfg(feature = "postgres")]
            Self::Postgres => Ok(postgres::dialect::POSTGRES),
            #[cfg(feature = "sqlite")]
            Self::Sqlite => Ok(sqlite::dialect::SQLITE),
            #[cfg(not(all(feature = "postgres", feature = "sqlite")))]
            absent => Err(AddressError::EngineNotCompiled { engine: absent }.into()),
        }
    }
}
