//! What a plan takes away of a `SQLite` database alone: a table that is dropped deletes its rows first.

use super::{lost_by, of_up, with_orders};
use crate::scene::{Folder, rollback, up};
use crate::support::engine::Engine;
use crate::support::sqlite::SqliteDatabase;
use dieselkit::Target;

on_one_engine![SqliteDatabase:
    a_table_that_is_dropped_takes_rows_along,
    nothing_goes_along_where_foreign_keys_are_off,
    a_switch_inside_a_transaction_of_the_file_is_none,
    a_virtual_table_is_one,
    rows_that_are_replaced_are_deleted,
    a_name_in_the_quotes_of_a_text_is_a_name,
    what_triggers_take_away_is_told,
    what_triggers_take_away_further_on_is_told,
];

fn a_table_that_is_dropped_takes_rows_along(database: &SqliteDatabase) {
    with_orders(database);
    let further = [
        "1 values notes.user_id 2",
        "1 some orders 6",
        "1 some items 3",
    ];
    let rebuilt = lost_by(
        database,
        "CREATE TABLE n (id INTEGER PRIMARY KEY, nick TEXT);
INSERT INTO n SELECT id, nick FROM users;
DROP TABLE users;
ALTER TABLE n RENAME TO users;",
    );
    assert_eq!(rebuilt, further);
    let dropped = lost_by(database, "DROP TABLE users;");
    assert_eq!(dropped[0], "1 table users 2");
    assert_eq!(dropped[1..], further);
    // It is what happens.
    let folder = Folder::new();
    folder.add("1_a", "DROP TABLE users;", "");
    up(database, &folder);
    assert_eq!(database.query_i64("SELECT count(*) FROM orders"), 1);
    assert_eq!(database.query_i64("SELECT count(*) FROM items"), 0);
    assert_eq!(database.query_i64("SELECT count(user_id) FROM notes"), 0);
}

fn rows_that_are_replaced_are_deleted(database: &SqliteDatabase) {
    with_orders(database);
    let lost = [
        "1 some users 2",
        "1 values notes.user_id 2",
        "1 some orders 6",
        "1 some items 3",
    ];
    for sql in [
        "INSERT OR REPLACE INTO users (id, nick) VALUES (1, 'x');",
        "REPLACE INTO users (id, nick) VALUES (1, 'x');",
    ] {
        assert_eq!(lost_by(database, sql), lost, "{sql}");
    }
    let updated = lost_by(
        database,
        "UPDATE OR REPLACE users SET nick = replace(nick, 'a', 'b');",
    );
    assert_eq!(updated[..4], lost);
    assert_eq!(updated[4..], ["1 overwritten users.nick 2"]);
    // It is what happens.
    let folder = Folder::new();
    folder.add("1_a", "REPLACE INTO users (id, nick) VALUES (1, 'x');", "");
    let before = database.query_i64("SELECT count(*) FROM orders");
    up(database, &folder);
    assert!(database.query_i64("SELECT count(*) FROM orders") < before);
}

fn nothing_goes_along_where_foreign_keys_are_off(database: &SqliteDatabase) {
    with_orders(database);
    let folder = Folder::new();
    folder.write(
        "1_a.sql",
        "-- migrate:up foreign_keys:off
CREATE TABLE n (id INTEGER PRIMARY KEY, nick TEXT);
INSERT INTO n SELECT id, nick FROM users;
DROP TABLE users;
ALTER TABLE n RENAME TO users;
-- migrate:down
",
    );
    assert_eq!(of_up(database, &folder), [""; 0]);
    let folder = Folder::new();
    folder.add_statementwise("1_a", "PRAGMA foreign_keys = OFF; DELETE FROM users;", "");
    assert_eq!(of_up(database, &folder), ["1 all users 2"]);
}

fn a_switch_inside_a_transaction_of_the_file_is_none(database: &SqliteDatabase) {
    with_orders(database);
    let rebuild = "CREATE TABLE n (id INTEGER PRIMARY KEY, nick TEXT);
INSERT INTO n SELECT id, nick FROM users;
DROP TABLE users;
ALTER TABLE n RENAME TO users;";
    let (off, on) = ("PRAGMA foreign_keys = OFF;", "PRAGMA foreign_keys = ON;");
    let further = [
        "1 values notes.user_id 2",
        "1 some orders 6",
        "1 some items 3",
    ];
    let lost = |sql: &str| {
        let folder = Folder::new();
        folder.add_statementwise("1_a", sql, "");
        of_up(database, &folder)
    };
    assert_eq!(
        lost(&format!("{off} BEGIN; {rebuild} COMMIT; {on}")),
        [""; 0]
    );
    assert_eq!(lost(&format!("{off} {on} {rebuild}")), further);
    let inside = format!("BEGIN; {off} {rebuild} COMMIT; {on}");
    assert_eq!(lost(&inside), further);
    // It is what happens.
    let folder = Folder::new();
    folder.add_statementwise("1_a", &inside, "");
    up(database, &folder);
    assert_eq!(database.query_i64("SELECT count(*) FROM orders"), 1);
}

fn a_virtual_table_is_one(database: &SqliteDatabase) {
    database.execute("CREATE VIRTUAL TABLE found USING fts5(text)");
    database.execute("INSERT INTO found VALUES ('a'), ('b')");
    assert_eq!(lost_by(database, "DROP TABLE found;"), ["1 table found 2"]);
    assert_eq!(lost_by(database, "DELETE FROM found;"), ["1 all found 2"]);
}

fn a_name_in_the_quotes_of_a_text_is_a_name(database: &SqliteDatabase) {
    database.execute("CREATE TABLE users (id INTEGER, nick TEXT)");
    database.execute("INSERT INTO users VALUES (1, 'ada'), (2, 'bob'), (3, NULL)");
    for (sql, lost) in [
        ("DROP TABLE 'users';", "1 table users 3"),
        ("DROP TABLE main.'Users';", "1 table users 3"),
        ("DELETE FROM 'users';", "1 all users 3"),
        (
            "ALTER TABLE 'users' DROP COLUMN 'nick';",
            "1 column users.nick 2",
        ),
        (
            "UPDATE 'users' SET 'nick' = 'x';",
            "1 overwritten users.nick 2",
        ),
        (
            "CREATE TABLE 'n' ('id' INTEGER); INSERT INTO 'n' SELECT users.'id' FROM 'users';
             DROP TABLE 'users'; ALTER TABLE 'n' RENAME TO 'users';",
            "1 column users.nick 2",
        ),
    ] {
        assert_eq!(lost_by(database, sql), [lost], "{sql}");
        // The engine takes it.
        let folder = Folder::new();
        let probe = format!("SAVEPOINT here; {sql} ROLLBACK TO here; RELEASE here;");
        folder.add("1_a", &probe, "DROP TABLE IF EXISTS nowhere;");
        up(database, &folder);
        assert_eq!(
            database.query_i64("SELECT count(nick) FROM users"),
            2,
            "{sql}"
        );
        rollback(database, &folder, Target::All);
    }
}

/// What is plainly put into a table, or into a view, runs the triggers of it.
fn what_triggers_take_away_is_told(database: &SqliteDatabase) {
    with_orders(database);
    for statement in [
        "CREATE VIEW people AS SELECT id, nick FROM users",
        "CREATE TRIGGER put INSTEAD OF INSERT ON people BEGIN
           UPDATE users SET nick = new.nick WHERE id = new.id; END",
        "CREATE TABLE log (what TEXT)",
        "CREATE TRIGGER \"logs insert\" AFTER INSERT ON orders BEGIN
           INSERT INTO log VALUES (lower(new.id)); END",
        "CREATE TRIGGER empties INSTEAD OF UPDATE ON people BEGIN DELETE FROM log; END",
        "CREATE TRIGGER trims BEFORE UPDATE OF text ON notes BEGIN DELETE FROM log; END",
    ] {
        database.execute(statement);
    }
    for (sql, lost) in [
        (
            "INSERT INTO people VALUES (1, 'x');",
            &["1 overwritten by put of people"][..],
        ),
        (
            "WITH x AS (SELECT 1) INSERT INTO People SELECT 1, 'x' FROM x;",
            &["1 overwritten by put of people"],
        ),
        (
            "INSERT INTO people VALUES (1, 'x'); INSERT INTO 'people' VALUES (2, 'y');",
            &["1 overwritten by put of people"],
        ),
        // What it does to rows behind the view nobody can tell.
        (
            "UPDATE people SET nick = 'x';",
            &["1 unknown UPDATE people", "1 deleted by empties of people"],
        ),
        // It only adds.
        ("INSERT INTO orders VALUES (8, 1);", &[]),
        ("INSERT INTO notes VALUES (1, 'x');", &[]),
        (
            "UPDATE notes SET text = 'x';",
            &["1 overwritten notes.text 3", "1 deleted by trims of notes"],
        ),
        // Another table has the name by then.
        (
            "DROP VIEW people; CREATE TABLE people (id INTEGER, nick TEXT);
             INSERT INTO people VALUES (1, 'x');",
            &[],
        ),
    ] {
        assert_eq!(lost_by(database, sql), lost, "{sql}");
    }
    // It is what happens.
    let folder = Folder::new();
    folder.add("1_a", "INSERT INTO people VALUES (1, 'x');", "");
    up(database, &folder);
    let overwritten = "SELECT count(*) FROM users WHERE nick = 'x'";
    assert_eq!(database.query_i64(overwritten), 1);
}

fn what_triggers_take_away_further_on_is_told(database: &SqliteDatabase) {
    with_orders(database);
    for statement in [
        "CREATE TABLE log (what TEXT)",
        "CREATE TRIGGER logs AFTER INSERT ON others BEGIN INSERT INTO log VALUES ('x'); END",
        "CREATE TRIGGER shortens AFTER INSERT ON log BEGIN
           DELETE FROM log WHERE rowid < new.rowid; INSERT INTO others VALUES (NULL); END",
        "CREATE TRIGGER goes AFTER DELETE ON orders BEGIN UPDATE notes SET text = ''; END",
    ] {
        database.execute(statement);
    }
    assert_eq!(
        lost_by(database, "INSERT INTO others VALUES (1);"),
        ["1 deleted by shortens of log"]
    );
    let lost = lost_by(database, "DELETE FROM users WHERE id = 1;");
    assert!(
        lost.contains(&"1 overwritten by goes of orders".to_owned()),
        "{lost:?}"
    );
}
