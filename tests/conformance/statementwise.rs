//! Outside of a transaction: statement by statement, and going on where it stopped.

use dieselkit::migration::{
    FindingKind, GotoOptions, Mark, PlanError, PrepareError, Resolution, RunError, RunReport,
    State, StateLeft, TransactionMode,
};
use dieselkit::{Target, UpOptions};

use crate::scene::{
    Folder, attempts, done, entry, failing_up, migrator, reader, rollback, shown, state, status,
    tables, up, version,
};
use crate::support::engine::Engine;

on_both_engines![
    a_failed_statement_leaves_those_before_it,
    up_goes_on_with_the_mended_statement,
    a_failed_attempt_says_how_long_it_ran,
    each_attempt_to_go_on_keeps_its_row,
    what_was_mended_is_what_the_history_keeps,
    a_changed_committed_statement_is_refused,
    a_half_applied_migration_cannot_become_transactional,
    a_first_statement_that_fails_leaves_nothing_to_go_on_with,
    an_interrupted_attempt_goes_on,
    what_an_earlier_attempt_had_set_is_set_again,
    what_its_own_transaction_took_back_is_not_set_again,
    two_indexes_without_locks_in_one_file,
    only_where_tables_have_locks_one_is_kept,
    a_file_with_its_own_transactions_runs_statement_by_statement,
    a_failure_in_its_own_transaction_counts_what_is_committed,
    a_crash_before_its_own_commit_goes_on_at_its_own_begin,
    a_commit_without_a_transaction_is_not_counted_before_it_is_done,
    a_file_that_leaves_its_transaction_open_is_refused,
    a_file_with_its_own_transaction_refuses_a_batch,
    what_lies_beneath_a_half_applied_migration_stays,
    what_is_half_applied_is_not_passed_over_without_its_file,
];

const STOPS_AT_THE_SECOND: &str = "CREATE TABLE a (id INTEGER);
INSERT INTO nowhere VALUES (1);
CREATE TABLE b (id INTEGER);
";

fn stopped(database: &dyn Engine) -> Folder {
    let folder = Folder::new();
    folder.add_statementwise("1_abc", STOPS_AT_THE_SECOND, "DROP TABLE b;\nDROP TABLE a;");
    folder.add_table(2);
    let (failure, _) = failing_up(database, &folder, &UpOptions::default());
    assert_eq!(failure.state_left, StateLeft::HalfWay { done: 1, total: 3 });
    folder
}

fn a_failed_statement_leaves_those_before_it(database: &dyn Engine) {
    let folder = stopped(database);
    assert_eq!(tables(database), ["a"]);
    assert_eq!(attempts(database), ["1 apply FAILED"]);
    let entry = entry(database, &folder, "1");
    assert_eq!(entry.state, State::Failed);
    assert!(entry.has(Mark::NonTransactional));
    assert_eq!(
        (entry.statements_done, entry.statements_total),
        (Some(1), Some(3))
    );
    assert_eq!(database.applied(), [""; 0]);
}

fn up_goes_on_with_the_mended_statement(database: &dyn Engine) {
    let folder = stopped(database);
    folder.write("1_abc/up.sql", &STOPS_AT_THE_SECOND.replace("nowhere", "a"));
    assert_eq!(done(&up(database, &folder)), ["1", "2"]);
    assert_eq!(tables(database), ["a", "b", "t2"]);
    assert_eq!(database.query_i64("SELECT count(*) FROM a"), 1);
    let expected = ["1 apply FAILED", "1 apply SUCCESS", "2 apply SUCCESS"];
    assert_eq!(attempts(database), expected);
}

fn a_failed_attempt_says_how_long_it_ran(database: &dyn Engine) {
    let takes_time = database.either(
        "CREATE TABLE a AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500000) SELECT max(i) FROM n;",
        "SELECT pg_sleep(0.05);",
    );
    let folder = Folder::new();
    let text = format!("{takes_time}\nINSERT INTO nowhere VALUES (1);");
    folder.add_statementwise("1_abc", &text, "");
    failing_up(database, &folder, &UpOptions::default());
    let took = database.query_i64("SELECT execution_time_ms FROM __dieselkit_history");
    assert!(took > 0, "{took}");
}

fn each_attempt_to_go_on_keeps_its_row(database: &dyn Engine) {
    let folder = stopped(database);
    let third = STOPS_AT_THE_SECOND.replace("INSERT INTO nowhere", "INSERT INTO a");
    let third = third.replace("CREATE TABLE b", "CREATE TABLE a");
    folder.write("1_abc/up.sql", &third);
    let (failure, _) = failing_up(database, &folder, &UpOptions::default());
    assert_eq!(failure.state_left, StateLeft::HalfWay { done: 2, total: 3 });
    folder.write("1_abc/up.sql", &STOPS_AT_THE_SECOND.replace("nowhere", "a"));
    up(database, &folder);
    let rows = database.query_column(
        "SELECT status || ' ' || statements_done || ' ' || batch || ' ' || CASE WHEN error IS NULL THEN 'none' ELSE 'kept' END \
FROM __dieselkit_history WHERE version = '1' ORDER BY id",
    );
    let expected = ["FAILED 1 1 kept", "FAILED 2 2 kept", "SUCCESS 3 3 none"];
    assert_eq!(rows, expected);
    assert_eq!(entry(database, &folder, "1").batch, Some(3));
    // What went on is rolled back as one migration.
    assert_eq!(done(&rollback(database, &folder, Target::All)), ["2", "1"]);
    assert_eq!(tables(database), [""; 0]);
}

fn what_was_mended_is_what_the_history_keeps(database: &dyn Engine) {
    let folder = stopped(database);
    let mended = STOPS_AT_THE_SECOND.replace(
        "nowhere VALUES (1);",
        "a VALUES (1);\nINSERT INTO a VALUES (2);",
    );
    folder.write("1_abc/up.sql", &mended);
    folder.write("1_abc/down.sql", "DROP TABLE b;\nDROP TABLE a; -- mended");
    up(database, &folder);
    assert_eq!(
        entry(database, &folder, "1").marks,
        [Mark::NonTransactional]
    );
    assert!(status(database, &folder).is_clean());
    let kept = "SELECT up_sql FROM __dieselkit_history WHERE version = '1' AND status = 'SUCCESS'";
    assert_eq!(database.query_text(kept), mended);
    let total = "SELECT statements_total FROM __dieselkit_history WHERE version = '1' AND status = 'SUCCESS'";
    assert_eq!(database.query_i64(total), 4);
    let kept =
        "SELECT down_sql FROM __dieselkit_history WHERE version = '1' AND status = 'SUCCESS'";
    assert!(database.query_text(kept).contains("mended"));
}

fn a_changed_committed_statement_is_refused(database: &dyn Engine) {
    let folder = stopped(database);
    folder.write("1_abc/up.sql", &STOPS_AT_THE_SECOND.replace("(id", "(key"));
    match migrator(database, &folder).up(&UpOptions::default()) {
        Err(RunError::Prepare {
            source: PrepareError::ResumeChanged { done, .. },
            ..
        }) => {
            assert_eq!(done, 1);
        }
        other => panic!("not refused: {other:?}"),
    }
    assert_eq!(tables(database), ["a"]);
    // A comment is no change.
    let commented = STOPS_AT_THE_SECOND.replace("nowhere", "a");
    folder.write("1_abc/up.sql", &format!("-- the first\n{commented}"));
    assert_eq!(done(&up(database, &folder)), ["1", "2"]);
}

fn a_half_applied_migration_cannot_become_transactional(database: &dyn Engine) {
    let folder = stopped(database);
    folder.remove("1_abc/metadata.toml");
    let refused = migrator(database, &folder).up(&UpOptions::default());
    let resumed = PrepareError::ResumeTransactional {
        path: folder.file("1_abc/up.sql"),
        version: version("1"),
    };
    match refused {
        Err(RunError::Prepare { source, .. }) => assert_eq!(source, resumed),
        other => panic!("not refused: {other:?}"),
    }
}

fn a_first_statement_that_fails_leaves_nothing_to_go_on_with(database: &dyn Engine) {
    let folder = Folder::new();
    folder.add_statementwise(
        "1_a",
        "DROP TABLE nowhere;\nCREATE TABLE a (id INTEGER);",
        "",
    );
    let (failure, _) = failing_up(database, &folder, &UpOptions::default());
    assert_eq!(failure.state_left, StateLeft::StepRolledBack);
    let entry = entry(database, &folder, "1");
    assert_eq!((entry.state, entry.statements_done), (State::Failed, None));
    folder.write("1_a/up.sql", "CREATE TABLE other (id INTEGER);");
    assert_eq!(done(&up(database, &folder)), ["1"]);
}

/// Leaves the state of a process that died in the middle of the third statement.
fn interrupted(database: &dyn Engine) -> Folder {
    let folder = stopped(database);
    folder.write("1_abc/up.sql", &STOPS_AT_THE_SECOND.replace("nowhere", "a"));
    database.execute("INSERT INTO a VALUES (1)");
    database.execute(
        "UPDATE __dieselkit_history SET status = 'RUNNING', statements_done = 2, error = NULL",
    );
    let text = STOPS_AT_THE_SECOND.replace("nowhere", "a");
    database.execute(&format!("UPDATE __dieselkit_history SET up_sql = '{text}'"));
    folder
}

fn an_interrupted_attempt_goes_on(database: &dyn Engine) {
    let folder = interrupted(database);
    let entry = entry(database, &folder, "1");
    assert_eq!(entry.state, State::Interrupted);
    assert_eq!(
        (entry.statements_done, entry.statements_total),
        (Some(2), Some(3))
    );
    assert_eq!(done(&up(database, &folder)), ["1", "2"]);
    assert_eq!(database.query_i64("SELECT count(*) FROM a"), 1);
    assert_eq!(tables(database), ["a", "b", "t2"]);
}

/// Keeps what holds where a statement of a migration runs.
fn keep(database: &dyn Engine) -> &str {
    database.either(
        "INSERT INTO kept SELECT foreign_keys || ' ' || recursive_triggers FROM pragma_foreign_keys, pragma_recursive_triggers;",
        "INSERT INTO kept SELECT current_setting('search_path') || ' ' || current_setting('app.tenant', true) || ' ' || current_setting('statement_timeout');",
    )
}

fn what_an_earlier_attempt_had_set_is_set_again(database: &dyn Engine) {
    let sets = database.either(
        "PRAGMA foreign_keys = OFF;\nPRAGMA recursive_triggers(ON);\nCREATE TABLE kept (word TEXT);",
        "CREATE SCHEMA other;\nSET search_path = other;\nSELECT pg_catalog.set_config('app.tenant', 'seven', false);
SET SESSION statement_timeout TO '7min';\nCREATE TABLE kept (word TEXT);",
    );
    let keep = keep(database);
    let text = |middle: &str| format!("{sets}\n{keep}\n{middle}\n{keep}");
    let folder = Folder::new();
    folder.add_statementwise("1_abc", &text("INSERT INTO nowhere VALUES (1);"), "");
    failing_up(database, &folder, &UpOptions::default());
    folder.write("1_abc/up.sql", &text("INSERT INTO kept VALUES ('mended');"));
    assert_eq!(done(&up(database, &folder)), ["1"]);
    let kept = database.either("SELECT word FROM kept", "SELECT word FROM other.kept");
    let holds = database.either("0 1", "other seven 7min");
    assert_eq!(database.query_column(kept), [holds, "mended", holds]);
}

fn what_its_own_transaction_took_back_is_not_set_again(database: &dyn Engine) {
    let sets = database.either(
        "CREATE TABLE kept (word TEXT);\nBEGIN;\nPRAGMA recursive_triggers = ON;\nCOMMIT;\nPRAGMA recursive_triggers = OFF;",
        "CREATE TABLE kept (word TEXT);
BEGIN;\nSAVEPOINT a;\nSET search_path = nothing;\nROLLBACK TO SAVEPOINT a;\nSAVEPOINT a;\nCOMMIT;
BEGIN;\nSET search_path = nothing;\nROLLBACK;
BEGIN;\nSET app.tenant = 'seven';\nSET LOCAL statement_timeout = '7min';\nCOMMIT;",
    );
    let keep = keep(database);
    let text = |middle: &str| format!("{sets}\n{keep}\n{middle}\n{keep}");
    let folder = Folder::new();
    folder.add_statementwise("1_abc", &text("INSERT INTO nowhere VALUES (1);"), "");
    failing_up(database, &folder, &UpOptions::default());
    folder.write("1_abc/up.sql", &text("INSERT INTO kept VALUES ('mended');"));
    assert_eq!(done(&up(database, &folder)), ["1"]);
    let kept = database.query_column("SELECT word FROM kept");
    assert_eq!(kept.len(), 3, "{kept:?}");
    assert_eq!(kept[0], kept[2], "{kept:?}");
}

fn two_indexes_without_locks_in_one_file(database: &dyn Engine) {
    let folder = Folder::new();
    folder.add(
        "1_users",
        "CREATE TABLE users (id INTEGER, name TEXT);",
        "DROP TABLE users;",
    );
    let postgres = "CREATE INDEX CONCURRENTLY by_id ON users (id);
CREATE INDEX CONCURRENTLY by_name ON users (name);";
    folder.add_statementwise(
        "2_indexes",
        database.either(&postgres.replace("CONCURRENTLY ", ""), postgres),
        database.either("DROP INDEX by_name;", "DROP INDEX CONCURRENTLY by_name;"),
    );
    assert_eq!(done(&up(database, &folder)), ["1", "2"]);
    let count = database.either(
        "SELECT count(*) FROM sqlite_schema WHERE type = 'index' AND name LIKE 'by%'",
        "SELECT count(*) FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
         WHERE relname LIKE 'by%' AND indisvalid",
    );
    assert_eq!(database.query_i64(count), 2);
}

const OWN_TRANSACTIONS: &str = "BEGIN;
CREATE TABLE a (id INTEGER);
COMMIT;
BEGIN;
CREATE TABLE b (id INTEGER);
INSERT INTO a VALUES (1);
COMMIT;
";

fn only_where_tables_have_locks_one_is_kept(database: &dyn Engine) {
    let folder = Folder::new();
    folder.add_table(1);
    let own = "BEGIN; INSERT INTO t1 (id) VALUES (1); COMMIT;";
    for (name, sql) in [("2_alone", "ALTER TABLE t1 ADD a INTEGER;"), ("3_own", own)] {
        folder.add_statementwise(name, sql, "");
    }
    up(database, &folder);
    let kept = database
        .query_column("SELECT coalesce(lock_mode, '-') FROM __dieselkit_history ORDER BY id");
    let locks = ["-", "ACCESS EXCLUSIVE", "ROW EXCLUSIVE"];
    assert_eq!(kept, locks.map(|lock| database.either("-", lock)));
}

fn a_file_with_its_own_transactions_runs_statement_by_statement(database: &dyn Engine) {
    let folder = Folder::new();
    folder.add(
        "1_own",
        OWN_TRANSACTIONS,
        "BEGIN; DROP TABLE a; DROP TABLE b; COMMIT;",
    );
    folder.add_table(2);
    assert!(entry_before(database, &folder).has(Mark::NonTransactional));
    let report = up(database, &folder);
    assert!(!report.planned[0].transactional && report.planned[1].transactional);
    assert_eq!(tables(database), ["a", "b", "t2"]);
    let row = "SELECT statements_done FROM __dieselkit_history WHERE version = '1'";
    assert_eq!(database.query_i64(row), 7);
    let back = rollback(database, &folder, Target::All);
    assert_eq!(done(&back), ["2", "1"]);
    assert_eq!(tables(database), [""; 0]);
}

/// Status of the first migration; the database is there and empty.
fn entry_before(database: &dyn Engine, folder: &Folder) -> dieselkit::migration::StatusEntry {
    crate::scene::make(database);
    entry(database, folder, "1")
}

fn a_failure_in_its_own_transaction_counts_what_is_committed(database: &dyn Engine) {
    let folder = Folder::new();
    folder.add(
        "1_own",
        &OWN_TRANSACTIONS.replace("INTO a", "INTO nowhere"),
        "",
    );
    let (failure, _) = failing_up(database, &folder, &UpOptions::default());
    assert_eq!(failure.state_left, StateLeft::HalfWay { done: 3, total: 7 });
    assert_eq!(tables(database), ["a"]);
    let row = "SELECT statements_done FROM __dieselkit_history";
    assert_eq!(database.query_i64(row), 3);
    folder.write("1_own/up.sql", OWN_TRANSACTIONS);
    assert_eq!(done(&up(database, &folder)), ["1"]);
    assert_eq!(tables(database), ["a", "b"]);
    assert_eq!(database.query_i64("SELECT count(*) FROM a"), 1);
}

fn a_crash_before_its_own_commit_goes_on_at_its_own_begin(database: &dyn Engine) {
    let folder = Folder::new();
    // The commit itself fails, which undoes the statements before it that had been counted.
    let deferred = "BEGIN;
CREATE TABLE parent (id INTEGER PRIMARY KEY);
CREATE TABLE child (parent INTEGER REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED);
INSERT INTO child VALUES (7);
COMMIT;
";
    folder.add("1_own", deferred, "");
    let (failure, _) = failing_up(database, &folder, &UpOptions::default());
    assert_eq!(failure.state_left, StateLeft::StepRolledBack, "{failure}");
    assert_eq!(tables(database), [""; 0]);
    folder.write(
        "1_own/up.sql",
        &deferred.replace("INSERT", "INSERT INTO parent VALUES (7);\nINSERT"),
    );
    assert_eq!(done(&up(database, &folder)), ["1"]);
    assert_eq!(tables(database), ["child", "parent"]);
}

fn a_commit_without_a_transaction_is_not_counted_before_it_is_done(database: &dyn Engine) {
    let folder = Folder::new();
    let lone = "CREATE TABLE zz (a INTEGER);\nCOMMIT;\nCREATE TABLE zz2 (a INTEGER);";
    folder.add_statementwise("1_own", lone, "DROP TABLE zz;\nDROP TABLE zz2;");
    if database.either("fails", "warns") == "fails" {
        for _ in 0..2 {
            let (failure, _) = failing_up(database, &folder, &UpOptions::default());
            assert_eq!(failure.state_left, StateLeft::HalfWay { done: 1, total: 3 });
            assert_eq!(failure.place.map(|place| place.line), Some(2));
        }
        assert_eq!(tables(database), ["zz"]);
        folder.write("1_own/up.sql", &lone.replace("COMMIT;\n", ""));
    }
    assert_eq!(done(&up(database, &folder)), ["1"]);
    assert_eq!(tables(database), ["zz", "zz2"]);
}

fn a_file_that_leaves_its_transaction_open_is_refused(database: &dyn Engine) {
    let folder = Folder::new();
    folder.add_table(1);
    folder.add(
        "2_open",
        "COMMIT;\nBEGIN;\nCREATE TABLE a (id INTEGER);",
        "DROP TABLE a;",
    );
    match migrator(database, &folder).up(&UpOptions::default()) {
        Err(RunError::Prepare { source, .. }) => {
            let PrepareError::OpenTransaction { place } = source else {
                panic!("another error: {source}");
            };
            assert_eq!((place.line, place.column), (2, 1));
        }
        other => panic!("not refused: {other:?}"),
    }
    assert_eq!(tables(database), [""; 0]);
    folder.write(
        "2_open/up.sql",
        "BEGIN;\nCREATE TABLE a (id INTEGER);\nCOMMIT;",
    );
    assert_eq!(done(&up(database, &folder)), ["1", "2"]);
}

fn a_file_with_its_own_transaction_refuses_a_batch(database: &dyn Engine) {
    let folder = Folder::new();
    folder.add("1_own", OWN_TRANSACTIONS, "");
    let batch = UpOptions::default().in_transactions(TransactionMode::Batch);
    migrator(database, &folder)
        .up(&batch)
        .expect_err("it commits by itself");
    assert_eq!(tables(database), [""; 0]);
}

fn what_lies_beneath_a_half_applied_migration_stays(database: &dyn Engine) {
    let folder = Folder::new();
    folder.add_table(1);
    folder.add_table(2);
    folder.add_statementwise("3_abc", STOPS_AT_THE_SECOND, "DROP TABLE b;\nDROP TABLE a;");
    failing_up(database, &folder, &UpOptions::default());
    let before = state(database);
    let refused = [
        migrator(database, &folder).rollback(Target::default()),
        migrator(database, &folder).rollback(Target::To(version("1"))),
        migrator(database, &folder).redo(Target::default()),
        migrator(database, &folder).goto(&GotoOptions::new(version("1"))),
    ];
    for refused in refused {
        let error = refused.expect_err("it stands on them");
        let RunError::Plan(PlanError::BeneathHalted { names, name, .. }) = &error else {
            panic!("another error: {error:?}");
        };
        assert_eq!(
            (names.as_slice(), &**name),
            (&["2_t".to_owned()][..], "3_abc")
        );
        let hint = error.hint().expect("there is a way out");
        assert!(hint.contains("dieselkit up"), "{hint}");
        assert!(hint.contains("dieselkit resolve 3 --reverted"), "{hint}");
    }
    assert_eq!(state(database), before);
    // The way out that the hint names.
    database.execute("DROP TABLE a");
    shown(migrator(database, &folder).resolve(&version("3"), Resolution::Reverted, "undone"));
    assert_eq!(done(&rollback(database, &folder, Target::All)), ["2", "1"]);
}

/// Half applied and without a file, it is neither applied nor to be gone on with.
fn what_is_half_applied_is_not_passed_over_without_its_file(database: &dyn Engine) {
    let folder = Folder::new();
    folder.add_table(1);
    folder.add_statementwise("2_h", STOPS_AT_THE_SECOND, "DROP TABLE a;");
    failing_up(database, &folder, &UpOptions::default());
    folder.remove("2_h");
    let refused = |result: Result<RunReport, RunError>| {
        let error = result.expect_err("nobody can go on");
        let (text, hint) = (error.to_string(), error.hint().unwrap_or_default());
        assert!(text.contains("stopped after statement 1 of 3"), "{text}");
        assert!(hint.starts_with("bring its file back"), "{hint}");
        assert!(hint.contains("dieselkit resolve 2"), "{hint}");
        text
    };
    let checked = || {
        let report = shown(reader(database, &folder).check());
        let found = report.findings.into_iter();
        let found = found.filter(|finding| finding.migration.as_deref() == Some("2_h"));
        let found: Vec<_> = found.map(|found| (found.kind, found.message)).collect();
        let [(FindingKind::Interrupted, message)] = found.as_slice() else {
            panic!("{found:?}");
        };
        assert!(message.contains("no file has it"), "{message}");
    };
    let before = state(database);
    let text = refused(migrator(database, &folder).up(&UpOptions::default()));
    assert!(text.contains("no file has it"), "{text}");
    refused(migrator(database, &folder).rollback(Target::Steps(1)));
    refused(migrator(database, &folder).goto(&GotoOptions::new(version("1"))));
    checked();
    folder.add_table(3);
    refused(migrator(database, &folder).up(&UpOptions::default()));
    refused(migrator(database, &folder).goto(&GotoOptions::new(version("3"))));
    refused(
        migrator(database, &folder)
            .baseline(version("3"))
            .map(|_| RunReport::default()),
    );
    checked();
    assert_eq!(state(database), before);
    database.execute("DROP TABLE a");
    let mut by_hand = migrator(database, &folder);
    shown(by_hand.resolve(&version("2"), Resolution::Reverted, "dropped a"));
    assert_eq!(done(&up(database, &folder)), ["3"]);
}
