//! Runs prepared steps to see what they do, and leaves nothing of them: in one transaction that is
//! rolled back, or on a copy that nobody keeps.
//!
//! It writes no row of the history, nor of Diesel's table. What follows from what is seen is for
//! `migration::rehearsal` to say.

mod expect;
mod statement;
mod step;
mod ways_down;

use super::attempt::{Tried, failure_of, learn};
use super::tries::{Tries, wait};
use super::{Connections, Context, Shape};
use crate::backend::Backend;
use crate::backend::error::DatabaseError;
use crate::backend::rehearsal::{AtCommit, Lasting, Look, Reach, Temporary};
use crate::backend::table_lock::Waiting;
use crate::event::Event;
use crate::migration::failure::{StateLeft, StepFailure};
use crate::migration::options::{OnFailure, TransactionMode};
use crate::migration::prepare::{Mode, Step, Work};
use crate::migration::rehearsal::{
    Dependence, Functions, Hold, LeftOut, Parts, RehearsedStep, StepLeftOut, Track, Unseen, WayDown,
};
pub(crate) use ways_down::{Down, Pair};

/// What becomes of what is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kept {
    /// It is rolled back, all at once.
    Nothing,
    /// Each step is committed, on a copy that is dropped afterwards.
    UntilTheEnd,
}

/// How steps are rehearsed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Manner {
    pub(crate) kept: Kept,
    pub(crate) shape: Shape,
    pub(crate) functions: Functions,
}

/// What came of it.
#[derive(Debug, Default)]
pub(crate) struct Rehearsed {
    pub(crate) steps: Vec<RehearsedStep>,
    pub(crate) left_out: Vec<StepLeftOut>,
    pub(crate) holds: Vec<Hold>,
    pub(crate) unseen: Vec<Unseen>,
    pub(crate) ways_down: Vec<WayDown>,
    pub(crate) failures: Vec<StepFailure>,
    pub(crate) interrupted: bool,
}

/// Why a rehearsal is begun anew: a step failed of what others did.
struct Again<'s> {
    step: &'s Step,
    tried: Tried,
    /// How many steps had gone well.
    done: usize,
}

/// Rehearses the steps. What fails of what others do is rolled back, with all that came before it, and
/// all of it is tried again, so that nobody waits during a pause.
pub(crate) fn rehearse(
    backend: &mut dyn Backend,
    context: &Context<'_>,
    pairs: &[Pair],
    manner: Manner,
) -> Result<Rehearsed, DatabaseError> {
    let mut tries = Tries::default();
    loop {
        tries.begin(context.clock.elapsed());
        let again = match try_once(backend, context, pairs, manner)? {
            Ok(rehearsed) => return Ok(rehearsed),
            Err(again) => again,
        };
        let retry = context.discipline.retry;
        let Some(pause) = tries.pause(retry, context.clock.elapsed()) else {
            return Ok(given_up(context, &again, &tries));
        };
        context.tell(&Event::StepRetried {
            step: again.step.notice(),
            tried: tries.count(),
            tries: retry.tries(),
            duration: again.tried.duration,
            pause,
            undone: again.done,
            error: failure_of(again.step, &again.tried).message,
            blocked: (*again.tried.blocked).clone(),
        });
        tries.fail();
        wait(context.clock, context.cancellation, pause);
    }
}

/// Returns what is told where a step fails of what others do, time and again.
fn given_up(context: &Context<'_>, again: &Again<'_>, tries: &Tries) -> Rehearsed {
    let mut failure = failure_of(again.step, &again.tried);
    failure.tries = tries.count();
    failure.state_left = StateLeft::RunRolledBack;
    context.tell(&Event::StepFailed {
        step: again.step.notice(),
        duration: again.tried.duration,
        error: failure.to_string(),
    });
    Rehearsed {
        failures: vec![failure],
        ..Rehearsed::default()
    }
}

fn try_once<'s>(
    backend: &mut dyn Backend,
    context: &Context<'_>,
    pairs: &'s [Pair],
    manner: Manner,
) -> Result<Result<Rehearsed, Again<'s>>, DatabaseError> {
    let everything = backend.look(Look::Everything)?;
    let closed_to = backend.closed_by_a_writer()?;
    if manner.kept == Kept::Nothing {
        backend.begin()?;
    }
    let mut rehearsing = Rehearsing {
        backend,
        context,
        manner,
        closed_to,
        track: Track::of(everything),
        dependence: Dependence::default(),
        temporaries: Vec::new(),
        parts: Parts::default(),
        rehearsed: Rehearsed::default(),
    };
    let ran = rehearsing.go_through(pairs);
    let rehearsed = std::mem::take(&mut rehearsing.rehearsed);
    if manner.kept == Kept::Nothing {
        // A connection that cannot roll back is gone, and the transaction with it, which a step has
        // told of by then.
        let rolled_back = backend.rollback();
        if rehearsed.failures.is_empty() && ran.is_ok() {
            rolled_back?;
        }
    }
    Ok(ran.map(|()| rehearsed))
}

/// A rehearsal that is under way.
struct Rehearsing<'a, 'c> {
    backend: &'a mut dyn Backend,
    context: &'a Context<'c>,
    manner: Manner,
    /// Who waits while a step writes, where the whole database is one lock.
    closed_to: Waiting,
    track: Track,
    dependence: Dependence,
    /// Temporary tables of the steps until now that a commit drops, or empties each time.
    temporaries: Vec<Temporary>,
    /// What schemas are made of, where ways down are run.
    parts: Parts,
    rehearsed: Rehearsed,
}

impl Rehearsing<'_, '_> {
    fn go_through<'s>(&mut self, pairs: &'s [Pair]) -> Result<(), Again<'s>> {
        let has_ways_down = pairs.iter().any(|pair| pair.down.is_some());
        let mut before = Vec::new();
        for pair in pairs {
            if self.is_over() {
                return Ok(());
            }
            if has_ways_down {
                before.push(self.describe());
            }
            self.go_up(&pair.up)?;
        }
        if has_ways_down && self.rehearsed.failures.is_empty() {
            self.go_down_and_up(pairs, before)?;
        }
        Ok(())
    }

    /// Notes that it is to end, where it is.
    fn is_over(&mut self) -> bool {
        self.rehearsed.interrupted |= self.context.cancellation.is_cancelled();
        let has_failed = !self.rehearsed.failures.is_empty();
        let stops = self.manner.shape.failure == OnFailure::Stop;
        self.rehearsed.interrupted || has_failed && stops
    }

    /// Runs a way up, or leaves it out.
    fn go_up<'s>(&mut self, step: &'s Step) -> Result<(), Again<'s>> {
        if let Some(why) = self.why_left_out(step) {
            self.leave_out(step, why);
            return Ok(());
        }
        let holds = self.rehearsed.holds.len();
        let Some(done) = self.run(step)? else {
            return Ok(());
        };
        let longer = done.step.execution_time;
        if self.manner.shape.transaction == TransactionMode::Batch {
            for hold in &mut self.rehearsed.holds[..holds] {
                hold.held += longer;
            }
        }
        self.rehearsed.holds.extend(done.holds);
        self.rehearsed.unseen.extend(done.unseen);
        self.rehearsed.steps.push(done.step);
        Ok(())
    }

    fn leave_out(&mut self, step: &Step, why: LeftOut) {
        let temporary = self.gone_behind(step);
        let left_out = self.dependence.leave_out(step, why, &temporary);
        self.context.tell(&Event::StepLeftOut {
            step: step.notice(),
        });
        self.rehearsed.left_out.push(left_out);
    }

    /// Returns the temporary tables of a step that would be gone with its commit.
    fn gone_behind(&self, step: &Step) -> Vec<String> {
        let Work::Sql(_, script) = &step.work else {
            return Vec::new();
        };
        if self.manner.shape.transaction == TransactionMode::Batch {
            return Vec::new();
        }
        let statements = 0..script.statements().len();
        let made = statements.flat_map(|index| self.backend.temporaries(script, index));
        let gone = made.filter(|temporary| temporary.at_commit == AtCommit::Drop);
        gone.map(|temporary| temporary.name).collect()
    }

    /// Returns why a step, whichever way it goes, cannot be run here.
    fn why_left_out(&self, step: &Step) -> Option<LeftOut> {
        if self.manner.kept == Kept::Nothing && step.mode == Mode::StatementWise {
            return Some(LeftOut::NotInTransaction);
        }
        if matches!(step.work, Work::Rust(_)) && self.manner.functions == Functions::LeftOut {
            return Some(LeftOut::Function);
        }
        let lasting = self.lasting(step).or_else(|| self.own_transaction(step));
        lasting.or_else(|| self.dependence.needs(step))
    }

    /// Returns what a step would leave behind: whatever is outside of the database, beside a copy what
    /// its server's databases share, and in the database itself what no rollback takes back.
    fn lasting(&self, step: &Step) -> Option<LeftOut> {
        let Work::Sql(_, script) = &step.work else {
            return None;
        };
        let done = usize::try_from(step.planned.statements_done).unwrap_or(0);
        let statements = done..script.statements().len();
        let mut lasting = statements.flat_map(|index| self.backend.lasting(script, index));
        lasting.find_map(
            |Lasting { reach, statement }| match (reach, self.manner.kept) {
                (Reach::Outside, _) | (Reach::Beside, Kept::UntilTheEnd) => {
                    Some(LeftOut::OutsideOfTheDatabase { statement })
                }
                (Reach::NotRolledBack, Kept::Nothing) => Some(LeftOut::NotRolledBack { statement }),
                _ => None,
            },
        )
    }

    fn own_transaction(&self, step: &Step) -> Option<LeftOut> {
        let Work::Sql(_, script) = &step.work else {
            return None;
        };
        let is_one_of_many = self.manner.kept == Kept::Nothing;
        let says = is_one_of_many && self.backend.wants_own_transaction(script);
        says.then_some(LeftOut::OwnTransaction)
    }

    /// Returns why a step that failed would not have, with the steps before it committed.
    fn needs_commit(&self, step: &Step, tried: &Tried) -> Option<LeftOut> {
        let error = tried.database()?;
        let is_it =
            self.manner.kept == Kept::Nothing && self.backend.is_of_uncommitted_value(error);
        is_it
            .then(|| self.dependence.needs_commit(step, &error.to_string()))
            .flatten()
    }

    /// Runs a step and tells of it; `None` where it failed, or failed of what is not committed and is left
    /// out, which is noted.
    fn run<'s>(&mut self, step: &'s Step) -> Result<Option<step::Done>, Again<'s>> {
        self.context.tell(&Event::StepStarted {
            step: step.notice(),
        });
        match self.run_step(step) {
            Ok(done) => {
                self.dependence.run(step);
                if self.manner.kept == Kept::Nothing {
                    self.dependence.leave_uncommitted(step);
                }
                self.context.tell(&Event::StepFinished {
                    step: step.notice(),
                    duration: done.step.execution_time,
                });
                Ok(Some(done))
            }
            Err(None) => {
                self.rehearsed.interrupted = true;
                Ok(None)
            }
            Err(Some(tried)) => self.fail(step, tried).map(|()| None),
        }
    }

    fn fail<'s>(&mut self, step: &'s Step, tried: Tried) -> Result<(), Again<'s>> {
        let mut connections = Connections {
            backend: self.backend,
            carrier: None,
        };
        let tried = learn(&mut connections, self.context, step, tried);
        if tried.is_worth_another(step) && self.manner.kept == Kept::Nothing {
            let done = self.rehearsed.steps.len();
            return Err(Again { step, tried, done });
        }
        if let Some(why) = self.needs_commit(step, &tried) {
            self.leave_out(step, why);
            return Ok(());
        }
        let mut failure = failure_of(step, &tried);
        if self.manner.kept == Kept::Nothing && failure.state_left != StateLeft::Unknown {
            failure.state_left = StateLeft::RunRolledBack;
        }
        self.context.tell(&Event::StepFailed {
            step: step.notice(),
            duration: tried.duration,
            error: failure.to_string(),
        });
        self.rehearsed.failures.push(failure);
        Ok(())
    }
}
