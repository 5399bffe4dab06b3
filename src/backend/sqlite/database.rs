//! `SQLite` databases as a whole: opening, creating, dropping their files.

use std::ffi::OsString;
use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::time::Duration;

use diesel::connection::Connection;
use diesel::sqlite::SqliteConnection;

use super::address::SqliteAddress;
use super::alone::Alone;
use super::probe::{self, Format};
use super::reader::Reader;
use super::uri::uri;
use super::{lock, rest, session};
use crate::backend::error::{BackendError, DatabaseError, During, FOREIGN};
use crate::backend::lease::Lease;
use crate::backend::query::Query;
use crate::backend::{Access, Backend};
use crate::file_kind::OtherThanFile;

/// What stands beside a database file while, or after, it is used.
pub(super) const COMPANIONS: [&str; 3] = ["-journal", "-wal", "-shm"];

/// What `SQLite` says where something has to be written and may not be, `SQLITE_READONLY`.
pub(super) const READ_ONLY: &str = "readonly database";

/// What is being done when a file is opened for reading.
pub(super) const OPENING: &str = "open the database for reading";

/// Opens a database file that exists, or the database in memory.
pub(in crate::backend) fn open(
    address: &SqliteAddress,
    access: Access,
) -> Result<Box<dyn Lease>, BackendError> {
    let Some(path) = file_path(address) else {
        return Ok(Box::new(establish(address, ":memory:")?));
    };
    refuse_what_is_none(path)?;
    refuse_foreign(path)?;
    if !path.exists() {
        return Err(missing(address, path));
    }
    match access {
        Access::ReadWrite => Ok(Box::new(establish(address, &uri(path, "mode=rw"))?)),
        Access::ReadOnly => Ok(Box::new(Reader::open(address)?)),
    }
}

/// Opens a file that is there, whatever is in it, for reading: nothing of it is changed.
pub(in crate::backend) fn open_unread(
    address: &SqliteAddress,
) -> Result<Box<dyn Lease>, BackendError> {
    let path = address.path();
    refuse_what_is_none(path)?;
    if !path.exists() {
        return Err(missing(address, path));
    }
    Ok(Box::new(establish(address, &uri(path, "mode=ro"))?))
}

pub(super) fn missing(address: &SqliteAddress, path: &Path) -> BackendError {
    BackendError::DatabaseMissing {
        target: address.to_string(),
        name: path.display().to_string(),
    }
}

/// Refuses what `SQLite` would stumble over, or take for an empty database: what is no file, and a path
/// into nowhere.
fn refuse_what_is_none(path: &Path) -> Result<(), BackendError> {
    match OtherThanFile::at(path) {
        None => {}
        Some(OtherThanFile::DeadLink(link)) => {
            let path = path.to_owned();
            return Err(BackendError::DeadLink { path, link });
        }
        Some(other) => return Err(not_a_database(path, other.what())),
    }
    let folder = path.parent().filter(|folder| *folder != Path::new(""));
    if let Some(folder) = folder.filter(|folder| !folder.exists()) {
        return Err(BackendError::FolderMissing {
            path: path.display().to_string(),
            folder: folder.display().to_string(),
        });
    }
    Ok(())
}

/// Refuses a file of another kind, which `SQLite` would take for a damaged database.
fn refuse_foreign(path: &Path) -> Result<(), BackendError> {
    if path.is_file() && probe::format(path) == Format::Foreign {
        return Err(not_a_database(path, FOREIGN));
    }
    Ok(())
}

fn not_a_database(path: &Path, what: &'static str) -> BackendError {
    let path = path.display().to_string();
    BackendError::NotADatabase { path, what }
}

/// Opens a file with a rollback journal for reading alone, and waits so long for whoever keeps
/// readers out.
///
/// What a crash left half written has to be undone before anybody can read, and that is writing:
/// `SQLite` then takes the change back by itself, and this connection refuses any of its own.
/// <https://www.sqlite.org/lockingv3.html#hot_journals>
pub(super) fn open_with_locks(
    address: &SqliteAddress,
    patience: Option<Duration>,
) -> Result<SqliteConnection, BackendError> {
    let path = address.path();
    let mut reader = establish(address, &uri(path, "mode=ro"))?;
    match look_into(&mut reader, patience)? {
        // It was waited for already.
        Err(error) if error.is_locked_out() => return Err(error).during(OPENING),
        Err(error) if error.message.contains(READ_ONLY) => {}
        // Whatever else is the matter, the reading itself says what it was about.
        _ => return Ok(reader),
    }
    let mut reader = establish(address, &uri(path, "mode=rw"))?;
    match look_into(&mut reader, patience)? {
        Err(error) if error.is_locked_out() => return Err(error).during(OPENING),
        Err(source) if has_journal(path) => {
            let path = path.display().to_string();
            return Err(BackendError::HalfWritten { path, source });
        }
        _ => {}
    }
    reader
        .batch_execute("PRAGMA query_only = ON")
        .during(OPENING)?;
    Ok(reader)
}

/// Returns whether something is in the journal of a file, behind every link.
fn has_journal(path: &Path) -> bool {
    std::fs::canonicalize(path).is_ok_and(|file| rest::has_journal(&file))
}

/// Reads a little of a database, waiting so long for whoever keeps readers out.
pub(super) fn look_into(
    reader: &mut SqliteConnection,
    patience: Option<Duration>,
) -> Result<Result<(), DatabaseError>, BackendError> {
    let way_back = session::wait_for_others(reader, patience)?;
    let looked = reader.load(&Query::new("SELECT count(*) FROM main.sqlite_schema"));
    let restored = way_back.map(|query| reader.load(&query)).transpose();
    restored.during("put the session's settings back")?;
    Ok(looked.map(drop))
}

/// Returns the path of the file; `None` for a database in memory.
fn file_path(address: &SqliteAddress) -> Option<&Path> {
    (!address.is_memory()).then(|| address.path())
}

pub(super) fn establish(
    address: &SqliteAddress,
    uri: &str,
) -> Result<SqliteConnection, BackendError> {
    let connected = SqliteConnection::establish(uri);
    let mut connection = connected.map_err(|error| BackendError::File {
        action: "open the database",
        path: address.to_string(),
        source: std::io::Error::other(error),
    })?;
    session::wait_for_others(&mut connection, None)?;
    Ok(connection)
}

/// Creates an empty database file.
pub(in crate::backend) fn create(address: &SqliteAddress) -> Result<(), BackendError> {
    let Some(path) = file_path(address) else {
        return Ok(());
    };
    refuse_what_is_none(path)?;
    refuse_foreign(path)?;
    let made = OpenOptions::new().write(true).create_new(true).open(path);
    match made {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            Err(BackendError::DatabaseExists {
                name: path.display().to_string(),
            })
        }
        Err(source) => Err(BackendError::File {
            action: "create",
            path: path.display().to_string(),
            source,
        }),
    }
}

/// Deletes the database file, its companions, its lock's file, and the links by which it was
/// reached, where no other program is at work in it; the caller holds the migration lock.
pub(in crate::backend) fn drop_database(
    address: &SqliteAddress,
    wait_on: &mut dyn FnMut(BackendError) -> Result<(), BackendError>,
) -> Result<(), BackendError> {
    let Some(path) = file_path(address) else {
        return Ok(());
    };
    refuse_what_is_none(path)?;
    refuse_foreign(path)?;
    if !path.exists() {
        return Err(missing(address, path));
    }
    let links = links(path);
    let file = std::fs::canonicalize(path).map_err(|source| failure("find", path, source))?;
    let connection = establish(address, &uri(&file, "mode=rw"))?;
    let alone = Alone::in_file(connection, wait_on)?;
    delete(&file, alone)?;
    lock::remove_file_beside(&file);
    let removed = links.iter().try_for_each(std::fs::remove_file);
    removed.map_err(|source| {
        failure(
            "remove the links to the database, which is dropped:",
            path,
            source,
        )
    })
}

/// Deletes the database file and its companions. The file goes last: until then a new one of its
/// name, with companions of its own, cannot be made. Nobody being at work, they hold nothing.
fn delete(file: &Path, alone: Alone) -> Result<(), BackendError> {
    // Elsewhere a file that is open is not deleted, and who has it open keeps it.
    let alone = if cfg!(unix) {
        Some(alone)
    } else {
        alone.let_others_in();
        None
    };
    let companions = COMPANIONS.iter().map(|suffix| companion(file, suffix));
    let deleted = companions
        .filter(|path| path.exists())
        .try_for_each(|path| remove(&path))
        .and_then(|()| remove(file));
    if let (Err(_), Some(alone)) = (&deleted, alone) {
        alone.let_others_in();
    }
    deleted
}

/// Returns the file of an address that is a link to it, and the links that lead there.
pub(in crate::backend) fn file_behind_links(
    address: &SqliteAddress,
) -> Option<(PathBuf, Vec<PathBuf>)> {
    let link = file_path(address).filter(|path| path.is_symlink())?;
    Some((std::fs::canonicalize(link).ok()?, links(link)))
}

/// Returns the links from a path to its file, the path itself being the first; none where it is no
/// link. `SQLite` keeps what stands beside a database beside the file, not beside a link.
/// <https://www.sqlite.org/releaselog/3_10_0.html>
fn links(path: &Path) -> Vec<PathBuf> {
    let next = |link: &PathBuf| {
        let target = std::fs::read_link(link).ok()?;
        // A path from the root replaces the folder.
        Some(link.parent()?.join(target))
    };
    std::iter::successors(Some(path.to_owned()), next)
        .filter(|path| path.is_symlink())
        .collect()
}

pub(super) fn companion(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}

fn remove(path: &Path) -> Result<(), BackendError> {
    std::fs::remove_file(path).map_err(|source| failure("remove", path, source))
}

fn failure(action: &'static str, path: &Path, source: std::io::Error) -> BackendError {
    BackendError::File {
        action,
        path: path.display().to_string(),
        source,
    }
}

/// Returns the file of a connection's database; `None` for one in memory. Nothing in the file is read for
/// that: it may be damaged.
pub(super) fn file_of(connection: &mut SqliteConnection) -> Result<Option<PathBuf>, BackendError> {
    // Its rows are number, name and file; the main one is the first.
    let rows = connection
        .load(&Query::new("PRAGMA database_list"))
        .during("ask for the database's file")?;
    let file = rows.first().map(|row| row.optional_text(2)).transpose();
    let file = file.during("read the database's file")?.flatten();
    Ok(file.filter(|path| !path.is_empty()).map(PathBuf::from))
}
