//! Turns planned steps into steps that can run: read, parsed, split and checked, all of them,
//! before the first statement of the first one is sent.
//!
//! Runs nothing: a server is asked at most whether it can parse.

mod resume;
mod step;

use resume::check_resuming;
pub(crate) use step::{Mode, Step, Work};
use step::{from_file, from_history};

use super::error::{PrepareError, RunError};
use super::model::{ForeignKeys, Settings};
use super::place::Place;
use super::plan::{Plan, PlannedStep, StepSource};
use super::set::MigrationSet;
use crate::backend::tables::Tables;
use crate::backend::{Backend, BackendError};
use crate::history::stored_sql;

/// Prepares every step of a plan.
pub(crate) fn prepare(
    backend: &mut dyn Backend,
    tables: &Tables,
    set: &MigrationSet,
    plan: &Plan,
) -> Result<Vec<Step>, RunError> {
    plan.steps
        .iter()
        .map(|planned| {
            let step = prepare_step(backend, tables, set, planned)?;
            check_syntax(backend, &step)?;
            check_foreign_keys(backend, &step)?;
            Ok(step)
        })
        .collect()
}

fn prepare_step(
    backend: &mut dyn Backend,
    tables: &Tables,
    set: &MigrationSet,
    planned: &PlannedStep,
) -> Result<Step, RunError> {
    let file = set.get(&planned.version);
    let dialect = backend.dialect();
    let prepared = match (planned.source, file) {
        (StepSource::File, Some(file)) => from_file(planned, file, dialect),
        (
            StepSource::History {
                attempt,
                transactional,
            },
            _,
        ) => {
            let stored = stored_sql(backend, tables, attempt)?;
            let settings = Settings {
                run_in_transaction: transactional,
                ..Settings::default()
            };
            let down = stored.down.unwrap_or_default();
            from_history(planned, down, &settings, dialect)
        }
        (StepSource::File, None) => {
            return Err(super::error::PlanError::MissingFile {
                names: vec![planned.name.clone()],
            }
            .into());
        }
    };
    let step = prepared.map_err(|source| cannot_run(planned, source))?;
    check_resuming(backend, tables, &step)?;
    Ok(step)
}

/// Makes the refusal of a whole run of what is wrong with one of its steps.
pub(super) fn cannot_run(planned: &PlannedStep, source: PrepareError) -> RunError {
    RunError::Prepare {
        name: planned.name.clone(),
        source,
    }
}

fn check_syntax(backend: &mut dyn Backend, step: &Step) -> Result<(), RunError> {
    let Work::Sql(text, script) = &step.work else {
        return Ok(());
    };
    let findings: Result<_, BackendError> = backend.syntax_findings(script);
    match findings?.into_iter().next() {
        None => Ok(()),
        Some(finding) => Err(cannot_run(
            &step.planned,
            PrepareError::Syntax {
                place: Place::in_script(text, script, finding.offset),
                message: finding.message,
            },
        )),
    }
}

/// Finds what silently does nothing, where the user relies on it to lose no rows.
fn check_foreign_keys(backend: &mut dyn Backend, step: &Step) -> Result<(), RunError> {
    let Work::Sql(text, script) = &step.work else {
        return Ok(());
    };
    if step.mode == Mode::StatementWise || step.foreign_keys == ForeignKeys::Off {
        return Ok(());
    }
    match script.foreign_keys_off() {
        // Where none are checked anyway the statement says what is so.
        Some(index) if backend.checks_foreign_keys()? => Err(cannot_run(
            &step.planned,
            PrepareError::ForeignKeysStayOn {
                place: Place::of_statement(text, script, index),
                setting: text.foreign_keys_off(),
            },
        )),
        _ => Ok(()),
    }
}
