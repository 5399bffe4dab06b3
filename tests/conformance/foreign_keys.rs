//! SQLite: a table that others refer to is rebuilt without losing their rows.

use dieselkit::UpOptions;
use dieselkit::migration::{FindingKind, Mark, RunError, StateLeft, TransactionMode};

use crate::scene::{
    Folder, attempts, done, entry, failing_up, migrator, reader, shown, up, up_with,
};
use crate::support::engine::Engine;
use crate::support::sqlite::SqliteDatabase;

on_one_engine![SqliteDatabase:
    a_rebuild_with_the_key_keeps_the_childrens_rows,
    a_rebuild_with_the_key_keeps_the_childrens_rows_in_a_batch,
    a_rebuild_without_the_key_loses_the_childrens_rows,
    a_rebuild_that_breaks_a_key_is_rolled_back_and_names_the_rows,
    keys_are_checked_again_after_the_rebuild,
    a_rebuild_outside_of_a_transaction_is_checked_too,
    a_key_that_the_last_statement_broke_says_how_to_go_on,
    a_pragma_that_does_nothing_is_refused_before_it_loses_rows,
    a_pragma_that_does_something_runs,
    keys_that_are_deferred_to_the_commit_of_a_batch_fail_it_whole,
];

const REBUILD: &str =
    "CREATE TABLE new_users (id INTEGER PRIMARY KEY, name TEXT NOT NULL DEFAULT '');
INSERT INTO new_users (id) SELECT id FROM users;
DROP TABLE users;
ALTER TABLE new_users RENAME TO users;";

fn with_rows(database: &SqliteDatabase) -> Folder {
    let folder = Folder::new();
    folder.add(
        "1_users",
        "CREATE TABLE users (id INTEGER PRIMARY KEY);
CREATE TABLE bookings (id INTEGER PRIMARY KEY, user_id INTEGER REFERENCES users (id) ON DELETE CASCADE);",
        "DROP TABLE bookings;\nDROP TABLE users;",
    );
    up(database, &folder);
    database
        .execute("INSERT INTO users VALUES (1), (2); INSERT INTO bookings VALUES (10, 1), (11, 2)");
    folder.add("2_rebuild", REBUILD, "");
    folder.write(
        "2_rebuild/metadata.toml",
        "run_in_transaction = true\nforeign_keys = \"off\"\n",
    );
    folder
}

fn bookings(database: &SqliteDatabase) -> i64 {
    database.query_i64("SELECT count(*) FROM bookings")
}

fn a_rebuild_with_the_key_keeps_the_childrens_rows(database: &SqliteDatabase) {
    let folder = with_rows(database);
    folder.add_table(3);
    assert_eq!(done(&up(database, &folder)), ["2", "3"]);
    assert_eq!(bookings(database), 2);
    assert_eq!(database.query_column("SELECT name FROM users"), ["", ""]);
}

fn a_rebuild_with_the_key_keeps_the_childrens_rows_in_a_batch(database: &SqliteDatabase) {
    let folder = with_rows(database);
    folder.add_table(3);
    let batch = UpOptions::default().in_transactions(TransactionMode::Batch);
    assert_eq!(done(&up_with(database, &folder, &batch)), ["2", "3"]);
    assert_eq!(bookings(database), 2);
}

/// Why the key exists.
fn a_rebuild_without_the_key_loses_the_childrens_rows(database: &SqliteDatabase) {
    let folder = with_rows(database);
    folder.remove("2_rebuild/metadata.toml");
    assert_eq!(done(&up(database, &folder)), ["2"]);
    assert_eq!(bookings(database), 0);
}

fn a_rebuild_that_breaks_a_key_is_rolled_back_and_names_the_rows(database: &SqliteDatabase) {
    let folder = with_rows(database);
    folder.write(
        "2_rebuild/up.sql",
        &REBUILD.replace("FROM users;", "FROM users WHERE id = 1;"),
    );
    let (failure, _) = failing_up(database, &folder, &UpOptions::default());
    let expected = "foreign keys are broken: row 11 of `bookings` refers to no row of `users`";
    assert_eq!(failure.message, expected);
    assert_eq!(bookings(database), 2);
    assert_eq!(database.query_i64("SELECT count(*) FROM users"), 2);
    assert_eq!(attempts(database), ["1 apply SUCCESS", "2 apply FAILED"]);
}

fn keys_are_checked_again_after_the_rebuild(database: &SqliteDatabase) {
    let folder = with_rows(database);
    folder.add("3_orphan", "INSERT INTO bookings VALUES (12, 99);", "");
    let (failure, report) = failing_up(database, &folder, &UpOptions::default());
    assert_eq!(failure.step.version.as_str(), "3");
    assert!(failure.message.contains("FOREIGN KEY"), "{failure}");
    assert_eq!(done(&report), ["2"]);
}

fn a_rebuild_outside_of_a_transaction_is_checked_too(database: &SqliteDatabase) {
    let folder = with_rows(database);
    folder.write(
        "2_rebuild/metadata.toml",
        "run_in_transaction = false\nforeign_keys = \"off\"\n",
    );
    folder.add_table(3);
    assert_eq!(done(&up(database, &folder)), ["2", "3"]);
    assert_eq!(bookings(database), 2);
    assert!(entry(database, &folder, "2").has(Mark::NonTransactional));
}

fn keys_that_are_deferred_to_the_commit_of_a_batch_fail_it_whole(database: &SqliteDatabase) {
    let folder = Folder::new();
    folder.add(
        "1_users",
        "CREATE TABLE users (id INTEGER PRIMARY KEY);
CREATE TABLE bookings (user_id INTEGER REFERENCES users (id));",
        "",
    );
    folder.add(
        "2_rows",
        "PRAGMA defer_foreign_keys = ON;\nINSERT INTO bookings VALUES (7);",
        "",
    );
    folder.add_table(3);
    let batch = UpOptions::default().in_transactions(TransactionMode::Batch);
    let refused = migrator(database, &folder).up(&batch);
    let Err(RunError::Commit { steps, source, .. }) = refused else {
        panic!("not refused: {refused:?}");
    };
    assert_eq!(steps, 3);
    assert!(source.message.contains("FOREIGN KEY"), "{source}");
    assert_eq!(source.not_recorded, None);
    assert_eq!(attempts(database), ["3 apply FAILED"]);
    folder.write("3_t/up.sql", "INSERT INTO users VALUES (7);");
    assert_eq!(done(&up_with(database, &folder, &batch)), ["1", "2", "3"]);
}

/// `SQLite` passes over the pragma inside a transaction, and the rebuild would lose the children.
fn a_key_that_the_last_statement_broke_says_how_to_go_on(database: &SqliteDatabase) {
    let folder = with_rows(database);
    let breaks = "CREATE TABLE other (id INTEGER);\nDELETE FROM users WHERE id = 1;";
    folder.write("2_rebuild/up.sql", breaks);
    folder.write(
        "2_rebuild/metadata.toml",
        "run_in_transaction = false\nforeign_keys = \"off\"\n",
    );
    let (failure, _) = failing_up(database, &folder, &UpOptions::default());
    let all = StateLeft::HalfWay { done: 2, total: 2 };
    assert_eq!(failure.state_left, all, "{failure}");
    let hint = failure.hint();
    assert!(
        hint.starts_with("all its statements are committed: mend"),
        "{hint}"
    );
    let mends = "\nDELETE FROM bookings WHERE user_id = 1;";
    folder.write("2_rebuild/up.sql", &format!("{breaks}{mends}"));
    assert_eq!(done(&up(database, &folder)), ["2"]);
}

fn a_pragma_that_does_nothing_is_refused_before_it_loses_rows(database: &SqliteDatabase) {
    let folder = with_rows(database);
    let usual = format!("PRAGMA foreign_keys = OFF;\n{REBUILD}\nPRAGMA foreign_keys = ON;");
    folder.add("2_rebuild", &usual, "");
    folder.remove("2_rebuild/metadata.toml");
    let refused = migrator(database, &folder).up(&UpOptions::default());
    let Err(RunError::Prepare { source, .. }) = refused else {
        panic!("not refused: {refused:?}");
    };
    assert!(
        source.to_string().contains("2_rebuild/up.sql:1:1"),
        "{source}"
    );
    let hint = source.hint().expect("there is a setting");
    assert!(hint.contains("2_rebuild/metadata.toml"), "{hint}");
    assert_eq!(bookings(database), 2);
    let report = shown(reader(database, &folder).check());
    let found = report
        .findings
        .iter()
        .find(|found| found.kind == FindingKind::Settings);
    let place = found
        .and_then(|found| found.place.clone())
        .expect("it is placed");
    assert_eq!((place.line, place.column), (1, 1));

    // As the hint says; what the file says does no harm then.
    folder.write(
        "2_rebuild/metadata.toml",
        "run_in_transaction = true\nforeign_keys = \"off\"\n",
    );
    assert_eq!(done(&up(database, &folder)), ["2"]);
    assert_eq!(bookings(database), 2);
}

fn a_pragma_that_does_something_runs(database: &SqliteDatabase) {
    let folder = with_rows(database);
    let usual = format!("PRAGMA foreign_keys = OFF;\n{REBUILD}\nPRAGMA foreign_keys = ON;");
    folder.add_statementwise("2_rebuild", &usual, "");
    folder.add(
        "3_on",
        "PRAGMA foreign_keys = ON;\nCREATE TABLE t3 (id INTEGER);",
        "",
    );
    assert_eq!(done(&up(database, &folder)), ["2", "3"]);
    assert_eq!(bookings(database), 2);
}

#[test]
fn a_disk_that_is_full_is_not_the_files_fault() {
    let database = SqliteDatabase::create();
    let folder = Folder::new();
    folder.add_table(1);
    up(&database, &folder);
    let fills = "PRAGMA max_page_count = 1;
CREATE TABLE a (t BLOB);
INSERT INTO a VALUES (zeroblob(1000000));";
    folder.add("2_fills", fills, "");
    let (failure, _) = failing_up(&database, &folder, &UpOptions::default());
    assert_eq!(failure.message, "database or disk is full");
    let hint = failure.hint();
    assert!(hint.starts_with("make room on the disk"), "{hint}");
    assert!(hint.ends_with("`dieselkit up`"), "{hint}");
}
