//! Reset on PostgreSQL: extensions and other schemas are not its own to drop.

use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use dieselkit::backend::BackendError;
use dieselkit::event::Event;
use dieselkit::migration::{Limit, Limits, Retry, RunError};

use crate::scene::{Folder, migrator, shown, tables, up};
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
    a_policy_of_another_schema_refuses_the_reset,
    a_rule_of_another_schema_refuses_the_reset,
    an_operator_of_another_schema_refuses_the_reset,
    an_operator_class_of_another_schema_refuses_the_reset,
    an_index_of_another_schema_refuses_the_reset,
    statistics_of_another_schema_refuse_the_reset,
    a_cast_of_no_type_of_ours_refuses_the_reset,
    an_event_trigger_refuses_the_reset,
    a_table_that_is_published_refuses_the_reset,
    a_trigger_of_another_schema_refuses_the_reset,
    every_object_that_refuses_the_reset_is_named,
    what_hangs_on_our_own_objects_alone_is_dropped,
    only_the_schemas_that_are_written_to_are_reset,
    what_is_in_use_is_tried_again_and_nothing_is_dropped_until_then,
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
    folder.add("1_nothing", "SELECT 1;", "SELECT 1;");
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
fn refuses(database: &Database, dependent: &str, name: &str) {
    let folder = Folder::of_six();
    folder.write("1_t/up.sql", "CREATE TABLE t1 (id INTEGER PRIMARY KEY);\nCREATE TYPE mood AS ENUM ('a');\nCREATE SEQUENCE s;\nCREATE FUNCTION same(a INTEGER, b INTEGER) RETURNS BOOLEAN IMMUTABLE LANGUAGE sql AS 'SELECT a = b';\nCREATE FUNCTION fires() RETURNS TRIGGER LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';\nCREATE FUNCTION watches() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';");
    up(database, &folder);
    database.execute(&format!(
        "CREATE SCHEMA other; INSERT INTO t1 VALUES (1); {dependent}"
    ));
    let dump = database.schema_dump();
    let refused = migrator(database, &folder)
        .reset()
        .expect_err("it would take that along");
    let RunError::Backend(BackendError::NotOursToDrop { objects }) = &refused else {
        panic!("{refused}");
    };
    assert_eq!(objects.join(", "), name);
    assert_eq!(database.schema_dump(), dump);
    assert_eq!(database.query_i64("SELECT count(*) FROM t1"), 1);
    assert_eq!(database.applied().len(), 6);
}

fn a_view_of_another_schema_refuses_the_reset(database: &Database) {
    refuses(
        database,
        "CREATE VIEW other.seen AS SELECT id FROM public.t1",
        "view other.seen",
    );
}

fn a_foreign_key_of_another_schema_refuses_the_reset(database: &Database) {
    refuses(
        database,
        "CREATE TABLE other.child (id INTEGER REFERENCES public.t1 (id))",
        "constraint child_id_fkey on table other.child",
    );
}

fn a_column_of_another_schema_refuses_the_reset(database: &Database) {
    refuses(
        database,
        "CREATE TABLE other.people (id INTEGER, mood public.mood)",
        "column mood of table other.people",
    );
}

fn a_default_of_another_schema_refuses_the_reset(database: &Database) {
    refuses(
        database,
        "CREATE TABLE other.people (id INTEGER DEFAULT nextval('public.s'))",
        "default value for column id of table other.people",
    );
}

fn a_policy_of_another_schema_refuses_the_reset(database: &Database) {
    refuses(
        database,
        "CREATE TABLE other.people (id INTEGER);
         CREATE POLICY mine ON other.people USING (id IN (SELECT id FROM public.t1))",
        "policy mine on table other.people",
    );
}

fn a_rule_of_another_schema_refuses_the_reset(database: &Database) {
    refuses(
        database,
        "CREATE TABLE other.people (id INTEGER);
         CREATE RULE copied AS ON INSERT TO other.people DO ALSO INSERT INTO public.t1 VALUES (NEW.id)",
        "rule copied on table other.people",
    );
}

fn an_operator_of_another_schema_refuses_the_reset(database: &Database) {
    refuses(
        database,
        "CREATE OPERATOR other.=== (LEFTARG = INTEGER, RIGHTARG = INTEGER, FUNCTION = public.same)",
        "operator other.===(integer,integer)",
    );
}

fn an_operator_class_of_another_schema_refuses_the_reset(database: &Database) {
    refuses(
        database,
        "CREATE FUNCTION public.compares(a INTEGER, b INTEGER) RETURNS INTEGER IMMUTABLE LANGUAGE sql AS 'SELECT a - b';
         CREATE OPERATOR CLASS other.plain FOR TYPE INTEGER USING btree AS
           OPERATOR 1 <, OPERATOR 3 =, FUNCTION 1 public.compares(INTEGER, INTEGER)",
        "operator class other.plain for access method btree",
    );
}

fn an_index_of_another_schema_refuses_the_reset(database: &Database) {
    refuses(
        database,
        "CREATE TABLE other.people (id INTEGER);
         CREATE INDEX people_same ON other.people (public.same(id, 7))",
        "index other.people_same",
    );
}

fn statistics_of_another_schema_refuse_the_reset(database: &Database) {
    refuses(
        database,
        "CREATE TABLE other.people (id INTEGER, age INTEGER);
         CREATE STATISTICS other.together ON (public.same(id, age)), age FROM other.people",
        "statistics object other.together",
    );
}

fn a_cast_of_no_type_of_ours_refuses_the_reset(database: &Database) {
    refuses(
        database,
        "CREATE TYPE other.flavour AS ENUM ('sweet');
         CREATE FUNCTION public.sweet(a INTEGER) RETURNS other.flavour LANGUAGE sql AS $$ SELECT 'sweet'::other.flavour $$;
         CREATE CAST (INTEGER AS other.flavour) WITH FUNCTION public.sweet(INTEGER)",
        "cast from integer to other.flavour",
    );
}

fn an_event_trigger_refuses_the_reset(database: &Database) {
    refuses(
        database,
        "CREATE EVENT TRIGGER watcher ON ddl_command_end EXECUTE FUNCTION public.watches()",
        "event trigger watcher",
    );
}

fn a_table_that_is_published_refuses_the_reset(database: &Database) {
    refuses(
        database,
        "CREATE PUBLICATION news FOR TABLE public.t1",
        "publication of table t1 in publication news",
    );
}

fn a_trigger_of_another_schema_refuses_the_reset(database: &Database) {
    refuses(
        database,
        "CREATE TABLE other.people (id INTEGER);
         CREATE TRIGGER fired AFTER INSERT ON other.people EXECUTE FUNCTION public.fires()",
        "trigger fired on table other.people",
    );
}

fn every_object_that_refuses_the_reset_is_named(database: &Database) {
    refuses(
        database,
        "CREATE TABLE other.people (id INTEGER, mood public.mood);
         CREATE TABLE other.later () INHERITS (public.t1);
         CREATE VIEW other.seen AS SELECT id FROM public.t1;
         CREATE VIEW other.seen_again AS SELECT id FROM other.seen",
        "column mood of table other.people, table other.later, view other.seen, view other.seen_again",
    );
}

fn what_hangs_on_our_own_objects_alone_is_dropped(database: &Database) {
    let folder = Folder::new();
    folder.add(
        "1_all",
        "CREATE TYPE mood AS ENUM ('a');
         CREATE TABLE people (id SERIAL PRIMARY KEY, mood mood, parent INTEGER REFERENCES people (id), twice INTEGER GENERATED ALWAYS AS (id * 2) STORED);
         CREATE TABLE days (day DATE) PARTITION BY RANGE (day);
         CREATE TABLE days_now PARTITION OF days DEFAULT;
         CREATE INDEX days_day ON days (day);
         CREATE FUNCTION same(a INTEGER, b INTEGER) RETURNS BOOLEAN IMMUTABLE LANGUAGE sql AS 'SELECT a = b';
         CREATE OPERATOR === (LEFTARG = INTEGER, RIGHTARG = INTEGER, FUNCTION = same);
         CREATE FUNCTION rank(a mood) RETURNS INTEGER LANGUAGE sql AS 'SELECT 1';
         CREATE CAST (mood AS INTEGER) WITH FUNCTION rank(mood);
         CREATE POLICY mine ON people USING (same(id, 7));
         CREATE RULE copied AS ON INSERT TO days DO ALSO INSERT INTO people DEFAULT VALUES;
         CREATE STATISTICS together ON id, mood FROM people;
         CREATE VIEW seen AS SELECT * FROM people WHERE id === 7;",
        "",
    );
    up(database, &folder);
    let dump = database.schema_dump();
    shown(migrator(database, &folder).reset());
    assert_eq!(database.schema_dump(), dump);
}

/// `shared` is only read by its name's place in the path: whoever else uses it keeps it.
fn only_the_schemas_that_are_written_to_are_reset(database: &Database) {
    let folder = Folder::of_six();
    up(database, &folder);
    database.execute(
        "CREATE SCHEMA app; CREATE SCHEMA shared; CREATE TABLE shared.kept AS SELECT 1 AS x",
    );
    let path = format!(
        "ALTER DATABASE \"{}\" SET search_path = app, public, shared",
        database.name()
    );
    database.execute(&path);
    database.execute("CREATE TABLE app.t1 (id INTEGER)");
    let mut migrator = migrator(database, &folder);
    assert_eq!(shown(migrator.own_schemas()), ["app", "public"]);
    let report = shown(migrator.reset());
    assert_eq!(report.dropped[0], "table app.t1");
    assert_eq!(report.dropped.len(), 7, "{:?}", report.dropped);
    assert_eq!(database.query_i64("SELECT x FROM shared.kept"), 1);
    assert_eq!(
        database.query_column(
            "SELECT DISTINCT schemaname::text FROM pg_tables WHERE tablename LIKE '\\_\\_diesel%'"
        ),
        ["public"]
    );
}

fn what_is_in_use_is_tried_again_and_nothing_is_dropped_until_then(database: &Database) {
    let folder = Folder::new();
    folder.add("1_a", "CREATE TABLE a (id INTEGER);", "DROP TABLE a;");
    up(database, &folder);
    database.execute("INSERT INTO a VALUES (1)");
    let mut client = database.connect();
    let reading = "SET application_name = 'shop'; BEGIN; SELECT * FROM a";
    client.batch_execute(reading).expect("it is there");
    let limits = Limits::default().with_lock_timeout(Limit::of(Duration::from_secs(2)));
    let once = Retry::new(1, Duration::from_mins(5));
    let refused = migrator(database, &folder)
        .with_limits(limits)
        .with_retry(once)
        .reset();
    let error = refused.expect_err("the client reads");
    assert!(
        crate::scene::chain(&error).contains("lock timeout"),
        "{error}"
    );
    assert_eq!(database.query_i64("SELECT count(*) FROM a"), 1);

    let (told, tries) = channel();
    let mut migrator = migrator(database, &folder)
        .with_limits(limits)
        .with_observer(move |event: &Event| {
            if let Event::ResetRetried { tried, blocked, .. } = event {
                let _ = told.send((*tried, blocked.clone()));
            }
        });
    let leaving = thread::spawn(move || {
        let mut tries = tries.iter();
        let named = tries.find(|(_, blocked)| !blocked.by.is_empty());
        client.batch_execute("COMMIT").expect("it is open");
        named
    });
    let report = shown(migrator.reset());
    drop(migrator);
    let (_, blocked) = leaving.join().expect("it left").expect("it was seen");
    assert_eq!(blocked.by[0].application.as_deref(), Some("shop"));
    assert_eq!(report.dropped, ["table public.a"]);
    assert_eq!(database.query_i64("SELECT count(*) FROM a"), 0);
}
