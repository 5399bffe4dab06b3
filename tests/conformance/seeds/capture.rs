//! Rows that are captured and seeded again: the same values, the same bytes, and the rows that
//! others need.

use std::fs;

use dieselkit::seed::{
    Anonymize, CaptureError, CaptureInto, CaptureOptions, CaptureReport, capture,
};
use dieselkit::{Access, Database, Environment};

use super::seed;
use crate::scene::{Folder, address, chain, up};
use crate::support::engine::Engine;

on_both_engines![
    every_type_comes_back_and_twice_the_same_bytes,
    the_rows_that_others_need_are_taken_along,
    a_limit_takes_the_first_rows_and_what_they_need,
    anonymized_values_still_join,
    a_condition_is_read_as_it_was_written,
    what_cannot_be_captured_is_refused_and_leaves_no_file,
];

const POSTGRES_TYPES: &str = include_str!("types_postgres.sql");
const SQLITE_TYPES: &str = include_str!("types_sqlite.sql");

/// Writes values in another way in every session that begins from now on.
const OTHER_SETTINGS: &str = "DO $$ DECLARE setting text; BEGIN
  FOREACH setting IN ARRAY ARRAY[
    'datestyle TO \"SQL, DMY\"', 'timezone TO \"Asia/Tokyo\"', 'intervalstyle TO sql_standard',
    'extra_float_digits TO -5', 'bytea_output TO escape'
  ] LOOP
    EXECUTE format('ALTER DATABASE %I SET %s', current_database(), setting);
  END LOOP;
END $$";
const USUAL_SETTINGS: &str = "DO $$ BEGIN
  EXECUTE format('ALTER DATABASE %I RESET ALL', current_database());
END $$";

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
    let file = |path: &std::path::Path| {
        let name = path.file_name().expect("a file").to_string_lossy();
        (name.into_owned(), fs::read_to_string(path).expect("text"))
    };
    report.files.iter().map(|one| file(&one.path)).collect()
}

fn anonymize(asked: &[&str]) -> Vec<Anonymize> {
    let each = asked.iter().map(|text| text.parse());
    each.collect::<Result<_, _>>().expect("methods")
}

fn every_type_comes_back_and_twice_the_same_bytes(database: &dyn Engine) {
    database.execute(database.either(SQLITE_TYPES, POSTGRES_TYPES));
    let contents = || {
        database.query_column(database.either(
            "SELECT group_concat(quote(i) || typeof(i) || quote(r) || typeof(r) || quote(t) || typeof(t)
               || quote(b) || typeof(b) || quote(n) || typeof(n) || quote(f) || typeof(f)
               || quote(d) || typeof(d) || quote(j) || typeof(j) || quote(v) || typeof(v)
               || printf('%!.20g', r), x'0a') FROM (SELECT * FROM types ORDER BY id)",
            "SELECT whole::text FROM types AS whole ORDER BY id",
        ))
    };
    let before = contents();
    let options = CaptureOptions::of(["types"]);
    let (one, other) = (Folder::new(), Folder::new());
    let files = captured(database, &one, &options);
    database.execute(database.either("SELECT 1", OTHER_SETTINGS));
    assert_eq!(files, captured(database, &other, &options));
    database.execute("DELETE FROM types");
    seed(database, &one);
    database.execute(database.either("SELECT 1", USUAL_SETTINGS));
    assert_eq!(contents(), before);
    assert!(before.concat().len() > 300, "there was nothing to compare");
    assert_eq!(captured(database, &Folder::new(), &options), files);
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

fn the_rows_that_others_need_are_taken_along(database: &dyn Engine) {
    tables(database);
    let folder = Folder::new();
    let options = CaptureOptions::of(["bookings"]);
    let alone = captured(database, &Folder::new(), &options);
    assert_eq!(alone.len(), 1, "{alone:?}");
    let options = options.filter("id = 1").with_references();
    let files = captured(database, &folder, &options);
    let expected = [
        (
            "010_countries.csv",
            "code,name\nCH,Switzerland\nDE,Germany\n",
        ),
        (
            "020_users.csv",
            "id,email,name,country,boss\n1,ana@corp.test,Ana,CH,\n2,bo@corp.test,Bo,DE,1\n3,cy@corp.test,Cy,,2\n",
        ),
        ("030_bookings.csv", "id,guest,note\n1,cy@corp.test,\"\"\n"),
    ];
    assert_eq!(
        files,
        expected.map(|(name, text)| (name.to_owned(), text.to_owned()))
    );
    database.execute("DELETE FROM bookings; DELETE FROM users; DELETE FROM countries;");
    seed(database, &folder);
    assert_eq!(captured(database, &Folder::new(), &options), files);
}

fn a_limit_takes_the_first_rows_and_what_they_need(database: &dyn Engine) {
    tables(database);
    let options = CaptureOptions::of(["bookings", "users"]).limit(1);
    let files = captured(database, &Folder::new(), &options);
    let rows: Vec<_> = files
        .iter()
        .map(|(_, text)| text.lines().count() - 1)
        .collect();
    assert_eq!(rows, [2, 3, 1], "{files:?}");
}

fn anonymized_values_still_join(database: &dyn Engine) {
    let migrations = Folder::new();
    migrations.add_table(1);
    up(database, &migrations);
    tables(database);
    let folder = Folder::new();
    let options = CaptureOptions::of(["bookings", "users"]).anonymize(anonymize(&[
        "users.email=fake:email",
        "users.name=hash",
        "note=null",
    ]));
    let files = captured(database, &folder, &options);
    assert_eq!(files, captured(database, &Folder::new(), &options));
    let text: String = files.into_iter().map(|(_, text)| text).collect();
    assert!(
        !text.contains("corp.test") && !text.contains("Ana"),
        "{text}"
    );
    database.execute("DELETE FROM bookings; DELETE FROM users; DELETE FROM countries;");
    seed(database, &folder);
    let joined = "SELECT count(*) FROM bookings AS b JOIN users AS u ON u.email = b.guest
                  WHERE u.name IS NOT NULL AND b.note IS NULL";
    assert_eq!(database.query_i64(joined), 2);
}

fn a_condition_is_read_as_it_was_written(database: &dyn Engine) {
    tables(database);
    let options = CaptureOptions::of(["users"]).filter("name <> 'What?' OR id = 9 -- or so");
    let files = captured(database, &Folder::new(), &options);
    assert_eq!(files[0].1.lines().count(), 5, "{files:?}");
}

fn what_cannot_be_captured_is_refused_and_leaves_no_file(database: &dyn Engine) {
    tables(database);
    database.execute(
        "CREATE TABLE log (word TEXT);
         CREATE TABLE teams (id INTEGER PRIMARY KEY);
         CREATE TABLE heads (id INTEGER PRIMARY KEY, team INTEGER REFERENCES teams (id));
         ALTER TABLE teams ADD COLUMN head INTEGER REFERENCES heads (id);",
    );
    let folder = Folder::new();
    let refused = |options: CaptureOptions| {
        let error = try_capture(database, &folder, &options).expect_err("refused");
        let shown = chain(&error).replace("public.", "");
        shown.replace(&folder.path().display().to_string(), "seeds")
    };
    let users = || CaptureOptions::of(["users"]);
    let mut shown = vec![
        refused(CaptureOptions::of(["nothing"])),
        refused(CaptureOptions::of(["log"])),
        refused(CaptureOptions::of(["users", "countries"]).filter("true")),
        refused(CaptureOptions::of(["heads", "teams"]).limit(1)),
        refused(users().anonymize(anonymize(&["mail=hash"]))),
        refused(users().anonymize(anonymize(&["id=hash"]))),
        refused(users().anonymize(anonymize(&["email=null"]))),
        refused(users().anonymize(anonymize(&["country=fake:word"]))),
        refused(users().anonymize(anonymize(&["name=fake:word"]))),
    ];
    let written = || fs::read_dir(folder.path().join("development")).map_or(0, Iterator::count);
    assert_eq!(written(), 0);
    captured(database, &folder, &users());
    shown.push(refused(users()));
    captured(database, &folder, &users().limit(1).replace_existing());
    assert_eq!(written(), 1);
    let failed = refused(CaptureOptions::of(["countries"]).filter("nothing = 1"));
    assert!(failed.contains("nothing"), "{failed}");
    assert_eq!(written(), 1);
    insta::assert_snapshot!("captures_that_are_refused", shown.join("\n"));
}

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
