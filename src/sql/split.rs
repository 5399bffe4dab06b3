//! Dividing a text's tokens into statements.
//!
//! Knows that statements are separated by `;` and where a statement's span
//! begins and ends. Where a `;` does not separate, the dialect says.

use super::position::Span;
use super::token::{Dialect, Phrase, StatementKind, Token};

/// One statement of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Statement {
    /// From the first significant token to the last one, the `;` that ends
    /// the statement included where there is one. Comments before and after
    /// belong to the gaps, and so does a `;` that ends nothing.
    pub span: Span,
    /// What the statement does to its transaction.
    pub control: StatementKind,
}

/// Returns a text's statements, each with its significant tokens.
pub(super) fn split<'a>(
    text: &'a str,
    significant: &'a [Token],
    dialect: &dyn Dialect,
) -> Vec<(Statement, Phrase<'a>)> {
    let mut statements = Vec::new();
    let mut rest = significant;
    while !rest.is_empty() {
        let phrase = Phrase::new(text, rest);
        if phrase.is_mark(0, ";") {
            rest = &rest[1..];
            continue;
        }
        let length = dialect.statement_length(phrase).clamp(1, rest.len());
        let (tokens, after) = rest.split_at(length);
        statements.push(statement(Phrase::new(text, tokens), dialect));
        rest = after;
    }
    statements
}

/// Makes the statement of the tokens of `phrase`, which is not empty.
fn statement<'a>(phrase: Phrase<'a>, dialect: &dyn Dialect) -> (Statement, Phrase<'a>) {
    let tokens = phrase.tokens();
    let span = Span {
        start: tokens[0].span.start,
        end: tokens[tokens.len() - 1].span.end,
    };
    let control = dialect.statement_kind(phrase);
    (Statement { span, control }, phrase)
}
