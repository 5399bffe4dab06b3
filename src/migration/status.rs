//! How every migration stands: files and ledger, compared.
//!
//! Pure.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDateTime;
use serde::Serialize;

use super::model::Migration;
use super::set::MigrationSet;
use crate::history::{Applied, Halted, Ledger, Operation, VersionState};
use crate::sql::Dialect;
use crate::version::Version;

/// How one migration stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// On disk, and not applied.
    Pending,
    /// Applied.
    Applied,
    /// Not applied: its last attempt failed.
    Failed,
    /// Neither applied nor not: an attempt was cut off half way.
    Interrupted,
    /// An attempt is under way just now.
    Running,
}

/// What else is to be said about a migration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Mark {
    /// Its SQL tokens differ from those that were applied.
    Modified,
    /// Only comments, blanks, line ends or the case of keywords differ.
    Reformatted,
    /// No file has it, and newer files are there.
    Missing,
    /// No file has it, and it is newer than every file: the database is ahead of this program.
    Ahead,
    /// It is pending, and older than the newest applied one.
    OutOfOrder,
    /// It was made from the template and never written.
    Template,
    /// It has no way down.
    Irreversible,
    /// Plain Diesel applied it.
    ByDiesel,
    /// It was marked as applied without running.
    Baseline,
    /// Somebody settled it by hand.
    Resolved,
    /// It runs outside of a transaction, statement by statement.
    NonTransactional,
    /// Its way down was cut off or failed half way.
    HalfRolledBack,
    /// Its last way down, or its last attempt to be applied again, failed.
    LastAttemptFailed,
    /// Its settings cannot be read.
    BadSettings,
}

/// One migration's line of the status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct StatusEntry {
    /// The version.
    pub version: Version,
    /// The full name; of a missing one, as the history has it.
    pub name: String,
    /// How it stands.
    pub state: State,
    /// What else is to be said.
    pub marks: Vec<Mark>,
    /// What applied it together with others.
    pub batch: Option<i64>,
    /// When it was applied, in UTC.
    #[serde(serialize_with = "crate::migration::report::rfc3339")]
    pub applied_at: Option<NaiveDateTime>,
    /// How long that took, in milliseconds.
    pub execution_time_ms: Option<i64>,
    /// Who did it.
    pub applied_by: Option<String>,
    /// Committed statements, where the last attempt stopped half way.
    pub statements_done: Option<i64>,
    /// Statements of that attempt.
    pub statements_total: Option<i64>,
    /// What the last attempt failed of.
    pub error: Option<String>,
    /// The order of application; later is larger.
    #[serde(skip)]
    pub(crate) order: i64,
    /// The number of the attempt that counts.
    #[serde(skip)]
    pub(crate) attempt: Option<i64>,
    /// Whether the history keeps its way down.
    #[serde(skip)]
    pub(crate) has_stored_down: bool,
    /// Whether the attempt that counts was one transaction.
    #[serde(skip)]
    pub(crate) was_transactional: bool,
    /// Whether a file has it.
    #[serde(skip)]
    pub(crate) has_file: bool,
}

impl StatusEntry {
    /// Returns whether it is applied, a half way down included.
    pub fn is_applied(&self) -> bool {
        self.state == State::Applied || self.marks.contains(&Mark::HalfRolledBack)
    }

    /// Returns whether it carries a mark.
    pub fn has(&self, mark: Mark) -> bool {
        self.marks.contains(&mark)
    }

    /// Returns whether statements of it are committed while it is not applied.
    pub(crate) fn is_half_applied(&self) -> bool {
        !self.is_applied() && self.statements_total.is_some()
    }
}

/// How many migrations stand how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct Totals {
    /// Applied.
    pub applied: usize,
    /// Pending, failed and interrupted ones not among them.
    pub pending: usize,
    /// Failed.
    pub failed: usize,
    /// Interrupted, or running just now.
    pub interrupted: usize,
    /// Modified.
    pub modified: usize,
    /// Missing, newer than every file or not.
    pub missing: usize,
    /// Out of order.
    pub out_of_order: usize,
}

/// The status of all migrations, by version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct StatusReport {
    /// The migrations.
    pub migrations: Vec<StatusEntry>,
    /// Their numbers.
    pub totals: Totals,
}

impl StatusReport {
    /// Returns whether everything on disk is applied and nothing is wrong.
    pub fn is_clean(&self) -> bool {
        let Totals {
            pending,
            failed,
            interrupted,
            modified,
            ..
        } = self.totals;
        pending + failed + interrupted + modified == 0
            && !self
                .migrations
                .iter()
                .any(|entry| entry.has(Mark::Missing) || entry.has(Mark::HalfRolledBack))
    }
}

/// Compares files and ledger.
pub(crate) fn survey(
    set: &MigrationSet,
    ledger: &Ledger,
    dialect: &'static dyn Dialect,
) -> StatusReport {
    let states = ledger.states();
    let newest_applied = newest_applied(&states);
    let newest_file = set.newest();
    let mut versions: BTreeSet<&Version> =
        set.migrations().iter().map(|file| &file.version).collect();
    versions.extend(
        states
            .iter()
            .filter(|(_, state)| matters_without_file(state))
            .map(|(version, _)| version),
    );
    let migrations: Vec<StatusEntry> = versions
        .into_iter()
        .map(|version| {
            let mut entry = match states.get(version) {
                Some(VersionState::Applied(applied)) => applied_entry(version, applied),
                Some(VersionState::NotApplied(Some(halted))) => halted_entry(version, halted),
                _ => blank(version, State::Pending),
            };
            match set.get(version) {
                Some(file) => {
                    compare(&mut entry, file, states.get(version), dialect);
                    if !entry.is_applied() && newest_applied.is_some_and(|newest| version < newest)
                    {
                        entry.marks.push(Mark::OutOfOrder);
                    }
                }
                None => entry
                    .marks
                    .push(if newest_file.is_some_and(|newest| version < newest) {
                        Mark::Missing
                    } else {
                        Mark::Ahead
                    }),
            }
            if !entry.has_file && !entry.has_stored_down {
                entry.marks.push(Mark::Irreversible);
            }
            entry.marks.sort_unstable();
            entry
        })
        .collect();
    StatusReport {
        totals: totals(&migrations),
        migrations,
    }
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
        order: 0,
        attempt: None,
        has_stored_down: false,
        was_transactional: true,
        has_file: false,
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
            entry.execution_time_ms = attempt.execution_time_ms;
            entry.applied_by.clone_from(&attempt.applied_by);
            entry.has_stored_down = attempt.has_down_sql;
            entry.was_transactional = attempt.transactional;
            entry.marks.extend(operation_mark(attempt.operation));
            if attempt.error.is_some() {
                entry.marks.push(Mark::LastAttemptFailed);
                entry.error.clone_from(&attempt.error);
            }
        }
    }
    if let Some(way_down) = &applied.way_down {
        note_half_way(&mut entry, way_down);
        entry.marks.push(Mark::HalfRolledBack);
    }
    if let Some(failed) = &applied.failed_again {
        entry.marks.push(Mark::LastAttemptFailed);
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
    entry.name.clone_from(&file.name);
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
        interrupted: count(&|entry| matches!(entry.state, State::Interrupted | State::Running)),
        modified: count(&|entry| entry.has(Mark::Modified)),
        missing: count(&|entry| entry.has(Mark::Missing) || entry.has(Mark::Ahead)),
        out_of_order: count(&|entry| entry.has(Mark::OutOfOrder)),
    }
}

#[cfg(test)]
mod tests;
