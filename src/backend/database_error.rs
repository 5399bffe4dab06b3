//! What a database says when it does not do what it was asked.
//!
//! It knows nothing of migrations: whoever ran the SQL knows which file it came from.

use std::fmt;

use diesel::result::{DatabaseErrorInformation, DatabaseErrorKind, Error as DieselError};

/// What the engines say of a statement that they refuse inside a transaction.
const OUTSIDE_ONLY: [&str; 5] = [
    "cannot run inside a transaction block",
    "cannot VACUUM from within a transaction",
    "wal mode from within a transaction",
    "temporary storage cannot be changed from within a transaction",
    "Safety level may not be changed inside a transaction",
];

/// What a server that speaks English says of locks that it did not get, and of time that ran out, with
/// the code that Diesel keeps to itself. Of another server's words a second look learns the code, of a deadlock its
/// details tell in any language, and of time that ran out what the server says when it runs out once more.
const TIMES: [(&str, &str); 4] = [
    (
        "canceling statement due to lock timeout",
        LOCK_NOT_AVAILABLE,
    ),
    ("could not obtain lock on ", LOCK_NOT_AVAILABLE),
    ("deadlock detected", DEADLOCK),
    (
        "canceling statement due to statement timeout",
        QUERY_CANCELED,
    ),
];

/// <https://www.postgresql.org/docs/current/errcodes-appendix.html>
const LOCK_NOT_AVAILABLE: &str = "55P03";
const DEADLOCK: &str = "40P01";
const QUERY_CANCELED: &str = "57014";
const SERIALIZATION_FAILURE: &str = "40001";

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

    /// Returns whether it is a pooler's mark: a prepared statement that another session made, or that
    /// this one made somewhere else.
    pub(super) fn is_of_pooler(&self) -> bool {
        self.message.contains("prepared statement")
    }

    /// Returns whether what others did at the same time was in the way, so that the same transaction
    /// may pass when it is run again: a lock that was not had in time, a deadlock, or an order of
    /// events that is none.
    pub(crate) fn is_of_others_doing(&self) -> bool {
        let codes = [LOCK_NOT_AVAILABLE, DEADLOCK, SERIALIZATION_FAILURE];
        self.sqlstate
            .as_deref()
            .is_some_and(|code| codes.contains(&code))
    }

    /// Notes that a lock was not had in time, where that is known otherwise than by its words.
    pub(crate) fn know_late_for_a_lock(&mut self) {
        self.sqlstate = Some(LOCK_NOT_AVAILABLE.to_owned());
    }

    /// Notes that a statement took longer than it may, where that is known otherwise than by its words.
    pub(crate) fn know_out_of_time(&mut self) {
        self.sqlstate = Some(QUERY_CANCELED.to_owned());
    }

    /// Returns whether a lock was not had in time.
    pub(crate) fn is_late_for_a_lock(&self) -> bool {
        self.sqlstate.as_deref() == Some(LOCK_NOT_AVAILABLE)
    }

    /// Returns whether a statement was cut off, because of its time or by somebody.
    pub(crate) fn is_cut_off(&self) -> bool {
        self.sqlstate.as_deref() == Some(QUERY_CANCELED)
    }

    /// Returns whether two transactions waited for one another.
    #[cfg_attr(
        not(feature = "postgres"),
        expect(dead_code, reason = "only a server has two that wait")
    )]
    pub(crate) fn is_deadlock(&self) -> bool {
        self.sqlstate.as_deref() == Some(DEADLOCK)
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
        Self::from(&error)
    }
}

impl From<&DieselError> for DatabaseError {
    fn from(error: &DieselError) -> Self {
        match error {
            DieselError::DatabaseError(kind, information) => Self {
                message: in_one_line(information.message()),
                sqlstate: sqlstate_of(*kind, &**information).map(str::to_owned),
                detail: information.details().map(str::to_owned),
                hint: information.hint().map(str::to_owned),
                position: information
                    .statement_position()
                    .and_then(|position| usize::try_from(position).ok()),
                disconnected: matches!(kind, DatabaseErrorKind::ClosedConnection),
            },
            DieselError::RollbackErrorOnCommit { commit_error, .. } => Self::from(&**commit_error),
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

/// Returns the code of the kinds that Diesel tells apart, and of what is known by its words; it keeps
/// the others to itself.
fn sqlstate_of(
    kind: DatabaseErrorKind,
    information: &(dyn DatabaseErrorInformation + Send + Sync),
) -> Option<&'static str> {
    let said = |(words, _): &&(&str, &'static str)| information.message().starts_with(words);
    let by_words = || TIMES.iter().find(said).map(|(_, code)| *code);
    let by_details = || {
        let detail = information.details()?;
        tells_of_deadlock(detail).then_some(DEADLOCK)
    };
    by_kind(kind).or_else(by_words).or_else(by_details)
}

/// Returns who waits, and whom for, by each line of the details of a deadlock: the numbers of two
/// sessions, the first and the last of the line in every language that PostgreSQL speaks
/// (`Process %d waits for %s on %s; blocked by process %d.` in the server's `deadlock.c`).
pub(crate) fn waits(detail: &str) -> Vec<(i32, i32)> {
    let of_line = |line: &str| {
        let digits = line.split(|letter: char| !letter.is_ascii_digit());
        let mut numbers = digits.filter_map(|digits| digits.parse().ok());
        let first = numbers.next()?;
        Some((first, numbers.next_back()?))
    };
    detail.lines().filter_map(of_line).collect()
}

/// Returns whether each line of the details tells of one who waits for that of the next line, and the
/// last one for the first.
fn tells_of_deadlock(detail: &str) -> bool {
    let waits = waits(detail);
    let next = waits.iter().cycle().skip(1);
    waits.len() > 1
        && waits.len() == detail.lines().count()
        && waits
            .iter()
            .zip(next)
            .all(|((_, for_whom), (who, _))| for_whom == who)
}

fn by_kind(kind: DatabaseErrorKind) -> Option<&'static str> {
    match kind {
        DatabaseErrorKind::UniqueViolation => Some("23505"),
        DatabaseErrorKind::ForeignKeyViolation => Some("23503"),
        DatabaseErrorKind::NotNullViolation => Some("23502"),
        DatabaseErrorKind::CheckViolation => Some("23514"),
        DatabaseErrorKind::RestrictViolation => Some("23001"),
        DatabaseErrorKind::ExclusionViolation => Some("23P01"),
        DatabaseErrorKind::SerializationFailure => Some(SERIALIZATION_FAILURE),
        DatabaseErrorKind::ReadOnlyTransaction => Some("25006"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadlock_is_told_by_who_waits_for_whom_in_any_language() {
        for detail in [
            "Process 71 waits for ShareLock on transaction 900; blocked by process 82.\nProcess 82 waits for AccessExclusiveLock on relation 16385 of database 5; blocked by process 71.",
            "Prozess 71 wartet auf ShareLock-Sperre auf Transaktion 900; blockiert von Prozess 82.\nProzess 82 wartet auf ShareLock-Sperre auf Transaktion 901; blockiert von Prozess 9.\nProzess 9 wartet auf ShareLock-Sperre auf Transaktion 7; blockiert von Prozess 71.",
            "进程71等待在数据库5的关系16385上的AccessExclusiveLock; 由进程82阻塞.\n进程82等待在事务 900上的ShareLock; 由进程71阻塞.",
        ] {
            assert!(tells_of_deadlock(detail), "{detail}");
        }
        for detail in [
            "",
            "Key (id)=(1) already exists.",
            "Failing row contains (1, 2).\nFailing row contains (2, 3).",
            "71 82",
        ] {
            assert!(!tells_of_deadlock(detail), "{detail}");
        }
        assert!(waits("99999999999999999999 99999999999999999999").is_empty());
    }
}
