//! The command that fills a database: `seed`, `seed status`.

use clap::{Args, Subcommand};

use super::migrate::Transaction;
use super::value;

/// Fills the database with the environment's seeds
///
/// Runs what is new or changed in `seeds/common` and `seeds/ENVIRONMENT`, both merged, in
/// the order of the file names: NNN_name.sql, and rows of a table as NNN_table.csv, .jsonl
/// or .json, which are inserted where they are missing and updated where they differ. Each
/// file has its own transaction; a second time, nothing that did not change is run.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_long_help = "\
Examples:
  dieselkit seed
  dieselkit seed --env test --only 020_users
  dieselkit seed --force                  # also what did not change
  dieselkit seed --dry-run
  dieselkit seed --verify                 # exit code 3 if a second run changes anything
  dieselkit seed status --check           # exit code 3 if anything would run"
)]
pub(crate) struct Seed {
    #[command(subcommand)]
    pub(crate) command: Option<SeedCommand>,
    #[command(flatten)]
    pub(crate) run: SeedRun,
}

/// What a seeding is told.
#[derive(Debug, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag that a user types"
)]
pub(crate) struct SeedRun {
    /// Run also what did not change; `-- seed: once` only where it is named by --only
    #[arg(long)]
    pub(crate) force: bool,

    /// Run this one alone: its file, with or without folder and ending; may be repeated
    #[arg(long, value_name = "NAME", value_parser = value::not_blank)]
    pub(crate) only: Vec<String>,

    /// Seed although migrations are pending
    #[arg(long)]
    pub(crate) allow_pending: bool,

    /// Print which seeds would run and why, and write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// Prove that the seeds may run again: run all twice, roll back, exit with 3 if the second run
    /// changed anything
    ///
    /// Shows what the second run changed of any table. Whoever else wants to write to the database
    /// waits meanwhile, so a protected environment asks for --confirm.
    #[arg(long, conflicts_with_all = ["dry_run", "force", "transaction"])]
    pub(crate) verify: bool,

    #[command(flatten)]
    pub(crate) credentials: Credentials,

    #[command(flatten)]
    pub(crate) transaction: Transaction,
}

/// Whether passwords are shown.
#[derive(Debug, Args)]
pub(crate) struct Credentials {
    /// Print the credentials of the environment, passwords included, also into JSON and pipes;
    /// never those of a protected environment
    #[arg(long)]
    pub(crate) show_credentials: bool,
}

/// What else can be asked of seeds.
#[derive(Debug, Subcommand)]
pub(crate) enum SeedCommand {
    Status(SeedStatus),
}

/// Shows the state of every seed
///
/// For each: whether it ran, when, how long, by whom, and what became of its rows. Writes
/// nothing.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  dieselkit seed status
  dieselkit seed status --check --json")]
pub(crate) struct SeedStatus {
    /// Exit with 3 if any seed is new, changed or failed
    #[arg(long)]
    pub(crate) check: bool,
}
