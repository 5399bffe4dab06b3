//! The migration lock on `SQLite`: the system's lock on a file beside the database.
//!
//! The system frees it when the process that holds it ends, however it ends. The file stays as long
//! as the database does: to delete it could let two processes lock two files of the same name.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use diesel::sqlite::SqliteConnection;

use super::database::file_of;
use crate::backend::error::BackendError;
use crate::backend::lock_file::{read_owner, write_owner};
use crate::backend::{Lock, LockAttempt, LockMode};
use crate::event::LockHolder;

/// What the lock file's name adds to that of the database.
const SUFFIX: &str = ".dieselkit-lock";
/// What the name of the backups' lock file adds to it.
const BACKUP_SUFFIX: &str = ".backup.dieselkit-lock";

pub(super) fn try_lock(
    connection: &mut SqliteConnection,
    mode: LockMode,
    owner: &str,
) -> Result<LockAttempt, BackendError> {
    let Some(database) = file_of(connection)? else {
        return Ok(LockAttempt::Acquired(Lock::Private));
    };
    let path = match mode {
        LockMode::Exclusive | LockMode::Shared => beside(&database, SUFFIX),
        LockMode::AmongBackups => beside(&database, BACKUP_SUFFIX),
    };
    let file = match open(&path, &database) {
        Ok(file) => file,
        Err(error) if mode != LockMode::Exclusive && is_out_of_reach(&error) => {
            return Ok(LockAttempt::Acquired(Lock::Private));
        }
        Err(source) => return Err(failure("open", &path, source)),
    };
    let locked = match mode {
        LockMode::Exclusive | LockMode::AmongBackups => file.try_lock(),
        LockMode::Shared => file.try_lock_shared(),
    };
    match locked {
        // The database was dropped meanwhile; the next attempt makes the file anew.
        Ok(()) if !is_at(&file, &path) => Ok(LockAttempt::Held(None)),
        Ok(()) => {
            // Who holds it is a courtesy: a disk too full to say so does not make the lock weaker.
            let _ = write_owner(&file, owner);
            Ok(LockAttempt::Acquired(Lock::File(file)))
        }
        Err(TryLockError::WouldBlock) => Ok(LockAttempt::Held(read_owner(&path))),
        Err(TryLockError::Error(source)) => Err(failure("lock", &path, source)),
    }
}

/// Opens the lock's file, and makes it where it is absent, for whoever may open the database.
fn open(path: &Path, database: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    let opened = options.read(true).write(true).open(path);
    match opened.as_ref().map_err(io::Error::kind) {
        Err(ErrorKind::NotFound) => match options.create_new(true).open(path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                let opened = options.create_new(false).open(path);
                opened.or_else(|_| File::open(path))
            }
            made => made.inspect(|file| share(file, database)),
        },
        // To lock it, reading is enough.
        Err(ErrorKind::PermissionDenied) => File::open(path).or(opened),
        _ => opened,
    }
}

/// Returns whether the lock's file is not there, and cannot be made, by somebody who may only read.
/// Who shares the lock does without: nobody has it exclusively, and whoever takes it now changes
/// nothing of what a reader finds in one transaction. Who makes a backup does without its own too.
fn is_out_of_reach(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem
    )
}

/// Gives the lock's file the rights of the database, and its owner where the system lets us, as
/// `SQLite` does with its journals. Where that fails, it can still be read, and so locked.
#[cfg(unix)]
fn share(file: &File, database: &Path) {
    use std::os::unix::fs::{MetadataExt as _, fchown};
    if let Ok(found) = std::fs::metadata(database) {
        let _ = fchown(file, Some(found.uid()), Some(found.gid()));
        let _ = file.set_permissions(found.permissions());
    }
}

#[cfg(not(unix))]
fn share(_: &File, _: &Path) {}

/// Returns whether an open file is the one that its path leads to.
#[cfg(unix)]
pub(super) fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let number =
        |found: io::Result<std::fs::Metadata>| found.map(|found| (found.dev(), found.ino())).ok();
    number(file.metadata()) == number(std::fs::metadata(path))
}

/// Elsewhere a file that is open is not deleted.
#[cfg(not(unix))]
pub(super) fn is_at(_: &File, _: &Path) -> bool {
    true
}

/// Removes the files of the locks of a database that was dropped under the lock.
pub(super) fn remove_file_beside(database: &Path) {
    // It goes while it is held: who opened it before finds out. Where it stays it means nothing.
    let _ = std::fs::remove_file(beside(database, SUFFIX));
    let _ = std::fs::remove_file(beside(database, BACKUP_SUFFIX));
}

/// Returns who holds the lock; makes no file where there is none.
pub(super) fn lock_holder(
    connection: &mut SqliteConnection,
) -> Result<Option<LockHolder>, BackendError> {
    let Some(path) = lock_path(connection)? else {
        return Ok(None);
    };
    let Ok(file) = File::open(&path) else {
        return Ok(None);
    };
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => Ok(Some(read_owner(&path).unwrap_or(LockHolder {
            pid: 0,
            application: None,
            host: None,
            since: None,
        }))),
        _ => Ok(None),
    }
}

fn lock_path(connection: &mut SqliteConnection) -> Result<Option<PathBuf>, BackendError> {
    Ok(file_of(connection)?.map(|path| beside(&path, SUFFIX)))
}

fn beside(database: &Path, suffix: &str) -> PathBuf {
    let mut path = database.to_owned();
    path.as_mut_os_string().push(suffix);
    path
}

fn failure(action: &'static str, path: &Path, source: io::Error) -> BackendError {
    BackendError::File {
        action,
        path: path.display().to_string(),
        source,
    }
}
