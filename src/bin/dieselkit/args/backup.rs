//! The commands that look after backups.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum, ValueHint};
use serde::Deserialize;

use super::value;

/// Takes and looks after backups
///
/// A backup is a file and its manifest, NAME.json, in the folder `backups` or what
/// `[backups] directory` of dieselkit.toml names. NAME is the database's, the time and the
/// newest migration. A file without a manifest is no backup.
///
/// Without a command it is `backup create`.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_long_help = "\
Examples:
  dieselkit backup                        # then removes what the policy does not keep
  dieselkit backup --note 'before the great cleaning'
  dieselkit backup list
  dieselkit backup show latest
  dieselkit backup verify                 # exit code 3 if the newest is not whole
  dieselkit backup prune --dry-run        # what goes, what stays, and why
  dieselkit backup health --max-age 26h   # exit code 3 if the newest good one is older"
)]
pub(crate) struct Backup {
    #[command(subcommand)]
    pub(crate) command: Option<BackupCommand>,
    #[command(flatten)]
    pub(crate) create: BackupMaking,
}

/// What can be done with backups.
#[derive(Debug, Subcommand)]
pub(crate) enum BackupCommand {
    Create(BackupCreate),
    List(BackupList),
    Show(BackupShow),
    Verify(BackupVerify),
    Prune(BackupPrune),
    Pin(BackupPin),
    Unpin(BackupUnpin),
    Health(BackupHealth),
}

/// Takes a backup, and removes what the policy does not keep
///
/// It holds one moment of the database, whoever writes meanwhile, and nothing of it is left
/// where it is not whole: nothing is removed then either. Migrations wait until it is made.
///
/// PostgreSQL is read by pg_dump: the newest that is installed, which must not be older than
/// the server. Its password is on no command line.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  dieselkit backup create
  dieselkit backup create --format directory --jobs 4
  dieselkit backup create --exclude-table-data 'audit_*' --note 'without the audit'")]
pub(crate) struct BackupCreate {
    #[command(flatten)]
    pub(crate) making: BackupMaking,
}

/// How a backup is made.
#[derive(Debug, Args)]
pub(crate) struct BackupMaking {
    /// How it is written down [default: `[backups] format`, else plain; SQLite has one of its own]
    #[arg(long, value_name = "FORMAT", value_enum)]
    pub(crate) format: Option<BackupFormat>,

    /// How hard it is compressed, 1 to 9 [default: `[backups] level`, else 3]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=9))]
    pub(crate) level: Option<u8>,

    /// On how many threads it compresses, or how many tables it reads at once into a directory
    /// [default: `[backups] jobs`, else as many as there are cores]
    #[arg(long, value_name = "N")]
    pub(crate) jobs: Option<NonZeroU32>,

    /// Only this schema, as a pattern of pg_dump; may be repeated
    #[arg(long, value_name = "PATTERN", value_parser = value::not_blank)]
    pub(crate) schema: Vec<String>,

    /// Only this table, likewise
    #[arg(long, value_name = "PATTERN", value_parser = value::not_blank)]
    pub(crate) table: Vec<String>,

    /// This table without its rows, likewise
    #[arg(long, value_name = "PATTERN", value_parser = value::not_blank)]
    pub(crate) exclude_table_data: Vec<String>,

    /// Hash the contents of every table, for a restored copy to be compared with
    ///
    /// Each table is read once more for it. Without it, rows are counted.
    #[arg(long)]
    pub(crate) hash: bool,

    /// Also the server's roles and tablespaces, into NAME.globals.sql.gz beside it; PostgreSQL alone
    ///
    /// With the hashes of the roles' passwords, where the user may see them.
    #[arg(long)]
    pub(crate) globals: bool,

    /// Verify it at once, before any is removed for it: read its files again, or restore it
    /// [default: `[backups] verify`, else not at once]
    ///
    /// One that fails stays, with the verdict; nothing is removed then, and the exit code is 1.
    #[arg(long, value_name = "CHECK", value_enum)]
    pub(crate) verify: Option<BackupCheck>,

    /// What is to be remembered of it
    #[arg(long, value_name = "TEXT", value_parser = value::not_blank)]
    pub(crate) note: Option<String>,

    #[command(flatten)]
    pub(crate) metrics: Metrics,
}

/// How a backup is written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum BackupFormat {
    /// SQL, compressed by gzip: `gunzip | psql` restores it
    Plain,
    /// pg_dump's own archive, for pg_restore
    Custom,
    /// A folder with a file for each table, for pg_restore
    Directory,
}

/// How a new backup is verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum BackupCheck {
    /// Its files are read again
    Files,
    /// A scratch database is made of it, compared, and dropped
    Restore,
}

/// Lists the backups of the database, newest first
///
/// For each: age, size, migration, what the last check said, and whether it is pinned. Those of
/// a copy of the database, under another name, are not among them. Where the database cannot
/// be asked which one it is, those of any that has its name are. Writes nothing.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  dieselkit backup list
  dieselkit backup list --all --json")]
pub(crate) struct BackupList {
    /// Also those of other databases in the folder
    #[arg(long)]
    pub(crate) all: bool,
}

/// Shows all that is known of a backup
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  dieselkit backup show latest
  dieselkit backup show shop_20261121 --json")]
pub(crate) struct BackupShow {
    #[command(flatten)]
    pub(crate) which: Which,
}

/// Reads backups again and says what is wrong with them
///
/// Compares size and SHA-256 of every file with the manifest, and reads the contents to their
/// end. The verdict goes into the manifest; exits with 3 if anything is wrong, and with `all`
/// also if a manifest cannot be read, or there is no backup.
///
/// With --restore it makes a scratch database of the backup, beside the one of the address,
/// compares what is in it with what was counted when the backup was made, and drops it. Where
/// that says nothing of the backup, as without room for it, it exits with 1.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  dieselkit backup verify
  dieselkit backup verify --restore       # does it come back?
  dieselkit backup verify all --json")]
pub(crate) struct BackupVerify {
    /// The backup: its name, a beginning that no other has, `latest`, or `all` of the database
    #[arg(value_name = "ID", default_value = "latest", value_parser = value::not_blank)]
    pub(crate) id: String,

    /// Restore it into a scratch database and compare that
    #[arg(long)]
    pub(crate) restore: bool,

    /// Let the user of the address own all of the scratch database
    #[arg(long, requires = "restore")]
    pub(crate) no_owner: bool,

    /// Let nobody but the owners do anything with the scratch database
    #[arg(long, requires = "restore")]
    pub(crate) no_privileges: bool,

    /// How many tables of a custom or directory backup are restored at once [default: 1]
    #[arg(long, value_name = "N", requires = "restore")]
    pub(crate) jobs: Option<NonZeroU32>,

    #[command(flatten)]
    pub(crate) metrics: Metrics,
}

/// Removes the backups that the policy does not keep
///
/// The policy is `[backups.keep]` of dieselkit.toml: last, within, hourly, daily, weekly,
/// monthly, yearly and minimum. What any of them keeps stays; without it, those of seven days
/// back from the newest, and at least three. A backup that failed a check takes no place. The
/// newest good one, the newest verified one and those that are pinned stay in any case, and
/// if one is from the future, all do. Also removes what dead processes left.
///
/// Only backups of this very database with a manifest are ever touched: of its identity and of
/// its name. It asks no question, since a timer is to run it.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  dieselkit backup prune --dry-run
  dieselkit backup prune --json")]
pub(crate) struct BackupPrune {
    /// Print what would be removed and why, and write nothing
    #[arg(long, conflicts_with = "file")]
    pub(crate) dry_run: bool,

    #[command(flatten)]
    pub(crate) metrics: Metrics,
}

/// Keeps a backup whatever the policy says
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  dieselkit backup pin shop_20261121T030000Z_003
  dieselkit backup pin latest")]
pub(crate) struct BackupPin {
    #[command(flatten)]
    pub(crate) which: Which,
}

/// Leaves a pinned backup to the policy again
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  dieselkit backup unpin shop_20261121T030000Z_003")]
pub(crate) struct BackupUnpin {
    #[command(flatten)]
    pub(crate) which: Which,
}

/// Says whether the backups can be relied on
///
/// Exits with 3 if there is no good backup of the whole database, if the newest is too old, or
/// if none was verified lately, and says why. Writes nothing but the metrics.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  dieselkit backup health --max-age 26h
  dieselkit backup health --max-age 26h --max-verify-age 8d --json")]
pub(crate) struct BackupHealth {
    /// How old the newest good backup may be, such as 90m, 26h, 2d or 1w
    #[arg(long, value_name = "AGE", default_value = "26h", value_parser = value::age)]
    pub(crate) max_age: Duration,

    /// How long ago one may have been verified last, such as 8d
    #[arg(long, value_name = "AGE", value_parser = value::age)]
    pub(crate) max_verify_age: Option<Duration>,

    #[command(flatten)]
    pub(crate) metrics: Metrics,
}

/// A backup that is meant.
#[derive(Debug, Args)]
pub(crate) struct Which {
    /// The backup: its name, a beginning that no other has, or `latest`, the newest good one
    #[arg(value_name = "ID", value_parser = value::not_blank)]
    pub(crate) id: String,
}

/// Where numbers for a monitor go.
#[derive(Debug, Args)]
pub(crate) struct Metrics {
    /// Write how the backups stand into a file of Prometheus' text format, in one piece
    ///
    /// For the textfile collector of its node exporter, which reads files that end in .prom.
    #[arg(long = "metrics", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) file: Option<PathBuf>,
}
