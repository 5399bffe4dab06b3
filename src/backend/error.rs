//! What can go wrong on the way to a database, and around what it says itself.

mod during;
mod hint;
mod text;

use std::path::PathBuf;
use std::time::Duration;

use thiserror::Error;

use super::address::AddressError;
pub use super::database_error::DatabaseError;
use super::examine::Defect;
use crate::event::LockHolder;
use crate::file_kind::DeadLink;
pub(crate) use during::During;
use text::{backup_text, held_text, listed, missing_text, no_schema_text};

/// What a file is that is no database, and may have been one.
pub(super) const FOREIGN: &str = "a file of another kind";

/// An error of reaching, locking or asking a database.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BackendError {
    /// The address cannot be read.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// Nobody answers, or the server refuses.
    #[error("failed to connect to `{target}`: {message}")]
    Connect {
        /// The database, without its password.
        target: String,
        /// What the driver said.
        message: String,
    },
    /// The server answers, but it has no such database; or there is no such file.
    #[error("{}", missing_text(name, target))]
    DatabaseMissing {
        /// The database, without its password.
        target: String,
        /// Its name, or the file's path.
        name: String,
    },
    /// There is no such file, nor the folder that it would be in.
    #[error("there is no folder `{folder}` for the database `{path}`")]
    FolderMissing {
        /// The file.
        path: String,
        /// The folder.
        folder: String,
    },
    /// There is something else where the database should be.
    #[error("`{path}` is {what}, not a SQLite database")]
    NotADatabase {
        /// The file or folder.
        path: String,
        /// What it is.
        what: &'static str,
    },
    /// A link is where the database should be, and leads to nothing.
    #[error("{}", link.told(path))]
    DeadLink {
        /// The link.
        path: PathBuf,
        /// Where it leads.
        link: DeadLink,
    },
    /// The database is there already.
    #[error("database `{name}` exists already")]
    DatabaseExists {
        /// Its name, or the file's path.
        name: String,
    },
    /// Others are connected to the database that is to be dropped.
    #[error("database `{name}` is in use by others: {}", sessions.join("; "))]
    DatabaseInUse {
        /// Its name.
        name: String,
        /// Each of their sessions: process, user, program and host.
        sessions: Vec<String>,
    },
    /// The database that is to be dropped was handed over as a connection.
    #[error("a connection alone does not say where its database is, which was to be dropped")]
    NotByAddress,
    /// A pool gave no connection.
    #[error("the pool gave no connection: {message}")]
    Pool {
        /// What the pool said.
        message: String,
    },
    /// The database refused a statement of this tool's own.
    #[error("failed to {action}")]
    Query {
        /// What was being done, to follow "failed to".
        action: &'static str,
        /// What the database said.
        #[source]
        source: DatabaseError,
    },
    /// The role may not read this tool's tables, or Diesel's.
    #[error("failed to {action}")]
    MayNotRead {
        /// What was being done, to follow "failed to".
        action: &'static str,
        /// What is missing.
        lack: Box<ReadingLack>,
        /// What the database said.
        #[source]
        source: DatabaseError,
    },
    /// No schema exists in which tables could be made.
    #[error("{}, so there is nowhere to keep tables", no_schema_text(search_path))]
    NoSchema {
        /// The schemas that the connection's `search_path` names, as they are written in SQL.
        search_path: Vec<String>,
    },
    /// What is made without naming a schema is temporary.
    #[error(
        "the connection's `search_path` begins with what is temporary, so that everything would be gone with the session"
    )]
    TemporarySchema,
    /// A temporary table of the connection has the name of Diesel's own, which Diesel addresses
    /// without a schema: its rows would be gone with the connection.
    #[error("the temporary table `{name}` hides the database's own from Diesel")]
    TemporaryTable {
        /// The table, with the schema of what is temporary.
        name: String,
    },
    /// A reset would take along what is in another schema, an extension's, or the database's.
    #[error(
        "the reset would drop what is not its own: {}; nothing was dropped",
        objects.join(", ")
    )]
    NotOursToDrop {
        /// What the server calls each.
        objects: Vec<String>,
    },
    /// A file beside the database could not be used.
    #[error("failed to {action} `{path}`")]
    File {
        /// What was being done, to follow "failed to".
        action: &'static str,
        /// The file.
        path: String,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// A log holds what is not in the database yet, and whoever reads can neither find it there
    /// nor make what finds it.
    #[error("the newest changes of `{path}` are in `{path}-wal`, {}", obstacle.text(path))]
    LogOutOfReach {
        /// The database.
        path: String,
        /// Why.
        obstacle: LogObstacle,
    },
    /// A change of the file was cut off half way, and whoever reads may not take it back, which is
    /// writing.
    #[error(
        "a change of `{path}` was cut off half way, and has to be taken back by `{path}-journal` before anybody reads"
    )]
    HalfWritten {
        /// The database.
        path: String,
        /// What the database said.
        #[source]
        source: DatabaseError,
    },
    /// Somebody else held the lock until the deadline.
    #[error("{}", held_text(holder.as_ref(), Duration::from_millis(*waited_ms)))]
    LockTimeout {
        /// Who holds it, where that can be known.
        holder: Option<LockHolder>,
        /// How long the run waited, in milliseconds.
        waited_ms: u64,
    },
    /// Somebody else made a backup of the same database until the deadline.
    #[error("{}", backup_text(holder.as_ref(), Duration::from_millis(*waited_ms)))]
    BackupRunning {
        /// Who makes it, where that can be known.
        holder: Option<LockHolder>,
        /// How long the run waited, in milliseconds.
        waited_ms: u64,
    },
    /// The lock that was taken is not held by the connection that runs the statements.
    #[error(
        "the migration lock is not held by the server process that runs the statements: a connection pooler in transaction mode hands each transaction to another one"
    )]
    PooledTransactions,
    /// The lock that was taken is held no longer, by the same session.
    #[error(
        "the migration lock was given up before its time: by `pg_advisory_unlock_all()` in a migration, or by a connection pooler that resets its sessions"
    )]
    LockGivenUp,
    /// The address that is to hold the lock leads through a pooler that cannot.
    #[error(
        "`lock_url` leads through a connection pooler in transaction mode, which holds no lock: each transaction is another server process's"
    )]
    PooledLock,
    /// The two addresses lead to different databases, or to different servers.
    #[error("`lock_url` leads to another database than `url`: a lock there keeps nobody out here")]
    LockElsewhere,
    /// The two addresses lead to one database, as different users.
    #[error(
        "`lock_url` is of the user `{lock_user}`, and `url` of `{user}`: what a run makes would have two owners"
    )]
    LockOfAnother {
        /// The user of the address that holds the lock.
        lock_user: String,
        /// The user of the one that transactions go through.
        user: String,
    },
    /// The user may not do all that a run needs.
    #[error(
        "the run needs what is not granted, so nothing was run: {}",
        listed(lacking)
    )]
    LacksPrivileges {
        /// What is lacking, each with what grants it.
        lacking: Vec<Defect>,
    },
    /// The user of the address may not work as the role, or there is no such role.
    #[error("`{user}` may not work as the role `{role}`; nothing was run")]
    MayNotBecome {
        /// The role.
        role: String,
        /// The user.
        user: String,
        /// What the database said.
        #[source]
        source: DatabaseError,
    },
    /// An engine without roles was told of one.
    #[error("there are no roles in SQLite, so that nothing can be done as `{role}`")]
    NoRoles {
        /// The role.
        role: String,
    },
    /// The connection that held the lock is gone, or has lost it, and another one runs the statements.
    #[error("the connection of `lock_url` no longer holds the migration lock: it was cut off")]
    LockConnectionGone,
    /// The connection was cut off before it had the lock.
    #[error("the server ended the connection before the migration lock was taken; nothing was run")]
    CutOffBeforeLock {
        /// What the database said.
        #[source]
        source: DatabaseError,
    },
    /// The run was asked to end while it waited.
    #[error("interrupted while waiting for the migration lock; nothing was run")]
    Cancelled,
    /// A program of the engine could not be run.
    #[error("failed to run `{program}`: {message}")]
    Tool {
        /// The program.
        program: String,
        /// What happened.
        message: String,
    },
}

/// What is missing where something may not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReadingLack {
    /// The right, on all of what it is missing on, as `GRANT` names it.
    pub right: String,
    /// Whose rights count, as it is written in SQL, where the server tells.
    pub role: Option<String>,
    /// What a run lacks that was planned: this, and all else that could be told. Nothing where none was.
    pub of_run: Vec<Defect>,
}

/// What keeps a log from being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogObstacle {
    /// The log itself may not be read.
    LogClosed,
    /// Its index may not be read.
    IndexClosed,
    /// Its index is not there, and cannot be made.
    NoIndex,
}

impl LogObstacle {
    fn text(self, path: &str) -> String {
        let index = format!("and `{path}-shm`, by which they are found, ");
        match self {
            Self::LogClosed => "which may not be read".to_owned(),
            Self::IndexClosed => index + "may not be read",
            Self::NoIndex => index + "is not there and cannot be made",
        }
    }
}

impl BackendError {
    /// Returns whether others are in the way: a run that holds the migration lock, one that makes a
    /// backup, another program
    /// that has the database locked, or those who are connected to what is to be dropped.
    pub fn is_held_by_others(&self) -> bool {
        match self {
            Self::LockTimeout { .. } | Self::BackupRunning { .. } | Self::DatabaseInUse { .. } => {
                true
            }
            Self::Query { source, .. } => source.is_locked_out(),
            _ => false,
        }
    }

    /// Returns what the database said, where it was the one.
    pub(crate) fn database(&self) -> Option<&DatabaseError> {
        match self {
            Self::Query { source, .. } => Some(source),
            _ => None,
        }
    }

    /// Returns whether the same may pass when it is tried again, since a lock of others was in the way.
    pub(crate) fn is_of_others_doing(&self) -> bool {
        self.database()
            .is_some_and(DatabaseError::is_of_others_doing)
    }

    /// Returns whether the database was reached, and does not say what it is: it is damaged, or what
    /// this tool keeps in it is, or may not be read.
    pub(crate) fn is_of_contents(&self) -> bool {
        match self {
            Self::NotADatabase { what, .. } => *what == FOREIGN,
            Self::Query { source, .. } => !source.is_locked_out() && !source.disconnected,
            Self::MayNotRead { .. } | Self::HalfWritten { .. } | Self::LogOutOfReach { .. } => true,
            _ => false,
        }
    }
}
