//! The command that fills a database: `seed`, and what else is asked of seeds.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use dieselkit::seed::Anonymize;

use super::migrate::Transaction;
use super::value;

/// Fills the database with the environment's seeds
///
/// Runs what is new or changed in `seeds/common` and `seeds/ENVIRONMENT`, both merged, in
/// the order of the file names: NNN_name.sql, and rows of a table as NNN_table.csv, .jsonl
/// or .json, which are inserted where they are missing and updated where they differ; settings
/// of such a file stand beside it, in NNN_table.toml. Each file has its own transaction, and is
/// not run again until it changes.
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
  dieselkit seed new users --format csv
  dieselkit seed capture users --where 'id < 100' --anonymize email=fake:email
  dieselkit seed generate users --rows 100000
  dieselkit seed status --check           # exit code 3 if any is due; `always` never is"
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
    New(SeedNew),
    Capture(SeedCapture),
    Generate(SeedGenerate),
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
    /// Exit with 3 if any seed is new, changed, failed or rolled back; not for one that always runs
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

/// What captured rows are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CaptureFormat {
    Csv,
    Jsonl,
    Json,
}

/// Writes rows of the database into data files that `seed` reads back to the same rows
///
/// One file a table in `seeds/ENVIRONMENT`, in the order of the primary key, all read at one
/// moment: the same bytes each time. Rows of the same table to which captured rows refer always
/// come along; with several tables, or with --with-references, so do those of other tables, in
/// files that are numbered so that they come first. Writes nothing to the database.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  dieselkit seed capture countries
  dieselkit seed capture bookings --where \"day >= '2026-01-01'\" --limit 100 --with-references
  dieselkit seed capture users bookings --anonymize email=fake:email --anonymize phone=null
  dieselkit seed capture settings --format jsonl
  dieselkit seed capture users --into users.csv --force")]
pub(crate) struct SeedCapture {
    /// The tables, each TABLE or SCHEMA.TABLE; a name with a dot in double quotes: '"a.b"'
    #[arg(required = true, value_name = "TABLE", value_parser = value::not_blank)]
    pub(crate) tables: Vec<String>,

    /// Take only the rows for which this condition is true: SQL as behind WHERE, about the one
    /// table that is named
    #[arg(long = "where", value_name = "SQL", value_parser = value::not_blank)]
    pub(crate) filter: Option<String>,

    /// Take only the first N rows of each named table, in the order of the primary key
    #[arg(long, value_name = "N", value_parser = value::count, allow_negative_numbers = true)]
    pub(crate) limit: Option<u32>,

    /// Write the one table into this file, wherever it is; its name ends in .csv, .jsonl or .json
    #[arg(long, value_name = "FILE", conflicts_with = "with_references")]
    pub(crate) into: Option<PathBuf>,

    /// What the files are written in [default: what the name of a file says, else csv]
    ///
    /// The name of --into, or with --force of the file that is there. JSON has the objects and
    /// arrays of json columns as they are, and on SQLite also values of other types than their
    /// columns'.
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(crate) format: Option<CaptureFormat>,

    /// Write other values in place of a column's; may be repeated
    ///
    /// COLUMN is a column of every captured table that has it, or TABLE.COLUMN. METHOD is null,
    /// hash, fake:email, fake:name, fake:phone, fake:company, fake:address or fake:word. The same
    /// value becomes the same each time, also in columns that refer to it; NULL stays NULL.
    #[arg(long, value_name = "COLUMN=METHOD")]
    pub(crate) anonymize: Vec<Anonymize>,

    /// Take along the rows of other tables that captured rows refer to; several tables imply it
    #[arg(long)]
    pub(crate) with_references: bool,

    /// Replace the files that the tables have already
    #[arg(long)]
    pub(crate) force: bool,
}

/// Fills a table with made-up rows, for trying things at size
///
/// They fit the columns' types and names, keep unique keys, foreign keys and simple CHECKs, and
/// are added to the rows that are there, all in one transaction. Ids that the database counts are
/// left to it, and so are columns with a default, unless they hold times, have a CHECK that lists
/// their values, or are unique. A foreign key refers to rows that exist: fill the table that it
/// refers to first. Never in a protected environment; not tracked as a seed.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  dieselkit seed generate users --rows 1000
  dieselkit seed generate billing.invoices --rows 1000000 --seed 42")]
pub(crate) struct SeedGenerate {
    /// The table: TABLE or SCHEMA.TABLE; a name with a dot in double quotes: '"a.b"'
    #[arg(value_parser = value::not_blank)]
    pub(crate) table: String,

    /// How many rows to add
    #[arg(long, value_name = "N", value_parser = value::count, allow_negative_numbers = true)]
    pub(crate) rows: u32,

    /// The number that the rows are made from: the same number makes the same rows again, and
    /// another one others
    #[arg(long, value_name = "S", default_value_t = 1, value_parser = value::number, allow_negative_numbers = true)]
    pub(crate) seed: u64,

    /// Make rows up although migrations are pending
    #[arg(long)]
    pub(crate) allow_pending: bool,
}
