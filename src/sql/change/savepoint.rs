//! The points of a run to which it may go back, and that it does.
//! <https://www.sqlite.org/lang_savepoint.html>,
//! <https://www.postgresql.org/docs/current/sql-rollback-to.html>

use super::{Change, Savepoint};
use crate::sql::script::Script;
use crate::sql::words::Words;

impl Script {
    /// Returns, for each statement, the first later one that takes back what it did, by going back to a
    /// point before it.
    pub(crate) fn taken_back(&self) -> Vec<Option<usize>> {
        let count = self.statements().len();
        let mut taken_back = vec![None; count];
        let mut points: Vec<(Option<String>, usize)> = Vec::new();
        for index in 0..count {
            for savepoint in self.savepoints(index) {
                let Some(since) = follow(&mut points, savepoint, index) else {
                    continue;
                };
                for taken in &mut taken_back[since + 1..index] {
                    *taken = taken.or(Some(index));
                }
            }
        }
        taken_back
    }

    fn savepoints(&self, index: usize) -> Vec<Savepoint> {
        let dialect = self.dialect();
        let read = self.with_phrase(index, |phrase| read(&mut Words::new(phrase, dialect)));
        let changes = read.into_iter().flatten();
        let points = changes.filter_map(|change| match change {
            Change::Savepoint(savepoint) => Some(savepoint),
            _ => None,
        });
        points.collect()
    }
}

/// Follows one of them among the points that are set, each with its statement; returns the statement
/// that it goes back to.
fn follow(
    points: &mut Vec<(Option<String>, usize)>,
    savepoint: Savepoint,
    index: usize,
) -> Option<usize> {
    let last = |points: &[(Option<String>, usize)], name: &str| {
        points
            .iter()
            .rposition(|(point, _)| point.as_deref() == Some(name))
    };
    match savepoint {
        Savepoint::Begin => points.push((None, index)),
        Savepoint::Set(name) => points.push((Some(name), index)),
        Savepoint::Commit => points.clear(),
        Savepoint::Release(name) => {
            let released = last(points, &name).unwrap_or(points.len());
            points.truncate(released);
        }
        Savepoint::Rollback => {
            let first = points.first().map(|(_, since)| *since);
            points.clear();
            return first;
        }
        Savepoint::RollbackTo(name) => {
            let place = last(points, &name)?;
            points.truncate(place + 1);
            return Some(points[place].1);
        }
    }
    None
}

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
