//! Whether PostgreSQL would take a statement, without running it.
//!
//! Knows squawk's parser, which is at hand but may be older than the server,
//! and how to ask the server's own. Must not know a connection: the caller
//! sends the probes. Pure.
//!
//! squawk's parser accusing a statement proves nothing, since the server may
//! know a construct that it does not. So a [`Suspect`] is put to the server,
//! as a [`Probe`]:
//!
//! ```sql
//! DO $probe$BEGIN RETURN;
//! CREATE TABLE …;
//! END$probe$
//! ```
//!
//! PL/pgSQL hands every SQL statement of a block to the server's raw parser
//! when it compiles the block; the block then returns before any of them
//! runs. Names are not looked up, so a table that does not exist yet is no
//! error. Tried on PostgreSQL 10.23, 15.8, 15.18 and 18.4:
//!
//! - The error is the parser's own (SQLSTATE 42601), and its position counts
//!   from the start of the `DO` command: [`Probe::offset`] maps it back.
//! - `CREATE TABLE`, `CREATE INDEX CONCURRENTLY`, `VACUUM`, `CREATE DATABASE`,
//!   `ALTER SYSTEM`, `REINDEX … CONCURRENTLY`, `INSERT`, `UPDATE` and `DELETE`
//!   with `RETURNING` but no `INTO`, `WITH`, `VALUES`, `MERGE`, `COPY`, `DO`,
//!   `SET`, `EXPLAIN`, `SAVEPOINT` and a bare `SELECT` are all judged rightly,
//!   inside a transaction and outside. `CALL` too, which PostgreSQL 10 lacks
//!   and rightly refuses.
//! - It needs `check_function_bodies = on`. That is the default, but a
//!   `pg_dump` file turns it off for the session, and then every probe passes.
//!   Send `SET check_function_bodies = on` (or `SET LOCAL` in a transaction)
//!   first, and put the old value back.
//! - A statement that ends too early is answered with "unexpected end of
//!   function definition" or "mismatched parentheses": right, but in words
//!   that mean little to who never wrote a function. Show the suspect's own
//!   message for these.
//!
//! PL/pgSQL reads some statements as its own, and cannot judge them. They have
//! no probe:
//!
//! - those that start with a word of PL/pgSQL, among them `BEGIN`, `COMMIT`,
//!   `END`, `ROLLBACK`, `DECLARE`, `FETCH`, `MOVE`, `CLOSE`, `EXECUTE`;
//! - those that start with a parenthesis, and `TABLE name`;
//! - `SELECT … INTO name`, and any other `INTO` that does not follow `INSERT`
//!   or `MERGE`: PL/pgSQL takes what follows for a variable. Only `IMPORT
//!   FOREIGN SCHEMA … INTO` is known to it;
//! - those with a `;` inside, as in a rule or a `BEGIN ATOMIC` body: 15.18
//!   judges them rightly, but PostgreSQL 10 takes the `;` of a rule for the
//!   end of the statement.

#[cfg(test)]
mod tests;
mod words;

use squawk_syntax::SourceFile;

use crate::sql::{Phrase, Position, Script, TokenKind};

/// Words that start a statement of PL/pgSQL, or another thing than SQL does
/// (<https://www.postgresql.org/docs/current/plpgsql.html>).
const PLPGSQL_WORDS: &[&str] = &[
    "ASSERT",
    "BEGIN",
    "CASE",
    "CLOSE",
    "COMMIT",
    "CONTINUE",
    "DECLARE",
    "ELSE",
    "ELSEIF",
    "ELSIF",
    "END",
    "EXCEPTION",
    "EXECUTE",
    "EXIT",
    "FETCH",
    "FOR",
    "FOREACH",
    "GET",
    "IF",
    "LOOP",
    "MOVE",
    "NULL",
    "OPEN",
    "PERFORM",
    "RAISE",
    "RETURN",
    "ROLLBACK",
    "TABLE",
    "WHEN",
    "WHILE",
];

/// A statement that squawk's parser does not accept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suspect {
    /// The statement's index in its script, 0-based.
    pub statement: usize,
    /// Where in the file the parser gave up.
    pub position: Position,
    /// What the parser says, as a lowercase fragment in a user's words.
    pub message: String,
}

/// Returns the statements of `script` that squawk's parser does not accept,
/// each with its first error. Each statement is parsed on its own, so that an
/// error never spreads to the next one.
///
/// This costs some 0.2 ms for each KiB of SQL, ten times what splitting does: parse what is about to run, not
/// what ran long ago.
pub fn suspects(script: &Script) -> Vec<Suspect> {
    let indices = 0..script.statements().len();
    indices.filter_map(|index| suspect(script, index)).collect()
}

/// Returns the statement at `index` as a suspect, if it is one.
fn suspect(script: &Script, index: usize) -> Option<Suspect> {
    let text = script.statement_text(index);
    let errors = SourceFile::parse(text).errors();
    let first = errors.first()?;
    let offset = usize::from(first.range().start()).min(text.len());
    Some(Suspect {
        statement: index,
        position: script.position(script.statements()[index].span.start + offset),
        message: words::in_users_words(first.message()),
    })
}

/// A command that makes the server's parser check one statement, and runs
/// nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    sql: String,
    /// How many characters stand before the statement.
    prefix: usize,
    /// How many characters of the statement were taken.
    length: usize,
}

impl Probe {
    /// Makes the probe of the statement at `index`, unless it is of those
    /// that PL/pgSQL cannot judge (see the module).
    ///
    /// # Panics
    ///
    /// Panics if there is no statement at `index`.
    pub fn new(script: &Script, index: usize) -> Option<Self> {
        if !script.with_phrase(index, can_be_judged) {
            return None;
        }
        let statement = script.statement_text(index);
        let statement = statement.strip_suffix(';').unwrap_or(statement);
        let tag = unused_tag(statement);
        let prefix = format!("DO {tag}BEGIN RETURN;\n");
        Some(Self {
            sql: format!("{prefix}{statement};\nEND{tag}"),
            prefix: prefix.chars().count(),
            length: statement.chars().count(),
        })
    }

    /// Returns the command to send.
    pub fn sql(&self) -> &str {
        &self.sql
    }

    /// Returns the character (0-based) of the statement that the server's
    /// error position (1-based, in characters of the command) means, fit for
    /// [`Script::offset_in_statement`]; the nearest one where the position is
    /// in the probe's own words.
    pub fn char_in_statement(&self, server_position: usize) -> usize {
        let index = server_position.saturating_sub(1 + self.prefix);
        index.min(self.length)
    }

    /// Returns the byte offset in the script's text that the server's error
    /// position (1-based, in characters of the command) means. The probe must
    /// be that of the statement at `index` of `script`.
    ///
    /// # Panics
    ///
    /// Panics if there is no statement at `index`.
    pub fn offset(&self, script: &Script, index: usize, server_position: usize) -> usize {
        script.offset_in_statement(index, self.char_in_statement(server_position))
    }
}

/// Returns whether PL/pgSQL hands the statement to the server's parser whole.
fn can_be_judged(statement: Phrase<'_>) -> bool {
    let last = statement.tokens().len().saturating_sub(1);
    statement.kind_at(0) == Some(TokenKind::Word)
        && !statement.is_any_word(0, PLPGSQL_WORDS)
        && !(0..last).any(|index| statement.is_mark(index, ";"))
        && !(0..=last).any(|index| takes_variable(statement, index))
}

/// Returns whether PL/pgSQL takes the word at `index` for the INTO that names
/// its variables.
fn takes_variable(statement: Phrase<'_>, index: usize) -> bool {
    statement.is_word(index, "INTO")
        && !statement.is_word(0, "IMPORT")
        && !(index > 0 && statement.is_any_word(index - 1, &["INSERT", "MERGE"]))
}

/// Returns a dollar quote that does not stand in `statement`.
fn unused_tag(statement: &str) -> String {
    let candidates = (0..).map(|number| format!("$probe{number}$"));
    let mut unused = candidates.filter(|tag| !statement.contains(tag.as_str()));
    unused
        .next()
        .expect("a finite text does not hold endlessly many tags")
}
