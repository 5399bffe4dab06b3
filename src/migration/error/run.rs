//! A verb did not do what it was asked.
//!
//! The exit code of each is the program's to know.

use std::path::{Path, PathBuf};

use thiserror::Error;

use super::{PlanError, PrepareError, SourceError};
use crate::backend::BackendError;
use crate::backend::restore::RestoreError;
use crate::event::Direction;
use crate::migration::failure::StepFailure;
use crate::migration::rehearsal::RehearsalReport;
use crate::migration::report::{CopyMade, RunReport};
use crate::operation::{self, SafetyCopyError, words_for_operation_errors};

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
    /// A copy of the database was to be made before the run, and was not.
    #[error("failed to back the database up first, so nothing was run")]
    NotBackedUp {
        /// Why.
        #[source]
        source: SafetyCopyError,
    },
    /// The run was asked to end between two steps.
    #[error("{}", interrupted_text(report))]
    Interrupted {
        /// What was done, or is undone where the run was all or nothing.
        report: Box<RunReport>,
    },
    /// A rehearsal failed; nothing of it is left.
    #[error("{}", rehearsal_text(report, source))]
    Rehearsal {
        /// What it found until then.
        report: Box<RehearsalReport>,
        /// The first failure.
        #[source]
        source: Box<StepFailure>,
    },
    /// A rehearsal was asked to end; nothing of it is left.
    #[error("interrupted after {} of {} steps of the rehearsal; nothing of it is left", report.steps.len(), report.planned.len())]
    RehearsalInterrupted {
        /// What it found until then.
        report: Box<RehearsalReport>,
    },
    /// There is no copy to rehearse on; nothing was run.
    #[error("failed to make a copy to rehearse on, so nothing was run")]
    NoCopy {
        /// Why.
        #[source]
        source: RestoreError,
    },
    /// A rehearsal went well, and its copy is left.
    #[error("the rehearsal went well, but its copy `{copy}` could not be dropped")]
    CopyLeft {
        /// The copy.
        copy: String,
        /// Why.
        #[source]
        source: RestoreError,
    },
    /// A reset would drop everything and apply nothing; nothing was dropped.
    #[error("{} that a reset could apply, so nothing was dropped", no_migration_text(folder.as_deref()))]
    NoMigrations {
        /// The folder that holds none, where the migrations came from one.
        folder: Option<PathBuf>,
    },
    /// A reset dropped everything and did not apply all again.
    #[error("everything was dropped, and not all migrations were applied again")]
    Emptied {
        /// What was dropped, as `kind name`.
        dropped: Vec<String>,
        /// The copy of the database that was made before.
        backup: Option<CopyMade>,
        /// Why the way up did not get to its end.
        #[source]
        source: Box<RunError>,
    },
    /// A settled state was asked for that does not need settling.
    #[error("migration `{name}` needs no resolving: it is {state}")]
    NothingToResolve {
        /// The migration.
        name: String,
        /// How it stands.
        state: String,
    },
    /// A repair was asked for where nothing is known to be modified.
    #[error("migration `{name}` needs no repair: {state}")]
    NothingToRepair {
        /// The migration.
        name: String,
        /// How it stands.
        state: String,
    },
    /// A reason is missing.
    #[error("the reason is empty")]
    NoReason,
}

words_for_operation_errors!(RunError);

impl RunError {
    /// Returns what may help, as a command that can be pasted where there is one.
    pub fn hint(&self) -> Option<String> {
        let hint = self.hint_without_way_back();
        match self.backup() {
            None => hint,
            Some(copy) => Some(copy.beside(hint)),
        }
    }

    fn hint_without_way_back(&self) -> Option<String> {
        match self {
            Self::Source(error) => error.hint(),
            Self::Plan(error) => error.hint(),
            Self::Prepare { source, .. } => source.hint(),
            Self::Backend(error) => error.hint(),
            Self::EnvironmentMismatch { marked, wanted } => {
                Some(operation::other_environment(marked, wanted))
            }
            Self::Rehearsal { report, source } if is_behind_way_down(report, source) => {
                Some(format!("mend its way down and run `{}`", source.retry))
            }
            Self::Rehearsal { report, source } if !report.left_out.is_empty() => Some(format!(
                "{}; what was left out may be what is missing: on a copy it runs, `dieselkit up --rehearse --on-copy`",
                source.hint()
            )),
            Self::Failed { source, .. } | Self::Rehearsal { source, .. } => Some(source.hint()),
            Self::NoCopy { source } => match source {
                RestoreError::Backend(BackendError::DatabaseInUse { .. }) => Some(
                    "a server copies a database that nobody is connected to: end these programs, or rehearse on a backup, `dieselkit up --rehearse --on-copy=backup`, or in the database itself, `dieselkit up --rehearse`".to_owned(),
                ),
                source => source.hint(),
            },
            Self::CopyLeft { .. } => Some(
                "the next restore removes it, as `dieselkit backup verify --restore` does".to_owned(),
            ),
            Self::RehearsalInterrupted { .. } => Some("`dieselkit up --rehearse`".to_owned()),
            Self::Commit { source, .. } => Some(source.commit_hint()),
            Self::Emptied { source, .. } => match &**source {
                Self::Interrupted { .. } => Some("`dieselkit up`".to_owned()),
                source => source.hint_without_way_back(),
            },
            Self::NotBackedUp { source } => source.hint().map(str::to_owned),
            Self::Interrupted { .. }
            | Self::PlanChanged
            | Self::NothingToResolve { .. }
            | Self::NothingToRepair { .. } => Some("`dieselkit status`".to_owned()),
            Self::NoMigrations { .. } => Some(
                "name the folder that holds them: `dieselkit reset --migrations DIR`; to be left with an empty database: `dieselkit db drop`, then `dieselkit db create`".to_owned(),
            ),
            Self::NoReason => Some("`--reason \"why\"`".to_owned()),
        }
    }

    /// Returns the copy of the database that was made before the run, where one was.
    pub fn backup(&self) -> Option<&CopyMade> {
        match self {
            Self::Emptied { backup, .. } => backup.as_ref(),
            _ => self.report()?.backup.as_ref(),
        }
    }

    /// Returns what a rehearsal found before the error, where it is one's.
    pub fn rehearsal(&self) -> Option<&RehearsalReport> {
        match self {
            Self::Rehearsal { report, .. } | Self::RehearsalInterrupted { report } => Some(report),
            _ => None,
        }
    }

    /// Returns what was done before the error, where anything may have been.
    pub fn report(&self) -> Option<&RunReport> {
        match self {
            Self::Failed { report, .. }
            | Self::Commit { report, .. }
            | Self::Interrupted { report } => Some(report),
            Self::Emptied { source, .. } => source.report(),
            _ => None,
        }
    }
}

fn no_migration_text(folder: Option<&Path>) -> String {
    match folder {
        None => "there is no migration".to_owned(),
        Some(folder) => format!("`{}` holds no migration", folder.display()),
    }
}

fn rehearsal_text(report: &RehearsalReport, failure: &StepFailure) -> String {
    let again = if is_behind_way_down(report, failure) {
        " once more behind its way down"
    } else {
        ""
    };
    format!(
        "the rehearsal failed to {} migration `{}`{again}; nothing of it is left",
        verb(failure),
        failure.step.name
    )
}

/// Returns whether a way up failed that had gone well, and was rolled back.
fn is_behind_way_down(report: &RehearsalReport, failure: &StepFailure) -> bool {
    let mut ways_down = report.ways_down.iter();
    failure.step.direction == Direction::Up
        && ways_down.any(|way| way.version == failure.step.version)
}

fn verb(failure: &StepFailure) -> &'static str {
    match failure.step.direction {
        Direction::Up => "apply",
        Direction::Down => "roll back",
    }
}

fn failed_text(report: &RunReport) -> String {
    let [failure, ..] = report.failures.as_slice() else {
        return "a step failed".to_owned();
    };
    let verb = verb(failure);
    let what = match report.failures.len() {
        1 => "migration".to_owned(),
        many => format!("{many} migrations, the first of them"),
    };
    let (name, state) = (&failure.step.name, failure.state_text());
    format!("failed to {verb} {what} `{name}`; {state}")
}

fn interrupted_text(report: &RunReport) -> String {
    let planned = report.planned.len();
    match (report.done.len(), report.undone.len()) {
        (0, 0) => format!("interrupted before the first of {planned} steps; nothing was run"),
        (0, undone) => format!(
            "interrupted after {undone} of {planned} steps; the run was rolled back whole, and everything is as it was before it"
        ),
        (done, _) => {
            format!("interrupted after {done} of {planned} steps; what is done is committed")
        }
    }
}

fn commit_text(steps: usize) -> String {
    match steps {
        1 => "its one step was rolled back".to_owned(),
        many => format!("all {many} steps were rolled back"),
    }
}
