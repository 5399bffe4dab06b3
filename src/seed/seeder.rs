//! The verbs of a library user: filling a database with one environment's seeds.
//!
//! Seeding takes the lock, reads what is tracked, plans, prepares and runs, in this order.
//! Reading verbs write nothing.

mod choose;
mod ready;
mod rehearse;
mod run;
mod verify;

use std::fmt;
use std::time::Duration;

use choose::{judge, lend};
use ready::{Request, pending_versions};
use run::Run;

use super::error::SeedError;
use super::generate::{self, GenerateError, GenerateOptions, GenerateReport};
use super::model::Seed;
use super::options::SeedOptions;
use super::plan::PlannedSeed;
use super::report::{SeedReport, SeedStatusReport};
use super::source::SeedSet;
use super::status;
use super::store;
use crate::backend::tables::Tables;
use crate::backend::{Backend, Database};
use crate::environment::Protection;
use crate::migration::MigrationSet;
use crate::operation::{Caller, lend_through_caller};

/// Fills one database with one environment's seeds.
///
/// What it does not know by itself is lent to it: the user's name, the clock, and the migrations
/// that have to be applied before.
pub struct Seeder {
    database: Database,
    set: SeedSet,
    migrations: Option<MigrationSet>,
    caller: Caller,
}

impl fmt::Debug for Seeder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Seeder")
            .field("database", &self.database)
            .field("environment", &self.set.environment)
            .finish_non_exhaustive()
    }
}

lend_through_caller!(Seeder, between "seeds, or in the middle of a data file, of which nothing is left then");

impl Seeder {
    /// Makes a seeder of a database and its seeds. A database that is marked with another
    /// environment than theirs is refused; one that has no mark gets theirs.
    pub fn new(database: impl Into<Database>, set: SeedSet) -> Self {
        let mut caller = Caller::default();
        caller.be_in(&set.environment);
        Self {
            database: database.into(),
            set,
            migrations: None,
            caller,
        }
    }

    /// Refuses to seed while any of these migrations is pending.
    #[must_use]
    pub fn with_migrations(mut self, migrations: MigrationSet) -> Self {
        self.migrations = Some(migrations);
        self
    }

    /// Runs what is new or changed, or what the options say, and returns what it did.
    ///
    /// # Errors
    /// `SeedError`; what ran before a failure is kept, the failed seed left nothing.
    pub fn seed(&mut self, options: &SeedOptions) -> Result<SeedReport, SeedError> {
        self.under_lock(options, |run, backend| run.execute(backend))
    }

    /// Fills a table with made-up rows, beside those that it has, and returns how many.
    ///
    /// They fit its types and keep its constraints, as far as these can be read; whatever the
    /// database refuses is an error. They are no seed: none of the set is run, and nothing is
    /// tracked.
    ///
    /// # Errors
    /// `GenerateError`; no row is kept then.
    pub fn generate(&mut self, options: &GenerateOptions) -> Result<GenerateReport, GenerateError> {
        if self.set.environment.protection() == Protection::Protected {
            return Err(GenerateError::Protected {
                environment: self.set.environment.name().to_owned(),
            });
        }
        let migrations = self.migrations.as_ref();
        self.caller.under_lock(&mut self.database, |backend, held| {
            let versions =
                pending_versions(backend, &held.locked.tables, migrations, options.pending)?;
            if !versions.is_empty() {
                return Err(GenerateError::Pending { versions });
            }
            generate::generate(backend, &held, options)
        })
    }

    fn under_lock<T>(
        &mut self,
        options: &SeedOptions,
        work: impl FnOnce(&Run<'_, '_>, &mut dyn Backend) -> Result<T, SeedError>,
    ) -> Result<T, SeedError> {
        let request = Request {
            set: &self.set,
            migrations: self.migrations.as_ref(),
            options,
        };
        request.refuse_for_trying()?;
        self.caller.under_lock(&mut self.database, |backend, held| {
            work(&Run { request, held }, backend)
        })
    }

    /// Returns which seeds would run, and why, writing nothing. Whatever [`Seeder::seed`] refuses
    /// before anything runs is refused here in the same words.
    ///
    /// # Errors
    /// As [`Seeder::seed`], without what only a run can fail of.
    pub fn plan(&mut self, options: &SeedOptions) -> Result<Vec<PlannedSeed>, SeedError> {
        let request = Request {
            set: &self.set,
            migrations: self.migrations.as_ref(),
            options,
        };
        request.refuse_for_trying()?;
        let patience = self.caller.lock_wait;
        reading(&mut self.database, patience, |backend, tables| {
            request.refuse_other_environment(backend, tables)?;
            let judgement = request.judge(backend, tables, options)?;
            request.ready(backend, &judgement, options.transaction)?;
            Ok(judgement.planned())
        })
    }

    /// Returns how every seed stands, writing nothing.
    ///
    /// # Errors
    /// `SeedError::Backend`, or `SeedError::Unfit` where a file cannot be read.
    pub fn status(&mut self) -> Result<SeedStatusReport, SeedError> {
        let (set, patience) = (&self.set, self.caller.lock_wait);
        reading(&mut self.database, patience, |backend, tables| {
            let tracked = store::read(backend, tables, set.environment.name())?;
            let seeds: Vec<&Seed> = set.seeds.iter().collect();
            let lent = lend(backend, tables, set)?;
            let judged = judge(backend, &seeds, (&tracked, &lent), &SeedOptions::default())?;
            Ok(status::survey(set.environment.name(), &judged, &tracked))
        })
    }
}

/// Finds the tables and reads.
fn reading<T>(
    database: &mut Database,
    patience: Option<Duration>,
    read: impl FnMut(&mut dyn Backend, &Tables) -> Result<T, SeedError>,
) -> Result<T, SeedError> {
    database.renew()?;
    crate::operation::reading(database, patience, read)
}
