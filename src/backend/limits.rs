//! How long a statement may wait for locks, and run: what somebody said, before any engine hears it.
//!
//! Pure. How a session is told, and who is not limited at all, each engine knows.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Serialize, Serializer};

use crate::clock::parse_duration;

/// The longest limit that a server takes: an `int` of milliseconds.
/// <https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-LOCK-TIMEOUT>
const LONGEST: Duration = Duration::from_millis(i32::MAX.unsigned_abs() as u64);

/// How long transactional steps wait for a lock where nobody says otherwise.
const LOCK_TIMEOUT: Duration = Duration::from_secs(3);

/// A limit of time, or that there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit(Duration);

impl Limit {
    /// No limit, whatever the role or the database has.
    pub const OFF: Self = Self(Duration::ZERO);

    /// Returns a limit of so long, which a server takes to the millisecond and up to some 24 days;
    /// zero is none.
    pub fn of(duration: Duration) -> Self {
        let shortest = Duration::from_millis(1);
        if duration.is_zero() {
            Self::OFF
        } else {
            Self(duration.clamp(shortest, LONGEST))
        }
    }

    /// Returns how long it is; `None` where there is no limit.
    pub fn duration(self) -> Option<Duration> {
        (self != Self::OFF).then_some(self.0)
    }
}

impl Serialize for Limit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        crate::clock::milliseconds(&self.0, serializer)
    }
}

impl FromStr for Limit {
    type Err = String;

    /// Reads `10s`, `500ms`, `2m`, `1h`, and `0` or `off` for none.
    fn from_str(text: &str) -> Result<Self, String> {
        let known = match text {
            "off" => Some(Duration::ZERO),
            text => parse_duration(text).filter(|duration| *duration <= LONGEST),
        };
        known.map(Self).ok_or_else(|| MALFORMED.to_owned())
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.duration() {
            None => formatter.write_str("off"),
            Some(duration) => write!(formatter, "{duration:?}"),
        }
    }
}

const MALFORMED: &str =
    "a limit is a number with a unit, such as `500ms`, `10s` or `2m`; `0` or `off` is none";

/// The limits of a transactional step's statements; of one that nobody spoke of, the session's own
/// holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct Limits {
    /// How long each statement waits for a lock; to programs in milliseconds, of which 0 is no limit.
    #[serde(rename = "lock_timeout_ms")]
    pub lock_timeout: Option<Limit>,
    /// How long each statement runs, likewise.
    #[serde(rename = "statement_timeout_ms")]
    pub statement_timeout: Option<Limit>,
}

impl Limits {
    /// Returns limits of which either may be left to the session.
    pub fn of(lock_timeout: Option<Limit>, statement_timeout: Option<Limit>) -> Self {
        Self {
            lock_timeout,
            statement_timeout,
        }
    }

    /// Returns those that hold where nobody says otherwise: three seconds for a lock, and what the
    /// session has for a statement.
    pub fn usual() -> Self {
        Self {
            lock_timeout: Some(Limit(LOCK_TIMEOUT)),
            statement_timeout: None,
        }
    }

    /// Returns them with a limit for locks.
    #[must_use]
    pub fn with_lock_timeout(mut self, limit: Limit) -> Self {
        self.lock_timeout = Some(limit);
        self
    }

    /// Returns them with a limit for statements.
    #[must_use]
    pub fn with_statement_timeout(mut self, limit: Limit) -> Self {
        self.statement_timeout = Some(limit);
        self
    }

    /// Returns these, and others in the place of those of which nothing is said here.
    #[must_use]
    pub fn or(self, others: Self) -> Self {
        Self {
            lock_timeout: self.lock_timeout.or(others.lock_timeout),
            statement_timeout: self.statement_timeout.or(others.statement_timeout),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_a_duration_or_none() {
        let limit = |text: &str| text.parse::<Limit>().map(Limit::duration);
        assert_eq!(limit("10s"), Ok(Some(Duration::from_secs(10))));
        assert_eq!(limit("500ms"), Ok(Some(Duration::from_millis(500))));
        assert_eq!(limit("off"), Ok(None));
        assert_eq!(limit("0"), Ok(None));
        for text in ["", "10", "OFF", "3 s", "-1s", "1000h"] {
            assert!(limit(text).is_err(), "{text}");
        }
    }

    #[test]
    fn no_limit_becomes_none_by_being_short() {
        let short = Limit::of(Duration::from_micros(1));
        assert_eq!(short.duration(), Some(Duration::from_millis(1)));
        assert_eq!(Limit::of(Duration::ZERO), Limit::OFF);
        assert_eq!(Limit::of(Duration::MAX).duration(), Some(LONGEST));
    }

    #[test]
    fn what_is_said_first_holds() {
        let file = Limits::default().with_lock_timeout(Limit::OFF);
        let all = file.or(Limits::usual().with_statement_timeout(Limit::of(LONGEST)));
        assert_eq!(all.lock_timeout, Some(Limit::OFF));
        assert_eq!(all.statement_timeout, Some(Limit(LONGEST)));
    }
}
