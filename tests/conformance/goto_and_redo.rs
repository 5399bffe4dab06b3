//! The verbs that combine both ways: redo, goto; and baseline, which goes neither.

use dieselkit::migration::{GotoOptions, Mark, PlanError, RunError, State};
use dieselkit::{Target, UpOptions, UpTarget};

use crate::scene::{
    Folder, attempts, done, entry, failing_up, failure, migrator, rollback, shown, state, tables,
    up, up_with, version,
};
use crate::support::engine::Engine;

on_both_engines![
    redo_goes_down_and_up_again,
    redo_is_all_or_nothing,
    redo_takes_what_runs_outside_of_a_transaction,
    redo_of_a_migration_without_a_file_touches_nothing,
    goto_goes_up_and_down_to_exactly_its_version,
    goto_refuses_what_up_refuses,
    goto_refuses_to_end_beneath_what_is_half_applied,
    baseline_marks_and_runs_nothing,
    baseline_leaves_what_is_applied_alone,
    a_baseline_that_is_unknown_marks_nothing,
];

fn redo_goes_down_and_up_again(database: &dyn Engine) {
    let folder = Folder::of_six();
    up(database, &folder);
    database.execute("INSERT INTO t5 VALUES (1)");
    let report = shown(migrator(database, &folder).redo(Target::Steps(2)));
    assert_eq!(done(&report), ["6", "5", "5", "6"]);
    assert_eq!(database.query_i64("SELECT count(*) FROM t5"), 0);
    assert_eq!(database.applied().len(), 6);
    let expected = [
        "5 apply ROLLED_BACK",
        "6 apply ROLLED_BACK",
        "5 apply SUCCESS",
        "6 apply SUCCESS",
    ];
    assert_eq!(attempts(database)[4..], expected);
}

fn redo_is_all_or_nothing(database: &dyn Engine) {
    let folder = Folder::of_six();
    up(database, &folder);
    database.execute("INSERT INTO t6 VALUES (1)");
    folder.write(
        "5_t/up.sql",
        "CREATE TABLE t5 (id INTEGER);\nDROP TABLE nowhere;",
    );
    let (failed, report) = failure(migrator(database, &folder).redo(Target::Steps(2)));
    assert_eq!(failed.step.version.as_str(), "5");
    assert_eq!(done(&report), [""; 0]);
    assert_eq!(database.applied().len(), 6);
    assert_eq!(database.query_i64("SELECT count(*) FROM t6"), 1);
    assert_eq!(attempts(database)[6..], ["5 apply FAILED"]);
}

fn redo_takes_what_runs_outside_of_a_transaction(database: &dyn Engine) {
    let folder = Folder::of_six();
    folder.add_statementwise("7_s", "CREATE TABLE a (id INTEGER);", "DROP TABLE a;");
    up(database, &folder);
    let report = shown(migrator(database, &folder).redo(Target::Steps(2)));
    assert_eq!(done(&report), ["7", "6", "6", "7"]);
    assert_eq!(tables(database).len(), 7);
    assert_eq!(
        attempts(database)[5..7],
        ["6 apply ROLLED_BACK", "7 apply ROLLED_BACK"]
    );
}

fn redo_of_a_migration_without_a_file_touches_nothing(database: &dyn Engine) {
    let folder = Folder::of_six();
    up(database, &folder);
    folder.remove("6_t");
    let before = state(database);
    let refused = migrator(database, &folder).redo(Target::Steps(2));
    assert!(matches!(
        refused,
        Err(RunError::Plan(PlanError::MissingFile { .. }))
    ));
    assert_eq!(state(database), before);
}

fn goto(database: &dyn Engine, folder: &Folder, to: &str) -> Vec<String> {
    let report = shown(migrator(database, folder).goto(&GotoOptions::new(version(to))));
    done(&report).into_iter().map(str::to_owned).collect()
}

fn goto_goes_up_and_down_to_exactly_its_version(database: &dyn Engine) {
    let folder = Folder::of_six();
    assert_eq!(goto(database, &folder, "4"), ["1", "2", "3", "4"]);
    assert_eq!(goto(database, &folder, "2"), ["4", "3"]);
    assert_eq!(goto(database, &folder, "2"), [""; 0]);
    assert_eq!(goto(database, &folder, "6").len(), 4);
    assert_eq!(tables(database).len(), 6);
}

fn goto_refuses_what_up_refuses(database: &dyn Engine) {
    let folder = Folder::of_six();
    up_with(
        database,
        &folder,
        &UpOptions::default().until(UpTarget::Steps(3)),
    );
    folder.write("2_t/up.sql", "CREATE TABLE other (id INTEGER);");
    let mut migrator = migrator(database, &folder);
    let refused = migrator.goto(&GotoOptions::new(version("6")));
    assert!(matches!(
        refused,
        Err(RunError::Plan(PlanError::Modified { .. }))
    ));
    // Down is a way out of it.
    assert_eq!(
        done(&shown(migrator.goto(&GotoOptions::new(version("1"))))),
        ["3", "2"]
    );
    assert_eq!(
        done(&shown(migrator.goto(&GotoOptions::new(version("2"))))),
        ["2"]
    );
    assert_eq!(tables(database), ["other", "t1"]);
}

fn goto_refuses_to_end_beneath_what_is_half_applied(database: &dyn Engine) {
    let folder = Folder::new();
    folder.add_table(1);
    let half = "CREATE TABLE a (id INTEGER);\nINSERT INTO nowhere VALUES (1);";
    folder.add_statementwise("2_half", half, "DROP TABLE a;");
    failing_up(database, &folder, &UpOptions::default());
    let before = state(database);
    let refused = migrator(database, &folder).goto(&GotoOptions::new(version("1")));
    let error = refused.expect_err("it is not exactly there");
    let RunError::Plan(PlanError::WayUpHalted { name, .. }) = &error else {
        panic!("another error: {error:?}");
    };
    assert_eq!(name, "2_half");
    let hint = error.hint().expect("there is a way out");
    assert!(hint.contains("dieselkit resolve 2"), "{hint}");
    assert!(hint.contains("--reverted"), "{hint}");
    assert_eq!(state(database), before);
}

fn baseline_marks_and_runs_nothing(database: &dyn Engine) {
    let folder = Folder::of_six();
    let marked = shown(migrator(database, &folder).baseline(version("4")));
    assert_eq!(marked.len(), 4);
    assert_eq!(tables(database), [""; 0]);
    assert_eq!(database.applied(), ["1", "2", "3", "4"]);
    let fourth = entry(database, &folder, "4");
    assert_eq!(fourth.state, State::Applied);
    assert!(fourth.has(Mark::Baseline));
    assert_eq!(database.diesel_run(folder.path()), ["5", "6"]);
    assert_eq!(attempts(database)[3], "4 baseline SUCCESS");
}

fn baseline_leaves_what_is_applied_alone(database: &dyn Engine) {
    let folder = Folder::of_six();
    up_with(
        database,
        &folder,
        &UpOptions::default().until(UpTarget::Steps(2)),
    );
    let marked = shown(migrator(database, &folder).baseline(version("3")));
    assert_eq!(marked, [version("3")]);
    assert!(!entry(database, &folder, "2").has(Mark::Baseline));
    database.execute("CREATE TABLE t3 (id INTEGER)");
    assert_eq!(
        done(&rollback(database, &folder, Target::Steps(2))),
        ["3", "2"]
    );
}

fn a_baseline_that_is_unknown_marks_nothing(database: &dyn Engine) {
    let folder = Folder::of_six();
    let refused = migrator(database, &folder).baseline(version("7"));
    assert!(matches!(
        refused,
        Err(RunError::Plan(PlanError::UnknownVersion { .. }))
    ));
    assert_eq!(database.applied(), [""; 0]);
}
