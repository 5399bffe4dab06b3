//! The verbs that run migrations, and their dry runs.
//!
//! Which steps those are is for `plan` to say, and what a lock guards, for `locked`.

use super::Migrator;
use crate::migration::asked::Asked;
use crate::migration::error::RunError;
use crate::migration::options::{
    GotoOptions, OnFailure, RedoOptions, RollbackOptions, TransactionMode, UpOptions,
};
use crate::migration::plan;
use crate::migration::prepare::{Mode, Step};
use crate::migration::report::{RunReport, StepSql};
use crate::migration::runner::Shape;

impl Migrator {
    /// Applies what is pending.
    ///
    /// # Errors
    /// `RunError`; its [`RunError::report`] says what was done before, everything else ran nothing.
    pub fn up(&mut self, options: &UpOptions) -> Result<RunReport, RunError> {
        let shape = Shape {
            transaction: options.transaction,
            failure: options.failure,
        };
        let asked = Asked::Up(options.clone());
        self.run(&asked, shape, |status| plan::up(status, options))
    }

    /// Returns what `up` would run, with its SQL, writing nothing.
    ///
    /// # Errors
    /// Whatever keeps `up` from running: `RunError::Plan`, `RunError::Prepare`.
    pub fn plan_up(&mut self, options: &UpOptions) -> Result<Vec<StepSql>, RunError> {
        self.dry_run(options.transaction, |status| plan::up(status, options))
    }

    /// Rolls back.
    ///
    /// # Errors
    /// `RunError`; its [`RunError::report`] says what was done before, everything else ran nothing.
    pub fn rollback(&mut self, options: impl Into<RollbackOptions>) -> Result<RunReport, RunError> {
        let options = options.into();
        let asked = Asked::Rollback(options.target.clone());
        self.run(&asked, Shape::default(), |status| {
            plan::rollback(status, &options.target)
        })
    }

    /// Returns what `rollback` would run, with its SQL, writing nothing.
    ///
    /// # Errors
    /// Whatever keeps `rollback` from running: `RunError::Plan`, `RunError::Prepare`.
    pub fn plan_rollback(
        &mut self,
        options: impl Into<RollbackOptions>,
    ) -> Result<Vec<StepSql>, RunError> {
        let options = options.into();
        self.dry_run(TransactionMode::Each, |status| {
            plan::rollback(status, &options.target)
        })
    }

    /// Rolls back and applies again, all or nothing where every step can be in a transaction.
    ///
    /// # Errors
    /// `RunError`; its [`RunError::report`] says what was done before, everything else ran nothing.
    pub fn redo(&mut self, options: impl Into<RedoOptions>) -> Result<RunReport, RunError> {
        let options = options.into();
        self.run_with(
            &Asked::Redo(options.target.clone()),
            |steps| Shape {
                transaction: batch_if_possible(steps),
                failure: OnFailure::Stop,
            },
            |status| plan::redo(status, &options.target),
        )
    }

    /// Returns what `redo` would run, with its SQL, writing nothing.
    ///
    /// # Errors
    /// Whatever keeps `redo` from running: `RunError::Plan`, `RunError::Prepare`.
    pub fn plan_redo(&mut self, options: impl Into<RedoOptions>) -> Result<Vec<StepSql>, RunError> {
        let options = options.into();
        self.dry_run(TransactionMode::Each, |status| {
            plan::redo(status, &options.target)
        })
    }

    /// Goes up or down to exactly one version.
    ///
    /// # Errors
    /// `RunError`; its [`RunError::report`] says what was done before, everything else ran nothing.
    pub fn goto(&mut self, options: &GotoOptions) -> Result<RunReport, RunError> {
        let shape = Shape {
            transaction: options.transaction,
            failure: OnFailure::Stop,
        };
        let asked = Asked::Goto(options.clone());
        self.run(&asked, shape, |status| plan::goto(status, options))
    }

    /// Returns what `goto` would run, with its SQL, writing nothing.
    ///
    /// # Errors
    /// Whatever keeps `goto` from running: `RunError::Plan`, `RunError::Prepare`.
    pub fn plan_goto(&mut self, options: &GotoOptions) -> Result<Vec<StepSql>, RunError> {
        self.dry_run(options.transaction, |status| plan::goto(status, options))
    }
}

fn batch_if_possible(steps: &[Step]) -> TransactionMode {
    if steps.iter().all(|step| step.mode == Mode::Transactional) {
        TransactionMode::Batch
    } else {
        TransactionMode::Each
    }
}
