//! What a rehearsal in the database itself tells, and that nothing of it stays.

mod by_words;
mod clients;
mod functions;
mod gate;
mod left_out;
mod locks;
mod rebuilt;
mod ways_down;

use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use diesel::PgConnection;
use diesel::connection::SimpleConnection;
use dieselkit::cancellation::Cancellation;
use dieselkit::event::Event;
use dieselkit::migration::{
    LeftOut, Limit, Limits, RehearsalOptions, RehearsalReport, RehearsedOn, RehearsedStatement,
    RunError, StateLeft, TransactionMode, Waiting, WayDownVerdict,
};
use dieselkit::{MigrationSet, Migrator, RustMigration, UpOptions};

use crate::scene::{Folder, attempts, chain, migrator, shown, up};
use crate::support::engine::{Engine, column};
use crate::support::postgres::PostgresDatabase;

on_one_engine![PostgresDatabase:
    nothing_is_changed,
    nothing_is_made_where_nothing_was_run_before,
    what_cannot_be_in_a_transaction_is_left_out_with_what_needs_it,
    a_step_that_fails_is_placed_and_undone,
    what_would_fail_at_the_commit_fails,
    what_is_put_off_is_done_before_the_next_step,
    what_is_put_off_of_a_check_is_done_as_well,
    what_is_said_of_all_that_is_put_off_holds_for_a_step,
    nothing_is_checked_of_what_was_not_written,
    a_temporary_table_is_gone_where_a_commit_drops_it,
    a_temporary_table_is_empty_where_a_commit_empties_it,
    in_one_transaction_a_temporary_table_is_still_there,
    the_rest_is_rehearsed_where_that_is_asked_for,
    others_in_the_way_are_named_and_it_is_tried_again,
    functions_are_left_out_unless_they_are_asked_for,
    nobody_hears_of_it,
    a_request_to_stop_ends_the_statement_under_way,
    a_database_of_another_environment_is_refused,
    ways_down_are_rolled_back_as_well,
];

type Database = PostgresDatabase<'static>;

fn rehearse(database: &Database, folder: &Folder) -> RehearsalReport {
    rehearse_with(database, folder, UpOptions::default())
}

fn rehearse_with(
    database: &Database,
    folder: &Folder,
    options: impl Into<RehearsalOptions>,
) -> RehearsalReport {
    shown(migrator(database, folder).rehearse(options))
}

/// Returns the schema, and the rows of every table, this tool's own and Diesel's included.
fn everything(database: &Database) -> Vec<String> {
    let mut all = vec![database.schema_dump()];
    for table in database.tables() {
        all.push(table.clone());
        let rows = format!("SELECT t::text FROM \"{table}\" AS t ORDER BY 1");
        all.extend(database.query_column(&rows));
    }
    all
}

fn with_users(database: &Database) -> Folder {
    database.execute(
        "CREATE TABLE users (id INTEGER PRIMARY KEY, name VARCHAR(10), age INTEGER);
         CREATE INDEX users_name ON users (name);
         INSERT INTO users SELECT n, 'u' || n, n FROM generate_series(1, 100) AS n;
         CREATE TABLE orders (id INTEGER, user_id INTEGER);",
    );
    Folder::new()
}

fn statements(report: &RehearsalReport) -> Vec<&RehearsedStatement> {
    report
        .steps
        .iter()
        .flat_map(|step| &step.statements)
        .collect()
}

/// Returns who would have waited, for what.
fn waits(report: &RehearsalReport) -> Vec<(&str, &str, Waiting, bool)> {
    let holds = report.holds.iter();
    holds
        .map(|hold| {
            let on = hold.on.as_deref().unwrap_or_default();
            (hold.version.as_str(), on, hold.waiting, hold.seen)
        })
        .collect()
}

fn run(connection: &mut PgConnection, sql: &str) {
    connection
        .batch_execute(sql)
        .unwrap_or_else(|error| panic!("{error}, in: {sql}"));
}

fn nothing_is_changed(database: &Database) {
    let folder = with_users(database);
    folder.add(
        "1_first",
        "CREATE TABLE first (id INTEGER);",
        "DROP TABLE first;",
    );
    up(database, &folder);
    folder.add(
        "2_all",
        "CREATE TABLE new (id SERIAL, name TEXT);
         INSERT INTO new (name) SELECT name FROM users;
         DELETE FROM users WHERE id > 50;
         UPDATE users SET name = 'x';
         ALTER TABLE users ADD COLUMN email TEXT, ALTER COLUMN age TYPE BIGINT;
         CREATE INDEX users_email ON users (email);
         DROP TABLE first;
         CREATE TYPE mood AS ENUM ('glad', 'sad');
         CREATE FUNCTION f() RETURNS INTEGER LANGUAGE sql AS 'SELECT 1';
         SET search_path = pg_catalog;
         CREATE SCHEMA other;",
        "SELECT 1;",
    );
    folder.add(
        "3_on_top",
        "ALTER TABLE users DROP COLUMN email;",
        "SELECT 1;",
    );
    let before = everything(database);
    let report = rehearse(database, &folder);
    assert_eq!(report.on, RehearsedOn::Database);
    assert!(report.is_clean());
    let versions: Vec<_> = report.steps.iter().map(|it| it.version.as_str()).collect();
    assert_eq!(versions, ["2", "3"]);
    assert_eq!(everything(database), before);
    assert_eq!(attempts(database), ["1 apply SUCCESS"]);
    let rows: Vec<_> = statements(&report).iter().map(|it| it.rows).collect();
    assert_eq!(rows[..5], [None, Some(100), Some(50), Some(50), None]);
    // And then it really runs.
    up(database, &folder);
}

fn nothing_is_made_where_nothing_was_run_before(database: &Database) {
    let folder = with_users(database);
    folder.add(
        "1_first",
        "CREATE TABLE first (id INTEGER);",
        "DROP TABLE first;",
    );
    let before = everything(database);
    assert_eq!(rehearse(database, &folder).steps.len(), 1);
    assert_eq!(everything(database), before);
    assert_eq!(database.tables(), ["orders", "users"]);
}

fn what_cannot_be_in_a_transaction_is_left_out_with_what_needs_it(database: &Database) {
    let folder = with_users(database);
    let index = "CREATE INDEX CONCURRENTLY users_age ON users (age);";
    folder.add_statementwise("1_index", index, "DROP INDEX users_age;");
    folder.add(
        "2_cluster",
        "ALTER TABLE users CLUSTER ON users_age;",
        "SELECT 1;",
    );
    folder.add("3_other", "ALTER TABLE orders ADD note TEXT;", "SELECT 1;");
    let report = rehearse(database, &folder);
    let left_out: Vec<_> = report
        .left_out
        .iter()
        .map(|it| (it.version.as_str(), it.why.clone()))
        .collect();
    let needs = LeftOut::Needs {
        what: "users_age".to_owned(),
        of: crate::scene::version("1"),
    };
    assert_eq!(left_out, [("1", LeftOut::NotInTransaction), ("2", needs)]);
    assert_eq!(report.steps.len(), 1);
    assert_eq!(
        database.query_column("SELECT relname FROM pg_class WHERE relname = 'users_age'"),
        [""; 0]
    );
}

fn failed(result: Result<RehearsalReport, RunError>) -> (RunError, RehearsalReport) {
    match result {
        Err(error) => match &error {
            RunError::Rehearsal { report, .. } => {
                let report = (**report).clone();
                (error, report)
            }
            other => panic!("another error: {}", chain(other)),
        },
        Ok(report) => panic!("it did not fail: {report:?}"),
    }
}

fn a_step_that_fails_is_placed_and_undone(database: &Database) {
    let folder = with_users(database);
    folder.add("1_good", "ALTER TABLE users ADD a INTEGER;", "SELECT 1;");
    folder.add(
        "2_bad",
        "INSERT INTO orders VALUES (1, 1);\nINSERT INTO users VALUES (1);",
        "SELECT 1;",
    );
    let before = everything(database);
    let (error, report) = failed(migrator(database, &folder).rehearse(UpOptions::default()));
    assert_eq!(everything(database), before);
    let [failure] = report.failures.as_slice() else {
        panic!("one failure: {report:?}");
    };
    let place = failure.place.as_ref().expect("it is known");
    assert_eq!((place.line, place.column), (2, 1));
    assert_eq!(failure.sqlstate.as_deref(), Some("23505"));
    assert_eq!(failure.state_left, StateLeft::RunRolledBack);
    assert_eq!(report.steps.len(), 1);
    assert_eq!(
        error.to_string(),
        "the rehearsal failed to apply migration `2_bad`; nothing of it is left"
    );
    let hint = error.hint().expect("something helps");
    assert!(hint.contains("`dieselkit up --rehearse`"), "{hint}");
}

fn with_deferred(database: &Database) -> Folder {
    let folder = with_users(database);
    database.execute(
        "ALTER TABLE orders ADD CONSTRAINT orders_user FOREIGN KEY (user_id)
         REFERENCES users (id) DEFERRABLE INITIALLY DEFERRED",
    );
    folder
}

fn what_would_fail_at_the_commit_fails(database: &Database) {
    let folder = with_deferred(database);
    folder.add(
        "1_orphan",
        "INSERT INTO orders VALUES (1, 4711);",
        "SELECT 1;",
    );
    folder.add("2_late", "INSERT INTO users VALUES (4711);", "SELECT 1;");
    let (_, report) = failed(migrator(database, &folder).rehearse(UpOptions::default()));
    assert_eq!(report.failures[0].step.version.as_str(), "1");
    assert!(
        report.failures[0].message.contains("orders_user"),
        "{report:?}"
    );
}

fn what_is_put_off_is_done_before_the_next_step(database: &Database) {
    let folder = with_deferred(database);
    // A table with a check that is put off cannot be altered in the same transaction.
    folder.add("1_rows", "INSERT INTO orders VALUES (1, 1);", "SELECT 1;");
    folder.add("2_alter", "ALTER TABLE orders ADD note TEXT;", "SELECT 1;");
    // And it is put off again.
    folder.add(
        "3_order",
        "INSERT INTO orders VALUES (2, 4711); INSERT INTO users VALUES (4711);",
        "SELECT 1;",
    );
    assert_eq!(rehearse(database, &folder).steps.len(), 3);
}

fn what_is_put_off_of_a_check_is_done_as_well(database: &Database) {
    let folder = with_deferred(database);
    database.execute(
        "CREATE FUNCTION orders_one() RETURNS TRIGGER LANGUAGE plpgsql AS
           'BEGIN INSERT INTO orders VALUES (1, 4711); RETURN NULL; END';
         CREATE TABLE wishes (id INTEGER);
         CREATE CONSTRAINT TRIGGER ordered AFTER INSERT ON wishes DEFERRABLE INITIALLY DEFERRED
           FOR EACH ROW EXECUTE FUNCTION orders_one();",
    );
    folder.add("1_wish", "INSERT INTO wishes VALUES (1);", "SELECT 1;");
    folder.add("2_late", "INSERT INTO users VALUES (4711);", "SELECT 1;");
    let (_, report) = failed(migrator(database, &folder).rehearse(UpOptions::default()));
    assert_eq!(report.failures[0].step.version.as_str(), "1");
}

fn what_is_said_of_all_that_is_put_off_holds_for_a_step(database: &Database) {
    let late = "INSERT INTO orders VALUES (1, 4711); INSERT INTO users VALUES (4711);";
    for says in [
        "SET CONSTRAINTS ALL IMMEDIATE;",
        "DO $$ BEGIN SET CONSTRAINTS ALL IMMEDIATE; END $$;",
    ] {
        let database = &PostgresDatabase::create();
        let folder = with_deferred(database);
        folder.add("1_says", says, "SELECT 1;");
        folder.add("2_late", late, "SELECT 1;");
        assert_eq!(rehearse(database, &folder).steps.len(), 2, "{says}");
    }
    // The scenario's own has nothing to put off.
    assert_eq!(database.tables(), [""; 0]);
}

fn nothing_is_checked_of_what_was_not_written(database: &Database) {
    let folder = with_deferred(database);
    folder.add("1_a", "ALTER TABLE users ADD a INTEGER;", "SELECT 1;");
    // Whoever goes through all constraints keeps others waiting for as long as there are constraints.
    folder.add(
        "2_asks",
        "DO $$ BEGIN ASSERT (
           SELECT seq_scan = 0 FROM pg_stat_xact_sys_tables WHERE relid = 'pg_constraint'::regclass
         ); END $$;",
        "SELECT 1;",
    );
    assert_eq!(rehearse(database, &folder).steps.len(), 2);
}

/// Two of the same name, and of one a session's whole length.
fn with_temporaries(database: &Database) -> Folder {
    let folder = with_users(database);
    let staging = "CREATE TEMP TABLE staging ON COMMIT DROP AS SELECT id FROM users;
        CREATE TEMP VIEW stage AS SELECT * FROM staging;
        INSERT INTO orders (id) SELECT id FROM stage;";
    folder.add("1_a", staging, "SELECT 1;");
    folder.add("2_b", staging, "SELECT 1;");
    let block = "DO $$ BEGIN CREATE TEMP TABLE staging (id INT) ON COMMIT DROP; END $$;";
    folder.add("3_block", block, "SELECT 1;");
    folder.add("4_c", staging, "SELECT 1;");
    folder
}

fn a_temporary_table_is_gone_where_a_commit_drops_it(database: &Database) {
    let folder = with_temporaries(database);
    assert_eq!(rehearse(database, &folder).steps.len(), 4);
    up(database, &folder);
}

fn a_temporary_table_is_empty_where_a_commit_empties_it(database: &Database) {
    let folder = with_users(database);
    folder.add(
        "1_made",
        "CREATE TEMP TABLE staging (id INT PRIMARY KEY) ON COMMIT DELETE ROWS;
         INSERT INTO staging VALUES (1);",
        "SELECT 1;",
    );
    let again = "INSERT INTO staging VALUES (1);";
    folder.add("2_again", again, "SELECT 1;");
    folder.add("3_again", again, "SELECT 1;");
    assert_eq!(rehearse(database, &folder).steps.len(), 3);
    up(database, &folder);
}

fn in_one_transaction_a_temporary_table_is_still_there(database: &Database) {
    let folder = with_temporaries(database);
    let options = || UpOptions::default().in_transactions(TransactionMode::Batch);
    let (_, report) = failed(migrator(database, &folder).rehearse(options()));
    assert_eq!(report.failures[0].step.version.as_str(), "2");
    assert_eq!(report.failures[0].sqlstate.as_deref(), Some("42P07"));
    assert!(migrator(database, &folder).up(&options()).is_err());
}

fn the_rest_is_rehearsed_where_that_is_asked_for(database: &Database) {
    let folder = with_users(database);
    folder.add(
        "1_bad",
        "ALTER TABLE users ADD a INTEGER; SELECT 1 / 0;",
        "SELECT 1;",
    );
    folder.add("2_good", "ALTER TABLE users ADD a INTEGER;", "SELECT 1;");
    let going_on = UpOptions::default().keep_going();
    let (_, report) = failed(migrator(database, &folder).rehearse(going_on));
    assert_eq!(report.failures.len(), 1);
    assert_eq!(report.steps.len(), 1);
    assert_eq!(
        waits(&report),
        [("2", "public.users", Waiting::Everybody, true)]
    );
}

fn others_in_the_way_are_named_and_it_is_tried_again(database: &Database) {
    let folder = with_users(database);
    folder.add("1_a", "ALTER TABLE orders ADD a INTEGER;", "SELECT 1;");
    folder.add("2_b", "ALTER TABLE users ADD b INTEGER;", "SELECT 1;");
    let mut client = database.connect();
    run(
        &mut client,
        "SET application_name = 'shop'; BEGIN; SELECT * FROM users",
    );
    let (told, tries) = channel();
    let limit = Limits::default().with_lock_timeout(Limit::of(Duration::from_millis(500)));
    let mut migrator = migrator(database, &folder)
        .with_limits(limit)
        .with_observer(move |event: &Event| {
            if let Event::StepRetried {
                undone, blocked, ..
            } = event
            {
                // Nobody may listen any more.
                let _ = told.send((*undone, blocked.clone()));
            }
        });
    let leaving = thread::spawn(move || {
        let named = tries.iter().find(|(_, blocked)| !blocked.by.is_empty());
        run(&mut client, "COMMIT");
        named.expect("it is named once")
    });
    let report = shown(migrator.rehearse(UpOptions::default()));
    let (undone, blocked) = leaving.join().expect("it left");
    assert_eq!(undone, 1);
    assert_eq!(blocked.by[0].application.as_deref(), Some("shop"));
    assert_eq!(report.steps.len(), 2);
    assert!(!report.delays.retries.is_empty());
}

fn functions_are_left_out_unless_they_are_asked_for(database: &Database) {
    let _folder = with_users(database);
    let set = || {
        let function = RustMigration::new("1_rust", "1", |db: &mut PgConnection| {
            Ok(db.batch_execute("ALTER TABLE users ADD by_rust INTEGER")?)
        });
        MigrationSet::from_list([function.into()]).expect("it is one")
    };
    let migrator = || Migrator::new(database.connect(), set());
    let report = shown(migrator().rehearse(UpOptions::default()));
    assert_eq!(report.left_out[0].why, LeftOut::Function);
    let called = RehearsalOptions::from(UpOptions::default()).with_functions();
    let report = shown(migrator().rehearse(called));
    assert_eq!((report.steps.len(), report.left_out.len()), (1, 0));
    let columns = "SELECT attname FROM pg_attribute WHERE attname = 'by_rust'";
    assert_eq!(database.query_column(columns), [""; 0]);
}

fn nobody_hears_of_it(database: &Database) {
    let folder = with_users(database);
    database.execute(
        "CREATE FUNCTION tell() RETURNS event_trigger LANGUAGE plpgsql AS $$
         BEGIN INSERT INTO orders VALUES (9, 9); PERFORM pg_notify('changes', 'ddl'); END $$;
         CREATE EVENT TRIGGER tell ON ddl_command_end EXECUTE FUNCTION tell();",
    );
    folder.add(
        "1_a",
        "NOTIFY changes, 'up'; ALTER TABLE users ADD a INTEGER;",
        "SELECT 1;",
    );
    let mut listening = database.connect();
    run(&mut listening, "LISTEN changes");
    assert_eq!(rehearse(database, &folder).steps.len(), 1);
    run(&mut listening, "SELECT 1");
    let heard: Vec<_> = listening.notifications_iter().collect();
    assert!(heard.is_empty(), "{heard:?}");
    assert_eq!(database.query_i64("SELECT count(*) FROM orders"), 0);
}

fn a_request_to_stop_ends_the_statement_under_way(database: &Database) {
    let folder = with_users(database);
    folder.add("1_a", "ALTER TABLE users ADD a INTEGER;", "SELECT 1;");
    folder.add("2_long", "SELECT pg_sleep(100);", "SELECT 1;");
    let before = everything(database);
    let cancellation = Cancellation::default();
    let asked = cancellation.clone();
    let mut migrator = migrator(database, &folder).with_cancellation(cancellation);
    let mut client = database.connect();
    let asking = thread::spawn(move || {
        let sleeping = "SELECT pid FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event = 'PgSleep'";
        while column!(&mut client, sleeping).is_empty() {
            thread::sleep(Duration::from_millis(20));
        }
        asked.cancel();
    });
    let ended = migrator.rehearse(UpOptions::default());
    asking.join().expect("it was asked");
    match ended {
        Err(RunError::RehearsalInterrupted { report }) => assert_eq!(report.steps.len(), 1),
        other => panic!("it went on: {other:?}"),
    }
    assert_eq!(everything(database), before);
}

fn a_database_of_another_environment_is_refused(database: &Database) {
    let folder = with_users(database);
    let in_environment = |name: &str| {
        let environment = dieselkit::Environment::new(name).expect("it is a name");
        migrator(database, &folder).with_environment(environment)
    };
    shown(in_environment("staging").up(&UpOptions::default()));
    folder.add("1_a", "ALTER TABLE users ADD a INTEGER;", "SELECT 1;");
    let refused = in_environment("production").rehearse(UpOptions::default());
    assert!(
        matches!(refused, Err(RunError::EnvironmentMismatch { .. })),
        "{refused:?}"
    );
    assert_eq!(
        shown(in_environment("staging").rehearse(UpOptions::default()))
            .steps
            .len(),
        1
    );
}

fn ways_down_are_rolled_back_as_well(database: &Database) {
    let folder = with_users(database);
    folder.add(
        "1_a",
        "ALTER TABLE users ADD a INTEGER; CREATE TYPE mood AS ENUM ('glad');",
        "ALTER TABLE users DROP a;",
    );
    let before = everything(database);
    let options = RehearsalOptions::from(UpOptions::default()).with_rollback();
    let (_, report) = failed(migrator(database, &folder).rehearse(options));
    assert_eq!(everything(database), before);
    let differing: Vec<_> = report.not_leading_back().collect();
    let [way] = differing.as_slice() else {
        panic!("one of them: {report:?}");
    };
    let WayDownVerdict::Differs { differences } = &way.verdict else {
        panic!("it differs: {way:?}");
    };
    assert_eq!(differences[0].what, "type public.mood");
    assert_eq!(report.failures[0].sqlstate.as_deref(), Some("42710"));
}
