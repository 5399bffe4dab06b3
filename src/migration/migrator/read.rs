//! The verbs that read, and write nothing.
//!
//! They take no lock, and make no table that is absent.

use super::Migrator;
use crate::backend::error::{BackendError, During as _};
use crate::backend::examine::Examination;
use crate::backend::limits::Limit;
use crate::backend::tables::Tables;
use crate::backend::{Backend, ColumnType, Extent, Statistics};
use crate::event::{Leftover, LockHolder};
use crate::history::{self, Attempt};
use crate::migration::check::{self, CheckReport};
use crate::migration::error::{RunError, SourceError};
use crate::migration::options::UpOptions;
use crate::migration::plan;
use crate::migration::report::TakenOver;
use crate::migration::set::MigrationSet;
use crate::migration::status::{StatusReport, note_run_under_way, survey};
use crate::operation::{self, refuse_other_environment};
use crate::version::Version;

impl Migrator {
    /// Returns how every migration stands, writing nothing.
    ///
    /// # Errors
    /// `RunError::Backend`.
    pub fn status(&mut self) -> Result<StatusReport, RunError> {
        self.reading(|set, backend, tables| Ok(standing(set, backend, tables)?))
    }

    /// Returns what `up` would apply, by the rules by which it refuses, writing nothing.
    ///
    /// # Errors
    /// `RunError::Source`, `RunError::EnvironmentMismatch`, `RunError::Plan`, `RunError::Backend`.
    pub(crate) fn unapplied(&mut self, options: &UpOptions) -> Result<Vec<Version>, RunError> {
        self.refuse_problems()?;
        let wanted = self.caller.identity.environment.clone();
        self.reading(|set, backend, tables| {
            let marked = history::read_metadata(backend, tables)?.environment;
            refuse_other_environment(marked.as_deref(), wanted.as_deref())?;
            let ledger = history::load_ledger(backend, tables)?;
            let plan = plan::up(&survey(set, &ledger, backend.dialect()), options)?;
            Ok(plan.steps.into_iter().map(|step| step.version).collect())
        })
    }

    /// Returns what the next command that writes would take over of what plain Diesel did, writing
    /// nothing.
    ///
    /// # Errors
    /// `RunError::Backend`.
    pub fn plan_taking_over(&mut self) -> Result<TakenOver, RunError> {
        self.reading(|_, backend, tables| {
            let wanted = history::load_ledger(backend, tables)?.reconciliation();
            let adopted = wanted.adopt.into_iter().map(|(version, _)| version);
            Ok(TakenOver {
                adopted: adopted.collect(),
                marked_rolled_back: wanted.rolled_back,
            })
        })
    }

    /// Returns who holds the migration lock now, writing nothing.
    ///
    /// # Errors
    /// `RunError::Backend`.
    pub fn lock_holder(&mut self) -> Result<Option<LockHolder>, RunError> {
        self.reading(|_, backend, tables| Ok(backend.lock_holder(tables)?))
    }

    /// Returns every attempt, newest first, writing nothing.
    ///
    /// # Errors
    /// `RunError::Backend`.
    pub fn history(&mut self) -> Result<Vec<Attempt>, RunError> {
        self.reading(|_, backend, tables| {
            let ledger = history::load_ledger(backend, tables)?;
            Ok(ledger.attempts().iter().rev().cloned().collect())
        })
    }

    /// Returns what keeps the migrations from being run, if anything does: the first that cannot be
    /// read, or two of one version, with what the history says of them where it can be read. Writes
    /// nothing.
    pub fn first_problem(&mut self) -> Option<SourceError> {
        self.learn_of_duplicates();
        self.set.problems().first().cloned()
    }

    /// Learns which of two files that have one version is the applied one.
    fn learn_of_duplicates(&mut self) {
        if self.set.duplicates().next().is_none() {
            return;
        }
        let ledger = self.reading(|_, backend, tables| Ok(history::load_ledger(backend, tables)?));
        // Where the history cannot be read, nothing more is known, and that there are two is what
        // has to be told.
        if let Ok(ledger) = ledger {
            self.set
                .note_applied_as(|version| ledger.applied_as(version));
        }
    }

    /// Proves that files and database agree, writing nothing.
    ///
    /// # Errors
    /// `RunError::Backend`; what is found is no error.
    pub fn check(&mut self) -> Result<CheckReport, RunError> {
        self.learn_of_duplicates();
        self.reading(|set, backend, tables| {
            let status = standing(set, backend, tables)?;
            Ok(check::check(set, backend, tables, &status)?)
        })
    }

    /// Returns size, tables and the server's version, writing nothing.
    ///
    /// # Errors
    /// `RunError::Backend`.
    pub fn statistics(&mut self) -> Result<Statistics, RunError> {
        self.reading(|_, backend, tables| Ok(backend.statistics(tables)?))
    }

    /// Returns of which types the columns of all tables are, writing nothing.
    ///
    /// # Errors
    /// `RunError::Backend`.
    pub fn column_types(&mut self) -> Result<Vec<ColumnType>, RunError> {
        self.reading(|_, backend, tables| Ok(backend.column_types(tables)?))
    }

    /// Returns the schema in which names stand that say none, where there is such; writing nothing.
    ///
    /// # Errors
    /// `RunError::Backend`.
    pub fn home_schema(&mut self) -> Result<Option<String>, RunError> {
        self.reading(|_, backend, _| {
            let home = backend.home_schema();
            Ok(home.during("read which schema is the first one")?)
        })
    }

    /// Returns how far each table reaches, its partitions included, where the engine does not count all
    /// rows anyway; writing nothing.
    ///
    /// # Errors
    /// `RunError::Backend`.
    pub fn extents(&mut self) -> Result<Vec<Extent>, RunError> {
        self.reading(|_, backend, tables| Ok(backend.extents(tables)?))
    }

    /// Returns what the database has of what a linter asks for, as the statements that would make it:
    /// the checks that all rows are known to pass, by what tables are divided, and what domains ask of
    /// values; on SQLite the indexes; writing nothing.
    ///
    /// # Errors
    /// `RunError::Backend`.
    pub fn definitions(&mut self) -> Result<Vec<String>, RunError> {
        self.reading(|_, backend, tables| Ok(backend.definitions(tables)?))
    }

    /// Returns what the engine tells of itself, and what may stand in the way of a run, writing
    /// nothing. Others' transactions that do nothing are told of where they have been open for longer
    /// than `idle`; where that is no limit, none is.
    ///
    /// # Errors
    /// `RunError::Backend`.
    pub fn examine(&mut self, idle: Limit) -> Result<Examination, RunError> {
        self.reading(|_, backend, tables| {
            Ok(backend
                .examine(tables, idle)
                .during("examine the database")?)
        })
    }

    /// Refuses a database that is reached through a pooler in transaction mode, where a lock cannot
    /// be held. Takes none, and writes nothing.
    ///
    /// # Errors
    /// `RunError::Backend` with `BackendError::PooledTransactions`.
    pub fn refuse_pooler(&mut self) -> Result<(), RunError> {
        Ok(operation::refuse_pooler_of(&mut self.database)?)
    }

    /// Returns why this tool's tables and Diesel's have no place in the database, if they have none:
    /// whoever reads finds nothing there, and whoever writes is refused. Writes nothing.
    ///
    /// # Errors
    /// `RunError::Backend`.
    pub fn lacking_place(&mut self) -> Result<Option<BackendError>, RunError> {
        self.reading(|_, backend, tables| Ok(check::lacking_place(backend, tables)))
    }

    /// Returns what restores that were killed left beside the database, writing nothing.
    ///
    /// # Errors
    /// `RunError::Backend`.
    pub fn left_by_restores(&mut self) -> Result<Vec<Leftover>, RunError> {
        Ok(self.database.leftovers()?)
    }

    /// Returns the environment that the database is marked with, writing nothing.
    ///
    /// # Errors
    /// `RunError::Backend`.
    pub fn marked_environment(&mut self) -> Result<Option<String>, RunError> {
        self.reading(|_, backend, tables| Ok(history::read_metadata(backend, tables)?.environment))
    }

    /// Finds the tables and reads, with patience for whoever writes meanwhile; the session is put
    /// back as it was.
    pub(super) fn reading<T>(
        &mut self,
        mut read: impl FnMut(&MigrationSet, &mut dyn Backend, &Tables) -> Result<T, RunError>,
    ) -> Result<T, RunError> {
        self.database.renew()?;
        let (set, patience) = (&self.set, self.caller.lock_wait);
        operation::reading(&mut self.database, patience, |backend, tables| {
            read(set, backend, tables)
        })
    }
}

/// Returns how every migration stands; what a run is at just now is not taken for cut off.
fn standing(
    set: &MigrationSet,
    backend: &mut dyn Backend,
    tables: &Tables,
) -> Result<StatusReport, BackendError> {
    let ledger = history::load_ledger(backend, tables)?;
    let mut status = survey(set, &ledger, backend.dialect());
    if status.totals.interrupted > 0 && backend.lock_holder(tables)?.is_some() {
        note_run_under_way(&mut status);
    }
    Ok(status)
}
