//! How a run is divided, and what a failure leaves of it.

use std::time::Duration;

use dieselkit::migration::{
    Limit, Limits, Mark, OutOfOrder, PlanError, RunError, State, StateLeft, TransactionMode,
};
use dieselkit::{Target, UpOptions, UpTarget};

use crate::scene::{
    Folder, attempts, chain, done, entry, failing_up, failure, migrator, shown, status, tables, up,
    up_with,
};
use crate::support::engine::Engine;

on_both_engines![
    each_mode_keeps_what_came_before_the_failure,
    batch_mode_keeps_nothing_but_one_failed_row,
    batch_mode_applies_all,
    batch_mode_refuses_what_cannot_be_in_a_transaction,
    keep_going_applies_what_comes_after_the_failure,
    to_go_on_after_a_failure_and_all_or_nothing_are_not_both_to_be_had,
    a_failure_names_the_command_that_asks_for_the_rest,
    a_redo_that_fails_is_to_be_redone,
    force_applies_a_modified_migration_again,
    a_migration_applied_again_keeps_its_batch,
    a_forced_migration_that_fails_stays_applied,
    a_forced_migration_outside_of_a_transaction_goes_on_where_it_stopped,
    a_forced_migration_outside_of_a_transaction_that_does_nothing_stays_applied,
    a_commit_that_fails_leaves_nothing_of_a_batch,
    a_commit_that_fails_takes_only_its_own_migration,
    what_rolls_its_own_transaction_back_takes_only_its_own_migration,
    limits_are_taken_on_both_engines,
];

/// Where tables have no locks they do nothing, and are no error; a mistake is one everywhere.
fn limits_are_taken_on_both_engines(database: &dyn Engine) {
    let folder = Folder::new();
    folder.add(
        "1_a",
        "-- dieselkit: lock_timeout = 10s, statement_timeout = off\nCREATE TABLE a (id INTEGER);",
        "-- dieselkit: lock_timeout = 1s\nDROP TABLE a;",
    );
    folder.add_statementwise(
        "2_b",
        "-- dieselkit: lock_timeout = 10s\nCREATE TABLE b (id INTEGER);",
        "DROP TABLE b;",
    );
    let limit = Limit::of(Duration::from_secs(5));
    let limits = Limits::of(Some(limit), Some(Limit::OFF));
    let mut limited = migrator(database, &folder)
        .with_limits(limits)
        .with_limits_for_all(limits);
    assert_eq!(done(&shown(limited.up(&UpOptions::default()))), ["1", "2"]);
    assert_eq!(done(&shown(limited.rollback(Target::All))), ["2", "1"]);
    folder.add("3_c", "-- dieselkit: lock_timeout = soon\nSELECT 1;", "");
    let refused = limited_anew(database, &folder);
    assert!(refused.contains("up.sql:1:1: the directive"), "{refused}");
    assert_eq!(tables(database), [""; 0]);
}

fn limited_anew(database: &dyn Engine, folder: &Folder) -> String {
    let refused = migrator(database, folder).up(&UpOptions::default());
    chain(&refused.expect_err("it cannot be read"))
}

fn six_with_a_bad_fifth() -> Folder {
    let folder = Folder::of_six();
    folder.write(
        "5_t/up.sql",
        "CREATE TABLE t5 (id INTEGER);\nDROP TABLE nowhere;",
    );
    folder
}

fn each_mode_keeps_what_came_before_the_failure(database: &dyn Engine) {
    let folder = six_with_a_bad_fifth();
    let (failure, report) = failing_up(database, &folder, &UpOptions::default());
    assert_eq!(failure.step.version.as_str(), "5");
    assert_eq!(failure.state_left, StateLeft::StepRolledBack);
    assert_eq!(failure.not_recorded, None);
    assert_eq!(done(&report), ["1", "2", "3", "4"]);
    assert_eq!(database.applied(), ["1", "2", "3", "4"]);
    assert_eq!(tables(database), ["t1", "t2", "t3", "t4"]);
    assert_eq!(
        attempts(database)[3..],
        ["4 apply SUCCESS", "5 apply FAILED"]
    );
    let error = database.query_text("SELECT error FROM __dieselkit_history WHERE version = '5'");
    assert!(error.contains("nowhere"), "{error}");
    assert_eq!(entry(database, &folder, "5").state, State::Failed);

    folder.write("5_t/up.sql", "CREATE TABLE t5 (id INTEGER);");
    assert_eq!(done(&up(database, &folder)), ["5", "6"]);
    assert_eq!(entry(database, &folder, "5").state, State::Applied);
}

fn batch_mode_keeps_nothing_but_one_failed_row(database: &dyn Engine) {
    let folder = six_with_a_bad_fifth();
    let batch = UpOptions::default().in_transactions(TransactionMode::Batch);
    let (failure, report) = failing_up(database, &folder, &batch);
    assert_eq!(failure.state_left, StateLeft::RunRolledBack);
    assert_eq!(done(&report), [""; 0]);
    assert_eq!(database.applied(), [""; 0]);
    assert_eq!(tables(database), [""; 0]);
    assert_eq!(attempts(database), ["5 apply FAILED"]);
}

fn batch_mode_applies_all(database: &dyn Engine) {
    let folder = Folder::of_six();
    let batch = UpOptions::default().in_transactions(TransactionMode::Batch);
    assert_eq!(done(&up_with(database, &folder, &batch)).len(), 6);
    assert_eq!(tables(database).len(), 6);
}

fn batch_mode_refuses_what_cannot_be_in_a_transaction(database: &dyn Engine) {
    let folder = Folder::of_six();
    folder.add_statementwise("7_t", "CREATE TABLE t7 (id INTEGER);", "DROP TABLE t7;");
    let batch = UpOptions::default().in_transactions(TransactionMode::Batch);
    let error = migrator(database, &folder).up(&batch).expect_err("refused");
    let expected = "migration `7_t` runs outside of a transaction and cannot be part of a batch";
    assert_eq!(error.to_string(), expected);
    assert_eq!(tables(database), [""; 0]);
}

fn keep_going_applies_what_comes_after_the_failure(database: &dyn Engine) {
    let folder = six_with_a_bad_fifth();
    folder.write("2_t/up.sql", "DROP TABLE nowhere;");
    let (_, report) = failing_up(database, &folder, &UpOptions::default().keep_going());
    assert_eq!(done(&report), ["1", "3", "4", "6"]);
    let failed = report.failures.iter();
    let failed: Vec<_> = failed
        .map(|failure| failure.step.version.as_str())
        .collect();
    assert_eq!(failed, ["2", "5"]);
    assert_eq!(database.applied(), ["1", "3", "4", "6"]);
    assert_eq!(tables(database), ["t1", "t3", "t4", "t6"]);
    let hints: Vec<_> = report
        .failures
        .iter()
        .map(dieselkit::migration::StepFailure::hint)
        .collect();
    let hint = "mend the file and run `dieselkit up --keep-going --allow-out-of-order`";
    assert_eq!(hints, [hint, hint], "it names what is late now");

    folder.add_table(2);
    folder.add_table(5);
    let advised = UpOptions::default()
        .keep_going()
        .out_of_order(OutOfOrder::Allow);
    assert_eq!(done(&up_with(database, &folder, &advised)), ["2", "5"]);
}

fn a_failure_names_the_command_that_asks_for_the_rest(database: &dyn Engine) {
    let folder = six_with_a_bad_fifth();
    let steps = UpOptions::default().until(UpTarget::Steps(5));
    let (failure, _) = failing_up(database, &folder, &steps);
    assert_eq!(
        failure.hint(),
        "mend the file and run `dieselkit up --steps 1`"
    );
    folder.add_table(5);
    assert_eq!(
        done(&up_with(
            database,
            &folder,
            &steps.until(UpTarget::Steps(1))
        )),
        ["5"]
    );
}

fn a_redo_that_fails_is_to_be_redone(database: &dyn Engine) {
    let folder = Folder::of_six();
    up(database, &folder);
    folder.write("5_t/up.sql", "DROP TABLE nowhere;");
    let redone = migrator(database, &folder).redo(Target::Steps(2));
    let (failure, _) = failure(redone);
    assert_eq!(failure.state_left, StateLeft::RunRolledBack);
    assert_eq!(
        failure.hint(),
        "mend the file and run `dieselkit redo --steps 2`"
    );
    folder.write("5_t/up.sql", "CREATE TABLE t5 (id INTEGER, more INTEGER);");
    let redone = shown(migrator(database, &folder).redo(Target::Steps(2)));
    assert_eq!(done(&redone), ["6", "5", "5", "6"]);
}

fn to_go_on_after_a_failure_and_all_or_nothing_are_not_both_to_be_had(database: &dyn Engine) {
    let folder = Folder::of_six();
    let both = UpOptions::default()
        .in_transactions(TransactionMode::Batch)
        .keep_going();
    let refused = migrator(database, &folder).up(&both);
    let expected = PlanError::KeepGoingInBatch;
    assert!(matches!(refused, Err(RunError::Plan(error)) if error == expected));
    let refused = migrator(database, &folder).plan_up(&both);
    assert!(matches!(refused, Err(RunError::Plan(error)) if error == expected));
    assert_eq!(tables(database), [""; 0]);
}

fn force_applies_a_modified_migration_again(database: &dyn Engine) {
    let folder = Folder::of_six();
    up(database, &folder);
    folder.write("3_t/up.sql", "CREATE TABLE more (id INTEGER);");
    assert!(entry(database, &folder, "3").has(Mark::Modified));

    let report = up_with(database, &folder, &UpOptions::default().force());
    assert_eq!(done(&report), ["3"]);
    assert!(tables(database).contains(&"more".to_owned()));
    let entry = entry(database, &folder, "3");
    assert_eq!(
        (entry.state, entry.marks.as_slice()),
        (State::Applied, [].as_slice())
    );
    assert_eq!(done(&up(database, &folder)), [""; 0]);
    // It was not applied later than the others, and so it is not rolled back before them.
    let back = shown(migrator(database, &folder).rollback(dieselkit::Target::Steps(1)));
    assert_eq!(done(&back), ["6"]);
}

fn a_migration_applied_again_keeps_its_batch(database: &dyn Engine) {
    let folder = Folder::new();
    folder.add_table(1);
    folder.add_statementwise("2_s", "CREATE TABLE t2 (id INTEGER);", "DROP TABLE t2;");
    up(database, &folder);
    let force = UpOptions::default().force();
    folder.write("1_t/up.sql", "CREATE TABLE more (id INTEGER);");
    assert_eq!(up_with(database, &folder, &force).batch, None);
    folder.write("1_t/up.sql", "CREATE TABLE again (id INTEGER);");
    folder.write("2_s/up.sql", "CREATE TABLE other (id INTEGER);");
    folder.add_table(3);
    assert_eq!(up_with(database, &folder, &force).batch, Some(2));
    let status = status(database, &folder);
    let batches: Vec<_> = status.migrations.iter().map(|entry| entry.batch).collect();
    assert_eq!(batches, [Some(1), Some(1), Some(2)]);
    let back = shown(migrator(database, &folder).rollback(Target::Batch(None)));
    assert_eq!(done(&back), ["3"]);
}

fn a_forced_migration_that_fails_stays_applied(database: &dyn Engine) {
    let folder = Folder::of_six();
    up(database, &folder);
    folder.write(
        "3_t/up.sql",
        "CREATE TABLE more (id INTEGER);\nDROP TABLE nowhere;",
    );
    let (failure, _) = failing_up(database, &folder, &UpOptions::default().force());
    assert_eq!(
        failure.hint(),
        "mend the file and run `dieselkit up --force`",
        "`up` alone would refuse what is modified"
    );
    let entry = entry(database, &folder, "3");
    assert_eq!(entry.state, State::Applied);
    assert!(entry.has(Mark::Modified) && entry.has(Mark::LastAttemptFailed));
    assert_eq!(database.applied().len(), 6);
    assert!(!tables(database).contains(&"more".to_owned()));
}

fn a_commit_that_fails_takes_only_its_own_migration(database: &dyn Engine) {
    let folder = Folder::of_six();
    folder.write(
        "4_t/up.sql",
        "CREATE TABLE parent (id INTEGER PRIMARY KEY);
CREATE TABLE child (parent INTEGER REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED);
INSERT INTO child VALUES (7);",
    );
    let (failure, report) = failing_up(database, &folder, &UpOptions::default());
    assert_eq!(failure.step.version.as_str(), "4");
    assert!(
        failure.message.to_lowercase().contains("foreign key"),
        "{failure}"
    );
    assert_eq!(failure.state_left, StateLeft::StepRolledBack);
    assert_eq!(done(&report), ["1", "2", "3"]);
    assert_eq!(tables(database), ["t1", "t2", "t3"]);
    let expected = [
        "1 apply SUCCESS",
        "2 apply SUCCESS",
        "3 apply SUCCESS",
        "4 apply FAILED",
    ];
    assert_eq!(attempts(database), expected);
}

fn what_rolls_its_own_transaction_back_takes_only_its_own_migration(database: &dyn Engine) {
    let folder = Folder::of_six();
    let sqlite = "CREATE TABLE one (id INTEGER PRIMARY KEY);
INSERT INTO one VALUES (1);
INSERT OR ROLLBACK INTO one VALUES (1);";
    let postgres = "DO $$ BEGIN RAISE EXCEPTION 'UNIQUE constraint failed: one.id'; END $$;";
    folder.write("4_t/up.sql", database.either(sqlite, postgres));
    let (failure, report) = failing_up(database, &folder, &UpOptions::default());
    assert_eq!(failure.step.version.as_str(), "4");
    assert!(
        failure.message.contains("UNIQUE constraint failed: one.id"),
        "{failure}"
    );
    assert_eq!(failure.not_recorded, None);
    assert_eq!(done(&report), ["1", "2", "3"]);
    assert_eq!(tables(database), ["t1", "t2", "t3"]);
    assert_eq!(attempts(database)[3], "4 apply FAILED");
}

fn a_forced_migration_outside_of_a_transaction_goes_on_where_it_stopped(database: &dyn Engine) {
    let folder = Folder::of_six();
    folder.add_statementwise("7_s", "CREATE TABLE a (id INTEGER);", "DROP TABLE a;");
    up(database, &folder);
    let bad = "CREATE TABLE b (id INTEGER);\nDROP TABLE nowhere;";
    folder.write("7_s/up.sql", bad);
    let (failure, _) = failing_up(database, &folder, &UpOptions::default().force());
    assert_eq!(failure.state_left, StateLeft::HalfWay { done: 1, total: 2 });
    let entry = entry(database, &folder, "7");
    assert_eq!(
        (entry.state, entry.statements_done),
        (State::Failed, Some(1))
    );
    assert_eq!(database.applied().len(), 6);
    folder.write("7_s/up.sql", &bad.replace("nowhere", "a"));
    assert_eq!(done(&up(database, &folder)), ["7"]);
    let expected = ["7 apply ROLLED_BACK", "7 apply FAILED", "7 apply SUCCESS"];
    assert_eq!(attempts(database)[6..], expected);
}

fn a_forced_migration_outside_of_a_transaction_that_does_nothing_stays_applied(
    database: &dyn Engine,
) {
    let folder = Folder::new();
    let (first, down) = ("CREATE TABLE a (id INTEGER);", "DROP TABLE a;");
    folder.add_statementwise("7_s", first, down);
    up(database, &folder);
    folder.write("7_s/up.sql", "CREATE TABLE a (id INTEGER);\nSELECT 1;");
    for _ in 0..2 {
        let (failure, _) = failing_up(database, &folder, &UpOptions::default().force());
        assert_eq!(failure.state_left, StateLeft::StepRolledBack);
        let entry = entry(database, &folder, "7");
        assert_eq!(entry.state, State::Applied);
        assert!(entry.has(Mark::Modified), "{entry:?}");
        assert_eq!(database.applied(), ["7"]);
    }
    assert_eq!(
        attempts(database),
        ["7 apply SUCCESS", "7 apply FAILED", "7 apply FAILED"]
    );
    folder.write("7_s/up.sql", first);
    assert_eq!(
        done(&shown(migrator(database, &folder).rollback(Target::All))),
        ["7"]
    );
    assert_eq!(tables(database), [""; 0]);
}

fn a_commit_that_fails_leaves_nothing_of_a_batch(database: &dyn Engine) {
    let folder = Folder::of_six();
    folder.write(
        "4_t/up.sql",
        "CREATE TABLE parent (id INTEGER PRIMARY KEY);
CREATE TABLE child (parent INTEGER REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED);
INSERT INTO child VALUES (7);",
    );
    let batch = UpOptions::default().in_transactions(TransactionMode::Batch);
    let error = migrator(database, &folder)
        .up(&batch)
        .expect_err("its commit fails");
    let told = crate::scene::chain(&error).to_lowercase();
    assert!(
        told.starts_with("failed to commit the batch; all 6 steps were rolled back"),
        "{told}"
    );
    assert!(told.contains("foreign key"), "{told}");
    let hint = error.hint().expect("there is something to do");
    assert!(hint.contains("`dieselkit up --transaction each`"), "{hint}");
    assert_eq!(tables(database), [""; 0]);
    assert_eq!(database.applied(), [""; 0]);
    // One row tells of it, under the last step: nobody knows which one it was.
    assert_eq!(attempts(database), ["6 apply FAILED"]);
    let kept = entry(database, &folder, "6");
    assert_eq!(kept.state, State::Failed);
    let kept = kept.error.expect("it failed").to_lowercase();
    assert!(
        kept.starts_with("failed to commit the batch:") && kept.contains("foreign key"),
        "{kept}"
    );
    // A later migration of the batch may repair what is checked at its end.
    folder.write("6_t/up.sql", "INSERT INTO parent VALUES (7);");
    assert_eq!(done(&up_with(database, &folder, &batch)).len(), 6);
}
