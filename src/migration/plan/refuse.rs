//! Why a plan cannot be made.
//!
//! Pure.

use super::going_on_down;
use crate::event::Direction;
use crate::migration::asked;
use crate::migration::error::PlanError;
use crate::migration::options::{OnFailure, OnModified, OutOfOrder, TransactionMode, UpOptions};
use crate::migration::status::{Mark, StatusEntry, StatusReport};
use crate::version::Version;

/// Returns what was modified, to be applied again, or refuses where that was not asked for.
pub(super) fn modified(
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
        names: names(modified),
    })
}

/// Refuses to go on after a failure within one transaction for all: neither silently gives way to
/// the other, whichever of them was typed, configured or asked for by a program.
pub(super) fn refuse_both(options: &UpOptions) -> Result<(), PlanError> {
    match (options.failure, options.transaction) {
        (OnFailure::GoOn, TransactionMode::Batch) => Err(PlanError::KeepGoingInBatch),
        _ => Ok(()),
    }
}

/// Refuses where an applied migration has no file though newer files are there.
pub(super) fn refuse_holes(status: &StatusReport) -> Result<(), PlanError> {
    let holes = names(
        status
            .migrations
            .iter()
            .filter(|entry| entry.has(Mark::Missing)),
    );
    if holes.is_empty() {
        return Ok(());
    }
    Err(PlanError::Hole { names: holes })
}

/// Refuses what is pending and older than the newest applied version; `allowing` makes the command
/// that applies it all the same.
pub(super) fn refuse_late(
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
        names: late,
        newest: newest.clone(),
        allowing: allowing(),
    })
}

/// Refuses where a way down stopped half way: only `rollback` goes on with it.
pub(super) fn refuse_half_ways_down(status: &StatusReport) -> Result<(), PlanError> {
    let halted = status
        .migrations
        .iter()
        .find(|entry| entry.has(Mark::HalfRolledBack));
    halted.map_or(Ok(()), |entry| {
        let (done, total) = entry.statements();
        Err(PlanError::WayDownHalted {
            name: entry.name.clone(),
            version: entry.version.clone(),
            done,
            total,
            going_on: going_on_down(status, entry),
            kept_by: entry.kept_by(),
        })
    })
}

/// Refuses to roll back what has no way down, or what something half done stands on.
pub(super) fn refuse_going_down(
    status: &StatusReport,
    taken: &[&StatusEntry],
) -> Result<(), PlanError> {
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
            let (done, total) = entry.statements();
            return Err(PlanError::BeneathHalted {
                names: beneath,
                name: entry.name.clone(),
                version: entry.version.clone(),
                direction,
                done,
                total,
                going_on: match direction {
                    Direction::Up => going_on_up(entry),
                    Direction::Down => going_on_down(status, entry),
                },
            });
        }
    }
    Ok(())
}

/// Refuses to roll back what no file and no row has a way down for.
pub(super) fn refuse_irreversible(entries: &[&StatusEntry]) -> Result<(), PlanError> {
    let entries = entries.iter().copied();
    let irreversible: Vec<_> = entries
        .filter(|entry| entry.has(Mark::Irreversible))
        .collect();
    let of_these = irreversible.iter().copied();
    let without_file = names(of_these.clone().filter(|entry| !entry.has_file));
    if !without_file.is_empty() {
        return Err(PlanError::NoWayDown {
            names: without_file,
        });
    }
    if irreversible.is_empty() {
        return Ok(());
    }
    let said = of_these.filter_map(|entry| {
        let word = entry.irreversible.as_ref()?;
        Some((entry.name.clone(), word.reason.clone().unwrap_or_default()))
    });
    Err(PlanError::Irreversible {
        reasons: said.collect(),
        names: names(irreversible),
    })
}

/// Refuses to end at a version above which something is half applied: a rollback takes only what is
/// applied.
pub(super) fn refuse_half_ways_up_above(
    status: &StatusReport,
    version: &Version,
) -> Result<(), PlanError> {
    let mut halted = status.migrations.iter();
    let halted = halted.find(|entry| entry.version > *version && entry.is_half_applied());
    halted.map_or(Ok(()), |entry| Err(way_up_halted(entry)))
}

/// Refuses to pass over what is half applied and has no file to go on with: where one has it, it is
/// pending.
pub(super) fn refuse_half_ways_up_without_file(status: &StatusReport) -> Result<(), PlanError> {
    let mut halted = status.migrations.iter();
    let halted = halted.find(|entry| entry.is_half_applied() && !entry.has_file);
    halted.map_or(Ok(()), |entry| Err(way_up_halted(entry)))
}

/// Returns the command that goes on with a way up that stopped half way, where a file has it.
fn going_on_up(entry: &StatusEntry) -> Option<String> {
    entry.has_file.then(|| asked::plain_up(OutOfOrder::Refuse))
}

/// Returns the refusal to pass over a migration whose way up stopped half way.
pub(super) fn way_up_halted(entry: &StatusEntry) -> PlanError {
    let (done, total) = entry.statements();
    PlanError::WayUpHalted {
        name: entry.name.clone(),
        version: entry.version.clone(),
        done,
        total,
        going_on: going_on_up(entry),
    }
}

/// Returns the full names, as messages list them.
pub(super) fn names<'a>(entries: impl IntoIterator<Item = &'a StatusEntry>) -> Vec<String> {
    entries
        .into_iter()
        .map(|entry| entry.name.clone())
        .collect()
}
