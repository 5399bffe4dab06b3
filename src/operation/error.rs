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

/// Turns it into an area's own error, which has variants of the same names.
macro_rules! words_for_operation_errors {
    ($Error:ty) => {
        impl From<$crate::operation::OperationError> for $Error {
            fn from(error: $crate::operation::OperationError) -> Self {
                use $crate::operation::OperationError;
                match error {
                    OperationError::Backend(source) => Self::Backend(source),
                    OperationError::EnvironmentMismatch { marked, wanted } => {
                        Self::EnvironmentMismatch { marked, wanted }
                    }
                }
            }
        }
    };
}

pub(crate) use words_for_operation_errors;

/// Returns what helps where a database belongs to another environment.
pub(crate) fn other_environment(marked: &str, wanted: &str) -> String {
    format!(
        "name the database's own environment by {}; if it has changed hands: {}",
        command("--env {}", &[&marked]),
        command("dieselkit db mark {}", &[&wanted])
    )
}
