//! How a run behaves towards others who are at work in the same database: how long its steps wait for
//! their locks, and how often.
//!
//! Pure.

use super::retry::Retry;
use crate::backend::limits::Limits;

/// What was said of it, by whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Discipline {
    /// What holds whatever the files say.
    pub(crate) insisted: Limits,
    /// What holds where the files say nothing.
    pub(crate) configured: Limits,
    /// How often a step is tried.
    pub(crate) retry: Retry,
}

impl Default for Discipline {
    fn default() -> Self {
        Self {
            insisted: Limits::default(),
            configured: Limits::usual(),
            retry: Retry::default(),
        }
    }
}

impl Discipline {
    /// Returns the limits of a step whose file says this.
    pub(crate) fn limits(&self, file: Limits) -> Limits {
        self.insisted.or(file).or(self.configured)
    }

    /// Returns those that somebody has said of this very step: its author, or whoever runs it.
    pub(crate) fn limits_said(&self, file: Limits) -> Limits {
        self.insisted.or(file)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::backend::limits::Limit;

    #[test]
    fn whoever_runs_it_comes_before_the_file_and_the_file_before_the_configuration() {
        let limits =
            |seconds| Limits::default().with_lock_timeout(Limit::of(Duration::from_secs(seconds)));
        let silent = Discipline::default();
        let nothing = Limits::default();
        assert_eq!(silent.limits(nothing), Limits::usual());
        assert_eq!(silent.limits(limits(9)), limits(9));
        assert_eq!(silent.limits_said(nothing), nothing);
        let insisting = Discipline {
            insisted: limits(1),
            ..silent
        };
        assert_eq!(insisting.limits(limits(9)), limits(1));
        assert_eq!(insisting.limits_said(limits(9)), limits(1));
    }
}
