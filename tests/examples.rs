//! Runs every example, on both engines where it takes any.
//!
//! The examples are compiled in as modules: their binaries need not have been built before.

#[path = "support/mod.rs"]
#[macro_use]
mod support;

macro_rules! examples {
    ($($(#[$condition:meta])* $name:ident = $path:literal),+ $(,)?) => {
        $($(#[$condition])*
        #[path = $path]
        #[expect(dead_code, reason = "its `main` is called by a user alone")]
        mod $name;)+

        /// The files above.
        const INCLUDED: &[&str] = &[$($path),+];
    };
}

examples![
    async_startup = "../examples/async_startup.rs",
    backup = "../examples/backup.rs",
    embedded = "../examples/embedded.rs",
    in_code = "../examples/in_code.rs",
    migrate_at_startup = "../examples/migrate_at_startup.rs",
    #[cfg(feature = "sqlite")]
    plain_diesel = "../examples/plain_diesel.rs",
    #[cfg(feature = "sqlite")]
    pool = "../examples/pool.rs",
    replicas = "../examples/replicas.rs",
    #[cfg(feature = "sqlite")]
    rust_migration = "../examples/rust_migration.rs",
    seed = "../examples/seed.rs",
];

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use dieselkit::migration::State;
use dieselkit::startup::{Mode, StartupError};
use support::engine::Engine;

/// The migrations of `migrations/`.
const MIGRATIONS: usize = 8;

#[test]
fn every_example_is_run_here() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/examples");
    let mut files: Vec<String> = std::fs::read_dir(folder)
        .expect("the examples are there")
        .map(|entry| entry.expect("the folder is readable").file_name())
        .map(|name| format!("../examples/{}", name.to_string_lossy()))
        .collect();
    files.sort();
    assert_eq!(files, INCLUDED);
}

on_both_engines![
    seed_fills_once,
    backup_is_whole_and_beside_the_one_before,
    migrate_at_startup_applies_once,
    embedded_applies_what_was_compiled_in,
    in_code_goes_there_and_back,
    replicas_wait_for_one_and_check_refuses_to_start_behind,
    async_startup_runs_on_a_single_thread,
];

fn backup_is_whole_and_beside_the_one_before(database: &dyn Engine) {
    let folder = tempfile::tempdir().expect("a folder");
    for backups in 1..=2 {
        let verified = backup::back_up(&database.url(), folder.path()).expect("it is taken");
        assert!(verified.verdict.passed(), "{:?}", verified.verdict);
        let catalog = dieselkit::backup::Catalog::new(folder.path());
        assert_eq!(catalog.read().expect("readable").backups.len(), backups);
    }
}

fn seed_fills_once(database: &dyn Engine) {
    let first = seed::fill(&database.url()).expect("it seeds");
    assert_eq!(first.done.len(), first.planned.len());
    let users = "SELECT count(*) FROM users";
    let filled = database.query_i64(users);
    assert!(filled > 1, "{filled}");
    let second = seed::fill(&database.url()).expect("it seeds again");
    assert_eq!(second.done.len(), 0);
    assert_eq!(database.query_i64(users), filled);
}

fn migrate_at_startup_applies_once(database: &dyn Engine) {
    let first = migrate_at_startup::migrate(&database.url()).expect("it applies");
    assert_eq!(first.done.len(), MIGRATIONS);
    let second = migrate_at_startup::migrate(&database.url()).expect("it has nothing to do");
    assert_eq!(second.done.len(), 0);
    assert_eq!(database.applied().len(), MIGRATIONS);
}

fn embedded_applies_what_was_compiled_in(database: &dyn Engine) {
    let status = embedded::migrate(&database.url()).expect("it applies");
    let applied = |entry: &&dieselkit::migration::StatusEntry| entry.state == State::Applied;
    assert_eq!(status.migrations.iter().filter(applied).count(), MIGRATIONS);
    assert!(database.has_table("users"));
}

fn in_code_goes_there_and_back(database: &dyn Engine) {
    let (up, down) = in_code::there_and_back(&database.url()).expect("it goes both ways");
    assert_eq!((up.done.len(), down.done.len()), (2, 1));
    assert_eq!(database.applied(), ["001"]);
    assert!(database.has_table("notes"));
}

fn replicas_wait_for_one_and_check_refuses_to_start_behind(database: &dyn Engine) {
    let ready = Arc::new(AtomicBool::new(false));
    let start = |mode| {
        replicas::starter(&database.url(), mode, &ready)
            .expect("it connects")
            .start()
    };
    let behind = start(Mode::Check).expect_err("nothing is applied");
    assert!(matches!(behind, StartupError::Behind { .. }), "{behind}");
    assert!(!ready.load(Ordering::Relaxed));

    assert_eq!(start(Mode::Run).expect("it applies").done.len(), MIGRATIONS);
    assert!(ready.load(Ordering::Relaxed));
    start(Mode::Check).expect("everything is applied");
}

fn async_startup_runs_on_a_single_thread(database: &dyn Engine) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime can be made");
    let report = runtime
        .block_on(async_startup::migrate(database.url()))
        .expect("it applies");
    assert_eq!(report.done.len(), MIGRATIONS);
}

#[cfg(feature = "sqlite")]
mod over_sqlite {
    //! Examples that name the type of their connection; one runs on PostgreSQL too.

    use diesel::SqliteConnection;
    use diesel::r2d2::{ConnectionManager, Pool};
    use dieselkit::{Database, Migrator, Target, UpOptions};

    use super::MIGRATIONS;
    use crate::support::engine::Engine;
    use crate::support::sqlite::SqliteDatabase;
    use crate::{plain_diesel, pool, rust_migration};

    #[test]
    fn pool_migrates_over_one_of_its_connections() {
        let database = SqliteDatabase::create();
        let manager = ConnectionManager::<SqliteConnection>::new(database.path().to_string_lossy());
        let pool = Pool::new(manager).expect("a pool can be made");
        let report = pool::migrate(&pool).expect("it applies");
        assert_eq!(report.done.len(), MIGRATIONS);
        assert_eq!(pool.state().connections, pool.state().idle_connections);
    }

    #[cfg(feature = "postgres")]
    #[test]
    fn pool_migrates_postgres_too() {
        let database = crate::support::postgres::PostgresDatabase::create();
        let manager = ConnectionManager::<diesel::PgConnection>::new(database.url());
        let pool = Pool::builder()
            .max_size(2)
            .build(manager)
            .expect("a pool can be made");
        let report = pool::migrate(&pool).expect("it applies");
        assert_eq!(report.done.len(), MIGRATIONS);
    }

    #[test]
    fn rust_migration_goes_up_and_down_among_those_of_sql() {
        let database = SqliteDatabase::create();
        let migrations = rust_migration::migrations().expect("they can stand together");
        let mut migrator = Migrator::new(Database::from(database.connect()), migrations);
        migrator.up(&UpOptions::default()).expect("it applies");
        let slugs = || database.query_column("SELECT slug FROM articles ORDER BY id");
        assert_eq!(slugs(), ["why-rust", "on-memory"]);
        migrator.rollback(Target::Steps(1)).expect("it rolls back");
        assert_eq!(slugs(), ["", ""]);
    }

    #[test]
    fn plain_diesel_runs_our_set_and_dieselkit_adopts_it() {
        let database = SqliteDatabase::create();
        let applied = plain_diesel::migrate(&mut database.connect()).expect("Diesel applies");
        assert_eq!(applied.len(), MIGRATIONS);
        let report = crate::migrate_at_startup::migrate(&database.url()).expect("it adopts");
        assert_eq!(report.adopted.len(), MIGRATIONS);
        assert_eq!(report.done.len(), 0);
    }
}
