//! The errors of reaching, locking and asking a database.

use super::all_errors;
use crate::backend::address::{AddressError, Engine};
use crate::backend::error::{LogObstacle, ReadingLack};
use crate::backend::examine::Defect;
use crate::backend::{BackendError, DatabaseError};
use crate::event::LockHolder;
use crate::file_kind::DeadLink;

fn may_not_read(role: Option<&str>) -> BackendError {
    BackendError::MayNotRead {
        action: "read the history",
        lack: Box::new(ReadingLack {
            right: "SELECT ON TABLE \"public\".\"__diesel_schema_migrations\", \"public\".\"__dieselkit_history\"".to_owned(),
            role: role.map(str::to_owned),
            of_run: Vec::new(),
        }),
        source: DatabaseError::from_message("permission denied for table __dieselkit_history"),
    }
}

all_errors!(every_error_of_an_address_reads_well: AddressError {
    AddressError::Empty => [AddressError::Empty],
    AddressError::UnknownForm => [AddressError::UnknownForm],
    AddressError::EngineNotCompiled { .. } => [
        AddressError::EngineNotCompiled { engine: Engine::Sqlite },
        AddressError::EngineNotCompiled { engine: Engine::Postgres },
    ],
    AddressError::NulCharacter => [AddressError::NulCharacter],
    AddressError::UnencodedAt => [AddressError::UnencodedAt],
    AddressError::LoginInside { .. } => [AddressError::LoginInside { part: "path of the file" }],
    AddressError::PercentEncoding => [AddressError::PercentEncoding],
    AddressError::NotUtf8 => [AddressError::NotUtf8],
    AddressError::InvalidPort => [AddressError::InvalidPort],
    AddressError::PortsDoNotMatchHosts { .. } => [AddressError::PortsDoNotMatchHosts {
        hosts: 3,
        ports: 2,
    }],
    AddressError::MalformedBrackets => [AddressError::MalformedBrackets],
    AddressError::MalformedParameter => [AddressError::MalformedParameter],
    AddressError::UnknownParameter { .. } => [
        AddressError::UnknownParameter { suggestion: Some("sslmode") },
        AddressError::UnknownParameter { suggestion: None },
    ],
    AddressError::MissingEquals => [AddressError::MissingEquals],
    AddressError::UnterminatedQuote => [AddressError::UnterminatedQuote],
    AddressError::NoPath => [AddressError::NoPath],
    AddressError::SqliteParameters => [AddressError::SqliteParameters],
    AddressError::NotAName { .. } => [
        AddressError::NotAName { wanted: "the name of a new database" },
        AddressError::NotAName { wanted: "the path of a new file" },
    ],
    AddressError::NameTooLong { .. } => [AddressError::NameTooLong {
        bytes: 70,
        limit: 63,
        engine: Engine::Postgres,
    }],
    AddressError::FileUri => [AddressError::FileUri],
});

pub(super) fn denied() -> std::io::Error {
    std::io::Error::new(std::io::ErrorKind::PermissionDenied, "permission denied")
}

fn out_of_reach(obstacle: LogObstacle) -> BackendError {
    let path = "/srv/studio/app.db".to_owned();
    BackendError::LogOutOfReach { path, obstacle }
}

fn holder() -> LockHolder {
    LockHolder {
        pid: 4711,
        application: Some("dieselkit 0.1.0 web-1".to_owned()),
        host: Some("10.0.0.7".to_owned()),
        since: Some("2026-01-31T10:15:00Z".to_owned()),
    }
}

all_errors!(every_error_of_a_backend_reads_well: BackendError {
    BackendError::Address(_) => [AddressError::NoPath.into()],
    BackendError::Connect { .. } => [
        BackendError::Connect {
            target: "ada@localhost:5432/studio".to_owned(),
            message: "connection refused".to_owned(),
        },
        BackendError::Connect {
            target: "studio".to_owned(),
            message: "connection to server on socket \"/tmp/.s.PGSQL.5432\" failed: No such file or directory".to_owned(),
        },
    ],
    BackendError::DatabaseMissing { .. } => [BackendError::DatabaseMissing {
        target: "ada@localhost:5432/studio".to_owned(),
        name: "studio".to_owned(),
    }],
    BackendError::DatabaseExists { .. } => [BackendError::DatabaseExists {
        name: "studio".to_owned(),
    }],
    BackendError::DatabaseInUse { .. } => [BackendError::DatabaseInUse {
        name: "studio".to_owned(),
        sessions: vec![
            "pid 4711, user ada, psql, on 10.0.0.7".to_owned(),
            "pid 4712, user bob".to_owned(),
        ],
    }],
    BackendError::FolderMissing { .. } => [BackendError::FolderMissing {
        path: "/srv/data/app.db".to_owned(),
        folder: "/srv/data".to_owned(),
    }],
    BackendError::NotADatabase { .. } => [BackendError::NotADatabase {
        path: "/srv/app.db".to_owned(),
        what: "a folder",
    }],
    BackendError::DeadLink { .. } => [
        BackendError::DeadLink {
            path: "/srv/app.db".into(),
            link: DeadLink { target: Some("/srv/data/app 1.db".into()) },
        },
        BackendError::DeadLink {
            path: "/srv/app.db".into(),
            link: DeadLink { target: None },
        },
    ],
    BackendError::NotByAddress => [BackendError::NotByAddress],
    BackendError::Pool { .. } => [BackendError::Pool {
        message: "timed out waiting for connection".to_owned(),
    }],
    BackendError::Query { .. } => [
        BackendError::Query {
            action: "read the history",
            source: DatabaseError {
                message: "permission denied for table __dieselkit_history".to_owned(),
                sqlstate: Some("42501".to_owned()),
                detail: Some("the role may not read it".to_owned()),
                hint: Some("ask its owner".to_owned()),
                position: None,
                disconnected: false,
            },
        },
        BackendError::Query {
            action: "begin creating the history's tables",
            source: DatabaseError::from_message("database is locked"),
        },
        BackendError::Query {
            action: "create the history's tables",
            source: DatabaseError::from_message("permission denied for schema public"),
        },
        BackendError::Query {
            action: "drop everything",
            source: DatabaseError::from_message("must be owner of materialized view totals"),
        },
        BackendError::Query {
            action: "create the database",
            source: DatabaseError::from_message("permission denied to create database"),
        },
    ],
    BackendError::MayNotRead { .. } => [may_not_read(None), may_not_read(Some("\"app\""))],
    BackendError::NoSchema { .. } => [
        BackendError::NoSchema { search_path: vec!["app".to_owned()] },
        BackendError::NoSchema {
            search_path: vec!["\"$user\"".to_owned(), "\"My App\"".to_owned()],
        },
        BackendError::NoSchema { search_path: Vec::new() },
    ],
    BackendError::TemporarySchema => [BackendError::TemporarySchema],
    BackendError::TemporaryTable { .. } => [BackendError::TemporaryTable {
        name: "pg_temp.__diesel_schema_migrations".to_owned(),
    }],
    BackendError::NotOursToDrop { .. } => [BackendError::NotOursToDrop {
        objects: vec![
            "policy mine on table other.people".to_owned(),
            "event trigger watcher".to_owned(),
        ],
    }],
    BackendError::File { .. } => [BackendError::File {
        action: "open",
        path: "/srv/app.db.dieselkit-lock".to_owned(),
        source: denied(),
    }],
    BackendError::LogOutOfReach { .. } => [
        out_of_reach(LogObstacle::LogClosed),
        out_of_reach(LogObstacle::IndexClosed),
        out_of_reach(LogObstacle::NoIndex),
    ],
    BackendError::HalfWritten { .. } => [BackendError::HalfWritten {
        path: "/srv/studio/app.db".to_owned(),
        source: DatabaseError::from_message("attempt to write a readonly database"),
    }],
    BackendError::LockTimeout { .. } => [
        BackendError::LockTimeout { holder: Some(holder()), waited_ms: 60_000 },
        BackendError::LockTimeout { holder: None, waited_ms: 60_000 },
        BackendError::LockTimeout { holder: None, waited_ms: 0 },
    ],
    BackendError::BackupRunning { .. } => [
        BackendError::BackupRunning { holder: Some(holder()), waited_ms: 60_000 },
        BackendError::BackupRunning { holder: None, waited_ms: 0 },
    ],
    BackendError::PooledTransactions => [BackendError::PooledTransactions],
    BackendError::LockGivenUp => [BackendError::LockGivenUp],
    BackendError::PooledLock => [BackendError::PooledLock],
    BackendError::LockElsewhere => [BackendError::LockElsewhere],
    BackendError::LockOfAnother { .. } => [BackendError::LockOfAnother {
        lock_user: "postgres".to_owned(),
        user: "app".to_owned(),
    }],
    BackendError::LacksPrivileges { .. } => [BackendError::LacksPrivileges {
        lacking: vec![
            Defect {
                what: "\"app\" may not create tables in the schema public".to_owned(),
                cure: "GRANT USAGE, CREATE ON SCHEMA public TO \"app\"".to_owned(),
            },
            Defect {
                what: "\"app\" does not own public.users, which only its owner may alter or drop"
                    .to_owned(),
                cure: "ALTER TABLE public.users OWNER TO \"app\"".to_owned(),
            },
        ],
    }],
    BackendError::MayNotBecome { .. } => [
        BackendError::MayNotBecome {
            role: "owner".to_owned(),
            user: "deploy-bot".to_owned(),
            source: DatabaseError::from_message("permission denied to set role \"owner\""),
        },
        BackendError::MayNotBecome {
            role: "owner".to_owned(),
            user: "app".to_owned(),
            source: DatabaseError::from_message("role \"owner\" does not exist"),
        },
    ],
    BackendError::NoRoles { .. } => [BackendError::NoRoles { role: "owner".to_owned() }],
    BackendError::LockConnectionGone => [BackendError::LockConnectionGone],
    BackendError::CutOffBeforeLock { .. } => [BackendError::CutOffBeforeLock {
        source: DatabaseError::from_message("terminating connection due to administrator command"),
    }],
    BackendError::Cancelled => [BackendError::Cancelled],
    BackendError::Tool { .. } => [BackendError::Tool {
        program: "diesel".to_owned(),
        message: "it ended with exit code 1".to_owned(),
    }],
});
