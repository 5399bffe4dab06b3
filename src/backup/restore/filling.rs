//! A new database, filled from a backup and compared with what is known of that.

use std::thread;

use super::pour::{of_backup, of_file, of_script, or_interrupted};
use super::{RestoreBackupError, RestoreOptions, RestoreSource};
use crate::backend::address::DatabaseAddress;
use crate::backend::dump::Hashing;
use crate::backend::restore::{
    Place, Restore, RestoreError, Tidying, count, differences, leftovers, open_restore,
};
use crate::backup::Manifest;
use crate::backup::pass::Watch;
use crate::cancellation::Cancellation;
use crate::event::{Event, Observer};

/// What filling needs.
pub(super) struct Filling<'a> {
    pub(super) address: &'a DatabaseAddress,
    pub(super) source: &'a RestoreSource,
    pub(super) options: &'a RestoreOptions,
    pub(super) owner: String,
    pub(super) cancellation: &'a Cancellation,
    pub(super) observer: &'a mut dyn Observer,
}

/// A new database, and what was complained of without failing, or why it is of no use.
type Filled = (Box<dyn Restore>, Result<Vec<String>, RestoreBackupError>);

impl Filling<'_> {
    /// Makes a database, fills it, and compares it.
    pub(super) fn fill(&mut self, place: Place<'_>) -> Result<Filled, RestoreBackupError> {
        self.tidy(place)?;
        let fitness = self.prepare(place)?;
        let doubts = self.passed_over(&fitness)?;
        let new = open_restore(self.address, place, &self.request());
        let mut new = new.map_err(|error| self.or_taken(error))?;
        let filled = self.fill_and_compare(new.as_mut());
        let filled = filled.map(|complaints| [doubts, complaints].concat());
        Ok((new, filled))
    }

    /// Fills a new database, and returns what was complained of; refuses it where it is not what was
    /// backed up.
    fn fill_and_compare(
        &mut self,
        new: &mut dyn Restore,
    ) -> Result<Vec<String>, RestoreBackupError> {
        let source = self.source;
        if let Some(manifest) = source.manifest() {
            new.make_ready(&manifest.scope, &manifest.facts)?;
        }
        let id = source.to_string();
        self.observer.observe(&Event::RestoreStarted {
            id: id.clone(),
            bytes: source.manifest().map_or(0, Manifest::bytes),
        });
        let observer = &mut *self.observer;
        let mut watch = Watch {
            cancellation: self.cancellation,
            progress: &mut |bytes| {
                observer.observe(&Event::RestoreProgressed {
                    id: id.clone(),
                    bytes,
                });
            },
        };
        let filled = match source {
            RestoreSource::Backup {
                folder, manifest, ..
            } => of_backup(new, folder, manifest, &mut watch),
            RestoreSource::File(path) => {
                of_file(new, path, &mut watch).map_err(|error| of_script(error, path))
            }
        };
        let cancellation = self.cancellation;
        let complaints = filled.map_err(|error| or_interrupted(error, cancellation))?;
        let findings = self.compared_and_analyzed(new)?;
        if findings.is_empty() {
            return Ok(complaints);
        }
        Err(RestoreBackupError::Different {
            source_name: source.to_string(),
            findings,
        })
    }

    /// Compares what was restored while the planner learns what is in it: either reads all of it, and
    /// keeps no more than one processor busy for most of the time.
    fn compared_and_analyzed(
        &mut self,
        new: &mut dyn Restore,
    ) -> Result<Vec<String>, RestoreBackupError> {
        let address = new.address().clone();
        thread::scope(|scope| {
            let analyzing = scope.spawn(|| new.analyze());
            let findings = self.differences(&address);
            let analyzed = analyzing.join();
            let findings = findings?;
            // One that differs is dropped, analyzed or not.
            if findings.is_empty() {
                analyzed.unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
            }
            Ok(findings)
        })
    }

    /// Removes what restores that were killed left: it has room that this one may need.
    fn tidy(&mut self, place: Place<'_>) -> Result<(), RestoreBackupError> {
        for leftover in leftovers(self.address, place, Tidying::Remove)? {
            self.observer.observe(&Event::LeftoverFound { leftover });
        }
        Ok(())
    }

    /// Returns what is wrong with a database of which nothing is known but that it was to be filled: a
    /// script may take back all that it has done.
    fn emptiness(&self, new: &DatabaseAddress) -> Result<Vec<String>, RestoreBackupError> {
        let mut told = |_, _| {};
        let counted = count(new, Hashing::Skipped, self.cancellation, &mut told);
        let counted = counted.map_err(RestoreError::from)?;
        let is_empty = counted.facts.tables.is_empty() && counted.facts.sequences.is_empty();
        Ok(is_empty
            .then(|| "there is no table in it".to_owned())
            .into_iter()
            .collect())
    }

    fn differences(&mut self, new: &DatabaseAddress) -> Result<Vec<String>, RestoreBackupError> {
        let Some(manifest) = self.source.manifest() else {
            return self.emptiness(new);
        };
        let mut tables = manifest.facts.tables.iter();
        let hashing = if tables.any(|table| table.content_hash.is_some()) {
            Hashing::Contents
        } else {
            Hashing::Skipped
        };
        let observer = &mut *self.observer;
        let mut told = |counted, tables| {
            observer.observe(&Event::TablesCounted {
                id: manifest.id.to_string(),
                counted,
                tables,
            });
        };
        let counted = count(new, hashing, self.cancellation, &mut told);
        let counted = counted.map_err(RestoreError::from)?;
        let applied = &manifest.migrations.applied;
        Ok(differences(&manifest.facts, applied, &counted))
    }
}
