//! Values that others stand in for, and joins that survive it.

use dieselkit::seed::CaptureOptions;

use super::{EMPTY, anonymize, captured, refused, tables};
use crate::scene::{Folder, up};
use crate::seeds::seed;
use crate::support::engine::Engine;

on_both_engines![
    anonymized_values_still_join,
    an_anonymized_key_is_the_same_wherever_it_is_referred_to,
    a_key_that_would_no_longer_join_is_refused,
];

/// Makes the database's identity, without which nothing is anonymized.
fn identified(database: &dyn Engine) {
    let migrations = Folder::new();
    migrations.add_table(1);
    up(database, &migrations);
}

fn anonymized_values_still_join(database: &dyn Engine) {
    identified(database);
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
    database.execute(EMPTY);
    seed(database, &folder);
    let joined = "SELECT count(*) FROM bookings AS b JOIN users AS u ON u.email = b.guest
                  WHERE u.name IS NOT NULL AND b.note IS NULL";
    assert_eq!(database.query_i64(joined), 2);
}

/// People whose key is a part of two others', one by way of the other.
fn people(database: &dyn Engine) {
    database.execute(
        "CREATE TABLE people (name TEXT PRIMARY KEY, friend TEXT REFERENCES people (name));
         CREATE TABLE desks (owner TEXT REFERENCES people (name), place INTEGER, PRIMARY KEY (owner, place));
         CREATE TABLE lamps (id INTEGER PRIMARY KEY, owner TEXT, place INTEGER, maker TEXT,
           FOREIGN KEY (owner, place) REFERENCES desks (owner, place));
         INSERT INTO people VALUES ('Ana', NULL), ('Bo', 'Ana');
         INSERT INTO desks VALUES ('Ana', 1), ('Bo', 1), ('Bo', 2);
         INSERT INTO lamps VALUES (1, 'Bo', 2, 'Bo'), (2, 'Ana', 1, NULL);",
    );
}

fn an_anonymized_key_is_the_same_wherever_it_is_referred_to(database: &dyn Engine) {
    identified(database);
    people(database);
    let folder = Folder::new();
    // The maker refers to nobody, and is the same name all the same.
    let options = CaptureOptions::of(["lamps"])
        .with_references()
        .anonymize(anonymize(&["name=fake:name", "maker=fake:name"]));
    let text = captured(database, &folder, &options);
    let text: String = text.into_iter().map(|(_, text)| text).collect();
    assert!(!text.contains("Ana") && !text.contains("Bo,"), "{text}");
    database.execute("DELETE FROM lamps; DELETE FROM desks; DELETE FROM people WHERE friend IS NOT NULL; DELETE FROM people;");
    seed(database, &folder);
    let joined =
        "SELECT count(*) FROM lamps AS l JOIN desks AS d ON d.owner = l.owner AND d.place = l.place
                  JOIN people AS p ON p.name = d.owner JOIN people AS f ON f.name = p.friend
                  WHERE l.maker = l.owner";
    assert_eq!(database.query_i64(joined), 1);
}

fn a_key_that_would_no_longer_join_is_refused(database: &dyn Engine) {
    identified(database);
    people(database);
    database.execute(
        "CREATE TABLE badges (person TEXT PRIMARY KEY REFERENCES people (name));
         CREATE TABLE logins (name TEXT PRIMARY KEY);
         CREATE TABLE cards (person TEXT PRIMARY KEY REFERENCES logins (name) REFERENCES people (name));
         CREATE TABLE moments (id INTEGER PRIMARY KEY, day DATE, size NUMERIC, words TEXT);",
    );
    let folder = Folder::new();
    let refused = |tables: &[&str], asked: &[&str]| {
        let options = CaptureOptions::of(tables.iter().copied()).anonymize(anonymize(asked));
        refused(database, &folder, &options)
    };
    let shown = [
        refused(&["badges"], &["person=hash"]),
        refused(&["badges", "people"], &["badges.person=hash"]),
        refused(&["cards", "people"], &["people.name=hash"]),
        refused(
            &["cards", "people"],
            &["people.name=hash", "logins.name=fake:name"],
        ),
        refused(&["people"], &["name=null"]),
    ];
    insta::assert_snapshot!("keys_that_would_no_longer_join", shown.join("\n"));
    let both = CaptureOptions::of(["cards", "people"])
        .anonymize(anonymize(&["people.name=hash", "logins.name=hash"]));
    captured(database, &folder, &both);
}

/// `SQLite` takes a text into a column of dates.
#[cfg(feature = "postgres")]
#[test]
fn what_holds_no_texts_is_refused() {
    let database = crate::support::postgres::PostgresDatabase::create();
    identified(&database);
    database.execute(
        "CREATE TYPE mood AS ENUM ('happy');
         CREATE TABLE moments (id integer PRIMARY KEY, day date, size numeric, words text[], mood mood,
           mail varchar(200), who uuid, short varchar(31));",
    );
    database.execute("INSERT INTO moments (id, mail, who, short) VALUES (1, 'a@b', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'x')");
    let folder = Folder::new();
    let moments = || CaptureOptions::of(["moments"]);
    for column in ["day", "size", "words", "mood", "id"] {
        let options = moments().anonymize(anonymize(&[&format!("{column}=hash")]));
        let said = refused(&database, &folder, &options);
        assert!(said.ends_with("it holds no text"), "{said}");
    }
    let options = moments().anonymize(anonymize(&["short=hash"]));
    let said = refused(&database, &folder, &options);
    assert_eq!(
        said,
        "column `moments.short` takes 31 characters, and `hash` would write more"
    );
    let options = moments().anonymize(anonymize(&["mail=fake:email", "who=hash"]));
    captured(&database, &folder, &options);
    seed(&database, &folder);
}
