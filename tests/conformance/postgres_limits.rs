//! How long the statements of a step may wait for locks, and run: who says it, where it holds, and
//! which locks a step is recorded to have held.

use std::time::Duration;

use dieselkit::migration::{Limit, Limits, PrepareError, RunError};
use dieselkit::{Migration, MigrationSet, Migrator, RustMigration, Target, UpOptions};

use crate::scene::{Folder, migrator, shown, up};
use crate::support::engine::Engine;
use crate::support::postgres::PostgresDatabase;

on_one_engine![PostgresDatabase:
    a_step_waits_three_seconds_where_nobody_says_otherwise,
    the_file_says_more_than_the_configuration_and_the_caller_more_than_the_file,
    a_step_sets_its_own_limits_as_it_likes,
    ways_down_have_limits_too,
    functions_have_limits_too,
    statements_without_a_transaction_have_the_limits_that_their_file_asks_for,
    a_directive_that_cannot_be_read_stops_everything_before_it_begins,
    an_error_stands_where_it_stood_without_limits,
    a_statement_that_runs_too_long_fails,
    the_strongest_lock_of_each_step_is_recorded,
    what_a_way_down_holds_takes_the_place_of_what_the_way_up_held,
];

type Database = PostgresDatabase<'static>;

/// Keeps the limits that it runs within.
const KEEP: &str = "INSERT INTO kept SELECT current_setting('lock_timeout') || ' ' || current_setting('statement_timeout');";

fn keeping(database: &Database) {
    database.execute("CREATE TABLE kept (limits TEXT)");
}

fn kept(database: &Database) -> Vec<String> {
    let kept = database.query_column("SELECT limits FROM kept");
    database.execute("DELETE FROM kept");
    kept
}

fn seconds(seconds: u64) -> Limit {
    Limit::of(Duration::from_secs(seconds))
}

/// Applies one more migration of this text, with the limits that a caller sets.
fn limits_of(
    database: &Database,
    folder: &Folder,
    text: &str,
    set: impl FnOnce(Migrator) -> Migrator,
) -> Vec<String> {
    let number = std::fs::read_dir(folder.path())
        .expect("it is there")
        .count();
    folder.add(
        &format!("{:03}_more", number + 1),
        &format!("{text}\n{KEEP}"),
        "",
    );
    shown(set(migrator(database, folder)).up(&UpOptions::default()));
    kept(database)
}

fn a_step_waits_three_seconds_where_nobody_says_otherwise(database: &Database) {
    keeping(database);
    let folder = Folder::new();
    assert_eq!(limits_of(database, &folder, "", |usual| usual), ["3s 0"]);
}

fn the_file_says_more_than_the_configuration_and_the_caller_more_than_the_file(
    database: &Database,
) {
    keeping(database);
    let folder = Folder::new();
    let directive = "-- dieselkit: lock_timeout = 10s, statement_timeout = 5m";
    let configured = Limits::default().with_lock_timeout(seconds(5));
    let insisted = Limits::of(Some(Limit::OFF), Some(seconds(9)));
    let limits = |text, configured, insisted| {
        limits_of(database, &folder, text, |migrator| {
            migrator
                .with_limits(configured)
                .with_limits_for_all(insisted)
        })
    };
    let nothing = Limits::default();
    assert_eq!(limits("", configured, nothing), ["5s 0"]);
    assert_eq!(limits(directive, configured, nothing), ["10s 5min"]);
    assert_eq!(limits(directive, configured, insisted), ["0 9s"]);
    let off = "-- dieselkit: lock_timeout = off";
    assert_eq!(limits(off, configured, nothing), ["0 0"]);
}

fn a_step_sets_its_own_limits_as_it_likes(database: &Database) {
    keeping(database);
    let folder = Folder::new();
    for own in ["SET lock_timeout = '7s';", "SET LOCAL lock_timeout = '7s';"] {
        assert_eq!(limits_of(database, &folder, own, |usual| usual), ["7s 0"]);
    }
    // What one sets is not the next one's.
    assert_eq!(limits_of(database, &folder, "", |usual| usual), ["3s 0"]);
}

fn ways_down_have_limits_too(database: &Database) {
    keeping(database);
    let folder = Folder::new();
    folder.add(
        "1_a",
        "SELECT 1;",
        &format!("-- dieselkit: lock_timeout = 2s\n{KEEP}"),
    );
    folder.add("2_b", "SELECT 1;", KEEP);
    up(database, &folder);
    shown(migrator(database, &folder).rollback(Target::All));
    assert_eq!(kept(database), ["3s 0", "2s 0"]);
}

fn functions_have_limits_too(database: &Database) {
    use diesel::connection::SimpleConnection;
    keeping(database);
    let function = RustMigration::new("1_rust", "1", |db: &mut diesel::PgConnection| {
        Ok(db.batch_execute(KEEP)?)
    });
    let set = MigrationSet::from_list(Vec::<Migration>::new()).and_then(|set| set.with([function]));
    let connected =
        dieselkit::Database::connect(&crate::scene::address(database), dieselkit::Absent::Refuse);
    let mut migrator = Migrator::new(connected.expect("it is there"), set.expect("it is one"));
    shown(migrator.up(&UpOptions::default()));
    assert_eq!(kept(database), ["3s 0"]);
}

fn statements_without_a_transaction_have_the_limits_that_their_file_asks_for(database: &Database) {
    keeping(database);
    database.execute(&format!(
        "ALTER DATABASE \"{}\" SET lock_timeout = '8s'",
        database.name()
    ));
    let folder = Folder::new();
    folder.add_statementwise("1_a", KEEP, "");
    let directive = "-- dieselkit: lock_timeout = 4s";
    folder.add_statementwise(
        "2_b",
        &format!("{directive}\n{KEEP}\nSELECT 1;\n{KEEP}"),
        "",
    );
    folder.add_statementwise(
        "3_c",
        &format!("{KEEP}\nSET lock_timeout = '1s';\n{KEEP}"),
        "",
    );
    folder.add_statementwise("4_d", KEEP, "");
    up(database, &folder);
    assert_eq!(
        kept(database),
        ["3s 0", "4s 0", "4s 0", "8s 0", "1s 0", "3s 0"]
    );
}

fn a_directive_that_cannot_be_read_stops_everything_before_it_begins(database: &Database) {
    let folder = Folder::new();
    folder.add("1_a", "CREATE TABLE a (id INTEGER);", "");
    folder.add("2_b", "SELECT 1;\n-- dieselkit: lock_timout = 1s\n", "");
    let refused = migrator(database, &folder).up(&UpOptions::default());
    let Err(RunError::Prepare { source, .. }) = refused else {
        panic!("it was run: {refused:?}");
    };
    let PrepareError::Directive { place, .. } = &source else {
        panic!("another error: {source}");
    };
    assert!(place.file.ends_with("up.sql"), "{place}");
    assert_eq!(place.line, 2);
    assert!(!database.has_table("a"));
    let report = shown(crate::scene::reader(database, &folder).check());
    let found = report
        .findings
        .iter()
        .any(|finding| finding.message.contains("lock_timout"));
    assert!(found, "{report:?}");
}

fn an_error_stands_where_it_stood_without_limits(database: &Database) {
    let folder = Folder::new();
    folder.add("1_a", "SELECT 1;\n\nSELECT é FROM nowhere;\nSELECT 2;", "");
    let failing = |limits| {
        let mut migrator = migrator(database, &folder).with_limits_for_all(limits);
        let (failure, _) = crate::scene::failure(migrator.up(&UpOptions::default()));
        failure.place.map(|place| (place.line, place.column))
    };
    assert_eq!(failing(Limits::default()), Some((3, 15)));
    assert_eq!(
        failing(Limits::of(Some(Limit::OFF), Some(seconds(60)))),
        Some((3, 15))
    );
}

fn a_statement_that_runs_too_long_fails(database: &Database) {
    let folder = Folder::new();
    database.execute("CREATE SEQUENCE runs");
    let directive = "-- dieselkit: statement_timeout = 200ms";
    folder.add(
        "1_a",
        &format!("{directive}\nSELECT nextval('runs');\nSELECT pg_sleep(60);"),
        "",
    );
    let ran = migrator(database, &folder).up(&UpOptions::default());
    let (failure, report) = crate::scene::failure(ran);
    assert!(failure.message.contains("statement timeout"), "{failure}");
    assert_eq!(failure.tries, 1);
    assert_eq!(report.delays.retries, []);
    // It is not run once more to learn which statement it was, and would hold its locks again.
    assert_eq!(database.query_i64("SELECT last_value FROM runs"), 1);
    assert!(
        failure.to_string().contains("statement timeout"),
        "{failure}"
    );
}

const LOCKS: &str =
    "SELECT version || ' ' || coalesce(lock_mode, '-') || ' ' || coalesce(lock_on, '-')
  FROM __dieselkit_history ORDER BY id";

fn the_strongest_lock_of_each_step_is_recorded(database: &Database) {
    database.execute("CREATE TABLE a (id INTEGER); CREATE TABLE \"B b\" (id INTEGER); CREATE TABLE gone (id INTEGER)");
    let folder = Folder::new();
    for (name, sql) in [
        (
            "1_made",
            "CREATE TABLE c (id INTEGER PRIMARY KEY); ALTER TABLE c ADD d INTEGER; INSERT INTO c VALUES (1);",
        ),
        (
            "2_altered",
            "SELECT * FROM a; ALTER TABLE \"B b\" ADD c INTEGER; SELECT pg_sleep(0.3);",
        ),
        ("3_indexed", "CREATE INDEX ON a (id);"),
        ("4_written", "INSERT INTO a VALUES (1);"),
        ("5_read", "SELECT * FROM a;"),
        ("6_dropped", "DROP TABLE gone;"),
        ("7_rewritten", "ALTER TABLE a ALTER id TYPE TEXT;"),
    ] {
        folder.add(name, sql, "");
    }
    folder.add_statementwise("8_alone", "ALTER TABLE a ADD z INTEGER;", "");
    up(database, &folder);
    let locks = [
        "1 - -",
        "2 ACCESS EXCLUSIVE public.\"B b\"",
        "3 SHARE public.a",
        "4 ROW EXCLUSIVE public.a",
        "5 ACCESS SHARE public.a",
        "6 ACCESS EXCLUSIVE -",
        "7 ACCESS EXCLUSIVE public.a",
        "8 ACCESS EXCLUSIVE public.a",
    ];
    assert_eq!(database.query_column(LOCKS), locks);
    let held = shown(migrator(database, &folder).history());
    let held = held.iter().find(|attempt| attempt.version.as_str() == "2");
    let lock = held.and_then(|attempt| attempt.strongest_lock.clone());
    let held_ms = lock.expect("it is recorded").held_ms;
    assert!((300..300_000).contains(&held_ms), "{held_ms}");
}

fn what_a_way_down_holds_takes_the_place_of_what_the_way_up_held(database: &Database) {
    database.execute("CREATE TABLE a (id INTEGER)");
    let folder = Folder::new();
    folder.add(
        "1_a",
        "CREATE INDEX by_id ON a (id);",
        "DROP INDEX by_id; ALTER TABLE a ADD z INTEGER;",
    );
    up(database, &folder);
    assert_eq!(database.query_column(LOCKS), ["1 SHARE public.a"]);
    shown(migrator(database, &folder).rollback(Target::All));
    assert_eq!(
        database.query_column(LOCKS),
        ["1 ACCESS EXCLUSIVE public.a"]
    );
    // In one transaction for all, what a step holds is what all held until then.
    folder.add("2_b", "SELECT 1;", "");
    let batch = UpOptions::default().in_transactions(dieselkit::migration::TransactionMode::Batch);
    shown(migrator(database, &folder).up(&batch));
    let last: Vec<String> = database.query_column(LOCKS).split_off(1);
    assert_eq!(last, ["1 SHARE public.a", "2 SHARE public.a"]);
}
