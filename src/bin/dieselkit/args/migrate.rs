//! The commands that go up: `up`, `goto`.

use clap::{Args, ValueEnum};
use serde::Deserialize;

use super::limits::TimeLimits;
use super::rehearsal::Rehearsal;
use super::safety::{BackupFirst, LintFirst};
use super::value;

/// Applies pending migrations: all of them, or up to a version
///
/// Takes the lock, reads the state, checks every file of the plan, and only then runs the
/// first statement. By default each migration runs in a transaction of its own: after a
/// failure, those before it stay applied and nothing of the failed one is left.
#[derive(Debug, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag that a user types"
)]
#[command(after_long_help = "\
Examples:
  dieselkit up
  dieselkit up --dry-run
  dieselkit up --rehearse                   # what does it lock, and how long?
  dieselkit up --rehearse --on-copy --with-rollback
  dieselkit up --to 20260131101500
  dieselkit up --transaction batch          # all or nothing
  dieselkit up --create-database --env test
  dieselkit up --backup                     # a verified backup first
  dieselkit up --force --confirm studio     # modified migrations, where protected")]
pub(crate) struct Up {
    /// Stop once this version is applied
    #[arg(long, value_name = "VERSION", conflicts_with = "steps", value_parser = value::not_blank)]
    pub(crate) to: Option<String>,

    /// Apply at most this many
    #[arg(long, value_name = "N", value_parser = value::count)]
    pub(crate) steps: Option<u32>,

    /// Print the plan and its SQL, and write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,

    #[command(flatten)]
    pub(crate) rehearsal: Rehearsal,

    #[command(flatten)]
    pub(crate) transaction: Transaction,

    /// Apply modified migrations again and record their new checksums
    ///
    /// Destructive: asks, and in a protected environment wants the database's name.
    #[arg(long)]
    pub(crate) force: bool,

    /// After a failure, go on with the next migration; exits with 1 all the same
    ///
    /// Refused with `--transaction batch`, configured or typed: there a failure ends all.
    #[arg(long)]
    pub(crate) keep_going: bool,

    /// Apply migrations that are older than the newest applied one
    #[arg(long)]
    pub(crate) allow_out_of_order: bool,

    #[command(flatten)]
    pub(crate) lint: LintFirst,

    /// Create the database first if it does not exist
    #[arg(long)]
    pub(crate) create_database: bool,

    #[command(flatten)]
    pub(crate) first: BackupFirst,

    #[command(flatten)]
    pub(crate) limits: TimeLimits,

    #[command(flatten)]
    pub(crate) schema: Schema,
}

impl Up {
    /// Returns whether clap let a contradiction through that depends on a value.
    pub(super) fn is_batch_that_keeps_going(&self) -> bool {
        self.keep_going && self.transaction.transaction == Some(TransactionMode::Batch)
    }
}

/// Goes up or down to exactly a version
///
/// Afterwards that version and everything older is applied, and nothing newer. Going down
/// is destructive: it asks, and in a protected environment wants the database's name.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  dieselkit goto 20260131101500
  dieselkit goto 20260131101500 --dry-run")]
pub(crate) struct Goto {
    /// The version that shall be the newest applied one
    #[arg(value_name = "VERSION", value_parser = value::not_blank)]
    pub(crate) version: String,

    /// Print the plan and its SQL, and write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,

    #[command(flatten)]
    pub(crate) transaction: Transaction,

    /// Apply migrations that are older than the newest applied one
    #[arg(long)]
    pub(crate) allow_out_of_order: bool,

    #[command(flatten)]
    pub(crate) lint: LintFirst,

    #[command(flatten)]
    pub(crate) first: BackupFirst,

    #[command(flatten)]
    pub(crate) limits: TimeLimits,

    #[command(flatten)]
    pub(crate) schema: Schema,
}

/// How the run is divided into transactions.
#[derive(Debug, Args)]
pub(crate) struct Transaction {
    /// What shares a transaction [default: `[migrations] transaction`, else each]
    #[arg(long, value_name = "MODE", value_enum)]
    pub(crate) transaction: Option<TransactionMode>,
}

/// What shares a transaction.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum TransactionMode {
    /// Each migration, or seed, has its own: a failure keeps what came before it
    #[default]
    Each,
    /// The whole run is one: all or nothing
    Batch,
}

/// Whether Diesel's schema file follows.
#[derive(Debug, Args)]
pub(crate) struct Schema {
    /// Leave the file that diesel.toml's [print_schema] names as it is
    #[arg(long)]
    pub(crate) no_schema: bool,
}
