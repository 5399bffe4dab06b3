//! What can go wrong inside the harness while a step runs.

use thiserror::Error;

use crate::backend::error::{BackendError, DatabaseError};
use crate::backend::{BoxError, ScriptError};
use crate::migration::failure::BROKEN_KEYS;

/// What can go wrong inside the harness.
#[derive(Debug, Error)]
pub(crate) enum StepError {
    /// The script failed.
    #[error("{}", .0.error)]
    Script(ScriptError),
    /// The function failed.
    #[error("{0}")]
    Rust(BoxError),
    /// Rows point nowhere.
    #[error("{BROKEN_KEYS}: {}", .0.join("; "))]
    ForeignKeys(Vec<String>),
    /// It could not be begun: no transaction, or no row that says so.
    #[error("failed to begin it: {0}")]
    Begin(DatabaseError),
    /// A row of the history, or Diesel's, could not be written.
    #[error("failed to record it: {0}")]
    Bookkeeping(DatabaseError),
    /// What the body changed of the session could not be put back.
    #[error("failed to put the session's settings back: {0}")]
    Session(DatabaseError),
    /// The commit failed, or Diesel's own row did.
    #[error("{0}")]
    Commit(DatabaseError),
    /// The lock is not held.
    #[error("{0}")]
    Lock(BackendError),
}

impl StepError {
    /// Recognises what the harness itself failed of: Diesel's own row, or the commit.
    pub(super) fn from_harness(error: BoxError) -> Self {
        let said = |error: BoxError| match error.downcast::<diesel::result::Error>() {
            Ok(error) => DatabaseError::from(*error),
            Err(error) => DatabaseError::from_message(error.to_string()),
        };
        Self::Commit(match error.downcast::<DatabaseError>() {
            Ok(error) => *error,
            Err(error) => said(error),
        })
    }

    /// Returns what the database said, where it was the one.
    pub(crate) fn database(&self) -> Option<&DatabaseError> {
        match self {
            Self::Script(error) => Some(&error.error),
            Self::Begin(error)
            | Self::Bookkeeping(error)
            | Self::Session(error)
            | Self::Commit(error) => Some(error),
            Self::Rust(_) | Self::ForeignKeys(_) | Self::Lock(_) => None,
        }
    }

    /// Returns whether what others did at the same time was in the way. A function hands over the
    /// error that it was given.
    pub(super) fn is_of_others_doing(&self) -> bool {
        match self {
            Self::Rust(error) => error
                .downcast_ref::<diesel::result::Error>()
                .is_some_and(|error| DatabaseError::from(error).is_of_others_doing()),
            other => other
                .database()
                .is_some_and(DatabaseError::is_of_others_doing),
        }
    }

    /// Returns whether nothing is known of it but words.
    pub(super) fn is_untold(&self) -> bool {
        match self {
            Self::Rust(error) => error
                .downcast_ref::<diesel::result::Error>()
                .is_some_and(|error| DatabaseError::from(error).sqlstate.is_none()),
            other => other
                .database()
                .is_some_and(|error| error.sqlstate.is_none() && !error.disconnected),
        }
    }

    /// Notes that a lock was not had in time. The error of a function stays as it is.
    pub(super) fn know_late_for_a_lock(&mut self) {
        if let Some(error) = self.database_mut() {
            error.know_late_for_a_lock();
        }
    }

    /// Notes that a statement took longer than it may, likewise.
    pub(super) fn know_out_of_time(&mut self) {
        if let Some(error) = self.database_mut() {
            error.know_out_of_time();
        }
    }

    fn database_mut(&mut self) -> Option<&mut DatabaseError> {
        match self {
            Self::Script(error) => Some(&mut error.error),
            Self::Begin(error)
            | Self::Bookkeeping(error)
            | Self::Session(error)
            | Self::Commit(error) => Some(error),
            Self::Rust(_) | Self::ForeignKeys(_) | Self::Lock(_) => None,
        }
    }

    /// Returns the message alone, without code, detail and hint.
    pub(crate) fn message(&self) -> String {
        if let Some(error) = self.database().filter(|error| error.is_locked_out()) {
            return format!(
                "another program holds a lock on the database: {}",
                error.message
            );
        }
        match self {
            Self::Script(error) => error.error.message.clone(),
            Self::Begin(error) => format!("failed to begin it: {}", error.message),
            Self::Bookkeeping(error) => format!("failed to record it: {}", error.message),
            Self::Session(error) => {
                format!(
                    "failed to put the session's settings back: {}",
                    error.message
                )
            }
            Self::Commit(error) => format!("failed to commit: {}", error.message),
            other => other.to_string(),
        }
    }
}
