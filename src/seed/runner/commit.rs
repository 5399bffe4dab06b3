//! Which seed it was that a commit was refused for: what a constraint looks at no sooner says nothing
//! of the statement.

use std::ops::ControlFlow;

use super::Runner;
use super::cause::{Cause, put_into_words};
use super::work::open;
use crate::backend::Backend;
use crate::backend::error::DatabaseError;
use crate::backend::rows::{LoadError, find_violation};
use crate::seed::failure::SeedFailure;
use crate::seed::order::Unit;
use crate::seed::prepare::{Prepared, Work};

impl Runner<'_, '_> {
    /// Returns the seed whose rows a commit was refused for, else the last, and what it failed of.
    ///
    /// The commit has rolled everything back, so the seeds are run once more, are looked at before
    /// the commit, and are rolled back again.
    pub(super) fn refused_at_commit<'p, 's>(
        &self,
        backend: &mut dyn Backend,
        (seeds, unit): (&'p [Prepared<'s>], &Unit),
        error: DatabaseError,
    ) -> (Option<&'p Prepared<'s>>, Cause) {
        let mut found = None;
        if error.is_constraint() && self.begin(backend, unit).is_ok() {
            let mut ran = seeds
                .iter()
                .map(|seed| self.work(backend, seed, &mut |_| ControlFlow::Continue(())));
            if ran.all(|ran| ran.is_ok()) {
                found = culprit(backend, seeds, &error);
            }
            // Where this fails the connection is gone, and the server has done it.
            let _ = backend.rollback();
        }
        match found {
            Some((seed, error)) => (Some(seed), Cause::Load(error)),
            None => (seeds.last(), Cause::Around(error)),
        }
    }

    /// Makes the failure of seeds that ran in the transaction that is open, and that its commit
    /// would be refused for.
    pub(crate) fn would_be_refused(
        backend: &mut dyn Backend,
        seeds: &[Prepared<'_>],
        error: DatabaseError,
    ) -> SeedFailure {
        match (culprit(backend, seeds, &error), seeds.last()) {
            (Some((seed, error)), _) => put_into_words(seed, Cause::Load(error)),
            (None, Some(last)) => put_into_words(last, Cause::Around(error)),
            (None, None) => SeedFailure::of("", error),
        }
    }
}

/// Finds the first seed with a row that breaks a constraint now that all of them ran.
fn culprit<'p, 's>(
    backend: &mut dyn Backend,
    seeds: &'p [Prepared<'s>],
    error: &DatabaseError,
) -> Option<(&'p Prepared<'s>, LoadError)> {
    seeds.iter().find_map(|seed| {
        let Work::Rows(rows) = &seed.work else {
            return None;
        };
        let mut source = open(seed).ok()??;
        let found = find_violation(backend, &rows.load(), &mut source, error);
        found.ok()?.map(|error| (seed, error))
    })
}
