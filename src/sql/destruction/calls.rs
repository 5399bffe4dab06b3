//! Whether a statement calls a function of which nobody knows what it does.
//!
//! Functions are known by their names alone. What is not on the list of those that change nothing may be
//! anybody's.

use super::known::KNOWN;
use crate::sql::token::{Phrase, TokenKind};

/// The schema of the engine's own functions.
const OWN_SCHEMA: &str = "pg_catalog";

/// What stands before a bracket and is no function: words of the language and of those of triggers, and
/// types with a length.
const NO_FUNCTIONS: &[&str] = &[
    "ALL",
    "AND",
    "ANY",
    "ARRAY",
    "AS",
    "BETWEEN",
    "BIT",
    "BPCHAR",
    "BY",
    "CASE",
    "CHAR",
    "CHARACTER",
    "CONFLICT",
    "CUBE",
    "DEC",
    "DECIMAL",
    "DISTINCT",
    "ELSE",
    "ELSIF",
    "EXCEPT",
    "EXISTS",
    "FILTER",
    "FLOAT",
    "FOR",
    "FROM",
    "GROUP",
    "HAVING",
    "IF",
    "IN",
    "INTERSECT",
    "INTERVAL",
    "IS",
    "JOIN",
    "KEY",
    "LATERAL",
    "LIKE",
    "LIMIT",
    "MATERIALIZED",
    "NOT",
    "NUMERIC",
    "OFFSET",
    "ON",
    "OR",
    "OVER",
    "RAISE",
    "RETURN",
    "RETURNING",
    "ROLLUP",
    "ROW",
    "ROWS",
    "SELECT",
    "SET",
    "SETS",
    "SOME",
    "THEN",
    "TIME",
    "TIMESTAMP",
    "TIMESTAMPTZ",
    "TIMETZ",
    "TO",
    "UNION",
    "USING",
    "VALUES",
    "VARBIT",
    "VARCHAR",
    "VARYING",
    "WHEN",
    "WHERE",
    "WHILE",
    "WITH",
];

/// Returns whether a statement calls a function that is not known to change nothing.
pub(crate) fn calls_something(statement: Phrase<'_>) -> bool {
    let mut names = (0..statement.tokens().len()).filter(|index| is_called(statement, *index));
    names.any(|index| !is_known(statement, index))
}

/// Returns whether a name stands before a bracket and is none of a table, of its columns or of what a
/// query is called.
fn is_called(statement: Phrase<'_>, index: usize) -> bool {
    let is_name = matches!(
        statement.kind_at(index),
        Some(TokenKind::Word | TokenKind::QuotedIdentifier)
    );
    if !is_name || !statement.is_mark(index + 1, "(") || statement.is_any_word(index, NO_FUNCTIONS)
    {
        return false;
    }
    // No statement begins with a call.
    let before = start_of_name(statement, index).checked_sub(1);
    before.is_some_and(|before| {
        !statement.is_any_word(before, &["AS", "COPY", "INTO", "RECURSIVE", "WITH"])
    })
}

/// Returns the place of the first part of a name whose last one stands here.
fn start_of_name(statement: Phrase<'_>, mut index: usize) -> usize {
    while index >= 2 && statement.is_mark(index - 1, ".") {
        index -= 2;
    }
    index
}

fn is_known(statement: Phrase<'_>, index: usize) -> bool {
    let start = start_of_name(statement, index);
    let is_own = start == index || start + 2 == index && statement.is_word(start, OWN_SCHEMA);
    is_own && statement.is_any_word(index, KNOWN) || is_diesels(statement, index)
}

/// Returns whether it is the function of Diesel's first migration that makes a trigger, with its one
/// argument. Like the engine's own it is known by its name, whatever somebody may have made of it.
fn is_diesels(statement: Phrase<'_>, index: usize) -> bool {
    let is_named = start_of_name(statement, index) == index
        && statement.is_word(index, "DIESEL_MANAGE_UPDATED_AT");
    let is_argument = |kind| kind == TokenKind::String;
    is_named
        && statement.kind_at(index + 2).is_some_and(is_argument)
        && statement.is_mark(index + 3, ")")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_in_order() {
        assert!(NO_FUNCTIONS.is_sorted());
    }
}
