//! What went wrong while a seed ran.

use std::fmt;

use serde::Serialize;

use crate::backend::DatabaseError;
use crate::migration::Place;

/// The command that tries again.
pub(super) const RETRY: &str = "dieselkit seed";

/// How much of a value of a file is shown, in characters.
const VALUE_SHOWN: usize = 100;
/// How much is shown of what was said of it, in characters.
const SAID_SHOWN: usize = 1000;

/// Returns a text whole, or so many characters of it, and how many there are.
fn excerpt(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}… ({} characters)", &text[..end], text.chars().count()),
    }
}

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
    /// What the server advises.
    pub server_hint: Option<String>,
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
            server_hint: error.hint,
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

    /// Cuts what a file can make as long as it likes.
    pub(crate) fn shortened(mut self) -> Self {
        if let Some(value) = self.value.take() {
            let short = excerpt(&value, VALUE_SHOWN);
            if short != value {
                self.message = self.message.replace(&value, &short);
            }
            self.value = Some(short);
        }
        self.message = excerpt(&self.message, SAID_SHOWN);
        self.detail = self.detail.map(|detail| excerpt(&detail, SAID_SHOWN));
        self.server_hint = self.server_hint.map(|hint| excerpt(&hint, SAID_SHOWN));
        self
    }

    /// Returns what is tracked of it: no value of a data file, nor those that the server tells in
    /// its detail and its hint, since they may be secret.
    pub(crate) fn without_values(&self) -> String {
        let message = match &self.value {
            // In the quotes of the server, or in those of this tool.
            Some(value) => self
                .message
                .replace(&format!("\"{value}\""), "\"…\"")
                .replace(&format!("`{value}`"), "`…`"),
            None => self.message.clone(),
        };
        let bare = Self {
            value: None,
            detail: None,
            server_hint: None,
            message,
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
        if let Some(hint) = &self.server_hint {
            write!(formatter, "\nserver's hint: {hint}")?;
        }
        if let Some(reason) = &self.not_tracked {
            write!(formatter, "\nnot tracked: {reason}")?;
        }
        Ok(())
    }
}

impl std::error::Error for SeedFailure {}
