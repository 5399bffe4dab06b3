//! What each step of a plan runs under: how long its statements may wait for locks, and run.
//!
//! Runs nothing; the runner keeps what stands here.

use super::discipline::{Discipline, Patient};
use super::prepare::{Mode, Step, Work};
use super::report::StepSql;
use crate::backend::Backend;
use crate::backend::limits::Limits;

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
    let limits = in_order(backend, discipline, (step, step.limits));
    let unsaid = in_order(backend, &Discipline::default(), (step, Limits::default()));
    shown.limits_are_unusual = limits != unsaid;
    shown.limits = limits.first().copied();
    if step.mode == Mode::StatementWise {
        for (statement, limits) in shown.sql.iter_mut().zip(limits) {
            statement.limits = Some(limits);
        }
    }
    let of_step = shown.limits;
    for statement in &mut shown.sql {
        // What is said of the step is not said again of each statement.
        statement.limits = statement.limits.filter(|limits| Some(*limits) != of_step);
    }
    shown
}

/// Returns the limits of the step, of which its file says this: those of each of its statements, where they
/// are committed one by one.
fn in_order(
    backend: &dyn Backend,
    discipline: &Discipline,
    (step, said): (&Step, Limits),
) -> Vec<Limits> {
    match (step.mode, &step.work) {
        (Mode::StatementWise, Work::Rust(_)) => vec![Limits::default()],
        (Mode::StatementWise, Work::Sql(_, script)) if !script.is_empty() => {
            let indices = 0..script.statements().len();
            let of_each = indices.map(|index| {
                let patient = if backend.waits_for_all(script, index) {
                    Patient::Yes
                } else {
                    Patient::No
                };
                discipline.limits_of_statement(said, (script, index), patient)
            });
            of_each.collect()
        }
        _ => vec![discipline.limits(said)],
    }
}
