//! Going on in another session with what was written for one: what the statements that are done had set
//! for it is set again.

use super::StepBody;
use crate::backend::settings::Subject;
use crate::backend::{Backend, ScriptError, run_statement};
use crate::migration::failure::NOT_SET_AGAIN;
use crate::migration::runner::step_error::StepError;
use crate::sql::Script;

impl StepBody<'_, '_> {
    /// Sets again what an earlier attempt had set for its session, which this one is not: what follows
    /// was written to run with it. Where nothing follows, nothing is set.
    ///
    /// What a later statement has set otherwise, or taken back, counts no more. It is set all the same
    /// where that is possible: what stands between the two may have needed it.
    pub(super) fn set_again(
        &self,
        backend: &mut dyn Backend,
        script: &Script,
    ) -> Result<(), StepError> {
        if self.done.get() == script.statements().len() {
            return Ok(());
        }
        let set = lasting(backend, script, self.done.get());
        for (place, (index, about)) in set.iter().enumerate() {
            let later = set[place + 1..].iter().map(|(_, about)| about);
            let mut later = later.filter(|later| later.replaces(about));
            match (run_statement(backend, script, *index), later.next()) {
                (Ok(()), _) | (Err(_), Some(_)) => {}
                (Err(failed), None) => return Err(StepError::Script(not_set_again(failed))),
            }
        }
        Ok(())
    }
}

/// Returns which of the first `done` statements have set something that lasts, and about what each is.
fn lasting(backend: &dyn Backend, script: &Script, done: usize) -> Vec<(usize, Subject)> {
    let about = |index| Some((index, backend.sets(script, index)?));
    let lasting = (0..done).filter(|index| lasts(script, *index));
    let mut set: Vec<(usize, Subject)> = lasting.filter_map(about).collect();
    // A new session has nothing yet that could be discarded, but for the lock.
    let discarded = set.iter().rposition(|(_, it)| *it == Subject::Session);
    set.split_off(discarded.map_or(0, |place| place + 1))
}

/// Begins the transaction again in which the next statement stands, where it is one that began at once when
/// another was committed: whatever else is begun is begun by a statement that is not done.
pub(super) fn begin_again(
    backend: &mut dyn Backend,
    script: &Script,
    done: usize,
) -> Result<(), StepError> {
    let Some(begin) = script.chained_to(done) else {
        return Ok(());
    };
    run_statement(backend, script, begin).map_err(StepError::Script)
}

/// Returns whether what a statement does is not rolled back by the script itself.
fn lasts(script: &Script, index: usize) -> bool {
    if script.open_transaction(index).is_none() {
        return true;
    }
    let mut rest = index..script.statements().len();
    let own = script.open_transaction(index);
    let end = rest.find(|end| script.open_transaction(end + 1) != own);
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
        let place = made.iter().rposition(|made| made == point);
        match (word.as_str(), place) {
            ("savepoint", _) => made.push(point.clone()),
            // Those that were made within it go along.
            ("release", Some(place)) => made.truncate(place),
            ("rollback", Some(place)) if goes_back => made.truncate(place + 1),
            ("rollback", None) if goes_back => return true,
            _ => {}
        }
    }
    false
}

fn not_set_again(mut failed: ScriptError) -> ScriptError {
    let said = failed.error.message;
    failed.error.message = format!("{NOT_SET_AGAIN}: {said}");
    failed
}
