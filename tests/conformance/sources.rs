//! Migrations from elsewhere than a folder, in one history with the others: lists in code, Rust.

use dieselkit::migration::{Mark, Settings, State};
use dieselkit::{
    Absent, Database, Migration, MigrationSet, Migrator, RustMigration, Target, UpOptions,
};

use crate::scene::{Folder, address, attempts, done, entry, failure, shown, tables, up};
use crate::support::engine::Engine;

on_both_engines![
    a_list_in_code_is_applied_and_rolled_back,
    single_files_and_pairs_stand_beside_folders,
    a_folder_that_a_program_left_behind_is_none_of_diesel_s_business,
];

fn migrator_of(database: &dyn Engine, set: MigrationSet) -> Migrator {
    let connected = Database::connect(&address(database), Absent::CreateFile);
    Migrator::new(connected.expect("the database is there"), set)
}

fn a_list_in_code_is_applied_and_rolled_back(database: &dyn Engine) {
    let list = [
        Migration::from_sql("2_b", "CREATE TABLE b (id INTEGER);", Some("DROP TABLE b;")),
        Migration::from_sql("1_a", "CREATE TABLE a (id INTEGER);", None),
    ];
    let set = MigrationSet::from_list(list).expect("their versions differ");
    let mut migrator = migrator_of(database, set);
    assert_eq!(done(&shown(migrator.up(&UpOptions::default()))), ["1", "2"]);
    assert_eq!(done(&shown(migrator.rollback(Target::Steps(1)))), ["2"]);
    migrator
        .rollback(Target::Steps(1))
        .expect_err("it has no way down");
    assert_eq!(tables(database), ["a"]);
}

fn single_files_and_pairs_stand_beside_folders(database: &dyn Engine) {
    let folder = Folder::new();
    folder.add_table(1);
    folder.write(
        "2_single.sql",
        "-- migrate:up transaction:false\nCREATE TABLE s (id INTEGER);\n-- migrate:down\nDROP TABLE s;\n",
    );
    folder.write("3_pair.up.sql", "CREATE TABLE p (id INTEGER);");
    folder.write("3_pair.down.sql", "DROP TABLE p;");
    folder.write("README.md", "What stands here.");
    folder.write(".hidden/up.sql", "CREATE TABLE hidden (id INTEGER);");
    assert_eq!(done(&up(database, &folder)), ["1", "2", "3"]);
    assert!(entry(database, &folder, "2").has(Mark::NonTransactional));
    assert_eq!(tables(database), ["p", "s", "t1"]);
    let back = crate::scene::rollback(database, &folder, Target::All);
    assert_eq!(done(&back), ["3", "2", "1"]);
}

/// Diesel passes over plain files: what it does not know, it neither applies nor reverts.
fn a_folder_that_a_program_left_behind_is_none_of_diesel_s_business(database: &dyn Engine) {
    let folder = Folder::new();
    folder.add_table(1);
    folder.write(
        "2_single.sql",
        "-- migrate:up\nCREATE TABLE s (id INTEGER);\n",
    );
    assert_eq!(database.diesel_run(folder.path()), ["1"]);
    assert_eq!(done(&up(database, &folder)), ["2"]);
    assert_eq!(attempts(database), ["1 adopt SUCCESS", "2 apply SUCCESS"]);
}

/// The scenarios with functions need the type of the connection.
macro_rules! written_in_rust {
    ($feature:literal, $module:ident, $database:ty, $connection:ty) => {
        #[cfg(feature = $feature)]
        mod $module {
            use diesel::connection::SimpleConnection;

            use super::*;

            fn rust(revision: &str, sql: &'static str) -> RustMigration {
                let up = move |db: &mut $connection| Ok(db.batch_execute(sql)?);
                let down = |db: &mut $connection| Ok(db.batch_execute("DELETE FROM t1")?);
                RustMigration::new("2_rows", revision, up).with_down(down)
            }

            fn with(folder: &Folder, rust: RustMigration) -> MigrationSet {
                let files = MigrationSet::from_folder(folder.path()).expect("it is readable");
                files.with([rust]).expect("its version is its own")
            }

            #[test]
            fn a_function_stands_between_files() {
                let (database, folder) = (<$database>::create(), Folder::new());
                folder.add_table(1);
                folder.add_table(3);
                let set = with(&folder, rust("1", "INSERT INTO t1 VALUES (1)"));
                let mut migrator = migrator_of(&database, set);
                assert_eq!(
                    done(&shown(migrator.up(&UpOptions::default()))),
                    ["1", "2", "3"]
                );
                assert_eq!(database.query_i64("SELECT count(*) FROM t1"), 1);
                assert_eq!(
                    done(&shown(migrator.rollback(Target::Steps(2)))),
                    ["3", "2"]
                );
                assert_eq!(database.query_i64("SELECT count(*) FROM t1"), 0);
                let plan = shown(migrator.plan_up(&UpOptions::default()));
                assert!(plan[0].opaque && plan[0].sql.is_empty());
            }

            #[test]
            fn a_function_that_fails_leaves_nothing() {
                let (database, folder) = (<$database>::create(), Folder::new());
                folder.add_table(1);
                let set = with(
                    &folder,
                    rust("1", "INSERT INTO t1 VALUES (1); DROP TABLE nowhere"),
                );
                let ran = migrator_of(&database, set).up(&UpOptions::default());
                let (failed, report) = failure(ran);
                assert!(failed.message.contains("nowhere"), "{failed}");
                assert_eq!(done(&report), ["1"]);
                assert_eq!(database.query_i64("SELECT count(*) FROM t1"), 0);
                assert_eq!(attempts(&database)[1], "2 apply FAILED");
            }

            #[test]
            fn another_revision_is_a_modification() {
                let (database, folder) = (<$database>::create(), Folder::new());
                folder.add_table(1);
                let first = with(&folder, rust("1", "INSERT INTO t1 VALUES (1)"));
                shown(migrator_of(&database, first).up(&UpOptions::default()));
                let second = with(&folder, rust("2", "INSERT INTO t1 VALUES (2)"));
                let mut migrator = migrator_of(&database, second);
                let status = shown(migrator.status());
                assert_eq!(status.migrations[1].marks, [Mark::Modified]);
                migrator
                    .up(&UpOptions::default())
                    .expect_err("it is modified");
                shown(migrator.check());
            }

            #[test]
            fn a_function_outside_of_a_transaction_is_one_statement() {
                let (database, folder) = (<$database>::create(), Folder::new());
                folder.add_table(1);
                let rust = rust("1", "INSERT INTO t1 VALUES (1)").without_transaction();
                let mut migrator = migrator_of(&database, with(&folder, rust));
                shown(migrator.up(&UpOptions::default()));
                assert_eq!(shown(migrator.status()).migrations[1].state, State::Applied);
                let done = "SELECT statements_done FROM __dieselkit_history WHERE version = '2'";
                assert_eq!(database.query_i64(done), 1);
            }
        }
    };
}

written_in_rust!(
    "sqlite",
    rust_on_sqlite,
    crate::support::sqlite::SqliteDatabase,
    diesel::SqliteConnection
);
written_in_rust!(
    "postgres",
    rust_on_postgres,
    crate::support::postgres::PostgresDatabase,
    diesel::PgConnection
);

/// What a list says of itself is what a file says in `metadata.toml`.
#[test]
fn settings_of_a_list_are_kept() {
    let migration =
        Migration::from_sql("1_a", "SELECT 1;", None).with_settings(Settings::default());
    assert!(migration.settings().run_in_transaction);
    assert_eq!(
        (migration.version().as_str(), migration.name()),
        ("1", "1_a")
    );
}
