//! What is counted of a database is what is in its dump.

use std::sync::atomic::{AtomicBool, Ordering};

use super::*;

#[test]
fn what_is_counted_is_what_is_restored_while_others_write() {
    let database = PostgresDatabase::create();
    database.execute(
        "CREATE TABLE a (id SERIAL PRIMARY KEY, at TIMESTAMPTZ DEFAULT now(), amount REAL DEFAULT random());
CREATE TABLE b (id INTEGER REFERENCES a);
INSERT INTO a (amount) SELECT 1 FROM generate_series(1, 20000);",
    );
    let ended = AtomicBool::new(false);
    let mut scene = Scene::new();
    work(&mut scene, "sleep 0.5; exec $REAL \"$@\"");
    let copied = thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !ended.load(Ordering::SeqCst) {
                    database.execute(
                        "WITH new AS (INSERT INTO a DEFAULT VALUES RETURNING id) INSERT INTO b SELECT id FROM new",
                    );
                }
            });
        }
        let copied = dumped(&scene, &database);
        ended.store(true, Ordering::SeqCst);
        copied
    });
    let copied = copied.expect("it is whole");
    let again = dumped(&Scene::new(), &restored(&copied.bytes)).expect("it is whole");
    assert_eq!(again.facts.tables, copied.facts.tables);
    let now = dumped(&Scene::new(), &database).expect("it is whole");
    assert_ne!(now.facts.tables, copied.facts.tables, "nobody wrote");
    // A sequence moves on without asking, and a restored one must not be behind.
    let [found, wanted] = [&again, &copied].map(|copied| copied.facts.sequences[0].last_value);
    assert!(found >= wanted && wanted >= 20000, "{found} {wanted}");
}

/// The planner looks into the function of an index, whatever is asked of the table.
#[test]
fn an_index_whose_function_needs_the_search_path_is_counted_and_told() {
    let database = PostgresDatabase::create();
    database.execute(
        "CREATE TABLE people (name TEXT, kind REGCLASS);
CREATE TABLE other (name TEXT);
CREATE INDEX ON other (lower(name));
INSERT INTO people VALUES ('Ada', 'people'), ('Grace', 'other');",
    );
    let before = dumped(&Scene::new(), &database).expect("it is whole");
    assert_eq!(before.complaints, [""; 0]);
    database.execute(
        "CREATE FUNCTION clean(t TEXT) RETURNS TEXT LANGUAGE sql IMMUTABLE AS 'SELECT lower(t)';
CREATE FUNCTION norm(t TEXT) RETURNS TEXT LANGUAGE sql IMMUTABLE AS 'SELECT clean(t)';
CREATE INDEX ON people (norm(name));",
    );
    let after = dumped(&Scene::new(), &database).expect("it is whole");
    assert_eq!(after.facts.tables, before.facts.tables);
    assert_eq!(counts(&after.facts), ["public.other 0", "public.people 2"]);
    let [warning] = after.complaints.as_slice() else {
        panic!("not one: {:?}", after.complaints);
    };
    insta::assert_snapshot!(warning);
    let scene = Scene::new();
    let request = DumpRequest {
        hashing: Hashing::Skipped,
        ..scene.request(Format::Plain)
    };
    let counted = copy(&database.url(), &request).expect("it is whole");
    assert_eq!(counts(&counted.facts), counts(&after.facts));
}

/// A table that is rewritten between the snapshot and `pg_dump`'s lock would be dumped empty, and
/// one that we keep from being rewritten would keep `pg_dump` from it, for ever.
#[test]
fn a_table_that_changes_its_shape_is_dumped_whole() {
    let database = PostgresDatabase::create();
    database.execute("CREATE TABLE a (id INTEGER); INSERT INTO a SELECT generate_series(1, 1000)");
    let mut scene = Scene::new();
    let begun = scene.folder.path().join("begun");
    work(
        &mut scene,
        &format!("touch {}; sleep 0.7; exec $REAL \"$@\"", begun.display()),
    );
    let copied = thread::scope(|scope| {
        scope.spawn(|| {
            while !begun.exists() {
                thread::sleep(Duration::from_millis(10));
            }
            database.execute("ALTER TABLE a ALTER COLUMN id TYPE BIGINT");
        });
        dumped(&scene, &database)
    });
    let copied = copied.expect("it is whole");
    assert_eq!(counts(&copied.facts), ["public.a 1000"]);
    let restored = restored(&copied.bytes);
    assert_eq!(restored.query_i64("SELECT count(*) FROM a"), 1000);
    let column = "SELECT data_type FROM information_schema.columns WHERE table_name = 'a'";
    assert_eq!(restored.query_text(column), "bigint");
}

#[test]
fn tables_that_are_changed_all_the_time_are_not_waited_for_without_end() {
    let database = PostgresDatabase::create();
    database.execute("CREATE TABLE a (id INTEGER)");
    let mut holder = database.connect();
    Backend::batch_execute(&mut holder, "BEGIN; LOCK TABLE a IN ACCESS EXCLUSIVE MODE")
        .expect("it is free");
    let scene = Scene::new();
    let request = DumpRequest {
        patience: Duration::from_millis(100),
        ..scene.request(Format::Plain)
    };
    let refused = copy(&database.url(), &request).map(|copied| copied.moment);
    assert!(
        matches!(refused, Err(DumpError::TablesChanging { .. })),
        "{refused:?}"
    );
}

/// A cast of one's own takes two minutes for a row.
#[test]
fn what_is_counted_slowly_is_ended_in_its_middle() {
    let database = PostgresDatabase::create();
    database.execute(
        "CREATE TABLE a (id INTEGER);
INSERT INTO a VALUES (1);
CREATE FUNCTION slowly(a) RETURNS TEXT LANGUAGE plpgsql
AS 'BEGIN PERFORM pg_catalog.pg_sleep(120); RETURN 1; END';
CREATE CAST (a AS TEXT) WITH FUNCTION slowly(a);",
    );
    let scene = Scene::new();
    let begun = Instant::now();
    let copied = thread::scope(|scope| {
        scope.spawn(|| {
            let sleeps = format!(
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = '{}'",
                database.name()
            );
            while database.query_i64(&sleeps) == 0 && begun.elapsed() < Duration::from_mins(1) {
                thread::sleep(Duration::from_millis(50));
            }
            scene.cancellation.cancel();
        });
        dumped(&scene, &database)
    });
    assert!(
        matches!(copied, Err(DumpError::Interrupted)),
        "{:?}",
        copied.err()
    );
    assert!(
        begun.elapsed() < Duration::from_secs(110),
        "it was waited for"
    );
}
