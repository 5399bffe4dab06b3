//! `restore`: a backup becomes a database again, and what it replaces stays until it stands.
//!
//! In this order: the file, a new database, its contents, the comparison with what was counted when
//! the backup was made, and last the name. Whatever fails before drops the new one alone.

mod ahead;
mod cures;
mod error;
mod filling;
mod fit;
mod foretold;
mod kind;
mod needs;
mod options;
mod passed_over;
#[cfg(unix)]
mod pipe;
mod plan;
mod pour;
mod read;
mod source;
mod tar;
mod unfit_script;

use std::time::Duration;

use chrono::TimeDelta;
use serde::Serialize;

pub use ahead::Ahead;
pub use error::{Holder, RestoreBackupError};
pub use kind::OtherKind;
pub use options::{Old, RestoreOptions, RestoreTo};
pub use plan::RestorePlan;
pub use source::RestoreSource;

use super::Backups;
use crate::backend::address::DatabaseAddress;
use crate::backend::error::BackendError;
use crate::backend::restore::{
    MOMENT as TIME, Original, Place, Restore, RestoreError, is_there, is_unreadable, restored_as,
};
use crate::backend::scratch::Scratch;
use crate::backend::{Access, Database, OtherSessions};
use crate::event::Event;
use crate::operation::{OperationError, Replacing, Unread};
use filling::Filling;

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
    pub replaced: Option<DatabaseAddress>,
    /// What became of that.
    pub old: Option<Old>,
    /// What it was compared with.
    pub compared: Compared,
    /// Whether it is a whole database, where a manifest says it.
    pub whole: Option<bool>,
    /// The newest applied migration, where the manifest says it and the backup holds it.
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
        serialize_with = "crate::clock::milliseconds"
    )]
    pub execution_time: Duration,
}

/// Drops a new database that is of no use; returns why it is none, and what is left where that fails.
fn given_up(new: &mut dyn Restore, error: RestoreBackupError) -> RestoreBackupError {
    match new.give_up() {
        Ok(()) => error,
        Err(why) => RestoreBackupError::LeftBehind {
            left: new.address().own_name(),
            why: super::with_causes(&why),
            source: Box::new(error),
        },
    }
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
        source.refuse_part(&options.to)?;
        source.refuse_older(&options.to)?;
        options.to.refuse_unfit_name(&self.address)?;
        self.refuse_users(&options.to)?;
        let (mut new, mut warnings) = self.fill(source, options, options.to.place())?;
        let named = self.give_name(new.as_mut(), options);
        let (database, replaced) = named.map_err(|error| given_up(new.as_mut(), error))?;
        let old = replaced
            .as_ref()
            .map(|old| self.part_with(old, source, options, &mut warnings));
        let facts = source.manifest().map(|manifest| &manifest.facts);
        let rows = facts.map_or(0, |facts| facts.tables.iter().map(|table| table.rows).sum());
        Ok(RestoreReport {
            source: source.to_string(),
            database: database.to_string(),
            replaced,
            old,
            compared: source.compared(),
            whole: source.manifest().map(|manifest| manifest.scope.is_whole()),
            head: source.head().cloned(),
            tables: facts.map_or(0, |facts| facts.tables.len()),
            rows,
            warnings,
            execution_time: Duration::ZERO,
        })
    }

    /// Restores a backup, as [`Backups::restore`] does, into a database that is dropped with what is
    /// returned, and returns what was complained of although all is there.
    ///
    /// # Errors
    /// As [`Backups::restore`]; nothing is left then.
    pub fn restore_for_a_while(
        &mut self,
        source: &RestoreSource,
        options: &RestoreOptions,
    ) -> Result<(Scratch, Vec<String>), RestoreBackupError> {
        let started = self.caller.clock.elapsed();
        let filled = self.fill(source, options, Place::Beside);
        self.caller.observer.observe(&Event::RestoreFinished {
            id: source.to_string(),
            duration: self.caller.clock.elapsed().saturating_sub(started),
        });
        filled.map(|(new, complaints)| (Scratch::of(new), complaints))
    }

    /// Fills a new database, and refuses it where it is not what was backed up.
    pub(super) fn fill(
        &mut self,
        source: &RestoreSource,
        options: &RestoreOptions,
        place: Place<'_>,
    ) -> Result<(Box<dyn Restore>, Vec<String>), RestoreBackupError> {
        let (mut new, filled) = self.filling(source, options).fill(place)?;
        match filled {
            Ok(warnings) => Ok((new, warnings)),
            Err(error) => Err(given_up(new.as_mut(), error)),
        }
    }

    /// Returns what fills new databases from a backup.
    fn filling<'a>(
        &'a mut self,
        source: &'a RestoreSource,
        options: &'a RestoreOptions,
    ) -> Filling<'a> {
        Filling {
            address: &self.address,
            source,
            options,
            owner: self.caller.identity.owner(),
            cancellation: &self.caller.cancellation,
            observer: &mut *self.caller.observer,
        }
    }

    /// Gives the new database the name that it is to have; returns where it is, and where the one is
    /// that had the name before.
    fn give_name(
        &mut self,
        new: &mut dyn Restore,
        options: &RestoreOptions,
    ) -> Result<(DatabaseAddress, Option<DatabaseAddress>), RestoreBackupError> {
        if let RestoreTo::Into(name) = &options.to {
            return match new.keep(name) {
                Ok(database) => Ok((database, None)),
                Err(RestoreError::Backend(BackendError::DatabaseExists { name })) => {
                    Err(RestoreBackupError::Taken { name })
                }
                Err(error) => Err(error.into()),
            };
        }
        let mut at = match options.at {
            Some(planned) => planned,
            None => self.free_moment(&options.to, self.caller.clock.now().and_utc())?,
        };
        loop {
            let time = at.format(TIME).to_string();
            match self.give_name_of(new, options, &time) {
                // Another restore was quicker, and has taken the second for its own.
                Err(RestoreBackupError::Restore(RestoreError::Backend(
                    BackendError::DatabaseExists { .. },
                ))) => at = self.free_moment(&options.to, at + TimeDelta::seconds(1))?,
                named => return named,
            }
        }
    }

    fn give_name_of(
        &mut self,
        new: &mut dyn Restore,
        options: &RestoreOptions,
        time: &str,
    ) -> Result<(DatabaseAddress, Option<DatabaseAddress>), RestoreBackupError> {
        if options.to == RestoreTo::Replace {
            let unread = options.unread;
            let old = self.replace(new, Replacing { time, unread })?;
            return Ok((self.address.clone(), old));
        }
        let name = restored_as(&self.address, time).own_name();
        Ok((new.keep(&name)?, None))
    }

    /// Swaps the names; where there is no old database, the new one gets the name alone.
    fn replace(
        &mut self,
        new: &mut dyn Restore,
        replacing: Replacing<'_>,
    ) -> Result<Option<DatabaseAddress>, RestoreBackupError> {
        let passes = |error: &BackendError| {
            replacing.unread == Unread::Replace && is_unreadable(&self.address, error)
        };
        let open = || match replacing.unread {
            Unread::Refuse => Database::open(&self.address, Access::ReadWrite),
            Unread::Replace => Database::open_unread(&self.address),
        };
        let opened = open().or_else(|error| match error {
            // Another restore may have made it just now.
            BackendError::Connect { .. } if is_there(&self.address).unwrap_or(false) => open(),
            error => Err(error),
        });
        let time = replacing.time;
        match opened {
            Ok(old) => self.caller.replace_database(old, new, replacing),
            Err(BackendError::DatabaseMissing { .. }) => Ok(new.replace(Original::Read, time)?),
            Err(error) if passes(&error) => Ok(new.replace(Original::Unread, time)?),
            Err(error) => Err(error.into()),
        }
    }

    /// Drops the database that was replaced, where that was asked for. The new one stands by now: why
    /// the old one stays is a warning.
    fn part_with(
        &mut self,
        old: &DatabaseAddress,
        source: &RestoreSource,
        options: &RestoreOptions,
        warnings: &mut Vec<String>,
    ) -> Old {
        if options.old == Old::Kept {
            return Old::Kept;
        }
        if source.manifest().is_none() {
            warnings.push(format!(
                "the old database `{old}` was not dropped: nothing says that the new one is what it should be"
            ));
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
