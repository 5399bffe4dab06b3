//! Which migrations a command is about.
//!
//! Pure.

use super::refuse::way_up_halted;
use crate::migration::error::PlanError;
use crate::migration::status::{StatusEntry, StatusReport};
use crate::version::{Target, UpTarget, Version};

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

/// Returns the entry of a version that is applied, or that a file can apply.
pub(super) fn find_reachable<'a>(
    status: &'a StatusReport,
    version: &Version,
) -> Result<&'a StatusEntry, PlanError> {
    let entry = find(status, version)?;
    if entry.has_file || entry.is_applied() {
        return Ok(entry);
    }
    if entry.is_half_applied() {
        return Err(way_up_halted(entry));
    }
    Err(PlanError::MissingFile {
        names: vec![entry.name.clone()],
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

/// Returns the files that are not applied, by version, as far as the target goes.
pub(super) fn pending_within<'a>(
    status: &'a StatusReport,
    target: &UpTarget,
) -> Vec<&'a StatusEntry> {
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

/// Returns what is applied, in reverse order of application.
pub(super) fn applied_newest_first(status: &StatusReport) -> Vec<&StatusEntry> {
    let mut applied: Vec<_> = status
        .migrations
        .iter()
        .filter(|entry| entry.is_applied())
        .collect();
    applied.sort_by_key(|entry| std::cmp::Reverse(entry.order));
    applied
}

/// Returns what a rollback takes, in reverse order of application.
pub(super) fn picked<'a>(
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

/// Returns the newest applied version, up to and with the last one that counts.
pub(super) fn newest_applied<'a>(
    status: &'a StatusReport,
    last: Option<&Version>,
) -> Option<&'a Version> {
    let applied = status.migrations.iter().filter(|entry| entry.is_applied());
    applied
        .map(|entry| &entry.version)
        .filter(|version| last.is_none_or(|last| *version <= last))
        .max()
}
