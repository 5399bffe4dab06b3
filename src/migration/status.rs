//! How every migration stands: files and ledger, compared.
//!
//! Pure.

mod survey;

use chrono::NaiveDateTime;
use serde::Serialize;

use super::error::{Way, settle};
use super::model::{Irreversible, KeptBy};
use super::plan;
use crate::event::Direction;
use crate::history::StrongestLock;
use crate::version::Version;

pub(crate) use survey::{note_run_under_way, survey};

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
    /// The strongest lock that it held when it was applied, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strongest_lock: Option<StrongestLock>,
    /// The order of application; later is larger.
    #[serde(skip)]
    pub(crate) order: i64,
    /// Which way the attempt failed that left it applied.
    #[serde(skip)]
    pub(crate) failed_going: Option<Direction>,
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
    /// What it was called when it was applied, where its file has another name now.
    #[serde(skip)]
    pub(crate) applied_as: Option<String>,
    /// The file's own word that it has no way down.
    #[serde(skip)]
    pub(crate) irreversible: Option<Irreversible>,
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

    /// Returns how many statements are committed of the attempt that stopped half way, and how many
    /// it has; zero and zero where none did.
    pub(crate) fn statements(&self) -> (i64, i64) {
        let (done, total) = (self.statements_done, self.statements_total);
        (done.unwrap_or(0), total.unwrap_or(0))
    }

    /// Returns who has its SQL.
    pub(crate) fn kept_by(&self) -> KeptBy {
        if self.has_file {
            KeptBy::File
        } else {
            KeptBy::History
        }
    }

    /// Returns whether statements of it are committed while it is not applied.
    pub(crate) fn is_half_applied(&self) -> bool {
        !self.is_applied() && self.statements_total.is_some()
    }
}

impl StatusEntry {
    /// Returns whether its way down stopped half way, and nobody is at it.
    pub fn is_half_rolled_back(&self) -> bool {
        self.has(Mark::HalfRolledBack) && self.state != State::Running
    }
}

/// How many migrations stand how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct Totals {
    /// Applied.
    pub applied: usize,
    /// Pending; failed, interrupted and running ones are not among them.
    pub pending: usize,
    /// Failed.
    pub failed: usize,
    /// Interrupted.
    pub interrupted: usize,
    /// Under way just now.
    pub running: usize,
    /// Rolled back in part; these are among the applied or the interrupted ones as well.
    pub half_rolled_back: usize,
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
    /// Returns the command that goes on with a way down that stopped half way, or that settles it by
    /// hand; `None` where none stopped.
    pub fn half_way_down(&self) -> Option<String> {
        let mut migrations = self.migrations.iter();
        let halted = migrations.find(|entry| entry.has(Mark::HalfRolledBack))?;
        let by_hand = || {
            settle(&halted.version, Way::Reverted)
                .trim_matches('`')
                .to_owned()
        };
        Some(plan::going_on_down(self, halted).unwrap_or_else(by_hand))
    }

    /// Returns the migration whose last way down failed and left it applied, with the command that rolls it
    /// back and takes back nothing that was applied after it; `None` where there is none.
    pub fn failed_way_down(&self) -> Option<(&StatusEntry, String)> {
        let mut migrations = self.migrations.iter();
        let failed = migrations.find(|entry| entry.failed_going == Some(Direction::Down))?;
        Some((failed, plan::going_on_down(self, failed)?))
    }

    /// Returns whether everything on disk is applied and nothing is wrong.
    pub fn is_clean(&self) -> bool {
        let Totals {
            pending,
            failed,
            interrupted,
            running,
            modified,
            ..
        } = self.totals;
        pending + failed + interrupted + running + modified == 0
            && !self
                .migrations
                .iter()
                .any(|entry| entry.has(Mark::Missing) || entry.has(Mark::HalfRolledBack))
    }
}

#[cfg(test)]
mod tests;
