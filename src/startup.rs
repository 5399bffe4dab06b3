//! Migrating when a program starts, in one replica or in many.
//!
//! A program that runs asynchronously calls it on a blocking thread (`spawn_blocking`): it waits
//! for locks and for the database.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;

use crate::clock::{Clock, SystemClock};
use crate::migration::{Migrator, PlanError, RunError, RunReport, UpOptions};
use crate::version::Version;

/// How long a waiting program pauses before it looks again.
const PAUSE: Duration = Duration::from_millis(250);

/// What a program does about its migrations when it starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mode {
    /// Applies what is pending. Of many replicas one does, and the others wait for its lock, read
    /// again, and go on.
    Run,
    /// Waits until somebody else, such as a job of the deployment, has applied everything that
    /// this program knows.
    Wait {
        /// How long.
        timeout: Duration,
    },
    /// Refuses to start when anything that this program knows is not applied, or where
    /// [`Mode::Run`] would refuse.
    Check,
}

/// What happens when the database is not what the program needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum OnFailure {
    /// The error is returned.
    #[default]
    Return,
    /// The error, its causes and its hint are written to standard error, and the process ends with
    /// this code.
    Exit(i32),
}

/// How far the start has come, for a health probe.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Progress {
    /// It migrates, or waits for the lock to do so.
    Migrating,
    /// It waits for somebody else; this many migrations are not applied yet.
    Waiting {
        /// How many.
        pending: usize,
    },
    /// The database is what the program needs.
    Ready,
    /// The database is not, and the start has failed.
    Failed,
}

/// The database is not what the program needs.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StartupError {
    /// Migrating failed, or the state could not be read.
    #[error(transparent)]
    Run(#[from] RunError),
    /// Something that this program knows is not applied.
    #[error("the database is behind this program: {}", named(pending))]
    Behind {
        /// What is not applied.
        pending: Vec<Version>,
    },
    /// Something that this program knows was not applied in time.
    #[error(
        "the database is still behind this program after {:?}: {}",
        milliseconds(*waited_ms), named(pending)
    )]
    TimedOut {
        /// What is not applied.
        pending: Vec<Version>,
        /// How long it waited, in milliseconds.
        waited_ms: u128,
    },
}

impl StartupError {
    /// Returns what may help, as a command that can be pasted where there is one.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Run(error) => error.hint(),
            Self::Behind { .. } => Some("`dieselkit up`".to_owned()),
            Self::TimedOut { .. } => {
                Some("look for the run that was to apply them: `dieselkit history`".to_owned())
            }
        }
    }

    /// Returns how many migrations somebody else may still bring into order, if that is all there
    /// is to it.
    fn awaited(&self) -> Option<usize> {
        match self {
            Self::Behind { pending } => Some(pending.len()),
            Self::Run(RunError::Plan(PlanError::OutOfOrder { names, .. })) => Some(names.len()),
            Self::Run(RunError::Plan(PlanError::WayDownHalted { .. })) => Some(1),
            _ => None,
        }
    }

    /// Returns the error for who has waited in vain.
    fn after(self, waited: Duration) -> Self {
        match self {
            Self::Behind { pending } => Self::TimedOut {
                pending,
                waited_ms: waited.as_millis(),
            },
            refused => refused,
        }
    }
}

fn milliseconds(waited_ms: u128) -> Duration {
    Duration::from_millis(u64::try_from(waited_ms).unwrap_or(u64::MAX))
}

/// Returns how many versions there are, and the first of them: a log's line is no place for all.
fn named(pending: &[Version]) -> String {
    match pending {
        [] => "nothing is pending".to_owned(),
        [only] => format!("migration `{only}` is not applied"),
        [first, ..] => format!(
            "{} migrations are not applied, the first of them `{first}`",
            pending.len()
        ),
    }
}

type Callback = Box<dyn FnMut(&Progress) + Send>;

/// Brings a database and a program together when the program starts.
///
/// Every mode goes by the rules of `up`. A database that is ahead, since a newer program has
/// migrated it, is none of its business: what it knows is applied. A hole in the middle, a modified
/// file, a way down that stopped half way, and a late migration that the options do not allow are
/// errors; whoever waits gives somebody else the time to settle the last two.
pub struct AutoMigrator {
    migrator: Migrator,
    mode: Mode,
    up: UpOptions,
    on_failure: OnFailure,
    clock: Arc<dyn Clock>,
    callback: Option<Callback>,
}

impl std::fmt::Debug for AutoMigrator {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("AutoMigrator")
            .field("migrator", &self.migrator)
            .field("mode", &self.mode)
            .finish_non_exhaustive()
    }
}

impl AutoMigrator {
    /// Makes one of a migrator and a mode.
    pub fn new(migrator: Migrator, mode: Mode) -> Self {
        Self {
            migrator,
            mode,
            up: UpOptions::default(),
            on_failure: OnFailure::default(),
            clock: Arc::new(SystemClock::default()),
            callback: None,
        }
    }

    /// Says how `Mode::Run` applies, and so what the other modes wait for and refuse.
    #[must_use]
    pub fn with_up_options(mut self, options: UpOptions) -> Self {
        self.up = options;
        self
    }

    /// Says what happens on failure.
    #[must_use]
    pub fn on_failure(mut self, on_failure: OnFailure) -> Self {
        self.on_failure = on_failure;
        self
    }

    /// Lends it a clock to wait by.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Tells somebody how far it has come, on the thread that called [`AutoMigrator::start`].
    #[must_use]
    pub fn with_progress(mut self, callback: impl FnMut(&Progress) + Send + 'static) -> Self {
        self.callback = Some(Box::new(callback));
        self
    }

    /// Does what the mode says, and returns what was done; in the modes that apply nothing the
    /// report is empty.
    ///
    /// # Errors
    /// `StartupError`, unless the option is to exit; what was applied before it stays.
    pub fn start(mut self) -> Result<RunReport, StartupError> {
        let started = match self.mode {
            Mode::Run => self.run(),
            Mode::Wait { timeout } => self.wait(timeout),
            Mode::Check => self.check(),
        };
        match started {
            Ok(report) => {
                self.tell(&Progress::Ready);
                Ok(report)
            }
            Err(error) => {
                self.tell(&Progress::Failed);
                if let OnFailure::Exit(code) = self.on_failure {
                    leave(&error, code);
                }
                Err(error)
            }
        }
    }

    fn run(&mut self) -> Result<RunReport, StartupError> {
        self.tell(&Progress::Migrating);
        Ok(self.migrator.up(&self.up)?)
    }

    fn check(&mut self) -> Result<RunReport, StartupError> {
        self.prove_ready()?;
        Ok(RunReport::default())
    }

    fn wait(&mut self, timeout: Duration) -> Result<RunReport, StartupError> {
        let began = self.clock.elapsed();
        loop {
            let Err(error) = self.prove_ready() else {
                return Ok(RunReport::default());
            };
            let Some(pending) = error.awaited() else {
                return Err(error);
            };
            let waited = self.clock.elapsed().saturating_sub(began);
            if waited >= timeout {
                return Err(error.after(waited));
            }
            self.tell(&Progress::Waiting { pending });
            self.clock.sleep(PAUSE.min(timeout.saturating_sub(waited)));
        }
    }

    /// Fails unless `Mode::Run` would find nothing to do, and nothing to refuse.
    fn prove_ready(&mut self) -> Result<(), StartupError> {
        let pending = self.migrator.unapplied(&self.up)?;
        if pending.is_empty() {
            return Ok(());
        }
        Err(StartupError::Behind { pending })
    }

    fn tell(&mut self, progress: &Progress) {
        if let Some(callback) = &mut self.callback {
            callback(progress);
        }
    }
}

#[expect(
    clippy::exit,
    reason = "the caller asked for it with `OnFailure::Exit`"
)]
fn leave(error: &StartupError, code: i32) {
    // A standard error that nobody reads any more does not keep the process from ending.
    let _ = std::io::stderr().write_all(explained(error).as_bytes());
    std::process::exit(code);
}

/// Returns the error with its causes and its hint, a line each.
fn explained(error: &StartupError) -> String {
    let first = std::error::Error::source(error);
    let causes = std::iter::successors(first, |cause| cause.source());
    let causes = causes.map(|cause| format!("caused by: {cause}"));
    let hint = error.hint().map(|hint| format!("hint: {hint}"));
    let lines = std::iter::once(format!("error: {error}"));
    let lines: Vec<String> = lines.chain(causes).chain(hint).collect();
    lines.join("\n") + "\n"
}
