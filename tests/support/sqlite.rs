//! A SQLite database for one test: a file in a folder of its own.
//!
//! Knows nothing of PostgreSQL, whose file beside this one has the same shape.

use std::path::{Path, PathBuf};

use diesel::connection::SimpleConnection;
use diesel::{Connection, SqliteConnection};

use super::engine::{Engine, column, plain_diesel};

/// A SQLite file, removed with its folder when dropped.
pub(crate) struct SqliteDatabase {
    folder: tempfile::TempDir,
}

impl SqliteDatabase {
    /// Makes a folder; the file itself comes with the first connection.
    pub(crate) fn create() -> Self {
        let folder = tempfile::Builder::new()
            .prefix("dieselkit-sqlite-")
            .tempdir()
            .expect("the system's folder for temporary files is writable");
        Self { folder }
    }

    /// Returns the path of the database file.
    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("test.db")
    }

    /// Opens a connection that waits, as the program under test may be writing.
    pub(crate) fn connect(&self) -> SqliteConnection {
        let path = self.path();
        let path = path.to_str().expect("temporary paths are UTF-8");
        let mut connection = SqliteConnection::establish(path)
            .unwrap_or_else(|error| panic!("cannot open {path}: {error}"));
        connection
            .batch_execute("PRAGMA busy_timeout = 60000")
            .expect("busy_timeout is known to every SQLite");
        connection
    }
}

impl Engine for SqliteDatabase {
    fn url(&self) -> String {
        format!("sqlite:{}", self.path().display())
    }

    fn either<'a>(&self, sqlite: &'a str, _postgres: &'a str) -> &'a str {
        sqlite
    }

    fn execute(&self, sql: &str) {
        self.connect()
            .batch_execute(sql)
            .unwrap_or_else(|error| panic!("{error}, in: {sql}"));
    }

    fn query_column(&self, sql: &str) -> Vec<String> {
        column!(&mut self.connect(), sql)
    }

    fn tables(&self) -> Vec<String> {
        // Opening would make the file, and a scenario may ask whether anything was made.
        if !self.path().exists() {
            return Vec::new();
        }
        self.query_column(
            "SELECT name FROM sqlite_schema
             WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name",
        )
    }

    fn schema_dump(&self) -> String {
        self.query_column(
            "SELECT sql || ';' FROM sqlite_schema
             WHERE sql IS NOT NULL AND tbl_name NOT LIKE '\\_\\_dieselkit\\_%' ESCAPE '\\'
               AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
             ORDER BY tbl_name, type DESC, name",
        )
        .join("\n")
    }

    fn diesel_run(&self, migrations: &Path) -> Vec<String> {
        let mut connection = self.connect();
        let versions = plain_diesel!(run_pending_migrations, &mut connection, migrations);
        versions.iter().map(ToString::to_string).collect()
    }

    fn diesel_revert(&self, migrations: &Path) -> String {
        plain_diesel!(revert_last_migration, &mut self.connect(), migrations).to_string()
    }
}
