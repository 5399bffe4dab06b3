//! What will be run, in which order: a pure function of the status and of what was asked.
//!
//! The plan that is shown is the plan that is run.

mod pick;
mod refuse;
mod step;

use serde::Serialize;

pub(crate) use pick::find;
use pick::{applied_newest_first, find_reachable, newest_applied, pending_within, picked};
use refuse::{
    modified, names, refuse_both, refuse_going_down, refuse_half_ways_down,
    refuse_half_ways_up_above, refuse_half_ways_up_without_file, refuse_holes, refuse_irreversible,
    refuse_late, way_up_halted,
};
pub use step::PlannedStep;
pub(crate) use step::{StepSource, way_down_of};
use step::{fresh_step_up, step_down, step_up};

use super::asked;
use super::error::PlanError;
use super::options::{GotoOptions, OnModified, OutOfOrder, UpOptions};
use super::status::{StatusEntry, StatusReport};
use crate::version::{Target, UpTarget, Version};

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
    refuse_both(options)?;
    if let UpTarget::To(version) = &options.target {
        find(status, version)?;
    }
    refuse_half_ways_down(status)?;
    refuse_half_ways_up_without_file(status)?;
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

/// Returns the command that goes on with a way down that stopped half way and takes back nothing
/// that was applied after it, where there is one.
pub(crate) fn going_on_down(status: &StatusReport, halted: &StatusEntry) -> Option<String> {
    let batch = halted.batch.map(|batch| Target::Batch(Some(batch)));
    let mut targets = [Some(Target::Steps(1)), batch].into_iter().flatten();
    let goes_on = |target: &Target| {
        let taken = picked(status, target).unwrap_or_default();
        let first = taken.first();
        first.is_some_and(|entry| entry.version == halted.version)
            && refuse_irreversible(&taken).is_ok()
    };
    targets.find(goes_on).map(|target| asked::rollback(&target))
}

/// Plans `redo`: the same migrations down, and up again in the order in which they had come.
pub(crate) fn redo(status: &StatusReport, target: &Target) -> Result<Plan, PlanError> {
    let entries = picked(status, target)?;
    refuse_going_down(status, &entries)?;
    let missing = names(entries.iter().copied().filter(|entry| !entry.has_file));
    if !missing.is_empty() {
        return Err(PlanError::MissingFile { names: missing });
    }
    let ups: Vec<PlannedStep> = entries.iter().rev().copied().map(fresh_step_up).collect();
    let downs = entries.into_iter().map(step_down);
    Ok(Plan {
        steps: downs.chain(ups).collect(),
    })
}

/// Plans `goto`: everything newer down, then everything pending up to the version.
pub(crate) fn goto(status: &StatusReport, options: &GotoOptions) -> Result<Plan, PlanError> {
    find_reachable(status, &options.version)?;
    let mut downs = applied_newest_first(status);
    downs.retain(|entry| entry.version > options.version);
    refuse_going_down(status, &downs)?;
    refuse_half_ways_up_above(status, &options.version)?;
    refuse_half_ways_up_without_file(status)?;
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
    find_reachable(status, version)?;
    refuse_half_ways_up_without_file(status)?;
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

#[cfg(test)]
mod tests;
