//! What a way down may forget, and that it is found.

use dieselkit::UpOptions;
use dieselkit::migration::{RehearsalOptions, RunError, WayDownVerdict};

use super::{Database, rehearse_with, with_users};
use crate::scene::{chain, migrator};
use crate::support::engine::Engine;
use crate::support::postgres::PostgresDatabase;

on_one_engine![PostgresDatabase:
    what_a_way_down_forgets_is_found,
    what_cannot_be_read_is_not_taken_for_the_same,
];

/// Changes that can be made twice, as `(what it changes, how, and the way back)`.
const CHANGES: [(&str, &str, &str); 8] = [
    (
        "aggregate public.total(integer)",
        "CREATE OR REPLACE AGGREGATE total(INTEGER)
           (SFUNC = int4pl, STYPE = INTEGER, INITCOND = '1');",
        "CREATE OR REPLACE AGGREGATE total(INTEGER)
           (SFUNC = int4pl, STYPE = INTEGER, INITCOND = '0');",
    ),
    (
        "cast (integer AS public.mood)",
        "DROP CAST IF EXISTS (INTEGER AS mood);
         CREATE CAST (INTEGER AS mood) WITH FUNCTION to_mood(INTEGER);",
        "DROP CAST (INTEGER AS mood);",
    ),
    (
        "cast (public.mood AS integer)",
        "DROP CAST (mood AS INTEGER);
         CREATE CAST (mood AS INTEGER) WITH FUNCTION of_mood(mood) AS ASSIGNMENT;",
        "DROP CAST (mood AS INTEGER);
         CREATE CAST (mood AS INTEGER) WITH FUNCTION of_mood(mood);",
    ),
    (
        "column public.users.name",
        "ALTER TABLE users ALTER name SET STATISTICS 500;",
        "ALTER TABLE users ALTER name SET STATISTICS -1;",
    ),
    (
        "column public.users.name",
        "ALTER TABLE users ALTER name SET (n_distinct = 5);",
        "ALTER TABLE users ALTER name RESET (n_distinct);",
    ),
    (
        "index public.users_upper",
        "ALTER INDEX users_upper ALTER COLUMN 1 SET STATISTICS 500;",
        "ALTER INDEX users_upper ALTER COLUMN 1 SET STATISTICS -1;",
    ),
    (
        "sequence public.numbers",
        "ALTER SEQUENCE numbers OWNED BY users.id;",
        "ALTER SEQUENCE numbers OWNED BY NONE;",
    ),
    (
        "sequence public.tickets_id_seq",
        "ALTER SEQUENCE tickets_id_seq OWNED BY users.id;",
        "ALTER SEQUENCE tickets_id_seq OWNED BY tickets.id;",
    ),
];

fn what_a_way_down_forgets_is_found(database: &Database) {
    let folder = with_users(database);
    database.execute(
        "CREATE AGGREGATE total(INTEGER) (SFUNC = int4pl, STYPE = INTEGER, INITCOND = '0');
         CREATE TYPE mood AS ENUM ('glad', 'sad');
         CREATE FUNCTION to_mood(INTEGER) RETURNS mood LANGUAGE sql AS
           $$ SELECT CASE $1 WHEN 1 THEN 'glad'::mood ELSE 'sad'::mood END $$;
         CREATE FUNCTION of_mood(mood) RETURNS INTEGER LANGUAGE sql AS 'SELECT 1';
         CREATE CAST (mood AS INTEGER) WITH FUNCTION of_mood(mood);
         CREATE INDEX users_upper ON users (upper(name));
         CREATE SEQUENCE numbers;
         CREATE TABLE tickets (id SERIAL);",
    );
    let options = || RehearsalOptions::from(UpOptions::default()).with_rollback();
    for (what, up, down) in CHANGES {
        folder.add("1_change", up, down);
        let report = rehearse_with(database, &folder, options());
        let verdict = &report.ways_down[0].verdict;
        assert_eq!(*verdict, WayDownVerdict::LeadsBack, "{up}");
        folder.add("1_change", up, "SELECT 1;");
        let report = rehearse_with(database, &folder, options());
        let WayDownVerdict::Differs { differences } = &report.ways_down[0].verdict else {
            panic!("it leads back: {up}");
        };
        let differences: Vec<_> = differences.iter().map(|it| it.what.as_str()).collect();
        assert_eq!(differences, [what]);
    }
}

fn what_cannot_be_read_is_not_taken_for_the_same(database: &Database) {
    let folder = with_users(database);
    folder.add(
        "1_breaks",
        "CREATE FUNCTION lost() RETURNS INTEGER LANGUAGE sql AS 'SELECT 1';
         CREATE TABLE broken (id INTEGER DEFAULT lost());
         DELETE FROM pg_proc WHERE proname = 'lost';",
        "DROP TABLE broken;",
    );
    let add = "ALTER TABLE users ADD a INTEGER;";
    folder.add("2_add", add, "ALTER TABLE users DROP a;");
    let options = RehearsalOptions::from(UpOptions::default()).with_rollback();
    let report = match migrator(database, &folder).rehearse(options) {
        Ok(report) => report,
        // The function is there no more, and its type is.
        Err(RunError::Rehearsal { report, .. }) => *report,
        Err(other) => panic!("another error: {}", chain(&other)),
    };
    let newest = &report.ways_down[0];
    let WayDownVerdict::NotCompared { why } = &newest.verdict else {
        panic!("it was compared: {newest:?}");
    };
    assert!(why.contains("cache lookup failed"), "{why}");
    assert_eq!(newest.version.as_str(), "2");
}
