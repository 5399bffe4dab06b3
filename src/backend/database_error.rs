//! What a database says when it does not do what it was asked.
//!
//! It knows nothing of migrations: whoever ran the SQL knows which file it came from.

use std::fmt;

use diesel::result::{DatabaseErrorKind, Error as DieselError};

/// What the engines say of a statement that they refuse inside a transaction.
const OUTSIDE_ONLY: [&str; 5] = [
    "cannot run inside a transaction block",
    "cannot VACUUM from within a transaction",
    "wal mode from within a transaction",
    "temporary storage cannot be changed from within a transaction",
    "Safety level may not be changed inside a transaction",
];

/// How `SQLite`'s refusals by a constraint begin, and the codes of the SQL standard for them.
const CONSTRAINTS: [(&str, &str); 4] = [
    ("UNIQUE constraint failed", "23505"),
    ("FOREIGN KEY constraint failed", "23503"),
    ("NOT NULL constraint failed", "23502"),
    ("CHECK constraint failed", "23514"),
];

/// What the database said.
///
/// Its text never holds a statement; it may hold names and, in `detail`, values.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DatabaseError {
    /// What happened, in one line.
    pub message: String,
    /// The five-character code of the SQL standard, where the engine has one and it is known.
    pub sqlstate: Option<String>,
    /// More about it.
    pub detail: Option<String>,
    /// What the server advises.
    pub hint: Option<String>,
    /// Where in the text that was sent: 1-based, in characters.
    pub position: Option<usize>,
    /// Whether the connection is gone.
    pub disconnected: bool,
}

impl DatabaseError {
    /// Makes an error of a message alone.
    pub(crate) fn from_message(message: impl Into<String>) -> Self {
        Self {
            message: in_one_line(&message.into()),
            sqlstate: None,
            detail: None,
            hint: None,
            position: None,
            disconnected: false,
        }
    }

    /// Returns whether another program's lock on the whole database was in the way: `SQLite`'s
    /// `SQLITE_BUSY`, which Diesel hands over as its text alone.
    pub(crate) fn is_locked_out(&self) -> bool {
        self.sqlstate.is_none() && self.message.contains("database is locked")
    }

    /// Returns whether the statement runs outside of a transaction alone.
    ///
    /// The words count too: not every error's code is known, and `SQLite` has none.
    pub(crate) fn refuses_transactions(&self) -> bool {
        // "Active SQL transaction" is also said of a `SET TRANSACTION` that comes too late.
        let by_code = self.sqlstate.as_deref() == Some("25001");
        by_code && !self.message.starts_with("SET TRANSACTION")
            || OUTSIDE_ONLY
                .iter()
                .any(|words| self.message.contains(words))
    }

    /// Returns the code by which refusals are told apart: that of the SQL standard, for `SQLite` the
    /// one that its words would have.
    pub(crate) fn kind(&self) -> Option<&str> {
        let said = |(words, _): &&(&str, &'static str)| self.message.starts_with(words);
        self.sqlstate
            .as_deref()
            .or_else(|| CONSTRAINTS.iter().find(said).map(|(_, code)| *code))
    }

    /// Returns whether a constraint is what refused it: class 23 of the SQL standard, and the words
    /// of `SQLite`, which has no codes.
    pub(crate) fn is_constraint(&self) -> bool {
        match &self.sqlstate {
            Some(code) => code.starts_with("23"),
            None => self.message.contains("constraint failed"),
        }
    }

    /// Makes the error of a column that does not hold what it should.
    pub(crate) fn unreadable(column: usize, wanted: &str) -> Self {
        Self::from_message(format!("column {column} of the result is not {wanted}"))
    }
}

impl fmt::Display for DatabaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if let Some(sqlstate) = &self.sqlstate {
            write!(f, " (SQLSTATE {sqlstate})")?;
        }
        if let Some(detail) = &self.detail {
            write!(f, "; detail: {detail}")?;
        }
        if let Some(hint) = &self.hint {
            write!(f, "; server's hint: {hint}")?;
        }
        Ok(())
    }
}

impl std::error::Error for DatabaseError {}

impl From<DieselError> for DatabaseError {
    fn from(error: DieselError) -> Self {
        match error {
            DieselError::DatabaseError(kind, information) => Self {
                message: in_one_line(information.message()),
                sqlstate: sqlstate_of(kind).map(str::to_owned),
                detail: information.details().map(str::to_owned),
                hint: information.hint().map(str::to_owned),
                position: information
                    .statement_position()
                    .and_then(|position| usize::try_from(position).ok()),
                disconnected: matches!(kind, DatabaseErrorKind::ClosedConnection),
            },
            DieselError::RollbackErrorOnCommit { commit_error, .. } => Self::from(*commit_error),
            other => Self::from_message(other.to_string()),
        }
    }
}

/// Returns a message in one line: libpq indents what it has to add.
pub(crate) fn in_one_line(message: &str) -> String {
    let mut lines = message.lines().map(str::trim);
    let first = lines.next().unwrap_or_default();
    let rest: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
    match rest.as_slice() {
        [] => first.to_owned(),
        rest => format!("{first}: {}", rest.join(" ")),
    }
}

/// Returns the code of the kinds that Diesel tells apart; it keeps the others to itself.
fn sqlstate_of(kind: DatabaseErrorKind) -> Option<&'static str> {
    match kind {
        DatabaseErrorKind::UniqueViolation => Some("23505"),
        DatabaseErrorKind::ForeignKeyViolation => Some("23503"),
        DatabaseErrorKind::NotNullViolation => Some("23502"),
        DatabaseErrorKind::CheckViolation => Some("23514"),
        DatabaseErrorKind::RestrictViolation => Some("23001"),
        DatabaseErrorKind::ExclusionViolation => Some("23P01"),
        DatabaseErrorKind::SerializationFailure => Some("40001"),
        DatabaseErrorKind::ReadOnlyTransaction => Some("25006"),
        _ => None,
    }
}
