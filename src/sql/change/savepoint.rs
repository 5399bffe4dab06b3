//! The points of a run to which it may go back, and that it does.
//! <https://www.sqlite.org/lang_savepoint.html>,
//! <https://www.postgresql.org/docs/current/sql-rollback-to.html>

use super::{Change, Savepoint};
use crate::sql::words::Words;

/// Reads a statement, where it is about such a point.
pub(super) fn read(words: &mut Words<'_>) -> Option<Vec<Change>> {
    let savepoint = if words.eat("SAVEPOINT") {
        Savepoint::Set(words.identifier()?)
    } else if words.eat("RELEASE") {
        words.eat("SAVEPOINT");
        Savepoint::Release(words.identifier()?)
    } else if words.eat("BEGIN") || words.are(&["START", "TRANSACTION"]) {
        Savepoint::Begin
    } else if words.eat_any(&["COMMIT", "END"]) {
        return Some(ended(words, Savepoint::Commit));
    } else if words.eat_any(&["ROLLBACK", "ABORT"]) {
        return Some(gone_back(words));
    } else if words.are(&["PREPARE", "TRANSACTION"]) {
        return Some(vec![Change::Untold]);
    } else {
        return None;
    };
    Some(vec![Change::Savepoint(savepoint)])
}

fn gone_back(words: &mut Words<'_>) -> Vec<Change> {
    words.eat_any(&["TRANSACTION", "WORK"]);
    if !words.eat("TO") {
        return ended(words, Savepoint::Rollback);
    }
    words.eat("SAVEPOINT");
    let to = words.identifier();
    vec![to.map_or(Change::Untold, |to| {
        Change::Savepoint(Savepoint::RollbackTo(to))
    })]
}

/// Reads on where a transaction ends; another one may begin at once.
fn ended(words: &mut Words<'_>, how: Savepoint) -> Vec<Change> {
    if words.is("PREPARED") {
        // What somebody did elsewhere.
        return vec![Change::Untold];
    }
    let chains = words.item_has(&["AND", "CHAIN"]);
    let next = chains.then_some(Change::Savepoint(Savepoint::Begin));
    std::iter::once(Change::Savepoint(how))
        .chain(next)
        .collect()
}
