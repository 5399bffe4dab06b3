//! A rehearsal on a copy, which every step is committed to, and which nobody keeps.

use std::time::Duration;

use dieselkit::cancellation::Cancellation;
use dieselkit::migration::{
    RehearsalOptions, RehearsalReport, RehearsedOn, RunError, StateLeft, Waiting, WayDownVerdict,
    WhatDiffers,
};
use dieselkit::{MigrationSet, Migrator, Scratch, UpOptions};

use crate::scene::{Folder, address, chain, migrator, shown, up};
use crate::support::engine::Engine;

on_both_engines![
    nothing_is_changed_and_no_copy_is_left,
    what_runs_without_a_transaction_runs_on_a_copy,
    a_step_that_fails_on_a_copy_is_placed,
    a_way_down_that_leaves_something_is_named,
    ways_down_that_lead_back_are_run_with_the_ways_up_once_more,
    nothing_is_rolled_back_beneath_what_cannot_be,
    a_way_down_that_fails_is_told,
    what_cannot_be_applied_twice_is_told,
    it_ends_between_two_steps_and_no_copy_is_left,
    where_nothing_is_pending_nothing_is_rehearsed,
];

/// Rehearses on a copy as it is now, which is gone afterwards.
pub(crate) fn on_copy(
    database: &dyn Engine,
    folder: &Folder,
    options: impl Into<RehearsalOptions>,
) -> Result<RehearsalReport, RunError> {
    with_copy(database, folder, options, |migrator| migrator)
}

fn with_copy(
    database: &dyn Engine,
    folder: &Folder,
    options: impl Into<RehearsalOptions>,
    made: impl FnOnce(Migrator) -> Migrator,
) -> Result<RehearsalReport, RunError> {
    let patience = Duration::from_mins(1);
    let scratch = Scratch::copy_of(&address(database), patience, &Cancellation::default());
    let scratch = scratch.expect("nobody is connected");
    let set = MigrationSet::from_folder(folder.path()).expect("they are readable");
    let connected = scratch.connect().expect("it is there");
    let mut migrator = made(Migrator::new(connected, set));
    let report = migrator.rehearse_in_copy(options, RehearsedOn::Copy);
    drop(migrator);
    let target = scratch.address().clone();
    scratch.remove().expect("nobody is connected any more");
    let gone = dieselkit::Database::open(&target, dieselkit::Access::ReadOnly);
    assert!(gone.is_err(), "{target} is left");
    report
}

fn both_ways() -> RehearsalOptions {
    RehearsalOptions::from(UpOptions::default()).with_rollback()
}

fn with_users(database: &dyn Engine) -> Folder {
    database.execute(
        "CREATE TABLE users (id INTEGER PRIMARY KEY, name VARCHAR(10));
         INSERT INTO users VALUES (1, 'a'), (2, 'b');",
    );
    let folder = Folder::new();
    folder.add(
        "1_first",
        "CREATE TABLE first (id INTEGER);",
        "DROP TABLE first;",
    );
    up(database, &folder);
    folder
}

/// Returns the schema and the rows.
fn everything(database: &dyn Engine) -> Vec<String> {
    let mut all = vec![database.schema_dump()];
    all.extend(database.tables());
    all.extend(database.query_column("SELECT name FROM users ORDER BY 1"));
    all.extend(database.query_column("SELECT version FROM __diesel_schema_migrations ORDER BY 1"));
    all.extend(
        database.query_column("SELECT version || status FROM __dieselkit_history ORDER BY 1"),
    );
    all
}

#[track_caller]
fn failed(result: Result<RehearsalReport, RunError>) -> RehearsalReport {
    match result {
        Err(RunError::Rehearsal { report, .. }) => *report,
        Err(other) => panic!("another error: {}", chain(&other)),
        Ok(report) => panic!("it did not fail: {report:?}"),
    }
}

fn versions(report: &RehearsalReport) -> Vec<&str> {
    report.steps.iter().map(|it| it.version.as_str()).collect()
}

fn verdicts(report: &RehearsalReport) -> Vec<(&str, &WayDownVerdict)> {
    let ways = report.ways_down.iter();
    ways.map(|way| (way.version.as_str(), &way.verdict))
        .collect()
}

fn nothing_is_changed_and_no_copy_is_left(database: &dyn Engine) {
    let folder = with_users(database);
    folder.add(
        "2_more",
        "ALTER TABLE users ADD COLUMN email TEXT; UPDATE users SET name = 'x'; DROP TABLE first;",
        "SELECT 1;",
    );
    let before = everything(database);
    let report = shown(on_copy(database, &folder, UpOptions::default()));
    assert_eq!(versions(&report), ["2"]);
    assert_eq!(report.steps[0].statements[1].rows, Some(2));
    // The way that the engine prefers.
    let report = shown(migrator(database, &folder).rehearse(UpOptions::default()));
    assert_eq!(versions(&report), ["2"]);
    let waits: Vec<_> = report
        .holds
        .iter()
        .map(|it| (it.on.as_deref(), it.waiting))
        .collect();
    match database.either("sqlite", "postgres") {
        "sqlite" => assert_eq!(waits, [(None, Waiting::Everybody)]),
        _ => assert_eq!(waits.len(), 2, "{waits:?}"),
    }
    assert_eq!(everything(database), before);
    let left = migrator(database, &folder).left_by_restores();
    assert_eq!(left.expect("it can be asked"), []);
}

fn what_runs_without_a_transaction_runs_on_a_copy(database: &dyn Engine) {
    let folder = with_users(database);
    let index = database.either(
        "CREATE INDEX users_name ON users (name); SELECT 1;",
        "CREATE INDEX CONCURRENTLY users_name ON users (name); SELECT 1;",
    );
    folder.add_statementwise("2_index", index, "DROP INDEX users_name;");
    folder.add("3_next", "DROP INDEX users_name;", "SELECT 1;");
    let report = shown(on_copy(database, &folder, UpOptions::default()));
    assert_eq!(versions(&report), ["2", "3"]);
    assert_eq!(report.left_out, []);
    let built = &report.steps[0].statements[0].indexes_built;
    assert!(built[0].index.ends_with("users_name"), "{built:?}");
}

fn a_step_that_fails_on_a_copy_is_placed(database: &dyn Engine) {
    let folder = with_users(database);
    folder.add(
        "2_bad",
        "SELECT 1;\n  INSERT INTO nowhere VALUES (1);",
        "SELECT 1;",
    );
    folder.add("3_never", "SELECT 1;", "SELECT 1;");
    let before = everything(database);
    let report = failed(on_copy(database, &folder, UpOptions::default()));
    let place = report.failures[0].place.as_ref().expect("it is known");
    assert_eq!((place.line, place.column > 1), (2, true), "{place}");
    assert_eq!(report.failures[0].state_left, StateLeft::StepRolledBack);
    assert_eq!(report.steps, []);
    assert_eq!(everything(database), before);
}

fn a_way_down_that_leaves_something_is_named(database: &dyn Engine) {
    let folder = with_users(database);
    folder.add(
        "2_leaves",
        "CREATE TABLE kept (id INTEGER); CREATE TABLE gone (id INTEGER);",
        "DROP TABLE gone; DROP TABLE IF EXISTS absent;",
    );
    folder.add(
        "3_takes",
        "ALTER TABLE users ADD COLUMN email TEXT;",
        "ALTER TABLE users DROP COLUMN email; DROP TABLE first;",
    );
    let report = failed(on_copy(database, &folder, both_ways()));
    // What is left is in the way of the second way up.
    assert_eq!(report.failures[0].step.version.as_str(), "2");
    let mut found = Vec::new();
    for way in report.not_leading_back() {
        let WayDownVerdict::Differs { differences } = &way.verdict else {
            continue;
        };
        for difference in differences {
            if difference.what.starts_with("table") {
                let table = difference
                    .what
                    .rsplit(['.', ' '])
                    .next()
                    .unwrap_or_default();
                found.push((way.version.as_str(), table, difference.differs));
            }
        }
    }
    assert_eq!(
        found,
        [
            ("3", "first", WhatDiffers::Gone),
            ("2", "kept", WhatDiffers::Left)
        ]
    );
    assert!(!report.is_clean());
}

fn ways_down_that_lead_back_are_run_with_the_ways_up_once_more(database: &dyn Engine) {
    let folder = with_users(database);
    folder.add(
        "2_column",
        "ALTER TABLE users ADD COLUMN email TEXT; CREATE INDEX users_email ON users (email);",
        "DROP INDEX users_email; ALTER TABLE users DROP COLUMN email;",
    );
    folder.add(
        "3_view",
        "CREATE VIEW names AS SELECT name FROM users; INSERT INTO users (id, name) VALUES (3, 'c');",
        "DROP VIEW names; DELETE FROM users WHERE id = 3;",
    );
    let report = shown(on_copy(database, &folder, both_ways()));
    assert_eq!(versions(&report), ["2", "3", "3", "2", "2", "3"]);
    let leads_back = &WayDownVerdict::LeadsBack;
    assert_eq!(verdicts(&report), [("3", leads_back), ("2", leads_back)]);
    assert!(report.is_clean());
}

fn nothing_is_rolled_back_beneath_what_cannot_be(database: &dyn Engine) {
    let folder = with_users(database);
    folder.add("2_t", "CREATE TABLE t2 (id INTEGER);", "DROP TABLE t2;");
    folder.add("3_t", "CREATE TABLE t3 (id INTEGER);", "");
    folder.add("4_t", "CREATE TABLE t4 (id INTEGER);", "DROP TABLE t4;");
    let report = shown(on_copy(database, &folder, both_ways()));
    assert_eq!(
        verdicts(&report),
        [
            ("4", &WayDownVerdict::LeadsBack),
            ("3", &WayDownVerdict::Irreversible),
            ("2", &WayDownVerdict::NotRun),
        ]
    );
    assert_eq!(versions(&report), ["2", "3", "4", "4", "4"]);
}

fn a_way_down_that_fails_is_told(database: &dyn Engine) {
    let folder = with_users(database);
    folder.add(
        "2_t",
        "CREATE TABLE t2 (id INTEGER);",
        "DROP TABLE nowhere;",
    );
    let report = failed(on_copy(database, &folder, both_ways()));
    assert_eq!(verdicts(&report), [("2", &WayDownVerdict::NotRun)]);
    assert_eq!(
        report.failures[0].step.direction,
        dieselkit::event::Direction::Down
    );
}

fn what_cannot_be_applied_twice_is_told(database: &dyn Engine) {
    let folder = with_users(database);
    // The rows are no part of the schema.
    folder.add("2_row", "INSERT INTO users VALUES (3, 'c');", "SELECT 1;");
    let report = failed(on_copy(database, &folder, both_ways()));
    assert_eq!(verdicts(&report), [("2", &WayDownVerdict::LeadsBack)]);
    assert_eq!(report.failures.len(), 1);
}

fn it_ends_between_two_steps_and_no_copy_is_left(database: &dyn Engine) {
    let folder = with_users(database);
    folder.add("2_t", "CREATE TABLE t2 (id INTEGER);", "DROP TABLE t2;");
    folder.add("3_t", "CREATE TABLE t3 (id INTEGER);", "DROP TABLE t3;");
    let cancellation = Cancellation::default();
    let asked = cancellation.clone();
    let ended = with_copy(database, &folder, UpOptions::default(), |migrator| {
        let migrator = migrator.with_cancellation(cancellation);
        migrator.with_observer(move |event: &dieselkit::event::Event| {
            if matches!(event, dieselkit::event::Event::StepFinished { .. }) {
                asked.cancel();
            }
        })
    });
    match ended {
        Err(RunError::RehearsalInterrupted { report }) => assert_eq!(versions(&report), ["2"]),
        other => panic!("it went on: {other:?}"),
    }
}

fn where_nothing_is_pending_nothing_is_rehearsed(database: &dyn Engine) {
    let folder = with_users(database);
    let report = shown(migrator(database, &folder).rehearse(UpOptions::default()));
    assert!(report.is_clean() && report.planned.is_empty());
    assert_eq!(report.left_out, Vec::new());
}
