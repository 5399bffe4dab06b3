//! Steps that wait for the locks of others on a PostgreSQL where clients are at work: they do not wait
//! long, name who is in the way, are tried again, and leave a clear record where all tries fail.

mod clients;
mod looking;
mod recording;

use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use diesel::PgConnection;
use diesel::connection::SimpleConnection;
use dieselkit::cancellation::Cancellation;
use dieselkit::event::{Blocked, Event};
use dieselkit::migration::{Limit, Limits, Retry, RunError, RunReport, StateLeft, TransactionMode};
use dieselkit::{MigrationSet, Migrator, Target, UpOptions};

use crate::scene::{Folder, attempts, chain, done, failure, migrator, shown, up};
use crate::support::engine::Engine;
use crate::support::postgres::PostgresDatabase;
use clients::{Client, Readers, number, run};

on_one_engine![PostgresDatabase:
    who_blocks_is_named_and_others_read_on_until_it_leaves,
    a_way_down_is_tried_again_too,
    a_whole_batch_is_tried_again,
    a_deadlock_is_tried_again_and_names_the_other,
    a_row_that_was_changed_meanwhile_is_tried_again,
    a_function_is_tried_again_too,
    a_step_whose_tries_are_used_up_fails_and_can_be_run_again,
    a_history_that_is_completed_keeps_nobody_waiting,
    a_statement_without_a_transaction_is_not_tried_again,
    a_pause_ends_when_the_run_is_to_end,
    a_server_that_goes_away_while_a_step_waits_ends_it,
    a_transaction_of_the_files_own_has_a_limit_too,
];

type Database = PostgresDatabase<'static>;

/// Returns who is in the way, as the server numbers them.
fn pids(blocked: &Blocked) -> Vec<i64> {
    blocked.by.iter().map(|by| by.pid).collect()
}

/// Returns a migrator, and what it tells of whom it waits for.
fn telling_of_waits(database: &Database, folder: &Folder) -> (Migrator, Receiver<Blocked>) {
    let (told, waits) = channel();
    let migrator = migrator(database, folder).with_observer(move |event: &Event| {
        if let Event::StepWaiting { blocked, .. } = event {
            // Nobody may listen any more.
            let _ = told.send(blocked.clone());
        }
    });
    (migrator, waits)
}

fn lock_timeout(milliseconds: u64) -> Limits {
    let limit = Limit::of(Duration::from_millis(milliseconds));
    Limits::default().with_lock_timeout(limit)
}

/// Tells of each try that failed, and by whom.
fn telling_of_tries(migrator: Migrator) -> (Migrator, Receiver<Blocked>) {
    let (told, tries) = channel();
    let migrator = migrator.with_observer(move |event: &Event| {
        if let Event::StepRetried { blocked, .. } = event {
            // Nobody may listen any more.
            let _ = told.send(blocked.clone());
        }
    });
    (migrator, tries)
}

/// Runs beside a client that leaves once so many tries failed that were seen as it wants.
fn run_until_it_leaves(
    migrator: Migrator,
    client: Client,
    (in_the_way, seen): (usize, fn(&Blocked) -> bool),
    verb: impl FnOnce(&mut Migrator) -> Result<RunReport, RunError>,
) -> RunReport {
    let (mut migrator, tries) = telling_of_tries(migrator);
    let leaving = thread::spawn(move || {
        let seen = tries.iter().filter(seen).take(in_the_way);
        seen.for_each(drop);
        client.leave();
    });
    let report = shown(verb(&mut migrator));
    leaving.join().expect("it left");
    report
}

fn is_named(blocked: &Blocked) -> bool {
    !blocked.by.is_empty()
}

fn with_table(database: &Database) -> Folder {
    database.execute("CREATE TABLE a (id INTEGER); INSERT INTO a VALUES (1)");
    Folder::new()
}

pub(crate) fn who_blocks_is_named_and_others_read_on_until_it_leaves(database: &Database) {
    let folder = with_table(database);
    folder.add("1_a", "ALTER TABLE a ADD b TEXT;", "ALTER TABLE a DROP b;");
    let client = Client::begin(database, "shop", "SELECT * FROM a WHERE id <> 17");
    let (pid, readers) = (client.pid, Readers::of_a(database));
    let migrator = migrator(database, &folder).with_limits(lock_timeout(1000));
    let report = run_until_it_leaves(migrator, client, (2, is_named), |migrator| {
        migrator.up(&UpOptions::default())
    });
    let longest = readers.longest();
    // A limit of a second, and what a busy machine adds: one of ten would be seen.
    assert!(longest < Duration::from_secs(6), "{longest:?}");
    assert_eq!(done(&report), ["1"]);
    let tries: Vec<u32> = report
        .delays
        .retries
        .iter()
        .map(|retry| retry.tried)
        .collect();
    assert!(tries.starts_with(&[1, 2]), "{tries:?}");
    let mut retries = report.delays.retries.iter().map(|retry| &retry.blocked);
    let blocked = retries
        .find(|blocked| is_named(blocked))
        .expect("it stayed until then");
    let lock = blocked.lock.as_ref().expect("it was seen");
    assert_eq!(lock.to_string(), "ACCESS EXCLUSIVE on public.a");
    let named = blocked.by.iter().find(|blocker| blocker.pid == pid);
    let named = named.unwrap_or_else(|| panic!("it is not named: {blocked:?}"));
    assert_eq!(named.application.as_deref(), Some("shop"));
    assert_eq!(
        named.query.as_deref(),
        Some("SELECT * FROM a WHERE id <> ?")
    );
    assert_eq!(named.state.as_deref(), Some("idle in transaction"));
    assert!(named.user.is_some() && named.transaction_since.is_some());
    assert!(
        named.transaction_age_ms.is_some_and(|age_ms| age_ms >= 500),
        "{named:?}"
    );
    assert_eq!(attempts(database), ["1 apply SUCCESS"]);
}

fn a_way_down_is_tried_again_too(database: &Database) {
    let folder = with_table(database);
    folder.add("1_a", "ALTER TABLE a ADD b TEXT;", "ALTER TABLE a DROP b;");
    up(database, &folder);
    let client = Client::begin(database, "shop", "SELECT * FROM a");
    let migrator = migrator(database, &folder).with_limits(lock_timeout(400));
    let report = run_until_it_leaves(migrator, client, (1, |_| true), |migrator| {
        migrator.rollback(Target::All)
    });
    assert!(!report.delays.retries.is_empty());
    assert_eq!(attempts(database), ["1 apply ROLLED_BACK"]);
}

fn a_whole_batch_is_tried_again(database: &Database) {
    let folder = with_table(database);
    folder.add("1_b", "CREATE TABLE b (id INTEGER);", "DROP TABLE b;");
    folder.add("2_a", "ALTER TABLE a ADD b TEXT;", "ALTER TABLE a DROP b;");
    folder.add("3_c", "CREATE TABLE c (id INTEGER);", "DROP TABLE c;");
    let client = Client::begin(database, "shop", "SELECT * FROM a");
    let undone = Arc::new(Mutex::new(Vec::new()));
    let (told, in_the_way) = channel();
    let migrator = migrator(database, &folder)
        .with_limits(lock_timeout(400))
        .with_observer({
            let undone = Arc::clone(&undone);
            move |event: &Event| {
                if let Event::StepRetried { undone: steps, .. } = event {
                    undone.lock().expect("nobody panics with it").push(*steps);
                    let _ = told.send(());
                }
            }
        });
    let leaving = thread::spawn(move || {
        let _ = in_the_way.recv_timeout(Duration::from_mins(1));
        client.leave();
    });
    let mut migrator = migrator;
    let batch = UpOptions::default().in_transactions(TransactionMode::Batch);
    let report = shown(migrator.up(&batch));
    leaving.join().expect("it left");
    assert_eq!(done(&report), ["1", "2", "3"]);
    assert!(report.undone.is_empty(), "{report:?}");
    let undone = undone.lock().expect("nobody panics with it").clone();
    assert!(
        !undone.is_empty() && undone.iter().all(|steps| *steps == 1),
        "{undone:?}"
    );
    let rows = ["1 apply SUCCESS", "2 apply SUCCESS", "3 apply SUCCESS"];
    assert_eq!(attempts(database), rows);
}

pub(crate) fn a_deadlock_is_tried_again_and_names_the_other(database: &Database) {
    let folder = with_table(database);
    database.execute("CREATE TABLE b (id INTEGER); CREATE TABLE crossed (id INTEGER)");
    // It has `a`, waits until the other waits for that, and wants `b`, which the other has: the last
    // one that began to wait finds the deadlock.
    folder.add(
        "1_a",
        "LOCK TABLE a;
         DO $$ BEGIN
           WHILE NOT EXISTS (SELECT FROM crossed) AND NOT EXISTS (
             SELECT FROM pg_locks WHERE relation = 'a'::regclass AND NOT granted
           ) LOOP
             PERFORM pg_sleep(0.02);
           END LOOP;
         END $$;
         LOCK TABLE b;",
        "",
    );
    let mut other = database.connect();
    run(
        &mut other,
        "SET application_name = 'other'; SET deadlock_timeout = '10min'; BEGIN; LOCK TABLE b",
    );
    let pid = number(&mut other, "SELECT pg_backend_pid()");
    let crossing = thread::spawn(move || {
        let is_had = "SELECT count(*) FROM pg_locks WHERE relation = 'a'::regclass AND granted AND mode = 'AccessExclusiveLock'";
        while number(&mut other, is_had) == 0 {
            thread::sleep(Duration::from_millis(20));
        }
        run(
            &mut other,
            "LOCK TABLE a; INSERT INTO crossed VALUES (1); COMMIT",
        );
        // It is still there to be asked about.
        thread::sleep(Duration::from_secs(5));
    });
    let mut migrator = migrator(database, &folder).with_limits(lock_timeout(60_000));
    let report = shown(migrator.up(&UpOptions::default()));
    crossing.join().expect("it got both");
    let [retry] = &report.delays.retries[..] else {
        panic!("one try was in vain: {:?}", report.delays);
    };
    assert!(retry.error.to_lowercase().contains("deadlock"), "{retry:?}");
    let named: Vec<_> = retry.blocked.by.iter().map(|blocker| blocker.pid).collect();
    assert_eq!(named, [pid]);
    assert_eq!(retry.blocked.by[0].application.as_deref(), Some("other"));
    assert_eq!(attempts(database), ["1 apply SUCCESS"]);
}

fn a_row_that_was_changed_meanwhile_is_tried_again(database: &Database) {
    let folder = with_table(database);
    let isolation = "ALTER DATABASE \"{}\" SET default_transaction_isolation = 'repeatable read'";
    database.execute(&isolation.replace("{}", database.name()));
    folder.add("1_a", "UPDATE a SET id = id * 10;", "");
    let client = Client::begin(database, "shop", "UPDATE a SET id = 2");
    let mut watching = database.connect();
    let leaving = thread::spawn(move || {
        let waiting = "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE NOT granted AND datname = current_database()";
        while number(&mut watching, waiting) == 0 {
            thread::sleep(Duration::from_millis(20));
        }
        client.leave();
    });
    let mut migrator = migrator(database, &folder).with_limits(lock_timeout(60_000));
    let report = shown(migrator.up(&UpOptions::default()));
    leaving.join().expect("it left");
    let [retry] = &report.delays.retries[..] else {
        panic!("one try was in vain: {:?}", report.delays);
    };
    assert!(retry.error.contains("could not serialize"), "{retry:?}");
    assert_eq!(database.query_column("SELECT id FROM a"), ["20"]);
    assert_eq!(attempts(database), ["1 apply SUCCESS"]);
}

pub(crate) fn a_function_is_tried_again_too(database: &Database) {
    with_table(database);
    let function = dieselkit::RustMigration::new("1_rust", "1", |db: &mut PgConnection| {
        Ok(db.batch_execute("ALTER TABLE a ADD b TEXT")?)
    });
    let set = MigrationSet::from_list(Vec::new()).and_then(|set| set.with([function]));
    let address = crate::scene::address(database);
    let connected = dieselkit::Database::connect(&address, dieselkit::Absent::Refuse);
    let migrator = Migrator::new(connected.expect("it is there"), set.expect("it is one"));
    let client = Client::begin(database, "shop", "SELECT * FROM a");
    // Where the words are not known, somebody has to look within half of it.
    let migrator = migrator.with_limits(lock_timeout(4000));
    let report = run_until_it_leaves(migrator, client, (1, |_| true), |migrator| {
        migrator.up(&UpOptions::default())
    });
    assert!(!report.delays.retries.is_empty());
    assert_eq!(attempts(database), ["1 apply SUCCESS"]);
}

fn a_step_whose_tries_are_used_up_fails_and_can_be_run_again(database: &Database) {
    let folder = with_table(database);
    let sql = "CREATE TABLE b (id INTEGER);\nALTER TABLE a ADD b TEXT;\nSELECT 1;";
    folder.add("1_a", sql, "");
    let client = Client::begin(database, "shop", "SELECT * FROM a");
    let mut migrator = migrator(database, &folder)
        .with_limits(lock_timeout(3000))
        .with_retry(Retry::new(2, Duration::from_mins(5)));
    let (failure, report) = failure(migrator.up(&UpOptions::default()));
    assert_eq!(report.delays.retries.len(), 1);
    assert_eq!(
        (failure.tries, failure.state_left),
        (2, StateLeft::StepRolledBack)
    );
    assert_eq!(failure.sqlstate.as_deref(), Some("55P03"));
    assert_eq!(failure.place.clone().map(|place| place.line), Some(2));
    let blocked = failure.blocked.clone().expect("it was seen");
    assert_eq!(pids(&blocked), [client.pid]);
    let ends = format!("`SELECT pg_terminate_backend({});`", client.pid);
    assert!(failure.hint().contains(&ends), "{}", failure.hint());
    assert_eq!(attempts(database), ["1 apply FAILED"]);
    let kept = database.query_text("SELECT error FROM __dieselkit_history");
    assert!(
        kept.contains("tried 2 times") && kept.contains(", shop,"),
        "{kept}"
    );
    assert!(!database.has_table("b"));
    client.leave();
    assert_eq!(done(&up(database, &folder)), ["1"]);
    assert_eq!(attempts(database), ["1 apply FAILED", "1 apply SUCCESS"]);
}

fn a_history_that_is_completed_keeps_nobody_waiting(database: &Database) {
    let folder = with_table(database);
    folder.add_table(1);
    up(database, &folder);
    database.execute("ALTER TABLE __dieselkit_history DROP COLUMN lock_mode");
    let client = Client::begin(database, "pg_dump", "SELECT * FROM __dieselkit_history");
    let mut brief = migrator(database, &folder).with_lock_wait(Duration::from_millis(100));
    let refused = brief.up(&UpOptions::default()).expect_err("it is locked");
    let said = chain(&refused);
    assert!(
        said.contains("failed to create the history's tables") && said.contains("lock timeout"),
        "{said}"
    );
    client.leave();
    folder.add_table(2);
    assert_eq!(done(&up(database, &folder)), ["2"]);
}

fn a_statement_without_a_transaction_is_not_tried_again(database: &Database) {
    let folder = with_table(database);
    let sql = "-- dieselkit: lock_timeout = 200ms\nSELECT 1;\nALTER TABLE a ADD b TEXT;";
    folder.add_statementwise("1_a", sql, "");
    let client = Client::begin(database, "shop", "SELECT * FROM a");
    let (failure, report) = failure(migrator(database, &folder).up(&UpOptions::default()));
    assert_eq!(report.delays.retries, []);
    assert_eq!(failure.state_left, StateLeft::HalfWay { done: 1, total: 2 });
    client.leave();
    assert_eq!(done(&up(database, &folder)), ["1"]);
}

fn a_pause_ends_when_the_run_is_to_end(database: &Database) {
    let folder = with_table(database);
    folder.add("1_b", "CREATE TABLE b (id INTEGER);", "");
    folder.add("2_a", "ALTER TABLE a ADD b TEXT;", "");
    let client = Client::begin(database, "shop", "SELECT * FROM a");
    let cancellation = Cancellation::default();
    let begun = Arc::new(Mutex::new(0));
    let mut migrator = migrator(database, &folder)
        .with_limits(lock_timeout(200))
        .with_cancellation(cancellation.clone())
        .with_observer({
            let begun = Arc::clone(&begun);
            move |event: &Event| match event {
                Event::StepStarted { .. } => *begun.lock().expect("nobody panics with it") += 1,
                Event::StepRetried { .. } => cancellation.cancel(),
                _ => {}
            }
        });
    let Err(RunError::Interrupted { report }) = migrator.up(&UpOptions::default()) else {
        panic!("it was not interrupted");
    };
    // The second step was tried once, and not again.
    assert_eq!(*begun.lock().expect("nobody panics with it"), 2);
    assert_eq!(done(&report), ["1"]);
    assert_eq!(attempts(database), ["1 apply SUCCESS"]);
    client.leave();
    assert_eq!(done(&up(database, &folder)), ["2"]);
}

fn a_server_that_goes_away_while_a_step_waits_ends_it(database: &Database) {
    let folder = with_table(database);
    folder.add("1_a", "ALTER TABLE a ADD b TEXT;", "");
    let client = Client::begin(database, "shop", "SELECT * FROM a");
    let mut watching = database.connect();
    let ending = thread::spawn(move || {
        let end = "SELECT count(pg_terminate_backend(pid)) FROM pg_locks WHERE relation = 'a'::regclass AND NOT granted";
        while number(&mut watching, end) == 0 {
            thread::sleep(Duration::from_millis(20));
        }
    });
    let ran = migrator(database, &folder)
        .with_limits(lock_timeout(60_000))
        .up(&UpOptions::default());
    ending.join().expect("it was ended");
    let error = ran.expect_err("the connection is gone");
    let report = error.report().expect("it says what was done");
    assert_eq!(report.delays.retries, [], "{}", chain(&error));
    let Some(failure) = report.failures.first() else {
        panic!("no step failed: {}", chain(&error));
    };
    assert_eq!(failure.state_left, StateLeft::Unknown);
    client.leave();
    assert_eq!(done(&up(database, &folder)), ["1"]);
}

fn a_transaction_of_the_files_own_has_a_limit_too(database: &Database) {
    let folder = with_table(database);
    for (version, sql) in [
        ("1_a", "BEGIN; ALTER TABLE a ADD b TEXT; COMMIT;"),
        ("2_a", "ALTER TABLE a ADD c TEXT;"),
    ] {
        folder.add_statementwise(version, sql, "");
        let client = Client::begin(database, "shop", "SELECT * FROM a");
        let pid = client.pid;
        let (failure, _) = failure(migrator(database, &folder).up(&UpOptions::default()));
        client.leave();
        assert_eq!(failure.sqlstate.as_deref(), Some("55P03"), "{failure}");
        let blocked = failure.blocked.expect("somebody was in the way");
        assert_eq!(pids(&blocked), [pid], "{sql}");
        assert_eq!(done(&up(database, &folder)), [&version[..1]]);
    }
}
