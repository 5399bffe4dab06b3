//! Which locks a rehearsal tells of, what it says is written anew, and who would have waited.

use std::thread;
use std::time::Duration;

use dieselkit::UpOptions;
use dieselkit::migration::{RehearsedStatement, TableLock, TransactionMode, Waiting};

use super::gate::Gate;
use super::{Database, rehearse, rehearse_with, statements, waits, with_users};
use crate::scene::Folder;
use crate::support::engine::Engine;
use crate::support::postgres::PostgresDatabase;

on_one_engine![PostgresDatabase:
    the_locks_are_those_that_a_second_session_sees,
    what_is_rewritten_and_built_is_told,
    who_would_have_waited_is_told,
    a_lock_that_an_earlier_step_has_is_told_by_the_words,
    what_closes_a_table_again_is_told_by_the_words,
    where_the_words_do_not_tell_that_is_said,
    what_has_another_name_meanwhile_is_told_by_the_words,
    in_one_transaction_everything_is_held_to_the_end,
];

fn locks(statement: &RehearsedStatement) -> Vec<String> {
    let locks = statement.locks.iter();
    locks.map(|it| format!("{} {}", it.lock, it.on)).collect()
}

/// Returns a lock as `pg_locks` calls it.
pub(super) fn as_the_server_says(lock: TableLock) -> String {
    let words = lock.name().split(' ').map(|word| {
        let (first, rest) = word.split_at(1);
        format!("{first}{}", rest.to_lowercase())
    });
    words.collect::<String>() + "Lock"
}

fn the_locks_are_those_that_a_second_session_sees(database: &Database) {
    for during in [
        "UPDATE users SET age = gate(age) WHERE id = 1;",
        "CREATE INDEX users_gate ON users (gate(age));",
        "ALTER TABLE users ALTER COLUMN age TYPE BIGINT; SELECT gate(1);",
        "INSERT INTO orders SELECT id, gate(age) FROM users LIMIT 1;",
        "ALTER TABLE orders ADD FOREIGN KEY (user_id) REFERENCES users (id); SELECT gate(1);",
        "DROP INDEX users_name; SELECT gate(1);",
        "LOCK TABLE users IN EXCLUSIVE MODE; SELECT count(*) FROM orders; SELECT gate(1);",
        "CREATE TABLE new AS SELECT gate(1) AS id; ALTER TABLE users ADD made INTEGER; SELECT gate(1);",
    ] {
        let database = &PostgresDatabase::create();
        let folder = with_users(database);
        let text = format!("-- dieselkit: lock_timeout = off\n{during}");
        folder.add("1_gate", &text, "SELECT 1;");
        Gate::build(database);
        let mut gate = Gate::shut(database);
        let seen = thread::scope(|scope| {
            let rehearsing = scope.spawn(|| rehearse(database, &folder));
            let seen = gate.look_and_open();
            (seen, rehearsing.join().expect("it goes well"))
        });
        let (mut seen, report) = seen;
        let told = statements(&report);
        // What the gate's statement has, and those before it; the one of `CREATE TABLE AS` comes first.
        let until = told
            .iter()
            .position(|it| it.statement.starts_with("CREATE TABLE"));
        let told = until.map_or(&told[..], |first| &told[..=first]);
        let mut told: Vec<String> = told
            .iter()
            .flat_map(|statement| &statement.locks)
            .map(|it| format!("{} {}", as_the_server_says(it.lock), it.on))
            .collect();
        told.sort();
        seen.sort();
        assert_eq!(told, seen, "{during}");
    }
    // The scenario's own is not needed.
    database.execute("SELECT 1");
}

fn what_is_rewritten_and_built_is_told(database: &Database) {
    let folder = with_users(database);
    folder.add(
        "1_change",
        "ALTER TABLE users ALTER COLUMN age TYPE BIGINT;
         ALTER TABLE users ALTER COLUMN name TYPE VARCHAR(20);
         ALTER TABLE users ADD COLUMN a INTEGER DEFAULT 1;
         ALTER TABLE users ADD COLUMN b TIMESTAMPTZ DEFAULT clock_timestamp();
         CREATE UNIQUE INDEX users_age ON users (age);
         REINDEX INDEX users_name;
         TRUNCATE orders;
         CREATE TABLE new (id INTEGER PRIMARY KEY);
         ALTER TABLE new ALTER COLUMN id TYPE BIGINT;",
        "SELECT 1;",
    );
    let report = rehearse(database, &folder);
    let told: Vec<(Vec<&str>, Vec<&str>)> = statements(&report)
        .iter()
        .map(|it| {
            let built = it.indexes_built.iter().map(|built| built.index.as_str());
            (
                it.rewritten.iter().map(String::as_str).collect(),
                built.collect(),
            )
        })
        .collect();
    let nothing = (vec![], vec![]);
    assert_eq!(told[0].0, ["public.users"]);
    assert_eq!(told[1], nothing);
    assert_eq!(told[2], nothing);
    assert_eq!(told[3].0, ["public.users"]);
    assert_eq!(told[4], (vec![], vec!["public.users_age"]));
    assert_eq!(told[5], (vec![], vec!["public.users_name"]));
    assert_eq!(told[6..], [nothing.clone(), nothing.clone(), nothing]);
    assert_eq!(
        statements(&report)[4].indexes_built[0].table,
        "public.users"
    );
}

fn who_would_have_waited_is_told(database: &Database) {
    let folder = with_users(database);
    folder.add(
        "1_index",
        "SELECT pg_sleep(0.2); CREATE INDEX users_age ON users (age); SELECT pg_sleep(0.3);",
        "SELECT 1;",
    );
    folder.add(
        "2_rows",
        "UPDATE orders SET id = 1; SELECT * FROM users;",
        "SELECT 1;",
    );
    folder.add(
        "3_column",
        "ALTER TABLE orders ADD name TEXT; SELECT pg_sleep(0.3);",
        "SELECT 1;",
    );
    let report = rehearse(database, &folder);
    assert_eq!(
        waits(&report),
        [
            ("1", "public.users", Waiting::Writers, true),
            ("3", "public.orders", Waiting::Everybody, true),
        ]
    );
    let [index, column] = report.holds.as_slice() else {
        panic!("two of them");
    };
    assert_eq!(index.lock, Some(TableLock::Share));
    let place = index.place.as_ref().expect("it stands somewhere");
    assert_eq!((place.line, place.column), (1, 23));
    // What came before it does not count, nor do the other steps.
    assert!(index.held >= Duration::from_millis(300), "{index:?}");
    assert!(index.held + Duration::from_millis(200) <= report.steps[0].execution_time);
    assert!(column.held >= Duration::from_millis(300), "{column:?}");
    assert!(column.held <= report.steps[2].execution_time);
    let read = statements(&report)[4];
    assert_eq!(read.rows, None);
    assert!(
        locks(read).contains(&"ACCESS SHARE public.users".to_owned()),
        "{read:?}"
    );
}

fn a_lock_that_an_earlier_step_has_is_told_by_the_words(database: &Database) {
    let folder = with_users(database);
    folder.add("1_a", "ALTER TABLE users ADD a INTEGER;", "SELECT 1;");
    folder.add(
        "2_b",
        "CREATE INDEX users_a ON users (a); SELECT pg_sleep(0.2);",
        "SELECT 1;",
    );
    folder.add("3_c", "INSERT INTO users VALUES (1000);", "SELECT 1;");
    let report = rehearse(database, &folder);
    assert_eq!(
        waits(&report),
        [
            ("1", "public.users", Waiting::Everybody, true),
            ("2", "public.users", Waiting::Writers, true),
        ]
    );
    // An index takes a lock that nobody had yet; a second column takes the same once more.
    let folder = Folder::new();
    folder.add("1_a", "ALTER TABLE users ADD a INTEGER;", "SELECT 1;");
    folder.add("2_b", "ALTER TABLE users ADD b INTEGER;", "SELECT 1;");
    let report = rehearse(database, &folder);
    assert_eq!(
        waits(&report),
        [
            ("1", "public.users", Waiting::Everybody, true),
            ("2", "public.users", Waiting::Everybody, false),
        ]
    );
}

fn what_closes_a_table_again_is_told_by_the_words(database: &Database) {
    let folder = with_users(database);
    database.execute(
        "CREATE FUNCTION nothing() RETURNS TRIGGER LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
         CREATE TRIGGER told BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION nothing();
         CREATE POLICY own ON users USING (true);
         CREATE RULE none AS ON DELETE TO users DO INSTEAD NOTHING;
         CREATE TABLE child (id INTEGER, user_id INTEGER CONSTRAINT child_user REFERENCES users (id));
         CREATE TABLE other (id INTEGER, user_id INTEGER CONSTRAINT other_user REFERENCES users (id));
         CREATE TABLE third (id INTEGER, user_id INTEGER REFERENCES users (id));",
    );
    folder.add("01_a", "ALTER TABLE users ADD a INTEGER;", "SELECT 1;");
    let again = [
        "LOCK TABLE ONLY public.users;",
        "LOCK users IN SHARE ROW EXCLUSIVE MODE;",
        "DROP INDEX users_name;",
        "DROP TRIGGER told ON users;",
        "DROP POLICY own ON users;",
        "DROP RULE none ON users;",
        "DROP TABLE child;",
        "ALTER TABLE other DROP CONSTRAINT other_user;",
        "ALTER TABLE third DROP COLUMN user_id;",
    ];
    for (number, statement) in again.iter().enumerate() {
        folder.add(&format!("{}_again", number + 10), statement, "SELECT 1;");
    }
    let not = "LOCK users IN ROW SHARE MODE; INSERT INTO users VALUES (1000); SELECT count(*) FROM users;";
    folder.add("30_not", not, "SELECT 1;");
    let report = rehearse(database, &folder);
    assert_eq!(report.unseen, []);
    let of_users = report
        .holds
        .iter()
        .filter(|hold| hold.on.as_deref() == Some("public.users"));
    let told: Vec<_> = of_users
        .map(|hold| (hold.version.as_str(), hold.waiting, hold.seen))
        .collect();
    let again = |version| (version, Waiting::Everybody, false);
    assert_eq!(
        told,
        [
            ("01", Waiting::Everybody, true),
            again("10"),
            ("11", Waiting::Writers, true),
            again("12"),
            again("13"),
            again("14"),
            again("15"),
            again("16"),
            again("17"),
            again("18"),
        ]
    );
}

fn where_the_words_do_not_tell_that_is_said(database: &Database) {
    let folder = with_users(database);
    database.execute(
        "CREATE FUNCTION nothing() RETURNS TRIGGER LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
         CREATE TRIGGER told BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION nothing();
         CREATE FUNCTION hides() RETURNS VOID LANGUAGE plpgsql AS 'BEGIN LOCK users; END';",
    );
    folder.add("1_first", "SELECT hides();", "SELECT 1;");
    folder.add("2_a", "ALTER TABLE users ADD a INTEGER;", "SELECT 1;");
    let renames = "ALTER TRIGGER told ON users RENAME TO heard;";
    folder.add("3_renames", renames, "SELECT 1;");
    folder.add("4_hides", "SELECT hides(), now();", "SELECT 1;");
    folder.add(
        "5_plain",
        "SELECT now(); COMMENT ON TABLE users IS 'x';",
        "SELECT 1;",
    );
    database.execute("CREATE DOMAIN word AS TEXT; CREATE TABLE words (word word);");
    let checked = "ALTER DOMAIN word ADD CHECK (VALUE <> '');";
    folder.add("6_checked", checked, "SELECT 1;");
    let unchecked = "ALTER DOMAIN word ADD CHECK (VALUE <> 'x') NOT VALID;";
    folder.add("7_unchecked", unchecked, "SELECT 1;");
    let report = rehearse(database, &folder);
    let unseen = report.unseen.iter();
    let unseen: Vec<_> = unseen
        .map(|it| (it.version.as_str(), it.on.as_deref()))
        .collect();
    assert_eq!(
        unseen,
        [("3", Some("public.users")), ("4", None), ("6", None)]
    );
}

fn what_has_another_name_meanwhile_is_told_by_the_words(database: &Database) {
    let folder = Folder::new();
    database.execute(
        "CREATE SCHEMA shop; CREATE TABLE shop.users (id INTEGER, name TEXT);
         CREATE INDEX users_name ON shop.users (name);",
    );
    folder.add("1_a", "ALTER TABLE shop.users ADD a INTEGER;", "SELECT 1;");
    let rename = "ALTER SCHEMA shop RENAME TO store;";
    folder.add("2_schema", rename, "SELECT 1;");
    folder.add("3_b", "ALTER TABLE store.users ADD b INTEGER;", "SELECT 1;");
    let rename = "ALTER TABLE store.users RENAME TO people;";
    folder.add("4_table", rename, "SELECT 1;");
    folder.add("5_c", "DROP INDEX store.users_name;", "SELECT 1;");
    let report = rehearse(database, &folder);
    let of_users = report.holds.iter();
    let of_users = of_users.filter(|hold| hold.on.as_deref() == Some("shop.users"));
    let told: Vec<_> = of_users
        .map(|hold| (hold.version.as_str(), hold.seen))
        .collect();
    let by_words = |version| (version, false);
    assert_eq!(
        told,
        [("1", true), by_words("3"), by_words("4"), by_words("5")]
    );
}

fn in_one_transaction_everything_is_held_to_the_end(database: &Database) {
    let folder = with_users(database);
    folder.add("1_a", "ALTER TABLE users ADD a INTEGER;", "SELECT 1;");
    folder.add("2_b", "SELECT pg_sleep(0.3);", "SELECT 1;");
    let held = |mode| {
        let options = UpOptions::default().in_transactions(mode);
        rehearse_with(database, &folder, options).holds[0].held
    };
    assert!(held(TransactionMode::Batch) >= Duration::from_millis(300));
    let report = rehearse(database, &folder);
    assert!(report.holds[0].held <= report.steps[0].execution_time);
}
