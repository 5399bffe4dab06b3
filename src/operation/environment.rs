//! Which environment a database belongs to, as it says itself.

use super::OperationError;
use crate::backend::Backend;
use crate::backend::tables::Tables;
use crate::history::{self, Metadata};

/// Refuses a database of another environment, and marks one that has no mark; returns its identity.
pub(super) fn check(
    backend: &mut dyn Backend,
    tables: &Tables,
    wanted: Option<&str>,
) -> Result<String, OperationError> {
    let found = history::read_metadata(backend, tables)?;
    refuse_other_environment(found.environment.as_deref(), wanted)?;
    let new = found.identity.is_none();
    let identity = found
        .identity
        .unwrap_or_else(|| uuid::Uuid::new_v4().to_string());
    let absent = Metadata {
        identity: new.then(|| identity.clone()),
        environment: match found.environment {
            None => wanted.map(str::to_owned),
            Some(_) => None,
        },
    };
    if absent != Metadata::default() {
        history::record_metadata(backend, tables, &absent)?;
    }
    Ok(identity)
}

/// Refuses a database that is marked with another environment than the one that is wanted.
pub(crate) fn refuse_other_environment(
    marked: Option<&str>,
    wanted: Option<&str>,
) -> Result<(), OperationError> {
    match (marked, wanted) {
        (Some(marked), Some(wanted)) if marked != wanted => {
            Err(OperationError::EnvironmentMismatch {
                marked: marked.to_owned(),
                wanted: wanted.to_owned(),
            })
        }
        _ => Ok(()),
    }
}
