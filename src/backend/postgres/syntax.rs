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
//! SELECT 1 OPERATOR(pg_catalog./) 0;
//! CREATE TABLE …;
//! ```
//!
//! The server parses all that one message holds before it runs the first
//! statement of it (`exec_simple_query` in its `tcop/postgres.c`). Either the
//! parser refuses, with a position; or the division fails, without one, and
//! with it everything that stands after it, `COMMIT` included: nothing is ever
//! run. Names are not looked up, so a table that does not exist yet is no
//! error. Whoever may connect may ask, on a standby too. Only the position
//! tells the two apart, since a server may speak any language.

#[cfg(test)]
mod tests;
mod words;

use squawk_syntax::SourceFile;

use crate::sql::Script;

/// What always fails, and takes along what follows it.
const FAILS: &str = "SELECT 1 OPERATOR(pg_catalog./) 0;\n";

/// A statement that squawk's parser does not accept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suspect {
    /// The statement's index in its script, 0-based.
    pub statement: usize,
    /// Where the parser gave up: the byte offset in the script's text.
    pub offset: usize,
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
        offset: script.statements()[index].span.start + offset,
        message: words::in_users_words(first.message()),
    })
}

/// A command that makes the server's parser check one statement, and runs
/// nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    sql: String,
    /// The index of the statement.
    statement: usize,
}

impl Probe {
    /// Makes the probe of the statement at `index`.
    ///
    /// # Panics
    ///
    /// Panics if there is no statement at `index`.
    pub fn new(script: &Script, index: usize) -> Self {
        Self {
            sql: format!("{FAILS}{}", script.statement_text(index)),
            statement: index,
        }
    }

    /// Returns the command to send.
    pub fn sql(&self) -> &str {
        &self.sql
    }

    /// Returns the byte offset in the script's text that the server's error
    /// position (1-based, in characters of the command) means. `script` must
    /// be the one that the probe was made of.
    pub fn offset(&self, script: &Script, server_position: usize) -> usize {
        let character = server_position.saturating_sub(1 + FAILS.chars().count());
        script.offset_in_statement(self.statement, character)
    }
}
