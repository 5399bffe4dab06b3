//! What a migration's body may change of a `SQLite` connection, and how all of it is put back.

use diesel::sqlite::SqliteConnection;

use crate::backend::Backend;
use crate::backend::error::DatabaseError;
use crate::backend::query::Query;
use crate::backend::settings::{Settings, Touch};
use crate::sql::Script;

/// The pragmas that stay switched for the connection and that others' statements depend on.
/// <https://www.sqlite.org/pragma.html>
///
/// `defer_foreign_keys` is not among them: the commit switches it off, and whoever does so sooner
/// has `SQLite` forget what it put off.
const PRAGMAS: [&str; 12] = [
    "automatic_index",
    "busy_timeout",
    "cell_size_check",
    "foreign_keys",
    "ignore_check_constraints",
    "legacy_alter_table",
    "query_only",
    "read_uncommitted",
    "recursive_triggers",
    "reverse_unordered_selects",
    "synchronous",
    "writable_schema",
];
/// It cannot be asked for, only tried.
const CASE_SENSITIVE_LIKE: &str = "case_sensitive_like";

/// Returns what a script may change, by its words.
pub(super) fn touch(script: &Script) -> Touch {
    if script.text().to_ascii_lowercase().contains("pragma") {
        Touch::Settings
    } else {
        Touch::Nothing
    }
}

pub(super) fn found(connection: &mut SqliteConnection) -> Result<Settings, DatabaseError> {
    let mut settings = Settings::default();
    for name in PRAGMAS {
        if let Some(value) = integer(connection, &format!("PRAGMA {name}"))? {
            settings.values.insert(name.to_owned(), value.to_string());
        }
    }
    if let Some(alike) = integer(connection, "SELECT 'a' LIKE 'A'")? {
        let value = i64::from(alike == 0).to_string();
        settings
            .values
            .insert(CASE_SENSITIVE_LIKE.to_owned(), value);
    }
    Ok(settings)
}

fn integer(connection: &mut SqliteConnection, query: &str) -> Result<Option<i64>, DatabaseError> {
    let rows = connection.load(&Query::new(query))?;
    rows.first().map(|row| row.integer(0)).transpose()
}

pub(super) fn put_back(
    connection: &mut SqliteConnection,
    found_before: &Settings,
) -> Result<(), DatabaseError> {
    let now = found(connection)?;
    for (name, value) in found_before.other_than(&now) {
        connection.batch_execute(&format!("PRAGMA {name} = {value}"))?;
    }
    Ok(())
}
