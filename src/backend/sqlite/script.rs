//! Runs scripts on `SQLite`.

use diesel::connection::{Connection, SimpleConnection};
use diesel::sqlite::SqliteConnection;

use super::dialect::SQLITE;
use super::stand_in;
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
    let mut scratch = in_memory()?;
    let mut findings = Vec::new();
    for (index, statement) in script.statements().iter().enumerate() {
        let text = script.statement_text(index);
        let Some(said) = complaint(&mut scratch, text) else {
            continue;
        };
        let mut own = if is_syntax(&said) {
            None
        } else {
            // What stands in for this statement's names would be in the way of others.
            Some(in_memory()?)
        };
        let scratch = own.as_mut().unwrap_or(&mut scratch);
        let Some(message) = with_stand_ins(scratch, text, said) else {
            continue;
        };
        findings.push(SyntaxFinding {
            offset: statement.span.start + place(scratch, text, &message).unwrap_or(0),
            message,
        });
    }
    Ok(findings)
}

fn in_memory() -> Result<SqliteConnection, BackendError> {
    SqliteConnection::establish(":memory:").map_err(|error| BackendError::Connect {
        target: ":memory:".to_owned(),
        message: error.to_string(),
    })
}

fn is_syntax(message: &str) -> bool {
    SYNTAX_MESSAGES.iter().any(|known| message.contains(known))
}

/// Returns the error of syntax that a statement has, as soon as what it names is there as far as
/// the parser asks for it.
fn with_stand_ins(
    scratch: &mut SqliteConnection,
    statement: &str,
    mut said: String,
) -> Option<String> {
    // Each name is made once, so that this ends.
    while !is_syntax(&said) {
        if !stand_in::make(scratch, &said) {
            return None;
        }
        said = complaint(scratch, statement)?;
    }
    Some(said)
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns what is found in a script, with the text that it is found at.
    fn found(sql: &str) -> Vec<(String, String)> {
        let script = Script::parse(sql, 1, SQLITE).expect("it is divided");
        let findings = syntax_findings(&script).expect("memory is there");
        findings
            .into_iter()
            .map(|found| (found.message, sql[found.offset..].to_owned()))
            .collect()
    }

    #[test]
    fn what_belongs_to_a_table_is_read_to_its_end() {
        for (sql, at) in [
            (
                "CREATE TRIGGER t AFTER INSERT ON a BEGIN SELEC 1; END;",
                "SELEC 1; END;",
            ),
            (
                "CREATE TRIGGER t INSTEAD OF INSERT ON main.a BEGIN SELEC; END;",
                "SELEC; END;",
            ),
            (
                "CREATE TEMP TRIGGER t BEFORE DELETE ON \"a.b c\" BEGIN SELEC; END;",
                "SELEC; END;",
            ),
            (
                "CREATE TRIGGER o.t INSTEAD OF UPDATE ON a BEGIN SELEC; END;",
                "SELEC; END;",
            ),
            ("ALTER TABLE a ADD COLUMN b INT DEFAUL 3 4;", "3 4;"),
            ("ALTER TABLE \"a.b\" ADD b CHECK (b >);", ");"),
            ("ALTER TABLE o.a ADD b REFERENCES c ON DELET;", "DELET;"),
            ("CREATE TABLE o.a (b CHECK);", ");"),
        ] {
            let found = found(sql);
            let [(message, text)] = found.as_slice() else {
                panic!("{sql}: {found:?}");
            };
            assert!(message.ends_with("syntax error"), "{sql}: {message}");
            assert_eq!(text, at, "{sql}");
        }
        let open = found("CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1;");
        assert_eq!(open[0].0, INCOMPLETE);
    }

    #[test]
    fn what_only_the_names_decide_is_no_finding() {
        let sql = "CREATE TRIGGER t AFTER INSERT ON a BEGIN UPDATE b SET c = new.d; END;
CREATE TRIGGER t INSTEAD OF INSERT ON a BEGIN SELECT 1; END;
ALTER TABLE a ADD COLUMN b INT DEFAULT 3;
ALTER TABLE sqlite_schema ADD COLUMN b INT;
CREATE TRIGGER t AFTER INSERT ON o.a BEGIN SELECT 1; END;
CREATE TABLE a (b INT);
CREATE VIEW v AS SELECT c FROM a;
DROP TABLE o.a;";
        assert_eq!(found(sql), []);
    }

    #[test]
    fn a_stand_in_hides_nothing_of_what_follows() {
        let sql = "ALTER TABLE a ADD b; CREATE TABLE a (b CHECK);";
        assert_eq!(found(sql).len(), 1);
    }
}
