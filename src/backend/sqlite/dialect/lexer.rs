//! SQLite's tokens, by the rules of its own tokenizer
//! (<https://sqlite.org/src/file?name=src/tokenize.c>).
//!
//! Knows characters. Must not know statements.
//!
//! Every byte of a character outside ASCII is a letter to SQLite, and every
//! rule below stops at an ASCII byte or at the end, so that no token ever
//! cuts a character in two.

use crate::sql::{Defect, Token, TokenKind};

/// The operators of more than one character; a longer one stands before its
/// own beginning.
const LONG_OPERATORS: &[&str] = &["->>", "->", "||", "<=", "<>", "<<", ">=", ">>", "==", "!="];

/// An iterator over the tokens of a text, which cover it entirely.
pub(super) struct Lexer<'a> {
    text: &'a str,
    offset: usize,
}

impl<'a> Lexer<'a> {
    /// Makes the lexer of `text`.
    pub(super) const fn new(text: &'a str) -> Self {
        Self { text, offset: 0 }
    }
}

impl Iterator for Lexer<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        let rest = &self.text[self.offset..];
        let lexeme = Lexeme::read(rest)?;
        let start = self.offset;
        self.offset += lexeme.length;
        let defect = lexeme.unterminated.map(Defect::Unterminated);
        Some(Token::new(lexeme.kind, start, self.offset).with_defect(defect))
    }
}

/// A token that does not know its place.
struct Lexeme {
    kind: TokenKind,
    length: usize,
    unterminated: Option<&'static str>,
}

impl Lexeme {
    /// Makes a lexeme without a defect.
    const fn new(kind: TokenKind, length: usize) -> Self {
        Self {
            kind,
            length,
            unterminated: None,
        }
    }

    /// Returns the lexeme that `rest` starts with; at the text's end, none.
    fn read(rest: &str) -> Option<Self> {
        let bytes = rest.as_bytes();
        let second = bytes.get(1).copied().unwrap_or_default();
        Some(match *bytes.first()? {
            byte if is_space(byte) => Self::new(TokenKind::Whitespace, run(bytes, 0, is_space)),
            b'-' if second == b'-' => Self::new(TokenKind::Comment, until(bytes, 2, b'\n')),
            b'/' if second == b'*' && bytes.len() > 2 => block_comment(rest),
            b'\'' => quoted(bytes, TokenKind::String, "string literal"),
            b'"' | b'`' => quoted(bytes, TokenKind::QuotedIdentifier, "quoted identifier"),
            b'[' => bracketed(bytes),
            b'x' | b'X' if second == b'\'' => blob(bytes),
            b'.' if second.is_ascii_digit() => Self::new(TokenKind::Number, number_length(bytes)),
            b'0'..=b'9' => Self::new(TokenKind::Number, number_length(bytes)),
            b'?' => Self::new(TokenKind::Parameter, run(bytes, 1, |b| b.is_ascii_digit())),
            b'$' | b'@' | b':' | b'#' => parameter(bytes),
            b'(' | b')' | b',' | b';' | b']' | b'.' => Self::new(TokenKind::Punctuation, 1),
            // Anywhere a token could start, a byte order mark is a blank.
            _ if rest.starts_with('\u{feff}') => Self::new(TokenKind::Whitespace, 3),
            byte if is_name_part(byte) => Self::new(TokenKind::Word, run(bytes, 1, is_name_part)),
            byte => operator(rest, byte),
        })
    }
}

/// Returns whether the tokenizer passes over the byte.
const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0c)
}

/// Returns whether the byte can be in a name: a letter, a digit, `_`, `$` or
/// a part of a character outside ASCII.
const fn is_name_part(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || !byte.is_ascii()
}

/// Returns where the bytes that `belong` end, looking from `start` on.
fn run(bytes: &[u8], start: usize, belong: impl Fn(u8) -> bool) -> usize {
    let start = start.min(bytes.len());
    let count = bytes[start..]
        .iter()
        .take_while(|byte| belong(**byte))
        .count();
    start + count
}

/// Returns where `mark` stands, looking from `start` on, or the end.
fn until(bytes: &[u8], start: usize, mark: u8) -> usize {
    run(bytes, start, |byte| byte != mark)
}

/// Returns the comment that `rest` starts with. To SQLite the end of the text
/// ends it too; in a migration that means statements that never run.
fn block_comment(rest: &str) -> Lexeme {
    let end = rest[2..].find("*/").map(|end| 2 + end + 2);
    Lexeme {
        kind: TokenKind::Comment,
        length: end.unwrap_or(rest.len()),
        unterminated: end.is_none().then_some("block comment"),
    }
}

/// Returns the lexeme up to the quote that it starts with, where two of them
/// stand for one.
fn quoted(bytes: &[u8], kind: TokenKind, what: &'static str) -> Lexeme {
    let quote = bytes[0];
    let mut end = 1;
    loop {
        end = until(bytes, end, quote);
        match bytes.get(end + 1) {
            Some(next) if *next == quote => end += 2,
            _ => break,
        }
    }
    closed(kind, bytes, end, what)
}

/// Returns the name in brackets that the bytes start with.
fn bracketed(bytes: &[u8]) -> Lexeme {
    let end = until(bytes, 1, b']');
    closed(TokenKind::QuotedIdentifier, bytes, end, "quoted identifier")
}

/// Returns the blob literal that the bytes start with. One with a digit that
/// is none is left for SQLite to refuse, which also reads up to the quote.
fn blob(bytes: &[u8]) -> Lexeme {
    let end = until(bytes, 2, b'\'');
    closed(TokenKind::String, bytes, end, "blob literal")
}

/// Returns the lexeme whose closing mark is at `end`, or nowhere if that is
/// the end of the text.
fn closed(kind: TokenKind, bytes: &[u8], end: usize, what: &'static str) -> Lexeme {
    let unterminated = (end >= bytes.len()).then_some(what);
    Lexeme {
        kind,
        length: bytes.len().min(end + 1),
        unterminated,
    }
}

/// Returns the length of the number that the bytes start with, with what is
/// written on to it without a blank: SQLite refuses that as one token.
fn number_length(bytes: &[u8]) -> usize {
    let hexadecimal = bytes[0] == b'0' && matches!(bytes.get(1), Some(b'x' | b'X'));
    if hexadecimal {
        return run(bytes, 2, is_name_part);
    }
    let is_digit = |byte: u8| byte.is_ascii_digit() || byte == b'_';
    let mut end = run(bytes, 0, is_digit);
    if bytes.get(end) == Some(&b'.') {
        end = run(bytes, end + 1, is_digit);
    }
    end = exponent_end(bytes, end);
    run(bytes, end, is_name_part)
}

/// Returns where the exponent at `start` ends; `start` where there is none.
fn exponent_end(bytes: &[u8], start: usize) -> usize {
    if !matches!(bytes.get(start), Some(b'e' | b'E')) {
        return start;
    }
    let sign = matches!(bytes.get(start + 1), Some(b'+' | b'-'));
    let digits = start + 1 + usize::from(sign);
    match bytes.get(digits) {
        Some(digit) if digit.is_ascii_digit() => run(bytes, digits, |byte| byte.is_ascii_digit()),
        _ => start,
    }
}

/// Returns the named parameter that the bytes start with: `:a`, `@a`, `$a`,
/// and Tcl's `$a::b(c)`.
fn parameter(bytes: &[u8]) -> Lexeme {
    let mut end = run(bytes, 1, is_name_part);
    while bytes[end..].starts_with(b"::") {
        end = run(bytes, end + 2, is_name_part);
    }
    if end == 1 {
        return Lexeme::new(TokenKind::Unknown, 1);
    }
    if bytes.get(end) == Some(&b'(') {
        let close = run(bytes, end + 1, |byte| byte != b')' && !is_space(byte));
        if bytes.get(close) == Some(&b')') {
            end = close + 1;
        }
    }
    Lexeme::new(TokenKind::Parameter, end)
}

/// Returns the operator that `rest` starts with, or one unknown character.
fn operator(rest: &str, first: u8) -> Lexeme {
    if let Some(long) = LONG_OPERATORS.iter().find(|long| rest.starts_with(**long)) {
        return Lexeme::new(TokenKind::Operator, long.len());
    }
    let kind = match first {
        b'-' | b'+' | b'*' | b'/' | b'%' | b'=' | b'<' | b'>' | b'|' | b'&' | b'~' => {
            TokenKind::Operator
        }
        _ => TokenKind::Unknown,
    };
    Lexeme::new(kind, 1)
}
