//! A text of SQL with its statements: what a migration's file is to those who
//! run it.
//!
//! Knows where each statement stands and what would keep a server from
//! running the text. Must not know files, databases or a dialect's rules.

mod transaction;

use std::borrow::Cow;

use super::checksum::checksum;
use super::error::SqlError;
use super::fault::{directives, first_fault};
use super::position::{BOM, Lines, Position, Span};
use super::split::{Statement, split};
use super::summary::summary;
use super::token::{Dialect, Phrase, Token, TokenKind};
use crate::checksum::Checksum;

/// A text that was split into statements and holds nothing that no server
/// can run.
///
/// Offsets are in bytes of [`text`](Self::text). Indices of statements are
/// 0-based.
#[derive(Debug, Clone)]
pub struct Script {
    text: String,
    dialect: &'static dyn Dialect,
    lines: Lines,
    statements: Vec<Statement>,
    /// The directives that are passed over, in order.
    directives: Vec<Span>,
}

impl Script {
    /// Splits `text`, whose first line is line `first_line` (1-based) of its
    /// file.
    ///
    /// # Errors
    ///
    /// The first in the text of: [`SqlError::Unterminated`],
    /// [`SqlError::NulByte`], [`SqlError::PsqlCommand`] (a directive that is
    /// passed over between statements is refused inside one), and
    /// [`SqlError::CopyFromStdin`].
    pub fn parse(
        text: impl Into<String>,
        first_line: usize,
        dialect: &'static dyn Dialect,
    ) -> Result<Self, SqlError> {
        let text = text.into();
        let tokens = dialect.lex(&text);
        let significant: Vec<_> = tokens
            .iter()
            .filter(|token| token.is_significant())
            .copied()
            .collect();
        let statements = split(&text, &significant, dialect);
        let lines = Lines::new(&text, first_line);
        if let Some((offset, fault)) = first_fault(&text, &tokens, &statements, dialect) {
            return Err(fault.at(lines.position(&text, offset)));
        }
        Ok(Self {
            statements: statements
                .into_iter()
                .map(|(statement, _)| statement)
                .collect(),
            directives: directives(&tokens).map(|token| token.span).collect(),
            text,
            dialect,
            lines,
        })
    }

    /// Returns the text as it was given.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the dialect that the text was split by.
    pub fn dialect(&self) -> &'static dyn Dialect {
        self.dialect
    }

    /// Returns the statements in order; their spans and the gaps between them
    /// make up the text.
    pub fn statements(&self) -> &[Statement] {
        &self.statements
    }

    /// Returns whether there is no statement: nothing, or comments alone.
    pub fn is_empty(&self) -> bool {
        self.statements.is_empty()
    }

    /// Returns the index of the first statement that means to switch the
    /// checking of foreign keys off, which it cannot inside a transaction.
    pub(crate) fn foreign_keys_off(&self) -> Option<usize> {
        // Most statements need no second look for that.
        let may = |index: &usize| self.statement_text(*index).starts_with(['P', 'p']);
        let switches = |phrase: Phrase<'_>| self.dialect.switches_foreign_keys_off(phrase);
        (0..self.statements.len())
            .filter(may)
            .find(|index| self.with_phrase(*index, switches))
    }

    /// Returns whether the checking of foreign keys is switched off by what stands before the statement
    /// at `index`, outside of the transactions that the script itself begins: inside of one a switch does
    /// nothing.
    pub(crate) fn has_foreign_keys_off(&self, index: usize) -> bool {
        let may = |index: &usize| self.statement_text(*index).starts_with(['P', 'p']);
        let said = |index: usize| {
            self.with_phrase(index, |phrase| {
                let off = self.dialect.switches_foreign_keys_off(phrase);
                (off || self.dialect.switches_foreign_keys_on(phrase)).then_some(off)
            })
        };
        let switches = (0..index)
            .rev()
            .filter(may)
            .filter(|it| said(*it).is_some());
        let mut counting = switches.filter(|it| self.open_transaction(*it).is_none());
        counting.next().and_then(said).unwrap_or_default()
    }

    /// Returns the index of the first statement that gives up what the session
    /// holds.
    pub(crate) fn gives_up_session(&self) -> Option<usize> {
        let may = |index: &usize| {
            self.dialect
                .may_give_up_session(self.statement_text(*index))
        };
        let gives_up = |phrase: Phrase<'_>| self.dialect.gives_up_session(phrase);
        (0..self.statements.len())
            .filter(may)
            .find(|index| self.with_phrase(*index, gives_up))
    }

    /// Returns the text of the statement at `index`, the `;` that ends it
    /// included.
    ///
    /// # Panics
    ///
    /// Panics if there is no statement at `index`.
    pub fn statement_text(&self, index: usize) -> &str {
        &self.text[self.statements[index].span.range()]
    }

    /// Returns the leading keywords of the statement at `index` in upper case
    /// and the name that follows them where one does, never a literal:
    /// `CREATE INDEX users_email`.
    ///
    /// # Panics
    ///
    /// Panics if there is no statement at `index`.
    pub fn summary(&self, index: usize) -> String {
        self.with_phrase(index, |phrase| summary(phrase, self.dialect))
    }

    /// Returns whether the statement at `index` changes rows by its words, so that the engine says how
    /// many they were.
    ///
    /// # Panics
    ///
    /// Panics if there is no statement at `index`.
    pub(crate) fn touches_rows(&self, index: usize) -> bool {
        const WORDS: [&str; 5] = ["INSERT", "UPDATE", "DELETE", "MERGE", "REPLACE"];
        self.with_phrase(index, |phrase| {
            let mut places = 0..phrase.tokens().len();
            phrase.is_any_word(0, &WORDS)
                || phrase.is_word(0, "COPY")
                || phrase.is_word(0, "WITH")
                    && places.any(|place| phrase.is_any_word(place, &WORDS))
        })
    }

    /// Returns the names and literals of the statement at `index`, keywords among them, in lower case and
    /// without quotes.
    ///
    /// # Panics
    ///
    /// Panics if there is no statement at `index`.
    pub(crate) fn names(&self, index: usize) -> Vec<String> {
        self.with_phrase(index, |phrase| {
            let tokens = phrase.tokens().iter().enumerate();
            let names = tokens.filter_map(|(place, token)| {
                let text = phrase.text_at(place);
                match token.kind {
                    TokenKind::Word | TokenKind::QuotedIdentifier => {
                        Some(self.dialect.identifier(text).to_ascii_lowercase())
                    }
                    TokenKind::String => Some(text.trim_matches('\'').to_ascii_lowercase()),
                    _ => None,
                }
            });
            names.collect()
        })
    }

    /// Returns what `read` makes of the significant tokens of the statement
    /// at `index`, whose spans count from the statement's start.
    ///
    /// # Panics
    ///
    /// Panics if there is no statement at `index`.
    pub(crate) fn with_phrase<T>(&self, index: usize, read: impl FnOnce(Phrase<'_>) -> T) -> T {
        let text = self.statement_text(index);
        let mut tokens = self.dialect.lex(text);
        tokens.retain(Token::is_significant);
        read(Phrase::new(text, &tokens))
    }

    /// Returns the line and column in the file of the byte at `offset`.
    pub fn position(&self, offset: usize) -> Position {
        self.lines.position(&self.text, offset)
    }

    /// Returns where in the file the statement at `index` starts.
    ///
    /// # Panics
    ///
    /// Panics if there is no statement at `index`.
    pub fn statement_position(&self, index: usize) -> Position {
        self.position(self.statements[index].span.start)
    }

    /// Returns the offset of the character at `index` (0-based) of the text,
    /// or of the [executable text](Self::executable_text), which has as many;
    /// the text's end past the last one. PostgreSQL's error positions are
    /// such an index plus one.
    pub fn offset_of_char(&self, index: usize) -> usize {
        offset_of_char(&self.text, index)
    }

    /// Returns the offset in the whole text of the character at `char_index`
    /// (0-based) of the statement at `index`; the statement's end past its
    /// last one.
    ///
    /// # Panics
    ///
    /// Panics if there is no statement at `index`.
    pub fn offset_in_statement(&self, index: usize, char_index: usize) -> usize {
        self.statements[index].span.start + offset_of_char(self.statement_text(index), char_index)
    }

    /// Returns the index of the statement that the byte at `offset` belongs
    /// to; in a gap, none.
    pub fn statement_at(&self, offset: usize) -> Option<usize> {
        let next = self
            .statements
            .partition_point(|statement| statement.span.end <= offset);
        let statement = self.statements.get(next)?;
        statement.span.contains(offset).then_some(next)
    }

    /// Returns the text that a server can run: a BOM and the directives that
    /// are passed over are blanks, one for each character, so that character
    /// positions (not byte offsets) stay as they are.
    pub fn executable_text(&self) -> Cow<'_, str> {
        if self.directives.is_empty() && !self.text.starts_with(BOM) {
            return Cow::Borrowed(&self.text);
        }
        let mut executable = String::with_capacity(self.text.len());
        let mut done = 0;
        if self.text.starts_with(BOM) {
            executable.push(' ');
            done = BOM.len_utf8();
        }
        for directive in &self.directives {
            executable.push_str(&self.text[done..directive.start]);
            let blanks = self.text[directive.range()].chars().map(|_| ' ');
            executable.extend(blanks);
            done = directive.end;
        }
        executable.push_str(&self.text[done..]);
        Cow::Owned(executable)
    }

    /// Returns the checksum of all statements: that of the text's tokens.
    pub fn checksum(&self) -> Checksum {
        checksum(&self.text, self.dialect)
    }

    /// Returns the checksum of the first `count` statements (all of them, if
    /// there are fewer): that of a file which ends after them.
    pub fn prefix_checksum(&self, count: usize) -> Checksum {
        let count = count.min(self.statements.len());
        let end = self.statements[..count]
            .last()
            .map_or(0, |last| last.span.end);
        checksum(&self.text[..end], self.dialect)
    }
}

/// Returns the byte offset of the character at `index`, or the text's end.
fn offset_of_char(text: &str, index: usize) -> usize {
    text.char_indices()
        .nth(index)
        .map_or(text.len(), |(offset, _)| offset)
}
