//! The clock as an argument, and its one room.
//!
//! Everything else in the library is told what time it is; what it is for is not known here.

use std::fmt;
use std::time::{Duration, Instant};

use chrono::NaiveDateTime;

/// Tells the time of day and how much of it has passed.
pub trait Clock: fmt::Debug + Send + Sync {
    /// Returns the time now, in UTC.
    fn now(&self) -> NaiveDateTime;

    /// Returns the time since an arbitrary, fixed moment; it never goes back.
    fn elapsed(&self) -> Duration;

    /// Waits this long.
    fn sleep(&self, duration: Duration);
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
