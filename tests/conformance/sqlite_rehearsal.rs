//! What a rehearsal on a copy of a file tells.

use std::time::Duration;

use dieselkit::migration::{LeftOut, RehearsalReport, RehearsedOn, RunError, Settings, Waiting};
use dieselkit::{Database, Migration, MigrationSet, Migrator, UpOptions};

use crate::scene::{Folder, migrator, shown};
use crate::support::engine::Engine as _;
use crate::support::sqlite::SqliteDatabase;

on_one_engine![SqliteDatabase:
    a_table_that_is_rebuilt_is_told,
    everybody_would_have_waited_for_each_step,
    with_a_write_ahead_log_writers_alone_would_have_waited,
    a_rebuild_with_foreign_keys_off_is_checked,
    a_connection_without_a_file_is_refused,
    a_file_in_wal_mode_is_copied_with_what_is_in_its_log,
    another_file_is_left_alone,
];

fn rehearse(database: &SqliteDatabase, folder: &Folder) -> RehearsalReport {
    shown(migrator(database, folder).rehearse(UpOptions::default()))
}

/// Makes `users` anew.
const REBUILD: &str = "CREATE TABLE users_new (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
INSERT INTO users_new SELECT id, name FROM users;
DROP TABLE users;
ALTER TABLE users_new RENAME TO users;
CREATE INDEX users_name ON users (name);";

/// What such a migration says of itself.
const OFF: &str = "run_in_transaction = true\nforeign_keys = \"off\"\n";

fn with_users(database: &SqliteDatabase) -> Folder {
    database.execute(
        "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);
         CREATE INDEX users_name ON users (name);
         INSERT INTO users VALUES (1, 'a'), (2, 'b');
         CREATE TABLE orders (id INTEGER, user_id INTEGER REFERENCES users (id), note TEXT);
         INSERT INTO orders VALUES (1, 1, 'x');",
    );
    Folder::new()
}

fn a_table_that_is_rebuilt_is_told(database: &SqliteDatabase) {
    let folder = with_users(database);
    folder.add("1_rebuild", REBUILD, "SELECT 1;");
    folder.write("1_rebuild/metadata.toml", OFF);
    folder.add(
        "2_drop",
        "ALTER TABLE orders DROP COLUMN note; CREATE TABLE new (id INTEGER); CREATE INDEX new_id ON new (id);",
        "SELECT 1;",
    );
    let report = rehearse(database, &folder);
    assert_eq!(report.on, RehearsedOn::Copy);
    let told: Vec<(Vec<&str>, Vec<&str>)> = report
        .steps
        .iter()
        .flat_map(|step| &step.statements)
        .map(|it| {
            let built = it.indexes_built.iter().map(|built| built.index.as_str());
            (
                it.rewritten.iter().map(String::as_str).collect(),
                built.collect(),
            )
        })
        .collect();
    let nothing = (vec![], vec![]);
    assert_eq!(
        told[..3],
        [nothing.clone(), nothing.clone(), nothing.clone()]
    );
    assert_eq!(told[3], (vec!["users"], vec![]));
    assert_eq!(told[4], (vec![], vec!["users_name"]));
    assert_eq!(told[5], (vec!["orders"], vec![]));
    assert_eq!(told[6..], [nothing.clone(), nothing]);
    assert_eq!(report.steps[0].statements[1].rows, Some(2));
}

fn everybody_would_have_waited_for_each_step(database: &SqliteDatabase) {
    waiting_for_each_step(database, Waiting::Everybody);
}

fn with_a_write_ahead_log_writers_alone_would_have_waited(database: &SqliteDatabase) {
    database.execute("PRAGMA journal_mode = WAL");
    waiting_for_each_step(database, Waiting::Writers);
}

#[track_caller]
fn waiting_for_each_step(database: &SqliteDatabase, waiting: Waiting) {
    let folder = with_users(database);
    let slow = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000)
                INSERT INTO users (name) SELECT 'u' || i FROM n;";
    folder.add("1_slow", slow, "SELECT 1;");
    folder.add_statementwise(
        "2_wise",
        "CREATE TABLE a (id INTEGER); CREATE TABLE b (id INTEGER);",
        "",
    );
    let report = rehearse(database, &folder);
    let waits: Vec<_> = report
        .holds
        .iter()
        .map(|it| {
            (
                it.version.as_str(),
                it.on.as_deref(),
                it.waiting,
                it.place.is_some(),
            )
        })
        .collect();
    let wait = |version, by_statement| (version, None, waiting, by_statement);
    assert_eq!(waits, [wait("1", false), wait("2", true), wait("2", true)]);
    assert_eq!(report.holds[0].held, report.steps[0].execution_time);
    assert!(report.holds[0].held > Duration::ZERO);
    assert_eq!(report.steps[0].statements[0].rows, Some(300_000));
}

fn a_rebuild_with_foreign_keys_off_is_checked(database: &SqliteDatabase) {
    let folder = with_users(database);
    folder.add("1_rebuild", REBUILD, "SELECT 1;");
    folder.write("1_rebuild/metadata.toml", OFF);
    assert_eq!(rehearse(database, &folder).steps.len(), 1);
    folder.add("2_orphans", "DELETE FROM users;", "SELECT 1;");
    folder.write("2_orphans/metadata.toml", OFF);
    let failed = migrator(database, &folder).rehearse(UpOptions::default());
    match failed {
        Err(RunError::Rehearsal { source, .. }) => {
            assert!(
                source.message.contains("foreign keys are broken"),
                "{source}"
            );
        }
        other => panic!("it did not fail: {other:?}"),
    }
    assert_eq!(database.query_i64("SELECT count(*) FROM users"), 2);
}

fn a_connection_without_a_file_is_refused(_database: &SqliteDatabase) {
    use diesel::Connection as _;
    let memory = diesel::SqliteConnection::establish(":memory:").expect("there is room");
    let one = Migration::from_sql("1_a", "SELECT 1;", None).with_settings(Settings::default());
    let set = MigrationSet::from_list([one]).expect("it is one");
    let refused = Migrator::new(Database::from(memory), set).rehearse(UpOptions::default());
    assert!(matches!(refused, Err(RunError::Backend(_))), "{refused:?}");
}

fn a_file_in_wal_mode_is_copied_with_what_is_in_its_log(database: &SqliteDatabase) {
    let folder = with_users(database);
    database.execute("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; INSERT INTO users VALUES (9, 'z');");
    folder.add("1_update", "UPDATE users SET name = 'x';", "SELECT 1;");
    let report = rehearse(database, &folder);
    assert_eq!(report.steps[0].statements[0].rows, Some(3));
    assert_eq!(
        database.query_i64("SELECT count(*) FROM users WHERE name = 'x'"),
        0
    );
}

fn another_file_is_left_alone(database: &SqliteDatabase) {
    let folder = with_users(database);
    let other = folder.path().join("other.db");
    let copied = folder.path().join("copied.db");
    let attach = format!(
        "ATTACH '{}' AS other; CREATE TABLE other.t (id INTEGER);",
        other.display()
    );
    folder.add_statementwise("1_attach", &attach, "SELECT 1;");
    folder.add("2_other", "CREATE TABLE other.u (id INTEGER);", "SELECT 1;");
    let into = format!("VACUUM INTO '{}';", copied.display());
    folder.add_statementwise("3_into", &into, "SELECT 1;");
    folder.add(
        "4_own",
        "ATTACH ':memory:' AS aside; DELETE FROM orders;",
        "SELECT 1;",
    );
    let report = rehearse(database, &folder);
    let outside = |statement: &str| LeftOut::OutsideOfTheDatabase {
        statement: statement.to_owned(),
    };
    let needs = LeftOut::Needs {
        what: "other".to_owned(),
        of: crate::scene::version("1"),
    };
    let whys: Vec<_> = report.left_out.iter().map(|it| it.why.clone()).collect();
    assert_eq!(whys, [outside("ATTACH"), needs, outside("VACUUM INTO")]);
    assert_eq!(report.steps.len(), 1);
    assert!(!other.exists() && !copied.exists());
}
