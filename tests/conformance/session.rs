//! The session: what a body changes harms nobody, and what a run changes is put back.

use diesel::connection::SimpleConnection;
use dieselkit::{Database, MigrationSet, Migrator, UpOptions};

use crate::scene::{Folder, attempts, done, failing_up, failure, migrator, shown, tables, up};
use crate::support::engine::Engine;

on_both_engines![
    a_body_that_changes_the_session_leaves_later_ones_unharmed,
    a_body_outside_of_a_transaction_leaves_later_ones_unharmed,
    a_failing_body_outside_of_a_transaction_leaves_later_ones_unharmed,
];

/// What every dump of a PostgreSQL database begins with; on SQLite what comes nearest.
fn changes_session(database: &dyn Engine) -> &str {
    database.either(
        "PRAGMA foreign_keys = OFF;",
        "SELECT pg_catalog.set_config('search_path', '', false);",
    )
}

/// Fails while foreign keys are checked, and where `public` is not in the search path.
fn needs_session(database: &dyn Engine) -> &str {
    database.either(
        "CREATE TABLE guard (parent INTEGER REFERENCES t1 (id));",
        "CREATE TABLE guard (id INTEGER);",
    )
}

fn folder(database: &dyn Engine) -> Folder {
    let folder = Folder::new();
    folder.add(
        "1_t",
        "CREATE TABLE t1 (id INTEGER PRIMARY KEY);",
        "DROP TABLE t1;",
    );
    folder.add("3_guard", needs_session(database), "DROP TABLE guard;");
    folder
}

fn a_body_that_changes_the_session_leaves_later_ones_unharmed(database: &dyn Engine) {
    let folder = folder(database);
    folder.add(
        "2_path",
        changes_session(database),
        changes_session(database),
    );
    // Without it the pragma, which does nothing inside a transaction, would be refused.
    folder.write(
        "2_path/metadata.toml",
        "run_in_transaction = true\nforeign_keys = \"off\"\n",
    );
    assert_eq!(done(&up(database, &folder)), ["1", "2", "3"]);
    assert_eq!(tables(database), ["guard", "t1"]);
    assert_eq!(database.applied(), ["1", "2", "3"]);
    let back = crate::scene::rollback(database, &folder, dieselkit::Target::All);
    assert_eq!(done(&back), ["3", "2", "1"]);
    assert_eq!(tables(database), [""; 0]);
}

fn a_body_outside_of_a_transaction_leaves_later_ones_unharmed(database: &dyn Engine) {
    let folder = folder(database);
    folder.add_statementwise(
        "2_path",
        changes_session(database),
        changes_session(database),
    );
    folder.add("4_orphan", "INSERT INTO guard VALUES (7);", "");
    // The row of `guard` breaks its key only where keys are checked, as they were before.
    let ran = migrator(database, &folder).up(&UpOptions::default());
    if database.either("checks", "has no keys") == "checks" {
        assert_eq!(failure(ran).0.step.version.as_str(), "4");
    } else {
        assert_eq!(done(&shown(ran)).len(), 4);
    }
    assert_eq!(database.applied()[..3], ["1", "2", "3"]);
    assert_eq!(tables(database), ["guard", "t1"]);
}

fn a_failing_body_outside_of_a_transaction_leaves_later_ones_unharmed(database: &dyn Engine) {
    let folder = folder(database);
    let failing = format!("{}\nSELECT * FROM nowhere;", changes_session(database));
    folder.add_statementwise("2_path", &failing, "");
    let (_, report) = failing_up(database, &folder, &UpOptions::default().keep_going());
    assert_eq!(done(&report), ["1", "3"]);
    assert_eq!(tables(database), ["guard", "t1"]);
    assert_eq!(
        attempts(database),
        ["1 apply SUCCESS", "2 apply FAILED", "3 apply SUCCESS"]
    );
}

/// Runs on the only connection of a pool, and looks at its settings before and after.
macro_rules! settings_are_put_back {
    ($feature:literal, $name:ident, $database:ty, $connection:ty, $change:literal, $settings:literal) => {
        #[cfg(feature = $feature)]
        #[test]
        fn $name() {
            use diesel::r2d2::{ConnectionManager, Pool};

            let database = <$database>::create();
            let folder = folder(&database);
            folder.add_statementwise("2_path", changes_session(&database), "");
            let url = database.url();
            let url = url.strip_prefix("sqlite:").unwrap_or(&url);
            let manager = ConnectionManager::<$connection>::new(url);
            let pool = Pool::builder()
                .max_size(1)
                .build(manager)
                .expect("one connection");
            let settings = || {
                let mut connection = pool.get().expect("it was given back");
                crate::support::engine::column!(&mut *connection, $settings)
            };
            let run = |options: &UpOptions| {
                let set = MigrationSet::from_folder(folder.path()).expect("it is readable");
                let database = Database::from_pool(&pool).expect("it is free");
                Migrator::new(database, set).up(options)
            };
            let change = pool.get().expect("it is free").batch_execute($change);
            change.expect("a setting that is known");
            let before = settings();
            shown(run(&UpOptions::default()));
            assert_eq!(settings(), before);

            folder.add("4_bad", "DROP TABLE nowhere;", "");
            let bad = format!("{}\nDROP TABLE nowhere;", changes_session(&database));
            folder.add_statementwise("5_bad", &bad, "");
            failure(run(&UpOptions::default().keep_going()));
            assert_eq!(settings(), before);
        }
    };
}

settings_are_put_back!(
    "sqlite",
    settings_are_as_before_after_success_and_failure_on_sqlite,
    crate::support::sqlite::SqliteDatabase,
    diesel::SqliteConnection,
    "PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 77",
    "SELECT foreign_keys FROM pragma_foreign_keys UNION ALL SELECT timeout FROM pragma_busy_timeout"
);
settings_are_put_back!(
    "postgres",
    settings_are_as_before_after_success_and_failure_on_postgres,
    crate::support::postgres::PostgresDatabase,
    diesel::PgConnection,
    "SET search_path = public, pg_temp; SET statement_timeout = '1h'",
    "SELECT name || '=' || setting FROM pg_catalog.pg_settings WHERE context = 'user' AND name NOT LIKE 'plpgsql.%' AND name <> 'transaction_isolation' ORDER BY name"
);
