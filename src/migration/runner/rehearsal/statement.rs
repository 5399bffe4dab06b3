//! One statement of a step, or its function, and what is seen of it.

use super::Rehearsing;
use super::step::{Stop, UnderWay};
use crate::backend::error::DatabaseError;
use crate::backend::rehearsal::{Look, Seen};
use crate::backend::watch;
use crate::backend::{ScriptError, run_counted};
use crate::event::Event;
use crate::migration::model::SqlText;
use crate::migration::place::Place;
use crate::migration::prepare::{Mode, Step};
use crate::migration::rehearsal::{Noticed, RehearsedStatement};
use crate::migration::runner::step_error::StepError;
use crate::migration::rust::RustBody;
use crate::sql::Script;
use crate::sql::effect::{EffectKind, Verb};

impl Rehearsing<'_, '_> {
    /// Runs a statement, and looks at what it did.
    pub(super) fn run_statement(
        &mut self,
        under_way: &mut UnderWay<'_>,
        (text, script): (&SqlText, &Script),
        index: usize,
    ) -> Result<(), Stop> {
        if self.context.cancellation.is_cancelled() {
            return Err(Stop::Cancelled);
        }
        let place = Place::of_statement(text, script, index);
        self.expect(under_way, script, (index, &place))?;
        let begun_by = script.open_transaction(index);
        under_way.join_transaction(begun_by.map(|begin| index - begin));
        let limits = self.context.discipline.limits(under_way.step.limits);
        let patience = watch::patience(limits.lock_timeout);
        self.context.watch.borrow_mut().begin(patience);
        let began = self.context.clock.elapsed();
        let ran: Result<Option<u64>, ScriptError> = run_counted(self.backend, script, index);
        let took = self.context.clock.elapsed().saturating_sub(began);
        under_way.blocked = self.context.watch.borrow_mut().end();
        under_way.took += took;
        let rows = ran.map_err(StepError::Script)?;
        let mut noticed = self.look(under_way.step, empties(script, index))?;
        let rewritten = self.backend.rewritten_in_place(script, index);
        noticed.rewritten.extend(rewritten);
        under_way.statements.push(RehearsedStatement {
            place: Some(place),
            statement: script.summary(index),
            execution_time: took,
            rows,
            locks: noticed.locks,
            rewritten: noticed.rewritten,
            indexes_built: noticed.built,
        });
        self.context.tell(&Event::StatementFinished {
            version: under_way.step.planned.version.clone(),
            done: index + 1,
            total: script.statements().len(),
        });
        Ok(())
    }

    /// Calls a function, and looks at what it did as a whole.
    pub(super) fn call(
        &mut self,
        under_way: &mut UnderWay<'_>,
        body: &RustBody,
    ) -> Result<(), Stop> {
        self.expect_anything(under_way);
        under_way.join_transaction(None);
        let began = self.context.clock.elapsed();
        let called = body.call(self.backend.as_any_mut());
        let took = self.context.clock.elapsed().saturating_sub(began);
        under_way.took += took;
        called.map_err(StepError::Rust)?;
        let noticed = self.look(under_way.step, false)?;
        under_way.statements.push(RehearsedStatement {
            place: None,
            statement: "a function".to_owned(),
            execution_time: took,
            rows: None,
            locks: noticed.locks,
            rewritten: noticed.rewritten,
            indexes_built: noticed.built,
        });
        Ok(())
    }

    /// Looks at what is new, behind what empties a table or does not.
    fn look(&mut self, step: &Step, empties: bool) -> Result<Noticed, StepError> {
        let looked = match step.mode {
            Mode::Transactional if self.backend.locks_tables() => self.look_at_new(),
            _ => {
                let look = self.backend.look(Look::Everything);
                look.inspect(|seen| self.track.mark_gone(seen))
            }
        };
        let seen = looked.map_err(StepError::Bookkeeping)?;
        let mut noticed = self.track.notice(seen, empties);
        if step.mode == Mode::StatementWise {
            // What is seen is what is held beside a statement that is over: its words tell.
            noticed.locks.clear();
        }
        Ok(noticed)
    }

    /// Looks at what is locked anew, or changed: whatever else is locked is not read once more.
    fn look_at_new(&mut self) -> Result<Vec<Seen>, DatabaseError> {
        let locked = self.backend.locked()?;
        let new = self.track.new_of(locked);
        if new.is_empty() {
            return Ok(Vec::new());
        }
        self.backend.look(Look::These(&new))
    }
}

/// Returns whether a statement empties a table, which then has new storage with nothing in it.
fn empties(script: &Script, index: usize) -> bool {
    let is_truncate = |kind: &EffectKind| match kind {
        EffectKind::Write(written) => written.verb == Verb::Truncate,
        _ => false,
    };
    let effects = script.effects(index);
    effects.iter().any(|effect| is_truncate(&effect.kind))
}
