//! SQLite: another program writes into the database meanwhile, and knows nothing of our lock.

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use dieselkit::UpOptions;
use dieselkit::migration::{RunError, State, StateLeft, TransactionMode};

use crate::scene::{
    Folder, attempts, chain, done, entry, failure, migrator, shown, state, tables, up,
};
use crate::support::sqlite::SqliteDatabase;

on_one_engine![SqliteDatabase:
    a_writer_is_waited_for_as_long_as_another_run_would_be,
    a_writer_is_waited_for_no_longer_than_was_asked_for,
    a_writer_that_does_not_end_is_named_and_nothing_is_begun,
    a_writer_that_does_not_end_keeps_a_batch_from_being_begun,
    a_writer_that_keeps_the_first_tables_from_being_made_is_named,
    a_writer_does_not_keep_a_run_with_nothing_to_do,
    a_statement_that_a_writer_keeps_waiting_stops_half_way,
];

/// How long a statement is waited for where nobody says how long, and a little more.
const PAST_THE_DEFAULT: Duration = Duration::from_millis(5_500);

/// Runs `during` while another connection holds the write lock, which it gives back afterwards.
fn while_writing<T>(database: &SqliteDatabase, during: impl FnOnce() -> T) -> T {
    let mut writer = database.connect();
    writer
        .batch_execute("BEGIN IMMEDIATE")
        .expect("nobody else writes");
    let value = during();
    writer.batch_execute("ROLLBACK").expect("it is open");
    value
}

fn one_applied(database: &SqliteDatabase) -> Folder {
    let folder = Folder::new();
    folder.add_table(1);
    up(database, &folder);
    folder
}

fn a_writer_is_waited_for_as_long_as_another_run_would_be(database: &SqliteDatabase) {
    let folder = one_applied(database);
    folder.add_table(2);
    let run = while_writing(database, || {
        let patient = migrator(database, &folder).with_lock_wait(Duration::from_mins(1));
        let run = thread::spawn(move || { patient }.up(&UpOptions::default()));
        thread::sleep(PAST_THE_DEFAULT);
        assert!(!run.is_finished(), "it waits");
        run
    });
    let report = shown(run.join().expect("it does not panic"));
    assert_eq!(done(&report), ["2"]);
}

fn a_writer_is_waited_for_no_longer_than_was_asked_for(database: &SqliteDatabase) {
    let folder = one_applied(database);
    folder.add_table(2);
    let waited = while_writing(database, || {
        let hasty = migrator(database, &folder).with_lock_wait(Duration::from_millis(500));
        let began = Instant::now();
        { hasty }
            .up(&UpOptions::default())
            .expect_err("it cannot write");
        began.elapsed()
    });
    let least = Duration::from_millis(450);
    assert!(
        waited >= least && waited < Duration::from_secs(4),
        "{waited:?}"
    );
}

fn a_writer_that_does_not_end_is_named_and_nothing_is_begun(database: &SqliteDatabase) {
    let folder = one_applied(database);
    folder.add_table(2);
    let before = state(database);
    let ran = while_writing(database, || {
        let hasty = migrator(database, &folder).with_lock_wait(Duration::ZERO);
        { hasty }.up(&UpOptions::default())
    });
    let told = chain(ran.as_ref().expect_err("it cannot write"));
    assert_eq!(
        told,
        "failed to apply migration `2_t`; it was not begun\n\
         caused by: another program holds a lock on the database: database is locked"
    );
    let (failed, _) = failure(ran);
    assert_eq!(failed.state_left, StateLeft::NotBegun);
    let hint = failed.hint();
    assert!(hint.contains("dieselkit up --lock-wait"), "{hint}");
    assert!(!hint.contains("mend"), "{hint}");
    assert_eq!(state(database), before);
    assert_eq!(entry(database, &folder, "2").state, State::Pending);
    assert_eq!(done(&up(database, &folder)), ["2"]);
}

fn a_writer_that_does_not_end_keeps_a_batch_from_being_begun(database: &SqliteDatabase) {
    let folder = one_applied(database);
    folder.add_table(2);
    let before = state(database);
    let batch = UpOptions::default().in_transactions(TransactionMode::Batch);
    let ran = while_writing(database, || {
        let hasty = migrator(database, &folder).with_lock_wait(Duration::ZERO);
        { hasty }.up(&batch)
    });
    let (failed, _) = failure(ran);
    assert_eq!(failed.state_left, StateLeft::NotBegun);
    assert_eq!(state(database), before);
}

fn a_writer_that_keeps_the_first_tables_from_being_made_is_named(database: &SqliteDatabase) {
    let folder = Folder::of_six();
    let ran = while_writing(database, || {
        let hasty = migrator(database, &folder).with_lock_wait(Duration::ZERO);
        { hasty }.up(&UpOptions::default())
    });
    let error = ran.expect_err("it cannot write");
    assert!(matches!(error, RunError::Backend(_)), "{error}");
    assert!(chain(&error).contains("database is locked"), "{error}");
    let hint = error.hint().expect("there is something to do");
    assert!(hint.contains("another program"), "{hint}");
    assert_eq!(tables(database), [""; 0]);
    assert_eq!(up(database, &folder).done.len(), 6);
}

fn a_writer_does_not_keep_a_run_with_nothing_to_do(database: &SqliteDatabase) {
    let folder = one_applied(database);
    let report = while_writing(database, || up(database, &folder));
    assert_eq!(done(&report), [""; 0]);
}

fn a_statement_that_a_writer_keeps_waiting_stops_half_way(database: &SqliteDatabase) {
    let folder = one_applied(database);
    folder.add_statementwise(
        "2_abc",
        "CREATE TABLE a (id INTEGER);\nCREATE TABLE b (id INTEGER);",
        "",
    );
    let (begun, has_begun) = mpsc::channel();
    let (end, may_end) = mpsc::channel::<()>();
    let hasty = migrator(database, &folder).with_lock_wait(Duration::ZERO);
    let hasty = hasty.with_observer(move |event: &dieselkit::event::Event| {
        if matches!(
            event,
            dieselkit::event::Event::StatementFinished { done: 1, .. }
        ) {
            begun.send(()).expect("the scenario listens");
            may_end.recv().expect("the scenario tells");
        }
    });
    let run = thread::spawn(move || { hasty }.up(&UpOptions::default()));
    has_begun.recv().expect("it runs the first statement");
    let ran = while_writing(database, || {
        end.send(()).expect("it listens");
        run.join().expect("it does not panic")
    });
    let (failed, _) = failure(ran);
    assert_eq!(failed.state_left, StateLeft::HalfWay { done: 1, total: 2 });
    assert!(failed.message.contains("another program"), "{failed}");
    assert!(failed.not_recorded.is_some(), "nobody could write");
    assert_eq!(entry(database, &folder, "2").state, State::Interrupted);
    assert_eq!(done(&up(database, &folder)), ["2"]);
    // The one before, the one that was kept waiting, and the one that went on.
    assert_eq!(attempts(database).len(), 3);
}
