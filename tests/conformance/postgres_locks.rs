//! Which lock a step without a transaction is recorded to have held, whose statements have let go of
//! theirs by the time that anybody can ask them.

use std::thread;
use std::time::Duration;

use diesel::PgConnection;
use diesel::connection::SimpleConnection;
use dieselkit::migration::{Limit, Limits, RunError, RunReport};
use dieselkit::{MigrationSet, Migrator, RustMigration, Target, UpOptions};

use crate::scene::{Folder, address, failing_up, failure, migrator, rollback, shown, up};
use crate::support::engine::Engine;
use crate::support::postgres::PostgresDatabase;

on_one_engine![PostgresDatabase:
    each_statement_that_is_alone_has_the_lock_that_its_words_tell,
    what_nobody_else_can_use_does_not_count,
    what_is_built_concurrently_has_a_lock_however_short_it_is,
    a_concurrent_build_that_is_kept_waiting_has_its_lock_all_the_while,
    what_no_word_tells_is_seen_while_it_runs,
    a_function_is_seen_while_it_runs_too,
    a_run_whose_role_may_connect_once_goes_on_and_records_nothing,
    a_transaction_of_the_files_own_is_asked_before_its_end,
    each_attempt_keeps_the_lock_of_what_it_has_done,
    a_way_down_takes_the_place_of_the_way_up_with_its_first_statement,
];

type Database = PostgresDatabase<'static>;

/// What waits until somebody gives a key back, with the table `a` to itself for writers.
const WAITS: &str =
    "LOCK TABLE a IN SHARE ROW EXCLUSIVE MODE; PERFORM pg_advisory_xact_lock(4711);";

fn with_tables(database: &Database) -> Folder {
    database.execute(
        "CREATE TABLE a (id INTEGER); INSERT INTO a VALUES (1);
         CREATE TABLE \"B b\" (id INTEGER);",
    );
    Folder::new()
}

/// Returns version, mode and table of each attempt.
fn locks(database: &Database) -> Vec<String> {
    database.query_column(
        "SELECT version || ' ' || coalesce(lock_mode, '-') || ' ' || coalesce(lock_on, '-')
           FROM __dieselkit_history ORDER BY id",
    )
}

fn held_ms(database: &Database) -> i64 {
    database.query_i64("SELECT lock_held_ms FROM __dieselkit_history ORDER BY id DESC LIMIT 1")
}

/// Runs beside a client that has something, until that is seen to be enough, and leaves.
fn beside(
    mut client: PgConnection,
    run: impl FnOnce() -> Result<RunReport, RunError> + Send,
    until: impl FnOnce(),
) -> RunReport {
    thread::scope(|scope| {
        let running = scope.spawn(run);
        until();
        client.batch_execute("ROLLBACK").expect("it has begun one");
        shown(running.join().expect("it does not panic"))
    })
}

/// Asks until there is an answer.
fn wait_for(database: &Database, question: &str) -> String {
    for _ in 0..3_000 {
        if let Some(answer) = database.query_column(question).pop() {
            return answer;
        }
        thread::sleep(Duration::from_millis(20));
    }
    panic!("there is no answer: {question}");
}

/// Waits until the run waits for somebody, and returns when that was.
fn until_it_waits(database: &Database) -> String {
    wait_for(
        database,
        "SELECT clock_timestamp()::text FROM pg_locks JOIN pg_stat_activity AS a USING (pid)
          WHERE NOT granted AND a.datname = current_database()",
    )
}

/// Waits until the run waits, and somebody has looked at it since, and is done with that look: there are
/// two questions in one, and what comes of them is kept before the next.
fn until_it_is_seen(database: &Database) {
    let mut since = until_it_waits(database);
    for _ in 0..3 {
        let seen = format!(
            "SELECT query_start::text FROM pg_stat_activity
              WHERE datname = current_database() AND application_name LIKE 'dieselkit % lookout'
                AND state = 'idle' AND query_start > '{since}'"
        );
        since = wait_for(database, &seen);
    }
}

fn holder_of_key(database: &Database) -> PgConnection {
    let mut client = database.connect();
    let take = "BEGIN; SELECT pg_advisory_xact_lock(4711)";
    client.batch_execute(take).expect("nobody has it");
    client
}

fn each_statement_that_is_alone_has_the_lock_that_its_words_tell(database: &Database) {
    let folder = with_tables(database);
    database.execute("CREATE TABLE gone (id INTEGER); CREATE INDEX by_id ON a (id)");
    for (name, sql) in [
        ("1_altered", "ALTER TABLE a ADD z INTEGER;"),
        ("2_indexed", "CREATE INDEX ON \"B b\" (id);"),
        (
            "3_strongest",
            "CREATE INDEX ON a (z); ALTER TABLE \"B b\" ADD z INTEGER; ALTER TABLE a VALIDATE CONSTRAINT c;",
        ),
        ("4_index_dropped", "DROP INDEX by_id;"),
        (
            "5_dropped",
            "DROP TABLE IF EXISTS nowhere; DROP TABLE gone;",
        ),
        ("6_other_schema", "SET search_path = other; TRUNCATE a;"),
    ] {
        folder.add_statementwise(name, sql, "");
    }
    database.execute(
        "ALTER TABLE a ADD CONSTRAINT c CHECK (id > 0) NOT VALID;
         CREATE SCHEMA other; CREATE TABLE other.a (id INTEGER)",
    );
    up(database, &folder);
    assert_eq!(
        locks(database),
        [
            "1 ACCESS EXCLUSIVE public.a",
            "2 SHARE public.\"B b\"",
            "3 ACCESS EXCLUSIVE public.\"B b\"",
            "4 ACCESS EXCLUSIVE public.a",
            "5 ACCESS EXCLUSIVE public.gone",
            "6 ACCESS EXCLUSIVE other.a",
        ]
    );
}

fn what_nobody_else_can_use_does_not_count(database: &Database) {
    let folder = with_tables(database);
    for (name, sql) in [
        (
            "1_temporary",
            "CREATE TEMPORARY TABLE t (id INTEGER); ALTER TABLE t ADD z INTEGER; DROP TABLE t;",
        ),
        ("2_made", "CREATE TABLE c (id INTEGER PRIMARY KEY);"),
        (
            "3_is_there",
            "CREATE TABLE IF NOT EXISTS a (id INTEGER REFERENCES c);",
        ),
        (
            "4_decides",
            "DO $$ BEGIN IF false THEN TRUNCATE a; END IF; END $$;",
        ),
        (
            "5_temporary_in_its_own",
            "CREATE TEMPORARY TABLE t (id INTEGER); BEGIN; ALTER TABLE t ADD z INTEGER; COMMIT; DROP TABLE t;",
        ),
    ] {
        folder.add_statementwise(name, sql, "");
    }
    up(database, &folder);
    let nothing: Vec<String> = (1..=5).map(|version| format!("{version} - -")).collect();
    assert_eq!(locks(database), nothing);
}

fn what_is_built_concurrently_has_a_lock_however_short_it_is(database: &Database) {
    let folder = with_tables(database);
    for (name, sql) in [
        ("1_built", "CREATE INDEX CONCURRENTLY by_id ON a (id);"),
        ("2_rebuilt", "REINDEX INDEX CONCURRENTLY by_id;"),
        ("3_all_rebuilt", "REINDEX TABLE CONCURRENTLY public.a;"),
        ("4_dropped", "DROP INDEX CONCURRENTLY by_id;"),
    ] {
        folder.add_statementwise(name, sql, "");
    }
    up(database, &folder);
    let locks = locks(database);
    assert_eq!(locks.len(), 4);
    for lock in locks {
        assert!(lock.ends_with(" SHARE UPDATE EXCLUSIVE public.a"), "{lock}");
    }
}

fn a_concurrent_build_that_is_kept_waiting_has_its_lock_all_the_while(database: &Database) {
    let folder = with_tables(database);
    folder.add_statementwise("1_built", "CREATE INDEX CONCURRENTLY ON a (id);", "");
    let mut client = database.connect();
    let write = "BEGIN; INSERT INTO a VALUES (2)";
    client.batch_execute(write).expect("it may write");
    let run = || migrator(database, &folder).up(&UpOptions::default());
    beside(client, run, || {
        until_it_waits(database);
        thread::sleep(Duration::from_millis(600));
    });
    assert_eq!(locks(database), ["1 SHARE UPDATE EXCLUSIVE public.a"]);
    let held_ms = held_ms(database);
    assert!((600..300_000).contains(&held_ms), "{held_ms}");
}

fn what_no_word_tells_is_seen_while_it_runs(database: &Database) {
    let folder = with_tables(database);
    let block = format!("DO $$ BEGIN {WAITS} END $$;");
    // With the usual limit for locks, and without one, where it is looked at another way.
    for (name, sql) in [
        ("1_waits", format!("SELECT 1;\n{block}\nSELECT 2;")),
        (
            "2_waits",
            format!("-- dieselkit: lock_timeout = off\n{block}"),
        ),
    ] {
        folder.add_statementwise(name, &sql, "");
        let limits = Limits::default().with_lock_timeout(Limit::of(Duration::from_mins(2)));
        let run = || {
            migrator(database, &folder)
                .with_limits(limits)
                .up(&UpOptions::default())
        };
        beside(holder_of_key(database), run, || until_it_is_seen(database));
    }
    assert_eq!(
        locks(database),
        [
            "1 SHARE ROW EXCLUSIVE public.a",
            "2 SHARE ROW EXCLUSIVE public.a"
        ]
    );
    // Nobody looks sooner.
    let held_ms = held_ms(database);
    assert!((100..300_000).contains(&held_ms), "{held_ms}");
}

fn a_function_is_seen_while_it_runs_too(database: &Database) {
    with_tables(database);
    let function = RustMigration::new("1_rust", "1", |db: &mut PgConnection| {
        Ok(db.batch_execute(&format!("DO $$ BEGIN {WAITS} END $$"))?)
    });
    let set = MigrationSet::from_list(Vec::new());
    let set = set.and_then(|set| set.with([function.without_transaction()]));
    let connected = dieselkit::Database::connect(&address(database), dieselkit::Absent::Refuse);
    let mut migrator = Migrator::new(connected.expect("it is there"), set.expect("it is one"));
    let run = || migrator.up(&UpOptions::default());
    beside(holder_of_key(database), run, || until_it_is_seen(database));
    assert_eq!(locks(database), ["1 SHARE ROW EXCLUSIVE public.a"]);
}

fn a_run_whose_role_may_connect_once_goes_on_and_records_nothing(database: &Database) {
    let folder = with_tables(database);
    let role = database.create_role("secret");
    let name = &role.name;
    database.execute(&format!(
        "ALTER ROLE {name} CONNECTION LIMIT 1; ALTER TABLE a OWNER TO {name};
         GRANT USAGE, CREATE ON SCHEMA public TO {name}"
    ));
    let sql = "DO $$ BEGIN LOCK TABLE a; PERFORM pg_sleep(0.8); END $$;";
    folder.add_statementwise("1_waits", sql, "");
    folder.add_statementwise("2_altered", "ALTER TABLE a ADD z INTEGER;", "");
    let set = MigrationSet::from_folder(folder.path()).expect("it is readable");
    let address = database.url_as(&role).parse().expect("it is an address");
    let connected = dieselkit::Database::connect(&address, dieselkit::Absent::Refuse);
    let mut migrator = Migrator::new(connected.expect("it may connect once"), set);
    shown(migrator.up(&UpOptions::default()));
    assert_eq!(locks(database), ["1 - -", "2 ACCESS EXCLUSIVE public.a"]);
}

fn a_transaction_of_the_files_own_is_asked_before_its_end(database: &Database) {
    let folder = with_tables(database);
    database.execute("CREATE TABLE gone (id INTEGER)");
    for (name, sql) in [
        (
            "1_kept",
            "BEGIN; ALTER TABLE a ADD y INTEGER; SELECT pg_sleep(0.3); COMMIT; CREATE INDEX ON \"B b\" (id);",
        ),
        (
            "2_taken_back",
            "BEGIN; LOCK TABLE \"B b\" IN EXCLUSIVE MODE; ROLLBACK; INSERT INTO a VALUES (2);",
        ),
        (
            "3_written",
            "START TRANSACTION; INSERT INTO a VALUES (3); END;",
        ),
        (
            "4_made",
            "BEGIN; CREATE TABLE c (id INTEGER); ALTER TABLE c ADD z INTEGER; COMMIT;",
        ),
        ("5_dropped", "BEGIN; DROP TABLE gone; COMMIT;"),
    ] {
        folder.add_statementwise(name, sql, "");
    }
    up(database, &folder);
    assert_eq!(
        locks(database),
        [
            "1 ACCESS EXCLUSIVE public.a",
            "2 EXCLUSIVE public.\"B b\"",
            "3 ROW EXCLUSIVE public.a",
            "4 - -",
            "5 ACCESS EXCLUSIVE -",
        ]
    );
    let held = shown(migrator(database, &folder).history());
    let first = held.iter().find(|attempt| attempt.version.as_str() == "1");
    let lock = first.and_then(|attempt| attempt.strongest_lock.clone());
    let held_ms = lock.expect("it is recorded").held_ms;
    assert!((300..300_000).contains(&held_ms), "{held_ms}");
}

fn each_attempt_keeps_the_lock_of_what_it_has_done(database: &Database) {
    let folder = with_tables(database);
    let fails = "ALTER TABLE a ADD z INTEGER;\nINSERT INTO nowhere VALUES (1);";
    folder.add_statementwise("1_a", fails, "");
    failing_up(database, &folder, &UpOptions::default());
    let first = "1 ACCESS EXCLUSIVE public.a";
    assert_eq!(locks(database), [first]);
    // Nothing is done in this one.
    failing_up(database, &folder, &UpOptions::default());
    assert_eq!(locks(database), [first, "1 - -"]);
    let mended = "ALTER TABLE a ADD z INTEGER;\nCREATE INDEX ON \"B b\" (id);";
    folder.add_statementwise("1_a", mended, "");
    up(database, &folder);
    assert_eq!(locks(database), [first, "1 - -", "1 SHARE public.\"B b\""]);
}

fn a_way_down_takes_the_place_of_the_way_up_with_its_first_statement(database: &Database) {
    let folder = with_tables(database);
    let (way_up, fails) = (
        "CREATE INDEX by_id ON a (id);",
        "INSERT INTO nowhere VALUES (1);",
    );
    folder.add_statementwise("1_a", way_up, fails);
    up(database, &folder);
    let way_up_held = ["1 SHARE public.a"];
    assert_eq!(locks(database), way_up_held);
    failure(migrator(database, &folder).rollback(Target::All));
    assert_eq!(locks(database), way_up_held);
    let down = "SELECT 1;\nALTER TABLE a ADD z INTEGER;";
    folder.add_statementwise("1_a", way_up, &format!("SELECT 1;\n{fails}"));
    failure(migrator(database, &folder).rollback(Target::All));
    assert_eq!(locks(database), ["1 - -"]);
    folder.add_statementwise("1_a", way_up, down);
    rollback(database, &folder, Target::All);
    assert_eq!(locks(database), ["1 ACCESS EXCLUSIVE public.a"]);
}
