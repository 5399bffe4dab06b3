//! Migrating over a connection of a pool, which the program goes on using.

/// Makes the scenarios of a pool, which has the type of its connections.
macro_rules! over_a_pool {
    ($feature:literal, $module:ident, $connection:ty, $database:ty, $settings:expr, $before:literal, $body:literal) => {
        #[cfg(feature = $feature)]
        mod $module {
            use std::sync::Mutex;

            use diesel::connection::SimpleConnection;
            use diesel::r2d2::{ConnectionManager, Pool};

            use dieselkit::backend::BackendError;
            use dieselkit::migration::{RunError, Settings};
            use dieselkit::{Database, Migration, Migrator, Target, UpOptions};

            use super::settings_of;
            use crate::in_code::{at_once, tables};
            use crate::scene::{attempts, done, shown};
            use crate::support::engine::Engine;

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
                let mut outside = Settings::default();
                outside.run_in_transaction = false;
                let set = tables([1])
                    .with([
                        Migration::from_sql("002_settings", $body, None).with_settings(outside),
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

            /// Returns a migrator over the pool's only connection.
            fn over(pool: &Pool<ConnectionManager<$connection>>) -> Migrator {
                Migrator::new(Database::from_pool(pool).expect("it is free"), tables([1, 2]))
            }

            fn execute(pool: &Pool<ConnectionManager<$connection>>, sql: &str) {
                let mut connection = pool.get().expect("it was given back");
                connection.batch_execute(sql).expect("it is SQL");
            }

            #[test]
            fn temporary_tables_of_our_names_are_somebody_elses() {
                let database = <$database>::create();
                let pool = pool(&database, 1);
                execute(
                    &pool,
                    "CREATE TEMP TABLE __dieselkit_history (mine INTEGER);
                     CREATE TEMP TABLE __dieselkit_metadata (mine INTEGER);
                     CREATE TEMP TABLE extra (mine INTEGER);",
                );
                database.execute("CREATE TABLE extra (id INTEGER)");
                let report = shown(over(&pool).up(&UpOptions::default()));
                assert_eq!(done(&report), ["001", "002"]);
                assert_eq!(shown(over(&pool).status()).totals.applied, 2);
                assert_eq!(done(&shown(over(&pool).rollback(Target::Steps(1)))), ["002"]);
                shown(over(&pool).reset());
                assert_eq!(
                    attempts(&database),
                    ["001 apply SUCCESS", "002 apply SUCCESS"]
                );
                assert!(!database.has_table("extra"));
                execute(
                    &pool,
                    "SELECT mine FROM __dieselkit_history; SELECT mine FROM __dieselkit_metadata; SELECT mine FROM extra;",
                );
            }

            #[test]
            fn a_temporary_table_that_hides_diesel_s_is_refused() {
                let database = <$database>::create();
                let pool = pool(&database, 1);
                let hiding = "CREATE TEMP TABLE __diesel_schema_migrations (version VARCHAR(50) PRIMARY KEY, run_on TIMESTAMP);";
                execute(&pool, hiding);
                let refused = over(&pool).up(&UpOptions::default());
                let refused = refused.expect_err("Diesel would write its rows there");
                let RunError::Backend(BackendError::TemporaryTable { .. }) = &refused else {
                    panic!("another error: {refused}");
                };
                assert_eq!(database.tables(), [""; 0]);
                assert_eq!(shown(over(&pool).status()).totals.pending, 2);
                let hint = refused.hint().expect("it has one");
                execute(&pool, hint.trim_matches('`'));
                shown(over(&pool).up(&UpOptions::default()));
                assert_eq!(database.applied(), ["001", "002"]);
            }

            #[test]
            fn a_pool_that_two_migrate_over_at_once_applies_each_migration_once() {
                let database = <$database>::create();
                let pool = pool(&database, 2);
                // Both are taken before either writes: a pool that tries a connection of a SQLite
                // file which is being committed to discards it, before anybody has seen it.
                let take = || Database::from_pool(&pool).expect("there are two");
                let taken = Mutex::new(vec![take(), take()]);
                let reports = at_once(2, || {
                    let taken = taken.lock().expect("no thread panics").pop();
                    let migrator = Migrator::new(taken.expect("one each"), tables(1..=4));
                    { migrator }.up(&UpOptions::default())
                });
                let done: usize = reports
                    .into_iter()
                    .map(|report| report.expect("both succeed").done.len())
                    .sum();
                assert_eq!(done, 4);
                assert_eq!(database.applied(), ["001", "002", "003", "004"]);
                // One that did not answer at once while the other wrote the pool has replaced.
                let state = pool.state();
                assert_eq!(state.idle_connections, state.connections);
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
