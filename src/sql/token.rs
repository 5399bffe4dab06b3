//! Tokens, and what one SQL dialect must say of itself so that texts in it
//! can be split and hashed.
//!
//! Knows the kinds of tokens that all dialects share. Must not know any
//! dialect: those live with their backends and come in as a [`Dialect`].

use std::fmt;

use super::position::Span;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TokenKind {
    /// Blanks and line ends, and a BOM at the start of the text.
    Whitespace,
    /// A comment of either form, its closing mark included.
    Comment,
    /// An unquoted name or a keyword.
    Word,
    /// A name in quotes of any kind.
    QuotedIdentifier,
    /// A literal in quotes of any kind, its prefix included.
    String,
    /// A numeric literal.
    Number,
    /// A placeholder such as `$1` or `:name`.
    Parameter,
    /// An operator, whole: `<=` is one token and `< =` two.
    Operator,
    /// One of `( ) , ; [ ] .`.
    Punctuation,
    /// A line that speaks to a client program rather than to the server.
    LineDirective,
    /// A character that has no meaning in the dialect.
    Unknown,
}

impl TokenKind {
    /// Returns the kind's tag in a checksum. Tags are stored in databases by
    /// way of the checksums: a new kind takes a new one, and none ever moves.
    pub(crate) const fn tag(self) -> u8 {
        match self {
            Self::Whitespace => 0,
            Self::Comment => 1,
            Self::Word => 2,
            Self::QuotedIdentifier => 3,
            Self::String => 4,
            Self::Number => 5,
            Self::Parameter => 6,
            Self::Operator => 7,
            Self::Punctuation => 8,
            Self::LineDirective => 9,
            Self::Unknown => 10,
        }
    }
}

/// What is wrong with a token in itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Defect {
    /// The text ends before the token does; holds what it would have been.
    Unterminated(&'static str),
    /// A command of `psql`, which no server understands.
    PsqlCommand,
}

/// The smallest part of a text that has a meaning of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Token {
    /// What the token is.
    pub kind: TokenKind,
    /// Where it stands.
    pub span: Span,
    /// What is wrong with it, if anything is.
    pub defect: Option<Defect>,
}

impl Token {
    /// Makes a token without a defect.
    pub(crate) const fn new(kind: TokenKind, start: usize, end: usize) -> Self {
        Self {
            kind,
            span: Span { start, end },
            defect: None,
        }
    }

    /// Returns the token with `defect` noted.
    pub(crate) const fn with_defect(mut self, defect: Option<Defect>) -> Self {
        self.defect = defect;
        self
    }

    /// Returns whether the token takes part in what the text does: blanks,
    /// comments and directives that are passed over do not.
    pub const fn is_significant(&self) -> bool {
        match self.kind {
            TokenKind::Whitespace | TokenKind::Comment => false,
            TokenKind::LineDirective => self.defect.is_some(),
            _ => true,
        }
    }
}

/// What a statement does to the transaction that it runs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StatementKind {
    /// It leaves the transaction's borders alone. Savepoints count here.
    Ordinary,
    /// It begins, commits or rolls back a transaction.
    TransactionControl,
}

/// Data that a statement passes between the server and the client program beside its result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ClientData {
    /// It reads them, as `COPY … FROM stdin` does.
    Read,
    /// It writes them, as `COPY … TO stdout` does.
    Written,
}

/// A dialect of SQL, as far as splitting and hashing need to know it.
///
/// Every method is total: a text that no server would take still has tokens
/// and statements.
pub trait Dialect: fmt::Debug + Send + Sync {
    /// Splits `text` into tokens that cover it entirely and in order.
    fn lex(&self, text: &str) -> Vec<Token>;

    /// Returns whether the case of an unquoted `word` has no meaning, and so
    /// no part in a checksum.
    fn folds_case(&self, word: &str) -> bool;

    /// Returns the name that an identifier means, as it is written, quotes included: without them,
    /// and folded where its case has no meaning.
    fn identifier(&self, written: &str) -> String;

    /// Returns whether a token is a name where the grammar wants one and nothing else.
    fn is_name(&self, kind: TokenKind, _written: &str) -> bool {
        matches!(kind, TokenKind::Word | TokenKind::QuotedIdentifier)
    }

    /// Returns how many tokens of `rest` make up its first statement, the
    /// `;` that ends it included; at least 1 unless `rest` is empty.
    fn statement_length(&self, rest: Phrase<'_>) -> usize;

    /// Returns `text` as a literal, in quotes.
    fn text_literal(&self, text: &str) -> String {
        format!("'{}'", text.replace('\'', "''"))
    }

    /// Returns what `statement` does to its transaction.
    fn statement_kind(&self, statement: Phrase<'_>) -> StatementKind;

    /// Returns which data `statement` passes to or from the client program
    /// beside its result, as `COPY` does, where it does so.
    fn client_data(&self, _statement: Phrase<'_>) -> Option<ClientData> {
        None
    }

    /// Returns whether `statement` gives up what the session holds, the lock
    /// of the run included.
    fn gives_up_session(&self, _statement: Phrase<'_>) -> bool {
        false
    }

    /// Returns whether a statement of this text is worth that question, which
    /// takes its tokens.
    fn may_give_up_session(&self, _statement: &str) -> bool {
        false
    }

    /// Returns whether `statement` would switch the checking of foreign keys
    /// off outside of a transaction, and silently does nothing inside one.
    fn switches_foreign_keys_off(&self, _statement: Phrase<'_>) -> bool {
        false
    }

    /// Returns whether `statement` would switch it on again, with the same limit.
    fn switches_foreign_keys_on(&self, _statement: Phrase<'_>) -> bool {
        false
    }
}

/// A run of significant tokens, together with the text that they stand in.
#[derive(Debug, Clone, Copy)]
pub struct Phrase<'a> {
    text: &'a str,
    tokens: &'a [Token],
}

impl<'a> Phrase<'a> {
    /// Makes a phrase of significant tokens of `text`.
    pub(crate) const fn new(text: &'a str, tokens: &'a [Token]) -> Self {
        Self { text, tokens }
    }

    /// Returns the phrase's tokens.
    pub const fn tokens(&self) -> &'a [Token] {
        self.tokens
    }

    /// Returns the text at a place that tokens of it tell.
    pub(crate) fn text_of(&self, span: Span) -> &'a str {
        &self.text[span.range()]
    }

    /// Returns the text of the token at `index`, or "" past the end.
    pub fn text_at(&self, index: usize) -> &'a str {
        let span = self.tokens.get(index).map(|token| token.span);
        span.map_or("", |span| &self.text[span.range()])
    }

    /// Returns the kind of the token at `index`.
    pub fn kind_at(&self, index: usize) -> Option<TokenKind> {
        self.tokens.get(index).map(|token| token.kind)
    }

    /// Returns whether the token at `index` is this unquoted word, in any
    /// case.
    pub fn is_word(&self, index: usize, word: &str) -> bool {
        self.kind_at(index) == Some(TokenKind::Word)
            && self.text_at(index).eq_ignore_ascii_case(word)
    }

    /// Returns whether the token at `index` is one of these unquoted words,
    /// in any case.
    pub fn is_any_word(&self, index: usize, words: &[&str]) -> bool {
        words.iter().any(|word| self.is_word(index, word))
    }

    /// Returns whether the token at `index` is this punctuation mark.
    pub fn is_mark(&self, index: usize, mark: &str) -> bool {
        self.kind_at(index) == Some(TokenKind::Punctuation) && self.text_at(index) == mark
    }
}
