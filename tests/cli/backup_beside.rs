//! Backups while others are at work: who writes loses nothing and is in nobody's way, and what is
//! counted is what comes back.

#[cfg(feature = "postgres")]
mod alter;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use serde_json::Value;

use crate::session::studio_applied;
use crate::support::engine::Engine;
#[cfg(feature = "postgres")]
use crate::support::postgres::PostgresDatabase;
use crate::support::project::Project;
#[cfg(feature = "sqlite")]
use crate::support::sqlite::SqliteDatabase;

/// How many write at once.
const WRITERS: usize = 10;
/// What each of them writes, in one transaction: the same row twice.
const TABLES: &str = "CREATE TABLE noted (writer INTEGER, number INTEGER);
CREATE TABLE twin (writer INTEGER, number INTEGER);";

/// The writers, and how many rows each of them knows to be committed.
#[derive(Default)]
struct Writers {
    ended: AtomicBool,
    committed: [AtomicU64; WRITERS],
}

impl Writers {
    fn write(&self, writer: usize, begin: &str, mut connection: impl SimpleConnection) {
        while !self.ended.load(Ordering::SeqCst) {
            let number = self.committed[writer].load(Ordering::SeqCst) + 1;
            let row = format!("VALUES ({writer}, {number})");
            let lines = format!("{begin}; INSERT INTO noted {row}; INSERT INTO twin {row}; COMMIT");
            match connection.batch_execute(&lines) {
                Ok(()) => self.committed[writer].store(number, Ordering::SeqCst),
                // A file may be busy for too long; then nothing of it is there.
                Err(_) => drop(connection.batch_execute("ROLLBACK")),
            }
            // Who waits for a file is not told that it is free, and would never get his turn.
            thread::sleep(Duration::from_millis(5));
        }
    }

    fn committed(&self) -> Vec<u64> {
        let committed = self.committed.iter();
        committed.map(|rows| rows.load(Ordering::SeqCst)).collect()
    }

    /// Waits until each has written beyond this.
    #[track_caller]
    fn wait_beyond(&self, rows: &[u64]) {
        let begun = Instant::now();
        while self
            .committed()
            .iter()
            .zip(rows)
            .any(|(now, then)| now <= then)
        {
            if begun.elapsed() > Duration::from_mins(1) {
                // Else whoever fails would wait for the writers.
                self.ended.store(true, Ordering::SeqCst);
                panic!("nobody writes: {:?}", self.committed());
            }
            thread::sleep(Duration::from_millis(10));
        }
    }
}

/// Runs a backup beside the writers, and returns its manifest, and what was committed before.
fn back_up_beside<C: SimpleConnection>(
    project: &Project,
    flags: &[&str],
    (begin, connect): (&str, impl Fn() -> C + Sync),
) -> (Value, Vec<u64>) {
    let writers = Writers::default();
    thread::scope(|scope| {
        for writer in 0..WRITERS {
            let (writers, connect) = (&writers, &connect);
            scope.spawn(move || writers.write(writer, begin, connect()));
        }
        writers.wait_beyond(&[2; WRITERS]);
        let before = writers.committed();
        let words = ["backup", "--hash", "--json"].iter().chain(flags);
        let made = project.run(words);
        // Nobody is kept from writing by a backup that is over.
        writers.wait_beyond(&writers.committed());
        writers.ended.store(true, Ordering::SeqCst);
        let made = made.succeeds().json();
        let id = made["data"]["backup"]["id"].as_str().expect("a name");
        let shown = project.run(["backup", "show", id, "--json"]).succeeds();
        (shown.json()["data"]["manifest"].clone(), before)
    })
}

/// Restores a backup in place of the database, and checks that it is of one moment, and what its
/// manifest says.
fn comes_back(database: &dyn Engine, project: &Project, manifest: &Value, before: &[u64]) {
    let id = manifest["id"].as_str().expect("a name");
    project
        .run(["restore", id, "--replace", "--yes"])
        .succeeds();
    for (writer, before) in before.iter().enumerate() {
        let of_writer = |what: &str| {
            database.query_i64(&format!("SELECT {what} FROM noted WHERE writer = {writer}"))
        };
        let (rows, last) = (of_writer("count(*)"), of_writer("max(number)"));
        assert_eq!(rows, last, "a row of writer {writer} is missing");
        let before = i64::try_from(*before).expect("it is small");
        assert!(last >= before, "{last} of {before} rows of writer {writer}");
    }
    let torn = "SELECT count(*) FROM (SELECT * FROM noted EXCEPT SELECT * FROM twin) AS t";
    assert_eq!(
        database.query_i64(torn),
        0,
        "half of a transaction is in it"
    );
    let facts = manifest["facts"]["tables"].as_array().expect("tables");
    let counted: BTreeMap<&str, i64> = facts
        .iter()
        .map(|table| {
            let name = table["name"].as_str().expect("a name");
            (name, table["rows"].as_i64().expect("a number"))
        })
        .collect();
    assert_eq!(counted.len(), database.tables().len());
    for (name, rows) in counted {
        let count = format!("SELECT count(*) FROM {name}");
        assert_eq!(database.query_i64(&count), rows, "{name}");
    }
}

#[cfg(feature = "sqlite")]
#[test]
fn a_file_that_ten_write_to_is_of_one_moment_and_lacks_nothing() {
    let database = SqliteDatabase::create();
    let project = studio_applied(&database);
    database.execute(&format!("PRAGMA journal_mode = WAL; {TABLES}"));
    let connect = ("BEGIN IMMEDIATE", || database.connect());
    let (manifest, before) = back_up_beside(&project, &[], connect);
    comes_back(&database, &project, &manifest, &before);
    assert_eq!(
        database.query_text("SELECT integrity_check FROM pragma_integrity_check"),
        "ok"
    );
}

#[cfg(feature = "postgres")]
mod postgres {
    use super::*;

    #[track_caller]
    fn is_of_one_moment(format: &str) {
        let database = PostgresDatabase::create();
        let project = studio_applied(&database);
        // So many that counting and dumping take a while.
        database.execute(&format!(
            "{TABLES} INSERT INTO users SELECT generate_series(1, 100000)"
        ));
        let connect = ("BEGIN", || database.connect());
        let flags = ["--format", format];
        let (manifest, before) = back_up_beside(&project, &flags, connect);
        comes_back(&database, &project, &manifest, &before);
    }

    #[test]
    fn a_plain_one_is_of_one_moment_and_counted_in_it() {
        is_of_one_moment("plain");
    }

    #[test]
    fn a_custom_one_is_of_one_moment_and_counted_in_it() {
        is_of_one_moment("custom");
    }

    #[test]
    fn a_directory_is_of_one_moment_and_counted_in_it() {
        is_of_one_moment("directory");
    }
}
