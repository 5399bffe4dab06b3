//! What the two tables say together, case by case.

use super::*;
use crate::history::attempt::Operation;

fn at(second: i64) -> NaiveDateTime {
    NaiveDateTime::default() + chrono::TimeDelta::seconds(second)
}

fn attempt(id: i64, version: &str, status: Status) -> Attempt {
    Attempt::example(id, version, status)
}

fn diesel(versions: &[(&str, i64)]) -> Vec<(Version, NaiveDateTime)> {
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
