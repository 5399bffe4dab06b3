//! The SQLite half of a database address: a path, or the database in memory.
//!
//! It must not touch the file: whether the path exists is the connection's business.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::backend::address::AddressError;
use crate::backend::redact::may_hold_login;

/// SQLite's name for a database that lives in memory and dies with its connection.
const MEMORY: &str = ":memory:";

/// Where an SQLite database is.
#[derive(Clone, PartialEq, Eq)]
pub struct SqliteAddress {
    path: PathBuf,
}

impl SqliteAddress {
    /// Returns the address of the database file at `path`.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Returns the address that `sqlite:PATH`, `sqlite://PATH` or a bare path means.
    ///
    /// # Errors
    /// `NoPath` where nothing stands for the path; `SqliteParameters` and `FileUri`
    /// for forms that SQLite would read as options, not as a path; `LoginInside` where the
    /// path reads like another database's address, whose password would be shown.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let path = without_scheme(text);
        if path.is_empty() {
            return Err(AddressError::NoPath);
        }
        // Diesel opens with SQLITE_OPEN_URI, so such a path would be read as a URI,
        // and the lock file beside it would have another name than the database.
        if path.starts_with("file:") {
            return Err(AddressError::FileUri);
        }
        if may_hold_login(without_drive(path)) {
            return Err(AddressError::LoginInside {
                part: "path of the file",
            });
        }
        if path.contains('?') {
            return Err(AddressError::SqliteParameters);
        }
        Ok(Self::new(path))
    }

    /// Returns the address of a new file, as somebody types it.
    ///
    /// # Errors
    /// `NotAName` where it is an address of another kind, and else as [`SqliteAddress::parse`].
    pub fn neighbour(typed: &str) -> Result<Self, AddressError> {
        if without_scheme(typed).contains("://") {
            let wanted = "the path of a new file";
            return Err(AddressError::NotAName { wanted });
        }
        Self::parse(typed)
    }

    /// Returns the path as it was given, `:memory:` for the database in memory.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns whether the database lives in memory.
    pub fn is_memory(&self) -> bool {
        self.path.as_os_str() == MEMORY
    }

    /// Returns the name that confirms an operation on this database: the file's name.
    pub fn database(&self) -> Option<&str> {
        self.path.file_name()?.to_str()
    }

    /// Returns the address with a relative path taken from `folder`.
    pub fn relative_to(&self, folder: &Path) -> Self {
        if self.is_memory() {
            return self.clone();
        }
        Self::new(folder.join(&self.path))
    }
}

/// Returns the path after `sqlite:` or `sqlite://`, or the whole text where neither stands.
fn without_scheme(text: &str) -> &str {
    match text.get(.."sqlite:".len()) {
        Some(scheme) if scheme.eq_ignore_ascii_case("sqlite:") => {
            let rest = &text[scheme.len()..];
            rest.strip_prefix("//").unwrap_or(rest)
        }
        _ => text,
    }
}

/// Returns a path without the letter of a Windows drive, which ends in a `:`.
fn without_drive(path: &str) -> &str {
    match path.as_bytes() {
        [letter, b':', b'\\' | b'/', ..] if letter.is_ascii_alphabetic() => &path[2..],
        _ => path,
    }
}

impl fmt::Display for SqliteAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.path.display().fmt(formatter)
    }
}

impl fmt::Debug for SqliteAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_path_is_read() {
        for (text, path) in [
            ("sqlite:dev.db", "dev.db"),
            ("sqlite://dev.db", "dev.db"),
            ("sqlite:///var/lib/dev.db", "/var/lib/dev.db"),
            ("sqlite:/var/lib/dev.db", "/var/lib/dev.db"),
            ("SQLite:dev", "dev"),
            ("some dir/100%.sqlite3", "some dir/100%.sqlite3"),
            ("sqlite::memory:", ":memory:"),
            (":memory:", ":memory:"),
        ] {
            let address = SqliteAddress::parse(text).expect(text);
            assert_eq!(address.path(), Path::new(path), "{text}");
            assert_eq!(address.to_string(), path, "{text}");
        }
    }

    #[test]
    fn what_sqlite_would_read_as_options_is_refused() {
        for (text, error) in [
            ("sqlite:", AddressError::NoPath),
            ("sqlite://", AddressError::NoPath),
            ("sqlite://dev.db?mode=rwc", AddressError::SqliteParameters),
            ("file:dev.db", AddressError::FileUri),
            ("sqlite:file:dev.db", AddressError::FileUri),
        ] {
            assert_eq!(SqliteAddress::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn an_address_with_a_login_is_no_path() {
        for text in [
            "sqlite:postgres://u:secret@h/x",
            "u:secret@h/x.db",
            "sqlite:///u:secret@h/x",
            "postgres:/u:secret@h/x.db",
            "sqlite:host=h password=secret",
        ] {
            let part = "path of the file";
            let refused = Err(AddressError::LoginInside { part });
            assert_eq!(SqliteAddress::parse(text), refused, "{text}");
        }
        for text in [r"C:\Users\me@home\dev.db", "me@home/12:30.db"] {
            SqliteAddress::parse(text).expect(text);
        }
    }

    #[test]
    fn a_new_file_is_named_by_its_path() {
        for (typed, path) in [("copy", "copy"), ("sqlite:a/copy.db", "a/copy.db")] {
            let address = SqliteAddress::neighbour(typed).expect(typed);
            assert_eq!(address.path(), Path::new(path));
        }
        for typed in [
            "postgres://u:secret@h/x",
            "mysql://h/x",
            "sqlite:http://h/x",
        ] {
            let refused = SqliteAddress::neighbour(typed);
            assert!(
                matches!(refused, Err(AddressError::NotAName { .. })),
                "{typed}"
            );
        }
    }

    #[test]
    fn relative_paths_are_taken_from_the_folder_and_others_stay() {
        let from = |text| SqliteAddress::new(text).relative_to(Path::new("/project"));
        assert_eq!(from("dev.db").path(), Path::new("/project/dev.db"));
        assert_eq!(from("/tmp/dev.db").path(), Path::new("/tmp/dev.db"));
        assert!(from(":memory:").is_memory());
    }

    #[test]
    fn the_name_that_confirms_is_the_file_name() {
        assert_eq!(SqliteAddress::new("data/dev.db").database(), Some("dev.db"));
        assert_eq!(SqliteAddress::new(MEMORY).database(), Some(MEMORY));
    }
}
