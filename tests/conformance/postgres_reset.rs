//! Reset on PostgreSQL: extensions and other schemas are not its own to drop.

use dieselkit::backend::BackendError;
use dieselkit::migration::RunError;

use crate::scene::{Folder, chain, migrator, shown, tables, up};
use crate::support::engine::Engine;
use crate::support::postgres::PostgresDatabase;

on_one_engine![PostgresDatabase:
    every_kind_of_object_is_dropped,
    objects_of_extensions_are_kept,
    other_schemas_are_kept,
    a_view_of_another_schema_refuses_the_reset,
    a_foreign_key_of_another_schema_refuses_the_reset,
    a_column_of_another_schema_refuses_the_reset,
    a_default_of_another_schema_refuses_the_reset,
];

type Database = PostgresDatabase<'static>;

fn count_own(database: &Database) -> i64 {
    database.query_i64(
        "SELECT (SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relname NOT LIKE '\\_\\_%')
              + (SELECT count(*) FROM pg_proc WHERE pronamespace = 'public'::regnamespace)
              + (SELECT count(*) FROM pg_type WHERE typnamespace = 'public'::regnamespace AND typname NOT LIKE '\\_\\_%' AND typname NOT LIKE '\\_\\_\\_%')",
    )
}

fn every_kind_of_object_is_dropped(database: &Database) {
    let folder = Folder::new();
    shown(migrator(database, &folder).reset());
    let empty = count_own(database);
    database.execute(
        "CREATE TYPE mood AS ENUM ('fine', 'ill');
         CREATE DOMAIN positive AS integer CHECK (VALUE > 0);
         CREATE TYPE pair AS (a mood, b positive);
         CREATE TYPE span AS RANGE (subtype = float8);
         CREATE SEQUENCE numbers;
         CREATE TABLE people (id bigserial PRIMARY KEY, mood mood, code integer DEFAULT nextval('numbers'));
         CREATE TABLE parts (id integer, day date) PARTITION BY RANGE (day);
         CREATE TABLE parts_2026 PARTITION OF parts FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
         CREATE VIEW ill AS SELECT * FROM people WHERE mood = 'ill';
         CREATE MATERIALIZED VIEW counted AS SELECT count(*) FROM people;
         CREATE FUNCTION twice(x integer) RETURNS integer LANGUAGE sql AS 'SELECT 2 * x';
         CREATE FUNCTION twice(x text) RETURNS text LANGUAGE sql AS 'SELECT x || x';
         CREATE PROCEDURE nothing() LANGUAGE sql AS 'SELECT 1';
         CREATE AGGREGATE total(integer) (SFUNC = int4pl, STYPE = integer);
         CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
         CREATE TRIGGER noisy AFTER INSERT ON people EXECUTE FUNCTION shout();",
    );
    assert!(count_own(database) > empty);
    let report = shown(migrator(database, &folder).reset());
    assert_eq!(count_own(database), empty, "{:?}", report.dropped);
    assert!(
        report
            .dropped
            .contains(&"function public.twice(x text)".to_owned()),
        "{:?}",
        report.dropped
    );
}

fn objects_of_extensions_are_kept(database: &Database) {
    database.execute("CREATE EXTENSION citext; CREATE EXTENSION pg_trgm");
    let extensions = "SELECT extname FROM pg_extension ORDER BY extname";
    let before = database.query_column(extensions);
    assert_eq!(before, ["citext", "pg_trgm", "plpgsql"]);
    let folder = Folder::new();
    folder.add(
        "1_t",
        "CREATE TABLE t1 (name citext);\nCREATE INDEX i ON t1 USING gin ((name::text) gin_trgm_ops);",
        "",
    );
    up(database, &folder);
    let functions = count_functions(database);
    shown(migrator(database, &folder).reset());
    assert_eq!(database.query_column(extensions), before);
    assert_eq!(count_functions(database), functions);
    assert_eq!(tables(database), ["t1"]);
}

fn count_functions(database: &Database) -> i64 {
    database.query_i64("SELECT count(*) FROM pg_proc WHERE pronamespace = 'public'::regnamespace")
}

fn other_schemas_are_kept(database: &Database) {
    let folder = Folder::of_six();
    up(database, &folder);
    database.execute("CREATE SCHEMA other; CREATE TABLE other.kept AS SELECT 1 AS x");
    shown(migrator(database, &folder).reset());
    assert_eq!(database.query_i64("SELECT x FROM other.kept"), 1);
}

#[track_caller]
fn refuses(database: &Database, dependent: &str) {
    let folder = Folder::of_six();
    folder.write("1_t/up.sql", "CREATE TABLE t1 (id INTEGER PRIMARY KEY);\nCREATE TYPE mood AS ENUM ('a');\nCREATE SEQUENCE s;");
    up(database, &folder);
    database.execute(&format!(
        "CREATE SCHEMA other; INSERT INTO t1 VALUES (1); {dependent}"
    ));
    let dump = database.schema_dump();
    let refused = migrator(database, &folder)
        .reset()
        .expect_err("it would take that along");
    assert!(
        matches!(refused, RunError::Backend(BackendError::Query { .. })),
        "{refused}"
    );
    assert!(chain(&refused).contains("other."), "{}", chain(&refused));
    assert_eq!(database.schema_dump(), dump);
    assert_eq!(database.query_i64("SELECT count(*) FROM t1"), 1);
    assert_eq!(database.applied().len(), 6);
}

fn a_view_of_another_schema_refuses_the_reset(database: &Database) {
    refuses(
        database,
        "CREATE VIEW other.seen AS SELECT id FROM public.t1",
    );
}

fn a_foreign_key_of_another_schema_refuses_the_reset(database: &Database) {
    refuses(
        database,
        "CREATE TABLE other.child (id INTEGER REFERENCES public.t1 (id))",
    );
}

fn a_column_of_another_schema_refuses_the_reset(database: &Database) {
    refuses(
        database,
        "CREATE TABLE other.people (id INTEGER, mood public.mood)",
    );
}

fn a_default_of_another_schema_refuses_the_reset(database: &Database) {
    refuses(
        database,
        "CREATE TABLE other.people (id INTEGER DEFAULT nextval('public.s'))",
    );
}
