//! How a copy is written down, and which part of a database it holds.
//!
//! Pure: values and their JSON.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::backend::address::Engine;

/// How the contents of a backup are written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// SQL, compressed by gzip: `gunzip | psql` restores it.
    #[default]
    Plain,
    /// `pg_dump`'s own archive, for `pg_restore`.
    Custom,
    /// A folder with a file for each table, for `pg_restore`.
    Directory,
    /// A database file of `SQLite`, compressed by gzip.
    Sqlite,
}

impl Format {
    /// Returns how the copies of an engine are usually written down.
    pub fn usual_of(engine: Engine) -> Self {
        match engine {
            Engine::Postgres => Self::Plain,
            Engine::Sqlite => Self::Sqlite,
        }
    }

    /// Returns whether the engine hands the bytes over uncompressed, as one stream.
    pub fn is_compressed_here(self) -> bool {
        matches!(self, Self::Plain | Self::Sqlite)
    }

    /// Returns whether it is an archive of `pg_dump`, which its `pg_restore` alone can read.
    #[cfg(feature = "postgres")]
    pub(crate) fn is_archive(self) -> bool {
        matches!(self, Self::Custom | Self::Directory)
    }

    /// Returns what the name of the file ends in.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Plain => "sql.gz",
            Self::Custom => "dump",
            Self::Directory => "dir",
            Self::Sqlite => "sqlite.gz",
        }
    }
}

/// Which part of a database a backup holds; all of it where nothing is named.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Scope {
    /// Only these schemas, as patterns of `pg_dump`.
    pub schemas: Vec<String>,
    /// Only these tables, likewise.
    pub tables: Vec<String>,
    /// These tables without their rows, likewise.
    pub without_data_of: Vec<String>,
}

impl Scope {
    /// Returns whether schemas or tables are picked: what belongs to none of them, as extensions do,
    /// is left out then (`PostgreSQL` manual, `pg_dump`, `--schema` and `--table`).
    pub fn is_picked(&self) -> bool {
        !self.schemas.is_empty() || !self.tables.is_empty()
    }

    /// Returns whether it is all of the database.
    pub fn is_whole(&self) -> bool {
        self == &Self::default()
    }
}

impl fmt::Display for Format {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Plain => "plain",
            Self::Custom => "custom",
            Self::Directory => "directory",
            Self::Sqlite => "sqlite",
        })
    }
}
