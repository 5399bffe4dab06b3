//! The verbs of a library user: filling a database with one environment's seeds.
//!
//! Seeding takes the lock, reads what is tracked, plans, prepares and runs, in this order.
//! Reading verbs write nothing.

mod verify;

use std::collections::BTreeMap;
use std::fmt;

use super::digest::digest;
use super::error::{SeedError, UnfitSeed};
use super::generate::{self, GenerateError, GenerateOptions, GenerateReport};
use super::model::Seed;
use super::options::{OnPending, SeedOptions};
use super::order::{Backwards, units};
use super::plan::{Candidate, PlannedSeed, SkipReason, Verdict, verdict};
use super::prepare::{Prepared, prepare};
use super::report::{SeedReport, SeedStatusReport};
use super::runner;
use super::shared;
use super::source::SeedSet;
use super::status;
use super::store::{self, Attempts};
use super::template::Lent;
use crate::backend::error::BackendError;
use crate::backend::tables::Tables;
use crate::backend::{Backend, Database};
use crate::environment::Protection;
use crate::history;
use crate::migration::{MigrationSet, pending};
use crate::operation::{Caller, Held, lend_through_caller};
use crate::sql::Checksum;
use crate::version::Version;

/// The folders of seeds that are for trying things out.
const FOR_TRYING: [&str; 2] = ["development", "test"];

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

lend_through_caller!(Seeder, between "seeds");

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
            let versions = pending_versions(backend, &held, migrations, options.pending)?;
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
        self.refuse_for_trying()?;
        let (set, migrations) = (&self.set, self.migrations.as_ref());
        self.caller.under_lock(&mut self.database, |backend, held| {
            let run = Run {
                set,
                migrations,
                options,
                held,
            };
            work(&run, backend)
        })
    }

    /// Returns which seeds would run, and why, writing nothing.
    ///
    /// # Errors
    /// `SeedError::Backend`, `SeedError::UnknownName`, or `SeedError::Unfit` where a file cannot
    /// be read.
    pub fn plan(&mut self, options: &SeedOptions) -> Result<Vec<PlannedSeed>, SeedError> {
        let set = &self.set;
        reading(&mut self.database, |backend, tables| {
            let tracked = store::read(backend, tables, set.environment.name())?;
            let chosen = choose(set, options)?;
            let lent = lend(backend, tables, set)?;
            let judged = judge(backend, &chosen, (&tracked, &lent), options)?;
            Ok(judged.into_iter().map(|(planned, ..)| planned).collect())
        })
    }

    /// Returns how every seed stands, writing nothing.
    ///
    /// # Errors
    /// `SeedError::Backend`, or `SeedError::Unfit` where a file cannot be read.
    pub fn status(&mut self) -> Result<SeedStatusReport, SeedError> {
        let set = &self.set;
        reading(&mut self.database, |backend, tables| {
            let tracked = store::read(backend, tables, set.environment.name())?;
            let seeds: Vec<&Seed> = set.seeds.iter().collect();
            let lent = lend(backend, tables, set)?;
            let judged = judge(backend, &seeds, (&tracked, &lent), &SeedOptions::default())?;
            Ok(status::survey(set.environment.name(), &judged, &tracked))
        })
    }

    fn refuse_for_trying(&self) -> Result<(), SeedError> {
        let protected = self.set.environment.protection() == Protection::Protected;
        let for_trying = |seed: &&Seed| FOR_TRYING.contains(&seed.folder.as_str());
        match self.set.seeds.iter().find(for_trying) {
            Some(seed) if protected => Err(SeedError::Protected {
                folder: seed.folder.clone(),
            }),
            _ => Ok(()),
        }
    }
}

/// A seeding, under the lock.
struct Run<'a, 's> {
    set: &'a SeedSet,
    migrations: Option<&'a MigrationSet>,
    options: &'a SeedOptions,
    held: Held<'a, 's>,
}

impl Run<'_, '_> {
    fn execute(&self, backend: &mut dyn Backend) -> Result<SeedReport, SeedError> {
        self.refuse_pending(backend)?;
        let environment = self.set.environment.name();
        let tables = &self.held.locked.tables;
        let tracked = store::read(backend, tables, environment)?;
        let chosen = choose(self.set, self.options)?;
        let lent = lend(backend, tables, self.set)?;
        let judged = judge(backend, &chosen, (&tracked, &lent), self.options)?;
        let prepared = self.prepare(backend, &judged, &lent)?;
        let shapes: Vec<_> = prepared.iter().map(Prepared::filled).collect();
        let units = units(&shapes, self.options.transaction)
            .map_err(|backwards| seeded_later(&prepared, &backwards))?;
        let report = SeedReport {
            planned: judged.into_iter().map(|(planned, ..)| planned).collect(),
            ..SeedReport::default()
        };
        if units.is_empty() {
            return Ok(report);
        }
        store::create_table(backend, tables)?;
        let ran = runner::run(backend, &self.held, environment, (&prepared, &units));
        conclude(report, ran)
    }

    fn refuse_pending(&self, backend: &mut dyn Backend) -> Result<(), SeedError> {
        let on_pending = self.options.pending;
        let versions = pending_versions(backend, &self.held, self.migrations, on_pending)?;
        if versions.is_empty() {
            Ok(())
        } else {
            Err(SeedError::Pending { versions })
        }
    }

    fn prepare<'s>(
        &self,
        backend: &mut dyn Backend,
        judged: &[(PlannedSeed, &'s Seed, Checksum)],
        lent: &Lent,
    ) -> Result<Vec<Prepared<'s>>, SeedError> {
        let protection = self.set.environment.protection();
        let prepared = judged
            .iter()
            .filter(|(planned, ..)| matches!(planned.verdict, Verdict::Run(_)))
            .map(|(_, seed, checksum)| prepare(backend, (seed, lent), *checksum, protection))
            .collect::<Result<Vec<_>, _>>()?;
        shared::refuse_deleting(backend, &self.set.seeds, &prepared)?;
        Ok(prepared)
    }
}

/// Returns the migrations for whose sake nothing may be written.
fn pending_versions(
    backend: &mut dyn Backend,
    held: &Held<'_, '_>,
    migrations: Option<&MigrationSet>,
    on_pending: OnPending,
) -> Result<Vec<Version>, BackendError> {
    match (migrations, on_pending) {
        (Some(migrations), OnPending::Refuse) => pending(backend, &held.locked.tables, migrations),
        _ => Ok(Vec::new()),
    }
}

/// Returns the seeds that are asked for.
fn choose<'s>(set: &'s SeedSet, options: &SeedOptions) -> Result<Vec<&'s Seed>, SeedError> {
    let unknown = |wanted: &&String| !set.seeds.iter().any(|seed| seed.is_meant_by(wanted));
    if let Some(name) = options.only.iter().find(unknown) {
        return Err(SeedError::UnknownName {
            name: name.clone(),
            known: set.names().map(str::to_owned).collect(),
        });
    }
    let meant = |seed: &&Seed| {
        options.only.is_empty() || options.only.iter().any(|wanted| seed.is_meant_by(wanted))
    };
    Ok(set.seeds.iter().filter(meant).collect())
}

/// Returns what templates are filled with; the database is only asked where there is one.
fn lend(backend: &mut dyn Backend, tables: &Tables, set: &SeedSet) -> Result<Lent, BackendError> {
    let identity = if set.seeds.iter().any(|seed| seed.template().is_some()) {
        history::read_metadata(backend, tables)?.identity
    } else {
        None
    };
    Ok(Lent {
        words: set.words.clone(),
        identity: identity.unwrap_or_default(),
    })
}

/// Returns for each seed whether it runs.
fn judge<'s>(
    backend: &mut dyn Backend,
    seeds: &[&'s Seed],
    (tracked, lent): (&BTreeMap<String, Attempts>, &Lent),
    options: &SeedOptions,
) -> Result<Vec<(PlannedSeed, &'s Seed, Checksum)>, SeedError> {
    seeds
        .iter()
        .map(|seed| {
            let found = tracked.get(&seed.name).map(Attempts::tracked);
            let found = found.unwrap_or_default();
            let of = |checksum| {
                let candidate = Candidate {
                    repeat: seed.repeat(),
                    checksum,
                    tracked: found,
                    named: !options.only.is_empty(),
                };
                verdict(candidate, options.unchanged)
            };
            let checksum = match found.succeeded {
                // What ran and runs once needs its variables no more.
                Some(before) if runs_no_more(of(before)) => before,
                _ => digest(seed, lent, backend.dialect()).map_err(|source| SeedError::Unfit {
                    name: seed.name.clone(),
                    source,
                })?,
            };
            let planned = PlannedSeed {
                name: seed.name.clone(),
                verdict: of(checksum),
            };
            Ok((planned, *seed, checksum))
        })
        .collect()
}

fn runs_no_more(verdict: Verdict) -> bool {
    matches!(
        verdict,
        Verdict::Skip(SkipReason::Once | SkipReason::OnceRolledBack)
    )
}

fn seeded_later(prepared: &[Prepared<'_>], backwards: &Backwards) -> SeedError {
    let name = |index: usize| prepared[index].seed.name.clone();
    let table = prepared[backwards.seed].table();
    SeedError::Unfit {
        name: name(backwards.seed),
        source: UnfitSeed::SeededLater {
            table: table
                .map(|table| table.name.to_string())
                .unwrap_or_default(),
            referenced: backwards.referenced.to_string(),
            later: name(backwards.later),
        },
    }
}

fn conclude(mut report: SeedReport, ran: runner::Ran) -> Result<SeedReport, SeedError> {
    report.done = ran.done;
    report.failure.clone_from(&ran.failure);
    report.interrupted = ran.interrupted;
    match ran.failure {
        Some(failure) => Err(SeedError::Failed {
            report: Box::new(report),
            source: Box::new(failure),
        }),
        None if ran.interrupted => Err(SeedError::Interrupted {
            report: Box::new(report),
        }),
        None => Ok(report),
    }
}

/// Finds the tables and reads.
fn reading<T>(
    database: &mut Database,
    read: impl FnMut(&mut dyn Backend, &Tables) -> Result<T, SeedError>,
) -> Result<T, SeedError> {
    crate::operation::reading(database, read)
}
