//! SQLite: another program has the database locked, and `--lock-wait` says how long that is borne.

use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection as _;

use crate::session::studio;
use crate::support::engine::Engine as _;
use crate::support::project::{Output, Project};
use crate::support::sqlite::SqliteDatabase;

/// What keeps everybody out.
const EXCLUSIVE: &str = "BEGIN EXCLUSIVE";
/// What keeps out who writes.
const IMMEDIATE: &str = "BEGIN IMMEDIATE";

/// The commands that read, and those that ask or destroy before they write.
const LOCKED_OUT: [&str; 15] = [
    "status",
    "history",
    "status --stats",
    "up --dry-run",
    "rollback --dry-run",
    "seed status",
    "seed --dry-run",
    "seed capture users --into captured.csv",
    "backup",
    "up",
    "rollback --yes",
    "db mark test --yes",
    "seed",
    "reset --yes",
    "db drop --yes",
];

fn migrated(database: &SqliteDatabase) -> Project {
    let project = studio(database).file("seeds/development/01_users.csv", "id\n1\n");
    project.run(["up"]).succeeds();
    project
}

/// Runs a command beside a transaction of another program, and returns how long it took.
fn beside(
    database: &SqliteDatabase,
    begin: &str,
    project: &Project,
    line: &str,
) -> (Output, Duration) {
    let mut other = database.connect();
    other.batch_execute(begin).expect("nobody else is at it");
    let clock = Instant::now();
    let output = project.run(line.split(' '));
    let took = clock.elapsed();
    other.batch_execute("ROLLBACK").expect("it is open");
    (output, took)
}

#[track_caller]
fn is_locked_out(refused: Output, line: &str) {
    let said = format!("{line}: {}", refused.stderr);
    let refused = refused.exits(4);
    assert!(refused.stderr.contains("database is locked\n"), "{said}");
    let (_, hint) = refused.stderr.split_once("\nhint: ").expect(&said);
    assert!(hint.contains("other program"), "{said}");
    assert!(hint.contains(" --lock-wait 10m"), "{said}");
}

#[test]
fn the_time_to_wait_holds_for_every_command() {
    for (journal, wait, least) in [
        ("DELETE", "0", 0),
        ("DELETE", "600ms", 550),
        ("WAL", "0", 0),
    ] {
        let database = SqliteDatabase::create();
        let project = migrated(&database);
        database.execute(&format!("PRAGMA journal_mode = {journal}"));
        let locks_readers_out = journal == "DELETE";
        for line in LOCKED_OUT {
            let line = format!("{line} --lock-wait {wait}");
            let reads = line.contains("status")
                || line.contains("dry")
                || line.contains("capture")
                || line.contains("backup")
                || line.contains("history");
            if reads && !locks_readers_out {
                continue;
            }
            let (refused, took) = beside(&database, EXCLUSIVE, &project, &line);
            let shown = format!("{journal}, {line}: {took:?}\n{}", refused.stderr);
            assert!(took >= Duration::from_millis(least), "{shown}");
            assert!(took < Duration::from_millis(least + 2_000), "{shown}");
            if line.starts_with("up ") && journal == "WAL" {
                // There is nothing to do, and so nothing to wait for.
                refused.succeeds();
            } else {
                is_locked_out(refused, &line);
            }
        }
    }
}

#[test]
fn a_database_that_is_written_to_is_neither_reset_nor_dropped() {
    let database = SqliteDatabase::create();
    let project = migrated(&database);
    for line in ["reset --yes", "db drop --yes"] {
        let (refused, took) = beside(
            &database,
            IMMEDIATE,
            &project,
            &format!("{line} --lock-wait 0"),
        );
        assert!(took < Duration::from_secs(2), "{line}: {took:?}");
        is_locked_out(refused, line);
    }
    project.run(["status"]).succeeds();
}

#[test]
fn a_reader_of_whom_nobody_says_how_long_gives_up_after_a_while() {
    let database = SqliteDatabase::create();
    let project = migrated(&database);
    let (refused, took) = beside(&database, EXCLUSIVE, &project, "status");
    assert!(
        took > Duration::from_secs(4) && took < Duration::from_secs(8),
        "{took:?}"
    );
    is_locked_out(refused, "status");
}

/// It would be a reading of files alone, which has an exit code of its own.
#[test]
fn a_check_says_what_it_could_not_ask() {
    let database = SqliteDatabase::create();
    let project = migrated(&database);
    let (refused, took) = beside(&database, EXCLUSIVE, &project, "check --lock-wait 0");
    let refused = refused.exits(1);
    assert!(took < Duration::from_secs(2), "{took:?}");
    assert!(
        refused.stderr.contains("caused by: database is locked\n"),
        "{}",
        refused.stderr
    );
    assert!(
        refused.stderr.contains("`dieselkit check --lock-wait 10m`"),
        "{}",
        refused.stderr
    );
}

#[test]
fn a_reader_waits_for_as_long_as_was_said() {
    let database = SqliteDatabase::create();
    let project = migrated(&database);
    let mut other = database.connect();
    other
        .batch_execute(EXCLUSIVE)
        .expect("nobody else is at it");
    let ends = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(6_500));
        other.batch_execute("ROLLBACK")
    });
    project.run(["status", "--lock-wait", "1m"]).succeeds();
    ends.join().expect("it ends").expect("it is open");
}

/// Returns a project of which the database holds the first migration alone.
fn partly_migrated(database: &SqliteDatabase) -> Project {
    let project = studio(database);
    project.run(["up", "--steps", "1"]).succeeds();
    project
}

#[test]
fn a_reader_that_does_not_end_is_waited_for_once() {
    let database = SqliteDatabase::create();
    let project = partly_migrated(&database);
    let mut reader = database.connect();
    reader
        .batch_execute("BEGIN; SELECT count(*) FROM sqlite_master")
        .expect("anybody may read");
    for line in [
        "up --lock-wait 2s",
        "up --keep-going --lock-wait 2s",
        "up --transaction batch --lock-wait 2s",
        "rollback --yes --lock-wait 2s",
    ] {
        let clock = Instant::now();
        let refused = project.run(line.split(' '));
        let took = clock.elapsed();
        assert!(
            took < Duration::from_millis(3_800),
            "{line}: {took:?}: {}",
            refused.stderr
        );
        is_locked_out(refused, line);
    }
    reader.batch_execute("ROLLBACK").expect("it is open");
    let rows = project.run(["history", "--json"]).succeeds().json();
    let attempts = rows["data"].to_string();
    assert!(!attempts.contains("failed"), "{attempts}");
    project.run(["up"]).succeeds();
}
