//! What a reader sees, and leaves, of a file in WAL mode that others use.

use std::cell::Cell;
use std::thread;
use std::time::Duration;

use crate::backend::query::Query;
use crate::backend::support::engine::Engine as _;
use crate::backend::support::sqlite::SqliteDatabase;
use crate::backend::{Access, Backend, Database, DatabaseError};

/// A database in WAL mode that nobody has open, with one row that says 1.
fn at_rest() -> SqliteDatabase {
    let database = SqliteDatabase::create();
    database.execute(
        "PRAGMA journal_mode = WAL; CREATE TABLE a (id INTEGER); INSERT INTO a VALUES (1)",
    );
    assert_eq!(names(&database), ["test.db"]);
    database
}

fn reader(database: &SqliteDatabase) -> Database {
    let address = database.url().parse().expect("the support's URL is right");
    Database::open(&address, Access::ReadOnly).expect("it is there")
}

fn names(database: &SqliteDatabase) -> Vec<String> {
    let folder = database.path().with_file_name(".");
    let entries = std::fs::read_dir(folder).expect("the folder is ours");
    let name = |entry: std::fs::DirEntry| entry.file_name().into_string().expect("it is ours");
    let mut names: Vec<_> = entries
        .map(|entry| name(entry.expect("the folder is ours")))
        .collect();
    names.sort();
    names
}

fn newest(backend: &mut dyn Backend) -> i64 {
    let rows = backend.load(&Query::new("SELECT max(id) FROM a"));
    rows.expect("it is readable")[0]
        .integer(0)
        .expect("it has rows")
}

fn read_newest(reader: &mut Database) -> i64 {
    reader.read(None, newest).expect("it can be opened")
}

#[test]
fn what_is_changed_while_it_is_read_is_read_again() {
    let database = at_rest();
    let (mut reader, readings) = (reader(&database), Cell::new(0));
    let read = reader.read(None, |backend| {
        readings.set(readings.get() + 1);
        let before = newest(backend);
        if readings.get() == 1 {
            database.execute("INSERT INTO a VALUES (2)");
        }
        (before, newest(backend))
    });
    assert_eq!(read.expect("it can be opened"), (2, 2));
    assert_eq!(readings.get(), 2);
    assert_eq!(names(&database), ["test.db"]);
}

#[test]
fn what_is_written_into_a_log_meanwhile_is_read_again() {
    let database = at_rest();
    let (mut reader, mut open) = (reader(&database), None);
    let read = reader.read(None, |backend| {
        if open.is_none() {
            let mut writer = database.connect();
            let wrote = writer.batch_execute("INSERT INTO a VALUES (2)");
            wrote.expect("nobody else writes");
            open = Some(writer);
        }
        newest(backend)
    });
    assert_eq!(read.expect("it can be opened"), 2);
}

#[test]
fn whoever_reads_in_vain_again_and_again_reads_with_the_log() {
    let database = at_rest();
    let (mut reader, readings) = (reader(&database), Cell::new(1));
    let read = reader.read(None, |backend| {
        readings.set(readings.get() + 1);
        let before = newest(backend);
        database.execute(&format!("INSERT INTO a VALUES ({})", readings.get()));
        before
    });
    // The last is kept from what is committed meanwhile.
    assert_eq!(read.expect("it can be opened"), 4);
    assert_eq!(readings.get(), 5);
    // Then all begins anew.
    assert_eq!(read_newest(&mut reader), 5);
}

#[test]
fn a_reader_that_stays_sees_every_commit() {
    let database = at_rest();
    let mut reader = reader(&database);
    assert_eq!(read_newest(&mut reader), 1);
    database.execute("INSERT INTO a VALUES (2)");
    assert_eq!(read_newest(&mut reader), 2);
    let mut open = database.connect();
    for id in 3..6 {
        let insert = format!("INSERT INTO a VALUES ({id})");
        open.batch_execute(&insert).expect("nobody else writes");
        assert_eq!(read_newest(&mut reader), id);
    }
    drop(open);
    assert_eq!(names(&database), ["test.db"], "the reader held the log");
    assert_eq!(read_newest(&mut reader), 5);
    assert_eq!(names(&database), ["test.db"]);
}

#[test]
fn a_file_that_becomes_one_with_a_log_is_read_as_such() {
    let database = SqliteDatabase::create();
    database.execute("CREATE TABLE a (id INTEGER); INSERT INTO a VALUES (1)");
    let mut reader = reader(&database);
    assert_eq!(read_newest(&mut reader), 1);
    for (mode, id) in [("WAL", 2), ("DELETE", 3), ("WAL", 4)] {
        database.execute(&format!(
            "PRAGMA journal_mode = {mode}; INSERT INTO a VALUES ({id})"
        ));
        assert_eq!(read_newest(&mut reader), id);
        assert_eq!(names(&database), ["test.db"]);
    }
}

#[test]
fn a_change_of_mode_that_was_cut_off_is_taken_back() {
    let database = SqliteDatabase::create();
    database.execute(
        "CREATE TABLE a (id INTEGER, filler TEXT);
         INSERT INTO a WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
         SELECT 1, hex(zeroblob(1000)) FROM n",
    );
    let mut open = database.connect();
    let half = "PRAGMA cache_size = 1; BEGIN; PRAGMA user_version = 1; UPDATE a SET id = 2";
    open.batch_execute(half).expect("nobody else writes");
    let files = ["test.db", "test.db-journal"].map(|name| database.path().with_file_name(name));
    let cut_off = files
        .each_ref()
        .map(|file| std::fs::read(file).expect("it is there"));
    drop(open);
    for (file, mut bytes) in files.iter().zip(cut_off) {
        if *file == database.path() {
            // The format's versions of a database in WAL mode.
            bytes[18..20].fill(2);
        }
        std::fs::write(file, bytes).expect("the folder is ours");
    }
    assert_eq!(read_newest(&mut reader(&database)), 1);
    assert_eq!(names(&database), ["test.db"]);
}

#[test]
fn a_file_that_is_gone_is_missing() {
    let database = at_rest();
    let mut reader = reader(&database);
    std::fs::remove_file(database.path()).expect("it is there");
    let error = reader.read(None, newest).expect_err("it is gone");
    assert_eq!(error.hint().as_deref(), Some("`dieselkit db create`"));
}

/// Returns the newest of all rows, read in two halves of one snapshot.
fn halves(backend: &mut dyn Backend) -> Result<[i64; 4], DatabaseError> {
    backend.begin_snapshot()?;
    let mut half = |of: &str| {
        let query = format!("SELECT min(id), max(id) FROM b WHERE place {of} 250");
        let rows = backend.load(&Query::new(query))?;
        Ok([rows[0].integer(0)?, rows[0].integer(1)?])
    };
    let first = half("<=");
    thread::sleep(Duration::from_millis(15));
    let read = first.and_then(|first| Ok([first, half(">")?].concat()));
    backend.rollback()?;
    read.map(|read| read.try_into().expect("two halves of two"))
}

/// A writer opens and closes the file all the time, and changes every page of it at once.
#[test]
fn no_reading_sees_half_a_commit() {
    const COMMITS: i64 = 30;
    let database = at_rest();
    database.execute(
        "CREATE TABLE b (place INTEGER PRIMARY KEY, id INTEGER, filler TEXT);
         INSERT INTO b WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
         SELECT i, 0, hex(zeroblob(1000)) FROM n",
    );
    let mut reader = reader(&database);
    thread::scope(|scope| {
        let writing = scope.spawn(|| {
            for commit in 1..=COMMITS {
                database.execute(&format!(
                    "PRAGMA synchronous = OFF; UPDATE b SET id = {commit}"
                ));
                // Long enough for the file to be taken for one at rest.
                thread::sleep(Duration::from_millis(30));
            }
        });
        let mut last = 0;
        while last < COMMITS {
            let over = writing.is_finished();
            let read = reader.read(None, halves).expect("it can be opened");
            let read = read.expect("what is whole can be read");
            assert_eq!(read, [read[0]; 4], "half a commit was seen");
            assert!(read[0] >= last, "{} after {last}", read[0]);
            assert!(!over || read[0] == COMMITS, "the last commits were missed");
            last = read[0];
        }
    });
}
