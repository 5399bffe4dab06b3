//! Reads which columns a statement writes over, and in which rows.

use super::{Change, Which};
use crate::sql::name::Name;
use crate::sql::words::Words;

/// What ends a list of assignments.
const ENDS: &[&str] = &["FROM", "LIMIT", "ON", "ORDER", "RETURNING", "WHERE"];
/// What is said between a verb and its table of rows that are there.
const ON_CONFLICT: &[&str] = &["OR", "REPLACE", "IGNORE", "ABORT", "FAIL", "ROLLBACK"];

/// Reads an `UPDATE` from behind its first word.
pub(super) fn updated(words: &mut Words<'_>) -> Option<Vec<Change>> {
    let replaces = words.are(&["OR", "REPLACE"]);
    words.eat_all_of(ON_CONFLICT);
    words.eat("ONLY");
    let table = words.name()?;
    while !words.eat("SET") {
        words.kind()?;
        words.skip();
    }
    let overwritten = overwritten(words, &table, Which::Every);
    let thinned = replaces.then_some(Change::Thin(table));
    Some(thinned.into_iter().chain(overwritten).collect())
}

/// Reads an `INSERT` or a `REPLACE`: which rows of its table it replaces, or writes over, where they
/// have the key of a new one.
///
/// <https://www.sqlite.org/lang_conflict.html>: "the REPLACE algorithm deletes pre-existing rows".
pub(super) fn replaced(words: &mut Words<'_>) -> (Option<Change>, Vec<Change>) {
    let replaces = words.is("REPLACE") || words.at(1).are(&["OR", "REPLACE"]);
    words.skip();
    words.eat_all_of(ON_CONFLICT);
    words.eat("INTO");
    let Some(table) = words.name() else {
        return (None, Vec::new());
    };
    let mut changes = Vec::new();
    while words.kind().is_some() {
        if words.eat_all(&["DO", "UPDATE", "SET"]) {
            changes.extend(overwritten(words, &table, Which::Some));
        } else {
            words.skip();
        }
    }
    (replaces.then_some(Change::Thin(table)), changes)
}

/// Reads assignments from behind `SET`; nothing of columns that are written where they are null alone.
fn overwritten(words: &mut Words<'_>, table: &Name, which: Which) -> Option<Change> {
    let mut columns = assigned(words);
    let is_bounded = words.is_any(&["FROM", "LIMIT", "ORDER", "WHERE"]);
    let which = if is_bounded { Which::Some } else { which };
    let empty = null_alone(words.clone());
    columns.retain(|column| !empty.contains(column));
    (!columns.is_empty()).then(|| Change::Overwrite {
        table: table.clone(),
        columns,
        which,
    })
}

/// Reads the columns of assignments, up to what follows them.
fn assigned(words: &mut Words<'_>) -> Vec<String> {
    let mut columns = Vec::new();
    loop {
        if words.is_mark("(") {
            columns.extend(words.columns().into_iter().flatten());
        } else {
            columns.extend(words.identifier());
        }
        if !passes_assignment(words) {
            return columns;
        }
    }
}

/// Passes all up to the next comma outside of brackets; false where the list ends before.
fn passes_assignment(words: &mut Words<'_>) -> bool {
    let mut depth = 0_usize;
    while words.kind().is_some() {
        // `IS DISTINCT FROM` is a part of a value.
        let is_of_value = words.at(words.index() - 1).is("DISTINCT");
        if depth == 0 && words.is_any(ENDS) && !is_of_value {
            return false;
        }
        match words.text() {
            "(" | "[" => depth += 1,
            ")" | "]" => depth = depth.saturating_sub(1),
            "," if depth == 0 => {
                words.skip();
                return true;
            }
            _ => {}
        }
        words.skip();
    }
    false
}

/// Returns the columns that a condition, all of whose parts have to hold, wants to be null.
fn null_alone(mut words: Words<'_>) -> Vec<String> {
    let mut columns = Vec::new();
    while words.kind().is_some() {
        if words.is_any(&["OR", "NOT"]) {
            return Vec::new();
        }
        if words.at(words.index() + 1).are(&["IS", "NULL"]) {
            columns.extend(words.clone().mentioned());
        }
        if words.is_mark("(") {
            words.skip_parentheses();
        } else {
            words.skip();
        }
    }
    columns
}
