//! Runs scripts on `SQLite`.

use diesel::connection::{Connection, SimpleConnection};
use diesel::sqlite::SqliteConnection;

use super::dialect::SQLITE;
use crate::backend::error::{BackendError, DatabaseError};
use crate::backend::{ScriptError, SyntaxFinding, run_statement};
use crate::sql::Script;

/// What `SQLite`'s parser says of a text that is no SQL; anything else it says is about names,
/// which an empty database cannot know.
const SYNTAX_MESSAGES: [&str; 3] = ["syntax error", INCOMPLETE, "unrecognized token"];

/// What it says of a text that ends too early.
const INCOMPLETE: &str = "incomplete input";

/// Runs the script statement by statement: there is no way to the server to save, and so each
/// error has its place.
pub(super) fn run(
    connection: &mut SqliteConnection,
    script: &Script,
    statement_done: &mut dyn FnMut(usize),
) -> Result<(), ScriptError> {
    for index in 0..script.statements().len() {
        run_statement(connection, script, index)?;
        statement_done(index + 1);
    }
    Ok(())
}

/// Lets `SQLite`'s own parser judge each statement, in an empty database in memory; `EXPLAIN`
/// compiles and runs nothing.
pub(in crate::backend) fn syntax_findings(
    script: &Script,
) -> Result<Vec<SyntaxFinding>, BackendError> {
    let mut scratch =
        SqliteConnection::establish(":memory:").map_err(|error| BackendError::Connect {
            target: ":memory:".to_owned(),
            message: error.to_string(),
        })?;
    let findings = (0..script.statements().len()).filter_map(|index| {
        let statement = script.statement_text(index);
        let message = complaint(&mut scratch, statement)?;
        let is_syntax = SYNTAX_MESSAGES.iter().any(|known| message.contains(known));
        is_syntax.then(|| SyntaxFinding {
            offset: script.statements()[index].span.start
                + place(&mut scratch, statement, &message).unwrap_or(0),
            message,
        })
    });
    Ok(findings.collect())
}

/// Returns where in a statement its error is (1-based, in characters), if that is one of syntax.
pub(super) fn error_position(
    connection: &mut SqliteConnection,
    statement: &str,
    error: &DatabaseError,
) -> Option<usize> {
    // Some pragmas do what they say as soon as they are compiled.
    if begins_with("PRAGMA", statement) {
        return None;
    }
    let offset = place(connection, statement, &error.message)?;
    Some(statement[..offset].chars().count() + 1)
}

/// Returns the byte of a statement at which the parser gave up.
///
/// `SQLite` names the token alone. The parser reads no further than where it gives up, so the text
/// up to the token gives the same error, and one that ends before it another, or none.
fn place(connection: &mut SqliteConnection, statement: &str, message: &str) -> Option<usize> {
    if message.contains(INCOMPLETE) {
        return Some(statement.len());
    }
    let token = named_token(message)?;
    let mut starts: Vec<usize> = SQLITE
        .lex(statement)
        .iter()
        .filter(|found| found.is_significant())
        .map(|found| found.span.start)
        .collect();
    starts.retain(|start| statement[*start..].starts_with(token));
    let fails = |start: &usize| {
        let text = &statement[..start + token.len()];
        complaint(connection, text).is_some_and(|found| found == message)
    };
    first_that(&starts, fails).copied()
}

/// Returns the first of some items for which something holds that holds for all after it too.
fn first_that<T>(items: &[T], mut holds: impl FnMut(&T) -> bool) -> Option<&T> {
    let first = items.partition_point(|item| !holds(item));
    items.get(first)
}

/// Returns the token that a message of the parser is about.
fn named_token(message: &str) -> Option<&str> {
    let near = message
        .strip_prefix("near \"")
        .and_then(|rest| rest.strip_suffix("\": syntax error"));
    let unknown = || {
        message
            .strip_prefix("unrecognized token: \"")
            .and_then(|rest| rest.strip_suffix('"'))
    };
    near.or_else(unknown).filter(|token| !token.is_empty())
}

fn begins_with(word: &str, statement: &str) -> bool {
    let first = statement.get(..word.len());
    first.is_some_and(|first| first.eq_ignore_ascii_case(word))
}

/// Returns what is said of a statement when it is compiled.
fn complaint(connection: &mut SqliteConnection, statement: &str) -> Option<String> {
    let compiled = if begins_with("EXPLAIN", statement) {
        connection.batch_execute(statement)
    } else {
        connection.batch_execute(&format!("EXPLAIN {statement}"))
    };
    compiled
        .err()
        .map(|error| DatabaseError::from(error).message)
}
