//! The commands that go down: `rollback`, `redo`.

use clap::Args;

use super::limits::TimeLimits;
use super::migrate::Schema;
use super::safety::{BackupFirst, LintFirst};
use super::value;

/// Rolls applied migrations back: the last one, or as many as asked for
///
/// Goes in the reverse order of application. A plan with a migration that has no way down
/// stops before anything is touched. Destructive: asks, and in a protected environment
/// wants the database's name.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  dieselkit rollback
  dieselkit rollback --steps 3 --dry-run
  dieselkit rollback --batch                # what the last `up` applied
  dieselkit rollback --to 20260131101500    # this version stays applied
  dieselkit rollback --all --yes --backup   # a verified backup first
  dieselkit rollback --env production --confirm studio")]
pub(crate) struct Rollback {
    #[command(flatten)]
    selection: Selection,

    /// Roll back what was applied after this version, which stays applied
    #[arg(long, value_name = "VERSION", group = "selected", value_parser = value::not_blank)]
    to: Option<String>,

    /// Roll back everything
    #[arg(long, group = "selected")]
    all: bool,

    /// Print the plan and its SQL, and write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,

    #[command(flatten)]
    pub(crate) first: BackupFirst,

    #[command(flatten)]
    pub(crate) limits: TimeLimits,

    #[command(flatten)]
    pub(crate) schema: Schema,
}

impl Rollback {
    /// Returns how far to go.
    pub(crate) fn target(&self) -> RollbackTarget {
        match &self.to {
            Some(version) => RollbackTarget::To(version.clone()),
            None if self.all => RollbackTarget::All,
            None => self.selection.target(),
        }
    }
}

/// Rolls migrations back and applies them again: the last one, or as many as asked for
///
/// For trying a migration while it is being written. Destructive: asks, and in a protected
/// environment wants the database's name.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  dieselkit redo
  dieselkit redo --steps 2 --yes
  dieselkit redo --batch --dry-run")]
pub(crate) struct Redo {
    #[command(flatten)]
    selection: Selection,

    /// Print the plan and its SQL, and write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,

    #[command(flatten)]
    pub(crate) lint: LintFirst,

    #[command(flatten)]
    pub(crate) first: BackupFirst,

    #[command(flatten)]
    pub(crate) limits: TimeLimits,

    #[command(flatten)]
    pub(crate) schema: Schema,
}

impl Redo {
    /// Returns how far to go.
    pub(crate) fn target(&self) -> RollbackTarget {
        self.selection.target()
    }
}

/// The part of the choice that both commands have.
#[derive(Debug, Args)]
struct Selection {
    /// Take the last N, by order of application [default: 1]
    #[arg(long, value_name = "N", group = "selected", value_parser = value::count)]
    steps: Option<u32>,

    /// Take what one `up` applied: the last batch, or batch B
    #[arg(long, value_name = "B", group = "selected", num_args = 0..=1, value_parser = value::count)]
    #[expect(
        clippy::option_option,
        reason = "it is how clap tells `--batch` from no `--batch`"
    )]
    batch: Option<Option<u32>>,
}

impl Selection {
    fn target(&self) -> RollbackTarget {
        match (self.batch, self.steps) {
            (Some(batch), _) => RollbackTarget::Batch(batch),
            (None, steps) => RollbackTarget::Steps(steps.unwrap_or(1)),
        }
    }
}

/// How far a rollback goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RollbackTarget {
    /// So many, by order of application.
    Steps(u32),
    /// What one `up` applied: that batch, or the last one.
    Batch(Option<u32>),
    /// Everything applied after this version, which stays.
    To(String),
    /// Everything.
    All,
}
