//! A server that ends our session, or goes away, in the middle of each kind of step: the error says what
//! is left, and the next run knows where it is. A way up by itself is with `interrupting`.

use std::thread;

use diesel::RunQueryDsl as _;
use dieselkit::event::Event;
use dieselkit::migration::{State, StateLeft, StepFailure, TransactionMode};
use dieselkit::seed::{CommonSeeds, SeedError, SeedOptions, SeedSet, Seeder};
use dieselkit::{
    Absent, Database, Environment, MigrationSet, Migrator, RustMigration, Target, UpOptions,
};

use crate::scene::{
    Folder, address, done, entry, failing_up, failure, migrator, rollback, shown, tables, up,
};
use crate::support::engine::Engine;
use crate::support::postgres::{Cluster, PostgresDatabase};

on_one_engine![PostgresDatabase:
    in_one_transaction_for_all_nothing_is_left,
    in_a_migration_in_rust_nothing_is_left,
    in_a_way_down_it_stays_applied,
    in_a_way_down_by_statements_it_goes_on_there,
    in_a_seed_nothing_of_it_is_left,
];

type Server = PostgresDatabase<'static>;

/// Ends the very session that runs it, as long as there is a row that says so.
const END: &str = "SELECT pg_terminate_backend(pg_backend_pid()) FROM cut_off;";

/// Has the next session that runs [`END`] ended.
fn arm(server: &Server) {
    server.execute("CREATE TABLE cut_off (it INTEGER); INSERT INTO cut_off VALUES (1)");
}

/// Lets it live.
fn disarm(server: &Server) {
    server.execute("TRUNCATE cut_off");
}

/// Returns the tables of the migrations.
fn made(server: &Server) -> Vec<String> {
    let mut tables = tables(server);
    tables.retain(|name| name != "cut_off");
    tables
}

#[track_caller]
fn is_told(failed: &StepFailure, version: &str, left: StateLeft) {
    assert_eq!(failed.step.version.as_str(), version);
    assert_eq!(failed.state_left, left);
    assert!(failed.message.contains("terminat"), "{failed}");
    assert!(failed.hint().contains("dieselkit"), "{}", failed.hint());
}

fn in_one_transaction_for_all_nothing_is_left(server: &Server) {
    let folder = Folder::new();
    arm(server);
    folder.add_table(1);
    folder.add("2_t", &format!("CREATE TABLE t2 ();\n{END}"), "");
    let batch = UpOptions::default().in_transactions(TransactionMode::Batch);
    let (failed, report) = failing_up(server, &folder, &batch);
    assert_eq!(failed.step.version.as_str(), "2");
    assert!(failed.message.contains("terminat"), "{failed}");
    assert_eq!(done(&report), [""; 0]);
    assert_eq!(made(server), [""; 0]);
    disarm(server);
    let ran = migrator(server, &folder).up(&batch);
    assert_eq!(done(&shown(ran)), ["1", "2"]);
}

fn in_a_migration_in_rust_nothing_is_left(server: &Server) {
    let folder = Folder::new();
    arm(server);
    let in_rust = || {
        let rust = RustMigration::new("1_rust", "1", |db: &mut diesel::PgConnection| {
            diesel::sql_query("CREATE TABLE t1 ()").execute(db)?;
            diesel::sql_query(END.trim_end_matches(';')).execute(db)?;
            diesel::sql_query("CREATE TABLE t2 ()").execute(db)?;
            Ok(())
        });
        let set = MigrationSet::from_folder(folder.path()).expect("it is readable");
        let database = Database::connect(&address(server), Absent::Refuse);
        let set = set.with([rust]).expect("each version once");
        Migrator::new(database.expect("it is there"), set)
    };
    let (failed, report) = failure(in_rust().up(&UpOptions::default()));
    assert_eq!(failed.step.version.as_str(), "1");
    assert!(failed.message.contains("terminat"), "{failed}");
    assert_eq!(done(&report), [""; 0]);
    assert_eq!(made(server), [""; 0]);
    disarm(server);
    assert_eq!(done(&shown(in_rust().up(&UpOptions::default()))), ["1"]);
    assert_eq!(made(server), ["t1", "t2"]);
}

fn in_a_way_down_it_stays_applied(server: &Server) {
    let folder = Folder::new();
    arm(server);
    folder.add_table(1);
    folder.add(
        "2_t",
        "CREATE TABLE t2 ();",
        &format!("DROP TABLE t2;\n{END}"),
    );
    up(server, &folder);
    let (failed, report) = failure(migrator(server, &folder).rollback(Target::All));
    is_told(&failed, "2", StateLeft::Unknown);
    assert_eq!(done(&report), [""; 0]);
    assert_eq!(made(server), ["t1", "t2"]);
    assert_eq!(entry(server, &folder, "2").state, State::Applied);
    disarm(server);
    assert_eq!(done(&rollback(server, &folder, Target::All)), ["2", "1"]);
}

fn in_a_way_down_by_statements_it_goes_on_there(server: &Server) {
    let folder = Folder::new();
    arm(server);
    let down = format!("DROP TABLE t1;\n{END}\nDROP TABLE t2;");
    folder.add_statementwise("1_t", "CREATE TABLE t1 ();\nCREATE TABLE t2 ();", &down);
    up(server, &folder);
    let (failed, _) = failure(migrator(server, &folder).rollback(Target::All));
    is_told(&failed, "1", StateLeft::Unknown);
    assert_eq!(made(server), ["t2"]);
    disarm(server);
    assert_eq!(done(&rollback(server, &folder, Target::All)), ["1"]);
    assert_eq!(made(server), [""; 0]);
}

fn in_a_seed_nothing_of_it_is_left(server: &Server) {
    let seeds = Folder::new();
    arm(server);
    server.execute("CREATE TABLE words (word TEXT PRIMARY KEY)");
    seeds.write("development/010_words.csv", "word\na\n");
    seeds.write(
        "development/020_more.sql",
        &format!("INSERT INTO words VALUES ('b');\n{END}"),
    );
    let environment = Environment::new("development").expect("a name");
    let seed = || {
        let set = SeedSet::from_folder(seeds.path(), &environment, CommonSeeds::NeedCompany);
        let database = Database::connect(&address(server), Absent::Refuse);
        let mut seeder = Seeder::new(
            database.expect("it is there"),
            set.expect("they are readable"),
        );
        seeder.seed(&SeedOptions::default())
    };
    match seed().expect_err("it was cut off") {
        SeedError::Failed { report, source } => {
            assert_eq!(report.done.len(), 1);
            assert!(source.message.contains("terminat"), "{source}");
        }
        other => panic!("another error: {other}"),
    }
    assert_eq!(server.query_column("SELECT word FROM words"), ["a"]);
    disarm(server);
    assert_eq!(seed().expect("nothing is in its way").done.len(), 1);
    assert_eq!(server.query_i64("SELECT count(*) FROM words"), 2);
}

/// The server stops at once, as in a crash, while a statement runs.
#[test]
fn a_server_that_stops_is_told_of_heavy() {
    let cluster = Cluster::start();
    let server = cluster.create_database();
    let folder = Folder::new();
    folder.add_table(1);
    folder.add("2_long", "SELECT pg_sleep(120);", "");
    let (begun, is_begun) = std::sync::mpsc::channel();
    let mut runner = migrator(&server, &folder).with_observer(move |event: &Event| {
        if matches!(event, Event::StepStarted { step, .. } if step.version.as_str() == "2") {
            begun.send(()).expect("somebody waits for it");
        }
    });
    let ran = thread::scope(|scope| {
        let run = scope.spawn(move || runner.up(&UpOptions::default()));
        is_begun.recv().expect("it begins");
        cluster.stop();
        run.join().expect("no panic")
    });
    let (failed, report) = failure(ran);
    assert_eq!(done(&report), ["1"]);
    assert_eq!(failed.step.version.as_str(), "2");
    assert!(failed.hint().contains("dieselkit"), "{}", failed.hint());
}
