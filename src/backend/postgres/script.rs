//! Runs scripts on `PostgreSQL`, and finds out where and why one failed.

use std::time::Duration;

use diesel::connection::{TransactionManager, TransactionManagerStatus};
use diesel::pg::PgConnection;

use super::{Transactions, limits, syntax};
use crate::backend::error::{BackendError, DatabaseError, During};
use crate::backend::limits::Limits;
use crate::backend::query::Query;
use crate::backend::{Backend, Patience, ScriptError, SyntaxFinding};
use crate::sql::Script;

/// Runs one statement that is known to fail, and keeps the code of its error: Diesel keeps that
/// to itself, PL/pgSQL does not.
const ASK_WHY: &str = "DO $dieselkit$
DECLARE
  state text;
  said text;
BEGIN
  EXECUTE pg_catalog.current_setting('dieselkit.statement');
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, said = MESSAGE_TEXT;
  PERFORM pg_catalog.set_config('dieselkit.sqlstate', state, true);
  PERFORM pg_catalog.set_config('dieselkit.message', said, true);
END
$dieselkit$";

/// Sends the whole script as one batch, which its limits begin.
pub(super) fn run(
    connection: &mut PgConnection,
    script: &Script,
    limits: Limits,
    statement_done: &mut dyn FnMut(usize),
) -> Result<(), ScriptError> {
    if script.is_empty() {
        return Ok(());
    }
    let limits = limits::of_transaction(limits);
    let batch = format!("{limits}{}", script.executable_text());
    connection.batch_execute(&batch).map_err(|error| {
        let position = behind(&limits, error.position);
        placed(script, DatabaseError { position, ..error })
    })?;
    statement_done(script.statements().len());
    Ok(())
}

/// Returns a position behind what was sent before the script.
fn behind(before: &str, position: Option<usize>) -> Option<usize> {
    position.map(|position| position.saturating_sub(before.chars().count()).max(1))
}

/// Places an error whose position counts from the start of the script.
fn placed(script: &Script, error: DatabaseError) -> ScriptError {
    let offset = error
        .position
        .map(|position| script.offset_of_char(position.saturating_sub(1)));
    let only = match script.statements() {
        [only] => Some(only.span.start),
        _ => None,
    };
    ScriptError {
        statement: offset
            .and_then(|offset| script.statement_at(offset))
            .or(only.map(|_| 0)),
        offset: offset.or(only),
        error,
    }
}

/// Runs the script again up to the statement that fails, and rolls back.
///
/// The server does not say which statement of a batch failed when the error has no position in
/// the text, and Diesel passes on no SQLSTATE. The second run waits for no lock longer, and takes no
/// longer, than it is given; what it does not learn stays unknown, and so does
/// whatever it learns of an error with other words than the first one's.
pub(super) fn diagnose(
    connection: &mut PgConnection,
    script: &Script,
    found: ScriptError,
    patience: &Patience<'_>,
) -> ScriptError {
    if found.error.disconnected || (found.statement.is_some() && found.error.sqlstate.is_some()) {
        return found;
    }
    let prepared = prepared_names(script);
    deallocate(connection, &prepared);
    if connection.begin().is_err() {
        return found;
    }
    let mut look = SecondLook {
        connection,
        script,
        found: &found,
        patience,
    };
    let learned = look.learn().unwrap_or_default();
    // A connection that cannot roll back is unusable, which the next statement will tell.
    let _ = connection.rollback();
    deallocate(connection, &prepared);
    let statement = found.statement.or(learned.statement);
    ScriptError {
        statement,
        offset: found
            .offset
            .or_else(|| statement.map(|index| script.statements()[index].span.start)),
        error: DatabaseError {
            sqlstate: found.error.sqlstate.or(learned.sqlstate),
            ..found.error
        },
    }
}

#[derive(Default)]
struct Learned {
    statement: Option<usize>,
    sqlstate: Option<String>,
}

/// What failed, run for the second time.
enum Failing {
    /// The statement of this index.
    Statement(usize),
    /// None of them: what was deferred to the commit.
    Commit,
    /// Something else, or nothing in time.
    Unknown,
}

/// A second run, in a transaction that is rolled back.
struct SecondLook<'a> {
    connection: &'a mut PgConnection,
    script: &'a Script,
    found: &'a ScriptError,
    patience: &'a Patience<'a>,
}

impl SecondLook<'_> {
    fn learn(&mut self) -> Result<Learned, DatabaseError> {
        let for_locks = self.patience.for_locks.as_millis().max(1);
        self.connection.batch_execute(&format!(
            "SET LOCAL lock_timeout = {for_locks}; SAVEPOINT dieselkit_look"
        ))?;
        let (statement, text) = match self.failing()? {
            Failing::Statement(index) => (Some(index), self.script.statement_text(index)),
            Failing::Commit => (None, "SET CONSTRAINTS ALL IMMEDIATE"),
            Failing::Unknown => return Ok(Learned::default()),
        };
        let sqlstate = match self.limit() {
            None => None,
            Some(limit) => {
                self.connection.batch_execute(&limit)?;
                sqlstate_of(self.connection, text, &self.found.error)?
            }
        };
        Ok(Learned {
            statement,
            sqlstate,
        })
    }

    /// Finds what fails, and leaves the transaction as it was before that.
    fn failing(&mut self) -> Result<Failing, DatabaseError> {
        if let Some(known) = self.found.statement {
            return self.run_before(known);
        }
        for index in 0..self.script.statements().len() {
            let Some(limit) = self.limit() else {
                return Ok(Failing::Unknown);
            };
            // One way to the server for each, however many there are.
            let step = format!(
                "RELEASE SAVEPOINT dieselkit_look; SAVEPOINT dieselkit_look; {limit}\n{}",
                self.script.statement_text(index)
            );
            if let Err(failed) = self.connection.batch_execute(&step) {
                self.connection
                    .batch_execute("ROLLBACK TO SAVEPOINT dieselkit_look")?;
                return Ok(self.if_it_is_the_same(&failed, index));
            }
        }
        Ok(Failing::Commit)
    }

    /// Runs what comes before the statement that is known to fail, all at once.
    fn run_before(&mut self, known: usize) -> Result<Failing, DatabaseError> {
        let Some(limit) = self.limit() else {
            return Ok(Failing::Unknown);
        };
        let before = (0..known).map(|index| self.script.statement_text(index));
        let texts: Vec<&str> = std::iter::once(&*limit).chain(before).collect();
        self.connection.batch_execute(&texts.join("\n"))?;
        Ok(Failing::Statement(known))
    }

    /// A statement that only took longer than this run may is not the one that is looked for.
    fn if_it_is_the_same(&self, failed: &DatabaseError, index: usize) -> Failing {
        let same = failed.message == self.found.error.message;
        if same && !(self.patience.time_left)().is_zero() {
            Failing::Statement(index)
        } else {
            Failing::Unknown
        }
    }

    /// Returns what keeps a statement from taking longer than is left, if anything is.
    fn limit(&self) -> Option<String> {
        limit_of((self.patience.time_left)())
    }
}

/// Returns what limits a statement to what is left, if anything is: no less, so that nothing is left
/// once it is cut off.
fn limit_of(left: Duration) -> Option<String> {
    let limit = format!("SET LOCAL statement_timeout = {};", left.as_millis() + 1);
    (!left.is_zero()).then_some(limit)
}

/// Returns the code with which a statement fails, if it fails with the words that are known.
fn sqlstate_of(
    connection: &mut PgConnection,
    statement: &str,
    found: &DatabaseError,
) -> Result<Option<String>, DatabaseError> {
    let keep = Query::new("SELECT pg_catalog.set_config('dieselkit.statement', ?, true)");
    connection.load(&keep.bind(statement))?;
    connection.batch_execute(ASK_WHY)?;
    let ask = Query::new(
        "SELECT pg_catalog.current_setting('dieselkit.sqlstate', true) WHERE pg_catalog.current_setting('dieselkit.message', true) = ?",
    );
    let rows = connection.load(&ask.bind(found.message.as_str()))?;
    let state = rows.first().map(|row| row.optional_text(0)).transpose()?;
    Ok(state.flatten().filter(|state| !state.is_empty()))
}

/// Returns the names, as they are written, of the statements that a script prepares.
fn prepared_names(script: &Script) -> Vec<String> {
    let name = |index| {
        script.with_phrase(index, |phrase| {
            let prepares = phrase.is_word(0, "PREPARE") && !phrase.is_word(1, "TRANSACTION");
            prepares.then(|| phrase.text_at(1).to_owned())
        })
    };
    (0..script.statements().len()).filter_map(name).collect()
}

/// Forgets prepared statements, which no rollback does: preparing them again would fail.
fn deallocate(connection: &mut PgConnection, names: &[String]) {
    for name in names {
        // One that the failure was quicker than is not there. In a transaction that is around all
        // of this a savepoint keeps that from ending it.
        if connection.begin().is_err() {
            return;
        }
        let _ = match connection.batch_execute(&format!("DEALLOCATE {name}")) {
            Ok(()) => connection.commit(),
            Err(_) => connection.rollback(),
        };
    }
}

/// Lets the server's own parser judge the statements that ours does not know.
///
/// A construct may be newer than the parser that is compiled in; then the server decides. Every
/// probe fails, so a transaction that is open has a savepoint put around them; where none is, none
/// is begun.
pub(super) fn syntax_findings(
    connection: &mut PgConnection,
    script: &Script,
) -> Result<Vec<SyntaxFinding>, BackendError> {
    let suspects = syntax::suspects(script);
    if suspects.is_empty() {
        return Ok(Vec::new());
    }
    let surrounded = is_in_transaction(connection);
    if surrounded {
        connection.begin().during(ASK_PARSER)?;
    }
    let findings: Result<Vec<_>, _> = suspects
        .iter()
        .map(|suspect| judge(connection, script, suspect))
        .collect();
    let rolled_back = if surrounded {
        connection.rollback()
    } else {
        Ok(())
    };
    let findings = findings.during(ASK_PARSER)?;
    rolled_back.during(ASK_PARSER)?;
    Ok(findings.into_iter().flatten().collect())
}

fn is_in_transaction(connection: &mut PgConnection) -> bool {
    match Transactions::transaction_manager_status_mut(connection) {
        TransactionManagerStatus::Valid(status) => status.transaction_depth().is_some(),
        // Diesel refuses to go on there, and says so when asked to begin.
        TransactionManagerStatus::InError => true,
    }
}

const ASK_PARSER: &str = "have the server parse a statement";

fn judge(
    connection: &mut PgConnection,
    script: &Script,
    suspect: &syntax::Suspect,
) -> Result<Option<SyntaxFinding>, DatabaseError> {
    let probe = syntax::Probe::new(script, suspect.statement);
    let Err(error) = connection.batch_execute(probe.sql()) else {
        return Ok(None);
    };
    if error.disconnected {
        return Err(error);
    }
    Ok(error.position.map(|position| SyntaxFinding {
        offset: probe.offset(script, position),
        message: error.message,
    }))
}

/// Returns what the parser that is compiled in refuses, which no server has judged.
pub(in crate::backend) fn offline_syntax_findings(script: &Script) -> Vec<SyntaxFinding> {
    syntax::suspects(script)
        .into_iter()
        .map(|suspect| SyntaxFinding {
            offset: suspect.offset,
            message: format!("{} (no server was asked)", suspect.message),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_used_up_before_a_statement_is_cut_off() {
        let limit = |micros| limit_of(Duration::from_micros(micros));
        assert_eq!(limit(0), None);
        assert_eq!(
            limit(1).as_deref(),
            Some("SET LOCAL statement_timeout = 1;")
        );
        assert_eq!(
            limit(998_700).as_deref(),
            Some("SET LOCAL statement_timeout = 999;")
        );
    }
}
