//! When a step that failed of others' locks is tried again.
//!
//! Pure: the time that has passed and the chance are arguments. What failed of locks the database's
//! error says, and what is rolled back before is the runner's to know.

use std::time::Duration;

/// The pause after the first try; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// No pause is longer.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// How often, and for how long, something is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    tries: u32,
    within: Duration,
}

impl Default for Retry {
    /// Ten tries within five minutes.
    fn default() -> Self {
        Self {
            tries: 10,
            within: Duration::from_mins(5),
        }
    }
}

impl Retry {
    /// Tries so often, at least once, and begins no try once so much time has passed since the first
    /// one began.
    pub fn new(tries: u32, within: Duration) -> Self {
        Self {
            tries: tries.max(1),
            within,
        }
    }

    /// Tries so often instead, at least once, within the same time.
    #[must_use]
    pub fn with_tries(self, tries: u32) -> Self {
        Self::new(tries, self.within)
    }

    /// Returns how often it is tried at most.
    pub fn tries(&self) -> u32 {
        self.tries
    }

    /// Returns how long nothing is done before the next try, after so many that failed (from 1 on),
    /// so long after the first one began; `None` where there is no next one.
    ///
    /// Pauses grow, so that a long transaction is not asked for in vain too often, and differ by
    /// `chance` (0 to 1), so that two runs that are in each other's way do not stay so.
    pub(crate) fn pause(&self, tried: u32, elapsed: Duration, chance: f64) -> Option<Duration> {
        if tried >= self.tries {
            return None;
        }
        let doubled = 2_u32.saturating_pow(tried.saturating_sub(1));
        let whole = FIRST_PAUSE.saturating_mul(doubled).min(LONGEST_PAUSE);
        let half = whole / 2;
        let pause = half + half.mul_f64(chance.clamp(0.0, 1.0));
        (elapsed.saturating_add(pause) < self.within).then_some(pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Returns the pauses of something whose tries all fail after so long.
    fn pauses(retry: Retry, each: Duration, chance: f64) -> Vec<Duration> {
        let (mut elapsed, mut pauses) = (each, Vec::new());
        for tried in 1.. {
            let Some(pause) = retry.pause(tried, elapsed, chance) else {
                break;
            };
            pauses.push(pause);
            elapsed += pause + each;
        }
        pauses
    }

    #[test]
    fn ten_tries_of_three_seconds_fit_into_five_minutes() {
        let usual = pauses(Retry::default(), Duration::from_secs(3), 1.0);
        let seconds = [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0];
        assert_eq!(usual, seconds.map(Duration::from_secs_f64));
    }

    #[test]
    fn time_ends_it_too() {
        let slow = pauses(Retry::default(), Duration::from_secs(100), 0.0);
        assert_eq!(slow.len(), 2);
        assert_eq!(
            pauses(Retry::new(1, Duration::MAX), Duration::ZERO, 0.5),
            []
        );
        assert_eq!(
            pauses(Retry::new(0, Duration::MAX), Duration::ZERO, 0.5),
            []
        );
        assert_eq!(
            pauses(Retry::new(9, Duration::ZERO), Duration::ZERO, 0.5),
            []
        );
    }

    proptest! {
        #[test]
        fn no_try_begins_too_late_or_too_often(
            tries in 0_u32..200,
            within_ms in 0_u64..10_000_000,
            each_ms in 0_u64..100_000,
            chance in 0.0..=1.0_f64,
        ) {
            let within = Duration::from_millis(within_ms);
            let each = Duration::from_millis(each_ms);
            let pauses = pauses(Retry::new(tries, within), each, chance);
            prop_assert!(pauses.len() < tries.max(1) as usize);
            let until_last = pauses.iter().map(|pause| each + *pause).sum::<Duration>();
            prop_assert!(pauses.is_empty() || until_last < within);
        }

        #[test]
        fn pauses_grow_and_are_bounded(chance in 0.0..=1.0_f64, other in 0.0..=1.0_f64) {
            let pauses = pauses(Retry::new(100, Duration::MAX), Duration::ZERO, chance);
            prop_assert_eq!(pauses.len(), 99);
            prop_assert!(pauses.windows(2).all(|pair| pair[0] <= pair[1]));
            prop_assert!(pauses.iter().all(|pause| *pause <= LONGEST_PAUSE && *pause >= FIRST_PAUSE / 2));
            // However chance falls, a later pause is not half of an earlier one.
            let differing = Retry::default().pause(3, Duration::ZERO, other).expect("the third of ten");
            prop_assert!(differing >= pauses[2] / 2 && differing <= pauses[2] * 2);
        }

        #[test]
        fn no_number_is_too_large(tried in any::<u32>(), chance in any::<f64>()) {
            let retry = Retry::new(u32::MAX, Duration::MAX);
            let pause = retry.pause(tried, Duration::ZERO, if chance.is_nan() { 0.0 } else { chance });
            prop_assert_eq!(pause.is_some(), tried < u32::MAX);
        }
    }
}
