//! Turns planned steps into steps that can run: read, parsed, split and checked, all of them,
//! before the first statement of the first one is sent.

use super::error::PrepareError;
use super::failure::RunError;
use super::model::{Body, ForeignKeys, Migration, Settings, SqlText};
use super::place::Place;
use super::plan::{Plan, PlannedStep, StepSource};
use super::report::{StatementSql, StepSql};
use super::rust::RustBody;
use super::set::MigrationSet;
use super::template;
use crate::backend::tables::Tables;
use crate::backend::{Backend, BackendError};
use crate::event::{Direction, StepNotice};
use crate::history::stored_sql;
use crate::sql::{Checksum, Dialect, Script, checksum};

/// What a step runs.
#[derive(Debug, Clone)]
pub(crate) enum Work {
    /// SQL, split into its statements.
    Sql(SqlText, Script),
    /// A function.
    Rust(RustBody),
}

/// How a step is divided into transactions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// One transaction for all of it.
    Transactional,
    /// Each statement commits alone, and is noted.
    StatementWise,
}

/// A step that can run.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) planned: PlannedStep,
    pub(crate) work: Work,
    pub(crate) mode: Mode,
    pub(crate) foreign_keys: ForeignKeys,
    pub(crate) checksum: Option<Checksum>,
    pub(crate) checksum_raw: Option<Checksum>,
    pub(crate) up_sql: Option<String>,
    pub(crate) down_sql: Option<String>,
}

impl Step {
    /// Returns the number of statements; a function is one to the history.
    pub(crate) fn total(&self) -> usize {
        match &self.work {
            Work::Sql(_, script) => script.statements().len(),
            Work::Rust(_) => 1,
        }
    }

    pub(crate) fn notice(&self) -> StepNotice {
        StepNotice {
            version: self.planned.version.clone(),
            name: self.planned.name.clone(),
            direction: self.planned.direction,
            transactional: self.mode == Mode::Transactional,
            statements: match &self.work {
                Work::Sql(_, script) => script.statements().len(),
                Work::Rust(_) => 0,
            },
        }
    }

    /// Returns the step with its SQL, statement by statement.
    pub(crate) fn sql(&self) -> StepSql {
        let done = usize::try_from(self.planned.statements_done).unwrap_or(0);
        let sql = match &self.work {
            Work::Rust(_) => Vec::new(),
            Work::Sql(text, script) => (0..script.statements().len())
                .map(|index| StatementSql {
                    place: Place::in_script(text, script, script.statements()[index].span.start),
                    sql: script.statement_text(index).to_owned(),
                    done: index < done,
                })
                .collect(),
        };
        StepSql {
            step: self.notice(),
            sql,
            opaque: matches!(self.work, Work::Rust(_)),
        }
    }
}

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
                versions: vec![planned.name.clone()],
            }
            .into());
        }
    };
    let step = prepared.map_err(|source| cannot_run(planned, source))?;
    check_resuming(backend, tables, &step)?;
    Ok(step)
}

fn cannot_run(planned: &PlannedStep, source: PrepareError) -> RunError {
    RunError::Prepare {
        name: planned.name.clone(),
        source,
    }
}

fn from_file(
    planned: &PlannedStep,
    file: &Migration,
    dialect: &'static dyn Dialect,
) -> Result<Step, PrepareError> {
    if let Some(error) = &file.settings_error {
        return Err(error.clone().into());
    }
    let body = match planned.direction {
        Direction::Up => &file.up,
        Direction::Down => file
            .down
            .as_ref()
            .expect("a plan has no way down through an irreversible migration"),
    };
    let work = work(body, dialect)?;
    Ok(Step {
        planned: planned.clone(),
        mode: mode(&work, &file.settings),
        work,
        foreign_keys: file.settings.foreign_keys,
        checksum: Some(file.up.checksum(dialect)),
        checksum_raw: Some(file.up.checksum_raw()),
        up_sql: text_of(&file.up),
        down_sql: file.down.as_ref().and_then(text_of),
    })
}

/// A way down whose file is gone: it runs in a transaction if its way up did.
fn from_history(
    planned: &PlannedStep,
    down: String,
    settings: &Settings,
    dialect: &'static dyn Dialect,
) -> Result<Step, PrepareError> {
    let path = format!("{} (as the history keeps it)", planned.name);
    let text = SqlText::whole_file(path.as_ref(), down.clone());
    let work = work(&Body::Sql(text), dialect)?;
    Ok(Step {
        planned: planned.clone(),
        mode: mode(&work, settings),
        work,
        foreign_keys: ForeignKeys::Off,
        checksum: None,
        checksum_raw: None,
        up_sql: None,
        down_sql: Some(down),
    })
}

fn work(body: &Body, dialect: &'static dyn Dialect) -> Result<Work, PrepareError> {
    let text = match body {
        Body::Rust(body) => return Ok(Work::Rust(body.clone())),
        Body::Sql(text) => text,
    };
    let script = text.parse(dialect).map_err(|error| PrepareError::Sql {
        place: Place {
            file: text.path.display().to_string(),
            line: error.position().line,
            column: error.position().column,
        },
        error,
    })?;
    if script.is_empty() && template::is_template(&text.text) {
        return Err(PrepareError::Template {
            path: text.path.clone(),
        });
    }
    match script.unfinished_transaction() {
        None => Ok(Work::Sql(text.clone(), script)),
        Some(index) => Err(PrepareError::OpenTransaction {
            place: Place::in_script(text, &script, script.statements()[index].span.start),
        }),
    }
}

/// A file with its own `BEGIN` or `COMMIT` cannot be inside another transaction.
fn mode(work: &Work, settings: &Settings) -> Mode {
    let controls = match work {
        Work::Sql(_, script) => script.controls_transaction(),
        Work::Rust(_) => false,
    };
    if settings.run_in_transaction && !controls {
        Mode::Transactional
    } else {
        Mode::StatementWise
    }
}

fn text_of(body: &Body) -> Option<String> {
    body.as_sql().map(|text| text.text.to_string())
}

/// Going on with a step that stopped half way is right only if what is committed is what the file
/// begins with.
fn check_resuming(backend: &mut dyn Backend, tables: &Tables, step: &Step) -> Result<(), RunError> {
    let done = step.planned.statements_done;
    let (Some(attempt), Work::Sql(text, script)) = (step.planned.attempt, &step.work) else {
        return Ok(());
    };
    if done == 0 {
        return Ok(());
    }
    if step.mode == Mode::Transactional {
        return Err(cannot_run(
            &step.planned,
            PrepareError::ResumeTransactional {
                path: text.path.clone(),
                version: step.planned.version.clone(),
            },
        ));
    }
    let stored = stored_sql(backend, tables, attempt)?;
    let stored = match step.planned.direction {
        Direction::Up => stored.up,
        Direction::Down => stored.down,
    };
    if same_beginning(backend.dialect(), script, stored.as_deref(), done) {
        return Ok(());
    }
    Err(cannot_run(
        &step.planned,
        PrepareError::ResumeChanged {
            path: text.path.clone(),
            done,
            version: step.planned.version.clone(),
        },
    ))
}

fn same_beginning(
    dialect: &'static dyn Dialect,
    script: &Script,
    stored: Option<&str>,
    done: i64,
) -> bool {
    let done = usize::try_from(done).unwrap_or(0);
    let Some(stored) = stored else {
        return false;
    };
    if checksum(stored, dialect) == script.checksum() {
        return true;
    }
    Script::parse(stored, 1, dialect).is_ok_and(|stored| {
        let enough = stored.statements().len() >= done && script.statements().len() >= done;
        enough && stored.prefix_checksum(done) == script.prefix_checksum(done)
    })
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
                place: Place::in_script(text, script, script.statements()[index].span.start),
                setting: text.foreign_keys_off(),
            },
        )),
        _ => Ok(()),
    }
}
