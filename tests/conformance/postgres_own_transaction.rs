//! A file's own transaction that says how it is: its level, that it only reads, how long it may take.

use dieselkit::UpOptions;

use crate::scene::{Folder, done, failing_up, up};
use crate::support::engine::Engine;
use crate::support::postgres::PostgresDatabase;

on_one_engine![PostgresDatabase:
    it_says_its_level_before_anything_is_asked,
    one_that_only_reads_is_passed,
    one_in_which_nothing_may_be_asked_is_not_failed_by_a_question,
    a_name_that_two_savepoints_have_is_the_later_ones,
];

fn it_says_its_level_before_anything_is_asked(database: &PostgresDatabase<'_>) {
    let folder = Folder::new();
    folder.add(
        "1_a",
        "BEGIN;\nSET TRANSACTION ISOLATION LEVEL SERIALIZABLE;
CREATE TABLE a AS SELECT current_setting('transaction_isolation') AS level;\nCOMMIT;",
        "",
    );
    assert_eq!(done(&up(database, &folder)), ["1"]);
    let level = database.query_column("SELECT level FROM a");
    assert_eq!(level, ["serializable"]);
}

fn one_that_only_reads_is_passed(database: &PostgresDatabase<'_>) {
    let folder = Folder::new();
    let text = |last: &str| {
        format!(
            "CREATE TABLE a (id INTEGER);\nBEGIN READ ONLY;\nSELECT count(*) FROM a;\nCOMMIT;\n{last};"
        )
    };
    folder.add("1_a", &text("INSERT INTO nowhere VALUES (1)"), "");
    let (failed, _) = failing_up(database, &folder, &UpOptions::default());
    assert_eq!(failed.place.map(|place| place.line), Some(5));
    folder.write("1_a/up.sql", &text("INSERT INTO a VALUES (1)"));
    assert_eq!(done(&up(database, &folder)), ["1"]);
    assert_eq!(database.query_i64("SELECT count(*) FROM a"), 1);
}

/// Who may not read the catalog is none the worse for it.
fn one_in_which_nothing_may_be_asked_is_not_failed_by_a_question(database: &PostgresDatabase<'_>) {
    let role = database.create_role("secret");
    database.execute(
        "CREATE TABLE a (id INTEGER); REVOKE SELECT ON pg_catalog.pg_attribute FROM PUBLIC;",
    );
    let folder = Folder::new();
    let text = format!(
        "BEGIN;\nLOCK TABLE a IN SHARE MODE;\nINSERT INTO a VALUES (1);\nSET LOCAL ROLE \"{}\";\nCOMMIT;",
        role.name
    );
    folder.add("1_a", &text, "");
    assert_eq!(done(&up(database, &folder)), ["1"]);
    assert_eq!(database.query_i64("SELECT count(*) FROM a"), 1);
}

fn a_name_that_two_savepoints_have_is_the_later_ones(database: &PostgresDatabase<'_>) {
    let folder = Folder::new();
    let text = |last: &str| {
        format!(
            "CREATE TABLE kept (word TEXT);
BEGIN;\nSAVEPOINT a;\nSET app.tenant = 'seven';\nSAVEPOINT a;\nRELEASE a;\nROLLBACK TO a;\nCOMMIT;\n{last};"
        )
    };
    folder.add("1_a", &text("INSERT INTO nowhere VALUES (1)"), "");
    failing_up(database, &folder, &UpOptions::default());
    let keep = "INSERT INTO kept SELECT current_setting('app.tenant', true)";
    folder.write("1_a/up.sql", &text(keep));
    assert_eq!(done(&up(database, &folder)), ["1"]);
    let seven = database.query_i64("SELECT count(*) FROM kept WHERE word = 'seven'");
    assert_eq!(seven, 0);
}
