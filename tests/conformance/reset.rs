//! Reset: everything of the database's own goes, and all is applied again.

use dieselkit::migration::RunError;

use crate::scene::{Folder, attempts, done, migrator, shown, tables, up};
use crate::support::engine::Engine;

on_both_engines![
    reset_drops_everything_and_applies_all,
    reset_of_an_empty_database_applies_all,
    what_a_reset_drops_can_be_asked_beforehand,
    reset_drops_what_no_migration_made,
    a_reset_whose_migrations_cannot_be_run_drops_nothing,
    a_reset_without_a_migration_drops_nothing,
    a_reset_that_fails_says_what_it_dropped,
];

fn reset_drops_everything_and_applies_all(database: &dyn Engine) {
    let folder = Folder::of_six();
    up(database, &folder);
    database.execute("INSERT INTO t1 VALUES (1)");
    let report = shown(migrator(database, &folder).reset());
    assert_eq!(report.applied.done.len(), 6);
    assert_eq!(report.dropped.len(), 6, "{:?}", report.dropped);
    assert_eq!(database.query_i64("SELECT count(*) FROM t1"), 0);
    assert_eq!(attempts(database).len(), 6);
    assert_eq!(database.applied().len(), 6);
    assert_eq!(up(database, &folder).done.len(), 0);
}

fn what_a_reset_drops_can_be_asked_beforehand(database: &dyn Engine) {
    let folder = Folder::of_six();
    up(database, &folder);
    database.execute("CREATE VIEW seen AS SELECT 1 AS one");
    let before = database.schema_dump();
    let mut told = shown(migrator(database, &folder).doomed_by_reset());
    assert_eq!(database.schema_dump(), before);
    let mut dropped = shown(migrator(database, &folder).reset()).dropped;
    told.sort();
    dropped.sort();
    assert_eq!(told, dropped);
    assert_eq!(told.len(), 7);
}

fn reset_of_an_empty_database_applies_all(database: &dyn Engine) {
    let folder = Folder::of_six();
    let planned = shown(migrator(database, &folder).plan_reset());
    assert_eq!(planned.len(), 6);
    assert!(!database.has_table("__dieselkit_history"));
    let report = shown(migrator(database, &folder).reset());
    assert_eq!((report.applied.done.len(), report.dropped.len()), (6, 0));
}

fn reset_drops_what_no_migration_made(database: &dyn Engine) {
    let folder = Folder::of_six();
    up(database, &folder);
    let trigger = database.either(
        "CREATE TRIGGER noisy AFTER INSERT ON \"my \"\"table\" BEGIN SELECT 1; END",
        "CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
         CREATE TRIGGER noisy AFTER INSERT ON \"my \"\"table\" EXECUTE FUNCTION shout()",
    );
    database.execute(&format!(
        "CREATE TABLE parent (id INTEGER PRIMARY KEY);
         CREATE TABLE \"my \"\"table\" (id INTEGER REFERENCES parent (id));
         INSERT INTO parent VALUES (1);
         INSERT INTO \"my \"\"table\" VALUES (1);
         CREATE VIEW seen AS SELECT id FROM parent;
         {trigger}",
    ));
    shown(migrator(database, &folder).reset());
    assert_eq!(tables(database), ["t1", "t2", "t3", "t4", "t5", "t6"]);
    let dump = database.schema_dump();
    for word in ["noisy", "shout", "seen", "parent"] {
        assert!(!dump.contains(word), "{dump}");
    }
}

#[cfg(feature = "sqlite")]
#[test]
fn reset_of_a_sqlite_file_drops_virtual_tables_and_indexes() {
    let database = crate::support::sqlite::SqliteDatabase::create();
    let folder = Folder::of_six();
    up(&database, &folder);
    database
        .execute("CREATE VIRTUAL TABLE words USING fts5 (text); INSERT INTO words VALUES ('a')");
    database.execute("CREATE INDEX quick ON t1 (id)");
    shown(migrator(&database, &folder).reset());
    assert_eq!(tables(&database), ["t1", "t2", "t3", "t4", "t5", "t6"]);
    assert!(!database.schema_dump().contains("quick"));
}

fn a_reset_whose_migrations_cannot_be_run_drops_nothing(database: &dyn Engine) {
    let folder = Folder::of_six();
    up(database, &folder);
    database.execute("INSERT INTO t1 VALUES (1)");
    folder.write("5_t/up.sql", "CREATE TABEL t5 (id INTEGER);");
    migrator(database, &folder)
        .reset()
        .expect_err("it is no SQL");
    assert_eq!(database.query_i64("SELECT count(*) FROM t1"), 1);
    assert_eq!(tables(database).len(), 6);
    assert_eq!(attempts(database).len(), 6);
}

fn a_reset_without_a_migration_drops_nothing(database: &dyn Engine) {
    up(database, &Folder::of_six());
    database.execute("INSERT INTO t1 VALUES (1)");
    let empty = Folder::new();
    for refused in [
        migrator(database, &empty).plan_reset().map(drop),
        migrator(database, &empty).reset().map(drop),
    ] {
        assert!(
            matches!(refused, Err(RunError::NoMigrations { .. })),
            "{refused:?}"
        );
    }
    assert_eq!(database.query_i64("SELECT count(*) FROM t1"), 1);
    assert_eq!(tables(database).len(), 6);
    assert_eq!(attempts(database).len(), 6);
}

fn a_reset_that_fails_says_what_it_dropped(database: &dyn Engine) {
    let folder = Folder::of_six();
    up(database, &folder);
    folder.write("3_t/up.sql", "DROP TABLE nowhere;");
    match migrator(database, &folder).reset() {
        Err(RunError::Emptied {
            dropped, source, ..
        }) => {
            assert_eq!(dropped.len(), 6, "{dropped:?}");
            let report = source.report().expect("it ran");
            assert_eq!(done(report), ["1", "2"]);
        }
        other => panic!("it does not say: {other:?}"),
    }
    assert_eq!(tables(database), ["t1", "t2"]);
}
