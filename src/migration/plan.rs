//! What will be run, in which order: a pure function of the status and of what was asked.
//!
//! The plan that is shown is the plan that is run.

use serde::Serialize;

use super::asked;
use super::error::PlanError;
use super::options::{GotoOptions, OnModified, OutOfOrder, UpOptions};
use super::status::{Mark, State, StatusEntry, StatusReport};
use crate::event::Direction;
use crate::version::{Target, UpTarget, Version};

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
    #[serde(skip)]
    pub(crate) source: StepSource,
    #[serde(skip)]
    pub(crate) attempt: Option<i64>,
}

/// The steps of a run, in order.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct Plan {
    /// The steps.
    pub steps: Vec<PlannedStep>,
}

impl Plan {
    /// Returns whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }
}

/// Plans `up`.
pub(crate) fn up(status: &StatusReport, options: &UpOptions) -> Result<Plan, PlanError> {
    if let UpTarget::To(version) = &options.target {
        find(status, version)?;
    }
    refuse_half_ways_down(status)?;
    refuse_holes(status)?;
    let again = modified(status, options.modified)?;
    let mut pending = pending_within(status, &options.target);
    if options.out_of_order == OutOfOrder::Refuse {
        let newest = newest_applied(status, None);
        refuse_late(newest, &pending, || asked::up_with_late(options))?;
    }
    pending.extend(again);
    pending.sort_by(|a, b| a.version.cmp(&b.version));
    Ok(Plan {
        steps: pending.into_iter().map(step_up).collect(),
    })
}

/// Plans `rollback`.
pub(crate) fn rollback(status: &StatusReport, target: &Target) -> Result<Plan, PlanError> {
    let entries = picked(status, target)?;
    refuse_going_down(status, &entries)?;
    Ok(Plan {
        steps: entries.into_iter().map(step_down).collect(),
    })
}

/// Plans `redo`: the same migrations down, and up again in the order in which they had come.
pub(crate) fn redo(status: &StatusReport, target: &Target) -> Result<Plan, PlanError> {
    let entries = picked(status, target)?;
    refuse_going_down(status, &entries)?;
    let missing = names(entries.iter().copied().filter(|entry| !entry.has_file));
    if !missing.is_empty() {
        return Err(PlanError::MissingFile { versions: missing });
    }
    let ups: Vec<PlannedStep> = entries.iter().rev().copied().map(fresh_step_up).collect();
    let downs = entries.into_iter().map(step_down);
    Ok(Plan {
        steps: downs.chain(ups).collect(),
    })
}

/// Plans `goto`: everything newer down, then everything pending up to the version.
pub(crate) fn goto(status: &StatusReport, options: &GotoOptions) -> Result<Plan, PlanError> {
    let target = find(status, &options.version)?;
    if !target.has_file && !target.is_applied() {
        return Err(PlanError::MissingFile {
            versions: vec![target.name.clone()],
        });
    }
    let mut downs = applied_newest_first(status);
    downs.retain(|entry| entry.version > options.version);
    refuse_going_down(status, &downs)?;
    let ups = pending_within(status, &UpTarget::To(options.version.clone()));
    if downs.is_empty() {
        refuse_half_ways_down(status)?;
        // Going down is a way out of a modified or a missing file; going up is what `up` does.
        if !ups.is_empty() {
            refuse_holes(status)?;
            modified(status, OnModified::Refuse)?;
        }
    }
    if options.out_of_order == OutOfOrder::Refuse {
        let newest = newest_applied(status, Some(&options.version));
        refuse_late(newest, &ups, || asked::goto_with_late(options))?;
    }
    Ok(Plan {
        steps: downs
            .into_iter()
            .map(step_down)
            .chain(ups.into_iter().map(step_up))
            .collect(),
    })
}

/// Returns the versions that `baseline` marks: all files up to the version that are not applied.
pub(crate) fn baseline<'a>(
    status: &'a StatusReport,
    version: &Version,
) -> Result<Vec<&'a StatusEntry>, PlanError> {
    let target = find(status, version)?;
    if !target.has_file && !target.is_applied() {
        return Err(PlanError::MissingFile {
            versions: vec![target.name.clone()],
        });
    }
    let marked: Vec<_> = status
        .migrations
        .iter()
        .filter(|entry| entry.has_file && !entry.is_applied() && entry.version <= *version)
        .collect();
    match marked.iter().find(|entry| entry.is_half_applied()) {
        Some(entry) => Err(way_up_halted(entry)),
        None => Ok(marked),
    }
}

/// Returns the entry of a version.
pub(crate) fn find<'a>(
    status: &'a StatusReport,
    version: &Version,
) -> Result<&'a StatusEntry, PlanError> {
    let known = status
        .migrations
        .iter()
        .find(|entry| entry.version == *version);
    known.ok_or_else(|| PlanError::UnknownVersion {
        version: version.clone(),
        nearest: nearest(status, version),
    })
}

/// Returns the version that begins as the unknown one does, for as long as possible.
fn nearest(status: &StatusReport, version: &Version) -> Option<Version> {
    let shared = |other: &Version| {
        let pairs = other.as_str().bytes().zip(version.as_str().bytes());
        pairs.take_while(|(a, b)| a == b).count()
    };
    let best = status
        .migrations
        .iter()
        .map(|entry| &entry.version)
        .max_by_key(|other| shared(other))?;
    (shared(best) * 2 > version.as_str().len()).then(|| best.clone())
}

fn pending_within<'a>(status: &'a StatusReport, target: &UpTarget) -> Vec<&'a StatusEntry> {
    let pending = status
        .migrations
        .iter()
        .filter(|entry| entry.has_file && !entry.is_applied());
    match target {
        UpTarget::All => pending.collect(),
        UpTarget::To(version) => pending.filter(|entry| entry.version <= *version).collect(),
        UpTarget::Steps(steps) => pending.take(*steps).collect(),
    }
}

fn applied_newest_first(status: &StatusReport) -> Vec<&StatusEntry> {
    let mut applied: Vec<_> = status
        .migrations
        .iter()
        .filter(|entry| entry.is_applied())
        .collect();
    applied.sort_by_key(|entry| std::cmp::Reverse(entry.order));
    applied
}

/// Returns what a rollback takes, in reverse order of application.
fn picked<'a>(
    status: &'a StatusReport,
    target: &Target,
) -> Result<Vec<&'a StatusEntry>, PlanError> {
    let mut applied = applied_newest_first(status);
    match target {
        Target::All => {}
        Target::Steps(steps) => applied.truncate(*steps),
        Target::To(version) => {
            if !find(status, version)?.is_applied() {
                return Err(PlanError::NotApplied {
                    version: version.clone(),
                });
            }
            let place = applied.iter().position(|entry| entry.version == *version);
            applied.truncate(place.unwrap_or(0));
        }
        Target::Batch(wanted) => {
            let newest = applied.iter().filter_map(|entry| entry.batch).max();
            let batch = wanted.or(newest);
            applied.retain(|entry| batch.is_some() && entry.batch == batch);
            if let (Some(batch), true) = (*wanted, applied.is_empty()) {
                return Err(PlanError::UnknownBatch { batch });
            }
        }
    }
    Ok(applied)
}

fn modified(
    status: &StatusReport,
    on_modified: OnModified,
) -> Result<Vec<&StatusEntry>, PlanError> {
    let modified: Vec<_> = status
        .migrations
        .iter()
        .filter(|entry| entry.has(Mark::Modified))
        .collect();
    if modified.is_empty() || on_modified == OnModified::ApplyAgain {
        return Ok(modified);
    }
    Err(PlanError::Modified {
        versions: names(modified),
    })
}

fn refuse_holes(status: &StatusReport) -> Result<(), PlanError> {
    let holes = names(
        status
            .migrations
            .iter()
            .filter(|entry| entry.has(Mark::Missing)),
    );
    if holes.is_empty() {
        return Ok(());
    }
    Err(PlanError::Hole { versions: holes })
}

/// Returns the newest applied version, up to and with the last one that counts.
fn newest_applied<'a>(status: &'a StatusReport, last: Option<&Version>) -> Option<&'a Version> {
    let applied = status.migrations.iter().filter(|entry| entry.is_applied());
    applied
        .map(|entry| &entry.version)
        .filter(|version| last.is_none_or(|last| *version <= last))
        .max()
}

fn refuse_late(
    newest: Option<&Version>,
    pending: &[&StatusEntry],
    allowing: impl FnOnce() -> String,
) -> Result<(), PlanError> {
    let Some(newest) = newest else {
        return Ok(());
    };
    // What stopped half way has begun in its turn: going on with it is not late.
    let late = names(
        pending
            .iter()
            .copied()
            .filter(|entry| entry.version < *newest && !entry.is_half_applied()),
    );
    if late.is_empty() {
        return Ok(());
    }
    Err(PlanError::OutOfOrder {
        versions: late,
        newest: newest.clone(),
        allowing: allowing(),
    })
}

fn refuse_half_ways_down(status: &StatusReport) -> Result<(), PlanError> {
    let halted = status
        .migrations
        .iter()
        .find(|entry| entry.has(Mark::HalfRolledBack));
    halted.map_or(Ok(()), |entry| {
        Err(PlanError::WayDownHalted {
            name: entry.name.clone(),
            version: entry.version.clone(),
            done: entry.statements_done.unwrap_or(0),
            total: entry.statements_total.unwrap_or(0),
        })
    })
}

fn refuse_going_down(status: &StatusReport, taken: &[&StatusEntry]) -> Result<(), PlanError> {
    refuse_irreversible(taken)?;
    refuse_beneath_half_ways(status, taken)
}

/// Refuses to take away what a migration that stopped half way may stand on.
fn refuse_beneath_half_ways(
    status: &StatusReport,
    taken: &[&StatusEntry],
) -> Result<(), PlanError> {
    let halted = status.migrations.iter().filter_map(|entry| {
        if entry.is_half_applied() {
            Some((entry, Direction::Up, entry.attempt?))
        } else {
            let stays = !taken.iter().any(|other| other.version == entry.version);
            (stays && entry.has(Mark::HalfRolledBack)).then_some((
                entry,
                Direction::Down,
                entry.order,
            ))
        }
    });
    for (entry, direction, place) in halted {
        let beneath = names(taken.iter().copied().filter(|other| other.order < place));
        if !beneath.is_empty() {
            return Err(PlanError::BeneathHalted {
                versions: beneath,
                name: entry.name.clone(),
                version: entry.version.clone(),
                direction,
                done: entry.statements_done.unwrap_or(0),
                total: entry.statements_total.unwrap_or(0),
            });
        }
    }
    Ok(())
}

fn refuse_irreversible(entries: &[&StatusEntry]) -> Result<(), PlanError> {
    let irreversible = names(
        entries
            .iter()
            .copied()
            .filter(|entry| entry.has(Mark::Irreversible)),
    );
    if irreversible.is_empty() {
        return Ok(());
    }
    Err(PlanError::Irreversible {
        versions: irreversible,
    })
}

fn way_up_halted(entry: &StatusEntry) -> PlanError {
    PlanError::WayUpHalted {
        name: entry.name.clone(),
        version: entry.version.clone(),
        done: entry.statements_done.unwrap_or(0),
        total: entry.statements_total.unwrap_or(0),
    }
}

fn names<'a>(entries: impl IntoIterator<Item = &'a StatusEntry>) -> Vec<String> {
    entries
        .into_iter()
        .map(|entry| entry.name.clone())
        .collect()
}

fn step_up(entry: &StatusEntry) -> PlannedStep {
    let half_way = entry.is_half_applied();
    PlannedStep {
        version: entry.version.clone(),
        name: entry.name.clone(),
        direction: Direction::Up,
        statements_done: entry.statements_done.filter(|_| half_way).unwrap_or(0),
        again: entry.state == State::Applied,
        source: StepSource::File,
        attempt: entry.attempt.filter(|_| half_way),
    }
}

fn fresh_step_up(entry: &StatusEntry) -> PlannedStep {
    PlannedStep {
        version: entry.version.clone(),
        name: entry.name.clone(),
        direction: Direction::Up,
        statements_done: 0,
        again: false,
        source: StepSource::File,
        attempt: None,
    }
}

fn step_down(entry: &StatusEntry) -> PlannedStep {
    let half_way = entry.has(Mark::HalfRolledBack);
    PlannedStep {
        version: entry.version.clone(),
        name: entry.name.clone(),
        direction: Direction::Down,
        statements_done: entry.statements_done.filter(|_| half_way).unwrap_or(0),
        again: false,
        source: match (entry.has_file, entry.attempt) {
            (false, Some(attempt)) => StepSource::History {
                attempt,
                transactional: entry.was_transactional,
            },
            _ => StepSource::File,
        },
        attempt: entry.attempt,
    }
}

#[cfg(test)]
mod tests;
