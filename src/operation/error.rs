//! Why a verb that writes could not begin, or not give back what it had taken.

use crate::backend::error::BackendError;
use crate::shell::command;

/// Why a verb that writes could not begin, or not give back what it had taken.
///
/// Each area has its own words for it: this one is turned into theirs.
#[derive(Debug)]
pub(crate) enum OperationError {
    /// The database cannot be reached, locked or asked.
    Backend(BackendError),
    /// The database belongs to another environment.
    EnvironmentMismatch {
        /// What the database says.
        marked: String,
        /// What was said.
        wanted: String,
    },
}

impl From<BackendError> for OperationError {
    fn from(error: BackendError) -> Self {
        Self::Backend(error)
    }
}

/// Returns what helps where a database belongs to another environment.
pub(crate) fn other_environment(marked: &str, wanted: &str) -> String {
    format!(
        "name the database's own environment by {}; if it has changed hands: {}",
        command("--env {}", &[&marked]),
        command("dieselkit db mark {}", &[&wanted])
    )
}
