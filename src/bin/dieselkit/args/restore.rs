//! `restore`

use std::num::NonZeroU32;

use clap::Args;

use super::value;

/// Makes a database of a backup again
///
/// Into a new database, which is always safe, or in place of the old one. Either way a new
/// database is made and filled first, and compared with what was counted when the backup was
/// made; whatever fails before drops the new one and touches nothing else. With --replace the
/// two then change names: the old one stays as NAME_before_TIME until `db drop` drops it, or
/// --drop-old does so at once.
///
/// Before anything is made the server is asked whether it has the roles and the extensions that
/// the backup needs, whether it is not older than the backup's, and whether there is room.
///
/// A plain dump, a custom one or a folder of `pg_dump` itself restores too, and so does a
/// SQLite file; without a manifest nothing can be compared.
#[derive(Debug, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag that a user types"
)]
#[command(after_long_help = "\
Examples:
  dieselkit restore --dry-run                    # what would it do?
  dieselkit restore --into shop_copy             # the newest good backup
  dieselkit restore shop_20261121 --replace
  dieselkit restore --before 20260131101500 --replace
  dieselkit restore /mnt/old/dump.sql.gz --into old_shop --no-owner --no-privileges")]
pub(crate) struct Restore {
    /// The backup: its name, a beginning that no other has, `latest`, or the path of a file
    #[arg(value_name = "ID|FILE", default_value = "latest", value_parser = value::not_blank)]
    pub(crate) source: String,

    /// The newest good backup from before this migration
    #[arg(long, value_name = "VERSION", conflicts_with = "source", value_parser = value::not_blank)]
    pub(crate) before: Option<String>,

    /// Into a new database of this name, or a new file [default: NAME_restored_TIME]
    #[arg(long, value_name = "NAME", conflicts_with = "replace", value_parser = value::not_blank)]
    pub(crate) into: Option<String>,

    /// In place of the database, which is kept under another name
    #[arg(long)]
    pub(crate) replace: bool,

    /// Drop the old database once the new one was compared and has its name
    #[arg(long, requires = "replace")]
    pub(crate) drop_old: bool,

    /// Show what would be done, and do nothing
    #[arg(long)]
    pub(crate) dry_run: bool,

    #[command(flatten)]
    pub(crate) ownership: Ownership,

    /// Try it although the server is older than the backup's, or the disk seems too small
    #[arg(long)]
    pub(crate) force: bool,

    /// How many tables of a custom or directory backup are restored at once
    #[arg(long, value_name = "N", default_value = "1")]
    pub(crate) jobs: NonZeroU32,
}

/// Whose the new database is.
#[derive(Debug, Args)]
pub(crate) struct Ownership {
    /// Let the user of the address, or of --role, own all of it
    #[arg(long)]
    pub(crate) no_owner: bool,

    /// Let nobody but the owners do anything with it
    #[arg(long)]
    pub(crate) no_privileges: bool,

    /// Restore as this role of the server, which owns the new database
    #[arg(long, value_name = "ROLE", value_parser = value::not_blank)]
    pub(crate) role: Option<String>,
}
