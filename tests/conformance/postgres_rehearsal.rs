//! What a rehearsal in the database itself tells, and that nothing of it stays.

use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use diesel::PgConnection;
use diesel::connection::SimpleConnection;
use dieselkit::event::Event;
use dieselkit::migration::{
    LeftOut, Limit, Limits, RehearsalOptions, RehearsalReport, RehearsedOn, RehearsedStatement,
    RunError, StateLeft, TableLock, TransactionMode, Waiting, WayDownVerdict,
};
use dieselkit::{MigrationSet, Migrator, RustMigration, UpOptions};

use crate::scene::{Folder, attempts, chain, migrator, shown, up};
use crate::support::engine::{Engine, column};
use crate::support::postgres::PostgresDatabase;

on_one_engine![PostgresDatabase:
    nothing_is_changed,
    nothing_is_made_where_nothing_was_run_before,
    the_locks_are_those_that_a_second_session_sees,
    what_is_rewritten_and_built_is_told,
    who_would_have_waited_is_told,
    a_lock_that_an_earlier_step_has_is_told_by_the_words,
    in_one_transaction_everything_is_held_to_the_end,
    what_cannot_be_in_a_transaction_is_left_out_with_what_needs_it,
    a_step_that_fails_is_placed_and_undone,
    what_would_fail_at_the_commit_fails,
    what_is_put_off_is_done_before_the_next_step,
    the_rest_is_rehearsed_where_that_is_asked_for,
    others_in_the_way_are_named_and_it_is_tried_again,
    functions_are_left_out_unless_they_are_asked_for,
    nobody_hears_of_it,
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

fn locks(statement: &RehearsedStatement) -> Vec<String> {
    let locks = statement.locks.iter();
    locks.map(|it| format!("{} {}", it.lock, it.on)).collect()
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

/// Keeps whoever calls `gate` until it is opened, and looks meanwhile.
struct Gate(PgConnection);

impl Gate {
    fn shut(database: &Database) -> Self {
        database.execute(
            "CREATE FUNCTION gate(INTEGER) RETURNS INTEGER IMMUTABLE LANGUAGE plpgsql AS $$
             BEGIN PERFORM pg_advisory_xact_lock_shared(4711); RETURN $1; END $$",
        );
        let mut connection = database.connect();
        run(&mut connection, "SELECT pg_advisory_lock(4711)");
        Self(connection)
    }

    /// Waits until somebody waits, lets it through, and returns what it had locked: tables and indexes
    /// that others see.
    fn look_and_open(&mut self) -> Vec<String> {
        let waiting =
            "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711 AND NOT granted";
        let pid = loop {
            match column!(&mut self.0, waiting).first() {
                Some(pid) => break pid.clone(),
                None => thread::sleep(Duration::from_millis(20)),
            }
        };
        let seen = column!(
            &mut self.0,
            format!(
                "SELECT l.mode || ' public.' || c.relname FROM pg_locks AS l
                 JOIN pg_class AS c ON c.oid = l.relation
                 WHERE l.pid = {pid} AND l.granted AND c.relnamespace = 'public'::regnamespace
                   AND c.relname NOT LIKE '\\_\\_diesel%' ORDER BY 1"
            )
        );
        run(&mut self.0, "SELECT pg_advisory_unlock(4711)");
        seen
    }
}

fn run(connection: &mut PgConnection, sql: &str) {
    connection
        .batch_execute(sql)
        .unwrap_or_else(|error| panic!("{error}, in: {sql}"));
}

/// Returns a lock as `pg_locks` calls it.
fn as_the_server_says(lock: TableLock) -> String {
    let words = lock.name().split(' ').map(|word| {
        let (first, rest) = word.split_at(1);
        format!("{first}{}", rest.to_lowercase())
    });
    words.collect::<String>() + "Lock"
}

fn the_locks_are_those_that_a_second_session_sees(database: &Database) {
    for during in [
        "UPDATE users SET age = gate(age) WHERE id = 1;",
        "CREATE INDEX users_gate ON users (gate(age));",
        "ALTER TABLE users ALTER COLUMN age TYPE BIGINT; SELECT gate(1);",
        "INSERT INTO orders SELECT id, gate(age) FROM users LIMIT 1;",
        "ALTER TABLE orders ADD FOREIGN KEY (user_id) REFERENCES users (id); SELECT gate(1);",
        "DROP INDEX users_name; SELECT gate(1);",
        "LOCK TABLE users IN EXCLUSIVE MODE; SELECT count(*) FROM orders; SELECT gate(1);",
        "CREATE TABLE new AS SELECT gate(1) AS id; ALTER TABLE users ADD made INTEGER; SELECT gate(1);",
    ] {
        let database = &PostgresDatabase::create();
        let folder = with_users(database);
        let text = format!("-- dieselkit: lock_timeout = off\n{during}");
        folder.add("1_gate", &text, "SELECT 1;");
        let mut gate = Gate::shut(database);
        let seen = thread::scope(|scope| {
            let rehearsing = scope.spawn(|| rehearse(database, &folder));
            let seen = gate.look_and_open();
            (seen, rehearsing.join().expect("it goes well"))
        });
        let (mut seen, report) = seen;
        let told = statements(&report);
        // What the gate's statement has, and those before it; the one of `CREATE TABLE AS` comes first.
        let until = told
            .iter()
            .position(|it| it.statement.starts_with("CREATE TABLE"));
        let told = until.map_or(&told[..], |first| &told[..=first]);
        let mut told: Vec<String> = told
            .iter()
            .flat_map(|statement| &statement.locks)
            .map(|it| format!("{} {}", as_the_server_says(it.lock), it.on))
            .collect();
        told.sort();
        seen.sort();
        assert_eq!(told, seen, "{during}");
    }
    // The scenario's own is not needed.
    database.execute("SELECT 1");
}

fn what_is_rewritten_and_built_is_told(database: &Database) {
    let folder = with_users(database);
    folder.add(
        "1_change",
        "ALTER TABLE users ALTER COLUMN age TYPE BIGINT;
         ALTER TABLE users ALTER COLUMN name TYPE VARCHAR(20);
         ALTER TABLE users ADD COLUMN a INTEGER DEFAULT 1;
         ALTER TABLE users ADD COLUMN b TIMESTAMPTZ DEFAULT clock_timestamp();
         CREATE UNIQUE INDEX users_age ON users (age);
         REINDEX INDEX users_name;
         TRUNCATE orders;
         CREATE TABLE new (id INTEGER PRIMARY KEY);
         ALTER TABLE new ALTER COLUMN id TYPE BIGINT;",
        "SELECT 1;",
    );
    let report = rehearse(database, &folder);
    let told: Vec<(Vec<&str>, Vec<&str>)> = statements(&report)
        .iter()
        .map(|it| {
            let built = it.indexes_built.iter().map(|built| built.index.as_str());
            (
                it.rewritten.iter().map(String::as_str).collect(),
                built.collect(),
            )
        })
        .collect();
    let nothing = (vec![], vec![]);
    assert_eq!(told[0].0, ["public.users"]);
    assert_eq!(told[1], nothing);
    assert_eq!(told[2], nothing);
    assert_eq!(told[3].0, ["public.users"]);
    assert_eq!(told[4], (vec![], vec!["public.users_age"]));
    assert_eq!(told[5], (vec![], vec!["public.users_name"]));
    assert_eq!(told[6..], [nothing.clone(), nothing.clone(), nothing]);
    assert_eq!(
        statements(&report)[4].indexes_built[0].table,
        "public.users"
    );
}

fn who_would_have_waited_is_told(database: &Database) {
    let folder = with_users(database);
    folder.add(
        "1_index",
        "SELECT pg_sleep(0.2); CREATE INDEX users_age ON users (age); SELECT pg_sleep(0.3);",
        "SELECT 1;",
    );
    folder.add(
        "2_rows",
        "UPDATE orders SET id = 1; SELECT * FROM users;",
        "SELECT 1;",
    );
    folder.add(
        "3_column",
        "ALTER TABLE orders ADD name TEXT; SELECT pg_sleep(0.3);",
        "SELECT 1;",
    );
    let report = rehearse(database, &folder);
    assert_eq!(
        waits(&report),
        [
            ("1", "public.users", Waiting::Writers, true),
            ("3", "public.orders", Waiting::Everybody, true),
        ]
    );
    let [index, column] = report.holds.as_slice() else {
        panic!("two of them");
    };
    assert_eq!(index.lock, Some(TableLock::Share));
    let place = index.place.as_ref().expect("it stands somewhere");
    assert_eq!((place.line, place.column), (1, 23));
    // What came before it does not count, nor do the other steps.
    assert!(index.held >= Duration::from_millis(300), "{index:?}");
    assert!(index.held + Duration::from_millis(200) <= report.steps[0].execution_time);
    assert!(column.held >= Duration::from_millis(300), "{column:?}");
    assert!(column.held <= report.steps[2].execution_time);
    let read = statements(&report)[4];
    assert_eq!(read.rows, None);
    assert!(
        locks(read).contains(&"ACCESS SHARE public.users".to_owned()),
        "{read:?}"
    );
}

fn a_lock_that_an_earlier_step_has_is_told_by_the_words(database: &Database) {
    let folder = with_users(database);
    folder.add("1_a", "ALTER TABLE users ADD a INTEGER;", "SELECT 1;");
    folder.add(
        "2_b",
        "CREATE INDEX users_a ON users (a); SELECT pg_sleep(0.2);",
        "SELECT 1;",
    );
    folder.add("3_c", "INSERT INTO users VALUES (1000);", "SELECT 1;");
    let report = rehearse(database, &folder);
    assert_eq!(
        waits(&report),
        [
            ("1", "public.users", Waiting::Everybody, true),
            ("2", "public.users", Waiting::Writers, true),
        ]
    );
    // An index takes a lock that nobody had yet; a second column takes the same once more.
    let folder = Folder::new();
    folder.add("1_a", "ALTER TABLE users ADD a INTEGER;", "SELECT 1;");
    folder.add("2_b", "ALTER TABLE users ADD b INTEGER;", "SELECT 1;");
    let report = rehearse(database, &folder);
    assert_eq!(
        waits(&report),
        [
            ("1", "public.users", Waiting::Everybody, true),
            ("2", "public.users", Waiting::Everybody, false),
        ]
    );
}

fn in_one_transaction_everything_is_held_to_the_end(database: &Database) {
    let folder = with_users(database);
    folder.add("1_a", "ALTER TABLE users ADD a INTEGER;", "SELECT 1;");
    folder.add("2_b", "SELECT pg_sleep(0.3);", "SELECT 1;");
    let held = |mode| {
        let options = UpOptions::default().in_transactions(mode);
        rehearse_with(database, &folder, options).holds[0].held
    };
    assert!(held(TransactionMode::Batch) >= Duration::from_millis(300));
    let report = rehearse(database, &folder);
    assert!(report.holds[0].held <= report.steps[0].execution_time);
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
