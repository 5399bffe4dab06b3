//! The flags that make a rehearsal of a run.

use clap::{Args, ValueEnum};

/// Whether a run is rehearsed, and on what.
#[derive(Debug, Args)]
pub(crate) struct Rehearsal {
    /// Run it for real, roll it back, and say what it locks, rewrites and builds, and how long
    ///
    /// In one transaction, so that whoever else is at work waits for the locks of all migrations
    /// together, until the end. What cannot be in a transaction is left out and named. Nothing
    /// stays: neither schema nor rows, nor a line of the history. SQLite is rehearsed on a copy of
    /// the file. Exits with 1 where a migration fails.
    #[arg(
        long,
        conflicts_with_all = ["dry_run", "create_database", "backup", "no_backup"]
    )]
    pub(crate) rehearse: bool,

    /// Rehearse on a copy, which is dropped: there everything runs, without a transaction too
    ///
    /// A copy is restored of the newest good backup, or made of the database as it is now where
    /// there is none, which a server does as long as nobody is connected to it. `--on-copy=now`
    /// and `--on-copy=backup` insist on one of them. On SQLite it is the file as it is now.
    #[arg(
        long,
        value_name = "OF",
        value_enum,
        requires = "rehearse",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "either"
    )]
    on_copy: Option<CopyOf>,

    /// Roll back on the copy what was applied, compare the schema, and apply it once more
    ///
    /// Names each way down that leaves something, or takes more along; exits with 1 then. Implies
    /// --on-copy.
    #[arg(long, requires = "rehearse")]
    pub(crate) with_rollback: bool,
}

/// Of what a copy is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CopyOf {
    /// The newest good backup; where there is none, the database as it is now
    Either,
    /// The newest good backup
    Backup,
    /// The database as it is now
    Now,
}

impl Rehearsal {
    /// Returns of what a copy is made, where it is not the database itself that is rehearsed in.
    pub(crate) fn copy(&self) -> Option<CopyOf> {
        self.on_copy
            .or(self.with_rollback.then_some(CopyOf::Either))
    }
}
