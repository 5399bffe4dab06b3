//! What Diesel's table and the history say together about each version.
//!
//! Pure: rows in, states out. Where the two disagree Diesel's table is right, and the
//! [`Reconciliation`] says what the history has to be told.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDateTime;

use super::attempt::{Attempt, Status};
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
    let way_down = newest
        .filter(|attempt| attempt.is_on_the_way_down())
        .and_then(Halted::of);
    let failed_again = attempts.last().filter(|last| {
        last.status == Status::Failed && !last.is_on_the_way_down() && newest.is_some()
    });
    VersionState::Applied(Box::new(Applied {
        order: oldest.map_or(place, |attempt| attempt.id),
        attempt: newest.cloned(),
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
mod tests {
    use super::*;
    use crate::history::attempt::Operation;

    fn at(second: u32) -> NaiveDateTime {
        chrono::NaiveDate::from_ymd_opt(2026, 1, 1)
            .and_then(|day| day.and_hms_opt(0, 0, second))
            .expect("a valid second")
    }

    fn attempt(id: i64, version: &str, status: Status) -> Attempt {
        Attempt {
            id,
            version: Version::from_name(version),
            name: version.to_owned(),
            operation: Operation::Apply,
            status,
            batch: Some(1),
            checksum: None,
            checksum_raw: None,
            transactional: true,
            statements_total: 1,
            statements_done: 1,
            started_at: at(u32::try_from(id).expect("a small number")),
            execution_time_ms: Some(1),
            applied_by: None,
            application: None,
            environment: None,
            error: None,
            reason: None,
            rolled_back_at: None,
            rollback_time_ms: None,
            has_down_sql: true,
        }
    }

    fn diesel(versions: &[(&str, u32)]) -> Vec<(Version, NaiveDateTime)> {
        versions
            .iter()
            .map(|(version, second)| (Version::from_name(version), at(*second)))
            .collect()
    }

    fn applied_order(ledger: &Ledger) -> Vec<String> {
        let mut applied: Vec<_> = ledger
            .states()
            .into_iter()
            .filter_map(|(version, state)| match state {
                VersionState::Applied(applied) => Some((applied.order, version.to_string())),
                VersionState::NotApplied(_) => None,
            })
            .collect();
        applied.sort();
        applied.into_iter().map(|(_, version)| version).collect()
    }

    #[test]
    fn rows_of_plain_diesel_come_after_the_noted_ones_in_the_order_of_their_time() {
        let ledger = Ledger::new(
            diesel(&[("1", 1), ("2", 30), ("3", 20)]),
            vec![attempt(1, "1", Status::Success)],
        );
        assert_eq!(applied_order(&ledger), ["1", "3", "2"]);
        let adopted = ledger.reconciliation().adopt;
        assert_eq!(adopted, diesel(&[("3", 20), ("2", 30)]));
    }

    #[test]
    fn a_row_that_diesel_removed_is_to_be_marked_rolled_back() {
        let ledger = Ledger::new(Vec::new(), vec![attempt(1, "1", Status::Success)]);
        assert_eq!(
            ledger.reconciliation().rolled_back,
            [Version::from_name("1")]
        );
        assert_eq!(
            ledger.states()[&Version::from_name("1")],
            VersionState::NotApplied(None)
        );
    }

    #[test]
    fn a_repair_does_not_move_a_version_in_the_order_of_application() {
        let mut repair = attempt(3, "1", Status::Success);
        repair.operation = Operation::Repair;
        let ledger = Ledger::new(
            diesel(&[("1", 1), ("2", 2)]),
            vec![
                attempt(1, "1", Status::Success),
                attempt(2, "2", Status::Success),
                repair,
            ],
        );
        assert_eq!(applied_order(&ledger), ["1", "2"]);
    }

    #[test]
    fn a_way_down_that_was_cut_off_leaves_the_version_applied() {
        let mut row = attempt(1, "1", Status::Running);
        row.transactional = false;
        row.rollback_time_ms = Some(0);
        let ledger = Ledger::new(diesel(&[("1", 1)]), vec![row]);
        assert_eq!(ledger.reconciliation(), Reconciliation::default());
        let states = ledger.states();
        let VersionState::Applied(applied) = &states[&Version::from_name("1")] else {
            panic!("it is not applied");
        };
        assert!(applied.way_down.as_ref().is_some_and(Halted::is_half_way));
    }

    #[test]
    fn an_attempt_that_was_cut_off_leaves_the_version_interrupted() {
        let mut row = attempt(1, "1", Status::Running);
        row.transactional = false;
        let ledger = Ledger::new(Vec::new(), vec![row]);
        let states = ledger.states();
        let VersionState::NotApplied(Some(halted)) = &states[&Version::from_name("1")] else {
            panic!("it is not halted");
        };
        assert!(halted.interrupted && halted.is_half_way());
    }

    #[test]
    fn the_next_batch_is_never_an_old_number() {
        let mut rolled_back = attempt(1, "1", Status::RolledBack);
        rolled_back.batch = Some(7);
        let ledger = Ledger::new(Vec::new(), vec![rolled_back]);
        assert_eq!(ledger.next_batch(), 8);
    }
}
