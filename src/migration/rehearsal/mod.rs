//! A rehearsal: the steps of a run are run for real, looked at statement by statement, and nothing of
//! them stays.
//!
//! Here is what can be asked of it, what it tells, and what follows from what was seen. How the steps
//! are run is known to the runner.

mod dependence;
mod hold;
mod options;
mod report;
mod schema;
mod track;

pub(crate) use dependence::Dependence;
pub(crate) use hold::{Expected, holds, holds_of_file, holds_of_ranges};
pub(crate) use options::{Functions, WaysDown};
pub use options::{RehearsalOptions, RehearseOn};
pub use report::{
    Difference, Hold, IndexBuilt, LeftOut, LockTaken, NotSeen, RehearsalReport, RehearsedOn,
    RehearsedStatement, RehearsedStep, StepLeftOut, Unseen, WayDown, WayDownVerdict, WhatDiffers,
};
pub(crate) use schema::{Parts, Schema};
pub(crate) use track::{Noticed, Track};
