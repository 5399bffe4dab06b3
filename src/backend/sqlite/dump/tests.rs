//! A copy beside writers, of a file that stays as it is.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::*;
use crate::backend::dump::Scope;
use crate::backend::dump::tests::{Scene, copy, counts};
use crate::backend::support::engine::Engine as _;
use crate::backend::support::sqlite::SqliteDatabase;

fn restored(bytes: &[u8]) -> SqliteDatabase {
    let database = SqliteDatabase::create();
    std::fs::write(database.path(), bytes).expect("the folder is ours");
    database
}

#[test]
fn what_is_counted_is_what_is_restored_while_others_write() {
    for mode in ["WAL", "DELETE"] {
        let database = SqliteDatabase::create();
        database.execute(&format!("PRAGMA journal_mode = {mode}"));
        database.execute("CREATE TABLE a (id INTEGER PRIMARY KEY); CREATE TABLE b (id INTEGER REFERENCES a); INSERT INTO a VALUES (1000000)");
        let ended = AtomicBool::new(false);
        let scene = Scene::new();
        let copied = thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    while !ended.load(Ordering::SeqCst) {
                        database.execute("BEGIN IMMEDIATE; INSERT INTO a DEFAULT VALUES; INSERT INTO b SELECT max(id) FROM a; COMMIT");
                    }
                });
            }
            thread::sleep(std::time::Duration::from_millis(200));
            let before = database.query_i64("SELECT count(*) FROM b");
            let copied = scene.copy(&database);
            ended.store(true, Ordering::SeqCst);
            (before, copied)
        });
        let (before, copied) = copied;
        let copied = copied.expect("it is whole");
        assert_eq!(copied.complaints, [""; 0]);
        let restored = restored(&copied.bytes);
        assert_eq!(
            restored.query_text("SELECT integrity_check FROM pragma_integrity_check"),
            "ok"
        );
        let rows = restored.query_i64("SELECT count(*) FROM b");
        assert!(rows >= before, "{rows} {before}");
        assert_eq!(
            counts(&copied.facts),
            [format!("\"a\" {}", rows + 1), format!("\"b\" {rows}")]
        );
        let mode_now = restored.query_text("SELECT journal_mode FROM pragma_journal_mode");
        assert_eq!(mode_now, mode.to_lowercase());
    }
}

#[test]
fn the_file_stays_as_it_is() {
    for mode in ["WAL", "DELETE"] {
        let database = SqliteDatabase::create();
        database.execute(&format!("PRAGMA journal_mode = {mode}"));
        database.execute("CREATE TABLE a (id INTEGER)");
        let folder = database.path().parent().expect("it is in one").to_owned();
        let state = || {
            let entries = std::fs::read_dir(&folder).expect("it is ours");
            let names = entries.map(|entry| entry.expect("it is ours").file_name());
            let bytes = std::fs::read(database.path()).expect("it is there");
            (names.collect::<std::collections::BTreeSet<_>>(), bytes)
        };
        let before = state();
        Scene::new().copy(&database).expect("it is whole");
        assert_eq!(state(), before);
    }
}

#[test]
fn what_a_crash_left_half_written_is_taken_back_first() {
    let database = SqliteDatabase::create();
    database.execute("CREATE TABLE a (id INTEGER, t TEXT); INSERT INTO a VALUES (1, 'whole')");
    let crashed = SqliteDatabase::create();
    {
        let mut writer = database.connect();
        Backend::batch_execute(
            &mut writer,
            "PRAGMA cache_size = 1; PRAGMA cache_spill = 1; BEGIN; WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) INSERT INTO a SELECT i, hex(randomblob(500)) FROM n; UPDATE a SET t = 'half'",
        )
        .expect("nobody else writes");
        let journal = |path: &Path| super::super::database::companion(path, "-journal");
        std::fs::copy(database.path(), crashed.path()).expect("the folder is ours");
        std::fs::copy(journal(&database.path()), journal(&crashed.path())).expect("it has one");
    }
    let copied = Scene::new().copy(&crashed).expect("it is whole");
    assert_eq!(counts(&copied.facts), ["\"a\" 1"]);
}

#[test]
fn a_row_that_points_nowhere_is_complained_of() {
    let database = SqliteDatabase::create();
    database.execute("PRAGMA foreign_keys = OFF; CREATE TABLE a (id INTEGER PRIMARY KEY); CREATE TABLE b (a INTEGER REFERENCES a); INSERT INTO b VALUES (7)");
    let copied = Scene::new().copy(&database).expect("it is faithful");
    assert_eq!(copied.complaints, ["row 1 of `b` refers to no row of `a`"]);
}

#[test]
fn what_has_no_file_or_is_no_whole_is_refused() {
    let scene = Scene::new();
    let refused =
        copy("sqlite::memory:", &scene.request(Format::Sqlite)).map(|copied| copied.moment);
    assert!(matches!(refused, Err(DumpError::InMemory)), "{refused:?}");
    let database = SqliteDatabase::create();
    let refused = copy(&database.url(), &scene.request(Format::Sqlite)).map(|copied| copied.moment);
    assert!(
        matches!(
            refused,
            Err(DumpError::Backend(BackendError::DatabaseMissing { .. }))
        ),
        "{refused:?}"
    );
    database.execute("SELECT 1");
    let refused = copy(&database.url(), &scene.request(Format::Custom)).map(|copied| copied.moment);
    assert!(
        matches!(refused, Err(DumpError::OtherFormat { .. })),
        "{refused:?}"
    );
    let scope = Scope {
        tables: vec!["a".to_owned()],
        ..Scope::default()
    };
    let request = DumpRequest {
        scope: &scope,
        ..scene.request(Format::Sqlite)
    };
    let refused = copy(&database.url(), &request).map(|copied| copied.moment);
    assert!(
        matches!(refused, Err(DumpError::NoScope { .. })),
        "{refused:?}"
    );
}

#[test]
fn a_damaged_database_is_refused() {
    let database = SqliteDatabase::create();
    database.execute("CREATE TABLE a (t TEXT CHECK (length(t) < 5)); PRAGMA ignore_check_constraints = ON; INSERT INTO a VALUES ('too long')");
    let refused = Scene::new().copy(&database).map(|copied| copied.moment);
    let Err(DumpError::Damaged { findings, .. }) = refused else {
        panic!("not refused: {refused:?}");
    };
    assert_eq!(findings, ["CHECK constraint failed in a"]);
}
