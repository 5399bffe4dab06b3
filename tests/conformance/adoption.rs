//! Beside plain Diesel: either may run the folder of the other, and each sees what the other did.

use std::path::Path;

use dieselkit::migration::{Mark, State};

use crate::scene::{
    Folder, attempts, done, entry, migrator, migrator_of, shown, status, up, version,
};
use crate::support::engine::Engine;

on_both_engines![
    plain_diesel_sees_nothing_pending_after_dieselkit,
    dieselkit_sees_nothing_pending_after_plain_diesel,
    the_project_s_own_migrations_make_what_diesel_makes,
    what_diesel_applies_in_between_is_adopted,
    what_diesel_reverts_in_between_is_marked_rolled_back,
    adopted_migrations_roll_back,
    an_adopted_migration_was_applied_at_its_time_in_utc,
];

fn plain_diesel_sees_nothing_pending_after_dieselkit(database: &dyn Engine) {
    let folder = Folder::of_six();
    assert_eq!(done(&up(database, &folder)), ["1", "2", "3", "4", "5", "6"]);
    assert_eq!(database.diesel_run(folder.path()), [""; 0]);
    assert_eq!(database.diesel_revert(folder.path()), "6");
}

fn dieselkit_sees_nothing_pending_after_plain_diesel(database: &dyn Engine) {
    let folder = Folder::of_six();
    database.diesel_run(folder.path());
    let before = status(database, &folder);
    assert_eq!(before.totals.applied, 6);
    assert!(before.is_clean());

    let report = up(database, &folder);
    assert_eq!(done(&report), [""; 0]);
    assert_eq!(report.adopted.len(), 6);
    assert!(entry(database, &folder, "6").has(Mark::ByDiesel));
    assert_eq!(attempts(database)[0], "1 adopt SUCCESS");
    assert_eq!(up(database, &folder).adopted, []);
}

fn the_project_s_own_migrations_make_what_diesel_makes(database: &dyn Engine) {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations"));
    let count = std::fs::read_dir(folder).expect("it is there").count();
    assert_eq!(database.diesel_run(folder).len(), count);
    let by_diesel = database.schema_dump();
    for _ in 0..count {
        database.diesel_revert(folder);
    }
    assert_eq!(database.applied(), [""; 0]);

    let mut migrator = migrator_of(database, folder);
    assert_eq!(
        shown(migrator.up(&dieselkit::UpOptions::default()))
            .done
            .len(),
        count
    );
    assert_eq!(database.schema_dump(), by_diesel);
    let empty = shown(migrator.rollback(dieselkit::Target::All));
    assert_eq!(empty.done.len(), count);
    assert_eq!(crate::scene::tables(database), [""; 0]);
    assert_eq!(
        shown(migrator.up(&dieselkit::UpOptions::default()))
            .done
            .len(),
        count
    );
    assert_eq!(database.schema_dump(), by_diesel);
}

fn what_diesel_applies_in_between_is_adopted(database: &dyn Engine) {
    let folder = Folder::new();
    folder.add_table(1);
    up(database, &folder);
    folder.add_table(2);
    database.diesel_run(folder.path());
    folder.add_table(3);

    let between = entry(database, &folder, "2");
    assert_eq!(between.state, State::Applied);
    assert!(between.has(Mark::ByDiesel));
    let report = up(database, &folder);
    assert_eq!(report.adopted, [version("2")]);
    assert_eq!(done(&report), ["3"]);
    let expected = ["1 apply SUCCESS", "2 adopt SUCCESS", "3 apply SUCCESS"];
    assert_eq!(attempts(database), expected);
}

fn what_diesel_reverts_in_between_is_marked_rolled_back(database: &dyn Engine) {
    let folder = Folder::of_six();
    up(database, &folder);
    database.diesel_revert(folder.path());
    assert_eq!(entry(database, &folder, "6").state, State::Pending);

    let report = up(database, &folder);
    assert_eq!(report.marked_rolled_back, [version("6")]);
    assert_eq!(done(&report), ["6"]);
    let expected = ["6 apply ROLLED_BACK", "6 apply SUCCESS"];
    assert_eq!(attempts(database)[5..], expected);
}

fn adopted_migrations_roll_back(database: &dyn Engine) {
    let folder = Folder::of_six();
    database.diesel_run(folder.path());
    let report = shown(migrator(database, &folder).rollback(dieselkit::Target::Steps(2)));
    assert_eq!(done(&report), ["6", "5"]);
    assert_eq!(database.applied(), ["1", "2", "3", "4"]);
    assert_eq!(attempts(database)[5], "6 adopt ROLLED_BACK");
}

fn an_adopted_migration_was_applied_at_its_time_in_utc(database: &dyn Engine) {
    let folder = Folder::new();
    folder.add_table(1);
    database.diesel_run(folder.path());
    let seen = entry(database, &folder, "1").applied_at;
    up(database, &folder);
    let noted = entry(database, &folder, "1").applied_at;
    assert_eq!(seen, noted);
    let age = crate::history_rows::now() - noted.expect("it is applied");
    assert!(age.num_minutes().abs() < 5, "{age} old");
}

/// The library's set is a source of Diesel's too, so that plain Diesel can run it.
macro_rules! run_by_plain_diesel {
    ($feature:literal, $name:ident, $database:ty) => {
        #[cfg(feature = $feature)]
        #[test]
        fn $name() {
            use diesel_migrations::MigrationHarness;

            let database = <$database>::create();
            let folder = Folder::of_six();
            let set = migrator(&database, &folder).migrations().clone();
            let mut connection = database.connect();
            connection
                .run_pending_migrations(set.clone())
                .expect("Diesel takes it");
            connection.revert_last_migration(set).expect("and back");
            assert_eq!(database.applied(), ["1", "2", "3", "4", "5"]);
            assert_eq!(crate::scene::tables(&database).len(), 5);
            assert_eq!(done(&up(&database, &folder)), ["6"]);
        }
    };
}

run_by_plain_diesel!(
    "sqlite",
    plain_diesel_runs_the_library_s_set_on_sqlite,
    crate::support::sqlite::SqliteDatabase
);
run_by_plain_diesel!(
    "postgres",
    plain_diesel_runs_the_library_s_set_on_postgres,
    crate::support::postgres::PostgresDatabase
);
