//! Compares files and ledger.
//!
//! Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::{Mark, State, StatusEntry, StatusReport, Totals};
use crate::event::Direction;
use crate::history::{Applied, Halted, Ledger, Operation, VersionState};
use crate::migration::model::Migration;
use crate::migration::set::MigrationSet;
use crate::sql::Dialect;
use crate::version::Version;

/// Says of what was cut off that it is under way, as it is while a run holds the lock.
pub(crate) fn note_run_under_way(report: &mut StatusReport) {
    for entry in &mut report.migrations {
        if entry.state == State::Interrupted {
            entry.state = State::Running;
        }
    }
    report.totals = totals(&report.migrations);
}

/// Compares files and ledger.
pub(crate) fn survey(
    set: &MigrationSet,
    ledger: &Ledger,
    dialect: &'static dyn Dialect,
) -> StatusReport {
    let states = ledger.states();
    let ground = Ground {
        set,
        newest_applied: newest_applied(&states),
        newest_file: set.newest(),
        states: &states,
        dialect,
    };
    let migrations: Vec<StatusEntry> = ground
        .versions()
        .into_iter()
        .map(|version| ground.entry(version))
        .collect();
    StatusReport {
        totals: totals(&migrations),
        migrations,
    }
}

/// Both sides of the comparison.
struct Ground<'a> {
    set: &'a MigrationSet,
    states: &'a BTreeMap<Version, VersionState>,
    newest_applied: Option<&'a Version>,
    newest_file: Option<&'a Version>,
    dialect: &'static dyn Dialect,
}

impl<'a> Ground<'a> {
    /// Returns the versions that are worth a line.
    fn versions(&self) -> BTreeSet<&'a Version> {
        let files = self.set.migrations().iter().map(|file| &file.version);
        let states = self.states.iter();
        let without_file = states
            .filter(|(_, state)| matters_without_file(state))
            .map(|(version, _)| version);
        files.chain(without_file).collect()
    }

    fn entry(&self, version: &Version) -> StatusEntry {
        let state = self.states.get(version);
        let mut entry = match state {
            Some(VersionState::Applied(applied)) => applied_entry(version, applied),
            Some(VersionState::NotApplied(Some(halted))) => halted_entry(version, halted),
            _ => blank(version, State::Pending),
        };
        match self.set.get(version) {
            Some(file) => compare(&mut entry, file, state, self.dialect),
            None if is_older(version, self.newest_file) => entry.marks.push(Mark::Missing),
            None => entry.marks.push(Mark::Ahead),
        }
        if entry.has_file && !entry.is_applied() && is_older(version, self.newest_applied) {
            entry.marks.push(Mark::OutOfOrder);
        }
        if !entry.has_file && !entry.has_stored_down {
            entry.marks.push(Mark::Irreversible);
        }
        entry.marks.sort_unstable();
        entry
    }
}

fn is_older(version: &Version, newest: Option<&Version>) -> bool {
    newest.is_some_and(|newest| version < newest)
}

/// Returns whether a version is worth showing when no file has it: applied, or half applied.
fn matters_without_file(state: &VersionState) -> bool {
    match state {
        VersionState::Applied(_) => true,
        VersionState::NotApplied(halted) => {
            halted.as_ref().is_some_and(|halted| halted.is_half_way())
        }
    }
}

fn newest_applied(states: &BTreeMap<Version, VersionState>) -> Option<&Version> {
    states
        .iter()
        .rev()
        .find(|(_, state)| matches!(state, VersionState::Applied(_)))
        .map(|(version, _)| version)
}

fn blank(version: &Version, state: State) -> StatusEntry {
    StatusEntry {
        version: version.clone(),
        name: version.to_string(),
        state,
        marks: Vec::new(),
        batch: None,
        applied_at: None,
        execution_time_ms: None,
        applied_by: None,
        statements_done: None,
        statements_total: None,
        error: None,
        strongest_lock: None,
        order: 0,
        failed_going: None,
        attempt: None,
        has_stored_down: false,
        was_transactional: true,
        has_file: false,
        applied_as: None,
        irreversible: None,
    }
}

fn applied_entry(version: &Version, applied: &Applied) -> StatusEntry {
    let mut entry = blank(version, State::Applied);
    entry.order = applied.order;
    entry.applied_at = Some(applied.at);
    match &applied.attempt {
        None => entry.marks.push(Mark::ByDiesel),
        Some(attempt) => {
            entry.name.clone_from(&attempt.name);
            entry.attempt = Some(attempt.id);
            entry.batch = attempt.batch;
            entry.has_stored_down = attempt.has_down_sql;
            entry.was_transactional = attempt.transactional;
            if attempt.error.is_some() {
                entry.marks.push(Mark::LastAttemptFailed);
                entry.failed_going = Some(Direction::Down);
                entry.error.clone_from(&attempt.error);
            }
        }
    }
    if let Some(made_by) = &applied.made_by {
        entry.execution_time_ms = made_by.execution_time_ms;
        entry.applied_by.clone_from(&made_by.applied_by);
        entry.strongest_lock.clone_from(&made_by.strongest_lock);
        entry.marks.extend(operation_mark(made_by.operation));
    }
    if let Some(way_down) = &applied.way_down {
        note_half_way(&mut entry, way_down);
        entry.marks.push(Mark::HalfRolledBack);
    }
    if let Some(failed) = &applied.failed_again {
        entry.marks.push(Mark::LastAttemptFailed);
        entry.failed_going = Some(Direction::Up);
        entry.error.clone_from(&failed.error);
    }
    entry
}

fn operation_mark(operation: Operation) -> Option<Mark> {
    match operation {
        Operation::Apply | Operation::Repair => None,
        Operation::Baseline => Some(Mark::Baseline),
        Operation::Adopt => Some(Mark::ByDiesel),
        Operation::Resolve => Some(Mark::Resolved),
    }
}

fn halted_entry(version: &Version, halted: &Halted) -> StatusEntry {
    let state = if halted.interrupted {
        State::Interrupted
    } else {
        State::Failed
    };
    let mut entry = blank(version, state);
    entry.name.clone_from(&halted.attempt.name);
    entry.attempt = Some(halted.attempt.id);
    entry.error.clone_from(&halted.attempt.error);
    if halted.is_half_way() {
        note_half_way(&mut entry, halted);
    }
    entry
}

fn note_half_way(entry: &mut StatusEntry, halted: &Halted) {
    if halted.interrupted {
        entry.state = State::Interrupted;
    }
    entry.statements_done = Some(halted.attempt.statements_done);
    entry.statements_total = Some(halted.attempt.statements_total);
}

fn compare(
    entry: &mut StatusEntry,
    file: &Migration,
    state: Option<&VersionState>,
    dialect: &'static dyn Dialect,
) {
    entry.has_file = true;
    entry.irreversible.clone_from(&file.settings.irreversible);
    let known = std::mem::replace(&mut entry.name, file.name.clone());
    let applied_as = Some(known).filter(|_| entry.is_applied());
    entry.applied_as = applied_as.filter(|known| is_another_name(known, &file.name));
    if file.settings_error.is_some() {
        entry.marks.push(Mark::BadSettings);
    }
    if !entry.is_applied() && file.is_template(dialect) {
        entry.marks.push(Mark::Template);
    } else if file.is_irreversible(dialect) {
        entry.marks.push(Mark::Irreversible);
    }
    if !file.settings.run_in_transaction || file.controls_transaction(dialect) {
        entry.marks.push(Mark::NonTransactional);
    }
    if let Some(VersionState::Applied(applied)) = state {
        entry.marks.extend(modification(file, applied, dialect));
    }
}

/// Returns whether a migration that was applied under one name has another now. A version alone is
/// no name, and how a version is written, with dashes or without, is none either.
fn is_another_name(known: &str, present: &str) -> bool {
    let words = |name: &str| name.split_once('_').map(|(_, words)| words.to_owned());
    words(known).is_some_and(|known| words(present) != Some(known))
}

/// Compares the bytes first: tokens are only hashed where those differ.
fn modification(
    file: &Migration,
    applied: &Applied,
    dialect: &'static dyn Dialect,
) -> Option<Mark> {
    let attempt = applied.attempt.as_ref()?;
    let (raw, tokens) = (attempt.checksum_raw?, attempt.checksum?);
    if file.up.checksum_raw() == raw {
        return None;
    }
    Some(if file.up.checksum(dialect) == tokens {
        Mark::Reformatted
    } else {
        Mark::Modified
    })
}

fn totals(entries: &[StatusEntry]) -> Totals {
    let count = |predicate: &dyn Fn(&StatusEntry) -> bool| {
        entries.iter().filter(|entry| predicate(entry)).count()
    };
    Totals {
        applied: count(&|entry| entry.state == State::Applied),
        pending: count(&|entry| entry.state == State::Pending),
        failed: count(&|entry| entry.state == State::Failed),
        interrupted: count(&|entry| entry.state == State::Interrupted),
        running: count(&|entry| entry.state == State::Running),
        half_rolled_back: count(&StatusEntry::is_half_rolled_back),
        modified: count(&|entry| entry.has(Mark::Modified)),
        missing: count(&|entry| entry.has(Mark::Missing) || entry.has(Mark::Ahead)),
        out_of_order: count(&|entry| entry.has(Mark::OutOfOrder)),
    }
}
