//! Reads what a statement does to rows: by what it makes, drops and alters, by the rows that it writes,
//! or as something that nobody can tell.

use super::{Change, altered, copy, overwrite, path, savepoint};
use crate::sql::destruction::{destroys, may_do_anything};
use crate::sql::token::{Dialect, Phrase};
use crate::sql::words::Words;

/// What runs code, or changes rows in more than one way.
const UNTOLD: &[&str] = &["CALL", "DO", "EXECUTE", "MERGE", "WITH"];
/// What does nothing to rows that are there, unless a function does that it calls, or a program.
const CALLING: &[&str] = &["COPY", "INSERT", "SELECT", "VALUES"];
/// What takes columns of tables along that depend on it.
const DEPENDED_ON: &[&str] = &["ACCESS", "COLLATION", "DOMAIN", "EXTENSION", "TYPE"];

/// Reads a statement.
pub(super) fn changes(statement: Phrase<'_>, dialect: &'static dyn Dialect) -> Vec<Change> {
    let words = Words::new(statement, dialect);
    if may_be_anything(&words) || takes_more_along(&words) || takes_attributes(statement) {
        return vec![Change::Untold];
    }
    let mut changes = read(&words);
    if words.is_any(CALLING) && may_do_anything(statement) {
        changes.push(Change::Untold);
    }
    changes
}

fn may_be_anything(words: &Words<'_>) -> bool {
    let runs_another = words.is("EXPLAIN") && words.has_ahead("ANALYZE");
    words.is_any(UNTOLD) && destroys(words.phrase()) || runs_another
}

fn takes_more_along(words: &Words<'_>) -> bool {
    let what = words.at(1);
    let depended_on = what.is_any(DEPENDED_ON) && words.has_ahead("CASCADE");
    words.is("DROP") && (what.is("OWNED") || depended_on)
}

/// Returns whether a composite type loses an attribute, or gives one another type: with and without
/// `CASCADE` the columns lose what they have there.
fn takes_attributes(statement: Phrase<'_>) -> bool {
    let takes = |index| {
        statement.is_any_word(index, &["ALTER", "DROP"])
            && statement.is_word(index + 1, "ATTRIBUTE")
    };
    let alters_type = statement.is_word(0, "ALTER") && statement.is_word(1, "TYPE");
    alters_type && (2..statement.tokens().len()).any(takes)
}

fn read(words: &Words<'_>) -> Vec<Change> {
    if words.is_any(&["INSERT", "REPLACE"]) {
        let (replaced, overwritten) = overwrite::replaced(&mut words.clone());
        let filled = copy::inserted(&mut words.at(1));
        let changes = replaced.into_iter().chain(filled).chain(overwritten);
        return changes.collect();
    }
    if words.is("UPDATE") {
        return overwrite::updated(&mut words.at(1)).unwrap_or_default();
    }
    if let Some(savepoints) = savepoint::read(&mut words.clone()) {
        return savepoints;
    }
    let path = path::read(&mut words.clone()).map(Change::SearchPath);
    path.map_or_else(|| altered::read(words), |path| vec![path])
}
