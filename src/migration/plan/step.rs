//! One step of a plan, made of a migration's line of the status.
//!
//! Pure.

use serde::Serialize;

use crate::backend::leftovers::Earlier;
use crate::event::Direction;
use crate::migration::status::{Mark, State, StatusEntry};
use crate::version::Version;

/// Where a step's SQL comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StepSource {
    /// The migration's files.
    File,
    /// The attempt of this number, which kept it.
    History {
        /// The attempt's number.
        attempt: i64,
        /// Whether its way up was one transaction; its way down is then, too.
        transactional: bool,
    },
}

/// One step of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PlannedStep {
    /// The migration's version.
    pub version: Version,
    /// Its full name.
    pub name: String,
    /// Which way it goes.
    pub direction: Direction,
    /// How many of its statements are committed already and are not run again.
    pub statements_done: i64,
    /// Whether it is applied already and is applied again.
    pub again: bool,
    /// Whether it goes down and was marked as applied without having run.
    pub baseline: bool,
    /// What applied it, which it keeps where it is applied again: what belonged together is still
    /// rolled back together.
    #[serde(skip)]
    pub(crate) batch: Option<i64>,
    #[serde(skip)]
    pub(crate) source: StepSource,
    #[serde(skip)]
    pub(crate) attempt: Option<i64>,
    /// How the last attempt at it ended, where that did not reach its end.
    #[serde(skip)]
    pub(crate) earlier: Earlier,
}

/// Makes the step that applies a migration, or goes on with one that stopped half way.
pub(super) fn step_up(entry: &StatusEntry) -> PlannedStep {
    let half_way = entry.is_half_applied();
    PlannedStep {
        version: entry.version.clone(),
        name: entry.name.clone(),
        direction: Direction::Up,
        statements_done: entry.statements_done.filter(|_| half_way).unwrap_or(0),
        again: entry.state == State::Applied,
        baseline: false,
        batch: entry.batch,
        source: StepSource::File,
        attempt: entry.attempt.filter(|_| half_way),
        earlier: earlier(entry),
    }
}

/// Makes the step that applies a migration whose way down runs before it.
pub(super) fn fresh_step_up(entry: &StatusEntry) -> PlannedStep {
    PlannedStep {
        version: entry.version.clone(),
        name: entry.name.clone(),
        direction: Direction::Up,
        statements_done: 0,
        again: false,
        baseline: false,
        batch: None,
        source: StepSource::File,
        attempt: None,
        earlier: Earlier::None,
    }
}

/// Makes the step that rolls a migration back, by the history's SQL where its file is gone.
pub(super) fn step_down(entry: &StatusEntry) -> PlannedStep {
    let half_way = entry.has(Mark::HalfRolledBack);
    PlannedStep {
        version: entry.version.clone(),
        name: entry.name.clone(),
        direction: Direction::Down,
        statements_done: entry.statements_done.filter(|_| half_way).unwrap_or(0),
        again: false,
        baseline: entry.has(Mark::Baseline),
        batch: None,
        source: match (entry.has_file, entry.attempt) {
            (false, Some(attempt)) => StepSource::History {
                attempt,
                transactional: entry.was_transactional,
            },
            _ => StepSource::File,
        },
        attempt: entry.attempt,
        earlier: earlier(entry),
    }
}

/// Returns how the last attempt ended, where that did not reach its end.
fn earlier(entry: &StatusEntry) -> Earlier {
    match &entry.error {
        Some(error) => Earlier::Failed(error.clone()),
        None if entry.state == State::Interrupted => Earlier::CutOff,
        None => Earlier::None,
    }
}

/// Makes the step that rolls back what a step has just applied, by its file.
pub(crate) fn way_down_of(up: &PlannedStep) -> PlannedStep {
    PlannedStep {
        direction: Direction::Down,
        statements_done: 0,
        again: false,
        attempt: None,
        earlier: Earlier::None,
        source: StepSource::File,
        ..up.clone()
    }
}
