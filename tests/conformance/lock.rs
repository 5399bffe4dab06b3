//! One run at a time: waiting, giving up, and starting all at once.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use dieselkit::backend::BackendError;
use dieselkit::event::Event;
use dieselkit::migration::RunError;
use dieselkit::{MigrationSet, Migrator, UpOptions};

use crate::scene::{Folder, address, attempts, done, failing_up, migrator, shown, tables, up};
use crate::support::engine::Engine;

on_both_engines![
    a_second_run_waits_for_the_first,
    a_second_run_that_does_not_wait_names_the_holder,
    the_lock_is_free_after_a_failure,
    the_lock_is_free_after_a_refusal,
    twenty_at_once_apply_each_migration_once_heavy,
    status_answers_while_a_run_holds_the_lock,
];

/// Makes the test that a run on one database waits for none on another beside it.
macro_rules! other_databases_have_other_locks {
    ($feature:literal, $name:ident, $database:ty) => {
        #[cfg(feature = $feature)]
        #[test]
        fn $name() {
            let (one, other) = (<$database>::create(), <$database>::create());
            let folder = Folder::of_six();
            let done = while_locked(&one, &folder, || up(&other, &folder).done.len());
            assert_eq!(done, 6);
            assert_eq!(one.applied().len(), 6);
        }
    };
}

other_databases_have_other_locks!(
    "sqlite",
    another_file_has_another_lock,
    crate::support::sqlite::SqliteDatabase
);
other_databases_have_other_locks!(
    "postgres",
    another_database_of_a_server_has_another_lock,
    crate::support::postgres::PostgresDatabase
);

#[cfg(feature = "postgres")]
#[test]
fn another_schema_has_another_lock() {
    let database = crate::support::postgres::PostgresDatabase::create();
    database.execute("CREATE SCHEMA tenant");
    let folder = Folder::of_six();
    let tenant = format!("{}?options=-csearch_path%3Dtenant", database.url());
    let done = while_locked(&database, &folder, || {
        let address = tenant.parse().expect("it is an address");
        let opened =
            dieselkit::Database::open(&address, dieselkit::Access::ReadWrite).expect("it is there");
        let set = MigrationSet::from_folder(folder.path()).expect("it is readable");
        let ran = Migrator::new(opened, set).up(&UpOptions::default());
        shown(ran).done.len()
    });
    assert_eq!(done, 6);
    let both =
        "SELECT schemaname FROM pg_tables WHERE tablename = '__dieselkit_history' ORDER BY 1";
    assert_eq!(database.query_column(both), ["public", "tenant"]);
}

#[cfg(feature = "postgres")]
#[test]
fn who_is_cut_off_before_the_lock_is_told_that_nothing_was_run() {
    let database = crate::support::postgres::PostgresDatabase::create();
    let folder = Folder::of_six();
    let (waits, has_waited) = mpsc::channel();
    let mut second = migrator(&database, &folder)
        .with_user(Some("grace"), Some("engine-2"))
        .with_observer(move |event: &Event| {
            if matches!(event, Event::LockWaiting { .. }) {
                // Told once for each holder; the scenario hears the first.
                let _ = waits.send(());
            }
        });
    let cut_off = while_locked(&database, &folder, || {
        let second = thread::spawn(move || second.up(&UpOptions::default()));
        has_waited.recv().expect("it waits");
        database.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE datname = current_database() AND application_name LIKE '%engine-2%'",
        );
        second.join().expect("it does not panic")
    });
    let error = cut_off.expect_err("its session is gone");
    assert!(
        matches!(
            &error,
            RunError::Backend(BackendError::CutOffBeforeLock { .. })
        ),
        "{error:?}"
    );
    let hint = error.hint().expect("there is one");
    assert!(hint.contains("`dieselkit up`"), "{hint}");
}

/// Runs `during` while another thread's run holds the lock and has not read the state yet.
fn while_locked<T>(database: &dyn Engine, folder: &Folder, during: impl FnOnce() -> T) -> T {
    let (begun, has_begun) = mpsc::channel();
    let (end, may_end) = mpsc::channel::<()>();
    let holder = migrator(database, folder).with_user(Some("ada"), Some("engine-1"));
    let mut holder = holder.with_observer(move |event: &Event| {
        if matches!(event, Event::LockAcquired) {
            begun.send(()).expect("the scenario listens");
            may_end.recv().expect("the scenario tells");
        }
    });
    thread::scope(|scope| {
        let ran = scope.spawn(move || holder.up(&UpOptions::default()));
        has_begun.recv().expect("it takes the lock");
        let value = during();
        // The run may be over by now.
        let _ = end.send(());
        shown(ran.join().expect("it does not panic"));
        value
    })
}

fn a_second_run_waits_for_the_first(database: &dyn Engine) {
    let folder = Folder::of_six();
    let (waits, has_waited) = mpsc::channel();
    let mut second = migrator(database, &folder).with_observer(move |event: &Event| {
        if let Event::LockWaiting { holder, .. } = event {
            // Told once for each holder; the scenario hears the first.
            let _ = waits.send(holder.clone());
        }
    });
    let second = while_locked(database, &folder, move || {
        let second = thread::spawn(move || second.up(&UpOptions::default()));
        let holder = has_waited.recv().expect("it waits").expect("it is known");
        assert!(holder.application.expect("it says").contains("engine-1"));
        assert!(!second.is_finished());
        second
    });
    let report = shown(second.join().expect("it does not panic"));
    assert_eq!(done(&report), [""; 0]);
    assert_eq!(attempts(database).len(), 6);
}

fn a_second_run_that_does_not_wait_names_the_holder(database: &dyn Engine) {
    let folder = Folder::of_six();
    while_locked(database, &folder, || {
        let second = migrator(database, &folder).with_lock_wait(Duration::ZERO);
        match { second }.up(&UpOptions::default()) {
            Err(RunError::Backend(BackendError::LockTimeout { holder, .. })) => {
                let holder = holder.expect("it is known");
                let application = holder.application.clone().expect("it says");
                assert!(
                    application.contains("dieselkit") && application.contains("ada"),
                    "{application}"
                );
                assert!(holder.pid > 0 && holder.since.is_some(), "{holder:?}");
            }
            other => panic!("not refused: {other:?}"),
        }
        let seen = shown(migrator(database, &folder).lock_holder());
        assert!(seen.is_some());
    });
    assert_eq!(shown(migrator(database, &folder).lock_holder()), None);
}

fn status_answers_while_a_run_holds_the_lock(database: &dyn Engine) {
    let folder = Folder::of_six();
    folder.add(
        "7_slow",
        "CREATE TABLE t7 (id INTEGER);\nCREATE TABLE t8 (id INTEGER);",
        "",
    );
    crate::scene::make(database);
    while_locked(database, &folder, || {
        assert_eq!(crate::scene::status(database, &folder).totals.pending, 7);
    });
    assert_eq!(crate::scene::status(database, &folder).totals.applied, 7);
}

fn the_lock_is_free_after_a_failure(database: &dyn Engine) {
    let folder = Folder::of_six();
    folder.write("4_t/up.sql", "DROP TABLE nowhere;");
    let mut first = migrator(database, &folder);
    first.up(&UpOptions::default()).expect_err("it fails");
    // Its connection is still open.
    let at_once = migrator(database, &folder).with_lock_wait(Duration::ZERO);
    let again = { at_once }.up(&UpOptions::default());
    assert!(matches!(again, Err(RunError::Failed { .. })), "{again:?}");
    failing_up(database, &folder, &UpOptions::default());
}

fn the_lock_is_free_after_a_refusal(database: &dyn Engine) {
    let folder = Folder::of_six();
    folder.write("4_t/up.sql", "CREATE TABEL x (id INTEGER);");
    let mut first = migrator(database, &folder);
    first.up(&UpOptions::default()).expect_err("it is no SQL");
    folder.write("4_t/up.sql", "CREATE TABLE t4 (id INTEGER);");
    let at_once = migrator(database, &folder).with_lock_wait(Duration::ZERO);
    shown({ at_once }.up(&UpOptions::default()));
    assert_eq!(up(database, &folder).done.len(), 0);
}

fn twenty_at_once_apply_each_migration_once_heavy(database: &dyn Engine) {
    let folder = Folder::of_six();
    folder.add("7_rows", "INSERT INTO t1 VALUES (1);", "DELETE FROM t1;");
    folder.add_statementwise(
        "8_rows",
        "INSERT INTO t1 VALUES (2);\nINSERT INTO t1 VALUES (3);",
        "",
    );
    let address = address(database);
    let start = || {
        let connected = dieselkit::Database::connect(&address, dieselkit::Absent::CreateFile);
        let set = MigrationSet::from_folder(folder.path()).expect("it is readable");
        let mut migrator = Migrator::new(connected.expect("it is there"), set);
        shown(migrator.up(&UpOptions::default())).done.len()
    };
    let applied: usize = thread::scope(|scope| {
        let runs: Vec<_> = (0..20).map(|_| scope.spawn(start)).collect();
        runs.into_iter()
            .map(|run| run.join().expect("none fails"))
            .sum()
    });
    assert_eq!(applied, 8);
    assert_eq!(attempts(database).len(), 8);
    assert_eq!(database.query_i64("SELECT count(*) FROM t1"), 3);
    assert_eq!(tables(database).len(), 6);
}

/// A step is told before it runs and after it has.
#[cfg(feature = "sqlite")]
#[test]
fn a_run_tells_of_every_step() {
    let database = crate::support::sqlite::SqliteDatabase::create();
    let folder = Folder::of_six();
    let (tell, told) = mpsc::channel();
    let observer = move |event: &Event| tell.send(event.clone()).expect("the test listens");
    shown({ migrator(&database, &folder).with_observer(observer) }.up(&UpOptions::default()));
    let events: Vec<_> = told.try_iter().collect();
    assert!(matches!(events[0], Event::LockAcquired));
    let Event::PlanReady { steps, .. } = &events[1] else {
        panic!("no plan: {events:?}");
    };
    assert_eq!(steps.len(), 6);
    assert!(
        steps
            .iter()
            .all(|step| step.direction == dieselkit::event::Direction::Up && step.statements == 1)
    );
    let finished = events
        .iter()
        .filter(|event| matches!(event, Event::StepFinished { .. }));
    assert_eq!(finished.count(), 6);
}
