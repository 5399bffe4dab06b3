//! `DO …`: what the statements of a block in PL/pgSQL change.
//!
//! Reads the words between what steers the block (`IF … THEN`, `LOOP`, `BEGIN`), and the texts that
//! `EXECUTE` runs as they stand. What is put together as it runs is [`EffectKind::Unread`]. Whether a
//! branch is ever taken nobody knows: what the block makes may have been there before.

use super::{Effect, EffectKind, read as read_statement};
use crate::sql::position::Span;
use crate::sql::token::{Dialect, Phrase, Token, TokenKind};
use crate::sql::words::Words;

/// Reads on behind `DO`.
pub(super) fn read(words: &mut Words<'_>) -> Vec<Effect> {
    let whole = words.whole();
    let unread = Effect {
        kind: EffectKind::Unread,
        span: whole,
    };
    let Some(span) = body(words) else {
        return vec![unread];
    };
    let (start, body) = (span.start, words.phrase().text_of(span));
    let mut effects = Vec::new();
    each_statement(words, body, |words, statement| {
        effects.extend(of_statement(words, body, statement));
    });
    for effect in &mut effects {
        shift(effect, start);
        if let EffectKind::Create(created) = &mut effect.kind {
            created.or_existing = true;
        }
    }
    effects
}

/// Returns whether a `DO` block ends the transaction that it runs in, by its words.
pub(super) fn ends_transaction(statement: Phrase<'_>, dialect: &'static dyn Dialect) -> bool {
    let mut words = Words::new(statement, dialect);
    if !words.eat("DO") {
        return false;
    }
    let Some(body) = body(&mut words).map(|span| words.phrase().text_of(span)) else {
        return false;
    };
    let mut ends = false;
    each_statement(&words, body, |_, tokens| {
        let said = Phrase::new(body, tokens);
        let is_ended = tokens.len() == 1 || said.is_any_word(1, &["AND", "WORK", "TRANSACTION"]);
        ends |= said.is_any_word(0, &["COMMIT", "ROLLBACK"]) && is_ended;
    });
    ends
}

/// Reads where the text of a block in PL/pgSQL stands, counted from the statement's start.
fn body(words: &mut Words<'_>) -> Option<Span> {
    let mut body = None;
    let mut is_known = true;
    while !words.is_done() {
        if words.eat("LANGUAGE") {
            is_known = words.plain() == "plpgsql" || words.text() == "'plpgsql'";
        } else if words.kind() == Some(TokenKind::String) {
            body = Some(words.index());
        }
        words.skip();
    }
    let index = body.filter(|_| is_known)?;
    let inner = within_dollars(words.at(index).text())?;
    let start = words.phrase().tokens()[index].span.start;
    Some(Span {
        start: start + inner.start,
        end: start + inner.end,
    })
}

/// Returns where the text between dollars stands in its literal; in a literal with other quotes the
/// places of letters are others.
pub(crate) fn within_dollars(literal: &str) -> Option<Span> {
    let tag = literal.get(1..)?.find('$')? + 2;
    let is_one = literal.starts_with('$') && literal.len() >= 2 * tag;
    is_one.then(|| Span {
        start: tag,
        end: literal.len() - tag,
    })
}

fn shift(effect: &mut Effect, by: usize) {
    let moved = |span: Span| Span {
        start: span.start + by,
        end: span.end + by,
    };
    effect.span = moved(effect.span);
    for key in effect.kind.foreign_keys_mut() {
        key.span = moved(key.span);
    }
}

/// Passes over what steers a block, and shows each of its statements; spans count from its text's start.
fn each_statement(around: &Words<'_>, body: &str, mut show: impl FnMut(&Words<'_>, &[Token])) {
    let dialect = around.dialect();
    let mut tokens = dialect.lex(body);
    tokens.retain(Token::is_significant);
    let mut words = Words::new(Phrase::new(body, &tokens), dialect);
    while words.index() < tokens.len() {
        if passes_over_control(&mut words) {
            continue;
        }
        let first = words.index();
        while words.index() < tokens.len() && !words.is_mark(";") {
            words.skip();
        }
        let statement = &tokens[first..words.index()];
        show(&words, statement);
        words.skip();
    }
}

/// Passes over words that steer the block, up to where a statement may begin; returns whether there
/// were any.
fn passes_over_control(words: &mut Words<'_>) -> bool {
    const ALONE: [&str; 6] = ["BEGIN", "DECLARE", "ELSE", "LOOP", "THEN", "EXCEPTION"];
    if words.is_mark(";") || words.eat_any(&ALONE) {
        words.eat_mark(";");
        return true;
    }
    let ends: &[&str] = if words.is_any(&["IF", "ELSIF", "ELSEIF", "WHEN"]) {
        &["THEN"]
    } else if words.is_any(&["FOR", "FOREACH", "WHILE"]) {
        &["LOOP"]
    } else if words.is("CASE") {
        &["WHEN"]
    } else {
        return false;
    };
    words.skip();
    while !words.is_done() && !words.is_any(ends) {
        words.skip();
    }
    true
}

/// Reads one statement of a block.
fn of_statement(words: &Words<'_>, body: &str, tokens: &[Token]) -> Vec<Effect> {
    let Some((first, last)) = tokens.first().zip(tokens.last()) else {
        return Vec::new();
    };
    let span = Span {
        start: first.span.start,
        end: last.span.end,
    };
    let statement = Words::new(Phrase::new(body, tokens), words.dialect());
    if !statement.is("EXECUTE") {
        return read_statement(statement.phrase(), words.dialect());
    }
    let mut said = statement.at(1);
    let unread = Effect {
        kind: EffectKind::Unread,
        span,
    };
    let Some(sql) = literal(&mut said) else {
        return vec![unread];
    };
    let is_whole = said.is_done() || said.is_any(&["INTO", "USING"]);
    if !is_whole {
        return vec![unread];
    }
    let mut inner = words.dialect().lex(&sql);
    inner.retain(Token::is_significant);
    let mut effects = Vec::new();
    for part in inner.split(|token| &sql[token.span.range()] == ";") {
        effects.extend(read_statement(Phrase::new(&sql, part), words.dialect()));
    }
    for effect in &mut effects {
        effect.span = span;
        for key in effect.kind.foreign_keys_mut() {
            key.span = span;
        }
    }
    effects
}

/// Reads a text in quotes of either kind.
fn literal(words: &mut Words<'_>) -> Option<String> {
    let text = words.text();
    if let Some(inner) = within_dollars(text).filter(|_| words.kind() == Some(TokenKind::String)) {
        words.skip();
        return Some(text[inner.range()].to_owned());
    }
    words.string()
}
