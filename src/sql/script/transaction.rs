//! The transactions that a script begins and ends itself.

use super::Script;
use crate::sql::token::{Phrase, StatementKind};

impl Script {
    /// Returns whether a statement begins, commits or rolls back a
    /// transaction, so that the text cannot run inside of one.
    pub fn controls_transaction(&self) -> bool {
        self.transaction_control().is_some()
    }

    /// Returns the first statement that begins or ends a transaction, or a
    /// part of one.
    pub(crate) fn transaction_control(&self) -> Option<usize> {
        self.statements
            .iter()
            .position(|statement| statement.control == StatementKind::TransactionControl)
    }

    /// Returns whether the statement at `index` ends the transaction that is
    /// open and keeps what it did: `COMMIT` or `END`, also of both engines'
    /// longer forms, but not of a prepared transaction.
    ///
    /// # Panics
    ///
    /// Panics if there is no statement at `index`.
    pub(crate) fn is_commit(&self, index: usize) -> bool {
        self.statements[index].control == StatementKind::TransactionControl
            && self.with_phrase(index, |phrase| {
                phrase.is_any_word(0, &["COMMIT", "END"]) && !phrase.is_any_word(1, &["PREPARED"])
            })
    }

    /// Returns whether a statement begins a transaction.
    pub(crate) fn begins(&self, index: usize) -> bool {
        self.statements[index].control == StatementKind::TransactionControl
            && self.with_phrase(index, |phrase| phrase.is_any_word(0, &["BEGIN", "START"]))
    }

    /// Returns whether a statement says of the transaction that is open how it is: its level, and
    /// whether it only reads. The server takes that before anything else alone.
    pub(crate) fn says_how_transaction_is(&self, index: usize) -> bool {
        // Most statements need no second look for that.
        self.statement_text(index).starts_with(['S', 's'])
            && self.with_phrase(index, |phrase| {
                phrase.is_word(0, "SET") && phrase.is_word(1, "TRANSACTION")
            })
    }

    /// Returns the statement that begins the transaction which is still open
    /// when the text ends.
    pub(crate) fn unfinished_transaction(&self) -> Option<usize> {
        self.open_transaction(self.statements.len())
    }

    /// Returns the statement that begins the transaction which is open after the first `count`
    /// statements.
    pub(crate) fn open_transaction(&self, count: usize) -> Option<usize> {
        (0..count).fold(None, |open, index| self.transaction_after(index, open))
    }

    /// Returns the statement whose words begin the transaction which is open after the first `count`
    /// statements, where that is one that began at once when another ended, which it is like.
    pub(crate) fn chained_to(&self, count: usize) -> Option<usize> {
        let link = self.open_transaction(count)?;
        let mut begun = link;
        while let Some(before) = self.open_transaction(begun) {
            begun = before;
        }
        (begun != link).then_some(begun)
    }

    /// Returns, for each statement, the one that begins the transaction in which it runs, which may be the end
    /// of another; none where the script itself has begun none, and of that one.
    pub(crate) fn transactions(&self) -> Vec<Option<usize>> {
        let mut open = None;
        let indices = 0..self.statements.len();
        let before = indices.map(|index| {
            let after = self.transaction_after(index, open);
            std::mem::replace(&mut open, after)
        });
        before.collect()
    }

    /// Returns the statement that begins the transaction which is open after the one at `index`.
    fn transaction_after(&self, index: usize, open: Option<usize>) -> Option<usize> {
        if self.statements[index].control != StatementKind::TransactionControl {
            return open;
        }
        self.with_phrase(index, |phrase| {
            if phrase.is_any_word(0, &["BEGIN", "START"]) {
                open.or(Some(index))
            } else if ends_transaction(phrase) {
                open.filter(|_| chains(phrase)).map(|_| index)
            } else {
                open
            }
        })
    }
}

/// Returns whether a statement ends a transaction: `ROLLBACK TO` a savepoint
/// does not.
fn ends_transaction(phrase: Phrase<'_>) -> bool {
    let to_savepoint = (1..4).any(|index| phrase.is_any_word(index, &["TO"]));
    let prepares = phrase.is_any_word(0, &["PREPARE"]);
    prepares || phrase.is_any_word(0, &["COMMIT", "END", "ROLLBACK", "ABORT"]) && !to_savepoint
}

/// Returns whether a statement that ends a transaction begins another one at once, which is like it.
/// <https://www.postgresql.org/docs/current/sql-commit.html>
fn chains(phrase: Phrase<'_>) -> bool {
    (1..3).any(|index| phrase.is_word(index, "AND") && phrase.is_word(index + 1, "CHAIN"))
}
