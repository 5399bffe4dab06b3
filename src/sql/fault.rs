//! Finding the first thing in a text that no server could run.
//!
//! Knows offsets. Must not know lines: `SqlError` gets its position from the
//! script.

use super::error::SqlError;
use super::position::{Position, Span};
use super::split::Statement;
use super::token::{ClientData, Defect, Dialect, Phrase, Token, TokenKind};

/// Returns the directives that are passed over.
pub(super) fn directives(tokens: &[Token]) -> impl Iterator<Item = &Token> {
    tokens
        .iter()
        .filter(|token| token.kind == TokenKind::LineDirective && token.defect.is_none())
}

/// An error that does not know its position yet.
pub(super) enum Fault {
    Unterminated(&'static str),
    PsqlCommand(String),
    CopyFromStdin,
    CopyToStdout,
    NulByte,
}

impl Fault {
    /// Returns the error at `position`.
    pub(super) fn at(self, position: Position) -> SqlError {
        match self {
            Self::Unterminated(what) => SqlError::Unterminated { what, position },
            Self::PsqlCommand(command) => SqlError::PsqlCommand { command, position },
            Self::CopyFromStdin => SqlError::CopyFromStdin { position },
            Self::CopyToStdout => SqlError::CopyToStdout { position },
            Self::NulByte => SqlError::NulByte { position },
        }
    }
}

/// Returns the fault that comes first in the text, and its offset. The data
/// after a `COPY … FROM stdin` is full of faults of its own, so the first one
/// is the only one that means something.
pub(super) fn first_fault(
    text: &str,
    tokens: &[Token],
    statements: &[(Statement, Phrase<'_>)],
    dialect: &dyn Dialect,
) -> Option<(usize, Fault)> {
    let nul = text.find('\0').map(|offset| (offset, Fault::NulByte));
    let defect = tokens.iter().find_map(|token| {
        let fault = match token.defect? {
            Defect::Unterminated(what) => Fault::Unterminated(what),
            Defect::PsqlCommand => Fault::PsqlCommand(command(text, token.span)),
        };
        Some((token.span.start, fault))
    });
    let copy = statements.iter().find_map(|(statement, phrase)| {
        let fault = match dialect.client_data(*phrase)? {
            ClientData::Read => Fault::CopyFromStdin,
            ClientData::Written => Fault::CopyToStdout,
        };
        Some((statement.span.start, fault))
    });
    let enclosed = enclosed_directive(text, tokens, statements);
    let faults = [nul, defect, copy, enclosed];
    faults
        .into_iter()
        .flatten()
        .min_by_key(|(offset, _)| *offset)
}

/// Returns the first directive that stands inside a statement, which cannot
/// be passed over without changing what the statement's text is.
fn enclosed_directive(
    text: &str,
    tokens: &[Token],
    statements: &[(Statement, Phrase<'_>)],
) -> Option<(usize, Fault)> {
    directives(tokens).find_map(|token| {
        let start = token.span.start;
        let next = statements.partition_point(|(statement, _)| statement.span.end <= start);
        let (statement, _) = statements.get(next)?;
        let inside = statement.span.contains(start);
        inside.then(|| (start, Fault::PsqlCommand(command(text, token.span))))
    })
}

/// Returns the name of the psql command that starts at `span`, without its
/// arguments.
fn command(text: &str, span: Span) -> String {
    let mut characters = text[span.start..].chars();
    let backslash = characters.next();
    let name =
        characters.take_while(|character| character.is_ascii_alphanumeric() || *character == '_');
    backslash.into_iter().chain(name).collect()
}
