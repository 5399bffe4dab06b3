//! What may help against an error of the database, as a command that can be pasted where there is one.

use std::path::Path;

use super::{BackendError, FOREIGN};
use crate::backend::cure;
use crate::shell::command;

impl BackendError {
    /// Returns what may help, as a command that can be pasted where there is one.
    pub fn hint(&self) -> Option<String> {
        self.hint_for("dieselkit up")
    }

    /// Returns what may help where this is the command that tries again.
    pub(crate) fn hint_for(&self, retry: &str) -> Option<String> {
        match self {
            Self::Address(error) => error.hint(),
            Self::DatabaseMissing { .. } => Some("`dieselkit db create`".to_owned()),
            Self::DatabaseExists { .. } => Some("`dieselkit status`".to_owned()),
            Self::DatabaseInUse { .. } => Some(
                "end these programs, or their sessions, with what they have not committed: `dieselkit db drop --force`"
                    .to_owned(),
            ),
            Self::FolderMissing { folder, .. } => Some(command("mkdir -p {}", &[&Path::new(folder)])),
            Self::NotByAddress => {
                Some("reach it by its address: `Database::open(&address, access)`".to_owned())
            }
            Self::NotADatabase { what, .. } if *what == FOREIGN => Some(
                "name the file of a database, or one that does not exist yet: `sqlite:PATH`; or, if it was one, put a backup in its place, which keeps it beside: `dieselkit restore --replace`"
                    .to_owned(),
            ),
            Self::NotADatabase { .. } => Some(
                "name the file of a database, or one that does not exist yet: `sqlite:PATH`"
                    .to_owned(),
            ),
            Self::DeadLink { path, link } => Some(cure::dead_link(path, link)),
            Self::HalfWritten { path, .. } => Some(format!(
                "let a user who may write into its folder open it, which takes the change back: {}",
                command("sqlite3 {} 'PRAGMA schema_version'", &[&Path::new(path)])
            )),
            Self::LogOutOfReach { path, .. } => Some(format!(
                "let a user who may write into its folder take them into the database: {}",
                command("sqlite3 {} 'PRAGMA wal_checkpoint(TRUNCATE)'", &[&Path::new(path)])
            )),
            Self::LockTimeout { .. } => Some(format!(
                "wait for the other run to end, or wait longer: `{retry} --lock-wait 10m`"
            )),
            Self::BackupRunning { .. } => Some(format!(
                "wait for the other backup to end, or wait longer: `{retry} --lock-wait 10m`"
            )),
            Self::PooledTransactions => Some(format!(
                "give the server's own address for the lock, beside the pooler's: `{retry} --lock-url postgres://USER@SERVER:5432/DATABASE`, or `lock_url` in dieselkit.toml; a pooler in session mode needs none"
            )),
            Self::PooledLock => Some(format!(
                "give the server's own address: `{retry} --lock-url postgres://USER@SERVER:5432/DATABASE`"
            )),
            Self::LockElsewhere => Some(format!(
                "name the server and the database that the pooler of `url` leads to: `{retry} --lock-url postgres://USER@SERVER:5432/DATABASE`"
            )),
            Self::LockOfAnother { user, .. } => Some(format!(
                "name the same user, `{user}`: `{retry} --lock-url postgres://USER@SERVER:5432/DATABASE`; or one `role` for both"
            )),
            Self::MayNotBecome { role, user, source } => Some(cure::membership(role, user, source)),
            Self::LacksPrivileges { lacking } => {
                let cures: Vec<String> = lacking.iter().map(|it| format!("{};", it.cure)).collect();
                let cures = cures.join(" ");
                Some(format!(
                    "let a superuser, or whoever owns what they are about, run `{cures}`, and then run `{retry}`"
                ))
            }
            Self::NoRoles { .. } => Some("leave `role` out".to_owned()),
            Self::LockConnectionGone => Some(format!(
                "the server's log says who ended it; what was done is kept, and the rest is run by `{retry}`"
            )),
            Self::CutOffBeforeLock { .. } => Some(format!(
                "the server's log says why; when it takes connections again, run `{retry}`"
            )),
            Self::LockGivenUp => Some(
                "name the one lock that a migration gives back: `SELECT pg_advisory_unlock(KEY);`"
                    .to_owned(),
            ),
            Self::MayNotRead { lack, .. } => Some(cure::grant(&lack.right, lack.role.as_deref())),
            Self::NoSchema { search_path } => Some(cure::no_schema(search_path)),
            Self::TemporarySchema => Some(cure::another_schema()),
            Self::TemporaryTable { name } => Some(format!("`DROP TABLE {name};`")),
            Self::NotOursToDrop { .. } => Some(
                "they depend on what the reset drops: drop them yourself, and run `dieselkit reset`"
                    .to_owned(),
            ),
            Self::Connect { message, .. } => Some(cure::unreachable(message).into_owned()),
            Self::Pool { .. } => Some(
                "a run holds one connection of the pool until it ends: give the pool one more"
                    .to_owned(),
            ),
            Self::File { path, .. } => Some(command(
                "ls -ld {} {}",
                &[&Path::new(&folder_of(path)), &Path::new(path)],
            )),
            Self::Query { source, .. } if source.is_locked_out() => Some(format!(
                "another program holds a lock on the database: end its transaction, or wait longer: `{retry} --lock-wait 10m`"
            )),
            Self::Query { source, .. } => source.lacking_right().or_else(|| source.cure()),
            Self::Cancelled | Self::Tool { .. } => None,
        }
    }
}

/// Returns the folder of a file, as a path that a shell takes.
fn folder_of(path: &str) -> String {
    let folder = Path::new(path).parent();
    let folder = folder.filter(|folder| *folder != Path::new(""));
    folder.unwrap_or(Path::new(".")).display().to_string()
}
