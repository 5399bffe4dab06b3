//! Reading all seeds before there is anything to fill: what a reset asks before it drops what is
//! there.
//!
//! No table is asked: those that the seeds are for may only be made afterwards.

use super::choose::lend;
use super::ready::Request;
use super::{Seeder, reading};
use crate::backend::Backend;
use crate::seed::error::{SeedError, UnfitSeed};
use crate::seed::model::Seed;
use crate::seed::options::SeedOptions;
use crate::seed::read::{Said, read};
use crate::seed::sidecar::Sidecar;
use crate::seed::template::Lent;

impl Seeder {
    /// Reads every seed to its end and finds what keeps it from running, as far as that can be told
    /// without the tables that it fills, writing nothing.
    ///
    /// # Errors
    /// `SeedError::Unfit` of the first such seed, `SeedError::Protected`,
    /// `SeedError::EnvironmentMismatch`, `SeedError::Backend`.
    pub fn rehearse(&mut self) -> Result<(), SeedError> {
        let options = SeedOptions::default();
        let request = Request {
            set: &self.set,
            migrations: None,
            options: &options,
        };
        request.refuse_for_trying()?;
        reading(
            &mut self.database,
            self.caller.lock_wait,
            |backend, tables| {
                request.refuse_other_environment(backend, tables)?;
                let lent = lend(backend, tables, request.set)?;
                let mut seeds = request.set.seeds.iter();
                seeds.try_for_each(|seed| rehearse(backend, seed, &lent, request))
            },
        )
    }
}

fn rehearse(
    backend: &mut dyn Backend,
    seed: &Seed,
    lent: &Lent,
    request: Request<'_>,
) -> Result<(), SeedError> {
    let unfit = |source| SeedError::Unfit {
        name: seed.name.clone(),
        source,
    };
    match read(backend, (seed, lent), request.protection())?.said {
        Said::Statements(_) => Ok(()),
        Said::Rows { file, sidecar } => refuse_key(file.columns(), sidecar)
            .and_then(|()| file.read_to_end())
            .map_err(unfit),
    }
}

/// Refuses a key that the file does not have; one that has no object names no columns.
fn refuse_key(columns: &[String], sidecar: &Sidecar) -> Result<(), UnfitSeed> {
    let mut key = sidecar.key.iter().flatten();
    match key.find(|column| !columns.is_empty() && !columns.contains(column)) {
        None => Ok(()),
        Some(column) => Err(UnfitSeed::KeyNotInFile {
            table: sidecar
                .table
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default(),
            column: column.clone(),
        }),
    }
}
