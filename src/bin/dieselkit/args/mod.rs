//! What was typed: every command and flag, checked for form and for contradictions.
//!
//! It must not know what is meant by it: files, variables and the database are the
//! business of `settings` and of the commands.

#![expect(
    clippy::doc_markdown,
    reason = "the doc comments are help texts, which are shown as they stand"
)]

mod again;
pub(crate) mod backup;
pub(crate) mod database;
pub(crate) mod extras;
pub(crate) mod global;
pub(crate) mod history;
mod limits;
mod lint;
pub(crate) mod migrate;
mod rehearsal;
mod restore;
mod rollback;
mod safety;
pub(crate) mod seed;
mod usage;
mod value;

use clap::{CommandFactory as _, Parser, Subcommand};

pub(crate) use again::Again;
pub(crate) use backup::{
    Backup, BackupCheck, BackupCommand, BackupFormat, BackupHealth, BackupList, BackupMaking,
    BackupPrune, BackupVerify, Which,
};
pub(crate) use database::{DbCommand, DropDatabase, Mark, Reset};
pub(crate) use extras::{Completions, Init, Man, New};
pub(crate) use global::{Color, Global};
pub(crate) use history::{Baseline, History, Repair, Resolution, Resolve, Status};
pub(crate) use lint::{Lint, LintFormat};
pub(crate) use migrate::{Goto, Schema, TransactionMode, Up};
pub(crate) use rehearsal::CopyOf;
pub(crate) use restore::Restore;
pub(crate) use rollback::{Redo, Rollback, RollbackTarget};
pub(crate) use safety::{BackupChoice, BackupFirst, LintChoice, LintFirst};
pub(crate) use seed::{
    CaptureFormat, Seed, SeedCapture, SeedCommand, SeedFormat, SeedGenerate, SeedNew, SeedRun,
    SeedStatus,
};
pub(crate) use usage::{Parsed, UsageError, parse};
pub(crate) use value::age;

/// Looks after the life of a database: migrations, rollbacks, and the truth about both.
///
/// dieselkit applies migrations, rolls them back to any version, and tells what was done,
/// when and by whom. It reads Diesel's folders and keeps Diesel's own table, so that
/// `diesel migration run` goes on working beside it. Databases are SQLite and PostgreSQL.
///
/// The database is named by --database-url, else by the environment's `url` in
/// dieselkit.toml, else by DATABASE_URL, else by DB_HOST, DB_PORT, DB_NAME, DB_USER and
/// DB_PASSWORD, else by `[database] url` in dieselkit.toml. Variables may stand in
/// .env.ENVIRONMENT and .env.
#[derive(Debug, Parser)]
#[command(
    name = "dieselkit",
    bin_name = "dieselkit",
    version,
    max_term_width = 100,
    subcommand_required = true,
    arg_required_else_help = true,
    after_help = EXIT_CODES,
    after_long_help = TOP_EXAMPLES,
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXIT_CODES: &str = "\
Exit codes:
    0  done
    1  failed
    2  wrong usage or configuration
    3  findings (check, doctor, lint, status --check, seed status --check, backup health, verify)
    4  the lock is held by another run
    5  refused: a protected environment, or nobody consented
  130  interrupted";

const TOP_EXAMPLES: &str = "\
Examples:
  Set up a project, write a first migration and apply it:
      dieselkit init
      dieselkit new create_users
      dieselkit up

  See what would run, then roll back to a version:
      dieselkit up --dry-run
      dieselkit rollback --to 20260131101500

  Fail a build in which files and database disagree:
      dieselkit check --json

Exit codes:
    0  done
    1  failed
    2  wrong usage or configuration
    3  findings (check, doctor, lint, status --check, seed status --check, backup health, verify)
    4  the lock is held by another run
    5  refused: a protected environment, or nobody consented
  130  interrupted";

/// The commands, in the order in which a project meets them.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Init(Init),
    #[command(visible_alias = "create")]
    New(New),
    #[command(visible_alias = "migrate")]
    Up(Up),
    #[command(visible_alias = "down")]
    Rollback(Rollback),
    Redo(Redo),
    Goto(Goto),
    Status(Status),
    History(History),
    /// Proves that the migration files and the database agree
    ///
    /// Finds migrations that are modified (with a diff), missing, out of order, duplicate,
    /// unreadable, irreversible without saying so, left as the template, interrupted, or
    /// whose SQL does not parse, ways down included. Prints the findings and exits with 3
    /// if there are any.
    ///
    /// Without a database that can be reached, the files are still checked; it then says
    /// that nothing else was, and exits with 1.
    #[command(after_long_help = "\
Examples:
  dieselkit check
  dieselkit check --json --env production")]
    Check,
    /// Looks at everything that may stand in the way, and says what cures it
    ///
    /// Looks at the configuration and its keys that do nothing, the environment and the
    /// database's mark, the connection and whether it is encrypted, privileges, poolers, who
    /// holds the lock, invalid indexes, transactions of others that are open and idle, the
    /// migrations, pg_dump, and the backups: their age, their last test, and the room for them.
    /// Writes nothing, and exits with 3 if there is a problem.
    #[command(after_long_help = "\
Examples:
  dieselkit doctor
  dieselkit doctor --json --env production")]
    Doctor,
    Lint(Lint),
    Baseline(Baseline),
    Resolve(Resolve),
    Repair(Repair),
    /// Creates, drops or marks the database itself
    ///
    /// The server must be reachable; for SQLite the database is a file.
    #[command(subcommand)]
    Db(DbCommand),
    Reset(Reset),
    Seed(Seed),
    Backup(Backup),
    Restore(Restore),
    Completions(Completions),
    Man(Man),
}

/// Returns the command line as clap knows it, for completions and manual pages.
pub(crate) fn command_line() -> clap::Command {
    Cli::command()
}

#[cfg(test)]
mod tests;
