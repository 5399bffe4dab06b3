//! Counts the tries of what stands or falls together, and waits between them.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use crate::cancellation::Cancellation;
use crate::clock::Clock;
use crate::migration::retry::Retry;

/// So often a pause looks whether the run is to end.
const GLANCE: Duration = Duration::from_millis(50);

/// The tries of one step, or of a whole run that is all or nothing, or of what a reset drops.
#[derive(Debug, Default)]
pub(crate) struct Tries {
    count: u32,
    /// When the first one began, on the clock of the run.
    began: Duration,
    is_under_way: bool,
}

impl Tries {
    /// Notes that a try begins, unless one is under way.
    pub(crate) fn begin(&mut self, now: Duration) {
        if self.is_under_way {
            return;
        }
        if self.count == 0 {
            self.began = now;
        }
        self.count = self.count.saturating_add(1);
        self.is_under_way = true;
    }

    /// Notes that the one that is under way failed.
    pub(crate) fn fail(&mut self) {
        self.is_under_way = false;
    }

    /// Returns how many there were, the one that is under way included.
    pub(crate) fn count(&self) -> u32 {
        self.count
    }

    /// Returns how long nothing is done before the next one; `None` where it was the last.
    pub(crate) fn pause(&self, retry: Retry, now: Duration) -> Option<Duration> {
        retry.pause(self.count, now.saturating_sub(self.began), chance())
    }
}

/// Returns a number from 0 to 1.
fn chance() -> f64 {
    let [first, second, third, fourth, ..] = RandomState::new().hash_one(()).to_ne_bytes();
    f64::from(u32::from_ne_bytes([first, second, third, fourth])) / f64::from(u32::MAX)
}

/// Does nothing for so long, or until the run is asked to end.
pub(crate) fn wait(clock: &dyn Clock, cancellation: &Cancellation, pause: Duration) {
    let until = clock.elapsed() + pause;
    while !cancellation.is_cancelled() {
        let left = until.saturating_sub(clock.elapsed());
        if left.is_zero() {
            return;
        }
        clock.sleep(left.min(GLANCE));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_run_is_one_try_however_many_steps_it_has() {
        let retry = Retry::new(3, Duration::from_secs(100));
        let mut tries = Tries::default();
        let seconds = Duration::from_secs;
        tries.begin(seconds(50));
        tries.begin(seconds(60));
        assert_eq!(tries.count(), 1);
        tries.fail();
        assert!(tries.pause(retry, seconds(60)).is_some());
        tries.begin(seconds(61));
        assert_eq!(tries.count(), 2);
        // The time counts from where the first one began.
        assert_eq!(tries.pause(retry, seconds(150)), None);
        tries.fail();
        tries.begin(seconds(62));
        assert_eq!(tries.pause(retry, seconds(63)), None);
    }

    #[test]
    fn chance_is_between_nothing_and_all() {
        assert!(
            (0..100)
                .map(|_| chance())
                .all(|chance| (0.0..=1.0).contains(&chance))
        );
    }
}
