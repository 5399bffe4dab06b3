//! The errors of reading, planning, preparing and making migrations.

use std::collections::BTreeMap;

use super::{all_errors, place, position, version};
use crate::event::Direction;
use crate::file_kind::{DeadLink, OtherThanFile, OtherThanFolder};
use crate::migration::{KeptBy, PlanError, PrepareError, ScaffoldError, SourceError};
use crate::sql::{NotUtf8, Position, SqlError};

all_errors!(every_error_of_a_source_reads_well: SourceError {
    SourceError::NoFolder { .. } => [SourceError::NoFolder { path: "migrations".into() }],
    SourceError::DeadLink { .. } => [
        SourceError::DeadLink {
            path: "migrations".into(),
            link: DeadLink { target: Some("../shared/migrations".into()) },
        },
        SourceError::DeadLink { path: "migrations".into(), link: DeadLink { target: None } },
    ],
    SourceError::NotAFolder { .. } => [
        SourceError::NotAFolder { path: "migrations".into(), found: OtherThanFolder::File },
        SourceError::NotAFolder {
            path: "migrations".into(),
            found: OtherThanFolder::Special(OtherThanFile::Pipe),
        },
    ],
    SourceError::NotAFile { .. } => [
        SourceError::NotAFile {
            path: "migrations/003_add_users.sql".into(),
            found: OtherThanFile::Pipe,
        },
        SourceError::NotAFile {
            path: "migrations/003_add_users/up.sql".into(),
            found: OtherThanFile::DeadLink(DeadLink { target: Some("../up.sql".into()) }),
        },
    ],
    SourceError::Unreadable { .. } => [SourceError::Unreadable {
        path: "migrations/003_add_users/up.sql".into(),
        message: "permission denied".to_owned(),
    }],
    SourceError::NotUtf8 { .. } => [SourceError::NotUtf8 {
        path: "migrations/003_add_users/up.sql".into(),
        found: NotUtf8 { position: Position { line: 3, column: 17 }, encoding: "latin1" },
    }],
    SourceError::NoUp { .. } => [SourceError::NoUp { path: "migrations/003_add_users".into() }],
    SourceError::EmptyUp { .. } => [SourceError::EmptyUp {
        path: "migrations/003_add_users/up.sql".into(),
    }],
    SourceError::Duplicate { .. } => [SourceError::Duplicate {
        version: version("003"),
        first: "migrations/003_add_users".into(),
        second: "migrations/003_add_phone.sql".into(),
        unapplied: None,
    }, SourceError::Duplicate {
        version: version("003"),
        first: "migrations/003_add_users".into(),
        second: "migrations/003_add_phone.sql".into(),
        unapplied: Some("migrations/003_add_phone.sql".into()),
    }],
    SourceError::NoSection { .. } => [SourceError::NoSection {
        path: "migrations/003_add_users.sql".into(),
    }],
    SourceError::Marker { .. } => [SourceError::Marker {
        place: place(),
        problem: "this section stands twice".to_owned(),
    }],
    SourceError::DownAlone { .. } => [SourceError::DownAlone {
        path: "migrations/003_add_users.down.sql".into(),
        expected: "migrations/003_add_users.up.sql".into(),
    }],
    SourceError::SettingsAlone { .. } => [SourceError::SettingsAlone {
        path: "migrations/003_add_users.metadata.toml".into(),
        expected: "migrations/003_add_users.up.sql".into(),
    }],
    SourceError::SettingsOfSingleFile { .. } => [SourceError::SettingsOfSingleFile {
        path: "migrations/003_add_users.metadata.toml".into(),
        file: "migrations/003_add_users.sql".into(),
    }],
    SourceError::Metadata { .. } => [SourceError::Metadata {
        place: place(),
        message: "unknown field `transaction`".to_owned(),
    }],
    SourceError::NoRunInTransaction { .. } => [SourceError::NoRunInTransaction {
        path: "migrations/003_add_users/metadata.toml".into(),
    }],
    SourceError::VersionTooLong { .. } => [SourceError::VersionTooLong {
        version: version(&"1".repeat(51)),
        path: "migrations/long_name".into(),
    }],
    SourceError::NoVersion { .. } => [SourceError::NoVersion {
        path: "migrations/_add_users".into(),
    }],
});

fn one() -> Vec<String> {
    vec!["003_add_users".to_owned()]
}

fn two() -> Vec<String> {
    vec!["003_add_users".to_owned(), "005_add_phone".to_owned()]
}

fn late(names: Vec<String>) -> PlanError {
    PlanError::OutOfOrder {
        names,
        newest: version("006"),
        allowing: "dieselkit up --force --allow-out-of-order".to_owned(),
    }
}

/// Returns the same reason for each.
fn reasons(names: &[String], why: &str) -> BTreeMap<String, String> {
    let with_reason = |name: &String| (name.clone(), why.to_owned());
    names.iter().map(with_reason).collect()
}

all_errors!(every_error_of_a_plan_reads_well: PlanError {
    PlanError::UnknownVersion { .. } => [
        PlanError::UnknownVersion { version: version("004"), nearest: Some(version("003")) },
        PlanError::UnknownVersion { version: version("2026"), nearest: None },
    ],
    PlanError::NotApplied { .. } => [PlanError::NotApplied { version: version("003") }],
    PlanError::UnknownBatch { .. } => [PlanError::UnknownBatch { batch: 7 }],
    PlanError::OutOfOrder { .. } => [
        late(one()),
        late(two()),
    ],
    PlanError::Modified { .. } => [
        PlanError::Modified { names: one() },
        PlanError::Modified { names: two() },
    ],
    PlanError::Hole { .. } => [
        PlanError::Hole { names: one() },
        PlanError::Hole { names: two() },
    ],
    PlanError::Irreversible { .. } => [
        PlanError::Irreversible { names: one(), reasons: BTreeMap::new() },
        PlanError::Irreversible { names: two(), reasons: BTreeMap::new() },
        PlanError::Irreversible { names: one(), reasons: reasons(&one(), "the data is gone") },
        PlanError::Irreversible { names: two(), reasons: reasons(&two(), "the data is gone") },
        PlanError::Irreversible { names: one(), reasons: reasons(&one(), "") },
    ],
    PlanError::NoWayDown { .. } => [
        PlanError::NoWayDown { names: one() },
        PlanError::NoWayDown { names: two() },
    ],
    PlanError::MissingFile { .. } => [
        PlanError::MissingFile { names: one() },
        PlanError::MissingFile { names: two() },
    ],
    PlanError::WayDownHalted { .. } => [
        PlanError::WayDownHalted {
            name: "003_add_users".to_owned(),
            version: version("003"),
            done: 2,
            total: 3,
            going_on: Some("dieselkit rollback".to_owned()),
            kept_by: KeptBy::File,
        },
        PlanError::WayDownHalted {
            name: "003_add_users".to_owned(),
            version: version("003"),
            done: 2,
            total: 3,
            going_on: None,
            kept_by: KeptBy::File,
        },
        PlanError::WayDownHalted {
            name: "003_add_users".to_owned(),
            version: version("003"),
            done: 2,
            total: 3,
            going_on: Some("dieselkit rollback".to_owned()),
            kept_by: KeptBy::History,
        },
    ],
    PlanError::WayUpHalted { .. } => [
        PlanError::WayUpHalted {
            name: "003_add_users".to_owned(),
            version: version("003"),
            done: 2,
            total: 3,
            going_on: Some("dieselkit up".to_owned()),
        },
        PlanError::WayUpHalted {
            name: "003_add_users".to_owned(),
            version: version("003"),
            done: 2,
            total: 3,
            going_on: None,
        },
    ],
    PlanError::BeneathHalted { .. } => [
        PlanError::BeneathHalted {
            names: one(),
            name: "006_index".to_owned(),
            version: version("006"),
            direction: Direction::Up,
            done: 1,
            total: 3,
            going_on: Some("dieselkit up".to_owned()),
        },
        PlanError::BeneathHalted {
            names: one(),
            name: "006_index".to_owned(),
            version: version("006"),
            direction: Direction::Up,
            done: 1,
            total: 3,
            going_on: None,
        },
        PlanError::BeneathHalted {
            names: two(),
            name: "006_index".to_owned(),
            version: version("006"),
            direction: Direction::Down,
            done: 1,
            total: 3,
            going_on: Some("dieselkit rollback --batch 2".to_owned()),
        },
    ],
    PlanError::KeepGoingInBatch => [PlanError::KeepGoingInBatch],
    PlanError::NotInBatch { .. } => [
        PlanError::NotInBatch { names: one() },
        PlanError::NotInBatch { names: two() },
    ],
});

all_errors!(every_error_of_preparing_a_step_reads_well: PrepareError {
    PrepareError::Sql { .. } => [PrepareError::Sql {
        place: place(),
        error: SqlError::Unterminated { what: "string literal", position: position() },
    }],
    PrepareError::Syntax { .. } => [PrepareError::Syntax {
        place: place(),
        message: "expected a table's name".to_owned(),
    }],
    PrepareError::OpenTransaction { .. } => [PrepareError::OpenTransaction { place: place() }],
    PrepareError::GivesUpLock { .. } => [PrepareError::GivesUpLock { place: place() }],
    PrepareError::ForeignKeysStayOn { .. } => [PrepareError::ForeignKeysStayOn {
        place: place(),
        setting: "`-- migrate:up foreign_keys:off`".to_owned(),
    }],
    PrepareError::Directive { .. } => [PrepareError::Directive {
        place: place(),
        problem: "the directive `lock_timout` is unknown".to_owned(),
    }],
    PrepareError::Template { .. } => [PrepareError::Template {
        path: "migrations/003_add_users/up.sql".into(),
    }],
    PrepareError::Settings(_) => [PrepareError::Settings(SourceError::NoRunInTransaction {
        path: "migrations/003_add_users/metadata.toml".into(),
    })],
    PrepareError::ResumeChanged { .. } => [
        PrepareError::ResumeChanged {
            path: "migrations/003_add_users/up.sql".into(),
            done: 1,
            version: version("003"),
        },
        PrepareError::ResumeChanged {
            path: "migrations/003_add_users/up.sql".into(),
            done: 2,
            version: version("003"),
        },
    ],
    PrepareError::ResumeTransactional { .. } => [PrepareError::ResumeTransactional {
        path: "migrations/003_add_users/up.sql".into(),
        version: version("003"),
    }],
});

all_errors!(every_error_of_making_a_migration_reads_well: ScaffoldError {
    ScaffoldError::UnusableName { .. } => [ScaffoldError::UnusableName { name: "--".to_owned() }],
    ScaffoldError::NameTooLong { .. } => [ScaffoldError::NameTooLong {
        name: format!("007_{}", "x".repeat(260)),
    }],
    ScaffoldError::NumbersUsedUp { .. } => [ScaffoldError::NumbersUsedUp {
        folder: "migrations".into(),
    }],
    ScaffoldError::OutOfOrder { .. } => [ScaffoldError::OutOfOrder {
        number: "004".to_owned(),
        newest: "2026-01-31-101500_add_users".to_owned(),
    }],
    ScaffoldError::Source(_) => [SourceError::Unreadable {
        path: "migrations".into(),
        message: "permission denied".to_owned(),
    }
    .into()],
    ScaffoldError::Write { .. } => [ScaffoldError::Write {
        path: "migrations/003_add_users/up.sql".into(),
        source: std::io::Error::new(std::io::ErrorKind::StorageFull, "no space left on device"),
    }],
});
