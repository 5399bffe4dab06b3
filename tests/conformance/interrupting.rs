//! What ends a run early: a request to stop, a plan that is no longer the agreed one, a connection
//! that breaks.

use std::sync::mpsc::{Receiver, channel};

use dieselkit::cancellation::Cancellation;
use dieselkit::event::Event;
use dieselkit::migration::{GotoOptions, RunError, RunReport, TransactionMode};
use dieselkit::{Migrator, Target, UpOptions};

use crate::scene::{Folder, attempts, done, migrator, shown, state, tables, up, version};
use crate::support::engine::Engine;

on_both_engines![
    a_run_that_is_asked_to_end_keeps_what_is_done,
    a_batch_that_is_asked_to_end_leaves_nothing_of_it,
    a_redo_that_is_asked_to_end_leaves_all_as_it_was,
    a_goto_in_a_batch_that_is_asked_to_end_leaves_all_as_it_was,
    a_plan_that_was_not_agreed_to_is_not_run,
    a_plan_that_was_agreed_to_is_run,
    a_reporter_that_fails_aborts_nothing,
];

fn a_run_that_is_asked_to_end_keeps_what_is_done(database: &dyn Engine) {
    let folder = Folder::of_six();
    let cancellation = Cancellation::default();
    let request = cancellation.clone();
    let migrator = migrator(database, &folder).with_cancellation(cancellation);
    let mut migrator = migrator.with_observer(move |event: &Event| {
        if matches!(event, Event::StepFinished { step, .. } if step.version.as_str() == "3") {
            request.cancel();
        }
    });
    match migrator.up(&UpOptions::default()) {
        Err(RunError::Interrupted { report }) => {
            assert!(report.interrupted);
            assert_eq!(done(&report), ["1", "2", "3"]);
        }
        other => panic!("not interrupted: {other:?}"),
    }
    assert_eq!(tables(database), ["t1", "t2", "t3"]);
    assert_eq!(attempts(database).len(), 3);
    assert_eq!(done(&up(database, &folder)), ["4", "5", "6"]);
}

/// Returns a migrator whose run is asked to end once it has done so many steps, and what it tells.
fn ending_after(
    database: &dyn Engine,
    folder: &Folder,
    steps: usize,
) -> (Migrator, Receiver<Event>) {
    let cancellation = Cancellation::default();
    let request = cancellation.clone();
    let (tell, told) = channel();
    let mut done = 0;
    let observer = move |event: &Event| {
        done += usize::from(matches!(event, Event::StepFinished { .. }));
        if done == steps {
            request.cancel();
        }
        drop(tell.send(event.clone()));
    };
    let migrator = migrator(database, folder).with_cancellation(cancellation);
    (migrator.with_observer(observer), told)
}

/// Returns the report of a run that was interrupted and is rolled back whole.
#[track_caller]
fn rolled_back_whole(ran: Result<RunReport, RunError>, told: &Receiver<Event>) -> Box<RunReport> {
    let error = ran.expect_err("it was asked to end");
    let text = error.to_string();
    assert!(text.contains("everything is as it was before"), "{text}");
    let RunError::Interrupted { report } = error else {
        panic!("another error: {error:?}");
    };
    assert!(report.interrupted);
    assert_eq!(done(&report), [""; 0]);
    assert_eq!(report.batch, None);
    let last = told.try_iter().last();
    let steps = report.undone.len();
    assert_eq!(last, Some(Event::RunRolledBack { steps }));
    report
}

fn a_batch_that_is_asked_to_end_leaves_nothing_of_it(database: &dyn Engine) {
    let folder = Folder::of_six();
    let batch = UpOptions::default().in_transactions(TransactionMode::Batch);
    let (mut migrator, told) = ending_after(database, &folder, 3);
    let report = rolled_back_whole(migrator.up(&batch), &told);
    let undone = report.undone.iter().map(|step| step.version.as_str());
    assert_eq!(undone.collect::<Vec<_>>(), ["1", "2", "3"]);
    let nothing = (vec![], vec![], vec![]);
    assert_eq!(state(database), nothing);
    assert_eq!(done(&up(database, &folder)).len(), 6);
}

fn a_redo_that_is_asked_to_end_leaves_all_as_it_was(database: &dyn Engine) {
    let folder = Folder::of_six();
    up(database, &folder);
    database.execute("INSERT INTO t5 VALUES (1)");
    let before = state(database);
    let (mut migrator, told) = ending_after(database, &folder, 4);
    let report = rolled_back_whole(migrator.redo(Target::Steps(3)), &told);
    assert_eq!(report.undone.len(), 4);
    assert_eq!(state(database), before);
    assert_eq!(database.query_i64("SELECT count(*) FROM t5"), 1);
}

fn a_goto_in_a_batch_that_is_asked_to_end_leaves_all_as_it_was(database: &dyn Engine) {
    let folder = Folder::of_six();
    up(database, &folder);
    let before = state(database);
    let options = GotoOptions::new(version("1")).in_transactions(TransactionMode::Batch);
    let (mut migrator, told) = ending_after(database, &folder, 2);
    rolled_back_whole(migrator.goto(&options), &told);
    assert_eq!(state(database), before);
}

fn agreed_plan(database: &dyn Engine, folder: &Folder) -> Vec<dieselkit::event::StepNotice> {
    let plan = shown(migrator(database, folder).plan_rollback(Target::Steps(2)));
    plan.into_iter().map(|step| step.step).collect()
}

fn a_plan_that_was_not_agreed_to_is_not_run(database: &dyn Engine) {
    let folder = Folder::of_six();
    up(database, &folder);
    let agreed = agreed_plan(database, &folder);
    database.diesel_revert(folder.path());
    let mut migrator = migrator(database, &folder);
    migrator.approve(agreed);
    let refused = migrator.rollback(Target::Steps(2));
    assert!(matches!(refused, Err(RunError::PlanChanged)), "{refused:?}");
    assert_eq!(tables(database).len(), 5);
}

fn a_plan_that_was_agreed_to_is_run(database: &dyn Engine) {
    let folder = Folder::of_six();
    up(database, &folder);
    let agreed = agreed_plan(database, &folder);
    let mut migrator = migrator(database, &folder);
    migrator.approve(agreed);
    assert_eq!(
        done(&shown(migrator.rollback(Target::Steps(2)))),
        ["6", "5"]
    );
    // It was agreed to once.
    assert_eq!(done(&shown(migrator.rollback(Target::Steps(1)))), ["4"]);
}

fn a_reporter_that_fails_aborts_nothing(database: &dyn Engine) {
    let folder = Folder::of_six();
    let (tell, told) = std::sync::mpsc::channel();
    drop(told);
    let observer = move |event: &Event| drop(tell.send(event.clone()));
    shown({ migrator(database, &folder).with_observer(observer) }.up(&UpOptions::default()));
    assert_eq!(tables(database).len(), 6);
}

#[cfg(feature = "postgres")]
mod connection {
    use super::*;
    use crate::scene::{entry, failing_up};
    use crate::support::postgres::PostgresDatabase;
    use dieselkit::migration::{State, StateLeft};

    const BREAK: &str = "SELECT pg_terminate_backend(pg_backend_pid());";

    #[test]
    fn a_connection_that_breaks_in_a_transaction_leaves_nothing_of_it() {
        let (database, folder) = (PostgresDatabase::create(), Folder::of_six());
        folder.write(
            "4_t/up.sql",
            &format!("CREATE TABLE t4 (id INTEGER);\n{BREAK}"),
        );
        let (failure, report) = failing_up(&database, &folder, &UpOptions::default());
        assert_eq!(failure.state_left, StateLeft::Unknown);
        assert!(failure.not_recorded.is_some());
        assert_eq!(done(&report), ["1", "2", "3"]);
        assert_eq!(tables(&database), ["t1", "t2", "t3"]);
        folder.write("4_t/up.sql", "CREATE TABLE t4 (id INTEGER);");
        assert_eq!(done(&up(&database, &folder)), ["4", "5", "6"]);
    }

    #[test]
    fn a_connection_that_breaks_outside_of_one_goes_on_at_its_statement() {
        let (database, folder) = (PostgresDatabase::create(), Folder::new());
        let up_sql = |second: &str| {
            format!("CREATE TABLE a (id INTEGER);\n{second}\nCREATE TABLE b (id INTEGER);")
        };
        folder.add_statementwise("1_s", &up_sql(BREAK), "");
        let (failure, _) = failing_up(&database, &folder, &UpOptions::default());
        assert_eq!(failure.state_left, StateLeft::Unknown);
        let entry = entry(&database, &folder, "1");
        assert_eq!(
            (entry.state, entry.statements_done),
            (State::Interrupted, Some(1))
        );
        folder.write("1_s/up.sql", &up_sql("SELECT 1;"));
        assert_eq!(done(&up(&database, &folder)), ["1"]);
        assert_eq!(tables(&database), ["a", "b"]);
    }
}
