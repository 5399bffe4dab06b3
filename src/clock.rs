//! The clock as an argument, and its one room.
//!
//! Everything else in the library is told what time it is; what it is for is not known here.

use std::fmt;
use std::time::{Duration, Instant};

use chrono::NaiveDateTime;
use serde::Serializer;

/// Tells the time of day and how much of it has passed.
pub trait Clock: fmt::Debug + Send + Sync {
    /// Returns the time now, in UTC.
    fn now(&self) -> NaiveDateTime;

    /// Returns the time since an arbitrary, fixed moment; it never goes back.
    fn elapsed(&self) -> Duration;

    /// Waits this long.
    fn sleep(&self, duration: Duration);
}

/// Returns the duration that `500ms`, `60s`, `2m`, `1h` or `0` means; `None` for anything else.
pub fn parse_duration(text: &str) -> Option<Duration> {
    let digits = text
        .find(|character: char| !character.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().ok()?;
    let milliseconds = match unit {
        "ms" => Some(number),
        "s" => number.checked_mul(1_000),
        "m" => number.checked_mul(60_000),
        "h" => number.checked_mul(3_600_000),
        "" if number == 0 => Some(0),
        _ => None,
    };
    milliseconds.map(Duration::from_millis)
}

/// Returns a duration in whole milliseconds.
pub(crate) fn whole_ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Serializes a duration as whole milliseconds.
pub(crate) fn milliseconds<S: Serializer>(
    duration: &Duration,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(whole_ms(*duration))
}

/// The machine's clock.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock {
    origin: Instant,
}

impl Default for SystemClock {
    fn default() -> Self {
        Self {
            origin: Instant::now(),
        }
    }
}

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one room that reads the clock"
    )]
    fn now(&self) -> NaiveDateTime {
        chrono::DateTime::<chrono::Utc>::from(std::time::SystemTime::now()).naive_utc()
    }

    fn elapsed(&self) -> Duration {
        self.origin.elapsed()
    }

    fn sleep(&self, duration: Duration) {
        std::thread::sleep(duration);
    }
}
