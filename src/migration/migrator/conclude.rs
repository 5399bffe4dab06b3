//! What a run's outcome means: a report, or an error that says how to try again.
//!
//! Pure.

use std::collections::BTreeSet;

use crate::event::Direction;
use crate::migration::asked::{self, Asked};
use crate::migration::error::RunError;
use crate::migration::failure::{StateLeft, StepFailure};
use crate::migration::options::OutOfOrder;
use crate::migration::prepare::Step;
use crate::migration::report::{RunReport, StepReport};
use crate::migration::runner::Outcome;
use crate::migration::status::StatusReport;
use crate::version::Version;

/// A run as it was asked for and planned.
pub(super) struct Planned<'a> {
    pub(super) asked: &'a Asked,
    /// How everything stood before it.
    pub(super) status: &'a StatusReport,
    pub(super) steps: &'a [Step],
}

impl Planned<'_> {
    /// Returns the report with what the outcome adds to it, or the error that it amounts to.
    pub(super) fn conclude(
        &self,
        mut report: RunReport,
        outcome: Outcome,
    ) -> Result<RunReport, RunError> {
        let retry = |failure| self.with_retry(failure, &outcome.done, &outcome.failures);
        let lost = outcome.lost.clone();
        let lost = lost.map(|(steps, source)| (steps, Box::new(retry(*source))));
        report.failures = outcome.failures.iter().cloned().map(retry).collect();
        report.done = outcome.done;
        report.undone = outcome.undone;
        let joins = |step: &StepReport| self.joins_the_batch(step);
        report.batch = report.batch.filter(|_| report.done.iter().any(joins));
        report.interrupted = outcome.interrupted;
        let report = Box::new(report);
        if let Some((steps, source)) = lost {
            return Err(RunError::Commit {
                steps,
                report,
                source,
            });
        }
        if let Some(first) = report.failures.first().cloned() {
            let source = Box::new(first);
            return Err(RunError::Failed { report, source });
        }
        if report.interrupted {
            return Err(RunError::Interrupted { report });
        }
        Ok(*report)
    }

    /// Returns whether a step belongs to the batch of this run: what is applied again keeps its own.
    fn joins_the_batch(&self, done: &StepReport) -> bool {
        let is_same = |step: &&Step| step.planned.version == done.version && step.planned.again;
        done.direction == Direction::Up && !self.steps.iter().any(|step| is_same(&step))
    }

    fn with_retry(
        &self,
        failure: StepFailure,
        done: &[StepReport],
        failures: &[StepFailure],
    ) -> StepFailure {
        let late = self.late(done, failures);
        let whole = failure.state_left == StateLeft::RunRolledBack;
        let retry = match (self.asked, failure.step.direction) {
            // What a part of a redo has left is to be finished, not to be redone.
            (Asked::Redo(_), Direction::Up) if !whole => asked::plain_up(late),
            (Asked::Redo(_), Direction::Down) if !whole => "dieselkit rollback".to_owned(),
            (asked, _) => asked.rest(done.len(), late),
        };
        StepFailure { retry, ..failure }
    }

    /// Returns whether something that is left to apply is older than what is applied now.
    fn late(&self, done: &[StepReport], failures: &[StepFailure]) -> OutOfOrder {
        let newest = self.applied_after(done).into_iter().next_back();
        let is_done = |step: &Step| {
            done.iter()
                .any(|done| done.version == step.planned.version && done.direction == Direction::Up)
        };
        let has_begun = |step: &Step| {
            failures.iter().any(|failure| {
                failure.step.version == step.planned.version
                    && matches!(
                        failure.state_left,
                        StateLeft::HalfWay { .. } | StateLeft::StatementHalfWay { done: 1.., .. }
                    )
            })
        };
        let is_late = |step: &Step| {
            step.planned.direction == Direction::Up
                && !step.planned.again
                && newest.is_some_and(|newest| step.planned.version < *newest)
                && step.planned.statements_done == 0
        };
        let left = self.steps.iter().filter(|step| !is_done(step));
        if left.filter(|step| !has_begun(step)).any(is_late) {
            OutOfOrder::Allow
        } else {
            OutOfOrder::Refuse
        }
    }

    fn applied_after<'s>(&'s self, done: &'s [StepReport]) -> BTreeSet<&'s Version> {
        let applied = self.status.migrations.iter();
        let mut applied: BTreeSet<_> = applied
            .filter(|entry| entry.is_applied())
            .map(|entry| &entry.version)
            .collect();
        for step in done {
            match step.direction {
                Direction::Up => applied.insert(&step.version),
                Direction::Down => applied.remove(&step.version),
            };
        }
        if let Asked::Goto(options) = self.asked {
            applied.retain(|version| **version <= options.version);
        }
        applied
    }
}
