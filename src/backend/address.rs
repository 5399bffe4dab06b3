//! Where a database is, as a user writes it, and as it may be shown.
//!
//! It must not connect, read files or read variables, and it must never show a password.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use serde::{Serialize, Serializer};

pub use super::address_error::AddressError;
#[cfg(feature = "postgres")]
use super::postgres::address::PostgresAddress;
#[cfg(feature = "sqlite")]
use super::sqlite::address::SqliteAddress;

/// What the name of a file ends in that is an address by itself, without `sqlite:`.
pub(super) const FILE_ENDINGS: [&str; 3] = [".db", ".sqlite", ".sqlite3"];

/// The kinds of database, whether this build can speak to them or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Engine {
    /// PostgreSQL.
    Postgres,
    /// SQLite.
    Sqlite,
}

impl Engine {
    /// Returns the cargo feature that compiles the engine in.
    pub fn feature(self) -> &'static str {
        match self {
            Self::Postgres => "postgres",
            Self::Sqlite => "sqlite",
        }
    }

    /// Returns the engine that `text` is an address of, going by its form alone.
    fn of(text: &str) -> Option<Self> {
        let lower = text.to_ascii_lowercase();
        let starts = |prefixes: &[&str]| prefixes.iter().any(|prefix| lower.starts_with(prefix));
        if starts(&["postgres://", "postgresql://"]) {
            return Some(Self::Postgres);
        }
        if starts(&["sqlite:", "file:"]) || lower == ":memory:" {
            return Some(Self::Sqlite);
        }
        // `dbname=studio.db` ends as a path does, so the keyword goes first.
        if begins_with_keyword(text) {
            return Some(Self::Postgres);
        }
        let is_path = FILE_ENDINGS.iter().any(|ending| lower.ends_with(ending));
        (is_path && !text.contains("://")).then_some(Self::Sqlite)
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Postgres => "PostgreSQL",
            Self::Sqlite => "SQLite",
        })
    }
}

/// Returns whether `text` begins as libpq's `key=value` form does.
fn begins_with_keyword(text: &str) -> bool {
    text.split_once('=').is_some_and(|(keyword, _)| {
        let keyword = keyword.trim_end();
        !keyword.is_empty()
            && keyword
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
    })
}

/// The address of a database, without any of it having been looked up.
///
/// Prints as `user@host:port/database` or as the path; so do its `Debug` and `Serialize`.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DatabaseAddress {
    /// A PostgreSQL database.
    #[cfg(feature = "postgres")]
    Postgres(PostgresAddress),
    /// An SQLite database.
    #[cfg(feature = "sqlite")]
    Sqlite(SqliteAddress),
}

/// The parts of the address of a database server, as variables such as `DB_HOST` give them.
#[derive(Clone, Copy, Default)]
pub struct AddressParts<'a> {
    /// The host, several with commas between them, or the folder of a socket.
    pub host: Option<&'a str>,
    /// The port, or as many as there are hosts.
    pub port: Option<&'a str>,
    /// The user; the operating system's where it is absent.
    pub user: Option<&'a str>,
    /// The password, neither encoded nor quoted.
    pub password: Option<&'a str>,
    /// The database's name.
    pub database: Option<&'a str>,
}

impl DatabaseAddress {
    /// Returns the address that `text` means, in any of the accepted forms.
    ///
    /// # Errors
    /// `UnknownForm` where it has none of them, `EngineNotCompiled` where this build
    /// lacks the engine, and what the engine's own form can get wrong. No error quotes
    /// the text, since it may hold a password.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let trimmed = text.trim();
        if trimmed.is_empty() {
            return Err(AddressError::Empty);
        }
        if text.contains('\0') {
            return Err(AddressError::NulCharacter);
        }
        match Engine::of(trimmed).ok_or(AddressError::UnknownForm)? {
            // At the end of the `key=value` form a blank may be escaped.
            Engine::Postgres => parse_postgres(text),
            Engine::Sqlite => parse_sqlite(trimmed),
        }
    }

    /// Returns the address on a PostgreSQL server that is made of `parts`.
    ///
    /// # Errors
    /// `EngineNotCompiled`, `InvalidPort`, `PortsDoNotMatchHosts`, `LoginInside` and
    /// `NulCharacter`.
    pub fn from_parts(parts: &AddressParts<'_>) -> Result<Self, AddressError> {
        postgres_from_parts(parts)
    }

    /// Returns whether the database lives in memory, and ends with its connection.
    pub fn is_in_memory(&self) -> bool {
        match self {
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => false,
            #[cfg(feature = "sqlite")]
            Self::Sqlite(address) => address.is_memory(),
        }
    }

    /// Returns the kind of database.
    pub fn engine(&self) -> Engine {
        match self {
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => Engine::Postgres,
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => Engine::Sqlite,
        }
    }

    /// Returns the address as another program reads it, password included: for its environment,
    /// never for its arguments.
    pub fn for_tools(&self) -> String {
        match self {
            #[cfg(feature = "postgres")]
            Self::Postgres(postgres) => postgres.url(),
            #[cfg(feature = "sqlite")]
            Self::Sqlite(sqlite) => std::path::absolute(sqlite.path())
                .unwrap_or_else(|_| sqlite.path().to_owned())
                .display()
                .to_string(),
        }
    }

    /// Returns the address of something to read in place of a database that does not exist yet,
    /// holding what a new one would: on `PostgreSQL` the template that it is copied from, on
    /// `SQLite` memory.
    pub(in crate::backend) fn unborn_twin(&self) -> Self {
        match self {
            #[cfg(feature = "postgres")]
            Self::Postgres(address) => Self::Postgres(address.with_database("template1")),
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => Self::Sqlite(SqliteAddress::new(":memory:")),
        }
    }

    /// Returns the name that confirms a destructive operation: the database's, or the
    /// file's. It is unknown where a service file or the operating system's user decides.
    pub fn database(&self) -> Option<&str> {
        match self {
            #[cfg(feature = "postgres")]
            Self::Postgres(address) => address.database(),
            #[cfg(feature = "sqlite")]
            Self::Sqlite(address) => address.database(),
        }
    }

    /// Returns the command that runs SQL on the server of the address, in another database of it and
    /// without a password, where the engine has servers.
    pub fn psql(&self) -> Option<String> {
        match self {
            #[cfg(feature = "postgres")]
            Self::Postgres(address) => Some(address.psql()),
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => None,
        }
    }

    /// Returns the same for another user than the address's.
    pub fn psql_of_another(&self) -> Option<String> {
        match self {
            #[cfg(feature = "postgres")]
            Self::Postgres(address) => Some(address.psql_of_another()),
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => None,
        }
    }

    /// Returns whether the address leads over a network, and takes whoever answers for the server: no
    /// certificate is asked for. What it leaves out, libpq's variables may say.
    pub fn asks_for_no_proof(&self, variable: impl Fn(&str) -> Option<String>) -> bool {
        match self {
            #[cfg(feature = "postgres")]
            Self::Postgres(address) => address.asks_for_no_proof(variable),
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => {
                let _ = variable;
                false
            }
        }
    }

    /// Returns the user, where the engine has some and the address names one.
    pub fn user(&self) -> Option<&str> {
        match self {
            #[cfg(feature = "postgres")]
            Self::Postgres(address) => address.user(),
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => None,
        }
    }

    /// Returns the address with a relative path taken from `folder`; others stay.
    pub fn relative_to(self, folder: &Path) -> Self {
        // Only one of the engines has paths.
        let _ = folder;
        match self {
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => self,
            #[cfg(feature = "sqlite")]
            Self::Sqlite(address) => Self::Sqlite(address.relative_to(folder)),
        }
    }

    /// Returns the address with what the engine's library would take from variables
    /// written out (`PGHOST` and its like), so that the target that is shown is meant.
    pub fn with_defaults(self, variable: impl Fn(&str) -> Option<String>) -> Self {
        // Only one of the engines has variables of its own.
        let _ = &variable;
        match self {
            #[cfg(feature = "postgres")]
            Self::Postgres(address) => Self::Postgres(address.with_defaults(variable)),
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => self,
        }
    }

    /// Returns the address of another database on the same server, or of another file.
    #[must_use]
    pub fn another(&self, name: &str) -> Self {
        match self {
            #[cfg(feature = "postgres")]
            Self::Postgres(address) => Self::Postgres(address.with_database(name)),
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => Self::Sqlite(SqliteAddress::new(name)),
        }
    }

    /// Returns the address of a new database beside this one, as somebody types it: by its name on the
    /// same server, or by the path of a file, behind `sqlite:` or not.
    ///
    /// # Errors
    /// `NotAName` where it is an address, and `NameTooLong`; for a file what its own form can get wrong.
    pub fn neighbour(&self, typed: &str) -> Result<Self, AddressError> {
        match self {
            #[cfg(feature = "postgres")]
            Self::Postgres(address) => address.neighbour(typed).map(Self::Postgres),
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => SqliteAddress::neighbour(typed).map(Self::Sqlite),
        }
    }

    /// Returns what [`DatabaseAddress::another`] takes for this very database: its name, or the file's
    /// path. It is empty where the name is unknown.
    pub fn own_name(&self) -> String {
        match self {
            #[cfg(feature = "postgres")]
            Self::Postgres(address) => address.database().unwrap_or_default().to_owned(),
            #[cfg(feature = "sqlite")]
            Self::Sqlite(address) => address.to_string(),
        }
    }

    /// Returns the values in the address that nobody may see.
    pub(super) fn secrets(&self) -> Vec<&str> {
        match self {
            #[cfg(feature = "postgres")]
            Self::Postgres(address) => address.secrets().collect(),
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => Vec::new(),
        }
    }
}

#[cfg(feature = "postgres")]
fn parse_postgres(text: &str) -> Result<DatabaseAddress, AddressError> {
    PostgresAddress::parse(text).map(DatabaseAddress::Postgres)
}

#[cfg(not(feature = "postgres"))]
fn parse_postgres(_: &str) -> Result<DatabaseAddress, AddressError> {
    Err(AddressError::EngineNotCompiled {
        engine: Engine::Postgres,
    })
}

#[cfg(feature = "postgres")]
fn postgres_from_parts(parts: &AddressParts<'_>) -> Result<DatabaseAddress, AddressError> {
    PostgresAddress::from_parts(parts).map(DatabaseAddress::Postgres)
}

#[cfg(not(feature = "postgres"))]
fn postgres_from_parts(_: &AddressParts<'_>) -> Result<DatabaseAddress, AddressError> {
    Err(AddressError::EngineNotCompiled {
        engine: Engine::Postgres,
    })
}

#[cfg(feature = "sqlite")]
fn parse_sqlite(text: &str) -> Result<DatabaseAddress, AddressError> {
    SqliteAddress::parse(text).map(DatabaseAddress::Sqlite)
}

#[cfg(not(feature = "sqlite"))]
fn parse_sqlite(_: &str) -> Result<DatabaseAddress, AddressError> {
    Err(AddressError::EngineNotCompiled {
        engine: Engine::Sqlite,
    })
}

impl FromStr for DatabaseAddress {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        Self::parse(text)
    }
}

impl fmt::Display for DatabaseAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            #[cfg(feature = "postgres")]
            Self::Postgres(address) => address.fmt(formatter),
            #[cfg(feature = "sqlite")]
            Self::Sqlite(address) => address.fmt(formatter),
        }
    }
}

impl fmt::Debug for DatabaseAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl Serialize for DatabaseAddress {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests;
