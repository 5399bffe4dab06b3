//! `up` on a PostgreSQL where others are at work: whom it waits for it says, and it lets go in between.

use std::time::{Duration, Instant};

use diesel::PgConnection;
use diesel::connection::SimpleConnection;

use crate::processes::Running;
use crate::support::engine::{Engine, column};
use crate::support::postgres::{Cluster, PostgresDatabase};
use crate::support::project::Project;

fn run(connection: &mut PgConnection, sql: &str) {
    connection
        .batch_execute(sql)
        .unwrap_or_else(|error| panic!("{error}, in: {sql}"));
}

/// Returns a project whose one pending migration alters the table `a`, which is there.
fn altering(database: &PostgresDatabase<'_>) -> Project {
    database.execute("CREATE TABLE a (id INTEGER); CREATE TABLE b (id INTEGER)");
    let project = Project::new().on(database);
    project.migration(
        "2026-01-01-000000_alter",
        "ALTER TABLE a ADD note TEXT;\n",
        "ALTER TABLE a DROP note;\n",
    )
}

/// Returns a client that is in the middle of reading the table `a`.
fn reading_a(database: &PostgresDatabase<'_>) -> PgConnection {
    let mut client = database.connect();
    run(&mut client, "SET application_name = 'shop'; BEGIN");
    run(&mut client, "SELECT count(*) FROM a WHERE id <> 4711");
    client
}

#[test]
fn ctrl_c_in_a_pause_ends_at_once_and_leaves_nothing() {
    let database = PostgresDatabase::create();
    let project = altering(&database);
    let mut client = reading_a(&database);
    let mut running = Running::of(&project, &["up", "--lock-timeout", "2s"]);
    running.wait_for_line_of("  trying again in ");
    running.signal("INT");
    running.ends(&project).exits(130);
    assert_eq!(database.applied(), [""; 0]);
    run(&mut client, "COMMIT");
    project.run(["up"]).succeeds();
    assert_eq!(database.applied(), ["20260101000000"]);
}

#[test]
fn who_blocks_is_told_in_words_and_in_the_document() {
    let database = PostgresDatabase::create();
    let project = altering(&database).config("[migrations]\nlock_timeout = \"2s\"\n");
    let mut client = reading_a(&database);
    let mut running = Running::of(&project, &["up"]);
    running.wait_for_line_of("  waited for ACCESS EXCLUSIVE on public.a");
    running.wait_for_line_of("  blocked by pid ");
    run(&mut client, "COMMIT");
    running.ends(&project).exits(0);
    project.run(["rollback", "--yes"]).succeeds();

    let mut client = reading_a(&database);
    let running = Running::of(&project, &["up", "--json"]);
    let tried = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'dieselkit%' AND state = 'idle' AND query LIKE 'ROLLBACK%'";
    while database.query_i64(tried) == 0 {
        std::thread::sleep(Duration::from_millis(20));
    }
    run(&mut client, "COMMIT");
    let output = running.ends(&project).exits(0);
    let document = output.json();
    let retry = &document["data"]["retries"][0];
    assert_eq!(retry["version"], "20260101000000");
    assert_eq!(retry["tried"], 1);
    assert_eq!(retry["lock"]["mode"], "ACCESS EXCLUSIVE");
    assert_eq!(retry["lock"]["on"], "public.a");
    assert_eq!(retry["by"][0]["application"], "shop");
    assert_eq!(
        retry["by"][0]["query"],
        "SELECT count(*) FROM a WHERE id <> ?"
    );
    let history = project.run(["history", "--json"]).succeeds().json();
    let attempt = &history["data"]["attempts"][0];
    assert_eq!(attempt["lock_mode"], "ACCESS EXCLUSIVE");
    assert_eq!(attempt["lock_on"], "public.a");
    assert!(attempt["lock_held_ms"].is_i64());
    let table = project.run(["history"]).succeeds().stdout;
    assert!(table.contains("ACCESS EXCLUSIVE on public.a, "), "{table}");
}

#[test]
fn the_last_try_ends_with_exit_code_1_and_says_who_was_in_the_way() {
    let database = PostgresDatabase::create();
    let settings = "[migrations]\nlock_timeout = \"4s\"\nlock_tries = 2\n";
    let project = altering(&database).config(settings);
    let client = reading_a(&database);
    let failed = project.run(["up"]).exits(1);
    for said in [
        "lock timeout, at try 1 of 2",
        "blocked by pid ",
        "`SELECT count(*) FROM a WHERE id <> ?`",
    ] {
        assert!(failed.stderr.contains(said), "{said}: {}", failed.stderr);
    }
    let failed = project
        .run(["up", "--json", "--lock-timeout", "200ms"])
        .exits(1)
        .json();
    assert_eq!(failed["exit_code"], 1);
    assert_eq!(database.applied(), [""; 0]);
    drop(client);
    project.run(["up"]).succeeds();
    assert_eq!(database.applied(), ["20260101000000"]);
}

/// A backup reads every table and has the migration lock with others who read: `up` waits for it
/// without any lock that others would have to wait for.
#[test]
fn nobody_waits_behind_an_up_that_waits_for_a_backup() {
    let database = PostgresDatabase::create();
    let project = altering(&database);
    // It keeps the backup from its end.
    let mut keeping = database.connect();
    run(&mut keeping, "BEGIN; LOCK TABLE b");
    let backup = Running::of(&project, &["backup"]);
    let reading = "SELECT count(*) FROM pg_locks WHERE relation = 'b'::regclass AND NOT granted";
    while database.query_i64(reading) == 0 {
        std::thread::sleep(Duration::from_millis(20));
    }
    let mut up = Running::of(&project, &["up"]);
    up.wait_for_line_of("waiting up to ");
    let mut reader = database.connect();
    let mut longest = Duration::ZERO;
    for _ in 0..50 {
        let began = Instant::now();
        assert_eq!(column!(&mut reader, "SELECT count(*) FROM a"), ["0"]);
        longest = longest.max(began.elapsed());
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(longest < Duration::from_secs(20), "{longest:?}");
    assert_eq!(database.applied(), [""; 0]);
    run(&mut keeping, "COMMIT");
    backup.ends(&project).exits(0);
    up.ends(&project).exits(0);
    assert_eq!(database.applied(), ["20260101000000"]);
}

/// What is prepared has no session that could be ended.
#[test]
fn a_prepared_transaction_is_named_with_what_ends_it() {
    let cluster = Box::leak(Box::new(Cluster::start()));
    let database = cluster.create_database();
    let project = altering(&database);
    let mut client = database.connect();
    run(&mut client, "BEGIN; INSERT INTO b VALUES (1)");
    run(&mut client, "PREPARE TRANSACTION 'of b'");
    run(&mut client, "BEGIN; INSERT INTO a VALUES (1)");
    run(&mut client, "PREPARE TRANSACTION 'it''s'");
    let limits = "[migrations]\nlock_timeout = \"300ms\"\nlock_tries = 1\n";
    let project = project.config(limits);
    let failed = project.run(["up"]).exits(1).stderr;
    let ends = "ROLLBACK PREPARED 'it''s';";
    for said in [
        "blocked by the prepared transaction `it's`, user postgres",
        ends,
    ] {
        assert!(failed.contains(said), "{said}: {failed}");
    }
    // The other one is in nobody's way.
    assert!(!failed.contains("of b"), "{failed}");
    run(&mut client, ends);
    project.run(["up"]).succeeds();
}
