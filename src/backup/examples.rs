//! A backup as the tests of this area know it.

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    BackupId, Check, DatabaseFacts, Format, Manifest, MigrationState, Part, SCHEMA_VERSION, Scope,
    Source, TableFact, Verdict,
};
use crate::version::Version;

/// The identity of the database.
pub(crate) const IDENTITY: &str = "5f3c1c52-0c5a-4f0e-9d6e-0a4f8a3f2b11";

/// A night's backup of the shop.
pub(crate) fn manifest() -> Manifest {
    manifest_of(DateTime::from_timestamp(1_795_230_000, 0).expect("a time"))
}

/// The backup of another time.
pub(crate) fn manifest_of(started_at: DateTime<Utc>) -> Manifest {
    let version = Version::from_name("003");
    let id = BackupId::new("shop", started_at, Some(&version));
    let finished_at = started_at + TimeDelta::milliseconds(4_200);
    Manifest {
        schema_version: SCHEMA_VERSION,
        parts: vec![Part {
            file: format!("{id}.sql.gz"),
            bytes: 3,
            raw_bytes: Some(9),
            sha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad".to_owned(),
        }],
        id,
        database: Source {
            identity: IDENTITY.to_owned(),
            engine: "PostgreSQL".to_owned(),
            name: "shop".to_owned(),
            target: "app@db:5432/shop".to_owned(),
            environment: "production".to_owned(),
        },
        engine_version: "PostgreSQL 16.14".to_owned(),
        tools: vec!["dieselkit 0.1.0".to_owned(), "pg_dump 16.14".to_owned()],
        started_at,
        finished_at,
        duration_ms: 4_200,
        format: Format::Plain,
        scope: Scope::default(),
        migrations: MigrationState {
            head: Some("003".to_owned()),
            applied: vec!["001".to_owned(), "002".to_owned(), "003".to_owned()],
            half_applied: Vec::new(),
        },
        facts: DatabaseFacts {
            tables: vec![TableFact {
                name: "public.bookings".to_owned(),
                rows: 12,
                content_hash: None,
            }],
            ..DatabaseFacts::default()
        },
        warnings: Vec::new(),
        verdicts: vec![Verdict {
            check: Check::Created,
            at: finished_at,
            duration_ms: 1,
            findings: Vec::new(),
        }],
        note: None,
        pinned: false,
    }
}
