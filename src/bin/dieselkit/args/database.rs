//! The commands that are about the database as a whole: `db create`, `db drop`,
//! `db mark`, `reset`.

use clap::{Args, Subcommand};

use super::limits::TimeLimits;
use super::migrate::Schema;
use super::safety::{BackupFirst, LintFirst};
use super::value;

/// What to do with the database itself.
#[derive(Debug, Subcommand)]
pub(crate) enum DbCommand {
    /// Creates the database; a second time changes nothing
    #[command(after_long_help = "\
Examples:
  dieselkit db create
  dieselkit db create --env test")]
    Create,
    /// Drops the database with everything in it
    ///
    /// Asks twice: the question, then the database's name. --yes answers both, but not in
    /// a protected environment, where only the name does, typed or as --confirm NAME.
    /// Whoever else is at work in it keeps it: a run, whoever is connected to a server, and on
    /// SQLite whoever writes.
    #[command(after_long_help = "\
Examples:
  dieselkit db drop --env test --yes
  dieselkit db drop --confirm studio
  dieselkit db drop --env test --yes --force    # whoever is connected
  dieselkit db drop studio_before_20260131T101500Z")]
    Drop(DropDatabase),
    Mark(Mark),
}

/// How the database is dropped.
#[derive(Debug, Args)]
pub(crate) struct DropDatabase {
    /// Another database of the server, or another file: what a restore kept as NAME_before_TIME
    #[arg(value_name = "NAME", value_parser = value::not_blank)]
    pub(crate) name: Option<String>,

    /// End the sessions of others who are connected, with what they have not committed
    ///
    /// A run under way is waited for all the same. SQLite has no sessions that could be ended.
    #[arg(long)]
    pub(crate) force: bool,
}

/// Marks the database as one of an environment
///
/// A database remembers the environment that it was first set up as, and a command that
/// works in another one is refused. This changes what it remembers. Where the database or
/// the environment is protected, it wants the database's name.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  dieselkit db mark staging
  dieselkit db mark development --confirm studio    # was marked production")]
pub(crate) struct Mark {
    /// The environment that the database belongs to
    #[arg(value_name = "ENVIRONMENT", value_parser = value::not_blank)]
    pub(crate) environment: String,
}

/// Drops everything in the database's own schemas, applies all migrations, and seeds
///
/// Drops tables, views, functions, types, sequences and triggers, but nothing that belongs
/// to an extension or another schema. On PostgreSQL that is the schema where the history is
/// kept, and the one where a name without a schema is created, if that is another; the
/// question names them. What depends on them from outside refuses the reset. Asks twice: the question, then the database's name.
/// --yes answers both, but not in a protected environment, where only the name does, typed
/// or as --confirm NAME.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  dieselkit reset
  dieselkit reset --dry-run                 # what would be lost, and what applied
  dieselkit reset --yes --no-seed
  dieselkit reset --backup                  # a verified backup first")]
pub(crate) struct Reset {
    /// Leave the seeds out
    #[arg(long)]
    pub(crate) no_seed: bool,

    /// Print what would be dropped and lost and the SQL of what would be applied, and write nothing
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
