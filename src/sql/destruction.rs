//! Whether a statement takes something away that no other statement brings back: rows, columns,
//! tables.
//!
//! Knows the words of both engines' statements, and guesses on the side of caution: a statement
//! that is not known to be harmless destroys. Must not know what follows from it.

use super::script::Script;
use super::token::Phrase;

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
    "COPY",
    "CREATE",
    "DEALLOCATE",
    "DECLARE",
    "DETACH",
    "DISCARD",
    "END",
    "FETCH",
    "GRANT",
    "IMPORT",
    "INSERT",
    "LISTEN",
    "LOAD",
    "LOCK",
    "MOVE",
    "NOTIFY",
    "PRAGMA",
    "PREPARE",
    "REASSIGN",
    "REFRESH",
    "REINDEX",
    "RELEASE",
    "RESET",
    "REVOKE",
    "ROLLBACK",
    "SAVEPOINT",
    "SECURITY",
    "SELECT",
    "SET",
    "SHOW",
    "START",
    "TABLE",
    "UNLISTEN",
    "VACUUM",
    "VALUES",
];

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
    /// Returns whether a statement destroys: drops what holds rows, empties a table, deletes, or
    /// overwrites all rows or a column's type. What nobody can tell by its words, such as a block
    /// of code, destroys too.
    ///
    /// An `UPDATE` with a `WHERE` of its own does not, nor does a function that a `SELECT` calls.
    pub fn destroys(&self) -> bool {
        (0..self.statements().len()).any(|index| self.with_phrase(index, destroys))
    }
}

/// Returns whether a statement destroys.
fn destroys(statement: Phrase<'_>) -> bool {
    if statement.is_word(0, "DROP") {
        return !statement.is_any_word(1, WITHOUT_ROWS) || has_word(statement, "CASCADE");
    }
    if statement.is_word(0, "ALTER") {
        return words(statement).any(|index| alters_rows(statement, index));
    }
    if statement.is_word(0, "UPDATE") {
        return !has_where(statement);
    }
    if statement.is_word(0, "INSERT") {
        return statement.is_word(1, "OR") && statement.is_word(2, "REPLACE");
    }
    if statement.is_word(0, "WITH") {
        return words(statement).any(|index| changes_rows(statement, index));
    }
    !statement.is_any_word(0, HARMLESS)
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

/// Returns whether rows are deleted or overwritten here, in one of a statement's parts.
fn changes_rows(statement: Phrase<'_>, index: usize) -> bool {
    let follows = |words| index > 0 && statement.is_any_word(index - 1, words);
    let updates = statement.is_word(index, "UPDATE") && !follows(&["DO", "FOR", "KEY"]);
    statement.is_any_word(index, &["DELETE", "MERGE"]) || updates
}

/// Returns whether a statement has a `WHERE` that is not one of a query in it.
fn has_where(statement: Phrase<'_>) -> bool {
    let mut depth = 0_usize;
    for index in words(statement) {
        if statement.is_mark(index, "(") {
            depth += 1;
        } else if statement.is_mark(index, ")") {
            depth = depth.saturating_sub(1);
        } else if depth == 0 && statement.is_word(index, "WHERE") {
            return true;
        }
    }
    false
}
