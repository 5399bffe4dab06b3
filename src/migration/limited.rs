//! What each step of a plan runs under: how long its statements may wait for locks, and run.
//!
//! Runs nothing; the runner keeps what stands here.

use super::discipline::{Discipline, Patient};
use super::prepare::{Mode, Step, Work};
use super::report::StepSql;
use crate::backend::Backend;
use crate::backend::limits::Limits;
use crate::sql::Script;

/// Tells the limits of a step with its SQL, where the engine keeps any.
pub(super) fn limited(
    backend: &dyn Backend,
    discipline: &Discipline,
    step: &Step,
    mut shown: StepSql,
) -> StepSql {
    if !backend.keeps_limits() {
        return shown;
    }
    let whole = discipline.limits(step.limits);
    shown.limits = Some(match (step.mode, &step.work) {
        (Mode::Transactional, _) => whole,
        (Mode::StatementWise, Work::Rust(_)) => Limits::default(),
        (Mode::StatementWise, Work::Sql(_, script)) => {
            let limits = |index| of_statement(backend, discipline, step, (script, index));
            let others = (0..script.statements().len()).map(limits);
            for (statement, limits) in shown.sql.iter_mut().zip(others) {
                statement.limits = Some(limits);
            }
            usual(&shown).unwrap_or(whole)
        }
    });
    let of_step = shown.limits;
    for statement in &mut shown.sql {
        // What is said of the step is not said again of each statement.
        statement.limits = statement.limits.filter(|limits| Some(*limits) != of_step);
    }
    shown
}

/// Returns the limits of the first statement: in most steps those of all.
fn usual(shown: &StepSql) -> Option<Limits> {
    shown.sql.first()?.limits
}

fn of_statement(
    backend: &dyn Backend,
    discipline: &Discipline,
    step: &Step,
    (script, index): (&Script, usize),
) -> Limits {
    let patient = if backend.waits_for_all(script, index) {
        Patient::Yes
    } else {
        Patient::No
    };
    discipline.limits_of_statement(step.limits, (script, index), patient)
}
