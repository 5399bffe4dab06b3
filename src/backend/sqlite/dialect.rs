//! How SQLite's SQL is divided into statements.
//!
//! Knows where a statement ends and which one controls the transaction. Must
//! not know the grammar beyond that: SQLite itself says whether a statement
//! is right. Pure.

mod builtins;
mod keywords;
mod lexer;
#[cfg(test)]
mod tests;

use self::lexer::Lexer;
use crate::sql::{Dialect, Phrase, StatementKind, Token, TokenKind};

/// SQLite's dialect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sqlite;

/// [`Sqlite`], for where a `&'static dyn Dialect` is wanted.
pub const SQLITE: &dyn Dialect = &Sqlite;

impl Dialect for Sqlite {
    fn lex(&self, text: &str) -> Vec<Token> {
        Lexer::new(text).collect()
    }

    /// Keywords, and the names of types and functions, which everyone takes
    /// for keywords, are folded. All other names are not: SQLite keeps their
    /// case in its schema, where a change of it can be seen.
    fn folds_case(&self, word: &str) -> bool {
        keywords::is_keyword(word) || builtins::is_builtin(word)
    }

    /// Quotes do not keep the case (<https://www.sqlite.org/lang_keywords.html> for their kinds).
    fn identifier(&self, written: &str) -> String {
        let mut characters = written.chars();
        let (first, last) = (characters.next(), characters.next_back());
        let within = characters.as_str();
        let name = match (first, last) {
            (Some(quote @ ('"' | '`' | '\'')), Some(end)) if quote == end => {
                let twice = String::from_iter([quote, quote]);
                within.replace(&twice, &quote.to_string())
            }
            (Some('['), Some(']')) => within.to_owned(),
            _ => written.to_owned(),
        };
        name.to_ascii_lowercase()
    }

    /// "If a keyword in single quotes is used in a context where an identifier is allowed but where a
    /// string literal is not allowed, then the token is understood to be an identifier" holds for
    /// every text in such quotes (<https://www.sqlite.org/lang_keywords.html>); a blob has a letter
    /// before them.
    fn is_name(&self, kind: TokenKind, written: &str) -> bool {
        match kind {
            TokenKind::Word | TokenKind::QuotedIdentifier => true,
            TokenKind::String => written.starts_with('\''),
            _ => false,
        }
    }

    /// A `;` ends the statement, and a trigger ends with `; END ;`, the rule
    /// of <https://www.sqlite.org/c3ref/complete.html>: the `END` of a `CASE`
    /// never follows a `;`.
    fn statement_length(&self, rest: Phrase<'_>) -> usize {
        let trigger = makes_trigger(rest);
        let ends = |index: &usize| {
            let index = *index;
            rest.is_mark(index, ";")
                && (!trigger
                    || index >= 2 && rest.is_word(index - 1, "END") && rest.is_mark(index - 2, ";"))
        };
        let count = rest.tokens().len();
        (0..count).find(ends).map_or(count, |index| index + 1)
    }

    fn statement_kind(&self, statement: Phrase<'_>) -> StatementKind {
        let noise = usize::from(statement.is_word(1, "TRANSACTION"));
        let back_to_savepoint =
            statement.is_word(0, "ROLLBACK") && statement.is_word(1 + noise, "TO");
        let controls = statement.is_any_word(0, &["BEGIN", "COMMIT", "END", "ROLLBACK"]);
        if controls && !back_to_savepoint {
            StatementKind::TransactionControl
        } else {
            StatementKind::Ordinary
        }
    }

    /// <https://www.sqlite.org/pragma.html#pragma_foreign_keys>; the name and the word may be in
    /// quotes.
    fn switches_foreign_keys_off(&self, statement: Phrase<'_>) -> bool {
        sets_foreign_keys(statement, &["OFF", "NO", "FALSE", "0"])
    }

    fn switches_foreign_keys_on(&self, statement: Phrase<'_>) -> bool {
        sets_foreign_keys(statement, &["ON", "YES", "TRUE", "1"])
    }
}

/// Returns whether the statement gives `PRAGMA foreign_keys` one of these values.
fn sets_foreign_keys(statement: Phrase<'_>, values: &[&str]) -> bool {
    let schema = if statement.is_mark(2, ".") { 2 } else { 0 };
    let name = 1 + schema;
    let assigned = statement.text_at(name + 1) == "=" || statement.is_mark(name + 1, "(");
    let said = |index| Sqlite.identifier(statement.text_at(index));
    let value = said(name + 2);
    statement.is_word(0, "PRAGMA")
        && said(name).eq_ignore_ascii_case("foreign_keys")
        && assigned
        && values.iter().any(|it| value.eq_ignore_ascii_case(it))
}

/// Returns whether the statement creates a trigger, or explains how it would.
fn makes_trigger(statement: Phrase<'_>) -> bool {
    let mut index = 0;
    if statement.is_word(0, "EXPLAIN") {
        let plan = statement.is_word(1, "QUERY") && statement.is_word(2, "PLAN");
        index = if plan { 3 } else { 1 };
    }
    if !statement.is_word(index, "CREATE") {
        return false;
    }
    let temporary = statement.is_any_word(index + 1, &["TEMP", "TEMPORARY"]);
    statement.is_word(index + 1 + usize::from(temporary), "TRIGGER")
}
