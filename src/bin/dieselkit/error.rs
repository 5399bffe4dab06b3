//! How errors end a command: what is said, what may help, and the exit code.
//!
//! Which code each has, `code` says; how one is told, `failure`, and what clap has to say, `usage`.

mod code;
mod common;
mod failure;
mod left;
mod usage;

use std::error::Error as _;
use std::path::PathBuf;

use dieselkit::backend::BackendError;
use dieselkit::backend::redact::Redactor;
use dieselkit::backup::{BackupsError, CatalogError, CreateError, RestoreBackupError};
use dieselkit::event::{Loss, StepNotice};
use dieselkit::lint::UnknownRule;
use dieselkit::migration::{CopyMade, RunError, ScaffoldError, SourceError};
use dieselkit::seed::{CaptureError, GenerateError, SeedError, SeedScaffoldError, SeedSourceError};
use dieselkit::{Error, Version};
use serde::Serialize;
use thiserror::Error as ThisError;

use crate::advice;
use crate::consent::Refusal;
use crate::exit::Exit;
use crate::report::{self, Typed};
use crate::settings::{Settings, SettingsError};

pub(crate) use common::{Mismatch, mismatch, of_catalog, of_database};
pub(crate) use failure::{Failure, Partial};
pub(crate) use left::Left;
pub(crate) use usage::print_usage;

/// A plan that nobody has agreed to.
#[derive(Serialize)]
struct NotAgreedTo<'a> {
    planned: &'a [StepNotice],
    losses: &'a [Loss],
}

/// Why a command did not do what it was asked.
#[derive(Debug, ThisError)]
pub(crate) enum CommandError {
    /// What is meant cannot be found out.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The library says why.
    #[error(transparent)]
    Library(Box<Error>),
    /// Nobody consented.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// A full name was typed, and the migration of its version has another.
    #[error("version `{version}` is `{name}`, not `{typed}`")]
    OtherName {
        /// The version.
        version: Version,
        /// What it is called.
        name: String,
        /// What was typed.
        typed: String,
    },
    /// What was typed is neither a version nor a name.
    #[error("`{typed}` is neither a version nor a migration's full name")]
    NoSuchName {
        /// What was typed.
        typed: String,
        /// The names that hold it.
        similar: Vec<String>,
    },
    /// The folder of the migrations is absent.
    #[error("there is no migrations folder `{path}`")]
    NoFolder {
        /// Where it was looked for.
        path: PathBuf,
        /// Whether `init` would make it.
        cure: FolderCure,
    },
    /// A file of the project could not be written.
    #[error("failed to write `{path}`")]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// A file that was named could not be read.
    #[error("failed to read `{path}`")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// git does not say what differs.
    #[error("failed to find out what differs from `{revision}`")]
    Git {
        /// The revision.
        revision: String,
        /// Where git was asked.
        folder: PathBuf,
        /// Why.
        silent: Silent,
        /// What git said.
        #[source]
        source: Box<CommandError>,
    },
    /// A folder that was named holds nothing that can be linted.
    #[error("no migration in `{folder}`")]
    NothingToLint {
        /// The folder.
        folder: PathBuf,
    },
    /// What is pending has lint errors, and the database is protected.
    #[error("lint finds {} in what would be applied to a protected database; nothing was applied", errors_text(*errors))]
    Linted {
        /// How many.
        errors: usize,
        /// All that was found.
        found: Box<report::Answer>,
    },
    /// A file may be that of an applied migration, which is not to be changed.
    #[error("`{path}` was not mended: no database could be asked whether it is applied: {why}")]
    Unmended {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// The answer could not be written.
    #[error("failed to write the answer to standard output")]
    Unwritten {
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// Ctrl-C was pressed twice.
    #[error("stopped at once: what was not committed is rolled back")]
    StoppedAtOnce {
        /// The command that says what is committed.
        asks: &'static str,
    },
    /// A reset dropped everything and did not get to its end.
    #[error("{left}")]
    HalfReset {
        /// What is left to do.
        left: Left,
        /// The backup that was made before.
        backup: Option<CopyMade>,
        /// Why.
        #[source]
        source: Box<CommandError>,
        /// What it did.
        did: Box<report::Answer>,
    },
    /// What was planned would be refused, or was not done.
    #[error("{source}")]
    NotAsPlanned {
        /// Why.
        #[source]
        source: Box<CommandError>,
        /// What was planned.
        plan: Box<report::Answer>,
    },
    /// No database could be asked, and the files are all that was checked.
    #[error("checked the files and nothing else: no database could be asked")]
    OnlyFiles {
        /// Why.
        #[source]
        source: Box<CommandError>,
        /// What was found in the files.
        found: Box<report::Answer>,
    },
    /// Something was done and stands, but a monitor is not told of it.
    #[error("{done}, but the numbers for a monitor could not be written")]
    NoMetrics {
        /// What stands.
        done: String,
        /// Why.
        #[source]
        source: Box<CommandError>,
        /// What was done.
        did: Box<report::Answer>,
    },
    /// Ways down that were rehearsed leave something, or take more along than they should.
    #[error("{} lead back to where {} began", way_down_text(names), if names.len() == 1 { "its way up" } else { "their ways up" })]
    NotLeadingBack {
        /// The migrations.
        names: Vec<String>,
        /// What else was found.
        found: Box<report::Answer>,
    },
    /// Of some backups nothing can be said, for a reason that is not theirs.
    #[error("{count} of {all} backups could not be judged, and have no new verdict")]
    NotAllVerified {
        /// How many.
        count: usize,
        /// Of how many.
        all: usize,
        /// Why the first could not.
        #[source]
        source: Box<CommandError>,
        /// What was found of the others.
        found: Box<report::Answer>,
    },
}

/// What makes a folder of migrations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FolderCure {
    /// `init`, which writes a configuration as well where there is none.
    Init,
    /// The system's own command: `init` would set up another project.
    MakeFolder,
}

fn way_down_text(names: &[String]) -> String {
    match names {
        [name] => format!("the way down of `{name}` does not"),
        names => format!("the ways down of `{}` do not", names.join("`, `")),
    }
}

/// Why git does not say what differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Silent {
    /// It cannot be started.
    NotInstalled,
    /// The folder is in no repository.
    NoRepository,
    /// It has something to say of the revision.
    OfRevision,
}

fn errors_text(count: usize) -> String {
    match count {
        1 => "1 error".to_owned(),
        many => format!("{many} errors"),
    }
}

macro_rules! through_the_library {
    ($($kind:ty),+) => {
        $(impl From<$kind> for CommandError {
            fn from(error: $kind) -> Self {
                Self::Library(Box::new(error.into()))
            }
        })+
    };
}

through_the_library!(
    Error,
    RunError,
    BackendError,
    BackupsError,
    CatalogError,
    CreateError,
    RestoreBackupError,
    SourceError,
    ScaffoldError,
    CaptureError,
    GenerateError,
    SeedError,
    SeedScaffoldError,
    SeedSourceError,
    UnknownRule
);

impl CommandError {
    /// Returns what the library says, also of what came beside an answer.
    pub(crate) fn of_library(&self) -> Option<&Error> {
        match self {
            Self::Library(error) => Some(error),
            Self::HalfReset { source, .. }
            | Self::NotAsPlanned { source, .. }
            | Self::OnlyFiles { source, .. }
            | Self::NoMetrics { source, .. }
            | Self::NotAllVerified { source, .. } => source.of_library(),
            _ => None,
        }
    }

    /// Returns the exit code.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Settings(_)
            | Self::NoFolder { .. }
            | Self::OtherName { .. }
            | Self::NoSuchName { .. }
            | Self::Read { .. }
            | Self::NothingToLint { .. } => Exit::Usage,
            Self::Linted { .. } => Exit::Refused,
            Self::Library(error) => code::of(error),
            Self::Refused(refusal) => refusal.exit(),
            Self::StoppedAtOnce { .. } => Exit::Interrupted,
            Self::HalfReset { source, .. }
            | Self::NotAsPlanned { source, .. }
            | Self::Git { source, .. } => source.exit(),
            Self::Write { .. }
            | Self::Unwritten { .. }
            | Self::OnlyFiles { .. }
            | Self::NoMetrics { .. }
            | Self::NotAllVerified { .. }
            | Self::NotLeadingBack { .. }
            | Self::Unmended { .. } => Exit::Failed,
        }
    }

    /// Returns the half made database that a restore could not drop.
    pub(crate) fn left_by_restore(&self) -> Option<&str> {
        match self {
            Self::Library(error) => match &**error {
                Error::RestoreBackup(error) => error.left(),
                _ => None,
            },
            _ => None,
        }
    }

    /// Returns what the error says, all of it, with nothing secret in it. Without settings, as far as
    /// they could be found out, the advice is less to the point.
    pub(crate) fn redacted(
        &self,
        typed: &Typed,
        redactor: &Redactor,
        settings: Option<&Settings>,
    ) -> Failure {
        let clean = |text: String| redactor.redact(&text).into_owned();
        let mut causes = Vec::new();
        let mut source = self.source();
        while let Some(cause) = source {
            causes.push(clean(cause.to_string()));
            source = cause.source();
        }
        // A transparent error has its own text and its source's in common.
        let message = clean(self.to_string());
        causes.retain(|cause| *cause != message);
        Failure {
            message,
            causes,
            hint: advice::on(self, &typed.again, settings).map(clean),
            exit: self.exit(),
            partial: self.partial(),
        }
    }

    /// Returns it with what would have been run, and what that would have lost, for whoever reads it
    /// as JSON: people have seen both.
    pub(crate) fn before(self, planned: &[StepNotice], losses: &[Loss]) -> Self {
        let plan = report::Answer {
            data: report::json::data(&NotAgreedTo { planned, losses }),
            ..report::Answer::default()
        };
        Self::NotAsPlanned {
            source: Box::new(self),
            plan: Box::new(plan),
        }
    }

    /// Returns what was done, or found, before the error.
    fn partial(&self) -> Partial {
        match self {
            Self::Library(error) => match &**error {
                Error::Run(error) => match (error.rehearsal(), error.report()) {
                    (Some(found), _) => Partial::Found(report::rehearsed(found)),
                    (None, Some(report)) => Partial::Run(report.clone()),
                    (None, None) => Partial::Nothing,
                },
                Error::Seed(error) => error
                    .report()
                    .map_or(Partial::Nothing, |report| Partial::Seeds(report.clone())),
                _ => Partial::Nothing,
            },
            Self::HalfReset { did, .. } | Self::NoMetrics { did, .. } => {
                Partial::Did((**did).clone())
            }
            Self::OnlyFiles { found, .. }
            | Self::Linted { found, .. }
            | Self::NotAllVerified { found, .. }
            | Self::NotLeadingBack { found, .. }
            | Self::NotAsPlanned { plan: found, .. } => Partial::Found((**found).clone()),
            _ => Partial::Nothing,
        }
    }
}
