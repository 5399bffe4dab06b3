//! The command that fills a database: `seed`, `seed status`.

use clap::{Args, Subcommand, ValueEnum};

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
  dieselkit seed new users --format csv
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

    #[command(flatten)]
    pub(crate) transaction: Transaction,
}

/// What else can be asked of seeds.
#[derive(Debug, Subcommand)]
pub(crate) enum SeedCommand {
    Status(SeedStatus),
    New(SeedNew),
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

/// Creates a new seed from the template
///
/// Its number is the next behind all seeds that run with it. Prints the path of what it
/// wrote. The template says what makes a good seed; `seed` refuses it until it is written.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  dieselkit seed new demo_bookings
  dieselkit seed new users --format csv --env test
  dieselkit seed new countries --format csv --common")]
pub(crate) struct SeedNew {
    /// What the seed brings, or, of a data file, the table; made snake_case
    #[arg(value_parser = value::not_blank)]
    pub(crate) name: String,

    /// Make it in `seeds/common`, for every environment
    #[arg(long)]
    pub(crate) common: bool,

    /// What it is written in: SQL, or the rows of one table
    #[arg(long, value_enum, default_value_t = SeedFormat::Sql)]
    pub(crate) format: SeedFormat,
}

/// What a new seed is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SeedFormat {
    Sql,
    Csv,
    Jsonl,
    Json,
}
