//! Choosing seeds and judging them: which are asked for, and which of these run.
//!
//! Reads what is tracked, writes nothing, and knows no lock.

use std::collections::BTreeMap;

use crate::backend::Backend;
use crate::backend::error::BackendError;
use crate::backend::tables::Tables;
use crate::history;
use crate::seed::digest::digest;
use crate::seed::error::SeedError;
use crate::seed::model::Seed;
use crate::seed::options::SeedOptions;
use crate::seed::plan::{Candidate, PlannedSeed, SkipReason, Verdict, verdict};
use crate::seed::source::SeedSet;
use crate::seed::store::Attempts;
use crate::seed::template::Lent;
use crate::sql::Checksum;

/// Seeds, whether each runs, and the checksum that it has now.
pub(super) type Judged<'s> = Vec<(PlannedSeed, &'s Seed, Checksum)>;

/// Returns the seeds that are asked for.
pub(super) fn choose<'s>(
    set: &'s SeedSet,
    options: &SeedOptions,
) -> Result<Vec<&'s Seed>, SeedError> {
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
pub(super) fn lend(
    backend: &mut dyn Backend,
    tables: &Tables,
    set: &SeedSet,
) -> Result<Lent, BackendError> {
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
pub(super) fn judge<'s>(
    backend: &mut dyn Backend,
    seeds: &[&'s Seed],
    (tracked, lent): (&BTreeMap<String, Attempts>, &Lent),
    options: &SeedOptions,
) -> Result<Judged<'s>, SeedError> {
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
