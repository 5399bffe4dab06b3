//! One step of a rehearsal, with all that is around its statements.

use std::ops::Range;
use std::time::Duration;

use super::{Kept, Rehearsing};
use crate::backend::error::DatabaseError;
use crate::backend::query::Query;
use crate::backend::rehearsal::AtCommit;
use crate::event::Blocked;
use crate::migration::model::ForeignKeys;
use crate::migration::options::TransactionMode;
use crate::migration::prepare::{Mode, Step, Work};
use crate::migration::rehearsal::{
    Expected, Hold, RehearsedStatement, RehearsedStep, Unseen, holds, holds_of_file,
    holds_of_ranges,
};
use crate::migration::runner::attempt::Tried;
use crate::migration::runner::step_error::StepError;
use crate::operation::Remembered;

/// A step that went well.
pub(super) struct Done {
    pub(super) step: RehearsedStep,
    pub(super) holds: Vec<Hold>,
    pub(super) unseen: Vec<Unseen>,
}

/// Why a step did not go well.
pub(super) enum Stop {
    /// It is asked to end.
    Cancelled,
    /// It failed.
    Failed(StepError),
}

impl From<StepError> for Stop {
    fn from(error: StepError) -> Self {
        Self::Failed(error)
    }
}

/// What is known of a step that is under way.
pub(super) struct UnderWay<'s> {
    pub(super) step: &'s Step,
    pub(super) statements: Vec<RehearsedStatement>,
    pub(super) expected: Vec<Expected>,
    /// Where nobody knows what is locked.
    pub(super) unseen: Vec<Unseen>,
    /// Which statements are one transaction, where the step is none.
    transactions: Vec<Range<usize>>,
    /// How long its statements, and what is checked at its end, took until now.
    pub(super) took: Duration,
    /// Who was seen in its way last.
    pub(super) blocked: Blocked,
}

impl UnderWay<'_> {
    /// Notes that the next statement is in the transaction that was begun so many statements before, or
    /// begins another. What has begun it may be the end of one, and is not in it.
    pub(super) fn join_transaction(&mut self, begun_before: Option<usize>) {
        let next = self.statements.len();
        let begun_at = begun_before.and_then(|before| next.checked_sub(before));
        let last = self.transactions.last_mut();
        let open = last
            .filter(|open| begun_at.is_some_and(|begin| [begin, begin + 1].contains(&open.start)));
        match open {
            Some(open) => open.end = next + 1,
            None => self.transactions.push(next..next + 1),
        }
    }
}

impl Rehearsing<'_, '_> {
    /// Runs a step; of one that fails nothing is left in a transaction. Without an error it was asked
    /// to end.
    pub(super) fn run_step(&mut self, step: &Step) -> Result<Done, Option<Tried>> {
        let mut under_way = UnderWay {
            step,
            statements: Vec::new(),
            expected: Vec::new(),
            unseen: Vec::new(),
            transactions: Vec::new(),
            took: Duration::ZERO,
            blocked: Blocked::default(),
        };
        self.track.begin_step();
        let ran = self.run_around(&mut under_way);
        if self.manner.kept == Kept::UntilTheEnd {
            self.track.end_transaction();
        }
        match ran {
            Ok(()) => Ok(self.conclude(under_way)),
            Err(reason) => {
                self.track.undo_step();
                Err(match reason {
                    Stop::Cancelled => None,
                    // Its statement was ended.
                    Stop::Failed(_) if self.context.cancellation.is_cancelled() => None,
                    Stop::Failed(error) => {
                        Some(Tried::after(under_way.took, error, under_way.blocked))
                    }
                })
            }
        }
    }

    /// Runs a step with foreign keys as it wants them.
    fn run_around(&mut self, under_way: &mut UnderWay<'_>) -> Result<(), Stop> {
        let off = under_way.step.foreign_keys == ForeignKeys::Off;
        let suspended = if off {
            let suspended = self.backend.suspend_foreign_keys();
            suspended.map_err(StepError::Lock)?
        } else {
            None
        };
        let ran = self.run_whole(under_way, suspended.is_some());
        let back = suspended.map_or(Ok(0), |back| self.backend.execute(&back));
        ran?;
        back.map_err(StepError::Session)?;
        Ok(())
    }

    fn run_whole(
        &mut self,
        under_way: &mut UnderWay<'_>,
        checks_foreign_keys: bool,
    ) -> Result<(), Stop> {
        let backend = &mut *self.backend;
        backend
            .prove_lock(self.context.lock)
            .map_err(StepError::Lock)?;
        let script = match &under_way.step.work {
            Work::Sql(_, script) => Some(script),
            Work::Rust(_) => None,
        };
        let remembered = Remembered::of(backend, script).map_err(StepError::Begin)?;
        let in_one = under_way.step.mode == Mode::Transactional;
        if in_one {
            backend.begin().map_err(StepError::Begin)?;
        }
        let ran = self.run_body(under_way);
        let ran = ran.and_then(|()| self.end_body(under_way, &remembered, checks_foreign_keys));
        let ended = match (ran, in_one) {
            (Ok(()), true) => self.end_transaction(under_way),
            (Err(stop), true) => {
                // The first error is the one worth telling.
                let _ = self.backend.rollback();
                Err(stop)
            }
            (Err(stop), false) => {
                // Outside of a transaction this does nothing.
                let _ = self.backend.batch_execute("ROLLBACK");
                Err(stop)
            }
            (Ok(()), false) => Ok(()),
        };
        if ended.is_err() {
            let _ = remembered.put_back(self.backend);
        }
        ended
    }

    fn run_body(&mut self, under_way: &mut UnderWay<'_>) -> Result<(), Stop> {
        let step = under_way.step;
        if step.mode == Mode::Transactional {
            let limits = self.context.discipline.limits(step.limits);
            let limited = self.backend.limit_transaction(limits);
            limited.map_err(StepError::Session)?;
        }
        match &step.work {
            Work::Sql(text, script) => {
                let done = usize::try_from(step.planned.statements_done).unwrap_or(0);
                for index in done..script.statements().len() {
                    self.run_statement(under_way, (text, script), index)?;
                }
                Ok(())
            }
            Work::Rust(body) => self.call(under_way, body),
        }
    }

    /// Checks what is only checked at the end, and puts the session back.
    fn end_body(
        &mut self,
        under_way: &mut UnderWay<'_>,
        remembered: &Remembered,
        checks_foreign_keys: bool,
    ) -> Result<(), Stop> {
        let began = self.context.clock.elapsed();
        if checks_foreign_keys {
            let broken = self
                .backend
                .broken_foreign_keys()
                .map_err(StepError::Lock)?;
            if !broken.is_empty() {
                return Err(StepError::ForeignKeys(broken).into());
            }
        }
        if self.manner.kept == Kept::Nothing {
            self.do_put_off(under_way.step).map_err(StepError::Commit)?;
        }
        under_way.took += self.context.clock.elapsed().saturating_sub(began);
        remembered
            .put_back(self.backend)
            .map_err(StepError::Session)?;
        let put_back = self.context.session.after_body.as_ref();
        put_back.map_or(Ok(()), |query| self.put_back(query))?;
        Ok(())
    }

    /// Does what the commit of a step would do, which does not come before the next one.
    fn do_put_off(&mut self, step: &Step) -> Result<(), DatabaseError> {
        let script = match &step.work {
            Work::Sql(_, script) => Some(script),
            Work::Rust(_) => None,
        };
        self.backend.fire_deferred(script)?;
        if self.manner.shape.transaction == TransactionMode::Batch {
            return Ok(());
        }
        if let Some(script) = script {
            let statements = 0..script.statements().len();
            let made = statements.flat_map(|index| self.backend.temporaries(script, index));
            self.temporaries.extend(made);
        }
        self.backend.end_temporaries(&self.temporaries)?;
        self.temporaries
            .retain(|temporary| temporary.at_commit == AtCommit::Empty);
        Ok(())
    }

    fn put_back(&mut self, query: &Query) -> Result<(), StepError> {
        let back: Result<(), DatabaseError> = self.backend.load(query).map(drop);
        back.map_err(StepError::Session)
    }

    fn end_transaction(&mut self, under_way: &mut UnderWay<'_>) -> Result<(), Stop> {
        let began = self.context.clock.elapsed();
        let committed = self.backend.commit();
        under_way.took += self.context.clock.elapsed().saturating_sub(began);
        committed.map_err(|error| {
            // A commit that failed may have left its transaction open.
            if self.manner.kept == Kept::UntilTheEnd {
                let _ = self.backend.batch_execute("ROLLBACK");
            }
            StepError::Commit(error).into()
        })
    }

    fn conclude(&self, under_way: UnderWay<'_>) -> Done {
        let planned = &under_way.step.planned;
        let step = RehearsedStep {
            version: planned.version.clone(),
            name: planned.name.clone(),
            direction: planned.direction,
            execution_time: under_way.took,
            statements: under_way.statements,
        };
        let holds = match under_way.step.mode {
            mode if !self.backend.locks_tables() => holds_of_file(&step, mode, self.closed_to),
            Mode::Transactional => holds(&step, &under_way.expected),
            Mode::StatementWise => {
                holds_of_ranges(&step, &under_way.expected, &under_way.transactions)
            }
        };
        Done {
            step,
            holds,
            unseen: under_way.unseen,
        }
    }
}
