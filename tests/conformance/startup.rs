//! A program that migrates when it starts, alone or in many replicas.

use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use dieselkit::startup::{AutoMigrator, Mode, Progress, StartupError};

use crate::scene::{Folder, attempts, failing_up, migrator, shown, tables, up};
use crate::support::engine::Engine;

on_both_engines![
    of_many_replicas_one_migrates_and_all_start_heavy,
    a_program_that_only_checks_refuses_to_start_when_behind,
    a_program_that_waits_starts_when_another_has_migrated,
    a_program_that_waits_in_vain_says_what_is_missing,
    an_older_program_starts_on_a_newer_schema,
    a_failed_start_is_told_to_the_probe,
];

const WAIT: Mode = Mode::Wait {
    timeout: Duration::from_millis(600),
};

fn of_many_replicas_one_migrates_and_all_start_heavy(database: &dyn Engine) {
    let folder = Folder::of_six();
    let replicas: Vec<_> = (0..6)
        .map(|_| AutoMigrator::new(migrator(database, &folder), Mode::Run))
        .map(|replica| thread::spawn(move || replica.start()))
        .collect();
    let applied: usize = replicas
        .into_iter()
        .map(|replica| {
            replica
                .join()
                .expect("none panics")
                .expect("all start")
                .done
                .len()
        })
        .sum();
    assert_eq!(applied, 6);
    assert_eq!(attempts(database).len(), 6);
}

fn a_program_that_only_checks_refuses_to_start_when_behind(database: &dyn Engine) {
    let folder = Folder::of_six();
    database.execute("SELECT 1");
    let refused = AutoMigrator::new(migrator(database, &folder), Mode::Check).start();
    match refused {
        Err(StartupError::Behind { pending }) => assert_eq!(pending.len(), 6),
        other => panic!("it started: {other:?}"),
    }
    assert_eq!(database.tables(), [""; 0]);
    up(database, &folder);
    let started = AutoMigrator::new(migrator(database, &folder), Mode::Check).start();
    started.expect("everything is applied");
}

fn a_program_that_waits_starts_when_another_has_migrated(database: &dyn Engine) {
    let folder = Folder::of_six();
    let patient = Mode::Wait {
        timeout: Duration::from_secs(30),
    };
    let (waits, has_waited) = std::sync::mpsc::channel();
    let waiting = AutoMigrator::new(migrator(database, &folder), patient);
    let waiting = waiting.with_progress(move |progress| drop(waits.send(progress.clone())));
    let waiting = thread::spawn(move || waiting.start());
    let first = has_waited.recv().expect("it tells");
    assert_eq!(first, Progress::Waiting { pending: 6 });
    shown(migrator(database, &folder).up(&dieselkit::UpOptions::default()));
    waiting
        .join()
        .expect("it does not panic")
        .expect("it starts");
    assert_eq!(has_waited.try_iter().last(), Some(Progress::Ready));
}

fn a_program_that_waits_in_vain_says_what_is_missing(database: &dyn Engine) {
    let folder = Folder::of_six();
    up(database, &folder);
    folder.add_table(7);
    let refused = AutoMigrator::new(migrator(database, &folder), WAIT).start();
    match refused {
        Err(StartupError::TimedOut {
            pending, waited_ms, ..
        }) => {
            assert_eq!(pending, [crate::scene::version("7")]);
            assert!(waited_ms >= 600, "{waited_ms}");
        }
        other => panic!("it started: {other:?}"),
    }
}

fn an_older_program_starts_on_a_newer_schema(database: &dyn Engine) {
    let folder = Folder::of_six();
    up(database, &folder);
    folder.remove("6_t");
    for mode in [Mode::Run, Mode::Check, WAIT] {
        let started = AutoMigrator::new(migrator(database, &folder), mode).start();
        started.unwrap_or_else(|error| panic!("{mode:?}: {error}"));
    }
    assert_eq!(tables(database).len(), 6);
}

fn a_failed_start_is_told_to_the_probe(database: &dyn Engine) {
    let folder = Folder::of_six();
    folder.write("4_t/up.sql", "DROP TABLE nowhere;");
    let told = Arc::new(Mutex::new(Vec::new()));
    let notes = Arc::clone(&told);
    let program = AutoMigrator::new(migrator(database, &folder), Mode::Run);
    let program = program.with_progress(move |progress| {
        notes.lock().expect("nobody panics").push(progress.clone());
    });
    program.start().expect_err("it fails");
    let told = told.lock().expect("nobody panics").clone();
    assert_eq!(told, [Progress::Migrating, Progress::Failed]);
    failing_up(database, &folder, &dieselkit::UpOptions::default());
}
