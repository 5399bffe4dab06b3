//! The flags of the commands that apply migrations: whether a backup is made first, and whether lint
//! is asked.

use clap::Args;

/// Whether a backup is made first.
#[derive(Debug, Args)]
pub(crate) struct BackupFirst {
    /// Make a verified backup first, and note it in the history
    ///
    /// Once the plan stands, and while no other run can begin. If it fails, nothing is run. In a
    /// protected environment this is the default before what destroys: ways down, migrations
    /// that are applied again, a reset, and SQL that drops, empties, deletes or overwrites.
    /// Where there is nothing to run, none is made.
    #[arg(long, conflicts_with = "no_backup")]
    backup: bool,

    /// Make no backup first, even where the environment is protected
    #[arg(long)]
    no_backup: bool,
}

/// What was said of a backup before a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BackupChoice {
    /// One is made.
    Always,
    /// None is made.
    Never,
    /// Nothing was said.
    Unsaid,
}

impl BackupFirst {
    /// Returns what was said.
    pub(crate) fn choice(&self) -> BackupChoice {
        match (self.backup, self.no_backup) {
            (true, _) => BackupChoice::Always,
            (false, true) => BackupChoice::Never,
            (false, false) => BackupChoice::Unsaid,
        }
    }
}

/// Whether lint is asked about what would be applied.
#[derive(Debug, Args)]
pub(crate) struct LintFirst {
    /// Apply what lint finds errors in, to a protected database too
    ///
    /// There it is refused otherwise, before anything is applied; elsewhere nobody lints.
    #[arg(long)]
    no_lint: bool,
}

/// What was said of lint before a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LintChoice {
    /// It is not asked.
    Never,
    /// Nothing was said.
    Unsaid,
}

impl LintFirst {
    /// Returns what was said.
    pub(crate) fn choice(&self) -> LintChoice {
        if self.no_lint {
            LintChoice::Never
        } else {
            LintChoice::Unsaid
        }
    }
}
