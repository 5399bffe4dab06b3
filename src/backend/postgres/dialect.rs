//! How PostgreSQL's SQL is divided into statements.
//!
//! Knows where a statement ends, which one controls the transaction and which
//! one wants data from the client. Must not know the grammar beyond that: see
//! `syntax` for whether a statement is right. Pure.

mod lexer;
#[cfg(test)]
mod tests;

use self::lexer::Lexer;
use crate::sql::{ClientData, Dialect, Phrase, StatementKind, Token, TokenKind};

/// PostgreSQL's dialect, with `standard_conforming_strings` on, as it is by
/// default since PostgreSQL 9.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Postgres;

/// [`Postgres`], for where a `&'static dyn Dialect` is wanted.
pub const POSTGRES: &dyn Dialect = &Postgres;

const PG_ADVISORY_UNLOCK_ALL: &str = "pg_advisory_unlock_all";

/// The statements that name a function without calling it.
const NAME_FUNCTIONS: [&str; 6] = ["ALTER", "COMMENT", "CREATE", "DROP", "GRANT", "REVOKE"];

fn contains_unlock_all(text: &str) -> bool {
    let is_it = |window: &[u8]| window.eq_ignore_ascii_case(PG_ADVISORY_UNLOCK_ALL.as_bytes());
    text.as_bytes()
        .windows(PG_ADVISORY_UNLOCK_ALL.len())
        .any(is_it)
}

impl Dialect for Postgres {
    fn lex(&self, text: &str) -> Vec<Token> {
        Lexer::new(text).collect()
    }

    /// Every unquoted word is folded, as the server does it
    /// (<https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS>).
    fn folds_case(&self, _word: &str) -> bool {
        true
    }

    /// <https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS>
    fn identifier(&self, written: &str) -> String {
        match written
            .strip_prefix('"')
            .and_then(|it| it.strip_suffix('"'))
        {
            Some(quoted) => quoted.replace("\"\"", "\""),
            None => written.to_ascii_lowercase(),
        }
    }

    /// A backslash means itself in `'…'` or escapes, by `standard_conforming_strings`; in `E'…'` it
    /// escapes whatever that says.
    fn text_literal(&self, text: &str) -> String {
        let quoted = text.replace('\'', "''");
        if quoted.contains('\\') {
            format!("E'{}'", quoted.replace('\\', "\\\\"))
        } else {
            format!("'{quoted}'")
        }
    }

    /// A `;` ends the statement outside parentheses (rules hold several
    /// statements in them) and outside a `BEGIN ATOMIC … END` body, as psql
    /// sees it.
    fn statement_length(&self, rest: Phrase<'_>) -> usize {
        let makes_routine = makes_routine(rest);
        let mut parentheses = 0_usize;
        let mut blocks = 0_usize;
        for (index, token) in rest.tokens().iter().enumerate() {
            match (token.kind, rest.text_at(index)) {
                (TokenKind::Punctuation, "(") => parentheses += 1,
                (TokenKind::Punctuation, ")") => parentheses = parentheses.saturating_sub(1),
                (TokenKind::Punctuation, ";") if parentheses == 0 && blocks == 0 => {
                    return index + 1;
                }
                (TokenKind::Word, _) if makes_routine => blocks = blocks_after(rest, index, blocks),
                _ => {}
            }
        }
        rest.tokens().len()
    }

    /// `DISCARD ALL`, and a call that gives up all locks: whatever stands in a `DO` is run, but what
    /// is created is run later, if ever.
    fn gives_up_session(&self, statement: Phrase<'_>) -> bool {
        if statement.is_word(0, "DO") {
            return (1..statement.tokens().len())
                .any(|index| contains_unlock_all(statement.text_at(index)));
        }
        let discards = statement.is_word(0, "DISCARD") && statement.is_word(1, "ALL");
        let names = (1..statement.tokens().len())
            .any(|index| statement.is_word(index, PG_ADVISORY_UNLOCK_ALL));
        discards || names && !statement.is_any_word(0, &NAME_FUNCTIONS)
    }

    fn may_give_up_session(&self, statement: &str) -> bool {
        statement.starts_with(['D', 'd']) || contains_unlock_all(statement)
    }

    fn statement_kind(&self, statement: Phrase<'_>) -> StatementKind {
        let controls = match statement.text_at(0).to_ascii_uppercase().as_str() {
            "BEGIN" | "COMMIT" | "END" | "ABORT" => true,
            "START" => statement.is_word(1, "TRANSACTION"),
            "ROLLBACK" => !is_rollback_to(statement),
            // Anything else after PREPARE is the name of a prepared statement,
            // and even `transaction` may be one.
            "PREPARE" => {
                statement.is_word(1, "TRANSACTION")
                    && statement.kind_at(2) == Some(TokenKind::String)
            }
            _ => false,
        };
        if controls && statement.kind_at(0) == Some(TokenKind::Word) {
            StatementKind::TransactionControl
        } else {
            StatementKind::Ordinary
        }
    }

    /// `COPY … FROM stdin` and `COPY … TO stdout`: the words stand outside parentheses, which keeps
    /// a query's own FROM and a column called `stdin` out. The server takes either stream's name for
    /// either direction.
    fn client_data(&self, statement: Phrase<'_>) -> Option<ClientData> {
        const STREAMS: [&str; 2] = ["STDIN", "STDOUT"];
        if !statement.is_word(0, "COPY") {
            return None;
        }
        let mut parentheses = 0_usize;
        for index in 1..statement.tokens().len() {
            if statement.is_mark(index, "(") {
                parentheses += 1;
            } else if statement.is_mark(index, ")") {
                parentheses = parentheses.saturating_sub(1);
            } else if parentheses == 0 && statement.is_any_word(index, &["FROM", "TO"]) {
                let data = if statement.is_word(index, "FROM") {
                    ClientData::Read
                } else {
                    ClientData::Written
                };
                return statement.is_any_word(index + 1, &STREAMS).then_some(data);
            }
        }
        None
    }
}

/// Returns whether the statement is a `CREATE [OR REPLACE] FUNCTION` or
/// `PROCEDURE`, the only ones that may have a body in `BEGIN ATOMIC`.
fn makes_routine(statement: Phrase<'_>) -> bool {
    let kind = if statement.is_word(1, "OR") { 3 } else { 1 };
    statement.is_word(0, "CREATE") && statement.is_any_word(kind, &["FUNCTION", "PROCEDURE"])
}

/// Returns how many blocks are open after the word at `index`, where `blocks`
/// were open before it. Inside a body each `CASE` opens one too, since it has
/// an `END` of its own.
fn blocks_after(statement: Phrase<'_>, index: usize, blocks: usize) -> usize {
    if blocks == 0 {
        let opens = statement.is_word(index, "BEGIN") && statement.is_word(index + 1, "ATOMIC");
        return usize::from(opens);
    }
    if is_label(statement, index) {
        return blocks;
    }
    match statement.text_at(index).to_ascii_uppercase().as_str() {
        "CASE" => blocks + 1,
        "END" => blocks - 1,
        _ => blocks,
    }
}

/// Returns whether the word at `index` can only be a name: the grammar lets
/// reserved words be names after `.` and `AS`.
fn is_label(statement: Phrase<'_>, index: usize) -> bool {
    index > 0 && (statement.is_mark(index - 1, ".") || statement.is_word(index - 1, "AS"))
}

/// Returns whether a `ROLLBACK` goes back to a savepoint only.
fn is_rollback_to(statement: Phrase<'_>) -> bool {
    let noise = statement.is_any_word(1, &["WORK", "TRANSACTION"]);
    statement.is_word(1 + usize::from(noise), "TO")
}
