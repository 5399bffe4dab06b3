//! `restore`: a backup becomes a database again, and what it replaces stays until it stands.
//!
//! In this order: the file, a new database, its contents, the comparison with what was counted when
//! the backup was made, and last the name. Whatever fails before drops the new one alone.

mod cures;
mod error;
mod filling;
mod needs;
mod options;
mod plan;
mod read;
mod source;

use std::time::Duration;

use serde::Serialize;

pub use error::RestoreBackupError;
pub use options::{Old, RestoreOptions, RestoreTo};
pub use plan::RestorePlan;
pub use source::RestoreSource;

use super::Backups;
use crate::backend::address::DatabaseAddress;
use crate::backend::error::BackendError;
use crate::backend::restore::{Place, Restore};
use crate::backend::{Access, Database, OtherSessions};
use crate::event::Event;
use crate::operation::OperationError;
use filling::Filling;

/// How the time stands in the name of a database that was replaced, in UTC.
const TIME: &str = "%Y%m%dT%H%M%SZ";

/// What a restored database was compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Compared {
    /// With what its manifest says.
    Manifest,
    /// With nothing: there is no manifest.
    Nothing,
}

/// What restoring did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RestoreReport {
    /// The backup, or the file.
    pub source: String,
    /// Where the restored database is.
    pub database: String,
    /// Where the one is that had the name before, or was until it was dropped.
    pub replaced: Option<String>,
    /// What became of that.
    pub old: Option<Old>,
    /// What it was compared with.
    pub compared: Compared,
    /// The newest applied migration, where the manifest says it.
    pub head: Option<String>,
    /// How many tables were compared.
    pub tables: usize,
    /// How many rows they have.
    pub rows: u64,
    /// What the engine's tool complained of without failing.
    pub warnings: Vec<String>,
    /// How long it took.
    #[serde(
        rename = "execution_time_ms",
        serialize_with = "crate::backup::milliseconds"
    )]
    pub execution_time: Duration,
}

impl Backups {
    /// Restores a backup into a new database, and gives that the name of the old one where this was
    /// asked for.
    ///
    /// # Errors
    /// `RestoreBackupError`; the new database is dropped then, and the old one is as it was.
    pub fn restore(
        &mut self,
        source: &RestoreSource,
        options: &RestoreOptions,
    ) -> Result<RestoreReport, RestoreBackupError> {
        let started = self.caller.clock.elapsed();
        let restored = self.restore_source(source, options);
        let execution_time = self.caller.clock.elapsed().saturating_sub(started);
        self.caller.observer.observe(&Event::RestoreFinished {
            id: source.to_string(),
            duration: execution_time,
        });
        restored.map(|report| RestoreReport {
            execution_time,
            ..report
        })
    }

    fn restore_source(
        &mut self,
        source: &RestoreSource,
        options: &RestoreOptions,
    ) -> Result<RestoreReport, RestoreBackupError> {
        let place = match &options.to {
            RestoreTo::Into(name) => Place::Into(name),
            RestoreTo::Replace => Place::Beside,
        };
        source.refuse_part(&options.to)?;
        let (new, mut warnings) = self.fill(source, options, place)?;
        let (database, replaced) = match options.to {
            RestoreTo::Into(_) => (Some(new.keep()?), None),
            RestoreTo::Replace => (None, self.replace(new, options)?),
        };
        let old = replaced
            .as_ref()
            .map(|old| self.part_with(old, options, &mut warnings));
        let facts = source.manifest().map(|manifest| &manifest.facts);
        let rows = facts.map_or(0, |facts| facts.tables.iter().map(|table| table.rows).sum());
        Ok(RestoreReport {
            source: source.to_string(),
            database: database.unwrap_or_else(|| self.address.clone()).to_string(),
            replaced: replaced.map(|old| old.to_string()),
            old,
            compared: source.compared(),
            head: source
                .manifest()
                .and_then(|found| found.migrations.head.clone()),
            tables: facts.map_or(0, |facts| facts.tables.len()),
            rows,
            warnings,
            execution_time: Duration::ZERO,
        })
    }

    /// Fills a new database, and refuses it where it is not what was backed up.
    pub(super) fn fill(
        &mut self,
        source: &RestoreSource,
        options: &RestoreOptions,
        place: Place<'_>,
    ) -> Result<(Box<dyn Restore>, Vec<String>), RestoreBackupError> {
        let owner = self.caller.identity.owner();
        let mut filling = Filling {
            address: &self.address,
            source,
            options,
            owner: &owner,
            cancellation: &self.caller.cancellation,
            observer: &mut *self.caller.observer,
        };
        let (new, warnings, findings) = filling.fill(place)?;
        if findings.is_empty() {
            return Ok((new, warnings));
        }
        Err(RestoreBackupError::Different {
            source_name: source.to_string(),
            findings,
        })
    }

    /// Swaps the names; where there is no old database, the new one gets the name alone.
    fn replace(
        &mut self,
        new: Box<dyn Restore>,
        options: &RestoreOptions,
    ) -> Result<Option<DatabaseAddress>, RestoreBackupError> {
        let at = match options.at {
            Some(planned) => planned,
            None => self.free_moment(self.caller.clock.now().and_utc())?,
        };
        let time = at.format(TIME).to_string();
        match Database::open(&self.address, Access::ReadWrite) {
            Ok(old) => self.caller.replace_database(old, new, &time),
            Err(BackendError::DatabaseMissing { .. }) => Ok(new.replace(&time)?),
            Err(error) => Err(error.into()),
        }
    }

    /// Drops the database that was replaced, where that was asked for. The new one stands by now: why
    /// the old one stays is a warning.
    fn part_with(
        &mut self,
        old: &DatabaseAddress,
        options: &RestoreOptions,
        warnings: &mut Vec<String>,
    ) -> Old {
        if options.old == Old::Kept {
            return Old::Kept;
        }
        let opened = Database::open(old, Access::ReadWrite).map_err(OperationError::from);
        let others = OtherSessions::Respect;
        let dropped = opened.and_then(|database| self.caller.drop_database(database, others));
        match dropped {
            Ok(()) => Old::Dropped,
            Err(error) => {
                let error = RestoreBackupError::from(error);
                warnings.push(format!("the old database `{old}` was not dropped: {error}"));
                Old::Kept
            }
        }
    }
}
