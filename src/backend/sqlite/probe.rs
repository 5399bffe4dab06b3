//! What a file is, as `SQLite` says itself.
//!
//! Nothing else opens a database: where a process closes a file, the system takes away every lock
//! that the process has on it, those of its other connections too.
//! <https://www.sqlite.org/howtocorrupt.html>, 2.2

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use diesel::connection::Connection as _;
use diesel::sqlite::SqliteConnection;

use super::uri::uri;
use crate::backend::Backend as _;
use crate::backend::query::Query;

/// What every database file begins with.
const HEADER: [u8; 16] = *b"SQLite format 3\0";

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// It is no database.
    Foreign,
    /// It is a database, a damaged one too, or cannot be read.
    Database,
}

/// Looks at a file, waiting for nobody and making nothing. An empty file is a database.
/// <https://www.sqlite.org/fileformat.html#the_database_header>
pub(super) fn format(path: &Path) -> Format {
    // Without locks nobody is waited for.
    let opened = SqliteConnection::establish(&uri(path, "mode=ro&nolock=1"));
    // This reads the header alone.
    let asked = opened.map(|mut file| file.load(&Query::new("PRAGMA schema_version")));
    match asked {
        Ok(Err(error))
            if error.message.contains("file is not a database") && !begins_as_one(path) =>
        {
            Format::Foreign
        }
        _ => Format::Database,
    }
}

/// Returns whether a file that `SQLite` refuses was a database once. No connection has a lock on
/// it.
fn begins_as_one(path: &Path) -> bool {
    let mut bytes = [0; HEADER.len()];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut bytes));
    read.is_ok() && bytes == HEADER
}
