//! Names as the server keeps them, and what else has one of them.

use diesel::connection::SimpleConnection;
use dieselkit::UpOptions;
use dieselkit::migration::StateLeft;

use super::{Database, dropped, indexes_of_a};
use crate::scene::{Folder, done, failing_up, up};
use crate::support::engine::Engine;
use crate::support::postgres::PostgresDatabase;

on_one_engine![PostgresDatabase:
    a_name_that_the_server_cuts_off_is_known,
    a_name_that_is_written_in_codes_is_known,
    what_is_left_on_a_materialized_view_is_dropped,
    an_index_of_another_table_is_not_taken_for_made,
    a_table_is_not_taken_for_an_index,
    what_another_index_has_left_stays,
];

const LONG: &str = "idx_orders_customer_reference_and_external_shipment_identifier_unique";

fn with_duplicates(database: &Database, build: &str) -> Folder {
    database.execute("CREATE TABLE a (id INTEGER); INSERT INTO a VALUES (1), (1)");
    let folder = Folder::new();
    folder.add_statementwise("1_index", build, "");
    folder
}

/// Fails twice, each time of the rows, and is done once they are mended.
fn is_known(database: &Database, build: &str, kept: &str) {
    let folder = with_duplicates(database, build);
    for time in ["first", "second"] {
        let (failure, report) = failing_up(database, &folder, &UpOptions::default());
        let kept = format!("public.{kept}");
        assert_eq!(failure.invalid_indexes, [kept.as_str()], "{time}: {build}");
        assert_eq!(
            failure.sqlstate.as_deref(),
            Some("23505"),
            "{time}: {build}"
        );
        let earlier: &[&str] = if time == "first" { &[] } else { &[&kept] };
        assert_eq!(dropped(&report), earlier, "{time}: {build}");
    }
    database.execute("DELETE FROM a WHERE ctid = '(0,2)'");
    assert_eq!(done(&up(database, &folder)), ["1"], "{build}");
    let valid = format!("{} true", kept.trim_matches('"'));
    assert_eq!(indexes_of_a(database), [valid], "{build}");
    database.execute(
        "DROP TABLE a; DELETE FROM __diesel_schema_migrations; DELETE FROM __dieselkit_history",
    );
}

fn a_name_that_the_server_cuts_off_is_known(database: &Database) {
    let umlauts = "ä".repeat(40);
    for (name, kept) in [
        (LONG, &LONG[..63]),
        (&umlauts, &format!("\"{}\"", "ä".repeat(31))),
    ] {
        for unless in ["", "IF NOT EXISTS "] {
            let build = format!("CREATE UNIQUE INDEX CONCURRENTLY {unless}{name} ON a (id);");
            is_known(database, &build, kept);
        }
    }
}

fn a_name_that_is_written_in_codes_is_known(database: &Database) {
    for name in ["U&\"i\\0061x\"", "u&\"i!+000061x\" UESCAPE '!'"] {
        for unless in ["", "IF NOT EXISTS "] {
            let build =
                format!("CREATE UNIQUE INDEX CONCURRENTLY {unless}{name} ON U&\"\\0061\" (id);");
            is_known(database, &build, "iax");
        }
    }
}

fn what_is_left_on_a_materialized_view_is_dropped(database: &Database) {
    database.execute(
        "CREATE TABLE base (id INTEGER); INSERT INTO base VALUES (1), (1);
         CREATE MATERIALIZED VIEW a AS SELECT id FROM base;
         COMMENT ON MATERIALIZED VIEW a IS 'what is said of it'",
    );
    let folder = Folder::new();
    let build = "CREATE UNIQUE INDEX CONCURRENTLY by_id ON a (id);";
    folder.add_statementwise("1_index", build, "");
    for earlier in [vec![], vec!["public.by_id"]] {
        let (failure, report) = failing_up(database, &folder, &UpOptions::default());
        assert_eq!(failure.invalid_indexes, ["public.by_id"]);
        assert_eq!(dropped(&report), earlier);
    }
    database.execute(
        "DROP INDEX by_id; DELETE FROM base WHERE ctid = '(0,2)'; REFRESH MATERIALIZED VIEW a",
    );
    assert_eq!(done(&up(database, &folder)), ["1"]);
    assert_eq!(indexes_of_a(database), ["by_id true"]);
    let said = database.query_text("SELECT obj_description('a'::regclass, 'pg_class')");
    assert_eq!(said, "what is said of it");
}

fn an_index_of_another_table_is_not_taken_for_made(database: &Database) {
    database.execute(
        "CREATE TABLE a (id INTEGER); INSERT INTO a VALUES (1);
         CREATE TABLE other (id INTEGER); INSERT INTO other VALUES (1), (1)",
    );
    let broken = "CREATE UNIQUE INDEX CONCURRENTLY by_id ON other (id)";
    let failed = database.connect().batch_execute(broken);
    failed.expect_err("there are duplicates");
    let folder = Folder::new();
    let build = "CREATE INDEX CONCURRENTLY IF NOT EXISTS by_id ON a (id);";
    folder.add_statementwise("1_index", build, "");
    for is_valid in [false, true] {
        if is_valid {
            database.execute("DROP INDEX by_id; CREATE INDEX by_id ON other (id)");
        }
        let (failure, report) = failing_up(database, &folder, &UpOptions::default());
        let named = "its name is that of the index public.by_id of public.other";
        assert!(failure.message.contains(named), "{failure}");
        assert_eq!(failure.state_left, StateLeft::StepRolledBack);
        assert_eq!(failure.invalid_indexes, [""; 0]);
        assert_eq!(dropped(&report), [""; 0]);
    }
    assert_eq!(indexes_of_a(database), [""; 0]);
    folder.write("1_index/up.sql", &build.replace("by_id", "a_by_id"));
    assert_eq!(done(&up(database, &folder)), ["1"]);
    assert_eq!(indexes_of_a(database), ["a_by_id true"]);
}

fn a_table_is_not_taken_for_an_index(database: &Database) {
    database.execute("CREATE TABLE a (id INTEGER); CREATE TABLE by_id (id INTEGER)");
    let folder = Folder::new();
    let build = "CREATE INDEX CONCURRENTLY IF NOT EXISTS by_id ON a (id);";
    folder.add_statementwise("1_index", build, "");
    let (failure, _) = failing_up(database, &folder, &UpOptions::default());
    let named = "its name is that of public.by_id, which is no index";
    assert!(failure.message.contains(named), "{failure}");
}

fn what_another_index_has_left_stays(database: &Database) {
    database.execute("CREATE TABLE a (email TEXT); INSERT INTO a VALUES ('1'), ('1')");
    let broken = "CREATE UNIQUE INDEX CONCURRENTLY users_email_ccnew ON a (email)";
    let failed = database.connect().batch_execute(broken);
    failed.expect_err("there are duplicates");
    let folder = Folder::new();
    let build = "CREATE INDEX CONCURRENTLY users_email_lower ON a (lower(email));";
    folder.add_statementwise("1_index", build, "");
    assert_eq!(dropped(&up(database, &folder)), [""; 0]);
    assert_eq!(
        indexes_of_a(database),
        ["users_email_ccnew false", "users_email_lower true"]
    );
}
