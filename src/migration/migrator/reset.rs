//! The verbs by which everything goes: the one that starts over and applies all again, and the one
//! after which there is no database.
//!
//! What there is to drop, and how, is known to the backend.

use std::path::Path;

use super::locked::Run;
use super::{COUNTING, Migrator};
use crate::backend::error::{BackendError, During as _};
use crate::backend::limits::Limits;
use crate::backend::tables::Tables;
use crate::backend::watch::{Watch, patience};
use crate::backend::{Backend, OtherSessions};
use crate::event::{Event, Loss};
use crate::history::{self, Ledger, Metadata};
use crate::migration::asked::Asked;
use crate::migration::error::RunError;
use crate::migration::limited::limited;
use crate::migration::loss::everything;
use crate::migration::options::UpOptions;
use crate::migration::plan;
use crate::migration::prepare::{Step, prepare};
use crate::migration::privileges::lacking_of_reset;
use crate::migration::report::{ResetReport, RunReport, StepSql};
use crate::migration::runner::{Shape, Tries, wait};
use crate::migration::set::MigrationSet;
use crate::migration::status::survey;
use crate::operation::refuse_lack;

impl Migrator {
    /// Returns the schemas that [`Migrator::reset`] empties: the one where the history lives, and
    /// the one where a name without a schema is created. None on `SQLite`, which has none.
    ///
    /// # Errors
    /// `RunError::Backend` where the database cannot be asked.
    pub fn own_schemas(&mut self) -> Result<Vec<String>, RunError> {
        self.reading(|_, backend, tables| Ok(backend.own_schemas(tables)?))
    }

    /// Drops the database itself, with all that is in it, once nobody else is at work in it, or with
    /// the sessions of others.
    ///
    /// # Errors
    /// `RunError::EnvironmentMismatch`, and `RunError::Backend` where somebody else is at work in it
    /// until the time to wait is over, or it cannot be dropped; the database is as it was.
    pub fn drop_database(mut self, others: OtherSessions) -> Result<(), RunError> {
        Ok(self.caller.drop_database(self.database, others)?)
    }

    /// Returns what [`Migrator::reset`] would apply after it had dropped everything, with its SQL,
    /// writing nothing.
    ///
    /// # Errors
    /// Whatever keeps it from dropping anything, but for what others outside depend on:
    /// `RunError::NoMigrations`, `RunError::Source`, `RunError::Prepare`, `RunError::Backend`, also
    /// where the user may not drop what there is.
    pub fn plan_reset(&mut self) -> Result<Vec<StepSql>, RunError> {
        self.refuse_problems()?;
        let discipline = self.discipline;
        self.reading(|set, backend, tables| {
            let steps = rehearse(set, backend, tables)?;
            refuse_lack(lacking_of_reset(backend, tables, &steps)?)?;
            let shown = steps
                .iter()
                .map(|step| limited(backend, &discipline, step, step.sql(&[])));
            Ok(shown.collect())
        })
    }

    /// Returns everything that [`Migrator::reset`] would drop, as `kind name`, writing nothing.
    ///
    /// # Errors
    /// `RunError::Backend` where the database cannot be asked.
    pub fn doomed_by_reset(&mut self) -> Result<Vec<String>, RunError> {
        self.reading(|_, backend, tables| {
            let doomed = backend.doomed(tables)?.into_iter();
            Ok(doomed.map(|doomed| doomed.name).collect())
        })
    }

    /// Returns what [`Migrator::reset`] would drop, and how much is in it.
    ///
    /// # Errors
    /// `RunError::Backend` where the database cannot be asked.
    pub fn losses_of_reset(&mut self) -> Result<Vec<Loss>, RunError> {
        self.reading(|_, backend, tables| {
            let schemas = backend.own_schemas(tables)?;
            Ok(everything(backend, tables, &schemas).during(COUNTING)?)
        })
    }

    /// Drops everything in the database's own schemas and applies all.
    ///
    /// The database keeps its identity and its mark.
    ///
    /// # Errors
    /// `RunError::NoMigrations` where there is nothing to apply afterwards, `RunError::NotBackedUp`
    /// where a copy was to be made first and was not, `RunError::Backend` where
    /// something could not be dropped, and `RunError::Prepare` where a file cannot be run, each with
    /// nothing dropped; [`RunError::Emptied`] with what was dropped,
    /// and what was applied, where the way up did not get to its end.
    pub fn reset(&mut self) -> Result<ResetReport, RunError> {
        self.locked(|backend, run| {
            let metadata = history::read_metadata(backend, &run.held.locked.tables)?;
            let steps = rehearse(run.set, backend, &run.held.locked.tables)?;
            let lacking = lacking_of_reset(backend, &run.held.locked.tables, &steps)?;
            refuse_lack(lacking)?;
            let schemas = backend.own_schemas(&run.held.locked.tables)?;
            let losses = everything(backend, &run.held.locked.tables, &schemas);
            let losses = losses.during(COUNTING)?;
            run.back_up_before_drop(backend)?;
            let backup = run.report.backup.clone();
            run.read = None;
            let dropped = run.drop_everything(backend)?;
            let dropped = dropped.into_iter().filter(|name| is_the_users(name));
            let dropped = dropped.collect();
            match run.start_over(backend, &metadata) {
                Ok(applied) => Ok(ResetReport {
                    dropped,
                    losses,
                    applied,
                }),
                Err(source) => {
                    let source = Box::new(source);
                    Err(RunError::Emptied {
                        dropped,
                        backup,
                        source,
                    })
                }
            }
        })
    }
}

impl Run<'_, '_> {
    /// Drops all there is, or nothing; where others keep it from a lock, it lets them through and tries
    /// again, as a step is.
    fn drop_everything(&mut self, backend: &mut dyn Backend) -> Result<Vec<String>, RunError> {
        let (clock, cancellation) = (self.held.setup.clock, self.held.setup.cancellation);
        let limits = self.discipline.limits(Limits::default());
        let locked = self.held.locked;
        let mut watch = Watch::of(locked.lock, self.address);
        let mut tries = Tries::default();
        loop {
            tries.begin(clock.elapsed());
            watch.begin(patience(limits.lock_timeout));
            let dropped = backend.drop_everything(&locked.tables, limits);
            let blocked = watch.end();
            let error = match dropped {
                Ok(dropped) => return Ok(dropped),
                Err(error) => error,
            };
            let pause = tries.pause(self.discipline.retry, clock.elapsed());
            let pause = pause.filter(|_| error.is_of_others_doing());
            let Some(pause) = pause.filter(|_| !cancellation.is_cancelled()) else {
                return Err(error.into());
            };
            self.tell(&Event::ResetRetried {
                tried: tries.count(),
                tries: self.discipline.retry.tries(),
                pause,
                error: told(&error),
                blocked,
            });
            tries.fail();
            wait(clock, cancellation, pause);
        }
    }

    /// Applies all to an empty database that keeps its identity and its mark.
    fn start_over(
        &mut self,
        backend: &mut dyn Backend,
        metadata: &Metadata,
    ) -> Result<RunReport, RunError> {
        let found = backend.find_tables()?;
        let tables = history::create_tables(backend, &found)?;
        history::record_metadata(backend, &tables, metadata)?;
        let options = UpOptions::default();
        self.execute(
            backend,
            &Asked::Up(options.clone()),
            |_| Shape::default(),
            |status| plan::up(status, &options),
        )
    }
}

/// Returns what the database said, or else what else went wrong.
fn told(error: &BackendError) -> String {
    let said = error.database().map(|said| said.message.clone());
    said.unwrap_or_else(|| error.to_string())
}

/// Prepares what an empty database would be given, so that a file that cannot be run, or that there
/// is none, is found before anything is dropped.
fn rehearse(
    set: &MigrationSet,
    backend: &mut dyn Backend,
    tables: &Tables,
) -> Result<Vec<Step>, RunError> {
    if set.migrations().is_empty() {
        return Err(RunError::NoMigrations {
            folder: set.folder().map(Path::to_owned),
        });
    }
    let status = survey(set, &Ledger::default(), backend.dialect());
    let plan = plan::up(&status, &UpOptions::default())?;
    prepare(backend, tables, set, &plan)
}

/// Returns whether something that was dropped was not Diesel's or this tool's own, which are there
/// again by now.
fn is_the_users(dropped: &str) -> bool {
    !dropped.contains("__diesel")
}
