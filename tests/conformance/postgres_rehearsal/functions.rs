//! Migrations that are functions: what one locks is seen when it is through, and when it locked it nobody
//! knows.

use std::time::Duration;

use diesel::PgConnection;
use diesel::connection::SimpleConnection;
use dieselkit::cancellation::Cancellation;
use dieselkit::migration::{
    NotSeen, RehearsalOptions, RehearsalReport, RehearsedOn, TableLock, Waiting,
};
use dieselkit::{MigrationSet, Migrator, RustMigration, Scratch, UpOptions};

use super::{Database, waits, with_users};
use crate::scene::{Folder, address, shown};
use crate::support::postgres::PostgresDatabase;

on_one_engine![PostgresDatabase:
    what_a_function_locks_and_builds_is_told_of_it,
    what_an_earlier_step_has_closed_a_function_may_close_unseen,
    without_a_transaction_nothing_is_seen_of_it,
];

fn in_rust(name: &str, sql: &'static str) -> RustMigration {
    RustMigration::new(name, "1", move |db: &mut PgConnection| {
        Ok(db.batch_execute(sql)?)
    })
}

fn called() -> RehearsalOptions {
    RehearsalOptions::from(UpOptions::default()).with_functions()
}

fn rehearse(
    database: &Database,
    folder: &Folder,
    functions: impl IntoIterator<Item = RustMigration>,
) -> RehearsalReport {
    let set = MigrationSet::from_folder(folder.path()).expect("they are readable");
    let set = set.with(functions).expect("each version once");
    shown(Migrator::new(database.connect(), set).rehearse(called()))
}

fn what_a_function_locks_and_builds_is_told_of_it(database: &Database) {
    let folder = with_users(database);
    let reads = "SELECT count(*) FROM orders;";
    folder.add("2_reads", reads, "SELECT 1;");
    let changes = "SELECT pg_sleep(0.2); ALTER TABLE users ALTER age TYPE BIGINT;
        CREATE INDEX users_age ON users (age); LOCK orders IN SHARE MODE;";
    let report = rehearse(database, &folder, [in_rust("1_rust", changes)]);
    let [function] = report.steps[0].statements.as_slice() else {
        panic!("it is one: {report:?}");
    };
    assert_eq!(function.place, None);
    assert_eq!(function.rewritten, ["public.users"]);
    let built = function.indexes_built.iter();
    let built: Vec<_> = built.map(|it| it.index.as_str()).collect();
    assert_eq!(
        built,
        ["public.users_age", "public.users_name", "public.users_pkey"]
    );
    assert_eq!(
        waits(&report),
        [
            ("1", "public.users", Waiting::Everybody, true),
            ("1", "public.orders", Waiting::Writers, true),
        ]
    );
    let hold = &report.holds[0];
    assert_eq!(
        (&hold.place, hold.lock),
        (&None, Some(TableLock::AccessExclusive))
    );
    // From its beginning: that is the most that it can be.
    assert!(hold.held >= Duration::from_millis(200), "{hold:?}");
    assert!(hold.held <= report.steps[0].execution_time);
    assert_eq!(report.unseen, []);
}

fn what_an_earlier_step_has_closed_a_function_may_close_unseen(database: &Database) {
    let folder = with_users(database);
    folder.add("2_sql", "SELECT 1;", "SELECT 1;");
    let report = rehearse(
        database,
        &folder,
        [
            in_rust("1_first", "ALTER TABLE users ADD a INTEGER;"),
            in_rust("3_again", "ALTER TABLE users ADD b INTEGER;"),
        ],
    );
    assert_eq!(
        waits(&report),
        [("1", "public.users", Waiting::Everybody, true)]
    );
    let unseen = report.unseen.iter();
    let unseen: Vec<_> = unseen
        .map(|it| (it.version.as_str(), &it.on, &it.place, it.why))
        .collect();
    assert_eq!(unseen, [("3", &None, &None, NotSeen::HeldEarlier)]);
}

fn without_a_transaction_nothing_is_seen_of_it(database: &Database) {
    let _folder = with_users(database);
    let patience = Duration::from_mins(1);
    let scratch = Scratch::copy_of(&address(database), patience, &Cancellation::default());
    let scratch = scratch.expect("nobody is connected");
    let function = in_rust("1_rust", "CREATE INDEX users_age ON users (age);");
    let function = function.without_transaction();
    let set = MigrationSet::from_list([function.into()]).expect("it is one");
    let mut migrator = Migrator::new(scratch.connect().expect("it is there"), set);
    let report = shown(migrator.rehearse_in_copy(called(), RehearsedOn::Copy));
    drop(migrator);
    scratch.remove().expect("nobody is connected any more");
    assert_eq!(report.holds, []);
    let unseen = report.unseen.iter();
    let unseen: Vec<_> = unseen.map(|it| (&it.on, &it.place, it.why)).collect();
    assert_eq!(unseen, [(&None, &None, NotSeen::FreeAgain)]);
    let built = &report.steps[0].statements[0].indexes_built[0];
    assert_eq!(built.index, "public.users_age");
}
