//! The verbs that tell the history something, and run no migration.
//!
//! How a row is written is known to the history.

use super::Migrator;
use super::locked::Run;
use crate::backend::Backend;
use crate::backend::error::{BackendError, During};
use crate::environment::Environment;
use crate::history::{self, Metadata, NewAttempt, Operation, RolledBack, Status};
use crate::migration::error::RunError;
use crate::migration::options::BaselineOptions;
use crate::migration::plan;
use crate::migration::status::{Mark, State, StatusEntry};
use crate::version::Version;

/// How an unclear migration is settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolution {
    /// It is applied, whole.
    Applied,
    /// It is not applied; nothing of it is left.
    Reverted,
}

impl Migrator {
    /// Marks all up to a version as applied, running nothing.
    ///
    /// # Errors
    /// `RunError::Plan` and `RunError::Backend`; nothing was marked.
    pub fn baseline(
        &mut self,
        options: impl Into<BaselineOptions>,
    ) -> Result<Vec<Version>, RunError> {
        let options = options.into();
        self.locked(|backend, run| {
            let status = run.status(backend)?;
            let marked = plan::baseline(&status, &options.version)?;
            mark_baseline(backend, run, &marked)
        })
    }

    /// Settles a migration that stopped half way, or that somebody finished or undid by hand.
    ///
    /// One that is applied, and whose last way down or last attempt to be applied again failed and
    /// left it whole, is settled as applied: it stays as it was applied, whatever its file says now.
    ///
    /// # Errors
    /// `RunError::NoReason`, `RunError::NothingToResolve`, `RunError::Plan`, `RunError::Backend`;
    /// nothing was changed.
    pub fn resolve(
        &mut self,
        version: &Version,
        resolution: Resolution,
        reason: &str,
    ) -> Result<(), RunError> {
        self.locked(|backend, run| {
            let status = run.status(backend)?;
            let entry = plan::find(&status, version)?;
            refuse_empty(reason)?;
            refuse_settled(entry, resolution)?;
            let row = NewAttempt {
                reason: Some(reason.to_owned()),
                ..resolved(backend, run, entry, resolution)?
            };
            settle(backend, run, &row, resolution)
        })
    }

    /// Accepts a modified file: records its checksum beside the old one.
    ///
    /// # Errors
    /// `RunError::NoReason`, `RunError::NothingToRepair`, `RunError::Plan`, `RunError::Backend`;
    /// nothing was changed.
    pub fn repair(&mut self, version: &Version, reason: &str) -> Result<(), RunError> {
        self.locked(|backend, run| {
            let status = run.status(backend)?;
            let entry = plan::find(&status, version)?;
            if !(entry.has(Mark::Modified) || entry.has(Mark::Reformatted)) {
                return Err(nothing_to_repair(entry));
            }
            accept(backend, run, entry, reason)
        })
    }

    /// Marks the database with an environment, whatever it was marked with before.
    ///
    /// # Errors
    /// `RunError::Backend`; the old mark stays.
    pub fn mark_environment(&mut self, environment: &Environment) -> Result<(), RunError> {
        // The mark that is there may differ: that is what this verb is for.
        let said = self.caller.identity.environment.take();
        let marked = self.locked(|backend, run| {
            let metadata = Metadata {
                identity: None,
                environment: Some(environment.name().to_owned()),
            };
            Ok(history::record_metadata(
                backend,
                &run.held.locked.tables,
                &metadata,
            )?)
        });
        self.caller.identity.environment = said;
        marked
    }
}

/// Writes a row for each, and Diesel's beside it, and returns their versions.
fn mark_baseline(
    backend: &mut dyn Backend,
    run: &Run<'_, '_>,
    marked: &[&StatusEntry],
) -> Result<Vec<Version>, RunError> {
    let action = "mark the baseline";
    let versions = history::in_transaction(backend, [action, action], |backend| {
        marked
            .iter()
            .map(|entry| {
                let row = run.row(backend, entry, Operation::Baseline);
                write_applied(backend, run, &row)?;
                Ok(entry.version.clone())
            })
            .collect()
    });
    Ok(versions?)
}

fn write_applied(
    backend: &mut dyn Backend,
    run: &Run<'_, '_>,
    row: &NewAttempt,
) -> Result<(), BackendError> {
    let tables = &run.held.locked.tables;
    history::insert_diesel_row(backend, tables, &row.version)
        .during("write the row of Diesel's table")?;
    history::insert(backend, tables, row).during("write the history")
}

/// Closes what the history says of the migration, and writes the row that settles it.
fn settle(
    backend: &mut dyn Backend,
    run: &Run<'_, '_>,
    row: &NewAttempt,
    resolution: Resolution,
) -> Result<(), RunError> {
    let action = "settle the migration";
    let settled = history::in_transaction(backend, [action, action], |backend| {
        let tables = &run.held.locked.tables;
        let history = "write the history";
        if resolution == Resolution::Applied {
            history::forget_way_down(backend, tables, &row.version).during(history)?;
        }
        let cut_off = "cut off; settled by hand afterwards";
        history::fail_apply(backend, tables, &row.version, 0, cut_off).during(history)?;
        write_applied(backend, run, row)?;
        match resolution {
            Resolution::Applied => Ok(()),
            Resolution::Reverted => undo_applied(backend, run, &row.version),
        }
    });
    Ok(settled?)
}

/// Returns the row that settles a migration: of its file as it is now, or of what the history keeps
/// where no file has it, or where only a note of a failure is to be settled.
fn resolved(
    backend: &mut dyn Backend,
    run: &Run<'_, '_>,
    entry: &StatusEntry,
    resolution: Resolution,
) -> Result<NewAttempt, RunError> {
    let row = run.row(backend, entry, Operation::Resolve);
    let stays = resolution == Resolution::Applied && is_whole(entry);
    let Some(attempt) = entry.attempt.filter(|_| stays || !entry.has_file) else {
        return Ok(row);
    };
    let tables = &run.held.locked.tables;
    let ledger = history::load_ledger(backend, tables)?;
    let mut attempts = ledger.attempts().iter();
    let Some(kept) = attempts.find(|known| known.id == attempt) else {
        return Ok(row);
    };
    let stored = history::stored_sql(backend, tables, attempt)?;
    Ok(NewAttempt {
        // What was finished by hand was not applied by that run.
        batch: kept.batch.filter(|_| stays),
        checksum: kept.checksum,
        checksum_raw: kept.checksum_raw,
        transactional: kept.transactional,
        up_sql: stored.up,
        down_sql: stored.down,
        ..row
    })
}

/// Returns whether a migration is applied, and nothing of it is undone.
fn is_whole(entry: &StatusEntry) -> bool {
    entry.state == State::Applied && !entry.has(Mark::HalfRolledBack)
}

fn refuse_settled(entry: &StatusEntry, resolution: Resolution) -> Result<(), RunError> {
    let applied = is_whole(entry) && !entry.has(Mark::LastAttemptFailed);
    let untouched = !entry.is_applied() && !entry.is_half_applied() && entry.state != State::Failed;
    let (settled, state) = match resolution {
        Resolution::Applied => (applied, "applied"),
        Resolution::Reverted => (untouched, "not applied"),
    };
    if !settled {
        return Ok(());
    }
    Err(RunError::NothingToResolve {
        name: entry.name.clone(),
        state: state.to_owned(),
    })
}

fn nothing_to_repair(entry: &StatusEntry) -> RunError {
    let state = if !entry.is_applied() {
        "it is not applied"
    } else if !entry.has_file {
        "no file has it that could be accepted"
    } else {
        "its SQL is what was applied"
    };
    RunError::NothingToRepair {
        name: entry.name.clone(),
        state: state.to_owned(),
    }
}

/// Marks a version's rows as rolled back, the one that was just written among them.
fn undo_applied(
    backend: &mut dyn Backend,
    run: &Run<'_, '_>,
    version: &Version,
) -> Result<(), BackendError> {
    let (tables, now) = (&run.held.locked.tables, run.held.setup.clock.now());
    let noticed = RolledBack::noticed(now);
    history::finish_rollback(backend, tables, version, noticed).during("write the history")?;
    history::delete_diesel_row(backend, tables, version).during("remove the row of Diesel's table")
}

/// Writes the row that keeps the modified file's checksum.
fn accept(
    backend: &mut dyn Backend,
    run: &Run<'_, '_>,
    entry: &StatusEntry,
    reason: &str,
) -> Result<(), RunError> {
    refuse_empty(reason)?;
    let row = NewAttempt {
        reason: Some(reason.to_owned()),
        batch: entry.batch,
        status: Status::Success,
        ..run.row(backend, entry, Operation::Repair)
    };
    history::insert(backend, &run.held.locked.tables, &row).during("write the history")?;
    Ok(())
}

fn refuse_empty(reason: &str) -> Result<(), RunError> {
    if reason.trim().is_empty() {
        return Err(RunError::NoReason);
    }
    Ok(())
}
