//! What can go wrong on the way to a database, and around what it says itself.

use std::path::{Path, PathBuf};
use std::time::Duration;

use thiserror::Error;

use super::address::AddressError;
use super::cure;
pub use super::database_error::DatabaseError;
use super::examine::Defect;
use super::tables::Tables;
use crate::event::LockHolder;
use crate::file_kind::DeadLink;
use crate::shell::command;

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
        /// The right that is missing, on all of what it is missing on, as `GRANT` names it.
        right: String,
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

    /// Returns what may help, as a command that can be pasted where there is one.
    pub fn hint(&self) -> Option<String> {
        self.hint_for("dieselkit up")
    }

    /// Returns what may help where this is the command that tries again.
    pub(crate) fn hint_for(&self, retry: &str) -> Option<String> {
        match self {
            Self::Address(error) => error.hint(),
            Self::DatabaseMissing { .. } => Some("`dieselkit db create`".to_owned()),
            Self::DatabaseExists { .. } => Some("`dieselkit status`".to_owned()),
            Self::DatabaseInUse { .. } => Some(
                "end these programs, or their sessions, with what they have not committed: `dieselkit db drop --force`"
                    .to_owned(),
            ),
            Self::FolderMissing { folder, .. } => Some(command("mkdir -p {}", &[&Path::new(folder)])),
            Self::NotByAddress => {
                Some("reach it by its address: `Database::open(&address, access)`".to_owned())
            }
            Self::NotADatabase { what, .. } if *what == FOREIGN => Some(
                "name the file of a database, or one that does not exist yet: `sqlite:PATH`; or, if it was one, put a backup in its place, which keeps it beside: `dieselkit restore --replace`"
                    .to_owned(),
            ),
            Self::NotADatabase { .. } => Some(
                "name the file of a database, or one that does not exist yet: `sqlite:PATH`"
                    .to_owned(),
            ),
            Self::DeadLink { path, link } => Some(cure::dead_link(path, link)),
            Self::HalfWritten { path, .. } => Some(format!(
                "let a user who may write into its folder open it, which takes the change back: {}",
                command("sqlite3 {} 'PRAGMA schema_version'", &[&Path::new(path)])
            )),
            Self::LogOutOfReach { path, .. } => Some(format!(
                "let a user who may write into its folder take them into the database: {}",
                command("sqlite3 {} 'PRAGMA wal_checkpoint(TRUNCATE)'", &[&Path::new(path)])
            )),
            Self::LockTimeout { .. } => Some(format!(
                "wait for the other run to end, or wait longer: `{retry} --lock-wait 10m`"
            )),
            Self::BackupRunning { .. } => Some(format!(
                "wait for the other backup to end, or wait longer: `{retry} --lock-wait 10m`"
            )),
            Self::PooledTransactions => Some(format!(
                "give the server's own address for the lock, beside the pooler's: `{retry} --lock-url postgres://USER@SERVER:5432/DATABASE`, or `lock_url` in dieselkit.toml; a pooler in session mode needs none"
            )),
            Self::PooledLock => Some(format!(
                "give the server's own address: `{retry} --lock-url postgres://USER@SERVER:5432/DATABASE`"
            )),
            Self::LockElsewhere => Some(format!(
                "name the server and the database that the pooler of `url` leads to: `{retry} --lock-url postgres://USER@SERVER:5432/DATABASE`"
            )),
            Self::LockOfAnother { user, .. } => Some(format!(
                "name the same user, `{user}`: `{retry} --lock-url postgres://USER@SERVER:5432/DATABASE`; or one `role` for both"
            )),
            Self::MayNotBecome { role, user, source } => Some(cure::membership(role, user, source)),
            Self::LacksPrivileges { lacking } => {
                let cures: Vec<String> = lacking.iter().map(|it| format!("{};", it.cure)).collect();
                let cures = cures.join(" ");
                Some(format!(
                    "let a superuser, or whoever owns what they are about, run `{cures}`, and then run `{retry}`"
                ))
            }
            Self::NoRoles { .. } => Some("leave `role` out".to_owned()),
            Self::LockConnectionGone => Some(format!(
                "the server's log says who ended it; what was done is kept, and the rest is run by `{retry}`"
            )),
            Self::LockGivenUp => Some(
                "name the one lock that a migration gives back: `SELECT pg_advisory_unlock(KEY);`"
                    .to_owned(),
            ),
            Self::MayNotRead { right, .. } => Some(format!(
                "let the owner run `GRANT {right} TO ROLE;`, ROLE being the user of the address"
            )),
            Self::NoSchema { search_path } => Some(cure::no_schema(search_path)),
            Self::TemporarySchema => Some(cure::another_schema()),
            Self::TemporaryTable { name } => Some(format!("`DROP TABLE {name};`")),
            Self::NotOursToDrop { .. } => Some(
                "they depend on what the reset drops: drop them yourself, and run `dieselkit reset`"
                    .to_owned(),
            ),
            Self::Connect { message, .. } => Some(cure::unreachable(message).to_owned()),
            Self::Pool { .. } => Some(
                "a run holds one connection of the pool until it ends: give the pool one more"
                    .to_owned(),
            ),
            Self::File { path, .. } => Some(command(
                "ls -ld {} {}",
                &[&Path::new(&folder_of(path)), &Path::new(path)],
            )),
            Self::Query { source, .. } if source.is_locked_out() => Some(format!(
                "another program holds a lock on the database: end its transaction, or wait longer: `{retry} --lock-wait 10m`"
            )),
            Self::Query { source, .. } => source.lacking_right().or_else(|| source.cure()),
            Self::Cancelled | Self::Tool { .. } => None,
        }
    }
}

/// Returns the folder of a file, as a path that a shell takes.
fn folder_of(path: &str) -> String {
    let folder = Path::new(path).parent();
    let folder = folder.filter(|folder| *folder != Path::new(""));
    folder.unwrap_or(Path::new(".")).display().to_string()
}

/// Names the place where it says more than the name.
fn missing_text(name: &str, target: &str) -> String {
    if name == target {
        return format!("database `{name}` does not exist");
    }
    format!("database `{name}` does not exist (looked at `{target}`)")
}

fn listed(lacking: &[Defect]) -> String {
    let whats: Vec<&str> = lacking.iter().map(|it| it.what.as_str()).collect();
    whats.join("; ")
}

fn no_schema_text(search_path: &[String]) -> String {
    match search_path {
        [] => "the connection's `search_path` names no schema".to_owned(),
        [only] => format!("the schema `{only}` of the connection's `search_path` does not exist"),
        names => format!(
            "no schema of the connection's `search_path` (`{}`) exists",
            names.join("`, `")
        ),
    }
}

fn held_text(holder: Option<&LockHolder>, waited: Duration) -> String {
    let holder = holder_text(holder);
    if waited.is_zero() {
        return format!("the migration lock is held by {holder}, and was not waited for");
    }
    format!("the migration lock was not freed within {waited:?}; it is held by {holder}")
}

fn backup_text(holder: Option<&LockHolder>, waited: Duration) -> String {
    let holder = holder_text(holder);
    if waited.is_zero() {
        return format!("{holder} makes a backup of the same database, and was not waited for");
    }
    format!("{holder} makes a backup of the same database, and did not finish within {waited:?}")
}

fn holder_text(holder: Option<&LockHolder>) -> String {
    holder.map_or_else(
        || "another process".to_owned(),
        LockHolder::of_migration_lock,
    )
}

/// Returns the error of a statement of this tool's own, or what a pooler has made of it.
fn of_query(action: &'static str, source: DatabaseError) -> BackendError {
    if source.is_of_pooler() {
        BackendError::PooledTransactions
    } else {
        BackendError::Query { action, source }
    }
}

/// Gives a database's error the action that it interrupted.
pub(crate) trait During<T> {
    /// Returns the value, or the error with what was being done, to follow "failed to".
    fn during(self, action: &'static str) -> Result<T, BackendError>;

    /// Returns the value, or the error with what was being done with these tables, to follow
    /// "failed to": who may not read one of them is told of all at once.
    fn reading(self, action: &'static str, tables: &Tables) -> Result<T, BackendError>;
}

impl<T> During<T> for Result<T, DatabaseError> {
    fn during(self, action: &'static str) -> Result<T, BackendError> {
        self.map_err(|source| of_query(action, source))
    }

    fn reading(self, action: &'static str, tables: &Tables) -> Result<T, BackendError> {
        self.map_err(|source| {
            if !source.message.starts_with("permission denied for ") {
                return of_query(action, source);
            }
            let right = format!("SELECT ON TABLE {}", tables.existing().join(", "));
            BackendError::MayNotRead {
                action,
                right,
                source,
            }
        })
    }
}
