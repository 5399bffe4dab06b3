//! How the seeds of an environment stand: a pure function of the plan and what is tracked.

use std::collections::{BTreeMap, BTreeSet};

use super::model::Seed;
use super::plan::{PlannedSeed, Reason, SkipReason, Verdict};
use super::report::{SeedState, SeedStatus, SeedStatusReport};
use super::store::{Attempts, Outcome};
use crate::sql::Checksum;

/// Returns how every seed stands; those that only the database knows come last, by name.
pub(crate) fn survey(
    environment: &str,
    judged: &[(PlannedSeed, &Seed, Checksum)],
    tracked: &BTreeMap<String, Attempts>,
) -> SeedStatusReport {
    let known: BTreeSet<&str> = judged
        .iter()
        .map(|(planned, ..)| planned.name.as_str())
        .collect();
    let mut seeds: Vec<SeedStatus> = judged
        .iter()
        .map(|(planned, _, checksum)| SeedStatus {
            checksum: Some(*checksum),
            ..entry(
                &planned.name,
                state(planned.verdict),
                tracked.get(&planned.name),
            )
        })
        .collect();
    let gone = tracked
        .iter()
        .filter(|(name, _)| !known.contains(name.as_str()))
        .map(|(name, attempts)| entry(name, SeedState::Gone, Some(attempts)));
    seeds.extend(gone);
    let runs = |verdict: &Verdict| matches!(verdict, Verdict::Run(_));
    SeedStatusReport {
        environment: environment.to_owned(),
        seeds,
        to_run: judged
            .iter()
            .filter(|(planned, ..)| runs(&planned.verdict))
            .count(),
    }
}

fn state(verdict: Verdict) -> SeedState {
    match verdict {
        Verdict::Run(Reason::New) => SeedState::New,
        Verdict::Run(Reason::Changed) => SeedState::Changed,
        Verdict::Run(Reason::Failed) => SeedState::Failed,
        Verdict::Run(Reason::Always) => SeedState::Always,
        Verdict::Run(Reason::RolledBack) => SeedState::RolledBack,
        Verdict::Skip(SkipReason::OnceRolledBack) => SeedState::OnceRolledBack,
        Verdict::Run(Reason::Forced) | Verdict::Skip(_) => SeedState::Done,
    }
}

fn entry(name: &str, state: SeedState, attempts: Option<&Attempts>) -> SeedStatus {
    let last = attempts.map(|attempts| &attempts.last);
    SeedStatus {
        name: name.to_owned(),
        state,
        checksum: None,
        ran_at: last.map(|last| last.started_at),
        execution_time_ms: last.map(|last| last.execution_time_ms),
        rows: last.and_then(|last| last.rows),
        applied_by: last.and_then(|last| last.applied_by.clone()),
        error: last.and_then(|last| match &last.outcome {
            Outcome::Success => None,
            Outcome::Failed { error } => Some(error.clone()),
        }),
    }
}
