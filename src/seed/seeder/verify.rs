//! The proof that seeds may run as often as one likes: all of them run twice in a transaction that
//! is rolled back, and what the second run changed of any table is a finding.

use std::collections::BTreeMap;

use super::Seeder;
use super::ready::Ready;
use super::run::Run;
use crate::backend::Backend;
use crate::backend::contents::Contents;
use crate::backend::error::During;
use crate::migration::TransactionMode;
use crate::seed::directive::Repeat;
use crate::seed::error::SeedError;
use crate::seed::failure::SeedFailure;
use crate::seed::options::SeedOptions;
use crate::seed::order::Unit;
use crate::seed::prepare::Prepared;
use crate::seed::report::SeedReport;
use crate::seed::runner::{Runner, Tracking, Undone};
use crate::seed::verified::{TableChange, VerifyReport};

/// What the second run did.
#[derive(Default)]
struct Second {
    /// The seeds behind each change, by the table's place.
    culprits: BTreeMap<usize, Vec<String>>,
    failures: Vec<SeedFailure>,
}

impl Seeder {
    /// Runs every seed twice, those that are to run once the first time alone, and returns what the
    /// second run changed of any table. Nothing of either is kept, and whoever else wants to write
    /// waits meanwhile. Of the options, the ones that choose seeds and allow pending migrations
    /// count.
    ///
    /// # Errors
    /// As [`Seeder::seed`]; `SeedError::Failed` where a seed fails when it runs for the first time.
    pub fn verify(&mut self, options: &SeedOptions) -> Result<VerifyReport, SeedError> {
        self.under_lock(options, |run, backend| run.verify(backend))
    }
}

impl<'s> Run<'_, 's> {
    fn verify(&self, backend: &mut dyn Backend) -> Result<VerifyReport, SeedError> {
        let request = self.request;
        // What ran once and is named runs no second time here either.
        let all = SeedOptions::default().force();
        let judgement = request.judge(backend, &self.held.locked.tables, &all)?;
        let again = judgement.only(|seed| seed.repeat() != Repeat::Once);
        let first = request.ready(backend, &judgement, TransactionMode::Each)?;
        let second = request.ready(backend, &again, TransactionMode::Each)?;
        backend.begin().during("begin what is to be rolled back")?;
        let proved = self.prove(backend, &first, &second);
        let rolled_back = backend.rollback();
        let report = proved?;
        rolled_back.during("roll the seeds back")?;
        Ok(report)
    }

    /// Runs all twice. Sequences are put back while nobody else can have moved them.
    fn prove(
        &self,
        backend: &mut dyn Backend,
        first: &Ready<'_>,
        second: &Ready<'_>,
    ) -> Result<VerifyReport, SeedError> {
        const SEQUENCES: &str = "look where the sequences stand";
        backend
            .keep_writers_out()
            .during("keep others from writing")?;
        let sequences = backend.sequence_values().during(SEQUENCES)?;
        // In a savepoint, since nothing can be put back in a transaction that has failed.
        backend.begin().during("begin what is to be rolled back")?;
        let compared = self.run_twice(backend, first, second);
        backend.rollback().during("roll the seeds back")?;
        backend
            .put_sequences_back(&sequences)
            .during("put the sequences back")?;
        compared
    }

    fn run_twice(
        &self,
        backend: &mut dyn Backend,
        first: &Ready<'_>,
        second: &Ready<'_>,
    ) -> Result<VerifyReport, SeedError> {
        self.run_first(backend, first)?;
        let wait = backend
            .age_moments()
            .during("make the moments of the first run older")?;
        self.held.setup.clock.sleep(wait);
        let mut contents = Contents::keep(backend).during("look at the tables' contents")?;
        let ran = self.run_second(backend, second, &mut contents)?;
        let changes = changes(backend, &contents, ran.culprits)?;
        let twice: Vec<String> = names(&second.seeds).collect();
        Ok(VerifyReport {
            environment: self.request.set.environment.name().to_owned(),
            once: names(&first.seeds)
                .filter(|name| !twice.contains(name))
                .collect(),
            twice,
            tables: contents.len(),
            changes,
            failures: ran.failures,
        })
    }

    fn run_first(&self, backend: &mut dyn Backend, ready: &Ready<'_>) -> Result<(), SeedError> {
        for unit in &ready.units {
            self.unless_interrupted()?;
            let ran = self.run_unit(backend, &ready.seeds[unit.seeds.clone()], unit);
            ran.map_err(|undone| match undone {
                Undone::Interrupted => interrupted(),
                Undone::Failed(failure) => SeedError::Failed {
                    report: Box::new(SeedReport {
                        failure: Some((*failure).clone()),
                        ..SeedReport::default()
                    }),
                    source: failure,
                },
            })?;
        }
        Ok(())
    }

    fn run_second(
        &self,
        backend: &mut dyn Backend,
        ready: &Ready<'_>,
        contents: &mut Contents,
    ) -> Result<Second, SeedError> {
        let mut second = Second::default();
        for unit in &ready.units {
            self.unless_interrupted()?;
            let seeds = &ready.seeds[unit.seeds.clone()];
            match self.run_unit(backend, seeds, unit) {
                Ok(()) => {}
                Err(Undone::Interrupted) => return Err(interrupted()),
                Err(Undone::Failed(failure)) => {
                    second.failures.push(*failure);
                    continue;
                }
            }
            for table in contents.changed(backend).during("compare the tables")? {
                let culprits = second.culprits.entry(table).or_default();
                culprits.extend(names(seeds));
            }
        }
        Ok(second)
    }

    /// Runs the seeds of one unit; where they fail, or would at a commit, nothing of them is left.
    fn run_unit(
        &self,
        backend: &mut dyn Backend,
        seeds: &[Prepared<'_>],
        unit: &Unit,
    ) -> Result<(), Undone> {
        let last = seeds.last().map(|seed| seed.seed.name.as_str());
        let failed = |error| SeedFailure::of(last.unwrap_or_default(), error);
        backend.begin().map_err(failed)?;
        let ran = self.runner().unit(backend, seeds, unit);
        let ran = ran.and_then(|_| {
            if !unit.deferred && !backend.may_wait().map_err(failed)? {
                return Ok(());
            }
            let checked = backend.check_deferred();
            Ok(checked.map_err(|error| Runner::would_be_refused(backend, seeds, error))?)
        });
        let ended = match ran {
            Ok(()) => backend.commit(),
            Err(_) => backend.rollback(),
        };
        ran.and_then(|()| Ok(ended.map_err(failed)?))
    }

    fn runner(&self) -> Runner<'_, 's> {
        Runner {
            held: &self.held,
            environment: self.request.set.environment.name(),
            tracking: Tracking::LeftOut,
        }
    }

    fn unless_interrupted(&self) -> Result<(), SeedError> {
        if self.held.setup.cancellation.is_cancelled() {
            return Err(interrupted());
        }
        Ok(())
    }
}

fn interrupted() -> SeedError {
    SeedError::Interrupted {
        report: Box::new(SeedReport {
            interrupted: true,
            ..SeedReport::default()
        }),
    }
}

fn names(seeds: &[Prepared<'_>]) -> impl Iterator<Item = String> {
    seeds.iter().map(|seed| seed.seed.name.clone())
}

/// Returns the tables that the second run left other than it found them: what one seed takes back
/// of another's is no change.
fn changes(
    backend: &mut dyn Backend,
    contents: &Contents,
    culprits: BTreeMap<usize, Vec<String>>,
) -> Result<Vec<TableChange>, SeedError> {
    let mut changes = Vec::new();
    for (place, seeds) in culprits {
        let difference = contents.difference(backend, place);
        let difference = difference.during("compare the tables")?;
        if difference.is_none() {
            continue;
        }
        changes.push(TableChange {
            table: contents.name(place).to_owned(),
            inserted: difference.inserted,
            updated: difference.updated,
            deleted: difference.deleted,
            keys: difference.keys,
            seeds,
        });
    }
    Ok(changes)
}
