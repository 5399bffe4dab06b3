//! The errors of backups.

use std::io::{Error, ErrorKind};

use super::all_errors;
use crate::backend::BackendError;
use crate::backend::address::Engine;
use crate::backend::dump::DumpError;
use crate::backend::restore::{Lack, RestoreError};
use crate::backup::catalog::ManifestFault;
use crate::backup::health::NoGood;
use crate::backup::{
    Ahead, ArtifactError, BackupId, BackupsError, CatalogError, CreateError, Holder, OtherKind,
    Others, RestoreBackupError,
};
use crate::event::LockHolder;
use crate::file_kind::DeadLink;
use crate::version::Version;

fn id(day: u8) -> BackupId {
    BackupId::parse(&format!("shop_202611{day}T030000Z_003")).expect("a name")
}

fn no_good(day: u8) -> NoGood {
    let id = id(day);
    let faults = vec![format!("`{id}.sql.gz` is missing")];
    NoGood { id, faults }
}

fn locked(holder: Option<LockHolder>, waited_ms: u64) -> CatalogError {
    CatalogError::Locked {
        folder: "backups".into(),
        holder,
        waited_ms,
    }
}

fn none_good(others: Others) -> CatalogError {
    CatalogError::NoneGood {
        folder: "backups".into(),
        others,
    }
}

fn others() -> Others {
    Others {
        copies: vec![id(21)],
        namesakes: vec![id(20), id(19)],
        strangers: 4,
    }
}

fn holder() -> LockHolder {
    LockHolder {
        pid: 4711,
        application: Some("dieselkit 0.1.0 db1 anna".to_owned()),
        host: None,
        since: Some("2026-11-21T03:00:00Z".to_owned()),
    }
}

all_errors!(every_error_of_a_folder_of_backups_reads_well: CatalogError {
    CatalogError::File { .. } => [
        CatalogError::File {
            action: "make",
            path: "backups".into(),
            source: Error::from(ErrorKind::PermissionDenied),
        },
        CatalogError::File {
            action: "open",
            path: "backups/.dieselkit-backups.lock".into(),
            source: Error::from(ErrorKind::PermissionDenied),
        },
        CatalogError::File {
            action: "open",
            path: "backups/.dieselkit-backups.lock".into(),
            source: Error::from(ErrorKind::ReadOnlyFilesystem),
        },
        CatalogError::File {
            action: "write",
            path: "backups/shop_20261121T030000Z_003.json".into(),
            source: Error::from(ErrorKind::StorageFull),
        },
    ],
    CatalogError::DeadLink { .. } => [CatalogError::DeadLink {
        path: "backups".into(),
        link: DeadLink { target: Some("/mnt/backups".into()) },
    }],
    CatalogError::Locked { .. } => [locked(Some(holder()), 60_000), locked(None, 0)],
    CatalogError::Interrupted { .. } => [CatalogError::Interrupted { folder: "backups".into() }],
    CatalogError::Unknown { .. } => [
        CatalogError::Unknown {
            wanted: "shpo_20261121".to_owned(),
            folder: "backups".into(),
            near: vec![id(21), id(20)],
        },
        CatalogError::Unknown { wanted: "x".to_owned(), folder: "backups".into(), near: Vec::new() },
    ],
    CatalogError::Ambiguous { .. } => [CatalogError::Ambiguous {
        wanted: "shop_202611".to_owned(),
        matching: vec![id(21), id(20)],
    }],
    CatalogError::NoneGood { .. } => [none_good(Others::default()), none_good(others())],
    CatalogError::Unreadable { .. } => [
        CatalogError::Unreadable {
            path: "backups/shop_20261121T030000Z_003.json".into(),
            message: "EOF while parsing a value at line 1 column 0".to_owned(),
            fault: ManifestFault::Broken,
        },
        CatalogError::Unreadable {
            path: "backups/shop_20261121T030000Z_003.json".into(),
            message: "a newer dieselkit wrote it: it has layout 2, and this version knows 1".to_owned(),
            fault: ManifestFault::Newer,
        },
        CatalogError::Unreadable {
            path: "backups/shop_20261121T030000Z_003.json".into(),
            message: "it is a pipe, not a file".to_owned(),
            fault: ManifestFault::NoFile,
        },
    ],
});

all_errors!(every_error_of_looking_after_backups_reads_well: BackupsError {
    BackupsError::Catalog(_) => [none_good(Others::default()).into()],
    BackupsError::Backend(_) => [BackendError::Cancelled.into()],
    BackupsError::EnvironmentMismatch { .. } => [BackupsError::EnvironmentMismatch {
        marked: "production".to_owned(),
        wanted: "test".to_owned(),
    }],
    BackupsError::Interrupted { .. } => [BackupsError::Interrupted { id: id(21) }],
});

all_errors!(every_error_of_making_a_backup_reads_well: CreateError {
    CreateError::Backend(_) => [BackendError::Cancelled.into()],
    CreateError::EnvironmentMismatch { .. } => [CreateError::EnvironmentMismatch {
        marked: "production".to_owned(),
        wanted: "test".to_owned(),
    }],
    CreateError::Catalog(_) => [locked(Some(holder()), 60_000).into()],
    CreateError::Dump(_) => [DumpError::Interrupted.into()],
    CreateError::NotCopied { .. } => [DumpError::Silent { path: "/usr/bin/pg_dump".into() }.into()],
    CreateError::Artifact(_) => [ArtifactError::File {
        action: "write",
        path: "backups/shop_20261121T030000Z_003.sql.gz.partial".into(),
        source: Error::from(ErrorKind::StorageFull),
    }.into()],
    CreateError::Read { .. } => [CreateError::Read { source: Error::from(ErrorKind::BrokenPipe) }],
    CreateError::Thread => [CreateError::Thread],
    CreateError::OtherDatabase => [CreateError::OtherDatabase],
    CreateError::NoGlobals { .. } => [CreateError::NoGlobals { engine: Engine::Sqlite }],
    CreateError::NotWhole { .. } => [CreateError::NotWhole {
        findings: vec!["its end marker is missing after 2000 bytes".to_owned()],
    }],
    CreateError::Interrupted => [CreateError::Interrupted],
    CreateError::Bad { .. } => [CreateError::Bad {
        id: id(21),
        findings: vec!["table `public.users` has 3 rows instead of 4".to_owned()],
    }],
    CreateError::NotVerified { .. } => [CreateError::NotVerified {
        id: id(21),
        source: BackupsError::Interrupted { id: id(21) },
    }],
    CreateError::NotRestored { .. } => [CreateError::NotRestored {
        id: id(21),
        source: Box::new(RestoreError::Interrupted.into()),
    }],
    CreateError::Prune { .. } => [CreateError::Prune {
        id: id(21),
        source: CatalogError::File {
            action: "remove",
            path: "backups/shop_20261114T030000Z_003.json".into(),
            source: Error::from(ErrorKind::PermissionDenied),
        },
    }],
});

fn role_missing() -> RestoreError {
    RestoreError::ToolFailed {
        path: "/usr/bin/psql".into(),
        status: "exit status: 3".to_owned(),
        complaints: "psql:<stdin>:31: ERROR:  role \"ada\" does not exist".to_owned(),
    }
}

all_errors!(every_error_of_restoring_a_backup_reads_well: RestoreBackupError {
    RestoreBackupError::Backend(_) => [BackendError::Cancelled.into()],
    RestoreBackupError::EnvironmentMismatch { .. } => [RestoreBackupError::EnvironmentMismatch {
        marked: "production".to_owned(),
        wanted: "test".to_owned(),
    }],
    RestoreBackupError::Catalog(_) => [none_good(Others::default()).into()],
    RestoreBackupError::Restore(_) => [RestoreError::Interrupted.into()],
    RestoreBackupError::Exists { .. } => [
        RestoreBackupError::Exists { name: "shop_copy".to_owned(), holder: Holder::Other },
        RestoreBackupError::Exists { name: "shop".to_owned(), holder: Holder::Own },
        RestoreBackupError::Exists { name: "old shop.db".to_owned(), holder: Holder::Source },
    ],
    RestoreBackupError::Taken { .. } => [RestoreBackupError::Taken { name: "shop_copy".to_owned() }],
    RestoreBackupError::LeftBehind { .. } => [RestoreBackupError::LeftBehind {
        left: "shop_restoring_0123abcd".to_owned(),
        why: "failed to connect to `postgres@db1:5432/postgres`: Connection refused".to_owned(),
        source: Box::new(RestoreError::Interrupted.into()),
    }],
    RestoreBackupError::NoFile { .. } => [RestoreBackupError::NoFile { path: "dump.sql.gz".into() }],
    RestoreBackupError::Unfinished { .. } => [RestoreBackupError::Unfinished {
        path: "live.db".into(),
        log: "live.db-wal".into(),
    }],
    RestoreBackupError::Part { .. } => [RestoreBackupError::Part { id: id(21) }],
    RestoreBackupError::NewerNoGood { .. } => [
        RestoreBackupError::NewerNoGood {
            id: id(20),
            newer: vec![no_good(21)],
        },
        RestoreBackupError::NewerNoGood {
            id: id(20),
            newer: vec![no_good(22), no_good(21)],
        },
    ],
    RestoreBackupError::FromFuture(_) => [RestoreBackupError::FromFuture(Ahead {
        id: id(21),
        newest: id(20),
    })],
    RestoreBackupError::NoGood { .. } => [RestoreBackupError::NoGood {
        id: id(21),
        findings: no_good(21).faults,
    }],
    RestoreBackupError::NoneBefore { .. } => [
        RestoreBackupError::NoneBefore {
            version: Version::from_name("003_add_users"),
            folder: "backups".into(),
            others: Others::default(),
        },
        RestoreBackupError::NoneBefore {
            version: Version::from_name("003_add_users"),
            folder: "backups".into(),
            others: Others { strangers: 1, ..Others::default() },
        },
    ],
    RestoreBackupError::OtherKind { .. } => [RestoreBackupError::OtherKind {
        path: "old shop.zip".into(),
        kind: OtherKind {
            what: "packed by zip".to_owned(),
            cure: "unpack it first: `unzip 'old shop.zip'`".to_owned(),
        },
    }],
    RestoreBackupError::CutOff { .. } => [RestoreBackupError::CutOff {
        path: "shop.tar".into(),
        fault: "it ends at byte 1536, in the middle of `3012.dat`".to_owned(),
    }],
    RestoreBackupError::BrokenManifest { .. } => [RestoreBackupError::BrokenManifest {
        path: "backups/shop_20261121T030000Z_003.sql.gz".into(),
        manifest: "backups/shop_20261121T030000Z_003.json".into(),
        message: "EOF while parsing a value at line 1 column 0".to_owned(),
        fault: ManifestFault::Broken,
    }],
    RestoreBackupError::NoWriter { .. } => [RestoreBackupError::NoWriter {
        path: "the pipe".into(),
        source: Error::new(ErrorKind::TimedOut, "nobody has written to it for 30 s"),
    }],
    RestoreBackupError::NoRoles { .. } => [RestoreBackupError::NoRoles {
        engine: Engine::Sqlite,
        role: "app".to_owned(),
    }],
    RestoreBackupError::OtherEngine { .. } => [RestoreBackupError::OtherEngine {
        source_name: id(21).to_string(),
        theirs: "SQLite".to_owned(),
        ours: "PostgreSQL".to_owned(),
    }],
    RestoreBackupError::Unfit { .. } => [RestoreBackupError::Unfit {
        source_name: "shop_20261121T030000Z_20260131101500".to_owned(),
        lacks: vec![
            Lack::Roles { roles: vec!["ada".to_owned(), "the reader".to_owned()] },
            Lack::Extensions { extensions: vec!["postgis".to_owned()], major: 15 },
            Lack::OlderServer {
                made_of: "PostgreSQL 17.2".to_owned(),
                server: "PostgreSQL 15.14".to_owned(),
            },
            Lack::Room { needed_bytes: 2_000_000, free_bytes: 1, folder: "/var/lib".into() },
            Lack::NoSuchRole { role: "app".to_owned() },
            Lack::NotAMember { role: "app".to_owned(), user: "ci".to_owned() },
        ],
        makes_roles: None,
    }],
    RestoreBackupError::NoVerdict { .. } => [RestoreBackupError::NoVerdict {
        id: id(21),
        source: Box::new(role_missing().into()),
    }],
    RestoreBackupError::PartAlone { .. } => [RestoreBackupError::PartAlone {
        id: id(21),
        source: Box::new(role_missing().into()),
    }],
    RestoreBackupError::Changed { .. } => [RestoreBackupError::Changed {
        source_name: id(21).to_string(),
        findings: vec![format!("`{}.sql.gz` is not what it was", id(21))],
    }],
    RestoreBackupError::Different { .. } => [RestoreBackupError::Different {
        source_name: id(21).to_string(),
        findings: vec!["table `public.users` has 41 rows instead of 42".to_owned()],
    }],
});
