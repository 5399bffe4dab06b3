//! What went wrong while a step ran, and what it left.

use std::fmt;

use serde::Serialize;
use thiserror::Error;

use super::asked;
use super::error::{PlanError, PrepareError, SourceError};
use super::place::Place;
use super::report::RunReport;
use crate::backend::{BackendError, DatabaseError};
use crate::event::{Direction, StepNotice};

/// What a failed step left behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
#[non_exhaustive]
pub enum StateLeft {
    /// Nothing of the step remains; what came before it stays.
    StepRolledBack,
    /// It was not begun, and is as it was before.
    NotBegun,
    /// Nothing of the whole run remains.
    RunRolledBack,
    /// Some of its statements are committed.
    HalfWay {
        /// How many are.
        done: usize,
        /// How many there are.
        total: usize,
    },
    /// The connection is gone: what is committed is, and what was open is not.
    Unknown,
}

/// One step that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct StepFailure {
    /// The step.
    pub step: StepNotice,
    /// Where its statement stands, as far as that is known.
    pub place: Option<Place>,
    /// The statement's first words, without any literal.
    pub statement: Option<String>,
    /// What was said.
    pub message: String,
    /// The code of the SQL standard.
    pub sqlstate: Option<String>,
    /// What else the server said.
    pub detail: Option<String>,
    /// What the server advises.
    pub server_hint: Option<String>,
    /// What it left.
    pub state_left: StateLeft,
    /// Why the failure could not be written into the history, if it could not.
    pub not_recorded: Option<String>,
    /// The command that tries again what was asked for.
    #[serde(skip)]
    pub retry: String,
}

impl StepFailure {
    /// Returns what may help, as a command that can be pasted.
    pub fn hint(&self) -> String {
        let version = &self.step.version;
        let retry = &self.retry;
        if self.is_out_of_locks() {
            return self.locks_hint();
        }
        if self.is_locked_out() {
            return format!(
                "end the other program's transaction and run `{retry}`, or wait longer for it: `{retry} --lock-wait 10m`"
            );
        }
        if let Some(grant) = DatabaseError::from_message(self.message.as_str()).lacking_right() {
            return grant;
        }
        match self.state_left {
            StateLeft::HalfWay { .. } => format!(
                "mend the statement and run `{retry}`, which goes on with it, or finish by hand and run `dieselkit resolve {version} --{} --reason \"…\"`",
                match self.step.direction {
                    Direction::Up => "applied",
                    Direction::Down => "reverted",
                }
            ),
            StateLeft::Unknown => "`dieselkit status`".to_owned(),
            StateLeft::NotBegun => format!("`{retry}`"),
            StateLeft::StepRolledBack | StateLeft::RunRolledBack => {
                let what = self.place.as_ref().map_or("migration", |_| "file");
                format!("mend the {what} and run `{retry}`")
            }
        }
    }

    /// One transaction holds a lock for each table that it makes, and the server has room for so
    /// many.
    fn locks_hint(&self) -> String {
        match asked::in_transactions_of_their_own(&self.retry) {
            Some(each) => format!(
                "one transaction holds a lock for each table that it makes: run `{each}`, or raise `max_locks_per_transaction`"
            ),
            None => format!(
                "one transaction holds a lock for each table that it makes: split the migration into several, or raise `max_locks_per_transaction`, and run `{}`",
                self.retry
            ),
        }
    }

    /// Returns what may help where a constraint that is checked at the commit broke a batch.
    fn commit_hint(&self) -> String {
        let retry = &self.retry;
        if self.state_left == StateLeft::Unknown {
            return self.hint();
        }
        // Class 23 of the SQL standard: a constraint. A full disk is nobody's doing.
        if !self
            .sqlstate
            .as_ref()
            .is_some_and(|code| code.starts_with("23"))
        {
            return format!("`{retry}`");
        }
        match asked::in_transactions_of_their_own(retry) {
            Some(each) => format!(
                "what is checked at the commit alone does not say which migration broke it: mend it and run `{retry}`, or run `{each}`, which stops at the one"
            ),
            None => format!(
                "mend the migration that broke what is checked at the commit, and run `{retry}`"
            ),
        }
    }

    fn is_out_of_locks(&self) -> bool {
        self.sqlstate.as_deref() == Some("53200") || self.message.contains("out of shared memory")
    }

    fn is_locked_out(&self) -> bool {
        self.sqlstate.is_none() && self.message.contains("database is locked")
    }

    fn state_text(&self) -> String {
        match (self.state_left, self.step.direction) {
            (StateLeft::StepRolledBack, Direction::Up) => "it was rolled back whole".to_owned(),
            (StateLeft::StepRolledBack, Direction::Down) => "it is applied as before".to_owned(),
            (StateLeft::NotBegun, _) => "it was not begun".to_owned(),
            (StateLeft::RunRolledBack, Direction::Up) => "the whole run was rolled back".to_owned(),
            (StateLeft::RunRolledBack, Direction::Down) => {
                "everything is as it was before the run".to_owned()
            }
            (StateLeft::HalfWay { done, total }, _) => {
                format!("{done} of its {total} statements are committed")
            }
            (StateLeft::Unknown, _) => {
                "the connection broke, and whatever was not committed was rolled back".to_owned()
            }
        }
    }
}

impl fmt::Display for StepFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.place {
            write!(f, "{place}: ")?;
        }
        if let Some(statement) = &self.statement {
            write!(f, "`{statement}`: ")?;
        }
        f.write_str(&self.message)?;
        if let Some(sqlstate) = &self.sqlstate {
            write!(f, " (SQLSTATE {sqlstate})")?;
        }
        if let Some(detail) = &self.detail {
            write!(f, "\ndetail: {detail}")?;
        }
        if let Some(hint) = &self.server_hint {
            write!(f, "\nserver's hint: {hint}")?;
        }
        if let Some(reason) = &self.not_recorded {
            write!(f, "\nnot written into the history: {reason}")?;
        }
        Ok(())
    }
}

impl std::error::Error for StepFailure {}

/// A verb did not do what it was asked.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RunError {
    /// The migrations cannot be read; nothing was run.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// No plan can be made; nothing was run.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// A step cannot be run as it stands; nothing was run.
    #[error("migration `{name}` cannot be run; nothing was run")]
    Prepare {
        /// The migration.
        name: String,
        /// Why.
        #[source]
        source: PrepareError,
    },
    /// The database cannot be reached, locked or asked.
    #[error(transparent)]
    Backend(#[from] BackendError),
    /// The database belongs to another environment.
    #[error("the database is marked as `{marked}`, but the environment is `{wanted}`")]
    EnvironmentMismatch {
        /// What the database says.
        marked: String,
        /// What was said.
        wanted: String,
    },
    /// At least one step failed.
    #[error("{}", failed_text(report))]
    Failed {
        /// Everything that was done, and what failed.
        report: Box<RunReport>,
        /// The first failure.
        #[source]
        source: Box<StepFailure>,
    },
    /// The one commit of a batch failed; nothing of the batch is kept.
    #[error("failed to commit the batch; {}", commit_text(*steps))]
    Commit {
        /// How many steps it had.
        steps: usize,
        /// What was planned.
        report: Box<RunReport>,
        /// What the database said, with the last step, under which the history keeps it: which
        /// step it was that broke what is checked at the commit, nobody knows.
        #[source]
        source: Box<StepFailure>,
    },
    /// Between showing the plan and running it somebody else changed the state.
    #[error("the plan is no longer the one that was agreed to; nothing was run")]
    PlanChanged,
    /// The run was asked to end between two steps.
    #[error("interrupted after {} of {} steps; what is done is committed", report.done.len(), report.planned.len())]
    Interrupted {
        /// What was done.
        report: Box<RunReport>,
    },
    /// A settled state was asked for that does not need settling.
    #[error("migration `{name}` needs no resolving: it is {state}")]
    NothingToResolve {
        /// The migration.
        name: String,
        /// How it stands.
        state: String,
    },
    /// A repair was asked for where nothing was modified.
    #[error("migration `{name}` needs no repair: its SQL is what was applied")]
    NothingToRepair {
        /// The migration.
        name: String,
    },
    /// A reason is missing.
    #[error("the reason is empty")]
    NoReason,
}

impl RunError {
    /// Returns what may help, as a command that can be pasted where there is one.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Source(error) => error.hint(),
            Self::Plan(error) => error.hint(),
            Self::Prepare { source, .. } => source.hint(),
            Self::Backend(error) => error.hint(),
            Self::EnvironmentMismatch { marked, wanted } => Some(format!(
                "name the database's own environment by `--env {marked}`; if it has changed hands: `dieselkit db mark {wanted}`"
            )),
            Self::Failed { source, .. } => Some(source.hint()),
            Self::Commit { source, .. } => Some(source.commit_hint()),
            Self::Interrupted { .. }
            | Self::PlanChanged
            | Self::NothingToResolve { .. }
            | Self::NothingToRepair { .. } => Some("`dieselkit status`".to_owned()),
            Self::NoReason => Some("`--reason \"why\"`".to_owned()),
        }
    }

    /// Returns what was done before the error, where anything may have been.
    pub fn report(&self) -> Option<&RunReport> {
        match self {
            Self::Failed { report, .. }
            | Self::Commit { report, .. }
            | Self::Interrupted { report } => Some(report),
            _ => None,
        }
    }
}

fn failed_text(report: &RunReport) -> String {
    let [failure, ..] = report.failures.as_slice() else {
        return "a step failed".to_owned();
    };
    let verb = match failure.step.direction {
        Direction::Up => "apply",
        Direction::Down => "roll back",
    };
    let what = match report.failures.len() {
        1 => "migration".to_owned(),
        many => format!("{many} migrations, the first of them"),
    };
    let (name, state) = (&failure.step.name, failure.state_text());
    format!("failed to {verb} {what} `{name}`; {state}")
}

fn commit_text(steps: usize) -> String {
    match steps {
        1 => "its one step was rolled back".to_owned(),
        many => format!("all {many} steps were rolled back"),
    }
}
