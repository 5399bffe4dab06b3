//! What is learned of a failed script by running it once more, and what that may cost.

use std::time::Duration;

use crate::backend::{Backend, Patience, ScriptError};
use crate::clock::Clock;
use crate::sql::Script;

/// A script that failed sooner than this is run once more, and rolled back, to learn of its error
/// what the driver keeps to itself; a longer one is not worth its locks. The second run may take
/// as long in all.
pub(crate) const WORTH_A_SECOND_LOOK: Duration = Duration::from_secs(5);

/// How long a second run waits for a lock at most: others queue behind it.
pub(crate) const WORTH_A_LOCK: Duration = Duration::from_secs(2);

/// Learns more of the error of a script that ran so long in a transaction, which is rolled back,
/// where that is worth it, waiting for a lock as long as is given.
///
/// A statement that was cut off would take as long again, with its locks held.
pub(crate) fn look_again(
    backend: &mut dyn Backend,
    clock: &dyn Clock,
    script: &Script,
    (error, ran): (ScriptError, Duration),
    for_locks: Duration,
) -> ScriptError {
    if ran >= WORTH_A_SECOND_LOOK || error.error.is_cut_off() {
        return error;
    }
    let began = clock.elapsed();
    let time_left = || {
        let taken = clock.elapsed().saturating_sub(began);
        WORTH_A_SECOND_LOOK.saturating_sub(taken)
    };
    let patience = Patience {
        time_left: &time_left,
        for_locks: for_locks.min(WORTH_A_LOCK),
    };
    backend.diagnose(script, error, &patience)
}
