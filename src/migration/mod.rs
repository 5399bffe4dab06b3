//! Migrations: their files, the plan, and running it.
//!
//! The flow is `MigrationSet + ledger → survey → plan → prepared steps → runner → history`. Survey
//! and plan are pure; the plan that is shown is the plan that is run.

mod asked;
mod check;
mod directive;
mod discipline;
mod error;
#[cfg(test)]
mod examples;
mod failure;
mod for_diesel;
mod limited;
mod loss;
mod migrator;
mod model;
mod options;
mod pending;
mod place;
mod plan;
mod prepare;
mod privileges;
mod refusal;
mod rehearsal;
mod report;
mod retry;
mod runner;
mod rust;
mod scaffold;
mod set;
mod source;
mod status;
mod template;

pub use crate::backend::limits::{Limit, Limits};
pub use crate::backend::table_lock::{TableLock, Waiting};
pub use crate::operation::{LockHeld, SafetyCopy, SafetyCopyError};
pub use check::{CheckReport, Finding, FindingKind, Scope, Weight, check_files};
pub use error::{PlanError, PrepareError, RunError, ScaffoldError, SourceError};
pub use failure::{StateLeft, StepFailure, Unplaced};
pub(crate) use loss::{Fate, TableCopy, rebuilt};
pub use migrator::{Migrator, Resolution};
pub(crate) use model::{Body, SqlText};
pub use model::{ForeignKeys, Irreversible, KeptBy, Migration, Settings};
pub use options::{
    BaselineOptions, CopyBefore, GotoOptions, OutOfOrder, RedoOptions, RollbackOptions,
    TransactionMode, UpOptions,
};
pub(crate) use pending::pending;
pub use place::Place;
pub use plan::{Plan, PlannedStep};
pub(crate) use privileges::Foreseen;
pub use rehearsal::{
    Difference, Hold, IndexBuilt, LeftOut, LockTaken, NotSeen, RehearsalOptions, RehearsalReport,
    RehearseOn, RehearsedOn, RehearsedStatement, RehearsedStep, StepLeftOut, Unseen, WayDown,
    WayDownVerdict, WhatDiffers,
};
pub use report::{
    Builds, CopyMade, Delays, LeftoverDropped, LeftoverKept, NeedlesslyConcurrent, ResetReport,
    Retried, RunReport, StatementSql, StepReport, StepSql, TakenOver, Waited,
};
pub(crate) use report::{rfc3339, whole_ms};
pub use retry::Retry;
#[cfg(test)]
pub(crate) use runner::{RoomError, StepError};
pub use rust::{RustMigration, RustResult};
pub(crate) use scaffold::{Claim, snake_case, write_new};
pub use scaffold::{Layout, NewMigration, Numbering, Scaffolded, scaffold};
pub use set::MigrationSet;
pub use status::{Mark, State, StatusEntry, StatusReport, Totals};
