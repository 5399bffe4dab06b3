//! A long time as people write it.

use std::fmt;
use std::time::Duration;

/// The units, from long to short: the length in seconds, the name, and of how many of it a rough
/// time is made at least.
const UNITS: [(u64, &str, u64); 3] = [(86_400, "d", 10), (3_600, "h", 2), (60, "m", 2)];

/// A long time, in one unit: `7d`, `26h`, `90m`, `5s`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    count: u64,
    unit: &'static str,
}

impl Span {
    /// Returns a time in the longest unit that it is a whole number of; what is less than a second
    /// is left out.
    pub fn exact(duration: Duration) -> Self {
        Self::where_it_fits(duration, |seconds, length, _| {
            seconds > 0 && seconds.is_multiple_of(length)
        })
    }

    /// Returns a time rounded down to the longest unit in which it still says something: hours up to
    /// ten days.
    pub fn rough(duration: Duration) -> Self {
        Self::where_it_fits(duration, |seconds, length, enough| {
            seconds / length >= enough
        })
    }

    fn where_it_fits(duration: Duration, fits: impl Fn(u64, u64, u64) -> bool) -> Self {
        let seconds = duration.as_secs();
        let unit = UNITS
            .iter()
            .find(|(length, _, enough)| fits(seconds, *length, *enough));
        let (length, unit, _) = unit.copied().unwrap_or((1, "s", 1));
        Self {
            count: seconds / length,
            unit,
        }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}{}", self.count, self.unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_has_one_unit() {
        for (seconds, exact, rough) in [
            (0, "0s", "0s"),
            (90, "90s", "90s"),
            (5_400, "90m", "90m"),
            (93_600, "26h", "26h"),
            (93_601, "93601s", "26h"),
            (172_800, "2d", "48h"),
            (604_800, "7d", "168h"),
            (864_000, "10d", "10d"),
        ] {
            let duration = Duration::from_secs(seconds);
            assert_eq!(Span::exact(duration).to_string(), exact);
            assert_eq!(Span::rough(duration).to_string(), rough);
        }
    }
}
