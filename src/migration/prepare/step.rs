//! A step that can run: its work, parsed and split, and how it is divided into transactions.
//!
//! Asks no database: what the history keeps is handed in.

use crate::backend::limits::Limits;
use crate::event::{Direction, Loss, StepNotice};
use crate::migration::directive;
use crate::migration::error::PrepareError;
use crate::migration::model::{Body, ForeignKeys, KeptBy, Migration, Settings, SqlText};
use crate::migration::place::Place;
use crate::migration::plan::{PlannedStep, StepSource};
use crate::migration::refusal::refusal;
use crate::migration::report::{StatementSql, StepSql};
use crate::migration::rust::RustBody;
use crate::sql::{Checksum, Dialect, Script};

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
    /// What its SQL says of how long it may wait and run.
    pub(crate) limits: Limits,
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

    /// Returns the file that it runs, as it was found; a function has none.
    pub(crate) fn file(&self) -> Option<String> {
        match &self.work {
            Work::Sql(text, _) => Some(text.path.display().to_string()),
            Work::Rust(_) => None,
        }
    }

    /// Returns who has the SQL that it runs.
    pub(crate) fn kept_by(&self) -> KeptBy {
        match self.planned.source {
            StepSource::File => KeptBy::File,
            StepSource::History { .. } => KeptBy::History,
        }
    }

    /// Returns the step as it is announced.
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
            baseline: self.planned.baseline,
        }
    }

    /// Returns the step with its SQL, statement by statement, and with what it takes away of all that
    /// is lost.
    pub(crate) fn sql(&self, losses: &[Loss]) -> StepSql {
        let done = usize::try_from(self.planned.statements_done).unwrap_or(0);
        let sql = match &self.work {
            Work::Rust(_) => Vec::new(),
            Work::Sql(text, script) => (0..script.statements().len())
                .map(|index| StatementSql {
                    place: Place::of_statement(text, script, index),
                    sql: script.statement_text(index).to_owned(),
                    done: index < done,
                    limits: None,
                })
                .collect(),
        };
        StepSql {
            step: self.notice(),
            sql,
            opaque: matches!(self.work, Work::Rust(_)),
            destroys: self.destroys(losses),
            losses: losses
                .iter()
                .filter(|loss| self.is_by_this(loss))
                .cloned()
                .collect(),
            limits: None,
            limits_are_unusual: false,
        }
    }

    /// A migration that is rolled back and applied again has two steps, and each its own place.
    fn is_by_this(&self, loss: &Loss) -> bool {
        let direction = Some(self.planned.direction);
        loss.version.as_ref() == Some(&self.planned.version) && loss.direction == direction
    }

    /// Returns whether it destroys: goes down, applies again, has SQL that does, or loses some of all that
    /// is lost, by a trigger of which its SQL says nothing. What a function does nobody knows.
    pub(crate) fn destroys(&self, losses: &[Loss]) -> bool {
        let by_itself = self.planned.direction == Direction::Down || self.planned.again;
        let mut losses = losses.iter().filter(|loss| self.is_by_this(loss));
        by_itself
            || losses.any(|loss| loss.lost.loses_data())
            || match &self.work {
                Work::Sql(_, script) => script.destroys(),
                Work::Rust(_) => true,
            }
    }
}

/// Makes the step of a migration's files.
pub(super) fn from_file(
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
        limits: limits(&work)?,
        work,
        foreign_keys: file.settings.foreign_keys,
        checksum: Some(file.up.checksum(dialect)),
        checksum_raw: Some(file.up.checksum_raw()),
        up_sql: file.up.text(),
        down_sql: file.down.as_ref().and_then(Body::text),
    })
}

/// Makes the step of a way down whose file is gone: it runs in a transaction if its way up did.
pub(super) fn from_history(
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
        limits: limits(&work)?,
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
        place: Place::at(&text.path, error.position()),
        error,
    })?;
    match refusal(text, &script) {
        None => Ok(Work::Sql(text.clone(), script)),
        Some(refused) => Err(refused),
    }
}

/// Returns what the work says of its own limits.
fn limits(work: &Work) -> Result<Limits, PrepareError> {
    match work {
        Work::Sql(text, script) => directive::read(text, script.dialect()),
        Work::Rust(_) => Ok(Limits::default()),
    }
}

/// Returns how the work is divided: a file with its own `BEGIN` or `COMMIT` cannot be inside
/// another transaction.
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
