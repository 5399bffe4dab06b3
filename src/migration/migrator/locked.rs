//! What a writing verb does while it holds the lock.
//!
//! How the lock is taken, and steps are run, is known to the runner.

use std::cell::RefCell;

use super::conclude::Planned;
use super::{COUNTING, Safety};
use crate::backend::Backend;
use crate::backend::address::DatabaseAddress;
use crate::backend::error::{BackendError, During as _};
use crate::backend::watch::Watch;
use crate::event::{Event, StepNotice};
use crate::history::{self, Ledger, NewAttempt, Reconciled};
use crate::migration::asked::Asked;
use crate::migration::discipline::Discipline;
use crate::migration::error::{PlanError, RunError};
use crate::migration::loss::losses;
use crate::migration::options::TransactionMode;
use crate::migration::plan::Plan;
use crate::migration::prepare::{Mode, Step, prepare};
use crate::migration::privileges::lacking;
use crate::migration::report::{Builds, Delays, RunReport};
use crate::migration::runner::{self, Connections, Context, Outcome, Shape};
use crate::migration::set::MigrationSet;
use crate::migration::status::{Mark, StatusReport, survey};
use crate::operation::{Held, Route, answers, refuse_lack};
use crate::version::Version;

/// A writing verb, under the lock.
pub(super) struct Run<'a, 's> {
    pub(super) set: &'a MigrationSet,
    pub(super) held: Held<'a, 's>,
    pub(super) approved: Option<Vec<StepNotice>>,
    /// Who makes a copy of the database first, where somebody does.
    pub(super) safety: Option<&'a mut Safety>,
    pub(super) discipline: &'a Discipline,
    /// Where the database is, if it was reached by an address.
    pub(super) address: Option<&'a DatabaseAddress>,
    /// Through what transactions go, where not through the connection that holds the lock.
    pub(super) carrier: Option<(&'a mut dyn Backend, &'a Route)>,
    /// What was read, as long as nothing was written since.
    pub(super) read: Option<Ledger>,
    pub(super) report: RunReport,
}

impl Run<'_, '_> {
    /// Returns what both tables say. What is kept from before serves once: whoever asks may write.
    fn ledger(&mut self, backend: &mut dyn Backend) -> Result<Ledger, BackendError> {
        match self.read.take() {
            Some(ledger) => Ok(ledger),
            None => history::load_ledger(backend, &self.held.locked.tables),
        }
    }

    /// Returns how every migration stands now.
    pub(super) fn status(&mut self, backend: &mut dyn Backend) -> Result<StatusReport, RunError> {
        let ledger = self.ledger(backend)?;
        Ok(survey(self.set, &ledger, backend.dialect()))
    }

    /// Tells the history what plain Diesel did.
    pub(super) fn reconcile(&mut self, backend: &mut dyn Backend) -> Result<(), RunError> {
        let ledger = self.ledger(backend)?;
        let wanted = ledger.reconciliation();
        if wanted.is_empty() {
            self.read = Some(ledger);
            return Ok(());
        }
        let rows: Vec<NewAttempt> = wanted
            .adopt
            .iter()
            .map(|(version, run_on)| self.adopted(backend, version, *run_on))
            .collect();
        let reconciled = Reconciled {
            adopted: &rows,
            rolled_back: &wanted.rolled_back,
            now: self.held.setup.clock.now(),
        };
        history::reconcile(backend, &self.held.locked.tables, &reconciled)?;
        for (version, _) in wanted.adopt {
            self.tell(&Event::Adopted {
                version: version.clone(),
            });
            self.report.adopted.push(version);
        }
        for version in wanted.rolled_back {
            self.tell(&Event::MarkedRolledBack {
                version: version.clone(),
            });
            self.report.marked_rolled_back.push(version);
        }
        Ok(())
    }

    /// Plans, prepares and runs, and reports what came of it.
    pub(super) fn execute(
        &mut self,
        backend: &mut dyn Backend,
        asked: &Asked,
        shape: impl FnOnce(&[Step]) -> Shape,
        make_plan: impl FnOnce(&StatusReport) -> Result<Plan, PlanError>,
    ) -> Result<RunReport, RunError> {
        let ledger = self.ledger(backend)?;
        let status = survey(self.set, &ledger, backend.dialect());
        let plan = make_plan(&status)?;
        let steps = prepare(backend, &self.held.locked.tables, self.set, &plan)?;
        let shape = shape(&steps);
        refuse_in_batch(&steps, shape.transaction)?;
        refuse_lack(lacking(backend, &self.held.locked.tables, &steps)?)?;
        let planned: Vec<StepNotice> = steps.iter().map(Step::notice).collect();
        self.refuse_unapproved(&planned)?;
        let losses = losses(backend, &self.held.locked.tables, &steps).during(COUNTING)?;
        self.tell(&Event::PlanReady {
            steps: planned.clone(),
            losses: losses.clone(),
            agreed: self.approved.is_some(),
        });
        self.report.losses = losses;
        self.report.planned = planned;
        self.report.ahead = ahead(&status, &self.report.planned);
        if steps.is_empty() {
            return Ok(std::mem::take(&mut self.report));
        }
        self.back_up_before(backend, &steps)?;
        let batch = ledger.next_batch();
        self.report.batch = Some(batch);
        let way_back = backend.relax_durability()?;
        let outcome = self.run_steps(backend, batch, &steps, shape);
        let durable = way_back.map_or(Ok(()), |way_back| {
            backend.restore_durability(&way_back, &self.held.locked.tables)
        });
        let planned = Planned {
            asked,
            status: &status,
            steps: &steps,
        };
        let mut report = planned.conclude(std::mem::take(&mut self.report), outcome)?;
        report.lock_lost = self.has_lost_lock(backend, durable, &steps)?;
        Ok(report)
    }

    /// Returns whether the connection that holds the lock is gone, when all is done. Where that is another
    /// one than the one that committed, nothing of it is less durable, and nobody could be in its way:
    /// each transaction had proved that the lock was held.
    fn has_lost_lock(
        &self,
        backend: &mut dyn Backend,
        durable: Result<(), BackendError>,
        steps: &[Step],
    ) -> Result<bool, BackendError> {
        let is_carried = |step: &Step| step.mode == Mode::Transactional;
        if self.carrier.is_none() || !steps.iter().all(is_carried) {
            return durable.map(|()| false);
        }
        match durable.and_then(|()| backend.prove_lock(self.held.locked.lock)) {
            Err(_) if !answers(backend) => Ok(true),
            proved => proved.map(|()| false),
        }
    }

    fn run_steps(
        &mut self,
        backend: &mut dyn Backend,
        batch: i64,
        steps: &[Step],
        shape: Shape,
    ) -> Outcome {
        let (mut delays, mut builds) = (Delays::default(), Builds::default());
        let mut carrier = self.carrier.take();
        let mut forward = |event: &Event| {
            delays.note(event);
            builds.note(event);
            self.tell(event);
        };
        let locked = self.held.locked;
        let route = carrier.as_ref().map(|(_, route)| *route);
        let connections = Connections {
            backend,
            carrier: carrier
                .as_mut()
                .map(|(carrier, _)| &mut **carrier as &mut dyn Backend),
        };
        let context = Context {
            tables: &locked.tables,
            lock: locked.lock,
            session: locked.session,
            route,
            clock: self.held.setup.clock,
            identity: self.held.identity,
            discipline: self.discipline,
            watch: RefCell::new(Watch::of(locked.lock, self.address)),
            batch,
            backup: self.report.backup.as_ref().map(|copy| copy.name.as_str()),
            observer: RefCell::new(&mut forward),
            cancellation: self.held.setup.cancellation,
        };
        let outcome = runner::run(connections, &context, steps, shape);
        self.report.delays = delays;
        self.report.builds = builds;
        self.carrier = carrier;
        outcome
    }

    /// Refuses a plan that is not the one that somebody agreed to.
    fn refuse_unapproved(&self, planned: &[StepNotice]) -> Result<(), RunError> {
        match &self.approved {
            Some(approved) if approved != planned => Err(RunError::PlanChanged),
            _ => Ok(()),
        }
    }

    pub(super) fn tell(&self, event: &Event) {
        self.held.setup.observer.borrow_mut().observe(event);
    }
}

/// Returns what stays applied without a file, newer than all that have one.
fn ahead(status: &StatusReport, planned: &[StepNotice]) -> Vec<Version> {
    let goes = |version: &Version| planned.iter().any(|step| step.version == *version);
    let ahead = status
        .migrations
        .iter()
        .filter(|entry| entry.has(Mark::Ahead) && entry.is_applied() && !goes(&entry.version));
    ahead.map(|entry| entry.version.clone()).collect()
}

/// Refuses one transaction for all where a step has to be outside of one.
pub(super) fn refuse_in_batch(
    steps: &[Step],
    transaction: TransactionMode,
) -> Result<(), PlanError> {
    let outside: Vec<String> = steps
        .iter()
        .filter(|step| step.mode == Mode::StatementWise)
        .map(|step| step.planned.name.clone())
        .collect();
    if transaction == TransactionMode::Each || outside.is_empty() {
        return Ok(());
    }
    Err(PlanError::NotInBatch { names: outside })
}
