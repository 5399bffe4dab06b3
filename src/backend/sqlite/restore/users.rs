//! Who has a file open, as far as the system tells, and that nobody has it.
//!
//! Of the processes of others it tells root alone.

use std::path::Path;

use crate::backend::error::BackendError;
use crate::backend::restore::RestoreError;
use crate::backend::sqlite::address::SqliteAddress;
use crate::backend::sqlite::alone::Alone;
use crate::backend::sqlite::database::establish;
use crate::backend::sqlite::uri::uri;

fn in_use(target: &Path, users: Vec<String>) -> RestoreError {
    RestoreError::InUse {
        name: target.display().to_string(),
        users,
    }
}

/// Refuses a file that somebody has open: who has no transaction has no lock.
pub(super) fn refuse_users(target: &Path) -> Result<(), RestoreError> {
    let users = of(target);
    if users.is_empty() {
        return Ok(());
    }
    Err(in_use(target, users))
}

/// Keeps all others out of a file, or says who is at work in it.
pub(super) fn alone_in(target: &Path) -> Result<Alone, RestoreError> {
    refuse_users(target)?;
    let connection = establish(&SqliteAddress::new(target), &uri(target, "mode=rw"))?;
    // Without a word of our own nobody is waited for.
    let alone = Alone::in_file(connection, &mut |error| Err(error));
    alone.map_err(|error| match &error {
        BackendError::Query { source, .. } if source.is_locked_out() => {
            let users = of(target);
            let unknown = || vec!["another program".to_owned()];
            in_use(target, if users.is_empty() { unknown() } else { users })
        }
        _ => error.into(),
    })
}

/// Returns the other processes that have a file, or what stands beside it, open.
#[cfg(target_os = "linux")]
pub(super) fn of(file: &Path) -> Vec<String> {
    use super::super::database::{COMPANIONS, companion};
    let companions = COMPANIONS.iter().map(|suffix| companion(file, suffix));
    let files: Vec<_> = companions
        .chain([file.to_owned()])
        .filter_map(|path| identity(&path))
        .collect();
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let others = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let at_work = others.filter(|pid| *pid != std::process::id() && has_open(*pid, &files));
    at_work.map(named).collect()
}

/// Elsewhere the file's locks alone tell.
#[cfg(not(target_os = "linux"))]
pub(super) fn of(_: &Path) -> Vec<String> {
    Vec::new()
}

#[cfg(target_os = "linux")]
fn identity(path: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt as _;
    let found = std::fs::metadata(path).ok()?;
    Some((found.dev(), found.ino()))
}

#[cfg(target_os = "linux")]
fn has_open(pid: u32, files: &[(u64, u64)]) -> bool {
    let open = std::fs::read_dir(format!("/proc/{pid}/fd"));
    let mut open = open.into_iter().flatten().flatten();
    open.any(|entry| identity(&entry.path()).is_some_and(|found| files.contains(&found)))
}

#[cfg(target_os = "linux")]
fn named(pid: u32) -> String {
    let name = std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    format!("pid {pid}, {}", name.trim())
}
