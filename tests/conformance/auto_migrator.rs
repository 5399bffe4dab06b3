//! Programs that migrate when they start: one of many replicas, and over a pool; and migrations
//! written in Rust, which such programs alone can have.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use dieselkit::UpOptions;
use dieselkit::clock::{Clock, SystemClock};
use dieselkit::migration::{Mark, PlanError, RunError, State};
use dieselkit::startup::{AutoMigrator, Mode, OnFailure, Progress, StartupError};
use dieselkit::{
    Absent, Database, DatabaseAddress, Migration, MigrationSet, Migrator, RustMigration, Target,
    Version,
};

use crate::support::engine::Engine;

on_both_engines![
    run_in_eight_replicas_at_once_applies_each_migration_once,
    run_reports_a_failed_migration_with_its_cause,
    run_refuses_a_hole_in_the_middle,
    wait_goes_on_once_somebody_else_has_applied_everything,
    wait_times_out_and_names_what_is_pending,
    check_refuses_to_start_behind,
    every_mode_passes_where_the_database_is_ahead,
    waiting_is_not_disturbed_by_whoever_applies,
    progress_is_told_in_order,
    exit_ends_the_process_with_its_code_and_says_why,
    rust_goes_up_and_down_in_the_history_of_the_others,
    rust_that_fails_leaves_nothing_behind,
    rust_of_another_revision_is_modified,
];

/// Names the database to the child of [`exit_ends_the_process_with_its_code_and_says_why`].
const CHILD_URL: &str = "DIESELKIT_TEST_CHILD_URL";

fn table(number: usize) -> Migration {
    Migration::from_sql(
        &format!("00{number}_table"),
        &format!("CREATE TABLE t{number} (id INTEGER NOT NULL);"),
        Some(&format!("DROP TABLE t{number};")),
    )
}

fn tables(numbers: impl IntoIterator<Item = usize>) -> MigrationSet {
    MigrationSet::from_list(numbers.into_iter().map(table)).expect("each version stands once")
}

fn migrator(url: &str, set: MigrationSet) -> Migrator {
    let address: DatabaseAddress = url.parse().expect("it is an address");
    let database = Database::connect(&address, Absent::CreateFile).expect("it can be reached");
    Migrator::new(database, set)
}

fn starter(url: &str, set: MigrationSet, mode: Mode) -> AutoMigrator {
    AutoMigrator::new(migrator(url, set), mode)
}

fn apply(database: &dyn Engine, set: MigrationSet) {
    migrator(&database.url(), set)
        .up(&UpOptions::default())
        .expect("it applies");
}

fn versions(texts: &[&str]) -> Vec<Version> {
    texts.iter().map(|text| Version::from_name(text)).collect()
}

/// Runs the same in several threads that begin at once.
fn at_once<T: Send>(threads: usize, run: impl Fn() -> T + Sync) -> Vec<T> {
    let gate = std::sync::Barrier::new(threads);
    std::thread::scope(|scope| {
        let begin = || {
            gate.wait();
            run()
        };
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(begin)).collect();
        let join = |thread: std::thread::ScopedJoinHandle<'_, T>| thread.join();
        running
            .into_iter()
            .map(|thread| join(thread).expect("no thread panics"))
            .collect()
    })
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

fn run_refuses_a_hole_in_the_middle(database: &dyn Engine) {
    apply(database, tables(1..=2));
    let error = starter(&database.url(), tables([1, 3]), Mode::Run)
        .start()
        .expect_err("`002` has no file, and `003` has");
    assert!(
        matches!(
            &error,
            StartupError::Run(RunError::Plan(PlanError::Hole { versions })) if *versions == ["002_table"]
        ),
        "{error:?}"
    );
    assert_eq!(database.applied(), ["001", "002"]);
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
    assert_eq!(*hint, "hint: mend the file and run: dieselkit up");
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

/// Makes a migration in Rust for the engine's own type of connection, which runs this SQL.
fn in_rust(
    database: &dyn Engine,
    name: &str,
    revision: &str,
    up: &'static str,
    down: &'static str,
) -> RustMigration {
    macro_rules! of_type {
        ($connection:ty) => {{
            use diesel::connection::SimpleConnection;
            RustMigration::new(name, revision, move |db: &mut $connection| {
                Ok(db.batch_execute(up)?)
            })
            .with_down(move |db: &mut $connection| Ok(db.batch_execute(down)?))
        }};
    }
    match database.either("sqlite", "postgres") {
        #[cfg(feature = "sqlite")]
        "sqlite" => of_type!(diesel::SqliteConnection),
        #[cfg(feature = "postgres")]
        "postgres" => of_type!(diesel::PgConnection),
        other => panic!("no connection for {other}"),
    }
}

fn with_rust(database: &dyn Engine, revision: &str) -> MigrationSet {
    let (up, down) = ("INSERT INTO t1 VALUES (7);", "DELETE FROM t1;");
    let rust = in_rust(database, "002_fill", revision, up, down);
    tables([1, 3]).with([rust]).expect("each version once")
}

fn rust_goes_up_and_down_in_the_history_of_the_others(database: &dyn Engine) {
    let mut migrator = migrator(&database.url(), with_rust(database, "1"));
    migrator.up(&UpOptions::default()).expect("it applies");
    assert_eq!(database.query_column("SELECT id FROM t1"), ["7"]);
    let rows = "SELECT version || ' ' || status FROM __dieselkit_history ORDER BY id";
    assert_eq!(
        database.query_column(rows),
        ["001 SUCCESS", "002 SUCCESS", "003 SUCCESS"]
    );
    assert!(migrator.status().expect("it reads").is_clean());

    migrator
        .rollback(Target::To(Version::from_name("001")))
        .expect("it rolls back");
    assert_eq!(database.query_column("SELECT id FROM t1"), [""; 0]);
    assert_eq!(
        database.query_column(rows),
        ["001 SUCCESS", "002 ROLLED_BACK", "003 ROLLED_BACK"]
    );
}

fn rust_that_fails_leaves_nothing_behind(database: &dyn Engine) {
    let half = "INSERT INTO t1 VALUES (7); INSERT INTO nowhere VALUES (1);";
    let rust = in_rust(database, "002_fill", "1", half, "");
    let set = tables([1]).with([rust]).expect("two versions");
    let error = migrator(&database.url(), set)
        .up(&UpOptions::default())
        .expect_err("there is no such table");
    assert!(
        error
            .to_string()
            .starts_with("failed to apply migration `002_fill`; it was rolled back whole"),
        "{error}"
    );
    assert_eq!(database.query_column("SELECT id FROM t1"), [""; 0]);
    assert_eq!(database.applied(), ["001"]);
    let failed = "SELECT status FROM __dieselkit_history WHERE version = '002'";
    assert_eq!(database.query_column(failed), ["FAILED"]);
}

fn rust_of_another_revision_is_modified(database: &dyn Engine) {
    apply(database, with_rust(database, "1"));
    let mut same = migrator(&database.url(), with_rust(database, "1"));
    assert!(same.status().expect("it reads").is_clean());
    let mut changed = migrator(&database.url(), with_rust(database, "2"));
    let status = changed.status().expect("it reads");
    let modified: Vec<_> = status
        .migrations
        .iter()
        .filter(|entry| entry.has(Mark::Modified))
        .map(|entry| (entry.name.as_str(), entry.state))
        .collect();
    assert_eq!(modified, [("002_fill", State::Applied)]);
    let error = changed
        .up(&UpOptions::default())
        .expect_err("a modified migration is refused");
    assert!(matches!(error, RunError::Plan(PlanError::Modified { .. })));
}

#[cfg(all(feature = "sqlite", feature = "postgres"))]
mod wrong_type {
    //! A migration in Rust that was written for the other engine.

    use super::{Engine, MigrationSet, Migrator, RustMigration, UpOptions, migrator};

    on_both_engines![rust_for_another_type_of_connection_says_so];

    fn rust_for_another_type_of_connection_says_so(database: &dyn Engine) {
        let name = "001_wrong";
        let (wrong, wanted) = match database.either("sqlite", "postgres") {
            "sqlite" => (
                RustMigration::new(name, "1", |_: &mut diesel::PgConnection| Ok(())),
                "PgConnection",
            ),
            _ => (
                RustMigration::new(name, "1", |_: &mut diesel::SqliteConnection| Ok(())),
                "SqliteConnection",
            ),
        };
        let set = MigrationSet::default().with([wrong]).expect("one version");
        let mut migrator: Migrator = migrator(&database.url(), set);
        let error = migrator
            .up(&UpOptions::default())
            .expect_err("it cannot be called");
        let cause = std::error::Error::source(&error).map(ToString::to_string);
        let cause = cause.expect("it has a cause");
        assert!(
            cause.contains(wanted) && cause.contains("another type"),
            "{cause}"
        );
        assert_eq!(database.applied(), [""; 0]);
    }
}

/// Makes the scenarios of a pool, which has the type of its connections.
macro_rules! over_a_pool {
    ($feature:literal, $module:ident, $connection:ty, $database:ty, $settings:expr, $before:literal, $body:literal) => {
        #[cfg(feature = $feature)]
        mod $module {
            use diesel::connection::SimpleConnection;
            use diesel::r2d2::{ConnectionManager, Pool};

            use super::{
                Database, Engine, Migration, Migrator, UpOptions, at_once, settings_of, tables,
            };

            fn pool(database: &$database, size: u32) -> Pool<ConnectionManager<$connection>> {
                let url = database.url();
                let url = url.strip_prefix("sqlite:").unwrap_or(&url);
                Pool::builder()
                    .max_size(size)
                    .build(ConnectionManager::new(url))
                    .expect("the database can be reached")
            }

            #[test]
            fn a_connection_comes_back_to_its_pool_as_it_was() {
                let database = <$database>::create();
                let pool = pool(&database, 1);
                let mut connection = pool.get().expect("it is free");
                connection.batch_execute($before).expect("it can be set");
                let before = settings_of(&$settings, &mut *connection);
                drop(connection);

                // A body that changes what a run relies on, and one that fails.
                let set = tables([1])
                    .with([
                        Migration::from_sql("002_settings", $body, None),
                        Migration::from_sql("003_broken", "INSERT INTO nowhere VALUES (1);", None),
                    ])
                    .expect("three versions");
                let taken = Database::from_pool(&pool).expect("it is free");
                Migrator::new(taken, set)
                    .up(&UpOptions::default())
                    .expect_err("there is no such table");

                let mut connection = pool.get().expect("it was given back");
                assert_eq!(settings_of(&$settings, &mut *connection), before);
                connection
                    .batch_execute("BEGIN; INSERT INTO t1 VALUES (1); COMMIT;")
                    .expect("it is usable, and in no transaction");
            }

            #[test]
            fn a_pool_that_two_migrate_over_at_once_applies_each_migration_once() {
                let database = <$database>::create();
                let pool = pool(&database, 2);
                let reports = at_once(2, || {
                    let taken = Database::from_pool(&pool).expect("there are two");
                    Migrator::new(taken, tables(1..=4)).up(&UpOptions::default())
                });
                let done: usize = reports
                    .into_iter()
                    .map(|report| report.expect("both succeed").done.len())
                    .sum();
                assert_eq!(done, 4);
                assert_eq!(database.applied(), ["001", "002", "003", "004"]);
                assert_eq!(pool.state().idle_connections, 2);
            }

            #[test]
            fn an_exhausted_pool_is_an_error() {
                let database = <$database>::create();
                let url = database.url();
                let url = url.strip_prefix("sqlite:").unwrap_or(&url);
                let pool = Pool::builder()
                    .max_size(1)
                    .connection_timeout(std::time::Duration::from_millis(100))
                    .build(ConnectionManager::<$connection>::new(url))
                    .expect("the database can be reached");
                let _taken = pool.get().expect("it is free");
                let error = Database::from_pool(&pool).expect_err("there is one, and it is taken");
                assert!(
                    error.to_string().starts_with("the pool gave no connection"),
                    "{error}"
                );
            }
        }
    };
}

/// Returns the values of a session's settings.
fn settings_of<C>(queries: &[&str], connection: &mut C) -> Vec<String>
where
    C: diesel::connection::LoadConnection,
    diesel::query_builder::SqlQuery:
        for<'q> diesel::query_dsl::methods::LoadQuery<'q, C, crate::support::engine::Cell>,
{
    queries
        .iter()
        .map(|query| {
            let cells = diesel::RunQueryDsl::load(diesel::sql_query(*query), connection)
                .unwrap_or_else(|error| panic!("{error}, in: {query}"));
            crate::support::engine::texts(cells).concat()
        })
        .collect()
}

over_a_pool!(
    "sqlite",
    sqlite_pool,
    diesel::SqliteConnection,
    crate::support::sqlite::SqliteDatabase,
    [
        "SELECT CAST(foreign_keys AS TEXT) AS value FROM pragma_foreign_keys",
        "SELECT CAST(timeout AS TEXT) AS value FROM pragma_busy_timeout",
    ],
    "PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 1234;",
    "PRAGMA foreign_keys = OFF; PRAGMA busy_timeout = 5;"
);

over_a_pool!(
    "postgres",
    postgres_pool,
    diesel::PgConnection,
    crate::support::postgres::PostgresDatabase<'static>,
    [
        "SELECT current_setting('search_path') AS value",
        "SELECT current_setting('application_name') AS value",
        "SELECT current_setting('synchronous_commit') AS value",
        "SELECT current_setting('client_connection_check_interval') AS value",
    ],
    "SET search_path = public, pg_catalog; SET synchronous_commit = local;",
    "SELECT pg_catalog.set_config('search_path', '', false); SET synchronous_commit = off;"
);
