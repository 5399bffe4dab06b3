//! `SQLite` databases as a whole: opening, creating, dropping their files.

use std::ffi::OsString;
use std::fs::OpenOptions;
use std::path::{Path, PathBuf};

use diesel::connection::Connection;
use diesel::sqlite::SqliteConnection;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::address::SqliteAddress;
use super::session;
use crate::backend::error::{BackendError, During};
use crate::backend::query::Query;
use crate::backend::{Access, Backend};

/// What must be encoded in the path of a `file:` URI. <https://www.sqlite.org/uri.html>
const URI_PATH: &AsciiSet = &CONTROLS.add(b' ').add(b'%').add(b'?').add(b'#').add(b'"');

/// What stands beside a database file while, or after, it is used.
const COMPANIONS: [&str; 3] = ["-journal", "-wal", "-shm"];

/// Opens a database file that exists, or the database in memory.
pub(in crate::backend) fn open(
    address: &SqliteAddress,
    access: Access,
) -> Result<SqliteConnection, BackendError> {
    let Some(path) = file_path(address) else {
        return establish(address, ":memory:");
    };
    if !path.exists() {
        return Err(BackendError::DatabaseMissing {
            target: address.to_string(),
            name: path.display().to_string(),
        });
    }
    let path = utf8_percent_encode(&path.to_string_lossy(), URI_PATH).to_string();
    match access {
        Access::ReadWrite => establish(address, &format!("file:{path}?mode=rw")),
        Access::ReadOnly => open_read_only(address, &path),
    }
}

/// Opens a file for reading alone.
///
/// What a crash left half written has to be undone before anybody can read, and that is writing:
/// `SQLite` then takes the change back by itself, and this connection refuses any of its own.
/// <https://www.sqlite.org/lockingv3.html#hot_journals>
fn open_read_only(address: &SqliteAddress, path: &str) -> Result<SqliteConnection, BackendError> {
    let mut reader = establish(address, &format!("file:{path}?mode=ro"))?;
    if !is_half_written(&mut reader) {
        return Ok(reader);
    }
    let mut reader = establish(address, &format!("file:{path}?mode=rw"))?;
    reader
        .batch_execute("PRAGMA query_only = ON")
        .during("open the database for reading")?;
    Ok(reader)
}

fn is_half_written(reader: &mut SqliteConnection) -> bool {
    let looked = reader.load(&Query::new("SELECT count(*) FROM sqlite_schema"));
    looked.is_err_and(|error| error.message.contains("readonly database"))
}

/// Returns the path of the file; `None` for a database in memory.
fn file_path(address: &SqliteAddress) -> Option<&Path> {
    (!address.is_memory()).then(|| address.path())
}

fn establish(address: &SqliteAddress, uri: &str) -> Result<SqliteConnection, BackendError> {
    let connected = SqliteConnection::establish(uri);
    let mut connection = connected.map_err(|error| BackendError::Connect {
        target: address.to_string(),
        message: error.to_string(),
    })?;
    session::wait_for_others(&mut connection)?;
    Ok(connection)
}

/// Creates an empty database file.
pub(in crate::backend) fn create(address: &SqliteAddress) -> Result<(), BackendError> {
    let Some(path) = file_path(address) else {
        return Ok(());
    };
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

/// Deletes the database file and its companions.
pub(in crate::backend) fn drop_database(address: &SqliteAddress) -> Result<(), BackendError> {
    let Some(path) = file_path(address) else {
        return Ok(());
    };
    if !path.exists() {
        return Err(BackendError::DatabaseMissing {
            target: address.to_string(),
            name: path.display().to_string(),
        });
    }
    // The database itself goes first: a journal without its database harms nobody, a database
    // without its hot journal is damaged.
    remove(path)?;
    COMPANIONS
        .iter()
        .map(|suffix| companion(path, suffix))
        .filter(|path| path.exists())
        .try_for_each(|path| remove(&path))
}

fn companion(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}

fn remove(path: &Path) -> Result<(), BackendError> {
    std::fs::remove_file(path).map_err(|source| BackendError::File {
        action: "remove",
        path: path.display().to_string(),
        source,
    })
}

/// Returns the file of a connection's database; `None` for one in memory.
pub(super) fn file_of(connection: &mut SqliteConnection) -> Result<Option<PathBuf>, BackendError> {
    let query = Query::new("SELECT file FROM pragma_database_list WHERE name = 'main'");
    let rows = connection
        .load(&query)
        .during("ask for the database's file")?;
    let file = rows.first().map(|row| row.optional_text(0)).transpose();
    let file = file.during("read the database's file")?.flatten();
    Ok(file.filter(|path| !path.is_empty()).map(PathBuf::from))
}
