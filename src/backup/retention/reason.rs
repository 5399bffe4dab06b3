//! Why a backup is kept or removed: a closed list, and its words.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Datelike as _, SecondsFormat, Utc};
use serde::Serialize;

use super::Span;

/// Why a backup is kept or removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "rule", rename_all = "snake_case")]
pub enum Reason {
    /// Kept: it is pinned.
    Pinned,
    /// Kept: no good one is newer.
    Newest,
    /// Kept: no verified one is newer.
    NewestVerified,
    /// Kept: none that was restored is newer.
    NewestRestored,
    /// Kept: fewer than the minimum would be left.
    Minimum {
        /// The least that is left.
        minimum: u32,
    },
    /// Kept: one of the newest good ones.
    Last {
        /// How many are kept.
        last: u32,
    },
    /// Kept: little older than the newest good one.
    Within {
        /// How much older one may be, in milliseconds.
        #[serde(rename = "within_ms", serialize_with = "crate::clock::milliseconds")]
        within: Duration,
    },
    /// Kept: the newest good one of a time.
    Bucket {
        /// What is counted.
        period: Period,
        /// Which one, in UTC: `2026-11-21 14h`, `2026-11-21`, `2026-W47`, `2026-11`, `2026`.
        name: String,
    },
    /// Kept: a backup is from the future.
    ClockJumped {
        /// The newest backup's time.
        backup_at: DateTime<Utc>,
        /// What the clock says.
        now: DateTime<Utc>,
    },
    /// Removed: a check of it failed.
    Failed,
    /// Removed: it is good, and no rule keeps it.
    NoRule,
}

impl fmt::Display for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = |at: &DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
        match self {
            Self::Pinned => formatter.write_str("pinned"),
            Self::Newest => formatter.write_str("the newest good one"),
            Self::NewestVerified => formatter.write_str("the newest verified one"),
            Self::NewestRestored => formatter.write_str("the newest that was restored"),
            Self::Minimum { minimum } => write!(formatter, "the minimum of {minimum}"),
            Self::Last { last } => write!(formatter, "one of the last {last}"),
            Self::Within { within } => {
                write!(formatter, "within {} of the newest", Span::exact(*within))
            }
            Self::Bucket { period, name } => write!(formatter, "{}, of {name}", period.word()),
            Self::ClockJumped { backup_at, now } => write!(
                formatter,
                "a clock is wrong: the newest backup is from {}, and now it is {}",
                time(backup_at),
                time(now)
            ),
            Self::Failed => formatter.write_str("a check of it failed"),
            Self::NoRule => formatter.write_str("no rule keeps it"),
        }
    }
}

/// A time of which the newest backup is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Period {
    /// An hour.
    Hour,
    /// A day.
    Day,
    /// A week, from Monday on.
    Week,
    /// A month.
    Month,
    /// A year.
    Year,
}

impl Period {
    /// Returns the name of the one that a moment is in, in UTC.
    pub(super) fn name(self, at: DateTime<Utc>) -> String {
        match self {
            Self::Hour => at.format("%Y-%m-%d %Hh").to_string(),
            Self::Day => at.format("%Y-%m-%d").to_string(),
            Self::Week => {
                let week = at.iso_week();
                format!("{}-W{:02}", week.year(), week.week())
            }
            Self::Month => at.format("%Y-%m").to_string(),
            Self::Year => at.format("%Y").to_string(),
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Hour => "hourly",
            Self::Day => "daily",
            Self::Week => "weekly",
            Self::Month => "monthly",
            Self::Year => "yearly",
        }
    }
}
