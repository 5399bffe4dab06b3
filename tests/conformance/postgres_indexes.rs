//! Indexes that PostgreSQL builds while others write: each is there whole in the end, and what a failed
//! one leaves is named, never taken for made, and dropped by the next attempt.

mod cut_off;
mod names;
mod rebuilt;

use std::process::Child;
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use dieselkit::event::Needless;
use dieselkit::migration::{RunReport, StateLeft};
use dieselkit::{Target, UpOptions};

use crate::killed::start_child;
use crate::scene::{Folder, attempts, done, entry, failing_up, migrator, shown, up};
use crate::support::engine::Engine;
use crate::support::postgres::PostgresDatabase;

on_one_engine![PostgresDatabase:
    what_a_failed_build_leaves_is_named,
    what_a_failed_build_leaves_is_dropped_by_the_next_attempt,
    an_invalid_index_that_somebody_else_builds_is_waited_for,
    an_index_without_a_name_gets_its_own_in_the_end,
    what_others_have_left_of_the_same_is_not_dropped,
    a_killed_build_without_a_name_is_done_again_heavy,
    what_is_left_in_another_schema_is_found_too,
    nothing_else_is_dropped,
    an_index_that_waits_for_its_parts_is_no_leftover,
    a_reindex_that_failed_is_done_again,
    a_build_whose_session_is_ended_is_done_again,
    a_build_that_is_killed_is_done_again_heavy,
    five_runners_build_it_once_heavy,
    what_runs_outside_of_transactions_runs,
    a_build_in_a_transaction_of_the_file_is_refused_and_takes_it_back,
    a_detach_that_was_cut_off_is_finished,
    what_a_block_has_committed_by_itself_stays,
    an_enum_gets_a_value_in_a_transaction,
    nobody_has_to_be_spared_on_an_empty_table,
];

type Database = PostgresDatabase<'static>;

const BUILD: &str = "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS \"By Id\" ON a (id);";

fn with_duplicates(database: &Database, up_sql: &str) -> Folder {
    database.execute("CREATE TABLE a (id INTEGER); INSERT INTO a VALUES (1), (1)");
    let folder = Folder::new();
    folder.add_statementwise("1_index", up_sql, "DROP INDEX \"By Id\";");
    folder
}

fn is_valid(database: &Database) -> Vec<String> {
    database.query_column(
        "SELECT indisvalid::text FROM pg_index WHERE indexrelid = '\"By Id\"'::regclass",
    )
}

fn a_build_in_a_transaction_of_the_file_is_refused_and_takes_it_back(database: &Database) {
    database.execute("CREATE TABLE a (id INTEGER)");
    let folder = Folder::new();
    folder.add_statementwise(
        "1_index",
        "BEGIN;\nALTER TABLE a ADD COLUMN b INTEGER;\nCREATE INDEX CONCURRENTLY by_b ON a (b);\nCOMMIT;",
        "",
    );
    failing_up(database, &folder, &UpOptions::default());
    let made = "SELECT count(*) FROM pg_attribute WHERE attrelid = 'a'::regclass AND attname = 'b'";
    assert_eq!(database.query_i64(made), 0);
    assert_eq!(database.applied(), [""; 0]);
}

fn what_a_failed_build_leaves_is_named(database: &Database) {
    let folder = with_duplicates(database, BUILD);
    let (failure, _) = failing_up(database, &folder, &UpOptions::default());
    assert_eq!(failure.state_left, StateLeft::StepRolledBack);
    assert_eq!(failure.invalid_indexes, ["public.\"By Id\""]);
    let hint = failure.hint();
    assert!(
        hint.contains("`DROP INDEX CONCURRENTLY public.\"By Id\";`"),
        "{hint}"
    );
    let kept = entry(database, &folder, "1").error.expect("it is kept");
    assert!(kept.contains("invalid indexes: public.\"By Id\""), "{kept}");
}

fn dropped(report: &RunReport) -> Vec<&str> {
    let dropped = report.builds.leftovers_dropped.iter();
    dropped.map(|leftover| leftover.index.as_str()).collect()
}

/// Returns every index of the table `a`, by name, with whether it is valid.
fn indexes_of_a(database: &Database) -> Vec<String> {
    database.query_column(
        "SELECT c.relname || ' ' || i.indisvalid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
         WHERE i.indrelid = 'a'::regclass ORDER BY 1",
    )
}

fn what_a_failed_build_leaves_is_dropped_by_the_next_attempt(database: &Database) {
    let folder = with_duplicates(database, &format!("SELECT 1;\n{BUILD}\nSELECT 2;"));
    failing_up(database, &folder, &UpOptions::default());
    // Over and over, as long as the rows are as they are.
    let (failure, report) = failing_up(database, &folder, &UpOptions::default());
    assert_eq!(failure.state_left, StateLeft::HalfWay { done: 1, total: 3 });
    assert_eq!(failure.invalid_indexes, ["public.\"By Id\""]);
    assert_eq!(failure.place.clone().map(|place| place.line), Some(2));
    assert_eq!(
        failure.detail.as_deref(),
        Some("Key (id)=(1) is duplicated.")
    );
    assert_eq!(dropped(&report), ["public.\"By Id\""]);
    assert_eq!(database.applied(), [""; 0]);
    assert_eq!(is_valid(database), ["false"]);
    database.execute("DELETE FROM a WHERE ctid = '(0,2)'");
    let report = up(database, &folder);
    assert_eq!(dropped(&report), ["public.\"By Id\""]);
    assert_eq!(done(&report), ["1"]);
    assert_eq!(indexes_of_a(database), ["By Id true"]);
}

fn an_invalid_index_that_somebody_else_builds_is_waited_for(database: &Database) {
    database.execute("CREATE TABLE a (id INTEGER); INSERT INTO a VALUES (1)");
    let folder = Folder::new();
    folder.add_statementwise("1_index", BUILD, "");
    // Somebody builds it, and waits for somebody who writes.
    let mut writing = database.connect();
    let begun = "BEGIN; INSERT INTO a VALUES (2)";
    writing.batch_execute(begun).expect("it writes");
    let mut building = database.connect();
    let builder = thread::spawn(move || building.batch_execute(BUILD));
    wait_until("the build waits", || !is_valid_if_any(database).is_empty());
    let (run, is_run) = channel();
    let runner = thread::spawn({
        let mut migrator = migrator(database, &folder);
        move || {
            let ran = migrator.up(&UpOptions::default());
            run.send(()).expect("somebody waits for it");
            ran
        }
    });
    // It neither drops what is being built, nor takes it for made.
    let early = is_run.recv_timeout(Duration::from_secs(2));
    assert!(early.is_err(), "it did not wait");
    assert_eq!(is_valid(database), ["false"]);
    writing.batch_execute("COMMIT").expect("it wrote");
    builder.join().expect("it built").expect("it is built");
    let report = shown(runner.join().expect("it ran"));
    assert_eq!((dropped(&report), done(&report)), (vec![], vec!["1"]));
    assert_eq!(indexes_of_a(database), ["By Id true"]);
}

fn is_valid_if_any(database: &Database) -> Vec<String> {
    database.query_column(
        "SELECT indisvalid::text FROM pg_index WHERE indexrelid = to_regclass('\"By Id\"')",
    )
}

#[track_caller]
fn wait_until(what: &str, mut reached: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !reached() {
        assert!(
            begun.elapsed() < Duration::from_mins(1),
            "it never came to: {what}"
        );
        thread::sleep(Duration::from_millis(20));
    }
}

const NAMELESS: &str = "CREATE UNIQUE INDEX CONCURRENTLY ON a (id);";

fn an_index_without_a_name_gets_its_own_in_the_end(database: &Database) {
    let folder = with_duplicates(database, &format!("SELECT 1;\n{NAMELESS}"));
    for earlier in [vec![], vec!["public.a_id_idx"]] {
        let (failure, report) = failing_up(database, &folder, &UpOptions::default());
        assert_eq!(failure.invalid_indexes, ["public.a_id_idx"]);
        assert_eq!(dropped(&report), earlier);
    }
    database.execute("DELETE FROM a WHERE ctid = '(0,2)'");
    assert_eq!(dropped(&up(database, &folder)), ["public.a_id_idx"]);
    assert_eq!(indexes_of_a(database), ["a_id_idx true"]);
}

fn what_others_have_left_of_the_same_is_not_dropped(database: &Database) {
    let folder = with_duplicates(database, NAMELESS);
    // One of these has the very name that the server would choose.
    for broken in [
        NAMELESS,
        "CREATE UNIQUE INDEX CONCURRENTLY another ON a (id)",
    ] {
        let built = database.connect().batch_execute(broken);
        built.expect_err("there are duplicates");
    }
    let (failure, _) = failing_up(database, &folder, &UpOptions::default());
    assert_eq!(failure.invalid_indexes, ["public.a_id_idx1"]);
    database.execute("DELETE FROM a WHERE ctid = '(0,2)'");
    assert_eq!(dropped(&up(database, &folder)), ["public.a_id_idx1"]);
    assert_eq!(
        indexes_of_a(database),
        ["a_id_idx false", "a_id_idx1 true", "another false"]
    );
}

fn a_killed_build_without_a_name_is_done_again_heavy(database: &Database) {
    database.execute(
        "CREATE TABLE a (gone INTEGER, id INTEGER); INSERT INTO a VALUES (1, 1), (1, 1);
        ALTER TABLE a DROP COLUMN gone",
    );
    // Like it, but for the name, or for what it says.
    for broken in [
        "CREATE UNIQUE INDEX CONCURRENTLY another ON a (id)",
        "CREATE UNIQUE INDEX CONCURRENTLY a_id_idx7 ON a (id) WHERE id > 0",
    ] {
        let built = database.connect().batch_execute(broken);
        built.expect_err("there are duplicates");
    }
    database.execute("DELETE FROM a WHERE ctid = '(0,2)'");
    let folder = Folder::new();
    folder.add_statementwise("1_index", NAMELESS, "");
    end_while_it_waits(database, &folder, |child| {
        child.kill().expect("it is a child of ours");
    });
    assert_eq!(dropped(&up(database, &folder)), ["public.a_id_idx"]);
    assert_eq!(
        indexes_of_a(database),
        ["a_id_idx true", "a_id_idx7 false", "another false"]
    );
}

/// An index of the same name on another table, one that is half made by design, and a broken one of
/// somebody else.
fn nothing_else_is_dropped(database: &Database) {
    database.execute(
        "CREATE SCHEMA app; CREATE TABLE app.b (id INTEGER); INSERT INTO app.b VALUES (1), (1);
         CREATE TABLE p (id INTEGER) PARTITION BY RANGE (id);
         CREATE TABLE p_1 PARTITION OF p FOR VALUES FROM (1) TO (2);
         CREATE INDEX by_part ON ONLY p (id);
         CREATE TABLE a (id INTEGER); INSERT INTO a VALUES (1), (1)",
    );
    for broken in [
        "CREATE UNIQUE INDEX CONCURRENTLY by_id ON app.b (id)",
        "CREATE UNIQUE INDEX CONCURRENTLY another ON a (id)",
    ] {
        let built = database.connect().batch_execute(broken);
        built.expect_err("there are duplicates");
    }
    let folder = Folder::new();
    let builds = "CREATE INDEX CONCURRENTLY by_id ON a (id);\nCREATE INDEX CONCURRENTLY by_part ON p_1 (id);";
    folder.add_statementwise("1_index", &builds.replace("by_part", "by_part_1"), "");
    assert_eq!(dropped(&up(database, &folder)), [""; 0]);
    let invalid = database.query_column(
        "SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid ORDER BY 1",
    );
    assert_eq!(invalid, ["another", "app.by_id", "by_part"]);
}

fn an_index_that_waits_for_its_parts_is_no_leftover(database: &Database) {
    database.execute(
        "CREATE TABLE p (id INTEGER) PARTITION BY LIST (id); CREATE INDEX by_part ON ONLY p (id);",
    );
    let folder = Folder::new();
    let build = "CREATE INDEX CONCURRENTLY IF NOT EXISTS by_part ON p (id);";
    folder.add_statementwise("1_index", build, "SELECT 1;");
    let (failure, _) = failing_up(database, &folder, &UpOptions::default());
    assert_eq!(failure.invalid_indexes, [""; 0]);
}

fn a_reindex_that_failed_is_done_again(database: &Database) {
    database.execute(
        "CREATE TABLE a (id INTEGER); INSERT INTO a VALUES (1); CREATE INDEX by_id ON a (id)",
    );
    let folder = Folder::new();
    folder.add_statementwise("1_reindex", "REINDEX INDEX CONCURRENTLY by_id;", "");
    end_while_it_waits(database, &folder, |_| ());
    let left = indexes_of_a(database);
    assert_eq!(left, ["by_id true", "by_id_ccnew false"]);
    let report = up(database, &folder);
    assert_eq!(dropped(&report), ["public.by_id_ccnew"]);
    assert_eq!(indexes_of_a(database), ["by_id true"]);
}

/// Those who wait in this database until somebody's transaction is over.
const WAITS: &str = "FROM pg_locks JOIN pg_stat_activity USING (pid)
  WHERE NOT granted AND locktype = 'virtualxid' AND datname = current_database()";

fn waiting(database: &Database) -> i64 {
    database.query_i64(&format!("SELECT count(*) {WAITS}"))
}

/// Returns whether no runner is in this database any more.
fn is_left(database: &Database) -> bool {
    let here = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'dieselkit%'";
    database.query_i64(here) == 0
}

/// Runs `up` in another process beside somebody who writes into `a`, ends it in the middle of what it
/// builds, and lets the other one go.
fn end_while_it_waits(database: &Database, folder: &Folder, end: impl FnOnce(&mut Child)) {
    let mut writing = database.connect();
    let begun = "BEGIN; INSERT INTO a VALUES (2)";
    writing.batch_execute(begun).expect("it writes");
    let mut child = start_child(database, folder, "up");
    wait_until("the build waits", || waiting(database) > 0);
    end(&mut child);
    database.execute(&format!("SELECT pg_terminate_backend(pid) {WAITS}"));
    let _ = child.wait();
    wait_until("the session is gone", || is_left(database));
    writing.batch_execute("COMMIT").expect("it wrote");
}

fn with_rows(database: &Database) -> Folder {
    database.execute("CREATE TABLE a (id INTEGER); INSERT INTO a VALUES (1)");
    let folder = Folder::new();
    folder.add_statementwise("1_index", BUILD, "");
    folder
}

fn a_build_whose_session_is_ended_is_done_again(database: &Database) {
    let folder = with_rows(database);
    end_while_it_waits(database, &folder, |_| ());
    assert_eq!(is_valid(database), ["false"]);
    assert_eq!(done(&up(database, &folder)), ["1"]);
    assert_eq!(indexes_of_a(database), ["By Id true"]);
}

fn a_build_that_is_killed_is_done_again_heavy(database: &Database) {
    let folder = with_rows(database);
    end_while_it_waits(database, &folder, |child| {
        child.kill().expect("it is a child of ours");
    });
    assert_eq!(is_valid(database), ["false"]);
    let report = up(database, &folder);
    assert_eq!(dropped(&report), ["public.\"By Id\""]);
    assert_eq!(done(&report), ["1"]);
    assert_eq!(indexes_of_a(database), ["By Id true"]);
}

fn five_runners_build_it_once_heavy(database: &Database) {
    let folder = with_rows(database);
    let mut writing = database.connect();
    let begun = "BEGIN; INSERT INTO a VALUES (2)";
    writing.batch_execute(begun).expect("it writes");
    let runners: Vec<_> = (0..5)
        .map(|_| {
            let mut migrator = migrator(database, &folder);
            thread::spawn(move || migrator.up(&UpOptions::default()))
        })
        .collect();
    wait_until("one of them builds", || waiting(database) > 0);
    writing.batch_execute("COMMIT").expect("it wrote");
    let reports = runners
        .into_iter()
        .map(|runner| shown(runner.join().expect("it ran")));
    assert_eq!(reports.map(|report| report.done.len()).sum::<usize>(), 1);
    assert_eq!(attempts(database), ["1 apply SUCCESS"]);
    assert_eq!(indexes_of_a(database), ["By Id true"]);
}

fn what_runs_outside_of_transactions_runs(database: &Database) {
    database.execute(
        "CREATE TABLE p (id INTEGER) PARTITION BY RANGE (id);
         CREATE TABLE p_1 PARTITION OF p FOR VALUES FROM (1) TO (2);
         CREATE TABLE a (id INTEGER); INSERT INTO a VALUES (1); CREATE INDEX by_id ON a (id);
         CREATE MATERIALIZED VIEW v AS SELECT 1 AS id; CREATE UNIQUE INDEX ON v (id);
         CREATE TYPE mood AS ENUM ('glad')",
    );
    let folder = Folder::new();
    folder.add_statementwise(
        "1_all",
        "REINDEX TABLE CONCURRENTLY a;
         DROP INDEX CONCURRENTLY by_id;
         ALTER TABLE p DETACH PARTITION p_1 CONCURRENTLY;
         REFRESH MATERIALIZED VIEW CONCURRENTLY v;
         ALTER TYPE mood ADD VALUE 'sad';
         CREATE TABLE moods AS SELECT 'sad'::mood AS mood;",
        "",
    );
    assert_eq!(done(&up(database, &folder)), ["1"]);
    assert_eq!(indexes_of_a(database), [""; 0]);
    assert_eq!(database.query_column("SELECT mood FROM moods"), ["sad"]);
}

fn a_detach_that_was_cut_off_is_finished(database: &Database) {
    database.execute(
        "CREATE TABLE p (id INTEGER) PARTITION BY RANGE (id);
         CREATE TABLE \"P 1\" PARTITION OF p FOR VALUES FROM (1) TO (2)",
    );
    let folder = Folder::new();
    folder.add_statementwise(
        "1_detach",
        "-- dieselkit: statement_timeout = 1s\nALTER TABLE p DETACH PARTITION \"P 1\" CONCURRENTLY;\nSELECT 1;",
        "",
    );
    let mut reading = database.connect();
    let begun = "BEGIN; SELECT * FROM p";
    reading.batch_execute(begun).expect("it reads");
    let (failure, _) = failing_up(database, &folder, &UpOptions::default());
    let half = StateLeft::StatementHalfWay { done: 0, total: 2 };
    assert_eq!(failure.state_left, half);
    let hint = failure.hint();
    assert!(hint.contains("--statement-timeout off"), "{hint}");
    let partitions =
        "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'p'::regclass";
    assert_eq!(database.query_column(partitions), ["\"P 1\""]);
    reading.batch_execute("COMMIT").expect("it has read");
    assert_eq!(done(&up(database, &folder)), ["1"]);
    assert_eq!(database.query_column(partitions), [""; 0]);
}

fn what_a_block_has_committed_by_itself_stays(database: &Database) {
    database.execute("CREATE TABLE a (id INTEGER)");
    let block = "DO $$ BEGIN INSERT INTO a VALUES (1); COMMIT; PERFORM 1 / 0; END $$;";
    let folder = Folder::new();
    folder.add_statementwise("1_fill", "SELECT 1;", block);
    folder.add_statementwise("2_fill", block, "");
    let (failure, _) = failing_up(database, &folder, &UpOptions::default());
    let half = StateLeft::StatementHalfWay { done: 0, total: 1 };
    assert_eq!(failure.state_left, half);
    assert_eq!(database.query_i64("SELECT count(*) FROM a"), 1);
    folder.remove("2_fill");
    let failed = migrator(database, &folder).rollback(Target::Steps(1));
    let told = failed.expect_err("it divides by nothing").to_string();
    assert!(told.contains("had committed by itself stays"), "{told}");
    assert_eq!(database.query_i64("SELECT count(*) FROM a"), 2);
}

fn an_enum_gets_a_value_in_a_transaction(database: &Database) {
    database.execute("CREATE TYPE mood AS ENUM ('glad')");
    let folder = Folder::new();
    folder.add("1_add", "ALTER TYPE mood ADD VALUE 'sad';", "");
    folder.add(
        "2_use",
        "CREATE TABLE moods AS SELECT 'sad'::mood AS mood;",
        "",
    );
    assert_eq!(done(&up(database, &folder)), ["1", "2"]);
    folder.add(
        "3_both",
        "ALTER TYPE mood ADD VALUE 'calm';\nSELECT 'calm'::mood;",
        "",
    );
    let (failure, _) = failing_up(database, &folder, &UpOptions::default());
    assert_eq!(failure.place.map(|place| place.line), Some(2));
}

fn nobody_has_to_be_spared_on_an_empty_table(database: &Database) {
    database.execute(
        "CREATE TABLE empty (id INTEGER); CREATE TABLE a (id INTEGER); INSERT INTO a VALUES (1)",
    );
    let folder = Folder::new();
    folder.add(
        "1_made",
        "CREATE TABLE made (id INTEGER); INSERT INTO made VALUES (1);",
        "",
    );
    folder.add_statementwise(
        "2_index",
        "CREATE INDEX CONCURRENTLY ON empty (id);
         CREATE INDEX CONCURRENTLY ON made (id);
         CREATE INDEX CONCURRENTLY ON a (id);
         DROP INDEX CONCURRENTLY empty_id_idx;",
        "",
    );
    let report = up(database, &folder);
    let needless = report.builds.needlessly_concurrent.iter();
    let needless: Vec<_> = needless.map(|one| (one.table.as_str(), one.why)).collect();
    assert_eq!(
        needless,
        [
            ("public.empty", Needless::Empty),
            ("public.made", Needless::MadeInThisRun)
        ]
    );
}

fn what_is_left_in_another_schema_is_found_too(database: &Database) {
    database.execute(
        "CREATE SCHEMA app; CREATE TABLE app.a (id INTEGER); INSERT INTO app.a VALUES (1), (1)",
    );
    let folder = Folder::new();
    let build = "SET search_path = app;\nCREATE UNIQUE INDEX CONCURRENTLY ON a (id);";
    folder.add_statementwise("1_index", build, "");
    let (failure, _) = failing_up(database, &folder, &UpOptions::default());
    assert_eq!(failure.invalid_indexes, ["app.a_id_idx"]);
}
