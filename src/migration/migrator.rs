//! The verbs of a library user: everything that can be asked of a database and its migrations.
//!
//! Writing verbs take the lock, read the state, plan, prepare and run, in this order. Reading
//! verbs write nothing, not even this tool's own tables.

mod apply;
mod conclude;
mod locked;
mod read;
mod rehearse;
mod reset;
mod safety;
mod settle;
mod unrun;

use std::cell::RefCell;
use std::fmt;

use locked::{Run, refuse_in_batch};
pub use settle::Resolution;

use super::asked::Asked;
use super::discipline::Discipline;
use super::error::{PlanError, RunError};
use super::limited::limited;
use super::loss::losses;
use super::options::{CopyBefore, TransactionMode};
use super::plan::Plan;
use super::prepare::{Step, prepare};
use super::privileges::{lacking, with_all_that_lacks};
use super::report::{RunReport, StepSql};
use super::retry::Retry;
use super::runner::Shape;
use super::set::MigrationSet;
use super::status::{StatusReport, survey};
use crate::backend::error::{BackendError, During as _};
use crate::backend::examine::Defect;
use crate::backend::limits::Limits;
use crate::backend::{Backend, Database};
use crate::environment::Environment;
use crate::event::StepNotice;
use crate::history;
use crate::operation::{Caller, Carrier, Held, SafetyCopy, lend_through_caller};

/// Migrates one database with one set of migrations.
///
/// What it does not know by itself is lent to it: the environment, the user's name, the clock.
pub struct Migrator {
    database: Database,
    set: MigrationSet,
    caller: Caller,
    approved: Option<Vec<StepNotice>>,
    safety: Option<Safety>,
    discipline: Discipline,
    /// What the last plan would need, and is not granted.
    lacking: Vec<Defect>,
}

/// What is being done when that fails, to follow "failed to".
const COUNTING: &str = "count what would be lost";

/// Who makes a copy of the database, and before what.
struct Safety {
    before: CopyBefore,
    copy: Box<dyn SafetyCopy>,
}

impl fmt::Debug for Migrator {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Migrator")
            .field("database", &self.database)
            .field("identity", &self.caller.identity)
            .finish_non_exhaustive()
    }
}

lend_through_caller!(Migrator, between "steps");

impl Migrator {
    /// Makes a migrator of a database and its migrations.
    ///
    /// The database may be an owned connection or one of a pool: `Database::from(connection)`.
    pub fn new(database: impl Into<Database>, set: MigrationSet) -> Self {
        Self {
            database: database.into(),
            set,
            caller: Caller::default(),
            approved: None,
            safety: None,
            discipline: Discipline::default(),
            lacking: Vec::new(),
        }
    }

    /// Says how long the statements of transactional steps may wait for locks, and run, where their
    /// files say nothing. Without it they wait three seconds for a lock, and run as long as the
    /// session lets them; on `SQLite`, which has no locks of tables, it does nothing.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.discipline.configured = limits.or(Limits::usual());
        self
    }

    /// Says the same for every step, whatever its file says; of steps that run without a transaction
    /// it holds too, but for what is built concurrently, which waits as long as it has to.
    #[must_use]
    pub fn with_limits_for_all(mut self, limits: Limits) -> Self {
        self.discipline.insisted = limits;
        self
    }

    /// Says how often a transactional step is tried that fails of what others did at the same time:
    /// a lock that was not had in time, a deadlock, a serialization failure. Where the whole run is
    /// one transaction, all of it is tried again.
    #[must_use]
    pub fn with_retry(mut self, retry: Retry) -> Self {
        self.discipline.retry = retry;
        self
    }

    /// Says which environment this is. A database that is marked with another is refused; one
    /// that has no mark gets this one from the first writing verb.
    #[must_use]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "a builder takes what it is given; the caller need not know how much of it is kept"
    )]
    pub fn with_environment(mut self, environment: Environment) -> Self {
        self.caller.be_in(&environment);
        self
    }

    /// Has somebody make a copy of the database before a run changes anything: once its plan stands,
    /// beneath its lock, so that nobody changes anything in between. Without the copy nothing runs.
    #[must_use]
    pub fn with_safety_copy(mut self, before: CopyBefore, copy: impl SafetyCopy + 'static) -> Self {
        let copy = Box::new(copy);
        self.safety = Some(Safety { before, copy });
        self
    }

    /// Lets the next writing verb run only if its plan is this one, which somebody has agreed to.
    pub fn approve(&mut self, steps: Vec<StepNotice>) {
        self.approved = Some(steps);
    }

    /// Returns the migrations.
    pub fn migrations(&self) -> &MigrationSet {
        &self.set
    }

    /// Returns what the user may not do of what the plan needs that was made last, each with the
    /// statement that grants it: a run of it would be refused. Nothing on `SQLite`, which has no users.
    pub fn lacking(&self) -> &[Defect] {
        &self.lacking
    }

    /// Returns the database.
    pub fn database(&mut self) -> &mut Database {
        &mut self.database
    }

    fn run(
        &mut self,
        asked: &Asked,
        shape: Shape,
        make_plan: impl Fn(&StatusReport) -> Result<Plan, PlanError>,
    ) -> Result<RunReport, RunError> {
        self.run_with(asked, |_| shape, make_plan)
    }

    fn run_with(
        &mut self,
        asked: &Asked,
        shape: impl FnOnce(&[Step]) -> Shape,
        make_plan: impl Fn(&StatusReport) -> Result<Plan, PlanError>,
    ) -> Result<RunReport, RunError> {
        let ran = self.locked(|backend, run| run.execute(backend, asked, shape, &make_plan));
        ran.map_err(|error| self.with_all_that_lacks(error, make_plan))
    }

    /// Returns a refusal for want of privileges with all that the plan needs: where there is no history
    /// yet, or none that may be read, there was no plan to ask.
    fn with_all_that_lacks(
        &mut self,
        error: RunError,
        make_plan: impl Fn(&StatusReport) -> Result<Plan, PlanError>,
    ) -> RunError {
        let RunError::Backend(
            BackendError::LacksPrivileges { .. } | BackendError::MayNotRead { .. },
        ) = &error
        else {
            return error;
        };
        let lacking = match self.dry_run(TransactionMode::Each, make_plan) {
            Ok(_) => std::mem::take(&mut self.lacking),
            Err(RunError::Backend(BackendError::MayNotRead { lack, .. })) => lack.of_run,
            Err(_) => Vec::new(),
        };
        if lacking.is_empty() {
            error
        } else {
            BackendError::LacksPrivileges { lacking }.into()
        }
    }

    fn dry_run(
        &mut self,
        transaction: TransactionMode,
        make_plan: impl Fn(&StatusReport) -> Result<Plan, PlanError>,
    ) -> Result<Vec<StepSql>, RunError> {
        self.refuse_problems()?;
        let discipline = self.discipline;
        let noted = RefCell::default();
        let planned = self.reading(|set, backend, tables| {
            // A run would need a place for its tables.
            backend.find_tables()?;
            let ledger = history::load_ledger(backend, tables);
            let ledger = ledger
                .map_err(|error| with_all_that_lacks(error, (backend, tables), set, &make_plan))?;
            let status = survey(set, &ledger, backend.dialect());
            let steps = prepare(backend, tables, set, &make_plan(&status)?)?;
            refuse_in_batch(&steps, transaction)?;
            *noted.borrow_mut() = lacking(backend, tables, &steps)?;
            let losses = losses(backend, tables, &steps).during(COUNTING)?;
            let shown = steps
                .iter()
                .map(|step| limited(backend, &discipline, step, step.sql(&losses)));
            Ok(shown.collect())
        });
        self.lacking = noted.into_inner();
        planned
    }

    /// Runs something that writes: under the lock, in the right environment, with a history that
    /// knows what plain Diesel did.
    fn locked<T>(
        &mut self,
        run: impl FnOnce(&mut dyn Backend, &mut Run<'_, '_>) -> Result<T, RunError>,
    ) -> Result<T, RunError> {
        self.refuse_problems()?;
        let approved = self.approved.take();
        let (set, safety) = (&self.set, self.safety.as_mut());
        let discipline = &self.discipline;
        let address = self.database.address().cloned();
        let database = &mut self.database;
        let work =
            |backend: &mut dyn Backend, held: Held<'_, '_>, mut carrier: Option<Carrier<'_>>| {
                let mut locked = Run {
                    set,
                    held,
                    approved,
                    safety,
                    discipline,
                    address: address.as_ref(),
                    carrier: carrier.as_mut().map(Carrier::parts),
                    read: None,
                    report: RunReport::default(),
                };
                locked.reconcile(backend)?;
                run(backend, &mut locked)
            };
        self.caller.under_lock_with_carrier(database, work)
    }

    fn refuse_problems(&mut self) -> Result<(), RunError> {
        match self.first_problem() {
            None => Ok(()),
            Some(problem) => Err(problem.into()),
        }
    }
}
