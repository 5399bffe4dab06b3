//! How errors end a command: what is said, what may help, and the exit code.
//!
//! With `report/`, this is the one place that prints.

use std::error::Error as _;
use std::fmt::Write as _;
use std::path::PathBuf;

use dieselkit::backend::BackendError;
use dieselkit::backend::redact::Redactor;
use dieselkit::migration::{PlanError, RunError, RunReport, ScaffoldError, SourceError};
use dieselkit::seed::{
    CaptureError, GenerateError, SeedError, SeedReport, SeedScaffoldError, SeedSourceError,
};
use dieselkit::{Error, Version};
use thiserror::Error as ThisError;

use crate::advice;
use crate::args::UsageError;
use crate::consent::Refusal;
use crate::exit::Exit;
use crate::report::{self, Typed};
use crate::settings::{Settings, SettingsError};

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
        /// Why.
        #[source]
        source: Box<CommandError>,
        /// What it did.
        did: Box<report::Answer>,
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
}

/// What a reset has left to do that dropped everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Left {
    /// To apply the rest of the migrations; no seeds were to follow.
    Migrations,
    /// To apply the rest of the migrations, and to seed.
    MigrationsAndSeeds,
    /// To seed: all migrations are applied.
    Seeds,
}

impl std::fmt::Display for Left {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Migrations | Self::MigrationsAndSeeds => {
                "everything was dropped, and not all migrations were applied again"
            }
            Self::Seeds => {
                "everything was dropped and all migrations were applied again, but not all is seeded"
            }
        })
    }
}

/// What makes a folder of migrations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FolderCure {
    /// `init`, which writes a configuration as well where there is none.
    Init,
    /// The system's own command: `init` would set up another project.
    MakeFolder,
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
    SourceError,
    ScaffoldError,
    CaptureError,
    GenerateError,
    SeedError,
    SeedScaffoldError,
    SeedSourceError
);

impl CommandError {
    /// Returns the exit code.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Settings(_)
            | Self::NoFolder { .. }
            | Self::OtherName { .. }
            | Self::NoSuchName { .. } => Exit::Usage,
            Self::Library(error) => exit_of(error),
            Self::Refused(refusal) => refusal.exit(),
            Self::StoppedAtOnce { .. } => Exit::Interrupted,
            Self::HalfReset { source, .. } => source.exit(),
            Self::Write { .. } | Self::Unwritten { .. } | Self::OnlyFiles { .. } => Exit::Failed,
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

    /// Returns what was done, or found, before the error.
    fn partial(&self) -> Partial {
        match self {
            Self::Library(error) => match &**error {
                Error::Run(error) => error
                    .report()
                    .map_or(Partial::Nothing, |report| Partial::Run(report.clone())),
                Error::Seed(error) => error
                    .report()
                    .map_or(Partial::Nothing, |report| Partial::Seeds(report.clone())),
                _ => Partial::Nothing,
            },
            Self::HalfReset { did, .. } => Partial::Did((**did).clone()),
            Self::OnlyFiles { found, .. } => Partial::Found((**found).clone()),
            _ => Partial::Nothing,
        }
    }
}

fn exit_of(error: &Error) -> Exit {
    match error {
        Error::Address(_)
        | Error::Environment(_)
        | Error::Source(SourceError::NoFolder { .. } | SourceError::DeadLink { .. })
        | Error::Scaffold(
            ScaffoldError::UnusableName { .. }
            | ScaffoldError::NameTooLong { .. }
            | ScaffoldError::Source(SourceError::DeadLink { .. }),
        )
        | Error::SeedScaffold(SeedScaffoldError::UnusableName { .. })
        | Error::Run(
            RunError::Plan(
                PlanError::UnknownVersion { .. }
                | PlanError::UnknownBatch { .. }
                | PlanError::KeepGoingInBatch,
            )
            | RunError::NoReason,
        ) => Exit::Usage,
        Error::Backend(error) | Error::Run(RunError::Backend(error)) => exit_of_backend(error),
        // What was done before it would have to be told from nothing at all.
        Error::Run(RunError::Failed { report, source })
            if report.done.is_empty() && source.is_held_by_others() =>
        {
            Exit::LockHeld
        }
        Error::Run(RunError::EnvironmentMismatch { .. }) => Exit::Refused,
        Error::Run(RunError::Interrupted { .. }) => Exit::Interrupted,
        Error::SeedSource(error) => exit_of_seeds(error),
        Error::Capture(error) => exit_of_capturing(error),
        Error::Generate(error) => exit_of_generating(error),
        Error::Seed(error) => exit_of_seeding(error),
        _ => Exit::Failed,
    }
}

fn exit_of_seeds(error: &SeedSourceError) -> Exit {
    match error {
        SeedSourceError::NoFolder { .. }
        | SeedSourceError::DeadLink { .. }
        | SeedSourceError::NoEnvironmentFolder { .. } => Exit::Usage,
        _ => Exit::Failed,
    }
}

fn exit_of_seeding(error: &SeedError) -> Exit {
    match error {
        SeedError::Source(error) => exit_of_seeds(error),
        SeedError::Backend(error) => exit_of_backend(error),
        SeedError::UnknownName { .. } => Exit::Usage,
        SeedError::EnvironmentMismatch { .. } | SeedError::Protected { .. } => Exit::Refused,
        SeedError::Interrupted { .. } => Exit::Interrupted,
        _ => Exit::Failed,
    }
}

fn exit_of_capturing(error: &CaptureError) -> Exit {
    match error {
        CaptureError::Backend(error) => exit_of_backend(error),
        CaptureError::Interrupted => Exit::Interrupted,
        CaptureError::FilterOfSeveral
        | CaptureError::SeveralIntoOne
        | CaptureError::UnknownFormat { .. }
        | CaptureError::OtherFormat { .. }
        | CaptureError::NoTable { .. }
        | CaptureError::UnknownColumn { .. }
        | CaptureError::UnfitMethod { .. }
        | CaptureError::TooLong { .. } => Exit::Usage,
        _ => Exit::Failed,
    }
}

fn exit_of_generating(error: &GenerateError) -> Exit {
    match error {
        GenerateError::Backend(error) => exit_of_backend(error),
        GenerateError::NoTable { .. }
        | GenerateError::View { .. }
        | GenerateError::Bookkeeping { .. } => Exit::Usage,
        GenerateError::EnvironmentMismatch { .. } | GenerateError::Protected { .. } => {
            Exit::Refused
        }
        GenerateError::Interrupted => Exit::Interrupted,
        _ => Exit::Failed,
    }
}

fn exit_of_backend(error: &BackendError) -> Exit {
    match error {
        BackendError::Address(_) => Exit::Usage,
        BackendError::Cancelled => Exit::Interrupted,
        error if error.is_held_by_others() => Exit::LockHeld,
        _ => Exit::Failed,
    }
}

/// What came before an error.
#[derive(Debug, Clone)]
pub(crate) enum Partial {
    /// Nothing was done.
    Nothing,
    /// A run did this, and then failed or was interrupted.
    Run(RunReport),
    /// A seeding did this, and then failed or was interrupted.
    Seeds(SeedReport),
    /// This was done, and shows in what failed as well.
    Did(report::Answer),
    /// This was found out all the same.
    Found(report::Answer),
}

/// An error as it is told.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    pub(crate) message: String,
    pub(crate) causes: Vec<String>,
    pub(crate) hint: Option<String>,
    pub(crate) exit: Exit,
    pub(crate) partial: Partial,
}

impl Failure {
    /// Returns the error for a terminal: `error:`, `caused by:`, `hint:`.
    pub(crate) fn text(&self) -> String {
        use report::style::{CAUSE, ERROR, HINT};
        let mut text = format!("{ERROR}error:{ERROR:#} {}\n", indented(&self.message, 7));
        for cause in &self.causes {
            let _ = writeln!(text, "  {CAUSE}caused by:{CAUSE:#} {}", indented(cause, 13));
        }
        if let Some(hint) = &self.hint {
            let _ = writeln!(text, "{HINT}hint:{HINT:#} {}", indented(hint, 6));
        }
        text
    }
}

/// Puts the further lines of a text below its first.
fn indented(text: &str, width: usize) -> String {
    text.trim_end().replace('\n', &format!("\n{:width$}", ""))
}

/// Tells what is wrong with the command line.
pub(crate) fn print_usage(refused: &UsageError) -> Exit {
    if refused.json {
        let failure = usage_failure(&refused.text(), refused.command.as_deref());
        let context = report::Context::of_command(refused.command.as_deref());
        let document = report::json::failure(&failure, &context);
        return report::told(report::print_json(&document), Exit::Usage, Exit::Usage);
    }
    report::print_error(&refused.styled());
    Exit::Usage
}

/// Divides what clap says: the first paragraph is the error, its tips are advice, and the usage is
/// left to `--help`.
fn usage_failure(text: &str, command: Option<&str>) -> Failure {
    let mut paragraphs = text.trim().split("\n\n");
    let message = paragraphs.next().unwrap_or_default();
    let tips = paragraphs
        .flat_map(str::lines)
        .filter_map(|line| line.trim().strip_prefix("tip: "));
    let command = command.map(|name| format!("{name} ")).unwrap_or_default();
    let help = ["`dieselkit ", &command, "--help`"].concat();
    let hint: Vec<&str> = tips.chain([&*help]).collect();
    Failure {
        message: fragment(message.trim_start_matches("error: ")),
        causes: Vec::new(),
        hint: Some(hint.join("; ")),
        exit: Exit::Usage,
        partial: Partial::Nothing,
    }
}

/// Returns a message of several lines as one: a list follows its colon.
fn fragment(message: &str) -> String {
    let mut lines = message.lines().map(str::trim);
    let first = lines.next().unwrap_or_default();
    let rest: Vec<&str> = lines.collect();
    let rest = rest.join(if first.ends_with(':') { ", " } else { " " });
    format!("{first} {rest}").trim_end().to_owned()
}
