//! Rows that are captured and seeded again: the same values, the same bytes, and the rows that
//! others need.

mod anonymized;
mod files;
mod references;
mod types;

use std::fs;
use std::path::Path;

use dieselkit::seed::{
    Anonymize, CaptureError, CaptureInto, CaptureOptions, CaptureReport, DataFormat, capture,
};
use dieselkit::{Access, Database, Environment};

use crate::scene::{Folder, address, chain};
use crate::support::engine::Engine;
use crate::support::names_in;

const FORMATS: [DataFormat; 3] = [DataFormat::Csv, DataFormat::JsonLines, DataFormat::Json];

fn try_capture(
    database: &dyn Engine,
    folder: &Folder,
    options: &CaptureOptions,
) -> Result<CaptureReport, CaptureError> {
    let mut connected = Database::open(&address(database), Access::ReadOnly).expect("it is there");
    let into = CaptureInto::Environment {
        root: folder.path().to_owned(),
        environment: Environment::new("development").expect("a name"),
    };
    capture(&mut connected, options, &into)
}

/// Captures into the development environment, and returns the files' names and texts.
#[track_caller]
fn captured(
    database: &dyn Engine,
    folder: &Folder,
    options: &CaptureOptions,
) -> Vec<(String, String)> {
    let report = try_capture(database, folder, options).unwrap_or_else(|e| panic!("{}", chain(&e)));
    let file = |path: &Path| {
        let name = path.file_name().expect("a file").to_string_lossy();
        (name.into_owned(), fs::read_to_string(path).expect("text"))
    };
    report.files.iter().map(|one| file(&one.path)).collect()
}

/// Returns the error of a capture that must fail, with its causes, without the folder's path.
#[track_caller]
fn refused(database: &dyn Engine, folder: &Folder, options: &CaptureOptions) -> String {
    let error = try_capture(database, folder, options).expect_err("refused");
    let shown = chain(&error).replace("public.", "");
    shown.replace(&folder.path().display().to_string(), "seeds")
}

/// Returns the names of all files of the development environment, hidden ones too.
fn names(folder: &Folder) -> Vec<String> {
    names_in(&folder.path().join("development"))
}

fn anonymize(asked: &[&str]) -> Vec<Anonymize> {
    let each = asked.iter().map(|text| text.parse());
    each.collect::<Result<_, _>>().expect("methods")
}

/// Bookings of users, who have bosses among themselves and come from countries.
fn tables(database: &dyn Engine) {
    database.execute(
        "CREATE TABLE countries (code VARCHAR(2) PRIMARY KEY, name TEXT);
         CREATE TABLE users (
           id INTEGER PRIMARY KEY,
           email TEXT NOT NULL UNIQUE,
           name TEXT,
           country VARCHAR(2) REFERENCES countries (code),
           boss INTEGER REFERENCES users (id)
         );
         CREATE TABLE bookings (
           id INTEGER PRIMARY KEY,
           guest TEXT NOT NULL REFERENCES users (email),
           note TEXT
         );
         INSERT INTO countries VALUES ('CH', 'Switzerland'), ('DE', 'Germany'), ('FR', 'France');
         INSERT INTO users VALUES
           (1, 'ana@corp.test', 'Ana', 'CH', NULL),
           (2, 'bo@corp.test', 'Bo', 'DE', 1),
           (3, 'cy@corp.test', 'Cy', NULL, 2),
           (4, 'di@corp.test', 'Di', 'FR', NULL);
         INSERT INTO bookings VALUES (1, 'cy@corp.test', ''), (2, 'di@corp.test', NULL);",
    );
}

const EMPTY: &str = "DELETE FROM bookings; DELETE FROM users; DELETE FROM countries;";
#[cfg(feature = "sqlite")]
mod meanwhile {
    use std::io::Read as _;
    use std::process::Command;

    use super::*;
    use crate::support::sqlite::SqliteDatabase;

    /// The first try writes into a pipe, which holds it up until the rows are others.
    #[test]
    #[expect(
        clippy::disallowed_methods,
        reason = "the standard library makes no pipe that has a name"
    )]
    fn what_is_committed_while_rows_are_captured_is_not_missed() {
        let (database, folder) = (SqliteDatabase::create(), Folder::new());
        database.execute(
            "PRAGMA journal_mode = WAL;
             CREATE TABLE a (id INTEGER PRIMARY KEY, word TEXT);
             INSERT INTO a WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
             SELECT i, hex(zeroblob(100)) FROM n",
        );
        let pipe = folder.file(".a.csv.partial");
        let made = Command::new("mkfifo").arg(&pipe).status();
        assert!(made.expect("every system has mkfifo").success());
        let connected = Database::open(&address(&database), Access::ReadOnly);
        let into = CaptureInto::File(folder.file("a.csv"));
        let report = std::thread::scope(|scope| {
            scope.spawn(|| {
                let mut pipe = fs::File::open(pipe).expect("it was just made");
                pipe.read_exact(&mut [0; 1000]).expect("rows are written");
                database.execute("UPDATE a SET word = 'new'");
                std::io::copy(&mut pipe, &mut std::io::sink()).expect("it is open");
            });
            let mut connected = connected.expect("it is there");
            capture(&mut connected, &CaptureOptions::of(["a"]), &into)
        });
        let report = report.unwrap_or_else(|error| panic!("{}", chain(&error)));
        assert_eq!(report.files[0].rows, 2000);
        let text = fs::read_to_string(folder.file("a.csv")).expect("it is a file");
        assert_eq!(
            text.lines().filter(|line| line.ends_with(",new")).count(),
            2000
        );
        assert_eq!(fs::read_dir(folder.path()).expect("ours").count(), 1);
    }
}
