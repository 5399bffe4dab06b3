//! One row of the history.

use std::fmt;
use std::str::FromStr;

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
}

impl FromStr for Operation {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        match text {
            "apply" => Ok(Self::Apply),
            "baseline" => Ok(Self::Baseline),
            "adopt" => Ok(Self::Adopt),
            "resolve" => Ok(Self::Resolve),
            "repair" => Ok(Self::Repair),
            _ => Err(UnknownWord(text.to_owned())),
        }
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
}

impl FromStr for Status {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        match text {
            "RUNNING" => Ok(Self::Running),
            "SUCCESS" => Ok(Self::Success),
            "FAILED" => Ok(Self::Failed),
            "ROLLED_BACK" => Ok(Self::RolledBack),
            _ => Err(UnknownWord(text.to_owned())),
        }
    }
}

/// A word in the history that this version of the tool does not know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownWord(String);

impl fmt::Display for UnknownWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not a word of this version's history", self.0)
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
    /// What was applied together.
    pub batch: Option<i64>,
    /// Of the SQL's tokens.
    pub checksum: Option<Checksum>,
    /// Of the SQL's bytes.
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
}

impl Attempt {
    /// Returns whether a way down began and did not end.
    pub fn is_on_the_way_down(&self) -> bool {
        self.rollback_time_ms.is_some() && self.rolled_back_at.is_none()
    }
}

/// The SQL that a row keeps.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct StoredSql {
    /// What was run.
    pub up: Option<String>,
    /// The way down as it was then.
    pub down: Option<String>,
}
