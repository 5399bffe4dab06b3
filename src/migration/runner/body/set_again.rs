//! Going on in another session with what was written for one: what the statements that are done had set
//! for it is set again.

use super::StepBody;
use crate::backend::{Backend, ScriptError, run_statement};
use crate::migration::runner::step_error::StepError;
use crate::sql::Script;

impl StepBody<'_, '_> {
    /// Sets again what an earlier attempt had set for its session, which this one is not: what follows
    /// was written to run with it.
    pub(super) fn set_again(
        &self,
        backend: &mut dyn Backend,
        script: &Script,
    ) -> Result<(), StepError> {
        let done = 0..self.done.get();
        for index in done.filter(|index| lasts(script, *index)) {
            if backend.only_sets(script, index) {
                let set = run_statement(backend, script, index);
                set.map_err(|failed| StepError::Script(not_set_again(failed)))?;
            }
        }
        Ok(())
    }
}

/// Returns whether what a statement does is not rolled back by the script itself.
fn lasts(script: &Script, index: usize) -> bool {
    if script.open_transaction(index).is_none() {
        return true;
    }
    let mut rest = index..script.statements().len();
    let end = rest.find(|end| script.open_transaction(end + 1).is_none());
    end.is_some_and(|end| script.is_commit(end) && !is_undone(script, index..end))
}

/// Returns whether a script goes back to a savepoint from before the first of these statements.
fn is_undone(script: &Script, statements: std::ops::Range<usize>) -> bool {
    let mut made = Vec::new();
    for index in statements {
        let names = script.names(index);
        let (Some(word), Some(point)) = (names.first(), names.last()) else {
            continue;
        };
        let goes_back = word == "rollback" && names.iter().any(|name| name == "to");
        if word == "savepoint" {
            made.push(point.clone());
        } else if goes_back && !made.contains(point) {
            return true;
        }
    }
    false
}

fn not_set_again(mut failed: ScriptError) -> ScriptError {
    let said = failed.error.message;
    failed.error.message = format!("what it had set cannot be set again: {said}");
    failed
}
