//! `MERGE …`: one change each kind of action.

use super::{Effect, EffectKind, Name, Verb, Written};
use crate::sql::words::Words;

/// Reads a statement, or a part of a `WITH`, that may be a `MERGE`.
pub(super) fn read(mut words: Words<'_>) -> Vec<Effect> {
    let first = words.index();
    if !words.eat_all(&["MERGE", "INTO"]) {
        return Vec::new();
    }
    words.eat("ONLY");
    let Some(table) = words.name() else {
        return Vec::new();
    };
    let is_listed = is_listed(words.clone());
    let picks = picks(&mut words);
    let mut done: Vec<(Verb, bool)> = Vec::new();
    while !words.is_done() && !words.is_mark(")") {
        if words.eat("WHEN") {
            done.extend(branch(&mut words, picks, is_listed));
        } else {
            pass(&mut words);
        }
    }
    let span = words.span_from(first);
    effects(&table, &done, span)
}

/// Returns one change for each verb; it is of every row where one of its branches is.
fn effects(table: &Name, done: &[(Verb, bool)], span: crate::sql::position::Span) -> Vec<Effect> {
    let verbs = [Verb::Insert, Verb::Update, Verb::Delete].into_iter();
    let effect = |verb| {
        let mut bounded = done.iter().filter(|(of, _)| *of == verb).map(|(_, it)| *it);
        let first = bounded.next()?;
        let kind = EffectKind::Write(Written {
            verb,
            table: table.clone(),
            bounded: first && bounded.all(|it| it),
        });
        Some(Effect { kind, span })
    };
    verbs.filter_map(effect).collect()
}

fn pass(words: &mut Words<'_>) {
    if words.is_mark("(") {
        words.skip_parentheses();
    } else {
        words.skip();
    }
}

/// Returns whether the rows of the source stand in the statement.
fn is_listed(mut words: Words<'_>) -> bool {
    while !words.is_done() && !words.eat("USING") {
        words.skip();
    }
    words.eat_mark("(") && words.is("VALUES")
}

/// Passes over the source and the condition behind `ON`; returns whether the condition tells rows from
/// one another: one without any name does not.
fn picks(words: &mut Words<'_>) -> bool {
    while !words.is_done() && !words.is("ON") && !words.is("WHEN") {
        pass(words);
    }
    let mut picks = false;
    while !words.is_done() && !words.is("WHEN") {
        words.skip();
        let is_name = words.clone().identifier().is_some();
        picks |= is_name && !words.is_any(&["TRUE", "AND", "OR", "NOT", "WHEN"]);
    }
    picks
}

/// Reads `[NOT] MATCHED … THEN …`: what is done, and whether a condition says to which rows.
fn branch(words: &mut Words<'_>, picks: bool, is_listed: bool) -> Option<(Verb, bool)> {
    let mut has_condition = false;
    while !words.is_done() && !words.eat("THEN") {
        has_condition |= words.is("AND");
        pass(words);
    }
    let bounded = picks || has_condition;
    let known = [
        ("UPDATE", Verb::Update, bounded),
        ("DELETE", Verb::Delete, bounded),
        ("INSERT", Verb::Insert, is_listed),
    ];
    let known = known.into_iter().find(|(word, ..)| words.is(word));
    known.map(|(_, verb, bounded)| (verb, bounded))
}
