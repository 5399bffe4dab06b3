//! How a run behaves towards others who are at work in the same database: how long its steps wait for
//! their locks, and how often.
//!
//! Pure.

use super::retry::Retry;
use crate::backend::limits::{Limit, Limits};
use crate::sql::{Script, StatementKind};

/// Whether a statement waits for others' transactions, however long they take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Patient {
    Yes,
    No,
}

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

    /// Returns the limits of a statement that runs outside of a transaction: what was said of this very
    /// step, and the wait for a lock that any step has, unless the script speaks of that itself.
    ///
    /// What waits for others' transactions as long as it has to would leave a half of its work behind,
    /// and has none. What begins or ends a transaction has them neither: with it they would be taken
    /// back, or stay.
    pub(crate) fn limits_of_statement(
        &self,
        file: Limits,
        (script, index): (&Script, usize),
        patient: Patient,
    ) -> Limits {
        let speaks = speaks_of_limit(script);
        let control = script.statements()[index].control;
        let mut limits = self.limits_said(file);
        if patient == Patient::Yes {
            limits.lock_timeout = (!speaks).then_some(Limit::OFF);
        } else if !speaks && control != StatementKind::TransactionControl {
            limits.lock_timeout = self.limits(file).lock_timeout;
        }
        limits
    }
}

/// Returns whether a statement of a script sets how long locks are waited for.
fn speaks_of_limit(script: &Script) -> bool {
    (0..script.statements().len()).any(|index| {
        let text = script.statement_text(index).to_ascii_lowercase();
        let sets = ["set ", "set\n", "set_config"].iter();
        text.contains("lock_timeout") && sets.into_iter().any(|word| text.contains(word))
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

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
