//! What is pending, for whoever needs the migrations applied before.

use super::set::MigrationSet;
use super::status::{State, survey};
use crate::backend::Backend;
use crate::backend::error::BackendError;
use crate::backend::tables::Tables;
use crate::history;
use crate::version::Version;

/// Returns the migrations of a set that are not applied, or not wholly, in the set's order.
pub(crate) fn pending(
    backend: &mut dyn Backend,
    tables: &Tables,
    set: &MigrationSet,
) -> Result<Vec<Version>, BackendError> {
    let ledger = history::load_ledger(backend, tables)?;
    let status = survey(set, &ledger, backend.dialect());
    let is_applied = |state: State| matches!(state, State::Applied);
    Ok(status
        .migrations
        .into_iter()
        .filter(|entry| !is_applied(entry.state))
        .map(|entry| entry.version)
        .collect())
}
