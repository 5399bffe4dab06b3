//! Files and rows, put together by hand, and what the survey says of them.

use chrono::NaiveDateTime;

use super::*;
use crate::history::{Attempt, Ledger, Operation, Status};
use crate::migration::examples::dialect;
use crate::migration::model::Migration;
use crate::migration::set::MigrationSet;
use crate::version::Version;

fn at(second: i64) -> NaiveDateTime {
    NaiveDateTime::default() + chrono::TimeDelta::seconds(second)
}

const UP: &str = "CREATE TABLE t (id INT);";

fn file(name: &str, up: &str) -> Migration {
    Migration::from_sql(name, up, Some("DROP TABLE t;"))
}

/// Returns the row of a migration that was applied with the SQL of [`UP`].
fn row(id: i64, version: &str, status: Status) -> Attempt {
    let body = file(version, UP).up;
    Attempt {
        checksum: Some(body.checksum(dialect())),
        checksum_raw: Some(body.checksum_raw()),
        ..Attempt::example(id, version, status)
    }
}

fn surveyed(files: &[Migration], diesel: &[&str], attempts: Vec<Attempt>) -> StatusReport {
    let set = MigrationSet::from_list(files.iter().cloned()).expect("each version once");
    let diesel = diesel
        .iter()
        .map(|version| (Version::from_name(version), at(99)));
    survey(&set, &Ledger::new(diesel.collect(), attempts), dialect())
}

/// Returns state and marks of every entry.
fn standing(report: &StatusReport) -> Vec<(&str, State, &[Mark])> {
    let entries = report.migrations.iter();
    entries
        .map(|entry| (entry.version.as_str(), entry.state, entry.marks.as_slice()))
        .collect()
}

#[test]
fn an_applied_one_shows_what_its_row_says() {
    let report = surveyed(
        &[file("001_a", UP)],
        &["001"],
        vec![row(1, "001", Status::Success)],
    );
    assert_eq!(standing(&report), [("001", State::Applied, &[][..])]);
    let entry = &report.migrations[0];
    assert_eq!(entry.name, "001_a", "a file's name is newer than the row's");
    assert_eq!(entry.applied_at, Some(at(1)));
    assert_eq!((entry.batch, entry.execution_time_ms), (Some(1), Some(12)));
    assert_eq!(entry.applied_by.as_deref(), Some("ada"));
    assert!(report.is_clean());
}

#[test]
fn a_file_without_a_row_is_pending_and_late_below_an_applied_one() {
    let files = [file("001_a", UP), file("002_b", UP), file("003_c", UP)];
    let report = surveyed(&files, &["002"], vec![row(1, "002", Status::Success)]);
    assert_eq!(
        standing(&report),
        [
            ("001", State::Pending, &[Mark::OutOfOrder][..]),
            ("002", State::Applied, &[]),
            ("003", State::Pending, &[]),
        ]
    );
    assert_eq!((report.totals.pending, report.totals.out_of_order), (2, 1));
    assert!(!report.is_clean());
}

#[test]
fn a_row_without_a_file_is_missing_below_the_newest_file_and_ahead_above_it() {
    let rows = vec![
        row(1, "001", Status::Success),
        row(2, "003", Status::Success),
    ];
    let report = surveyed(&[file("002_b", UP)], &["001", "003"], rows);
    assert_eq!(
        standing(&report),
        [
            ("001", State::Applied, &[Mark::Missing][..]),
            ("002", State::Pending, &[Mark::OutOfOrder]),
            ("003", State::Applied, &[Mark::Ahead]),
        ]
    );
    assert_eq!(report.totals.missing, 2);
    let only_ahead = surveyed(&[], &["003"], vec![row(1, "003", Status::Success)]);
    assert!(only_ahead.is_clean(), "an older program on a newer schema");
}

#[test]
fn tokens_make_it_modified_and_bytes_alone_reformatted() {
    for (now, mark) in [
        ("create table t (id INT); -- a comment", Mark::Reformatted),
        ("CREATE TABLE t (id BIGINT);", Mark::Modified),
    ] {
        let report = surveyed(
            &[file("001_a", now)],
            &["001"],
            vec![row(1, "001", Status::Success)],
        );
        assert_eq!(
            standing(&report),
            [("001", State::Applied, &[mark][..])],
            "{now}"
        );
        assert_eq!(report.is_clean(), mark == Mark::Reformatted);
    }
}

#[test]
fn what_the_history_knows_nothing_of_was_made_by_diesel() {
    let report = surveyed(&[file("001_a", UP)], &["001", "002"], Vec::new());
    assert_eq!(
        standing(&report),
        [
            ("001", State::Applied, &[Mark::ByDiesel][..]),
            // Nobody keeps its way down.
            (
                "002",
                State::Applied,
                &[Mark::Ahead, Mark::Irreversible, Mark::ByDiesel]
            ),
        ]
    );
    assert_eq!(report.migrations[0].applied_at, Some(at(99)));
}

#[test]
fn every_operation_but_applying_and_repairing_is_marked() {
    for (operation, mark) in [
        (Operation::Apply, None),
        (Operation::Repair, None),
        (Operation::Baseline, Some(Mark::Baseline)),
        (Operation::Adopt, Some(Mark::ByDiesel)),
        (Operation::Resolve, Some(Mark::Resolved)),
    ] {
        let mut attempt = row(1, "001", Status::Success);
        attempt.operation = operation;
        let report = surveyed(&[file("001_a", UP)], &["001"], vec![attempt]);
        assert_eq!(
            report.migrations[0].marks,
            Vec::from_iter(mark),
            "{operation:?}"
        );
    }
}

#[test]
fn a_failure_that_was_rolled_back_leaves_it_failed_and_whole() {
    let mut attempt = row(1, "001", Status::Failed);
    attempt.error = Some("no such table".to_owned());
    attempt.statements_done = 0;
    let report = surveyed(&[file("001_a", UP)], &[], vec![attempt]);
    assert_eq!(standing(&report), [("001", State::Failed, &[][..])]);
    let entry = &report.migrations[0];
    assert_eq!(entry.error.as_deref(), Some("no such table"));
    assert!(!entry.is_half_applied());
    assert_eq!(report.totals.failed, 1);
}

#[test]
fn a_way_up_that_was_cut_off_shows_how_far_it_came() {
    let mut attempt = row(1, "001", Status::Running);
    attempt.transactional = false;
    attempt.statements_done = 2;
    let without_file = surveyed(&[], &[], vec![attempt.clone()]);
    assert_eq!(
        standing(&without_file),
        [(
            "001",
            State::Interrupted,
            &[Mark::Ahead, Mark::Irreversible][..]
        )],
        "a half applied one is shown even without its file"
    );
    let report = surveyed(&[file("001_a", UP)], &[], vec![attempt]);
    let entry = &report.migrations[0];
    assert_eq!(entry.state, State::Interrupted);
    assert_eq!(
        (entry.statements_done, entry.statements_total),
        (Some(2), Some(3))
    );
    assert!(entry.is_half_applied() && !entry.is_applied());
    assert_eq!(report.totals.interrupted, 1);
}

#[test]
fn a_way_down_that_was_cut_off_leaves_it_applied_and_says_so() {
    let mut attempt = row(1, "001", Status::Running);
    attempt.transactional = false;
    attempt.statements_done = 1;
    attempt.rollback_time_ms = Some(0);
    let report = surveyed(&[file("001_a", UP)], &["001"], vec![attempt]);
    assert_eq!(
        standing(&report),
        [("001", State::Interrupted, &[Mark::HalfRolledBack][..])]
    );
    let entry = &report.migrations[0];
    assert!(entry.is_applied() && !entry.is_half_applied());
    assert!(!report.is_clean());
}

#[test]
fn a_failed_way_down_and_a_failed_second_way_up_leave_it_applied() {
    let mut failed_down = row(1, "001", Status::Success);
    failed_down.error = Some("still used".to_owned());
    let mut failed_again = row(2, "002", Status::Failed);
    failed_again.id = 3;
    failed_again.error = Some("exists".to_owned());
    let rows = vec![failed_down, row(2, "002", Status::Success), failed_again];
    let files = [file("001_a", UP), file("002_b", UP)];
    let report = surveyed(&files, &["001", "002"], rows);
    assert_eq!(
        standing(&report),
        [
            ("001", State::Applied, &[Mark::LastAttemptFailed][..]),
            ("002", State::Applied, &[Mark::LastAttemptFailed]),
        ]
    );
    let errors: Vec<_> = report
        .migrations
        .iter()
        .map(|entry| entry.error.as_deref())
        .collect();
    assert_eq!(errors, [Some("still used"), Some("exists")]);
}

#[test]
fn what_a_file_says_of_itself_is_marked() {
    let none = Migration::from_sql("001_none", UP, None);
    let comment = Migration::from_sql("002_comment", UP, Some("-- nothing\n/* at all */"));
    let mut outside = file("003_outside", UP);
    outside.settings.run_in_transaction = false;
    let mut wrong = file("004_wrong", UP);
    wrong.settings_error = Some(crate::migration::SourceError::NoRunInTransaction {
        path: "metadata.toml".into(),
    });
    let report = surveyed(&[none, comment, outside, wrong], &[], Vec::new());
    assert_eq!(
        standing(&report),
        [
            ("001", State::Pending, &[Mark::Irreversible][..]),
            ("002", State::Pending, &[Mark::Irreversible]),
            ("003", State::Pending, &[Mark::NonTransactional]),
            ("004", State::Pending, &[Mark::BadSettings]),
        ]
    );
}
