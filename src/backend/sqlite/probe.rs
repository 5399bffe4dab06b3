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

/// What `SQLite` says of a file that it cannot open, `SQLITE_CANTOPEN`.
pub(super) const CANNOT_OPEN: &str = "unable to open database file";

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// It is no database.
    Foreign,
    /// It is a database in WAL mode.
    WriteAhead,
    /// It is any other database, a damaged one too, or cannot be read.
    Database,
}

/// Looks at a file, waiting for nobody and making nothing. An empty file is a database.
/// <https://www.sqlite.org/fileformat.html#the_database_header>
pub(super) fn format(path: &Path) -> Format {
    // Without locks nobody is waited for.
    let opened = SqliteConnection::establish(&uri(path, "mode=ro&nolock=1"));
    // This reads the header alone.
    let asked = opened.map(|mut file| file.load(&Query::new("PRAGMA schema_version")));
    let Ok(Err(error)) = asked else {
        return Format::Database;
    };
    if error.message.contains("file is not a database") && !begins_as_one(path) {
        Format::Foreign
    } else if error.message.contains(CANNOT_OPEN) {
        // The file is open by now: what cannot be opened is a log, of which there is none without
        // locks.
        Format::WriteAhead
    } else {
        Format::Database
    }
}

/// Returns whether a file that `SQLite` refuses was a database once. No connection has a lock on
/// it.
fn begins_as_one(path: &Path) -> bool {
    let mut bytes = [0; HEADER.len()];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut bytes));
    read.is_ok() && bytes == HEADER
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::support::engine::Engine as _;
    use crate::backend::support::sqlite::SqliteDatabase;

    #[test]
    fn a_file_is_what_it_says() {
        let database = SqliteDatabase::create();
        let path = database.path();
        std::fs::write(&path, "").expect("the folder is ours");
        assert_eq!(format(&path), Format::Database);
        std::fs::write(&path, "a shopping list").expect("the folder is ours");
        assert_eq!(format(&path), Format::Foreign);
        std::fs::write(&path, "SQLite format 3\0, and damaged").expect("the folder is ours");
        assert_eq!(format(&path), Format::Database);
        std::fs::remove_file(&path).expect("it is ours");
        assert_eq!(format(&path), Format::Database);
        database.execute("CREATE TABLE a (id INTEGER)");
        assert_eq!(format(&path), Format::Database);
        database.execute("PRAGMA journal_mode = WAL");
        assert_eq!(format(&path), Format::WriteAhead);
        let open = database.connect();
        assert_eq!(format(&path), Format::WriteAhead);
        drop(open);
        let entries = std::fs::read_dir(path.with_file_name(".")).expect("the folder is ours");
        assert_eq!(entries.count(), 1);
    }
}
