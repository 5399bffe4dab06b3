//! Backups: whole copies of a database that can be trusted, and their way back.
//!
//! A backup is a file and its manifest beside it, in one folder. The manifest is written last: a
//! file without one is no backup, so nothing that is not whole ever looks like one. What an engine
//! does for it is behind the backend's trait; what is kept and what goes is a pure function.

#[cfg_attr(
    not(test),
    expect(dead_code, reason = "creating a backup will call it")
)]
mod artifact;
mod backups;
pub mod catalog;
#[cfg(test)]
mod examples;
#[cfg_attr(
    not(test),
    expect(dead_code, reason = "creating a backup will call it")
)]
mod gzip;
mod id;
mod manifest;
#[cfg_attr(
    not(test),
    expect(dead_code, reason = "creating a backup will call it")
)]
mod pass;
pub mod retention;

pub use artifact::ArtifactError;
pub use backups::Backups;
pub use catalog::{Catalog, CatalogError};
pub use gzip::CompressionLevel;
pub use id::BackupId;
pub use manifest::{Check, Manifest, MigrationState, Part, SCHEMA_VERSION, Source, Verdict};

pub use crate::backend::dump::{DatabaseFacts, Format, Scope, SequenceFact, TableFact};
