//! What went wrong while a seed ran.

use std::fmt;

use serde::Serialize;

use crate::backend::DatabaseError;
use crate::migration::Place;

/// The command that tries again.
pub(super) const RETRY: &str = "dieselkit seed";

/// A seed that failed; nothing of it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SeedFailure {
    /// Its folder and file.
    pub name: String,
    /// Where it failed, as far as that is known: the statement, or the row.
    pub place: Option<Place>,
    /// The column of the table, where it was about one.
    pub column: Option<String>,
    /// The value in the file, where it was about one.
    pub value: Option<String>,
    /// What was said.
    pub message: String,
    /// The code of the SQL standard.
    pub sqlstate: Option<String>,
    /// What else the server said.
    pub detail: Option<String>,
    /// Why the failure could not be tracked, if it could not.
    pub not_tracked: Option<String>,
}

impl SeedFailure {
    /// Makes a failure of a seed of what was said alone.
    pub(crate) fn of(name: &str, error: DatabaseError) -> Self {
        Self {
            name: name.to_owned(),
            place: None,
            column: None,
            value: None,
            message: error.message,
            sqlstate: error.sqlstate,
            detail: error.detail,
            not_tracked: None,
        }
    }

    /// Returns what may help, as a command that can be pasted.
    pub fn hint(&self) -> String {
        let name = &self.name;
        let said = DatabaseError {
            sqlstate: self.sqlstate.clone(),
            ..DatabaseError::from_message(self.message.as_str())
        };
        if said.refuses_transactions() {
            return format!(
                "each seed runs in a transaction: take the statement out of `{name}`, into a migration with `run_in_transaction = false`, and run `{RETRY}`"
            );
        }
        said.cure_around(RETRY)
            .unwrap_or_else(|| format!("mend `{name}` and run `{RETRY}`"))
    }

    /// Returns what is tracked of it: no value, neither the file's nor those that the server
    /// tells in its detail, since they may be secret.
    pub(crate) fn without_values(&self) -> String {
        let bare = Self {
            value: None,
            detail: None,
            ..self.clone()
        };
        bare.to_string()
    }
}

impl fmt::Display for SeedFailure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.place {
            write!(formatter, "{place}: ")?;
        }
        match (&self.column, &self.value) {
            (Some(column), Some(value)) => {
                write!(formatter, "column `{column}`, value `{value}`: ")?;
            }
            (Some(column), None) => write!(formatter, "column `{column}`: ")?,
            _ => {}
        }
        formatter.write_str(&self.message)?;
        if let Some(sqlstate) = &self.sqlstate {
            write!(formatter, " (SQLSTATE {sqlstate})")?;
        }
        if let Some(detail) = &self.detail {
            write!(formatter, "\ndetail: {detail}")?;
        }
        if let Some(reason) = &self.not_tracked {
            write!(formatter, "\nnot tracked: {reason}")?;
        }
        Ok(())
    }
}

impl std::error::Error for SeedFailure {}
