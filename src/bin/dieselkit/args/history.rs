//! The commands that read or correct the record: `status`, `history`, `baseline`,
//! `resolve`, `repair`.

use clap::{ArgGroup, Args};

use super::value;

/// Shows the state of every migration
///
/// For each: state, version, name, batch, when, how long, by whom. Writes nothing, so that
/// a read-only role or replica is enough.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  dieselkit status
  dieselkit status --check            # exit code 3 if anything is pending or wrong
  dieselkit status --stats --json
  dieselkit status --watch")]
pub(crate) struct Status {
    /// Exit with 3 unless everything is applied and unmodified
    #[arg(long)]
    pub(crate) check: bool,

    /// Add the database's size, its tables and the server's version
    #[arg(long)]
    pub(crate) stats: bool,

    /// Redraw every second until stopped; not with --json
    #[arg(long)]
    pub(crate) watch: bool,
}

/// Shows every attempt, newest first
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  dieselkit history
  dieselkit history --limit 20
  dieselkit history 20260131101500 --json")]
pub(crate) struct History {
    /// Only the attempts at this version
    #[arg(value_name = "VERSION", value_parser = value::not_blank)]
    pub(crate) version: Option<String>,

    /// Show at most this many
    #[arg(short = 'n', long, value_name = "N", value_parser = value::count)]
    pub(crate) limit: Option<u32>,
}

/// Marks all migrations up to a version as applied, running none
///
/// For a database that already has what these migrations would make.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  dieselkit baseline 20260131101500")]
pub(crate) struct Baseline {
    /// The newest version that the database already has
    #[arg(value_name = "VERSION", value_parser = value::not_blank)]
    pub(crate) version: String,
}

/// Settles a migration that was interrupted, or repaired by hand
///
/// Runs nothing: it records how the database is now. `status` says where it stopped.
#[derive(Debug, Args)]
#[command(
    group = ArgGroup::new("resolution").required(true).args(["applied", "reverted"]),
    after_long_help = "\
Examples:
  dieselkit resolve 20260131101500 --applied --reason \"built the last index by hand\"
  dieselkit resolve 20260131101500 --reverted --reason \"dropped the half-built index\""
)]
pub(crate) struct Resolve {
    /// The version to settle
    #[arg(value_name = "VERSION", value_parser = value::not_blank)]
    pub(crate) version: String,

    /// The database has all that the migration makes
    #[arg(long)]
    applied: bool,

    /// The database has nothing that the migration makes
    #[arg(long)]
    reverted: bool,

    /// Why, for the history
    #[arg(long, value_name = "TEXT", value_parser = value::not_blank)]
    pub(crate) reason: String,
}

impl Resolve {
    /// Returns how the migration is to be settled.
    pub(crate) fn resolution(&self) -> Resolution {
        if self.applied {
            Resolution::Applied
        } else {
            Resolution::Reverted
        }
    }
}

/// How a migration is settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Resolution {
    /// As applied.
    Applied,
    /// As not applied.
    Reverted,
}

/// Accepts a migration that was modified after it was applied
///
/// Runs nothing: it records the file's new checksum and keeps the old one in the history.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  dieselkit repair 20260131101500 --reason \"fixed a typing error in a default\"")]
pub(crate) struct Repair {
    /// The modified version
    #[arg(value_name = "VERSION", value_parser = value::not_blank)]
    pub(crate) version: String,

    /// Why, for the history
    #[arg(long, value_name = "TEXT", value_parser = value::not_blank)]
    pub(crate) reason: String,
}
