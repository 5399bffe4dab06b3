//! The verb that runs what is pending, looks at what it does, and leaves nothing of it.
//!
//! What is looked at, and what follows from it, is known to `rehearsal` and the runner.

use std::cell::RefCell;

use super::Migrator;
use super::locked::refuse_in_batch;
use crate::backend::Backend;
use crate::backend::address::DatabaseAddress;
use crate::backend::error::BackendError;
use crate::backend::error::During as _;
use crate::backend::scratch::Scratch;
use crate::backend::tables::Tables;
use crate::backend::watch::Watch;
use crate::event::{Event, StepNotice};
use crate::history;
use crate::migration::asked;
use crate::migration::discipline::Discipline;
use crate::migration::error::RunError;
use crate::migration::failure::StepFailure;
use crate::migration::plan::{self, Plan};
use crate::migration::prepare::{Step, prepare};
use crate::migration::privileges::lacking;
use crate::migration::rehearsal::{
    RehearsalOptions, RehearsalReport, RehearseOn, RehearsedOn, WaysDown,
};
use crate::migration::report::Delays;
use crate::migration::runner::rehearsal::{self, Down, Kept, Manner, Pair};
use crate::migration::runner::{Context, Shape};
use crate::migration::set::MigrationSet;
use crate::migration::status::{StatusReport, survey};
use crate::operation::{HeldForNothing, refuse_lack};

impl Migrator {
    /// Runs what `up` would run, tells of each statement how long it took, what it locked, rewrote and
    /// built, and for how long others would have waited, and leaves nothing of it: all of it is one
    /// transaction, which is rolled back. Steps that cannot be in one are left out, with what needs
    /// them, and so are functions, unless they are asked for.
    ///
    /// Nothing is written into the history, nor into Diesel's table. What no rollback takes back stays:
    /// numbers that were drawn from a sequence are not drawn again, and rows that were written leave
    /// their room for a vacuum. Whoever else is at work in the database waits for the locks of all steps
    /// together, until the end.
    ///
    /// # Errors
    /// `RunError::Rehearsal` where a step failed and `RunError::RehearsalInterrupted`, with what was
    /// found until then; else whatever keeps `up` from running.
    pub fn rehearse(
        &mut self,
        options: impl Into<RehearsalOptions>,
    ) -> Result<RehearsalReport, RunError> {
        let options = options.into();
        self.refuse_problems()?;
        if !self.database.backend()?.locks_tables() {
            return self.rehearse_on_its_copy(&options);
        }
        let rehearsal = Rehearsal {
            set: &self.set,
            discipline: &self.discipline,
            options: &options,
            on: RehearsedOn::Database,
            approved: self.approved.take(),
            address: self.database.address().cloned(),
        };
        let rehearsed = self
            .caller
            .under_lock_writing_nothing(&mut self.database, |backend, held| {
                rehearsal.run(backend, &held)
            });
        let make_plan = |status: &StatusReport| plan::up(status, &options.up);
        rehearsed.map_err(|error| self.with_all_that_lacks(error, make_plan))
    }

    /// Does the same in a database that is a copy and is dropped afterwards: each step is committed, so
    /// that those run, too, that cannot be in a transaction.
    ///
    /// # Errors
    /// As [`Migrator::rehearse`].
    pub fn rehearse_in_copy(
        &mut self,
        options: impl Into<RehearsalOptions>,
        of: RehearsedOn,
    ) -> Result<RehearsalReport, RunError> {
        let options = options.into();
        self.refuse_problems()?;
        let rehearsal = Rehearsal {
            set: &self.set,
            discipline: &self.discipline,
            options: &options,
            on: of,
            approved: self.approved.take(),
            address: self.database.address().cloned(),
        };
        self.caller.on_copy(&mut self.database, |backend, held| {
            rehearsal.run(backend, &held)
        })
    }

    /// Makes a copy, rehearses there, and drops it.
    fn rehearse_on_its_copy(
        &mut self,
        options: &RehearsalOptions,
    ) -> Result<RehearsalReport, RunError> {
        let address = self.database.address().cloned();
        let address = address.ok_or(BackendError::NotByAddress)?;
        let patience = self.caller.lock_wait();
        let scratch = Scratch::copy_of(&address, patience, &self.caller.cancellation);
        let scratch = scratch.map_err(|source| RunError::NoCopy { source })?;
        let original = std::mem::replace(&mut self.database, scratch.connect()?);
        let ran = self.rehearse_in_copy(options.clone(), RehearsedOn::Copy);
        drop(std::mem::replace(&mut self.database, original));
        let left = scratch.address().to_string();
        let removed = scratch.remove();
        let report = ran?;
        removed.map_err(|source| RunError::CopyLeft { copy: left, source })?;
        Ok(report)
    }
}

/// A rehearsal before it begins.
struct Rehearsal<'a> {
    set: &'a MigrationSet,
    discipline: &'a Discipline,
    options: &'a RehearsalOptions,
    on: RehearsedOn,
    approved: Option<Vec<StepNotice>>,
    /// Where the database is, if it was reached by an address.
    address: Option<DatabaseAddress>,
}

impl Rehearsal<'_> {
    /// Plans, prepares and runs, and reports what was seen.
    fn run(
        &self,
        backend: &mut dyn Backend,
        held: &HeldForNothing<'_, '_>,
    ) -> Result<RehearsalReport, RunError> {
        let tables = &held.locked.tables;
        let ledger = history::load_ledger(backend, tables)?;
        let status = survey(self.set, &ledger, backend.dialect());
        let plan = plan::up(&status, &self.options.up)?;
        let pairs = self.pairs(backend, tables, &plan)?;
        let planned: Vec<StepNotice> = pairs.iter().map(|pair| pair.up.notice()).collect();
        if self.approved.as_ref().is_some_and(|it| *it != planned) {
            return Err(RunError::PlanChanged);
        }
        tell(
            held,
            &Event::PlanReady {
                steps: planned.clone(),
                losses: Vec::new(),
                agreed: true,
            },
        );
        let report = RehearsalReport {
            on: self.on.clone(),
            planned,
            ..RehearsalReport::default()
        };
        if pairs.is_empty() {
            return Ok(report);
        }
        let report = self.rehearse(backend, held, &pairs, report)?;
        self.conclude(report)
    }

    fn rehearse(
        &self,
        backend: &mut dyn Backend,
        held: &HeldForNothing<'_, '_>,
        pairs: &[Pair],
        report: RehearsalReport,
    ) -> Result<RehearsalReport, RunError> {
        let mut delays = Delays::default();
        let mut forward = |event: &Event| {
            delays.note(event);
            tell(held, event);
        };
        let locked = held.locked;
        let watch = Watch::of(locked.lock, self.address.as_ref());
        let context = Context {
            tables: &locked.tables,
            lock: locked.lock,
            session: locked.session,
            clock: held.setup.clock,
            identity: held.identity,
            discipline: self.discipline,
            watch: RefCell::new(watch.ending_statements_at(held.setup.cancellation)),
            batch: 0,
            route: None,
            backup: None,
            observer: RefCell::new(&mut forward),
            cancellation: held.setup.cancellation,
        };
        let rehearsed = rehearsal::rehearse(backend, &context, pairs, self.manner());
        let rehearsed = rehearsed.during("rehearse")?;
        Ok(RehearsalReport {
            steps: rehearsed.steps,
            left_out: rehearsed.left_out,
            holds: rehearsed.holds,
            unseen: rehearsed.unseen,
            ways_down: rehearsed.ways_down,
            failures: rehearsed.failures,
            interrupted: rehearsed.interrupted,
            delays,
            ..report
        })
    }

    fn manner(&self) -> Manner {
        Manner {
            kept: match self.on {
                RehearsedOn::Database => Kept::Nothing,
                RehearsedOn::Copy | RehearsedOn::Backup { .. } => Kept::UntilTheEnd,
            },
            shape: Shape {
                transaction: self.options.up.transaction,
                failure: self.options.up.failure,
            },
            functions: self.options.functions,
        }
    }

    /// Prepares the steps, and their ways down where those are asked for.
    fn pairs(
        &self,
        backend: &mut dyn Backend,
        tables: &Tables,
        plan: &Plan,
    ) -> Result<Vec<Pair>, RunError> {
        let steps = prepare(backend, tables, self.set, plan)?;
        refuse_in_batch(&steps, self.options.up.transaction)?;
        refuse_lack(lacking(backend, tables, &steps)?)?;
        let pair = |up: Step| {
            let down = match self.options.ways_down {
                WaysDown::LeftOut => None,
                WaysDown::Run => Some(self.way_down(backend, tables, &up)?),
            };
            Ok(Pair { up, down })
        };
        steps.into_iter().map(pair).collect()
    }

    fn way_down(
        &self,
        backend: &mut dyn Backend,
        tables: &Tables,
        up: &Step,
    ) -> Result<Down, RunError> {
        let file = self.set.get(&up.planned.version);
        let dialect = backend.dialect();
        if up.planned.again || file.is_none_or(|file| file.is_irreversible(dialect)) {
            return Ok(Down::Irreversible);
        }
        let plan = Plan {
            steps: vec![plan::way_down_of(&up.planned)],
        };
        let mut steps = prepare(backend, tables, self.set, &plan)?;
        Ok(steps
            .pop()
            .map_or(Down::Irreversible, |step| Down::Runs(Box::new(step))))
    }

    fn conclude(&self, mut report: RehearsalReport) -> Result<RehearsalReport, RunError> {
        let on = match self.on {
            RehearsedOn::Database => RehearseOn::Database,
            RehearsedOn::Copy | RehearsedOn::Backup { .. } => RehearseOn::Copy,
        };
        let retry = asked::rehearsal(self.options, on);
        for failure in &mut report.failures {
            failure.retry.clone_from(&retry);
        }
        let report = Box::new(report);
        if report.interrupted {
            return Err(RunError::RehearsalInterrupted { report });
        }
        if let Some(first) = report.failures.first().cloned() {
            let source: Box<StepFailure> = Box::new(first);
            return Err(RunError::Rehearsal { report, source });
        }
        Ok(*report)
    }
}

fn tell(held: &HeldForNothing<'_, '_>, event: &Event) {
    held.setup.observer.borrow_mut().observe(event);
}
