//! One row of the history.
//!
//! Pure. How rows are read and written is known to `history::store`.

use chrono::NaiveDateTime;
use serde::Serialize;

use crate::sql::Checksum;
use crate::version::Version;

/// Why a row was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Operation {
    /// The migration was run.
    Apply,
    /// It was marked as applied without running.
    Baseline,
    /// Plain Diesel had applied it.
    Adopt,
    /// Somebody settled it by hand.
    Resolve,
    /// Somebody accepted its changed file.
    Repair,
}

impl Operation {
    /// Returns the word in the table.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Apply => "apply",
            Self::Baseline => "baseline",
            Self::Adopt => "adopt",
            Self::Resolve => "resolve",
            Self::Repair => "repair",
        }
    }

    /// Returns the operation of a word in the table.
    pub(super) fn from_word(word: &str) -> Option<Self> {
        let all = [
            Self::Apply,
            Self::Baseline,
            Self::Adopt,
            Self::Resolve,
            Self::Repair,
        ];
        all.into_iter().find(|operation| operation.as_str() == word)
    }
}

/// How an attempt stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// It is under way, or was cut off.
    Running,
    /// It is applied.
    Success,
    /// It failed.
    Failed,
    /// It was applied and has been rolled back.
    RolledBack,
}

impl Status {
    /// Returns the word in the table.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "RUNNING",
            Self::Success => "SUCCESS",
            Self::Failed => "FAILED",
            Self::RolledBack => "ROLLED_BACK",
        }
    }

    /// Returns the status of a word in the table.
    pub(super) fn from_word(word: &str) -> Option<Self> {
        let all = [Self::Running, Self::Success, Self::Failed, Self::RolledBack];
        all.into_iter().find(|status| status.as_str() == word)
    }
}

/// One attempt, without its SQL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Attempt {
    /// Its number; a later attempt has a larger one.
    pub id: i64,
    /// The migration's version.
    pub version: Version,
    /// The migration's full name at that time.
    pub name: String,
    /// Why the row was written.
    pub operation: Operation,
    /// How it stands.
    pub status: Status,
    /// The number of the run that applied it, which it shares with all that the run applied; none
    /// where it was applied without being run.
    pub batch: Option<i64>,
    /// The checksum of the SQL's tokens, of the way up.
    pub checksum: Option<Checksum>,
    /// The checksum of the SQL's bytes, of the way up.
    pub checksum_raw: Option<Checksum>,
    /// Whether its whole body was one transaction.
    pub transactional: bool,
    /// The statements of the body that ran last.
    pub statements_total: i64,
    /// How many of them are committed.
    pub statements_done: i64,
    /// When it began, in UTC.
    pub started_at: NaiveDateTime,
    /// How long the way up took, in milliseconds.
    pub execution_time_ms: Option<i64>,
    /// The user of the machine.
    pub applied_by: Option<String>,
    /// Tool, version and host.
    pub application: Option<String>,
    /// The environment's name at that time.
    pub environment: Option<String>,
    /// What it failed of.
    pub error: Option<String>,
    /// Somebody's reason to resolve or repair.
    pub reason: Option<String>,
    /// When it was rolled back, in UTC.
    pub rolled_back_at: Option<NaiveDateTime>,
    /// How long the way down took, in milliseconds; set as soon as it begins.
    pub rollback_time_ms: Option<i64>,
    /// Whether the row keeps a way down.
    pub has_down_sql: bool,
    /// The backup that was made right before the last run that changed this row.
    pub backup: Option<String>,
    /// The strongest lock on a table that it held, where it was run on PostgreSQL and that is known:
    /// that of the body that ran last, as far as it is done.
    pub strongest_lock: Option<StrongestLock>,
}

/// The strongest lock on a table that a transaction held until its end, or any of the statements that
/// were committed alone; what these made themselves does not count.
///
/// A transaction is asked. Of a statement that is committed alone, its words tell the lock, or another
/// session saw it: of one that was quick, and says nothing of it, none is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct StrongestLock {
    /// Its mode, as `LOCK TABLE` names it: `ACCESS EXCLUSIVE`.
    pub mode: String,
    /// The table, or one of several, qualified, and in quotes where it needs them; none where it was
    /// dropped.
    pub on: Option<String>,
    /// For how long at most, in milliseconds, waiting included: since the transaction began, without
    /// its commit, or as long as the statement took that was alone.
    pub held_ms: i64,
}

impl Attempt {
    /// Returns an attempt of a migration of three statements, for tests to change.
    #[cfg(test)]
    pub(crate) fn example(id: i64, version: &str, status: Status) -> Self {
        Self {
            id,
            version: Version::from_name(version),
            name: format!("{version}_name"),
            operation: Operation::Apply,
            status,
            batch: Some(1),
            checksum: None,
            checksum_raw: None,
            transactional: true,
            statements_total: 3,
            statements_done: 3,
            started_at: NaiveDateTime::default() + chrono::TimeDelta::seconds(id),
            execution_time_ms: Some(12),
            applied_by: Some("ada".to_owned()),
            application: None,
            environment: None,
            error: None,
            reason: None,
            rolled_back_at: None,
            rollback_time_ms: None,
            has_down_sql: true,
            backup: None,
            strongest_lock: None,
        }
    }

    /// Returns whether a way down began and did not end.
    pub fn is_on_the_way_down(&self) -> bool {
        self.rollback_time_ms.is_some() && self.rolled_back_at.is_none()
    }
}

/// The SQL that a row keeps.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct StoredSql {
    /// What was run.
    pub(crate) up: Option<String>,
    /// The way down as it was then.
    pub(crate) down: Option<String>,
}
