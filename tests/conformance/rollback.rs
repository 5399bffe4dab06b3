//! Rolling back: how far, in which order, and what is refused whole.

use dieselkit::migration::{OutOfOrder, PlanError, RunError, TransactionMode};
use dieselkit::{Target, UpOptions, UpTarget};

use crate::scene::{
    Folder, attempts, done, entry, failing_up, failure, migrator, rollback, state, tables, up,
    up_with, version,
};
use crate::support::engine::Engine;

on_both_engines![
    steps_take_the_last_ones,
    a_run_that_applies_nothing_has_no_batch,
    to_keeps_its_target_applied,
    batch_takes_what_one_run_applied,
    all_leaves_nothing,
    order_is_that_of_application,
    to_takes_what_came_later_however_it_is_numbered,
    a_plan_without_a_way_down_touches_nothing,
    a_way_down_of_comments_alone_is_none,
    a_migration_that_says_so_is_irreversible,
    a_way_down_is_remembered_when_its_file_is_gone,
    a_way_down_that_is_nowhere_touches_nothing,
    a_remembered_way_down_runs_as_its_way_up_did,
    a_way_down_that_fails_leaves_its_migration_applied,
    a_version_that_is_not_applied_is_no_target,
];

fn a_run_that_applies_nothing_has_no_batch(database: &dyn Engine) {
    let folder = Folder::of_six();
    assert_eq!(up(database, &folder).batch, Some(1));
    assert_eq!(rollback(database, &folder, Target::Steps(1)).batch, None);
    assert_eq!(up(database, &folder).batch, Some(2));
    folder.add("7_bad", "INSERT INTO nowhere VALUES (1);", "");
    let (_, report) = failing_up(database, &folder, &UpOptions::default());
    assert_eq!(report.batch, None);
}

fn steps_take_the_last_ones(database: &dyn Engine) {
    let folder = Folder::of_six();
    up(database, &folder);
    assert_eq!(done(&rollback(database, &folder, Target::default())), ["6"]);
    assert_eq!(
        done(&rollback(database, &folder, Target::Steps(2))),
        ["5", "4"]
    );
    assert_eq!(tables(database), ["t1", "t2", "t3"]);
    assert_eq!(attempts(database)[3], "4 apply ROLLED_BACK");
    assert_eq!(
        done(&rollback(database, &folder, Target::Steps(9))).len(),
        3
    );
    assert_eq!(
        done(&rollback(database, &folder, Target::Steps(1))),
        [""; 0]
    );
}

fn to_keeps_its_target_applied(database: &dyn Engine) {
    let folder = Folder::of_six();
    up(database, &folder);
    let report = rollback(database, &folder, Target::To(version("4")));
    assert_eq!(done(&report), ["6", "5"]);
    assert_eq!(database.applied(), ["1", "2", "3", "4"]);
}

fn batch_takes_what_one_run_applied(database: &dyn Engine) {
    let folder = Folder::of_six();
    for steps in [2, 3, 1] {
        up_with(
            database,
            &folder,
            &UpOptions::default().until(UpTarget::Steps(steps)),
        );
    }
    assert_eq!(entry(database, &folder, "5").batch, Some(2));
    let second = rollback(database, &folder, Target::Batch(Some(2)));
    assert_eq!(done(&second), ["5", "4", "3"]);
    assert_eq!(
        done(&rollback(database, &folder, Target::Batch(None))),
        ["6"]
    );
    assert_eq!(database.applied(), ["1", "2"]);
    let unknown = migrator(database, &folder).rollback(Target::Batch(Some(2)));
    let unknown = unknown.expect_err("it is gone");
    assert!(matches!(
        unknown,
        RunError::Plan(PlanError::UnknownBatch { batch: 2, .. })
    ));
}

fn all_leaves_nothing(database: &dyn Engine) {
    let folder = Folder::of_six();
    up(database, &folder);
    assert_eq!(done(&rollback(database, &folder, Target::All)).len(), 6);
    assert_eq!(tables(database), [""; 0]);
    assert_eq!(database.applied(), [""; 0]);
}

fn one_and_three_then_two(database: &dyn Engine) -> Folder {
    let folder = Folder::new();
    folder.add_table(1);
    folder.add_table(3);
    up(database, &folder);
    folder.add_table(2);
    let late = UpOptions::default().out_of_order(OutOfOrder::Allow);
    assert_eq!(done(&up_with(database, &folder, &late)), ["2"]);
    folder
}

fn order_is_that_of_application(database: &dyn Engine) {
    let folder = one_and_three_then_two(database);
    assert_eq!(done(&rollback(database, &folder, Target::Steps(1))), ["2"]);
    assert_eq!(done(&rollback(database, &folder, Target::Steps(1))), ["3"]);
}

fn to_takes_what_came_later_however_it_is_numbered(database: &dyn Engine) {
    let folder = one_and_three_then_two(database);
    assert_eq!(
        done(&rollback(database, &folder, Target::To(version("3")))),
        ["2"]
    );
    assert_eq!(database.applied(), ["1", "3"]);
}

#[track_caller]
fn refuses_as_irreversible(database: &dyn Engine, folder: &Folder, name: &str) {
    let before = state(database);
    let refused = migrator(database, folder).rollback(Target::All);
    match refused.expect_err("it has no way down") {
        RunError::Plan(PlanError::Irreversible { names, .. }) => assert_eq!(names, [name]),
        other => panic!("another error: {other}"),
    }
    assert_eq!(state(database), before);
    // What comes after it can be rolled back.
    assert_eq!(
        done(&rollback(database, folder, Target::To(version("3")))).len(),
        3
    );
}

fn a_plan_without_a_way_down_touches_nothing(database: &dyn Engine) {
    let folder = Folder::of_six();
    up(database, &folder);
    folder.remove("3_t/down.sql");
    refuses_as_irreversible(database, &folder, "3_t");
}

fn a_way_down_of_comments_alone_is_none(database: &dyn Engine) {
    let folder = Folder::of_six();
    up(database, &folder);
    folder.write(
        "3_t/down.sql",
        "-- This file should undo anything in `up.sql`\n/* ; */\n",
    );
    refuses_as_irreversible(database, &folder, "3_t");
}

fn a_migration_that_says_so_is_irreversible(database: &dyn Engine) {
    let folder = Folder::of_six();
    folder.write(
        "3_t/metadata.toml",
        "run_in_transaction = true\nirreversible = \"the data is gone\"\n",
    );
    up(database, &folder);
    let refused = migrator(database, &folder).rollback(Target::All);
    let error = refused.expect_err("it says so");
    let (text, hint) = (error.to_string(), error.hint().unwrap_or_default());
    assert!(text.ends_with("its reason: the data is gone"), "{text}");
    // There is one.
    assert!(!hint.contains("write its way down"), "{hint}");
    refuses_as_irreversible(database, &folder, "3_t");
}

fn a_way_down_is_remembered_when_its_file_is_gone(database: &dyn Engine) {
    let folder = Folder::of_six();
    up(database, &folder);
    folder.remove("6_t");
    folder.remove("5_t");
    assert_eq!(
        done(&rollback(database, &folder, Target::Steps(3))),
        ["6", "5", "4"]
    );
    assert_eq!(tables(database), ["t1", "t2", "t3"]);
}

fn a_way_down_that_is_nowhere_touches_nothing(database: &dyn Engine) {
    let folder = Folder::of_six();
    up(database, &folder);
    folder.remove("5_t");
    database.execute("UPDATE __dieselkit_history SET down_sql = NULL WHERE version = '5'");
    let before = state(database);
    let refused = migrator(database, &folder).rollback(Target::Steps(2));
    let error = refused.expect_err("nobody knows it");
    assert!(
        matches!(&error, RunError::Plan(PlanError::NoWayDown { names }) if *names == ["5_t"]),
        "{error}"
    );
    let hint = error.hint().unwrap_or_default();
    assert!(hint.contains("dieselkit resolve 5 --reverted"), "{hint}");
    assert_eq!(state(database), before);
}

fn a_remembered_way_down_runs_as_its_way_up_did(database: &dyn Engine) {
    let folder = Folder::of_six();
    let (create, drop) = (
        database.either(
            "CREATE INDEX i ON t1 (id);",
            "CREATE INDEX CONCURRENTLY i ON t1 (id);",
        ),
        database.either("DROP INDEX i;", "DROP INDEX CONCURRENTLY i;"),
    );
    folder.add_statementwise("7_i", create, drop);
    up(database, &folder);
    folder.remove("7_i");
    assert_eq!(done(&rollback(database, &folder, Target::Steps(1))), ["7"]);
    assert_eq!(attempts(database)[6], "7 apply ROLLED_BACK");
}

fn a_way_down_that_fails_leaves_its_migration_applied(database: &dyn Engine) {
    let folder = Folder::of_six();
    let batch = UpOptions::default().in_transactions(TransactionMode::Batch);
    up_with(database, &folder, &batch);
    folder.write("4_t/down.sql", "DROP TABLE t4;\nDROP TABLE nowhere;");
    let (failed, report) = failure(migrator(database, &folder).rollback(Target::All));
    assert_eq!(failed.step.version.as_str(), "4");
    assert_eq!(done(&report), ["6", "5"]);
    assert_eq!(tables(database), ["t1", "t2", "t3", "t4"]);
    let entry = entry(database, &folder, "4");
    assert!(entry.is_applied());
    assert!(entry.error.expect("it is kept").contains("nowhere"));
    folder.write("4_t/down.sql", "DROP TABLE t4;");
    assert_eq!(done(&rollback(database, &folder, Target::Steps(1))), ["4"]);
}

fn a_version_that_is_not_applied_is_no_target(database: &dyn Engine) {
    let folder = Folder::of_six();
    up_with(
        database,
        &folder,
        &UpOptions::default().until(UpTarget::To(version("3"))),
    );
    let mut migrator = migrator(database, &folder);
    let refused = migrator.rollback(Target::To(version("5")));
    assert!(matches!(
        refused,
        Err(RunError::Plan(PlanError::NotApplied { .. }))
    ));
    let unknown = migrator.rollback(Target::To(version("50")));
    assert!(matches!(
        unknown,
        Err(RunError::Plan(PlanError::UnknownVersion { .. }))
    ));
    assert_eq!(database.applied().len(), 3);
}
