//! What changes rows: `INSERT`, `UPDATE`, `DELETE`, `TRUNCATE`, also in the parts of a `WITH`.

use super::merge;
use super::{Effect, EffectKind, Name, Verb, Written};
use crate::sql::token::Phrase;
use crate::sql::words::Words;

/// Reads a statement that makes, drops and alters nothing.
pub(super) fn read(words: &Words<'_>) -> Vec<Effect> {
    let statement = words.phrase();
    if words.is("TRUNCATE") {
        return truncated(&mut words.at(words.index() + 1));
    }
    if !words.is_any(&["WITH", "INSERT", "REPLACE", "UPDATE", "DELETE", "MERGE"]) {
        return Vec::new();
    }
    let places = 0..statement.tokens().len();
    places
        .filter(|place| begins_part(statement, *place))
        .flat_map(|place| {
            let merged = merge::read(words.at(place));
            merged.into_iter().chain(part(words.at(place)))
        })
        .collect()
}

fn truncated(words: &mut Words<'_>) -> Vec<Effect> {
    words.eat("TABLE");
    words.eat("ONLY");
    let span = words.whole();
    let effect = |table| Effect {
        kind: EffectKind::Write(Written {
            verb: Verb::Truncate,
            table,
            bounded: false,
        }),
        span,
    };
    words.names().into_iter().map(effect).collect()
}

/// Returns whether a statement, or a part of a `WITH`, may begin here.
fn begins_part(statement: Phrase<'_>, place: usize) -> bool {
    if place == 0 {
        return true;
    }
    // The query of a part, or what follows the last part.
    statement.is_mark(place - 1, "(") || statement.is_mark(place - 1, ")")
}

/// Reads a part that changes rows.
fn part(mut words: Words<'_>) -> Option<Effect> {
    let first = words.index();
    let (verb, table) = head(&mut words)?;
    let mut has_where = false;
    let mut has_query = false;
    // `)` ends a part of a `WITH`, and a comma nothing.
    while !words.is_done() && !words.is_mark(")") {
        has_where |= words.is("WHERE");
        has_query |= words.is_any(&["SELECT", "TABLE", "WITH"]);
        if words.is_mark("(") {
            words.skip_parentheses();
        } else {
            words.skip();
        }
    }
    let span = words.span_from(first);
    let bounded = match verb {
        Verb::Insert => !has_query,
        _ => has_where,
    };
    let kind = EffectKind::Write(Written {
        verb,
        table,
        bounded,
    });
    Some(Effect { kind, span })
}

/// Reads the verb and the table.
fn head(words: &mut Words<'_>) -> Option<(Verb, Name)> {
    let verb = if words.eat_all(&["DELETE", "FROM"]) {
        Verb::Delete
    } else if words.eat("UPDATE") {
        if words.eat("OR") {
            words.skip();
        }
        Verb::Update
    } else if words.eat_any(&["INSERT", "REPLACE"]) {
        if words.eat("OR") {
            words.skip();
        }
        if !words.eat("INTO") {
            return None;
        }
        Verb::Insert
    } else {
        return None;
    };
    words.eat("ONLY");
    let table = words.name()?;
    Some((verb, table))
}
