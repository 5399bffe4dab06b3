//! What is learned of an error on PostgreSQL by running a failed script once more, and what is not.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use chrono::NaiveDateTime;
use diesel::connection::SimpleConnection;
use dieselkit::UpOptions;
use dieselkit::clock::Clock;
use dieselkit::migration::{Retry, StateLeft, StepFailure, Unplaced};

use crate::scene::{Folder, attempts, failing_up, failure, migrator};
use crate::support::engine::Engine;
use crate::support::postgres::PostgresDatabase;

on_one_engine![PostgresDatabase:
    a_second_look_that_fails_otherwise_is_not_believed,
    what_the_first_run_prepared_is_no_hindrance,
    a_broken_connection_names_the_file,
    a_lock_that_is_not_given_is_not_the_files_fault,
    a_server_that_only_reads_is_not_the_files_fault,
    a_second_look_ends_in_time,
    a_second_look_does_not_blame_what_only_took_long,
    a_second_look_goes_through_thousands_of_statements,
    what_runs_outside_of_a_transaction_is_never_run_twice,
    what_cannot_be_in_a_transaction_is_known_by_its_words_too,
    a_failure_that_took_long_says_why_it_has_no_place,
    the_only_statement_has_its_place_however_long_it_took,
];

type Database = PostgresDatabase<'static>;

fn fails_with(database: &Database, up: &str) -> StepFailure {
    let folder = Folder::new();
    folder.add("1_bad", up, "");
    failing_up(database, &folder, &UpOptions::default()).0
}

/// Waits until so many sessions wait for a lock on a table.
fn until_waiting(database: &Database, sessions: i64) {
    let deadline = Instant::now() + Duration::from_secs(20);
    let waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'relation' AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    while database.query_i64(waiting) < sessions {
        assert!(Instant::now() < deadline, "nobody waits");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn a_second_look_that_fails_otherwise_is_not_believed(database: &Database) {
    database.execute("CREATE TABLE busy (id INTEGER)");
    let lock = "BEGIN; LOCK TABLE busy IN ACCESS EXCLUSIVE MODE";
    let mut holder = database.connect();
    holder.batch_execute(lock).expect("nobody else has it");
    let mut next = database.connect();
    let failed = std::thread::scope(|scope| {
        let run = scope.spawn(|| {
            fails_with(
                database,
                "ALTER TABLE busy ADD COLUMN c INTEGER;\nSELECT 1 / (SELECT 0);",
            )
        });
        until_waiting(database, 1);
        let holding = scope.spawn(move || {
            next.batch_execute(lock).expect("it waits");
            std::thread::sleep(Duration::from_secs(4));
        });
        until_waiting(database, 2);
        holder.batch_execute("COMMIT").expect("it is open");
        holding.join().expect("it holds the lock, and lets go");
        run.join().expect("it fails")
    });
    assert_eq!(failed.message, "division by zero");
    assert_eq!(failed.sqlstate, None);
    assert_eq!(failed.place, None);
    assert_eq!(failed.statement, None);
    assert_eq!(failed.unplaced, Some(Unplaced::FailedOtherwise));
    let text = failed.to_string();
    assert!(text.contains("it is not known which statement"), "{text}");
}

fn what_the_first_run_prepared_is_no_hindrance(database: &Database) {
    let up = "PREPARE \"the sum\" AS SELECT 1;\nPREPARE p AS SELECT 2;\nSELECT 1 / (SELECT 0);";
    let failed = fails_with(database, up);
    assert_eq!(failed.place.map(|place| place.line), Some(3));
    assert_eq!(failed.sqlstate.as_deref(), Some("22012"));
}

/// A clock that is seven seconds further each time that it is looked at.
#[derive(Debug, Default)]
struct Leaping(Mutex<u64>);

impl Clock for Leaping {
    fn now(&self) -> NaiveDateTime {
        NaiveDateTime::default()
    }

    fn elapsed(&self) -> Duration {
        let mut seconds = self.0.lock().expect("nobody panics with it");
        *seconds += 7;
        Duration::from_secs(*seconds)
    }

    fn sleep(&self, _duration: Duration) {}
}

fn a_failure_that_took_long_says_why_it_has_no_place(database: &Database) {
    let folder = Folder::new();
    folder.add("1_bad", "SELECT 1 / (SELECT 0);\nSELECT 1;", "");
    let migrator = migrator(database, &folder).with_clock(Arc::new(Leaping::default()));
    let mut migrator = migrator;
    let (failed, _) = failure(migrator.up(&UpOptions::default()));
    assert_eq!(failed.unplaced, Some(Unplaced::TookLong { ran_ms: 7_000 }));
    assert!(
        failed
            .to_string()
            .contains("the server's log has the statement"),
        "{failed}"
    );
    assert_eq!(attempts(database), ["1 apply FAILED"]);
}

fn what_cannot_be_in_a_transaction_is_known_by_its_words_too(database: &Database) {
    let folder = Folder::new();
    folder.add("1_bad", "SELECT 1;\nVACUUM;", "");
    let migrator = migrator(database, &folder).with_clock(Arc::new(Leaping::default()));
    let mut migrator = migrator;
    let (failed, _) = failure(migrator.up(&UpOptions::default()));
    // Nobody has looked for the code of an error that took long.
    assert_eq!(failed.sqlstate, None);
    let hint = failed.hint();
    assert!(hint.contains("`run_in_transaction = false`"), "{hint}");
}

fn the_only_statement_has_its_place_however_long_it_took(database: &Database) {
    let folder = Folder::new();
    folder.add("1_bad", "\nSELECT 1 / (SELECT 0);", "");
    let migrator = migrator(database, &folder).with_clock(Arc::new(Leaping::default()));
    let mut migrator = migrator;
    let (failed, _) = failure(migrator.up(&UpOptions::default()));
    assert_eq!(failed.place.map(|place| place.line), Some(2));
    assert_eq!(failed.unplaced, None);
}

fn a_broken_connection_names_the_file(database: &Database) {
    let folder = Folder::new();
    let up = "SELECT 1;\nSELECT pg_terminate_backend(pg_backend_pid());";
    folder.add("1_bad", up, "");
    let (failed, _) = failing_up(database, &folder, &UpOptions::default());
    assert_eq!(failed.state_left, StateLeft::Unknown);
    let file = folder.file("1_bad/up.sql").display().to_string();
    let text = failed.to_string();
    assert!(text.starts_with(&format!("{file}: ")), "{text}");
    assert!(!failed.message.contains(['\n', '\t']), "{text}");
}

/// A function that waits, but not the first time that it is called.
const WAITS_LATER: &str = "CREATE SEQUENCE calls;
CREATE FUNCTION waits_later() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF nextval('calls') > 3 THEN
    PERFORM pg_sleep(2);
  END IF;
END $$";

fn a_second_look_ends_in_time(database: &Database) {
    database.execute(WAITS_LATER);
    let began = Instant::now();
    let failed = fails_with(
        database,
        "SET statement_timeout = 0;
SELECT waits_later();
SELECT waits_later();
SELECT waits_later();
SELECT 1 / (SELECT 0);",
    );
    let took = began.elapsed();
    assert!(took > Duration::from_secs(4), "it looked: {took:?}");
    assert!(took < Duration::from_secs(6), "{took:?}");
    assert_eq!(failed.unplaced, Some(Unplaced::FailedOtherwise));
}

fn a_second_look_does_not_blame_what_only_took_long(database: &Database) {
    database.execute(WAITS_LATER);
    let failed = fails_with(
        database,
        "SELECT waits_later();
SELECT waits_later();
SELECT waits_later();
SET statement_timeout = 100;
SELECT pg_sleep(1);",
    );
    assert!(failed.message.contains("timeout"), "{failed}");
    assert_eq!(failed.place, None, "{failed}");
}

fn a_second_look_goes_through_thousands_of_statements(database: &Database) {
    let many: Vec<String> = (0..3_000).map(|n| format!("SELECT {n};")).collect();
    let failed = fails_with(
        database,
        &format!("{}\nSELECT 1 / (SELECT 0);", many.join("\n")),
    );
    assert_eq!(failed.place.map(|place| place.line), Some(3_001));
}

fn what_runs_outside_of_a_transaction_is_never_run_twice(database: &Database) {
    database.execute("CREATE SEQUENCE calls; CREATE TABLE one (id INTEGER PRIMARY KEY); INSERT INTO one VALUES (1)");
    let folder = Folder::new();
    let up = "SELECT 1;\nINSERT INTO one SELECT 1 + 0 * nextval('calls');";
    folder.add_statementwise("1_bad", up, "");
    let (failed, _) = failing_up(database, &folder, &UpOptions::default());
    assert_eq!(failed.place.map(|place| place.line), Some(2));
    // A sequence keeps its count whatever is rolled back.
    assert_eq!(database.query_i64("SELECT last_value FROM calls"), 1);
    folder.write(
        "1_bad/up.sql",
        "SELECT 1;\nSELECT 1 / (nextval('calls') * 0);",
    );
    let (failed, _) = failing_up(database, &folder, &UpOptions::default());
    assert_eq!(failed.message, "division by zero");
    assert_eq!(database.query_i64("SELECT last_value FROM calls"), 2);
}

fn a_lock_that_is_not_given_is_not_the_files_fault(database: &Database) {
    database.execute("CREATE TABLE busy (id INTEGER)");
    let mut holder = database.connect();
    holder
        .batch_execute("BEGIN; LOCK TABLE busy IN ACCESS EXCLUSIVE MODE")
        .expect("nobody else has it");
    let up = "SET lock_timeout = 100;\nALTER TABLE busy ADD COLUMN c INTEGER;";
    let folder = Folder::new();
    folder.add("1_bad", up, "");
    let once = Retry::new(1, Duration::from_mins(1));
    let mut migrator = migrator(database, &folder).with_retry(once);
    let hint = failure(migrator.up(&UpOptions::default())).0.hint();
    assert!(hint.contains("dieselkit up"), "{hint}");
    assert!(!hint.contains("mend"), "{hint}");
}

fn a_server_that_only_reads_is_not_the_files_fault(database: &Database) {
    let up = "SET TRANSACTION READ ONLY;\nCREATE TABLE a (id INTEGER);";
    let hint = fails_with(database, up).hint();
    assert!(hint.starts_with("the server is a standby"), "{hint}");
    let name = database.query_text("SELECT current_database()");
    database.execute(&format!(
        "ALTER DATABASE \"{name}\" SET default_transaction_read_only = on"
    ));
    let folder = Folder::new();
    folder.add_table(2);
    let error = migrator(database, &folder)
        .up(&UpOptions::default())
        .expect_err("nothing can be written");
    let hint = error.hint().expect("there is a way out");
    assert!(hint.starts_with("the server is a standby"), "{hint}");
}
