//! A request to stop, made from another thread and seen between two steps, or two pieces of a file.
//!
//! It knows nothing of signals: a program's own handler sets it.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A flag that asks a run to end in a consistent state: after the step, or the wait, that is under
/// way.
#[derive(Debug, Clone, Default)]
pub struct Cancellation {
    own: Arc<AtomicBool>,
    of_all: Option<Arc<Cancellation>>,
}

impl Cancellation {
    /// Asks the run to end.
    pub fn cancel(&self) {
        self.own.store(true, Ordering::SeqCst);
    }

    /// Returns whether the run was asked to end.
    pub fn is_cancelled(&self) -> bool {
        let of_all = || self.of_all.as_ref().is_some_and(|all| all.is_cancelled());
        self.own.load(Ordering::SeqCst) || of_all()
    }

    /// Returns a flag for a part of the run: it asks to end where this one does, and can do so
    /// without it.
    pub(crate) fn of_a_part(&self) -> Self {
        Self {
            own: Arc::default(),
            of_all: Some(Arc::new(self.clone())),
        }
    }

    /// Returns whether to go on, for what is told so.
    pub(crate) fn flow(&self) -> ControlFlow<()> {
        if self.is_cancelled() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_ends_with_the_whole_or_alone() {
        let all = Cancellation::default();
        let (one, other) = (all.of_a_part(), all.clone().of_a_part());
        one.cancel();
        assert!(one.is_cancelled() && !other.is_cancelled() && !all.is_cancelled());
        all.cancel();
        assert!(other.is_cancelled() && other.clone().is_cancelled());
    }
}
