//! Runs scripts on `SQLite`.

use diesel::connection::{Connection, SimpleConnection};
use diesel::sqlite::SqliteConnection;

use crate::backend::error::{BackendError, DatabaseError};
use crate::backend::{ScriptError, SyntaxFinding, run_statement};
use crate::sql::Script;

/// What `SQLite`'s parser says of a text that is no SQL; anything else it says is about names,
/// which an empty database cannot know.
const SYNTAX_MESSAGES: [&str; 3] = ["syntax error", "incomplete input", "unrecognized token"];

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
    let findings = (0..script.statements().len())
        .filter_map(|index| {
            let statement = script.statement_text(index);
            let error = scratch
                .batch_execute(&format!("EXPLAIN {statement}"))
                .err()?;
            let message = DatabaseError::from(error).message;
            SYNTAX_MESSAGES
                .iter()
                .any(|known| message.contains(known))
                .then(|| SyntaxFinding {
                    offset: script.statements()[index].span.start,
                    message,
                })
        })
        .collect();
    Ok(findings)
}
