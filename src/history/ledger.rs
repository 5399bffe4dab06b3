//! What Diesel's table and the history say together about each version.
//!
//! Pure: rows in, states out. Where the two disagree Diesel's table is right, and the
//! [`Reconciliation`] says what the history has to be told.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDateTime;

use super::attempt::{Attempt, Operation, Status};
use crate::version::Version;

/// Diesel's rows and the attempts, as they were read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ledger {
    diesel_rows: BTreeMap<Version, NaiveDateTime>,
    attempts: Vec<Attempt>,
}

/// An attempt that did not reach its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Halted {
    /// The attempt.
    pub(crate) attempt: Attempt,
    /// Whether it was cut off, as against having failed.
    pub(crate) interrupted: bool,
}

impl Halted {
    fn of(attempt: &Attempt) -> Option<Self> {
        matches!(attempt.status, Status::Running | Status::Failed).then(|| Self {
            attempt: attempt.clone(),
            interrupted: attempt.status == Status::Running,
        })
    }

    /// Returns whether some of its statements are committed and others are not, or may be.
    pub(crate) fn is_half_way(&self) -> bool {
        !self.attempt.transactional && (self.interrupted || self.attempt.statements_done > 0)
    }
}

/// A version that is applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Applied {
    /// Its place in the order of application: later is larger.
    pub(crate) order: i64,
    /// What the history knows; `None` where plain Diesel applied it and nobody noted it yet.
    pub(crate) attempt: Option<Attempt>,
    /// The attempt that made it so: `attempt`, or the newest before it that is no repair.
    pub(crate) made_by: Option<Attempt>,
    /// When it was applied, in UTC.
    pub(crate) at: NaiveDateTime,
    /// A way down that did not reach its end.
    pub(crate) way_down: Option<Halted>,
    /// A later attempt to apply it again that failed.
    pub(crate) failed_again: Option<Attempt>,
}

/// How one version stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum VersionState {
    /// It is applied.
    Applied(Box<Applied>),
    /// It is not, and this is what became of the last attempt, if it did not reach its end.
    NotApplied(Option<Box<Halted>>),
}

/// What the history has to be told, because plain Diesel, or a hand, did it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Reconciliation {
    /// Applied without a row: in the order of their application.
    pub(crate) adopt: Vec<(Version, NaiveDateTime)>,
    /// Rolled back, and the history does not know.
    pub(crate) rolled_back: Vec<Version>,
}

impl Reconciliation {
    /// Returns whether there is nothing to tell.
    pub(crate) fn is_empty(&self) -> bool {
        self.adopt.is_empty() && self.rolled_back.is_empty()
    }
}

impl Ledger {
    /// Makes a ledger of Diesel's rows and of the attempts, in the order of their numbers.
    pub(crate) fn new(diesel_rows: Vec<(Version, NaiveDateTime)>, attempts: Vec<Attempt>) -> Self {
        Self {
            diesel_rows: diesel_rows.into_iter().collect(),
            attempts,
        }
    }

    /// Returns every attempt, oldest first.
    pub(crate) fn attempts(&self) -> &[Attempt] {
        &self.attempts
    }

    /// Returns the name under which a version is applied, where a row says it.
    pub(crate) fn applied_as(&self, version: &Version) -> Option<String> {
        match self.states().remove(version)? {
            VersionState::Applied(applied) => Some(applied.attempt?.name),
            VersionState::NotApplied(_) => None,
        }
    }

    /// Returns the number for the next batch.
    pub(crate) fn next_batch(&self) -> i64 {
        let newest = self
            .attempts
            .iter()
            .filter_map(|attempt| attempt.batch)
            .max();
        newest.map_or(1, |batch| batch + 1)
    }

    /// Returns how each version stands that either table names.
    pub(crate) fn states(&self) -> BTreeMap<Version, VersionState> {
        let by_version = self.by_version();
        let none = Vec::new();
        let newest_id = self.attempts.last().map_or(0, |attempt| attempt.id);
        let unnoted = self.unnoted(&by_version);
        let versions: BTreeSet<&Version> = self
            .diesel_rows
            .keys()
            .chain(by_version.keys().copied())
            .collect();
        versions
            .into_iter()
            .map(|version| {
                let attempts = by_version.get(version).unwrap_or(&none);
                let state = match self.diesel_rows.get(version) {
                    None => not_applied(attempts),
                    Some(run_on) => {
                        let place = unnoted.iter().position(|(other, _)| other == version);
                        let place = place.map_or(0, |place| {
                            newest_id + 1 + i64::try_from(place).unwrap_or(i64::MAX - newest_id - 1)
                        });
                        applied(attempts, *run_on, place)
                    }
                };
                (version.clone(), state)
            })
            .collect()
    }

    /// Returns what the history has to be told.
    pub(crate) fn reconciliation(&self) -> Reconciliation {
        let by_version = self.by_version();
        let gone = |(version, attempts): (&&Version, &Vec<&Attempt>)| {
            let stale =
                !self.diesel_rows.contains_key(*version) && active(attempts).next().is_some();
            stale.then(|| (*version).clone())
        };
        Reconciliation {
            adopt: self.unnoted(&by_version),
            rolled_back: by_version.iter().filter_map(gone).collect(),
        }
    }

    fn by_version(&self) -> BTreeMap<&Version, Vec<&Attempt>> {
        let mut by_version: BTreeMap<&Version, Vec<&Attempt>> = BTreeMap::new();
        for attempt in &self.attempts {
            by_version
                .entry(&attempt.version)
                .or_default()
                .push(attempt);
        }
        by_version
    }

    /// Returns the versions that are applied without a row, in the order of their application.
    fn unnoted(
        &self,
        by_version: &BTreeMap<&Version, Vec<&Attempt>>,
    ) -> Vec<(Version, NaiveDateTime)> {
        let noted = |version: &Version| {
            by_version
                .get(version)
                .is_some_and(|attempts| active(attempts).next().is_some())
        };
        let mut unnoted: Vec<_> = self
            .diesel_rows
            .iter()
            .filter(|(version, _)| !noted(version))
            .map(|(version, run_on)| (version.clone(), *run_on))
            .collect();
        unnoted.sort_by(|(a, a_on), (b, b_on)| a_on.cmp(b_on).then_with(|| a.cmp(b)));
        unnoted
    }
}

/// Returns the rows that say that a version is applied: a way down that has begun and not ended
/// leaves it applied.
fn active<'a>(attempts: &'a [&'a Attempt]) -> impl DoubleEndedIterator<Item = &'a Attempt> {
    attempts
        .iter()
        .copied()
        .filter(|attempt| attempt.status == Status::Success || attempt.is_on_the_way_down())
}

fn applied(attempts: &[&Attempt], run_on: NaiveDateTime, place: i64) -> VersionState {
    let newest = active(attempts).next_back();
    let oldest = active(attempts).next();
    let made_by = active(attempts).rfind(|attempt| attempt.operation != Operation::Repair);
    let way_down = newest
        .filter(|attempt| attempt.is_on_the_way_down())
        .and_then(Halted::of);
    let failed_again = attempts.last().filter(|last| {
        last.status == Status::Failed && !last.is_on_the_way_down() && newest.is_some()
    });
    VersionState::Applied(Box::new(Applied {
        order: oldest.map_or(place, |attempt| attempt.id),
        attempt: newest.cloned(),
        made_by: made_by.or(newest).cloned(),
        at: oldest.map_or(run_on, |attempt| attempt.started_at),
        way_down,
        failed_again: failed_again.map(|attempt| (*attempt).clone()),
    }))
}

fn not_applied(attempts: &[&Attempt]) -> VersionState {
    let last = attempts
        .last()
        .filter(|attempt| !attempt.is_on_the_way_down());
    VersionState::NotApplied(last.and_then(|attempt| Halted::of(attempt)).map(Box::new))
}

#[cfg(test)]
mod tests;
