//! Programs that migrate when they start: in every mode, in one replica and in many.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use dieselkit::clock::{Clock, SystemClock};
use dieselkit::migration::{PlanError, RunError};
use dieselkit::startup::{AutoMigrator, Mode, OnFailure, Progress, StartupError};
use dieselkit::{Migration, MigrationSet, Version};

use crate::in_code::{apply, at_once, migrator, tables};
use crate::support::engine::Engine;

on_both_engines![
    run_in_eight_replicas_at_once_applies_each_migration_once,
    run_reports_a_failed_migration_with_its_cause,
    every_mode_refuses_a_hole_in_the_middle,
    wait_goes_on_once_somebody_else_has_applied_everything,
    wait_times_out_and_names_what_is_pending,
    check_refuses_to_start_behind,
    every_mode_passes_where_the_database_is_ahead,
    every_mode_refuses_what_run_refuses,
    a_late_migration_is_refused_in_every_mode_unless_it_is_allowed,
    waiting_lets_somebody_settle_a_half_way_down,
    waiting_is_not_disturbed_by_whoever_applies,
    progress_is_told_in_order,
    exit_ends_the_process_with_its_code_and_says_why,
];

/// Names the database to the child of [`exit_ends_the_process_with_its_code_and_says_why`].
const CHILD_URL: &str = "DIESELKIT_TEST_CHILD_URL";

fn starter(url: &str, set: MigrationSet, mode: Mode) -> AutoMigrator {
    AutoMigrator::new(migrator(url, set), mode)
}

fn versions(texts: &[&str]) -> Vec<Version> {
    texts.iter().map(|text| Version::from_name(text)).collect()
}

fn run_in_eight_replicas_at_once_applies_each_migration_once(database: &dyn Engine) {
    let url = database.url();
    let reports = at_once(8, || starter(&url, tables(1..=5), Mode::Run).start());
    let mut done: Vec<usize> = reports
        .into_iter()
        .map(|report| report.expect("every replica starts").done.len())
        .collect();
    done.sort_unstable();
    assert_eq!(done, [0, 0, 0, 0, 0, 0, 0, 5], "one of them did it all");
    assert_eq!(database.applied(), ["001", "002", "003", "004", "005"]);
    let rows = "SELECT version FROM __dieselkit_history ORDER BY id";
    assert_eq!(
        database.query_column(rows),
        ["001", "002", "003", "004", "005"]
    );
}

fn run_reports_a_failed_migration_with_its_cause(database: &dyn Engine) {
    let broken = Migration::from_sql("002_broken", "INSERT INTO nowhere VALUES (1);", None);
    let set = tables([1]).with([broken]).expect("two versions");
    let error = starter(&database.url(), set, Mode::Run)
        .start()
        .expect_err("there is no such table");
    let StartupError::Run(RunError::Failed { report, source }) = error else {
        panic!("{error:?}");
    };
    assert_eq!(report.done.len(), 1);
    assert!(source.message.contains("nowhere"), "{source}");
    assert_eq!(database.applied(), ["001"]);
}

fn every_mode_refuses_a_hole_in_the_middle(database: &dyn Engine) {
    apply(database, tables(1..=2));
    let error = starter(&database.url(), tables([1, 3]), Mode::Run)
        .start()
        .expect_err("`002` has no file, and `003` has");
    assert!(
        matches!(
            &error,
            StartupError::Run(RunError::Plan(PlanError::Hole { names })) if *names == ["002_table"]
        ),
        "{error:?}"
    );
    assert_eq!(database.applied(), ["001", "002"]);
    let [run, wait, check] = refusals(database, &tables([1, 3]));
    assert_eq!([&wait, &check], [&run, &run]);
}

fn wait_goes_on_once_somebody_else_has_applied_everything(database: &dyn Engine) {
    let url = database.url();
    let mode = Mode::Wait {
        timeout: Duration::from_mins(1),
    };
    let (waits, is_waiting) = std::sync::mpsc::channel();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            starter(&url, tables(1..=3), mode)
                .with_progress(move |progress| {
                    // Nobody listens any more once the first one has come.
                    let _ = waits.send(progress.clone());
                })
                .start()
        });
        let first = is_waiting.recv().expect("it waits");
        assert_eq!(first, Progress::Waiting { pending: 3 });
        apply(database, tables(1..=3));
        let report = waiting
            .join()
            .expect("no thread panics")
            .expect("it starts");
        assert!(report.done.is_empty(), "whoever waits applies nothing");
    });
}

fn waiting_is_not_disturbed_by_whoever_applies(database: &dyn Engine) {
    let url = database.url();
    let mode = Mode::Wait {
        timeout: Duration::from_mins(1),
    };
    std::thread::scope(|scope| {
        // Without a pause they read while every one of the commits happens.
        let hasty = || {
            starter(&url, tables(1..=9), mode)
                .with_clock(Arc::new(Hasty(SystemClock::default())))
                .start()
        };
        let waiting: Vec<_> = (0..3).map(|_| scope.spawn(hasty)).collect();
        for number in 1..=9 {
            apply(database, tables(1..=number));
        }
        for thread in waiting {
            let started = thread.join().expect("no thread panics");
            started.expect("it starts");
        }
    });
}

/// A clock that does not wait.
#[derive(Debug)]
struct Hasty(SystemClock);

impl Clock for Hasty {
    fn now(&self) -> chrono::NaiveDateTime {
        self.0.now()
    }

    fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }

    fn sleep(&self, _duration: Duration) {}
}

fn wait_times_out_and_names_what_is_pending(database: &dyn Engine) {
    apply(database, tables([1]));
    let timeout = Duration::from_millis(300);
    let began = Instant::now();
    let error = starter(&database.url(), tables(1..=3), Mode::Wait { timeout })
        .start()
        .expect_err("nobody applies the others");
    assert!(began.elapsed() >= timeout);
    let text = error.to_string();
    let StartupError::TimedOut { pending, waited_ms } = error else {
        panic!("{error:?}");
    };
    assert_eq!(pending, versions(&["002", "003"]));
    assert!(waited_ms >= timeout.as_millis(), "{waited_ms}");
    assert!(
        text.ends_with("2 migrations are not applied, the first of them `002`"),
        "{text}"
    );
    assert_eq!(database.applied(), ["001"]);
}

fn check_refuses_to_start_behind(database: &dyn Engine) {
    let check = |set| starter(&database.url(), set, Mode::Check).start();
    let error = check(tables([1])).expect_err("nothing is applied");
    assert!(
        matches!(&error, StartupError::Behind { pending } if *pending == versions(&["001"])),
        "{error:?}"
    );
    assert_eq!(database.tables(), [""; 0], "a check writes nothing");

    apply(database, tables([1]));
    check(tables([1])).expect("everything is applied");
    let error = check(tables(1..=2)).expect_err("`002` is not applied");
    assert_eq!(
        error.to_string(),
        "the database is behind this program: migration `002` is not applied"
    );
}

fn every_mode_passes_where_the_database_is_ahead(database: &dyn Engine) {
    apply(database, tables(1..=3));
    let timeout = Duration::ZERO;
    for mode in [Mode::Run, Mode::Wait { timeout }, Mode::Check] {
        let report = starter(&database.url(), tables([1]), mode)
            .start()
            .unwrap_or_else(|error| panic!("{mode:?}: {error}"));
        assert!(report.done.is_empty());
    }
    assert_eq!(database.applied(), ["001", "002", "003"]);
}

/// Returns what each mode says, `Mode::Run` first.
fn refusals(database: &dyn Engine, set: &MigrationSet) -> [String; 3] {
    let timeout = Duration::ZERO;
    [Mode::Run, Mode::Wait { timeout }, Mode::Check].map(|mode| {
        let started = starter(&database.url(), set.clone(), mode).start();
        let error = started.expect_err("the database is not what it needs");
        assert!(
            matches!(error, StartupError::Run(RunError::Plan(_))),
            "{mode:?}: {error:?}"
        );
        error.to_string()
    })
}

/// Leaves a migration whose way down failed after its first statement.
fn half_rolled_back(database: &dyn Engine) -> MigrationSet {
    let way_down = "DROP TABLE b;\nDROP TABLE nowhere;";
    let up = "CREATE TABLE a (id INTEGER);\nCREATE TABLE b (id INTEGER);";
    let mut settings = dieselkit::migration::Settings::default();
    settings.run_in_transaction = false;
    let twofold = Migration::from_sql("002_twofold", up, Some(way_down)).with_settings(settings);
    let set = tables([1]).with([twofold]).expect("two versions");
    apply(database, set.clone());
    migrator(&database.url(), set.clone())
        .rollback(dieselkit::Target::default())
        .expect_err("its second statement fails");
    set
}

fn every_mode_refuses_what_run_refuses(database: &dyn Engine) {
    let [run, wait, check] = refusals(database, &half_rolled_back(database));
    assert!(run.contains("the way down of `002_twofold`"), "{run}");
    assert_eq!([&wait, &check], [&run, &run]);
}

fn a_late_migration_is_refused_in_every_mode_unless_it_is_allowed(database: &dyn Engine) {
    apply(database, tables([1, 3]));
    let [run, wait, check] = refusals(database, &tables(1..=3));
    assert!(run.contains("older than `003`"), "{run}");
    assert_eq!([&wait, &check], [&run, &run]);
    let allowed = |mode| {
        let options =
            dieselkit::UpOptions::default().out_of_order(dieselkit::migration::OutOfOrder::Allow);
        starter(&database.url(), tables(1..=3), mode)
            .with_up_options(options)
            .start()
    };
    let behind = allowed(Mode::Check).expect_err("it is pending");
    assert!(matches!(behind, StartupError::Behind { .. }), "{behind:?}");
    allowed(Mode::Run).expect("it is allowed");
    allowed(Mode::Check).expect("it is applied");
}

fn waiting_lets_somebody_settle_a_half_way_down(database: &dyn Engine) {
    let (url, set) = (database.url(), half_rolled_back(database));
    let timeout = Duration::from_mins(1);
    let (waits, is_waiting) = std::sync::mpsc::channel();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            starter(&url, set.clone(), Mode::Wait { timeout })
                .with_progress(move |progress| {
                    // Nobody listens any more once the first one has come.
                    let _ = waits.send(progress.clone());
                })
                .start()
        });
        let first = is_waiting.recv().expect("it waits");
        assert_eq!(first, Progress::Waiting { pending: 1 });
        let settled = dieselkit::migration::Resolution::Applied;
        migrator(&url, set.clone())
            .resolve(&Version::from_name("002"), settled, "kept")
            .expect("it is half way");
        waiting
            .join()
            .expect("no thread panics")
            .expect("it starts");
    });
}

fn progress_is_told_in_order(database: &dyn Engine) {
    let told = |set, mode| {
        let told = Arc::new(Mutex::new(Vec::new()));
        let listener = Arc::clone(&told);
        // Whether it starts is told too.
        let _ = starter(&database.url(), set, mode)
            .with_progress(move |progress| {
                listener.lock().expect("one thread").push(progress.clone());
            })
            .start();
        std::mem::take(&mut *told.lock().expect("one thread"))
    };
    let timeout = Duration::ZERO;
    assert_eq!(told(tables([1]), Mode::Check), [Progress::Failed]);
    assert_eq!(
        told(tables([1]), Mode::Wait { timeout }),
        [Progress::Failed]
    );
    let short = Duration::from_millis(50);
    let waited = told(tables([1]), Mode::Wait { timeout: short });
    assert_eq!(waited.first(), Some(&Progress::Waiting { pending: 1 }));
    assert_eq!(waited.last(), Some(&Progress::Failed));
    let run = [Progress::Migrating, Progress::Ready];
    assert_eq!(told(tables([1]), Mode::Run), run);
    assert_eq!(told(tables([1]), Mode::Check), [Progress::Ready]);
    assert_eq!(told(tables([1]), Mode::Wait { timeout }), [Progress::Ready]);
    let broken = Migration::from_sql("002_broken", "INSERT INTO nowhere VALUES (1);", None);
    let broken = tables([1]).with([broken]).expect("two versions");
    let failed = [Progress::Migrating, Progress::Failed];
    assert_eq!(told(broken, Mode::Run), failed);
}

#[expect(
    clippy::disallowed_methods,
    reason = "the end of a process can only be seen from outside of it"
)]
fn exit_ends_the_process_with_its_code_and_says_why(database: &dyn Engine) {
    let this = std::env::current_exe().expect("this test has a file");
    let child = std::process::Command::new(this)
        .args([
            "--exact",
            "auto_migrator::child_that_exits",
            "--ignored",
            "--nocapture",
        ])
        .env(CHILD_URL, database.url())
        .output()
        .expect("it starts");
    let errors = String::from_utf8_lossy(&child.stderr);
    assert_eq!(child.status.code(), Some(7), "{errors}");
    let lines: Vec<&str> = errors.lines().collect();
    let [error, cause, hint] = lines.as_slice() else {
        panic!("an error, its cause and its hint expected:\n{errors}");
    };
    assert!(
        error.starts_with("error: failed to apply migration `002_broken`"),
        "{error}"
    );
    assert!(
        cause.starts_with("caused by: ") && cause.contains("nowhere"),
        "{cause}"
    );
    assert_eq!(*hint, "hint: mend the file and run `dieselkit up`");
    assert_eq!(database.applied(), ["001"]);
}

#[test]
#[ignore = "a test starts it as a child, since it ends its process"]
#[expect(
    clippy::disallowed_methods,
    reason = "the test that starts it names the database in the environment"
)]
fn child_that_exits() {
    let url = std::env::var(CHILD_URL).expect("a test starts it");
    let broken = Migration::from_sql("002_broken", "INSERT INTO nowhere VALUES (1);", None);
    let set = tables([1]).with([broken]).expect("two versions");
    let started = starter(&url, set, Mode::Run)
        .on_failure(OnFailure::Exit(7))
        .start();
    panic!("the process goes on: {started:?}");
}
