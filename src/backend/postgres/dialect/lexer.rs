//! PostgreSQL's tokens, from squawk's lexer.
//!
//! Knows what squawk's lexer leaves to its caller: whole operators, literals
//! that go on over a line end, and psql's lines. Must not know statements.

use squawk_lexer::{LiteralKind, TokenKind as Raw};

use crate::sql::{Defect, Token, TokenKind};

/// The characters that operators are made of.
const OPERATOR_CHARACTERS: &str = "~!@#^&|`?+-*/%<>=";

/// The characters of which an operator needs one to end in `+` or `-`
/// (<https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-OPERATORS>).
const SPECIAL_CHARACTERS: &str = "~!@#^&|`?%";

/// The directives of a `pg_dump` file that are passed over: they only guard
/// the file against being run by a tampered psql session.
const PASSED_OVER: &[&str] = &["\\restrict", "\\unrestrict"];

/// What the tokens so far mean for a `'` that comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Continuation {
    /// It starts a literal of its own.
    None,
    /// An `E''` literal is just over: after a line end a `'` goes on with it.
    EscapeString,
    /// The line end was there: a `'` goes on, with backslash escapes.
    EscapeStringLine,
}

/// An iterator over the tokens of a text, which cover it entirely.
pub(super) struct Lexer<'a> {
    text: &'a str,
    offset: usize,
    continuation: Continuation,
}

impl<'a> Lexer<'a> {
    /// Makes the lexer of `text`.
    pub(super) const fn new(text: &'a str) -> Self {
        Self {
            text,
            offset: 0,
            continuation: Continuation::None,
        }
    }

    /// Returns the token at the offset, which is not the text's end.
    fn token(&self, rest: &'a str) -> Token {
        let first = rest.as_bytes()[0];
        if first == b'\'' && self.continuation == Continuation::EscapeStringLine {
            return self.escape_string(rest);
        }
        if first == b'\\' {
            return self.backslash(rest);
        }
        if self.offset > 0 && rest.starts_with('\u{feff}') {
            return self.make(TokenKind::Word, word_length(rest));
        }
        let raw = squawk_lexer::tokenize(rest)
            .next()
            .expect("the rest is not empty");
        let (kind, what) = translate(raw.kind, rest);
        let length = match kind {
            TokenKind::Operator => operator_length(rest),
            _ => raw.len as usize,
        };
        self.make(kind, length)
            .with_defect(what.map(Defect::Unterminated))
    }

    /// Makes a token of `kind` that starts at the offset.
    const fn make(&self, kind: TokenKind, length: usize) -> Token {
        Token::new(kind, self.offset, self.offset + length)
    }

    /// Returns the rest of an `E''` literal that starts over with a `'`.
    fn escape_string(&self, rest: &str) -> Token {
        let mut bytes = rest.bytes().enumerate().skip(1).peekable();
        while let Some((index, byte)) = bytes.next() {
            match byte {
                b'\\' => drop(bytes.next()),
                b'\'' if bytes.next_if(|(_, next)| *next == b'\'').is_none() => {
                    return self.make(TokenKind::String, index + 1);
                }
                _ => {}
            }
        }
        self.make(TokenKind::String, rest.len())
            .with_defect(Some(Defect::Unterminated("string literal")))
    }

    /// Returns the token of a backslash outside literals: at the start of a
    /// line all of that line, elsewhere the character alone. A server takes
    /// neither.
    fn backslash(&self, rest: &str) -> Token {
        if !self.is_at_line_start() {
            return self
                .make(TokenKind::Unknown, 1)
                .with_defect(Some(Defect::PsqlCommand));
        }
        let line = rest.split(['\n', '\r']).next().unwrap_or(rest);
        let command = line.split_ascii_whitespace().next().unwrap_or(line);
        let defect = (!PASSED_OVER.contains(&command)).then_some(Defect::PsqlCommand);
        self.make(TokenKind::LineDirective, line.len())
            .with_defect(defect)
    }

    /// Returns whether only blanks stand before the offset in its line.
    fn is_at_line_start(&self) -> bool {
        let before = self.text[..self.offset].trim_end_matches([' ', '\t']);
        before.is_empty() || before == "\u{feff}" || before.ends_with(['\n', '\r'])
    }

    /// Returns what a `'` after `token` would be.
    fn continuation_after(&self, token: &Token) -> Continuation {
        let text = &self.text[token.span.range()];
        match token.kind {
            TokenKind::String if self.continuation == Continuation::EscapeStringLine => {
                Continuation::EscapeString
            }
            TokenKind::String if text.starts_with(['e', 'E']) => Continuation::EscapeString,
            TokenKind::Whitespace if text.contains(['\n', '\r']) => self.continuation.after_line(),
            TokenKind::Whitespace => self.continuation,
            TokenKind::Comment if text.starts_with("--") => self.continuation,
            _ => Continuation::None,
        }
    }
}

impl Continuation {
    /// Returns what it is after a line end.
    const fn after_line(self) -> Self {
        match self {
            Self::None => Self::None,
            Self::EscapeString | Self::EscapeStringLine => Self::EscapeStringLine,
        }
    }
}

impl Iterator for Lexer<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        let rest = &self.text[self.offset..];
        if rest.is_empty() {
            return None;
        }
        let token = self.token(rest);
        self.continuation = self.continuation_after(&token);
        self.offset = token.span.end;
        Some(token)
    }
}

/// Returns the kind of the token that `rest` starts with, and what it would
/// have been if it has no end.
fn translate(raw: Raw, rest: &str) -> (TokenKind, Option<&'static str>) {
    match raw {
        Raw::Whitespace => (TokenKind::Whitespace, None),
        Raw::LineComment => (TokenKind::Comment, None),
        Raw::BlockComment { terminated } => {
            (TokenKind::Comment, (!terminated).then_some("block comment"))
        }
        Raw::Ident => (TokenKind::Word, None),
        Raw::QuotedIdent { terminated, .. } => (
            TokenKind::QuotedIdentifier,
            (!terminated).then_some("quoted identifier"),
        ),
        Raw::Literal { kind } => translate_literal(kind),
        Raw::PositionalParam { .. } => (TokenKind::Parameter, None),
        Raw::Semi
        | Raw::Comma
        | Raw::OpenParen
        | Raw::CloseParen
        | Raw::OpenBracket
        | Raw::CloseBracket
        | Raw::Dot => (TokenKind::Punctuation, None),
        Raw::DotDot | Raw::Colon => (TokenKind::Operator, None),
        _ if rest.starts_with(|c| OPERATOR_CHARACTERS.contains(c)) => (TokenKind::Operator, None),
        _ => (TokenKind::Unknown, None),
    }
}

/// Returns the kind of a literal, and what it would have been if it has no
/// end.
fn translate_literal(literal: LiteralKind) -> (TokenKind, Option<&'static str>) {
    let (terminated, what) = match literal {
        LiteralKind::Int { .. } | LiteralKind::Numeric { .. } => return (TokenKind::Number, None),
        LiteralKind::DollarQuotedString { terminated } => (terminated, "dollar-quoted string"),
        LiteralKind::Str { terminated }
        | LiteralKind::NationalStr { terminated }
        | LiteralKind::ByteStr { terminated }
        | LiteralKind::BitStr { terminated }
        | LiteralKind::UnicodeEscStr { terminated }
        | LiteralKind::EscStr { terminated } => (terminated, "string literal"),
    };
    (TokenKind::String, (!terminated).then_some(what))
}

/// Returns the length of the word that `rest` starts with. Only here for the
/// byte order mark of a file that was appended to another: to the server it
/// is a letter, and squawk's lexer takes it for a blank wherever it is started.
fn word_length(rest: &str) -> usize {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '$' || !c.is_ascii();
    rest.find(|c| !is_part(c)).unwrap_or(rest.len())
}

/// Returns the length of the operator that `rest` starts with, by the
/// server's rules: it ends before a comment, and a trailing `+` or `-` is an
/// operator of its own (so that `x=-1` is what `x = -1` is) unless one of the
/// special characters is in it.
fn operator_length(rest: &str) -> usize {
    if let Some(fixed) = ["::", ":=", ":", ".."]
        .iter()
        .find(|fixed| rest.starts_with(**fixed))
    {
        return fixed.len();
    }
    let end = rest
        .find(|c| !OPERATOR_CHARACTERS.contains(c))
        .unwrap_or(rest.len());
    let run = &rest[..end];
    let comment = [run.find("--"), run.find("/*")].into_iter().flatten().min();
    let operator = &run[..comment.unwrap_or(end)];
    if operator.contains(|c| SPECIAL_CHARACTERS.contains(c)) {
        return operator.len();
    }
    operator.trim_end_matches(['+', '-']).len().max(1)
}
