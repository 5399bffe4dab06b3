//! Whether a statement takes something away that no other statement brings back: rows, values in
//! them, columns, tables.
//!
//! Knows the words of both engines' statements, and guesses on the side of caution: a statement
//! that is not known to be harmless destroys. Must not know what follows from it.

mod bodies;
mod calls;
mod known;
mod pragmas;
mod programs;

use super::script::Script;
use super::token::Phrase;
pub(crate) use bodies::{Deeds, Taking, deeds};
pub(crate) use calls::calls_something;
use pragmas::is_harmless_pragma;
pub(crate) use programs::runs_program;

/// What statements begin with that take nothing away by themselves.
const HARMLESS: &[&str] = &[
    "ABORT",
    "ANALYZE",
    "ATTACH",
    "BEGIN",
    "CHECKPOINT",
    "CLOSE",
    "CLUSTER",
    "COMMENT",
    "COMMIT",
    "CREATE",
    "DEALLOCATE",
    "DETACH",
    "DISCARD",
    "END",
    "FETCH",
    "GRANT",
    "IMPORT",
    "LISTEN",
    "LOAD",
    "LOCK",
    "MOVE",
    "NOTIFY",
    "REASSIGN",
    "REFRESH",
    "REINDEX",
    "RELEASE",
    "RESET",
    "REVOKE",
    "ROLLBACK",
    "SAVEPOINT",
    "SECURITY",
    "SET",
    "SHOW",
    "START",
    "TABLE",
    "UNLISTEN",
    "VACUUM",
];

/// What statements begin with that add or show rows, and take nothing away unless a function that they
/// call does.
const ADDING_OR_SHOWING: &[&str] = &["COPY", "DECLARE", "PREPARE", "SELECT", "VALUES"];

/// What holds no rows, so that the file that made it makes it again.
const WITHOUT_ROWS: &[&str] = &[
    "AGGREGATE",
    "CAST",
    "COLLATION",
    "CONVERSION",
    "EVENT",
    "FUNCTION",
    "INDEX",
    "MATERIALIZED",
    "OPERATOR",
    "POLICY",
    "PROCEDURE",
    "PUBLICATION",
    "ROUTINE",
    "RULE",
    "STATISTICS",
    "TEXT",
    "TRIGGER",
    "VIEW",
];

/// What `ALTER … DROP` names that holds no rows either.
const WITHOUT_VALUES: &[&str] = &["CONSTRAINT", "DEFAULT", "EXPRESSION", "IDENTITY", "NOT"];

impl Script {
    /// Returns whether a statement destroys: drops what holds rows, empties a table, deletes or
    /// overwrites rows, or gives a column another type. What nobody can tell by its words destroys,
    /// too: a block of code, a program, and a function that is none of the engine's own known ones.
    ///
    /// An `UPDATE` destroys whatever its `WHERE` says: nobody has the values back that it overwrites.
    /// What triggers and rules do stands in no statement, and does not count.
    pub fn destroys(&self) -> bool {
        (0..self.statements().len()).any(|index| self.with_phrase(index, destroys))
    }
}

/// Returns whether a statement destroys.
pub(super) fn destroys(statement: Phrase<'_>) -> bool {
    if statement.is_word(0, "DROP") {
        return !statement.is_any_word(1, WITHOUT_ROWS) || has_word(statement, "CASCADE");
    }
    if statement.is_word(0, "ALTER") {
        return words(statement).any(|index| alters_rows(statement, index));
    }
    if statement.is_word(0, "PRAGMA") {
        return !is_harmless_pragma(statement);
    }
    let adds = statement.is_word(0, "INSERT");
    if adds && statement.is_word(1, "OR") && statement.is_word(2, "REPLACE") {
        return true;
    }
    if adds || statement.is_word(0, "WITH") || statement.is_any_word(0, ADDING_OR_SHOWING) {
        return words(statement).any(|index| changes_rows(statement, index))
            || may_do_anything(statement);
    }
    !statement.is_any_word(0, HARMLESS)
}

/// Returns whether a statement has something done of which nobody knows what it does: a function, or a
/// program.
pub(super) fn may_do_anything(statement: Phrase<'_>) -> bool {
    calls_something(statement) || runs_program(statement)
}

/// Returns the places of a statement's tokens.
fn words(statement: Phrase<'_>) -> std::ops::Range<usize> {
    0..statement.tokens().len()
}

fn has_word(statement: Phrase<'_>, word: &str) -> bool {
    words(statement).any(|index| statement.is_word(index, word))
}

/// Returns whether an `ALTER` takes a column away here, or gives one another type.
fn alters_rows(statement: Phrase<'_>, index: usize) -> bool {
    if statement.is_word(index, "DROP") {
        return !statement.is_any_word(index + 1, WITHOUT_VALUES);
    }
    let before = |distance: usize, word| {
        let place = index.checked_sub(distance).filter(|place| *place > 0);
        place.is_some_and(|place| statement.is_word(place, word))
    };
    let is_of_column = before(2, "ALTER") && !before(1, "COLUMN");
    let is_of_named_column = before(3, "ALTER") && before(2, "COLUMN");
    statement.is_word(index, "TYPE") && (before(1, "DATA") || is_of_column || is_of_named_column)
}

/// Returns whether rows are deleted or overwritten here, in one of a statement's parts. A lock on rows
/// (`FOR UPDATE`, `FOR NO KEY UPDATE`) changes none; `ON CONFLICT … DO UPDATE` does.
fn changes_rows(statement: Phrase<'_>, index: usize) -> bool {
    let follows = |words| index > 0 && statement.is_any_word(index - 1, words);
    let updates = statement.is_word(index, "UPDATE") && !follows(&["FOR", "KEY"]);
    statement.is_any_word(index, &["DELETE", "MERGE"]) || updates
}
