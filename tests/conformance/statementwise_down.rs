//! A way down outside of a transaction, and going on with it where it stopped.

use dieselkit::migration::{
    FindingKind, GotoOptions, Mark, OutOfOrder, PlanError, PrepareError, Resolution, RunError,
    RunReport, State, StateLeft,
};
use dieselkit::{Target, UpOptions};

use crate::scene::{
    Folder, attempts, done, entry, failure, migrator, reader, rollback, shown, status, tables, up,
    up_with, version,
};
use crate::support::engine::Engine;

on_both_engines![
    a_failed_statement_of_a_way_down_leaves_those_before_it,
    up_refuses_a_half_way_down,
    rollback_goes_on_with_the_mended_statement,
    a_changed_committed_statement_of_a_way_down_is_refused,
    a_way_down_that_was_written_later_goes_on,
    a_first_statement_of_a_way_down_that_fails_leaves_it_applied,
    resolve_settles_a_half_way_down_either_way,
    an_interrupted_way_down_goes_on,
    a_half_way_down_beneath_a_newer_batch_names_its_own,
    a_half_way_down_that_no_rollback_reaches_is_finished_by_hand,
    a_half_way_down_without_its_file_goes_on_by_the_history,
];

const UP: &str =
    "CREATE TABLE a (id INTEGER);\nCREATE TABLE b (id INTEGER);\nCREATE TABLE c (id INTEGER);";
const DOWN: &str = "DROP TABLE c;\nDROP TABLE nowhere;\nDROP TABLE a;";

fn stopped(database: &dyn Engine) -> Folder {
    let folder = Folder::new();
    folder.add_table(1);
    folder.add_statementwise("2_abc", UP, DOWN);
    up(database, &folder);
    let (failed, _) = failure(migrator(database, &folder).rollback(Target::All));
    assert_eq!(failed.state_left, StateLeft::HalfWay { done: 1, total: 3 });
    folder
}

fn a_failed_statement_of_a_way_down_leaves_those_before_it(database: &dyn Engine) {
    let folder = stopped(database);
    assert_eq!(tables(database), ["a", "b", "t1"]);
    assert_eq!(database.applied(), ["1", "2"]);
    assert_eq!(attempts(database)[1], "2 apply FAILED");
    let entry = entry(database, &folder, "2");
    assert!(entry.has(Mark::HalfRolledBack) && entry.is_applied());
    assert_eq!(
        (entry.statements_done, entry.statements_total),
        (Some(1), Some(3))
    );
    assert_eq!(status(database, &folder).totals.half_rolled_back, 1);
    assert!(!status(database, &folder).is_clean());
}

fn up_refuses_a_half_way_down(database: &dyn Engine) {
    let folder = stopped(database);
    folder.add_table(3);
    let refused = migrator(database, &folder).up(&UpOptions::default());
    assert!(matches!(
        refused,
        Err(RunError::Plan(PlanError::WayDownHalted { done: 1, .. }))
    ));
    assert_eq!(database.applied(), ["1", "2"]);
}

fn rollback_goes_on_with_the_mended_statement(database: &dyn Engine) {
    let folder = stopped(database);
    folder.write("2_abc/down.sql", &DOWN.replace("nowhere", "b"));
    assert_eq!(done(&rollback(database, &folder, Target::All)), ["2", "1"]);
    assert_eq!(tables(database), [""; 0]);
    assert_eq!(attempts(database)[1], "2 apply ROLLED_BACK");
    assert_eq!(done(&up(database, &folder)), ["1", "2"]);
}

fn a_changed_committed_statement_of_a_way_down_is_refused(database: &dyn Engine) {
    let folder = stopped(database);
    folder.write("2_abc/down.sql", "DROP TABLE b;\nDROP TABLE a;");
    match migrator(database, &folder).rollback(Target::Steps(1)) {
        Err(RunError::Prepare {
            source: PrepareError::ResumeChanged { .. },
            ..
        }) => {}
        other => panic!("not refused: {other:?}"),
    }
    assert_eq!(tables(database), ["a", "b", "t1"]);
}

/// The way down that runs is that of the file, not the one that the way up had beside it.
fn a_way_down_that_was_written_later_goes_on(database: &dyn Engine) {
    let folder = Folder::new();
    folder.add_statementwise("2_abc", UP, "");
    up(database, &folder);
    folder.write("2_abc/down.sql", DOWN);
    failure(migrator(database, &folder).rollback(Target::All));
    folder.write("2_abc/down.sql", &DOWN.replace("nowhere", "b"));
    assert_eq!(done(&rollback(database, &folder, Target::All)), ["2"]);
}

fn a_first_statement_of_a_way_down_that_fails_leaves_it_applied(database: &dyn Engine) {
    let folder = Folder::new();
    folder.add_statementwise("2_abc", UP, "DROP TABLE nowhere;\nDROP TABLE a;");
    up(database, &folder);
    let (failed, _) = failure(migrator(database, &folder).rollback(Target::All));
    assert_eq!(failed.state_left, StateLeft::StepRolledBack);
    let entry = entry(database, &folder, "2");
    assert_eq!(entry.state, State::Applied);
    assert!(!entry.has(Mark::HalfRolledBack), "{entry:?}");
    assert!(entry.has(Mark::LastAttemptFailed), "{entry:?}");
    folder.add_table(3);
    assert_eq!(done(&up(database, &folder)), ["3"]);
}

fn resolve_settles_a_half_way_down_either_way(database: &dyn Engine) {
    let folder = stopped(database);
    database.execute("CREATE TABLE c (id INTEGER)");
    let second = version("2");
    shown(migrator(database, &folder).resolve(&second, Resolution::Applied, "made c again"));
    assert!(status(database, &folder).is_clean());
    failure(migrator(database, &folder).rollback(Target::Steps(1)));
    database.execute("DROP TABLE b; DROP TABLE a");
    shown(migrator(database, &folder).resolve(&second, Resolution::Reverted, "dropped the rest"));
    assert_eq!(entry(database, &folder, "2").state, State::Pending);
    assert_eq!(database.applied(), ["1"]);
    assert_eq!(done(&up(database, &folder)), ["2"]);
}

fn an_interrupted_way_down_goes_on(database: &dyn Engine) {
    let folder = stopped(database);
    folder.write("2_abc/down.sql", &DOWN.replace("nowhere", "b"));
    database.execute(
        "UPDATE __dieselkit_history SET status = 'RUNNING', error = NULL WHERE version = '2'",
    );
    let entry = entry(database, &folder, "2");
    assert_eq!(entry.state, State::Interrupted);
    assert!(entry.has(Mark::HalfRolledBack));
    assert_eq!(done(&rollback(database, &folder, Target::Steps(1))), ["2"]);
    assert_eq!(tables(database), ["t1"]);
}

fn a_half_way_down_beneath_a_newer_batch_names_its_own(database: &dyn Engine) {
    let folder = Folder::new();
    folder.add_table(1);
    folder.add_statementwise("2_abc", UP, DOWN);
    up(database, &folder);
    folder.add_table(3);
    up(database, &folder);
    failure(migrator(database, &folder).rollback(Target::Batch(Some(1))));
    folder.add_table(4);
    let refused = migrator(database, &folder).up(&UpOptions::default());
    let hint = refused.expect_err("it is half undone").hint();
    let hint = hint.expect("there is a way out");
    assert!(hint.contains("`dieselkit rollback --batch 1`"), "{hint}");
    let told = status(database, &folder).half_way_down();
    assert_eq!(told.as_deref(), Some("dieselkit rollback --batch 1"));
    // What is applied on top of it stays.
    folder.write("2_abc/down.sql", &DOWN.replace("nowhere", "b"));
    let back = rollback(database, &folder, Target::Batch(Some(1)));
    assert_eq!(done(&back), ["2", "1"]);
    assert_eq!(tables(database), ["t3"]);
    assert_eq!(status(database, &folder).half_way_down(), None);
}

fn a_half_way_down_that_no_rollback_reaches_is_finished_by_hand(database: &dyn Engine) {
    let folder = Folder::new();
    folder.add("1_t", "CREATE TABLE t1 (id INTEGER);", "");
    folder.add_statementwise("3_abc", UP, DOWN);
    up(database, &folder);
    folder.add_table(2);
    let late = UpOptions::default().out_of_order(OutOfOrder::Allow);
    up_with(database, &folder, &late);
    // That leaves 2 applied, which came after 3; the batch of 3 has the irreversible 1.
    failure(migrator(database, &folder).goto(&GotoOptions::new(version("2"))));
    let refused = migrator(database, &folder).up(&late);
    let hint = refused.expect_err("it is half undone").hint();
    let by_hand = "dieselkit resolve 3 --reverted --reason \"…\"";
    assert!(hint.expect("there is a way out").contains(by_hand));
    let told = status(database, &folder).half_way_down();
    assert_eq!(told.as_deref(), Some(by_hand));
    let found = interrupted(database, &folder, "3_abc");
    assert!(found.1.contains(by_hand), "{found:?}");
}

/// Returns the one thing that a check says of a migration: what it is, and what helps.
fn interrupted(database: &dyn Engine, folder: &Folder, name: &str) -> (String, String) {
    let report = shown(reader(database, folder).check());
    let found = report.findings.into_iter();
    let found = found.filter(|found| found.migration.as_deref() == Some(name));
    let found: Vec<_> = found.collect();
    match found.as_slice() {
        [one] if one.kind == FindingKind::Interrupted => {
            (one.message.clone(), one.hint.clone().unwrap_or_default())
        }
        _ => panic!("{found:?}"),
    }
}

fn a_half_way_down_without_its_file_goes_on_by_the_history(database: &dyn Engine) {
    let folder = stopped(database);
    folder.remove("2_abc");
    let without_file = |text: &str, hint: &str| {
        assert!(text.contains("stopped after statement 1 of 3"), "{text}");
        assert!(text.contains("no file has it"), "{text}");
        assert!(
            hint.starts_with("go on with `dieselkit rollback`"),
            "{hint}"
        );
        assert!(hint.contains("bring its file back"), "{hint}");
        assert!(hint.contains("dieselkit resolve 2 --reverted"), "{hint}");
        assert!(hint.contains("`--applied`"), "{hint}");
    };
    let refused = |result: Result<RunReport, RunError>| {
        let error = result.expect_err("it is half undone");
        without_file(&error.to_string(), &error.hint().unwrap_or_default());
    };
    refused(migrator(database, &folder).up(&UpOptions::default()));
    refused(migrator(database, &folder).goto(&GotoOptions::new(version("2"))));
    let (text, hint) = interrupted(database, &folder, "2_abc");
    without_file(&text, &hint);
    // Nothing can be mended in what the history keeps.
    let (failed, _) = failure(migrator(database, &folder).rollback(Target::Steps(1)));
    let hint = failed.hint();
    assert!(hint.starts_with("bring its file back"), "{hint}");
    folder.add_table(3);
    refused(migrator(database, &folder).up(&UpOptions::default()));
    refused(migrator(database, &folder).goto(&GotoOptions::new(version("3"))));
    database.execute("CREATE TABLE nowhere (id INTEGER)");
    assert_eq!(done(&rollback(database, &folder, Target::Steps(1))), ["2"]);
}
