//! The strongest lock that a statement held which is committed alone, or a transaction that a script
//! begins itself.
//!
//! Whoever commits has let go of its locks, and cannot be asked any more: its words tell which they are,
//! or another session sees them meanwhile. How long they are held is for whoever runs it to say.

use super::error::DatabaseError;
use super::table_lock::TableLock;
use crate::sql::Script;

/// A lock on a relation that others can use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HeldLock {
    pub(crate) lock: TableLock,
    /// What it is on, qualified, and in quotes where it needs them; none where it was dropped.
    pub(crate) on: Option<String>,
    /// For how long at most, in milliseconds, where more is known than how long its statement took.
    pub(crate) held_ms: Option<i64>,
}

impl HeldLock {
    /// Returns the stronger one; of two that are as strong, the one that was held longer, or else the
    /// first.
    pub(crate) fn stronger(first: Option<Self>, second: Option<Self>) -> Option<Self> {
        let weight = |held: &Option<Self>| held.as_ref().map(|held| (held.lock, held.held_ms));
        if weight(&second) > weight(&first) {
            second
        } else {
            first
        }
    }

    /// Returns it as that of a statement that took so many milliseconds, where no more is known.
    #[must_use]
    pub(crate) fn within(self, took_ms: i64) -> Self {
        Self {
            held_ms: self.held_ms.or(Some(took_ms)),
            ..self
        }
    }
}

/// What an engine knows of it; a supertrait of [`Backend`](super::Backend).
pub(crate) trait HeldBackend {
    /// Returns the strongest lock that keeps somebody waiting and that a statement takes by its words,
    /// before it is run, where the engine locks tables.
    fn held_by_words(
        &mut self,
        _script: &Script,
        _statement: usize,
    ) -> Result<Option<HeldLock>, DatabaseError> {
        Ok(None)
    }

    /// Returns the strongest lock that the session of a number holds now, where the engine has sessions;
    /// it is asked by another one.
    fn held_by(&mut self, _session: i64) -> Result<Option<HeldLock>, DatabaseError> {
        Ok(None)
    }

    /// Returns the strongest lock that the transaction holds which is open, where the engine locks
    /// tables, and for how long at most.
    fn held_by_transaction(&mut self) -> Result<Option<HeldLock>, DatabaseError> {
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stronger_counts_and_of_equals_the_longer() {
        let held = |lock, held_ms| {
            let on = Some(format!("{lock}"));
            let held_ms = Some(held_ms);
            Some(HeldLock { lock, on, held_ms })
        };
        let (weak, strong) = (
            held(TableLock::Share, 9_000),
            held(TableLock::AccessExclusive, 1),
        );
        let longer = held(TableLock::AccessExclusive, 2);
        for (first, second, stronger) in [
            (None, None, None),
            (None, weak.clone(), weak.clone()),
            (weak.clone(), None, weak.clone()),
            (weak.clone(), strong.clone(), strong.clone()),
            (strong.clone(), weak, strong.clone()),
            (strong.clone(), longer.clone(), longer.clone()),
            (longer.clone(), strong, longer),
        ] {
            assert_eq!(HeldLock::stronger(first, second), stronger);
        }
    }

    #[test]
    fn of_two_that_are_alike_the_first_counts() {
        let held = |on: &str| {
            Some(HeldLock {
                lock: TableLock::Share,
                on: Some(on.to_owned()),
                held_ms: Some(7),
            })
        };
        assert_eq!(HeldLock::stronger(held("a"), held("b")), held("a"));
    }
}
