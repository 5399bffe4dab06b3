//! Migrations from lists in code, and from files of every form, in one history.

use dieselkit::migration::{Mark, Settings};
use dieselkit::{Absent, Database, Migration, MigrationSet, Migrator, Target, UpOptions};

use crate::scene::{Folder, address, attempts, done, entry, shown, tables, up};
use crate::support::engine::Engine;

on_both_engines![
    a_list_in_code_is_applied_and_rolled_back,
    single_files_and_pairs_stand_beside_folders,
    a_folder_that_a_program_left_behind_is_none_of_diesel_s_business,
    settings_of_a_list_are_those_of_its_run,
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

/// What a list says of itself is what a file says in `metadata.toml`.
fn settings_of_a_list_are_those_of_its_run(database: &dyn Engine) {
    let mut outside = Settings::default();
    outside.run_in_transaction = false;
    let list = [
        Migration::from_sql("1_a", "CREATE TABLE a (id INTEGER);", None),
        Migration::from_sql("2_b", "CREATE TABLE b (id INTEGER);", None).with_settings(outside),
    ];
    let set = MigrationSet::from_list(list).expect("their versions differ");
    let report = shown(migrator_of(database, set).up(&UpOptions::default()));
    let planned = report.planned.iter().map(|step| step.transactional);
    assert_eq!(planned.collect::<Vec<_>>(), [true, false]);
}
