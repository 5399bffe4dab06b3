//! Backups: whole copies of a database that can be trusted, and their way back.
//!
//! A backup is a file and its manifest beside it, in one folder. The manifest is written last: a
//! file without one is no backup, so nothing that is not whole ever looks like one. What an engine
//! does for it is behind the backend's trait; what is kept and what goes is a pure function.

mod artifact;
mod backups;
mod backups_error;
pub mod catalog;
mod create;
mod examine;
#[cfg(test)]
mod examples;
mod folder;
mod gzip;
pub mod health;
mod id;
mod manifest;
pub mod metrics;
mod own;
mod pass;
mod pin;
mod prune;
mod regular;
mod restore;
pub mod retention;
mod safety;
mod verify;
mod whose;

pub use artifact::ArtifactError;
pub use backups::Backups;
pub use backups_error::BackupsError;
pub use catalog::{Backup, Catalog, CatalogError, Listing};
pub use create::{CreateError, CreateOptions, CreateReport, Verification};
pub use folder::BackupFolder;
pub use gzip::CompressionLevel;
pub use id::BackupId;
pub use manifest::{Check, Manifest, MigrationState, Part, SCHEMA_VERSION, Source, Verdict};
pub use own::OwnBackups;
pub use pin::{Pin, Pinned};
pub use prune::{PrunePlan, PruneReport};
pub use restore::{
    Ahead, Compared, Holder, Old, OtherKind, RestoreBackupError, RestoreOptions, RestorePlan,
    RestoreReport, RestoreSource, RestoreTo,
};
pub use safety::SafetyBackup;
pub use verify::Verified;
pub use whose::{KnownBy, Others};

pub use crate::backend::dump::{
    DatabaseFacts, DumpError, Format, Programs, Scope, SequenceFact, TableFact, Tool,
};

/// Returns what an error says, with its causes behind it.
fn with_causes(error: &dyn std::error::Error) -> String {
    let mut said = error.to_string();
    let mut cause = error.source();
    while let Some(deeper) = cause {
        said = format!("{said}: {deeper}");
        cause = deeper.source();
    }
    said
}
