//! Reads which tables a statement writes rows of, in whichever way, as their triggers see it.

use super::Change;
use crate::sql::effect::{self, EffectKind, Verb};
use crate::sql::token::{Dialect, Phrase};
use crate::sql::words::Words;

/// What statements begin with that write rows.
const WRITING: &[&str] = &[
    "DELETE", "INSERT", "MERGE", "REPLACE", "TRUNCATE", "UPDATE", "WITH",
];

/// Reads a statement.
pub(super) fn writes(statement: Phrase<'_>, dialect: &'static dyn Dialect) -> Vec<Change> {
    let words = Words::new(statement, dialect);
    if words.is("COPY") {
        return copied(&mut words.at(1)).into_iter().collect();
    }
    if !words.is_any(WRITING) {
        return Vec::new();
    }
    let mut writes = Vec::new();
    for effect in effect::read(statement, dialect) {
        let EffectKind::Write(written) = effect.kind else {
            continue;
        };
        let (table, verb) = (written.table, written.verb);
        // <https://www.postgresql.org/docs/current/sql-insert.html#SQL-ON-CONFLICT>
        let updates = verb == Verb::Insert && upserts(&words);
        writes.extend(updates.then(|| Change::Write {
            table: table.clone(),
            verb: Verb::Update,
        }));
        writes.push(Change::Write { table, verb });
    }
    writes
}

/// Reads `table [(columns)] FROM …`, which puts rows into it.
fn copied(words: &mut Words<'_>) -> Option<Change> {
    let table = words.name()?;
    words.skip_parentheses();
    words.is("FROM").then_some(Change::Write {
        table,
        verb: Verb::Insert,
    })
}

fn upserts(words: &Words<'_>) -> bool {
    let mut places = 0..words.phrase().tokens().len();
    places.any(|place| words.at(place).are(&["DO", "UPDATE", "SET"]))
}
