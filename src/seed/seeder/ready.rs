//! From what is asked for to seeds that can run: every check that comes before the first write, in
//! one place, so that what a plan shows is what runs, and a proof proves the same.
//!
//! Writes nothing, and knows no lock.

use super::choose::{Judged, choose, judge, lend};
use crate::backend::Backend;
use crate::backend::error::BackendError;
use crate::backend::tables::Tables;
use crate::environment::Protection;
use crate::history;
use crate::migration::{MigrationSet, TransactionMode, pending};
use crate::operation;
use crate::seed::error::{SeedError, UnfitSeed};
use crate::seed::model::Seed;
use crate::seed::options::{OnPending, SeedOptions};
use crate::seed::order::{Backwards, Unit, units};
use crate::seed::plan::{PlannedSeed, Verdict};
use crate::seed::prepare::{Prepared, prepare};
use crate::seed::rights;
use crate::seed::shared;
use crate::seed::source::SeedSet;
use crate::seed::store;
use crate::seed::template::Lent;
use crate::version::Version;

/// The folders of seeds that are for trying things out.
const FOR_TRYING: [&str; 2] = ["development", "test"];

/// What is asked for: some seeds of a set, after some migrations.
#[derive(Clone, Copy)]
pub(super) struct Request<'a> {
    pub(super) set: &'a SeedSet,
    pub(super) migrations: Option<&'a MigrationSet>,
    pub(super) options: &'a SeedOptions,
}

/// What is to become of the seeds that are asked for, and what templates are filled with.
pub(super) struct Judgement<'a> {
    judged: Judged<'a>,
    lent: Lent,
}

/// Seeds that are ready, and what of them shares a transaction.
pub(super) struct Ready<'a> {
    pub(super) seeds: Vec<Prepared<'a>>,
    pub(super) units: Vec<Unit>,
}

impl Judgement<'_> {
    /// Returns every seed that is asked for, and whether it runs.
    pub(super) fn planned(&self) -> Vec<PlannedSeed> {
        let planned = self.judged.iter().map(|(planned, ..)| planned.clone());
        planned.collect()
    }

    /// Leaves out what does not fit.
    pub(super) fn only(&self, fits: impl Fn(&Seed) -> bool) -> Self {
        let fitting = self.judged.iter().filter(|(_, seed, _)| fits(seed));
        Self {
            judged: fitting.cloned().collect(),
            lent: self.lent.clone(),
        }
    }
}

impl<'a> Request<'a> {
    /// Refuses seeds for trying things out, where nothing may be tried out.
    pub(super) fn refuse_for_trying(&self) -> Result<(), SeedError> {
        let for_trying = |seed: &&Seed| FOR_TRYING.contains(&seed.folder.as_str());
        match self.set.seeds.iter().find(for_trying) {
            Some(seed) if self.protection() == Protection::Protected => Err(SeedError::Protected {
                folder: seed.folder.clone(),
            }),
            _ => Ok(()),
        }
    }

    /// Refuses a database of another environment. Whoever takes the lock has done that already.
    pub(super) fn refuse_other_environment(
        &self,
        backend: &mut dyn Backend,
        tables: &Tables,
    ) -> Result<(), SeedError> {
        let marked = history::read_metadata(backend, tables)?.environment;
        let wanted = self.set.environment.name();
        Ok(operation::refuse_other_environment(
            marked.as_deref(),
            Some(wanted),
        )?)
    }

    /// Chooses the seeds and judges them by these options, once no migration is pending.
    pub(super) fn judge(
        &self,
        backend: &mut dyn Backend,
        tables: &Tables,
        options: &SeedOptions,
    ) -> Result<Judgement<'a>, SeedError> {
        self.refuse_pending(backend, tables)?;
        let tracked = store::read(backend, tables, self.set.environment.name())?;
        let chosen = choose(self.set, self.options)?;
        let lent = lend(backend, tables, self.set)?;
        let judged = judge(backend, &chosen, (&tracked, &lent), options)?;
        Ok(Judgement { judged, lent })
    }

    /// Reads what is to run, holds it against the database, and divides it into transactions.
    pub(super) fn ready(
        &self,
        backend: &mut dyn Backend,
        judgement: &Judgement<'a>,
        transaction: TransactionMode,
    ) -> Result<Ready<'a>, SeedError> {
        let runs = judgement
            .judged
            .iter()
            .filter(|(planned, ..)| matches!(planned.verdict, Verdict::Run(_)));
        let seeds = runs
            .map(|(_, seed, checksum)| {
                let seed = (*seed, &judgement.lent);
                prepare(backend, seed, *checksum, self.protection())
            })
            .collect::<Result<Vec<_>, _>>()?;
        shared::refuse_deleting(backend, &self.set.seeds, &seeds)?;
        let shapes: Vec<_> = seeds.iter().map(Prepared::filled).collect();
        let units =
            units(&shapes, transaction).map_err(|backwards| seeded_later(&seeds, &backwards))?;
        rights::refuse_lack(backend, &seeds)?;
        Ok(Ready { seeds, units })
    }

    fn refuse_pending(&self, backend: &mut dyn Backend, tables: &Tables) -> Result<(), SeedError> {
        let versions = pending_versions(backend, tables, self.migrations, self.options.pending)?;
        if versions.is_empty() {
            Ok(())
        } else {
            Err(SeedError::Pending { versions })
        }
    }

    pub(super) fn protection(&self) -> Protection {
        self.set.environment.protection()
    }
}

/// Returns the migrations for whose sake nothing may be written.
pub(super) fn pending_versions(
    backend: &mut dyn Backend,
    tables: &Tables,
    migrations: Option<&MigrationSet>,
    on_pending: OnPending,
) -> Result<Vec<Version>, BackendError> {
    match (migrations, on_pending) {
        (Some(migrations), OnPending::Refuse) => pending(backend, tables, migrations),
        _ => Ok(Vec::new()),
    }
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
