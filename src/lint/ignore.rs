//! The comments that have findings passed over, and what is wrong with them.
//!
//! `-- lint:ignore RULE -- reason` stands before a statement, in it, or behind it on its last line,
//! and is about that statement; in the body of a `DO` block, about a statement of the block. squawk's own comments are read by squawk, which asks for no reason; here
//! they are listed, and one without a reason hides no error.

use std::borrow::Cow;

use super::catalog::{self, RuleInfo};
use super::context::Way;
use super::rule::Hit;
use crate::backend::lint::Level;
use crate::migration::SqlText;
use crate::sql::effect::within_dollars;
use crate::sql::{Dialect, Position, Script, Span, Token, TokenKind};

/// What begins a comment of ours.
const OURS: &str = "lint:ignore";
/// What begins a comment of squawk's.
const SQUAWKS: [&str; 2] = ["squawk-ignore-file", "squawk-ignore"];

/// A comment without a reason.
pub(super) const NO_REASON: RuleInfo = RuleInfo {
    name: "ignore-without-reason",
    level: Level::Error,
    source: "dieselkit",
    finds: "a comment `lint:ignore` without a reason",
    hurts: "who reads it later cannot tell whether it still holds; what it names is found all the same",
    instead: Some(
        "Write the reason behind a second `--`: `-- lint:ignore drops-data -- nobody reads it since 2.3`.",
    ),
    bad: Some(Cow::Borrowed(
        "-- lint:ignore drops-data\nDROP TABLE users;",
    )),
    good: Some(Cow::Borrowed(
        "-- lint:ignore drops-data -- empty since 2.3\nDROP TABLE users;",
    )),
};

/// A comment that names what is no rule.
pub(super) const UNKNOWN: RuleInfo = RuleInfo {
    name: "ignore-unknown-rule",
    level: Level::Error,
    source: "dieselkit",
    finds: "a comment `lint:ignore` that names no rule",
    hurts: "it ignores nothing, though it looks as if it did",
    instead: Some(
        "Write the rule's name as the finding has it; `dieselkit lint --list` lists all.",
    ),
    bad: Some(Cow::Borrowed(
        "-- lint:ignore drop-data -- empty since 2.3\nDROP TABLE users;",
    )),
    good: Some(Cow::Borrowed(
        "-- lint:ignore drops-data -- empty since 2.3\nDROP TABLE users;",
    )),
};

/// A comment that ignores nothing.
pub(super) const UNUSED: RuleInfo = RuleInfo {
    name: "ignore-unused",
    level: Level::Info,
    source: "dieselkit",
    finds: "a comment `lint:ignore` for which nothing is found",
    hurts: "it would hide what is found there one day",
    instead: Some("Delete the comment."),
    bad: Some(Cow::Borrowed(
        "-- lint:ignore drops-data -- empty since 2.3\nCREATE TABLE users (id INTEGER PRIMARY KEY);",
    )),
    good: Some(Cow::Borrowed(
        "CREATE TABLE users (id INTEGER PRIMARY KEY);",
    )),
};

/// The rules about the comments themselves.
pub(super) const RULES: &[RuleInfo] = &[NO_REASON, UNKNOWN, UNUSED];

/// A comment that has findings passed over.
#[derive(Debug)]
pub(super) struct Ignore {
    /// The comment.
    pub(super) span: Span,
    /// What it names.
    pub(super) names: Vec<String>,
    /// Why.
    pub(super) reason: Option<String>,
    /// Whose it is.
    pub(super) by: By,
    /// The statement that it is about, where there is one.
    pub(super) statement: Option<usize>,
    /// The part of it, in the body of a `DO` block: a statement of the block, or nothing.
    pub(super) part: Option<Span>,
}

/// Who reads a comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    /// This tool.
    Us,
    /// squawk, which has passed over what it names already, errors without a reason aside.
    Squawk,
}

impl Ignore {
    /// Returns whether it is about this rule at this place of a statement.
    pub(super) fn covers(&self, rule: &str, statement: Option<usize>, offset: usize) -> bool {
        // What is found in no statement is told at the first one.
        let statement = statement.or(Some(0));
        self.by == By::Us
            && self.reason.is_some()
            && self.statement == statement
            && self.part.is_none_or(|part| part.contains(offset))
            && self.names.iter().any(|name| name == rule)
    }

    /// Returns whether it can have something passed over: ours names a rule and a reason.
    pub(super) fn is_one(&self) -> bool {
        self.by == By::Squawk || (self.reason.is_some() && !self.names.is_empty())
    }

    /// Returns what is wrong with it in itself, by rule.
    pub(super) fn faults(&self) -> Vec<(RuleInfo, Hit)> {
        if self.by == By::Squawk {
            return Vec::new();
        }
        let mut faults = Vec::new();
        if self.reason.is_none() {
            let named = if self.names.is_empty() {
                "it names no rule and no reason".to_owned()
            } else {
                "it has no reason, and so ignores nothing".to_owned()
            };
            faults.push((NO_REASON, Hit::new(self.span, named)));
        }
        if self.names.is_empty() && self.reason.is_some() {
            let hit = Hit::new(self.span, "it names no rule, and so ignores nothing");
            faults.push((UNKNOWN, hit));
        }
        for name in &self.names {
            let Err(unknown) = catalog::rule(name) else {
                continue;
            };
            let hit = Hit::new(self.span, unknown.to_string());
            faults.push((UNKNOWN, hit));
        }
        faults
    }
}

/// Returns where ours stand before the sections of a file.
pub(super) fn outside_of_sections(text: &SqlText, dialect: &'static dyn Dialect) -> Vec<Position> {
    if !text.ahead.contains(OURS) {
        return Vec::new();
    }
    let Ok(script) = Script::parse(&*text.ahead, 1, dialect) else {
        return Vec::new();
    };
    let tokens = dialect.lex(script.text()).into_iter();
    let comments = tokens.filter(|token| token.kind == TokenKind::Comment);
    let ours = comments.filter_map(|token| {
        let ignore = read(&script.text()[token.span.range()], token.span, None)?;
        let position = script.position(token.span.start);
        (ignore.by == By::Us).then_some(position)
    });
    ours.collect()
}

/// Returns squawk's comments that say no reason, in order.
pub(super) fn squawks_without_reason(way: &Way<'_>) -> Vec<Span> {
    let without = |ignore: &Ignore| ignore.by == By::Squawk && ignore.reason.is_none();
    let ignores = ignores(way).into_iter().filter(without);
    ignores.map(|ignore| ignore.span).collect()
}

/// Returns the comments of a way, in order.
pub(super) fn ignores(way: &Way<'_>) -> Vec<Ignore> {
    let script = &way.script;
    let text = script.text();
    if !text.contains(OURS) && !text.contains("squawk-ignore") {
        return Vec::new();
    }
    let tokens = script.dialect().lex(text);
    let found = tokens.iter().flat_map(|token| match token.kind {
        TokenKind::Comment => {
            let comment = &text[token.span.range()];
            let ignore = read(comment, token.span, statement(token.span, script));
            ignore.into_iter().collect()
        }
        TokenKind::String => in_block(way, token.span),
        _ => Vec::new(),
    });
    found.collect()
}

/// Returns ours in the body of a `DO` block, each with the statement of the block that it is about.
fn in_block(way: &Way<'_>, literal: Span) -> Vec<Ignore> {
    let script = &way.script;
    let text = &script.text()[literal.range()];
    let block = script.statement_at(literal.start);
    let block = block.filter(|block| script.with_phrase(*block, |said| said.is_word(0, "DO")));
    let Some((block, body)) = block.zip(within_dollars(text)) else {
        return Vec::new();
    };
    let start = literal.start + body.start;
    let tokens = script.dialect().lex(&text[body.range()]);
    let comments = tokens
        .iter()
        .filter(|token| token.kind == TokenKind::Comment);
    let read = |token: &Token| {
        let span = Span {
            start: token.span.start + start,
            end: token.span.end + start,
        };
        let ignore = read(&script.text()[span.range()], span, Some(block))?;
        let part = Some(part(way, block, span));
        (ignore.by == By::Us).then_some(Ignore { part, ..ignore })
    };
    comments.filter_map(read).collect()
}

/// Returns the change of a block that a comment in it is about, as of statements.
fn part(way: &Way<'_>, block: usize, comment: Span) -> Span {
    let text = way.script.text();
    let spans = way.effects[block].iter().map(|effect| effect.span);
    let is_around = |span: &Span| span.contains(comment.start);
    let is_before =
        |span: &Span| span.end <= comment.start && !text[span.end..comment.start].contains('\n');
    let is_behind = |span: &Span| span.start >= comment.end;
    let nothing = Span {
        start: comment.end,
        end: comment.end,
    };
    let around = spans.clone().find(is_around);
    let before = || spans.clone().find(is_before);
    let behind = || spans.clone().find(is_behind);
    around.or_else(before).or_else(behind).unwrap_or(nothing)
}

fn read(comment: &str, span: Span, statement: Option<usize>) -> Option<Ignore> {
    let body = comment
        .strip_prefix("--")
        .or_else(|| comment.strip_prefix("/*")?.strip_suffix("*/"))?
        .trim();
    let (rest, by) = if let Some(rest) = body.strip_prefix(OURS) {
        (rest, By::Us)
    } else {
        let rest = SQUAWKS.iter().find_map(|prefix| body.strip_prefix(prefix));
        (rest?, By::Squawk)
    };
    let (names, reason) = rest.split_once("--").unwrap_or((rest, ""));
    let names = names
        .split([',', ' ', '\t'])
        .filter(|name| !name.is_empty());
    let reason = reason.trim();
    Some(Ignore {
        span,
        names: names.map(str::to_owned).collect(),
        reason: (!reason.is_empty()).then(|| reason.to_owned()),
        by,
        statement,
        part: None,
    })
}

/// Returns the statement that a comment is about: the one around it, the one that ends on its line,
/// or the next one.
fn statement(comment: Span, script: &Script) -> Option<usize> {
    if let Some(around) = script.statement_at(comment.start) {
        return Some(around);
    }
    let statements = script.statements();
    let next = statements.partition_point(|statement| statement.span.end <= comment.start);
    if let Some(before) = next.checked_sub(1) {
        let between = &script.text()[statements[before].span.end..comment.start];
        if !between.contains('\n') {
            return Some(before);
        }
    }
    (next < statements.len()).then_some(next)
}
