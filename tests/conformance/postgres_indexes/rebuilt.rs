//! Indexes that are built anew while others write, in each of the ways that it can be written.

use diesel::connection::SimpleConnection;
use dieselkit::migration::RunReport;
use dieselkit::{Access, MigrationSet, Migrator, UpOptions};

use super::{Database, dropped, end_while_it_waits, indexes_of_a};
use crate::scene::{Folder, done, failing_up, failure, shown, up};
use crate::support::engine::Engine;
use crate::support::postgres::PostgresDatabase;

on_one_engine![PostgresDatabase:
    each_way_to_write_it_is_done_again_heavy,
    an_invalid_index_that_would_be_passed_over_is_named,
    one_that_is_cut_off_by_its_limit_is_done_again,
    what_is_left_on_a_partition_is_dropped,
    what_is_left_of_long_values_is_dropped,
    what_an_owner_may_not_drop_of_long_values_is_passed_over,
];

fn with_index(database: &Database, up_sql: &str) -> Folder {
    database.execute(
        "CREATE TABLE a (id INTEGER); INSERT INTO a VALUES (1); CREATE INDEX by_id ON a (id)",
    );
    let folder = Folder::new();
    folder.add_statementwise("1_reindex", up_sql, "");
    folder
}

fn each_way_to_write_it_is_done_again_heavy(database: &Database) {
    for rebuild in [
        "REINDEX (CONCURRENTLY) INDEX by_id;",
        "REINDEX (VERBOSE, CONCURRENTLY ON) TABLE public.a;",
        "REINDEX SCHEMA CONCURRENTLY public;",
    ] {
        let folder = with_index(database, rebuild);
        end_while_it_waits(database, &folder, |_| ());
        let left = indexes_of_a(database);
        assert_eq!(left, ["by_id true", "by_id_ccnew false"], "{rebuild}");
        let report = up(database, &folder);
        assert_eq!(dropped(&report), ["public.by_id_ccnew"], "{rebuild}");
        assert_eq!(indexes_of_a(database), ["by_id true"], "{rebuild}");
        database.execute(
            "DROP TABLE a; DELETE FROM __diesel_schema_migrations; DELETE FROM __dieselkit_history",
        );
    }
}

fn an_invalid_index_that_would_be_passed_over_is_named(database: &Database) {
    let whole = format!("REINDEX DATABASE CONCURRENTLY \"{}\";", database.name());
    for rebuild in [
        "REINDEX TABLE CONCURRENTLY a;",
        "REINDEX (CONCURRENTLY) SCHEMA public;",
        &whole,
    ] {
        let folder = with_index(database, rebuild);
        database.execute("INSERT INTO a VALUES (1)");
        let broken = "CREATE UNIQUE INDEX CONCURRENTLY another ON a (id)";
        let built = database.connect().batch_execute(broken);
        built.expect_err("there are duplicates");
        let before = database.query_i64("SELECT relfilenode FROM pg_class WHERE relname = 'by_id'");
        let (failure, report) = failing_up(database, &folder, &UpOptions::default());
        assert_eq!(failure.invalid_indexes, ["public.another"], "{rebuild}");
        assert_eq!(dropped(&report), [""; 0], "{rebuild}");
        let hint = failure.hint();
        assert!(
            hint.contains("`REINDEX INDEX CONCURRENTLY public.another;`"),
            "{hint}"
        );
        // It is said before hours are spent on the others.
        let after = database.query_i64("SELECT relfilenode FROM pg_class WHERE relname = 'by_id'");
        assert_eq!(before, after, "{rebuild}");
        database.execute("DROP INDEX another");
        assert_eq!(done(&up(database, &folder)), ["1"], "{rebuild}");
        database.execute(
            "DROP TABLE a; DELETE FROM __diesel_schema_migrations; DELETE FROM __dieselkit_history",
        );
    }
}

fn one_that_is_cut_off_by_its_limit_is_done_again(database: &Database) {
    let rebuild = "-- dieselkit: statement_timeout = 1s\nREINDEX SCHEMA CONCURRENTLY public;";
    let folder = with_index(database, rebuild);
    let mut writing = database.connect();
    let begun = "BEGIN; INSERT INTO a VALUES (2)";
    writing.batch_execute(begun).expect("it writes");
    let (failure, _) = failing_up(database, &folder, &UpOptions::default());
    assert_eq!(failure.invalid_indexes, ["public.by_id_ccnew"]);
    writing.batch_execute("COMMIT").expect("it wrote");
    let report = up(database, &folder);
    assert_eq!(dropped(&report), ["public.by_id_ccnew"]);
    assert_eq!(indexes_of_a(database), ["by_id true"]);
}

fn what_is_left_on_a_partition_is_dropped(database: &Database) {
    database.execute(
        "CREATE TABLE whole (id INTEGER) PARTITION BY RANGE (id);
         CREATE TABLE a PARTITION OF whole FOR VALUES FROM (1) TO (10);
         INSERT INTO a VALUES (1), (1); CREATE INDEX by_id ON whole (id)",
    );
    let broken = "CREATE UNIQUE INDEX CONCURRENTLY a_id_idx_ccnew ON a (id)";
    let built = database.connect().batch_execute(broken);
    built.expect_err("there are duplicates");
    let folder = Folder::new();
    folder.add_statementwise("1_reindex", "REINDEX TABLE CONCURRENTLY whole;", "");
    assert_eq!(dropped(&up(database, &folder)), ["public.a_id_idx_ccnew"]);
    assert_eq!(indexes_of_a(database), ["a_id_idx true"]);
}

/// Long values have a table of their own, whose index is built anew as well.
fn what_is_left_of_long_values_is_dropped(database: &Database) {
    let invalid = || {
        database.query_column(
            "SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid ORDER BY 1",
        )
    };
    for rebuild in [
        "REINDEX TABLE CONCURRENTLY a;",
        "REINDEX (CONCURRENTLY) SCHEMA public;",
    ] {
        database.execute(
            "CREATE TABLE a (id INTEGER, text TEXT); CREATE INDEX by_id ON a (id);
             CREATE TABLE other (text TEXT)",
        );
        let folder = Folder::new();
        folder.add_statementwise("1_reindex", rebuild, "");
        end_while_it_waits(database, &folder, |_| ());
        let left = invalid();
        assert_eq!(left.len(), 2, "{left:?}");
        assert!(left[1].starts_with("pg_toast.pg_toast_"), "{left:?}");
        let report = up(database, &folder);
        assert_eq!(invalid(), [""; 0], "{rebuild}");
        let mut dropped = dropped(&report);
        dropped.sort_unstable();
        assert_eq!(
            dropped,
            [left[1].as_str(), "public.by_id_ccnew"],
            "{rebuild}"
        );
        database.execute(
            "DROP TABLE a, other; DELETE FROM __diesel_schema_migrations; DELETE FROM __dieselkit_history",
        );
    }
}

/// The index of long values is in a schema that is a superuser's, and an owner of the table may build it anew,
/// but not drop it.
fn what_an_owner_may_not_drop_of_long_values_is_passed_over(database: &Database) {
    let owner = database.create_role("owner");
    database.execute(&format!(
        "GRANT CREATE ON SCHEMA public TO {0}; CREATE TABLE a (id INTEGER, text TEXT);
         CREATE INDEX by_id ON a (id); ALTER TABLE a OWNER TO {0}",
        owner.name
    ));
    let address = database.url_as(&owner).parse().expect("it is an address");
    let migrator = |folder: &Folder| {
        let opened = dieselkit::Database::open(&address, Access::ReadWrite);
        let set = MigrationSet::from_folder(folder.path()).expect("it is readable");
        Migrator::new(opened.expect("it is there"), set)
    };
    let folder = Folder::new();
    let rebuild = "-- dieselkit: statement_timeout = 1s\nREINDEX TABLE CONCURRENTLY a;";
    folder.add_statementwise("1_reindex", rebuild, "");
    let mut writing = database.connect();
    let begun = "BEGIN; INSERT INTO a VALUES (2)";
    writing.batch_execute(begun).expect("it writes");
    let (failure, report) = failure(migrator(&folder).up(&UpOptions::default()));
    writing.batch_execute("COMMIT").expect("it wrote");
    // What the next attempt drops, and what it does not.
    assert_eq!(failure.invalid_indexes, ["public.by_id_ccnew"]);
    let left = kept(&report);
    assert_eq!(left.len(), 1, "{left:?}");
    assert!(left[0].starts_with("pg_toast.pg_toast_"), "{left:?}");
    // One that was never attempted has it in its way as well.
    folder.add_statementwise("2_reindex", "REINDEX TABLE CONCURRENTLY a;", "");
    let report = shown(migrator(&folder).up(&UpOptions::default()));
    assert_eq!(done(&report), ["1", "2"]);
    assert_eq!(dropped(&report), ["public.by_id_ccnew"]);
    assert_eq!(kept(&report), [left[0], left[0]]);
    assert_eq!(indexes_of_a(database), ["by_id true"]);
    // Whom no schema is closed to drops it.
    folder.add_statementwise("3_reindex", "REINDEX TABLE CONCURRENTLY a;", "");
    let report = up(database, &folder);
    assert_eq!(dropped(&report), left);
    assert_eq!(kept(&report), [""; 0]);
}

fn kept(report: &RunReport) -> Vec<&str> {
    let kept = report.builds.leftovers_kept.iter();
    kept.map(|leftover| leftover.index.as_str()).collect()
}
