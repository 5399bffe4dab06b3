//! The errors of running migrations: what failed, and what state it left.

use std::time::Duration;

use super::{all_errors, place, version};
use crate::backend::restore::RestoreError;
use crate::backend::{BackendError, DatabaseError, ScriptError};
use crate::event::{AwaitedLock, Blocked, Blocker, Direction, StepNotice};
use crate::migration::{
    CopyMade, KeptBy, PlanError, PrepareError, RehearsalReport, RoomError, RunError, RunReport,
    SafetyCopyError, SourceError, StateLeft, StepError, StepFailure, StepReport, Unplaced, WayDown,
    WayDownVerdict,
};

fn failure(direction: Direction, state_left: StateLeft) -> StepFailure {
    StepFailure {
        step: StepNotice {
            version: version("003"),
            name: "003_add_users".to_owned(),
            direction,
            transactional: !matches!(
                state_left,
                StateLeft::HalfWay { .. } | StateLeft::StatementHalfWay { .. }
            ),
            statements: 3,
            baseline: false,
        },
        file: Some(place().file),
        place: Some(place()),
        statement: Some("ALTER TABLE users".to_owned()),
        message: "relation \"users\" does not exist".to_owned(),
        sqlstate: Some("42P01".to_owned()),
        detail: None,
        server_hint: None,
        unplaced: None,
        execution_time: Duration::ZERO,
        tries: 1,
        blocked: None,
        state_left,
        invalid_indexes: Vec::new(),
        not_recorded: None,
        kept_by: KeptBy::File,
        retry: match direction {
            Direction::Up => "dieselkit up",
            Direction::Down => "dieselkit rollback",
        }
        .to_owned(),
    }
}

fn failed(failures: Vec<StepFailure>) -> RunError {
    RunError::Failed {
        source: Box::new(failures[0].clone()),
        report: Box::new(RunReport {
            failures,
            ..RunReport::default()
        }),
    }
}

/// The copy that was made before a run.
fn copy_made() -> CopyMade {
    CopyMade {
        name: "shop_20261121T030000Z_002".to_owned(),
        restore: "dieselkit restore --before 003".to_owned(),
        warnings: Vec::new(),
    }
}

fn failed_after_copy() -> RunError {
    let failures = vec![failure(Direction::Up, StateLeft::StepRolledBack)];
    RunError::Failed {
        source: Box::new(failures[0].clone()),
        report: Box::new(RunReport {
            failures,
            backup: Some(copy_made()),
            ..RunReport::default()
        }),
    }
}

/// A failure for each state that it may leave; a new one does not compile before it stands here.
fn each_state(direction: Direction) -> Vec<RunError> {
    let half_way = StateLeft::HalfWay { done: 2, total: 3 };
    let all = [
        StateLeft::StepRolledBack,
        StateLeft::RunRolledBack,
        half_way,
        StateLeft::StatementHalfWay { done: 0, total: 3 },
        StateLeft::StatementHalfWay { done: 2, total: 3 },
        StateLeft::Unknown,
        StateLeft::NotBegun,
    ];
    all.map(|state| match state {
        StateLeft::StepRolledBack
        | StateLeft::RunRolledBack
        | StateLeft::NotBegun
        | StateLeft::HalfWay { .. }
        | StateLeft::StatementHalfWay { .. }
        | StateLeft::Unknown => failed(vec![failure(direction, state)]),
    })
    .into()
}

#[test]
fn every_state_that_a_failure_may_leave_reads_well() {
    let mut shown = String::new();
    for direction in [Direction::Up, Direction::Down] {
        for error in each_state(direction) {
            shown.push_str(&super::shown(&error, error.hint()));
        }
    }
    insta::assert_snapshot!(shown);
}

#[test]
fn a_statement_that_takes_too_long_is_let_take_longer() {
    for kept_by in [KeptBy::File, KeptBy::History] {
        let late = StepFailure {
            message: "canceling statement due to statement timeout".to_owned(),
            sqlstate: Some("57014".to_owned()),
            kept_by,
            ..failure(Direction::Up, StateLeft::StepRolledBack)
        };
        let hint = late.hint();
        assert!(hint.contains("--statement-timeout off`"), "{hint}");
        let says_line = hint.contains("-- dieselkit: statement_timeout = off");
        assert_eq!(says_line, kept_by == KeptBy::File, "{hint}");
    }
}

fn wordy() -> StepFailure {
    StepFailure {
        detail: Some("Key (email)=(ada@example.org) is duplicated.".to_owned()),
        server_hint: Some("Remove the duplicates.".to_owned()),
        ..failure(Direction::Up, StateLeft::StepRolledBack)
    }
}

fn out_of_locks(state_left: StateLeft, retry: &str) -> StepFailure {
    StepFailure {
        message: "out of shared memory".to_owned(),
        sqlstate: Some("53200".to_owned()),
        retry: retry.to_owned(),
        ..failure(Direction::Up, state_left)
    }
}

fn placeless() -> StepFailure {
    placeless_in(StateLeft::StepRolledBack)
}

fn placeless_in(state_left: StateLeft) -> StepFailure {
    StepFailure {
        file: None,
        place: None,
        statement: None,
        sqlstate: None,
        message: "the function said no".to_owned(),
        not_recorded: Some("the disk is full".to_owned()),
        ..failure(Direction::Up, state_left)
    }
}

fn unplaced(why: Unplaced) -> StepFailure {
    StepFailure {
        place: None,
        statement: None,
        sqlstate: None,
        message: "division by zero".to_owned(),
        unplaced: Some(why),
        ..failure(Direction::Up, StateLeft::StepRolledBack)
    }
}

fn outside_of_transactions_only() -> StepFailure {
    StepFailure {
        message: "CREATE INDEX CONCURRENTLY cannot run inside a transaction block".to_owned(),
        sqlstate: Some("25001".to_owned()),
        ..failure(Direction::Up, StateLeft::StepRolledBack)
    }
}

fn with_invalid_index(state_left: StateLeft) -> StepFailure {
    StepFailure {
        invalid_indexes: vec!["public.by_email".to_owned()],
        ..failure(Direction::Up, state_left)
    }
}

#[test]
fn an_invalid_index_is_named_with_what_drops_it() {
    let half_way = StateLeft::HalfWay { done: 2, total: 3 };
    let mut shown = String::new();
    for state in [StateLeft::StepRolledBack, half_way] {
        let error = failed(vec![with_invalid_index(state)]);
        shown.push_str(&super::shown(&error, error.hint()));
    }
    let several = StepFailure {
        invalid_indexes: vec!["public.by_email".to_owned(), "public.by_name".to_owned()],
        ..failure(Direction::Up, half_way)
    };
    let error = failed(vec![several]);
    shown.push_str(&super::shown(&error, error.hint()));
    insta::assert_snapshot!(shown);
}

fn blocked(by: Vec<Blocker>) -> StepFailure {
    let lock = AwaitedLock {
        mode: "ACCESS EXCLUSIVE".to_owned(),
        on: Some("public.users".to_owned()),
    };
    StepFailure {
        message: "canceling statement due to lock timeout".to_owned(),
        sqlstate: Some("55P03".to_owned()),
        tries: 10,
        blocked: Some(Blocked {
            lock: Some(lock),
            by,
            unseen: None,
        }),
        ..failure(Direction::Up, StateLeft::StepRolledBack)
    }
}

#[test]
fn who_was_in_the_way_of_all_tries_is_named_with_what_ends_it() {
    let blocker = Blocker {
        pid: 4711,
        prepared: None,
        user: Some("shop".to_owned()),
        application: Some("checkout".to_owned()),
        state: Some("idle in transaction".to_owned()),
        transaction_since: Some("2026-01-31T10:15:00.000000Z".to_owned()),
        transaction_age_ms: Some(312_500),
        query: Some("SELECT * FROM users WHERE id = ?".to_owned()),
    };
    let mut shown = String::new();
    let unordered = StepFailure {
        message: "could not serialize access due to concurrent update".to_owned(),
        sqlstate: Some("40001".to_owned()),
        blocked: None,
        ..blocked(Vec::new())
    };
    for failure in [blocked(vec![blocker]), blocked(Vec::new()), unordered] {
        let error = failed(vec![failure]);
        shown.push_str(&super::shown(&error, error.hint()));
    }
    insta::assert_snapshot!(shown);
}

fn locked_out() -> StepFailure {
    StepFailure {
        message: StepError::Begin(DatabaseError::from_message("database is locked")).message(),
        not_recorded: None,
        ..placeless_in(StateLeft::NotBegun)
    }
}

fn uncommitted(steps: usize, retry: &str, sqlstate: &str) -> RunError {
    RunError::Commit {
        steps,
        report: Box::default(),
        source: Box::new(StepFailure {
            file: None,
            place: None,
            statement: None,
            message: "FOREIGN KEY constraint failed".to_owned(),
            sqlstate: Some(sqlstate.to_owned()),
            retry: retry.to_owned(),
            ..failure(Direction::Up, StateLeft::RunRolledBack)
        }),
    }
}

/// Returns the interruption of a run of two steps, of which some are done and some undone.
fn interrupted(done: usize, undone: usize) -> RunError {
    let step = wordy().step;
    let report = StepReport {
        version: step.version.clone(),
        name: step.name.clone(),
        direction: step.direction,
        execution_time: Duration::ZERO,
    };
    RunError::Interrupted {
        report: Box::new(RunReport {
            planned: vec![step.clone(), step],
            done: vec![report.clone(); done],
            undone: vec![report; undone],
            interrupted: true,
            ..RunReport::default()
        }),
    }
}

/// An error that never leaves its room: whoever makes a user's error of it adds the advice.
trait Inner {
    fn hint(&self) -> Option<String> {
        None
    }
}

impl Inner for StepError {}
impl Inner for RoomError {}

fn said() -> DatabaseError {
    DatabaseError::from_message("the disk is full")
}

all_errors!(every_error_inside_a_step_reads_well: StepError {
    StepError::Script(_) => [StepError::Script(ScriptError {
        statement: Some(1),
        offset: Some(20),
        error: said(),
    })],
    StepError::Rust(_) => [StepError::Rust("the function said no".into())],
    StepError::ForeignKeys(_) => [StepError::ForeignKeys(vec![
        "row 1 of `seats` refers to no row of `rooms`".to_owned(),
        "row 2 of `seats` refers to no row of `rooms`".to_owned(),
    ])],
    StepError::Session(_) => [StepError::Session(said())],
    StepError::Begin(_) => [StepError::Begin(said())],
    StepError::Bookkeeping(_) => [StepError::Bookkeeping(said())],
    StepError::Commit(_) => [StepError::Commit(said())],
    StepError::Lock(_) => [StepError::Lock(BackendError::PooledTransactions)],
});

all_errors!(every_error_of_making_room_for_a_step_reads_well: RoomError {
    RoomError::Begin(_) => [RoomError::Begin(said())],
    RoomError::Lost(..) => [RoomError::Lost(3, said())],
});

all_errors!(every_error_of_a_run_reads_well: RunError {
    RunError::Source(_) => [SourceError::NoFolder { path: "migrations".into() }.into()],
    RunError::Plan(_) => [PlanError::NotApplied { version: version("003") }.into()],
    RunError::Prepare { .. } => [RunError::Prepare {
        name: "003_add_users".to_owned(),
        source: PrepareError::Template { path: "migrations/003_add_users/up.sql".into() },
    }],
    RunError::Backend(_) => [BackendError::Cancelled.into()],
    RunError::EnvironmentMismatch { .. } => [RunError::EnvironmentMismatch {
        marked: "production".to_owned(),
        wanted: "development".to_owned(),
    }],
    RunError::Failed { .. } => [
        failed(vec![wordy(), placeless()]),
        failed(vec![out_of_locks(StateLeft::RunRolledBack, "dieselkit up --transaction batch")]),
        failed(vec![out_of_locks(StateLeft::StepRolledBack, "dieselkit up")]),
        failed(vec![placeless()]),
        failed(vec![locked_out()]),
        failed(vec![unplaced(Unplaced::TookLong { ran_ms: 7_250 })]),
        failed(vec![unplaced(Unplaced::FailedOtherwise)]),
        failed(vec![unplaced(Unplaced::CutOff)]),
        failed(vec![outside_of_transactions_only()]),
        failed_after_copy(),
    ],
    RunError::Commit { .. } => [
        uncommitted(3, "dieselkit up --transaction batch", "23503"),
        uncommitted(1, "dieselkit redo", "23503"),
        uncommitted(1, "dieselkit up --transaction batch", "53100"),
    ],
    RunError::PlanChanged => [RunError::PlanChanged],
    RunError::Interrupted { .. } => [
        interrupted(1, 0),
        interrupted(0, 1),
        interrupted(0, 0),
    ],
    RunError::NoMigrations { .. } => [
        RunError::NoMigrations { folder: Some("migrations".into()) },
        RunError::NoMigrations { folder: None },
    ],
    RunError::Emptied { .. } => [
        RunError::Emptied {
            dropped: vec!["table users".to_owned()],
            backup: None,
            source: Box::new(failed(vec![failure(Direction::Up, StateLeft::StepRolledBack)])),
        },
        RunError::Emptied {
            dropped: Vec::new(),
            backup: Some(copy_made()),
            source: Box::new(interrupted(1, 0)),
        },
    ],
    RunError::NotBackedUp { .. } => [RunError::NotBackedUp {
        source: SafetyCopyError::new(
            std::io::Error::new(std::io::ErrorKind::StorageFull, "no space left on device"),
            Some("make room, and try again".to_owned()),
        ),
    }],
    RunError::Rehearsal { .. } => [RunError::Rehearsal {
        report: Box::default(),
        source: Box::new(StepFailure {
            retry: "dieselkit up --rehearse".to_owned(),
            ..failure(Direction::Up, StateLeft::RunRolledBack)
        }),
    }, RunError::Rehearsal {
        report: Box::new(RehearsalReport {
            ways_down: vec![WayDown {
                version: version("003"),
                name: "003_add_users".to_owned(),
                verdict: WayDownVerdict::LeadsBack,
            }],
            ..RehearsalReport::default()
        }),
        source: Box::new(StepFailure {
            retry: "dieselkit up --rehearse --with-rollback".to_owned(),
            ..failure(Direction::Up, StateLeft::StepRolledBack)
        }),
    }],
    RunError::NoCopy { .. } => [
        RunError::NoCopy {
            source: RestoreError::Backend(BackendError::DatabaseInUse {
                name: "shop".to_owned(),
                sessions: vec!["pid 17, user shop, web".to_owned()],
            }),
        },
    ],
    RunError::CopyLeft { .. } => [RunError::CopyLeft {
        copy: "shop.db.restoring-1a2b3c4d".to_owned(),
        source: RestoreError::File {
            action: "remove",
            path: "shop.db.restoring-1a2b3c4d".into(),
            source: std::io::ErrorKind::PermissionDenied.into(),
        },
    }],
    RunError::RehearsalInterrupted { .. } => [RunError::RehearsalInterrupted {
        report: Box::new(RehearsalReport {
            planned: vec![failure(Direction::Up, StateLeft::NotBegun).step],
            ..RehearsalReport::default()
        }),
    }],
    RunError::NothingToResolve { .. } => [RunError::NothingToResolve {
        name: "003_add_users".to_owned(),
        state: "applied".to_owned(),
    }],
    RunError::NothingToRepair { .. } => [RunError::NothingToRepair {
        name: "003_add_users".to_owned(),
        state: "its SQL is what was applied".to_owned(),
    }],
    RunError::NoReason => [RunError::NoReason],
});
