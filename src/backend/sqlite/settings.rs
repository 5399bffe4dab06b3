//! What a migration's body may change of a `SQLite` connection, and how all of it is put back.

use diesel::sqlite::SqliteConnection;

use crate::backend::Backend;
use crate::backend::error::DatabaseError;
use crate::backend::query::{Query, Row};
use crate::backend::settings::{Settings, Subject, Touch};
use crate::sql::Script;

/// The pragmas that stay switched for the connection and that others' statements depend on.
/// <https://www.sqlite.org/pragma.html>
///
/// `defer_foreign_keys` is not among them: the commit switches it off, and whoever does so sooner
/// has `SQLite` forget what it put off.
const PRAGMAS: [&str; 28] = [
    "analysis_limit",
    "automatic_index",
    "busy_timeout",
    "cache_size",
    "cache_spill",
    "cell_size_check",
    "checkpoint_fullfsync",
    "foreign_keys",
    "full_column_names",
    "fullfsync",
    "ignore_check_constraints",
    JOURNAL_MODE,
    "journal_size_limit",
    "legacy_alter_table",
    "locking_mode",
    "mmap_size",
    QUERY_ONLY,
    "read_uncommitted",
    "recursive_triggers",
    "reverse_unordered_selects",
    SECURE_DELETE,
    "short_column_names",
    "synchronous",
    "temp_store",
    "threads",
    "trusted_schema",
    "wal_autocheckpoint",
    "writable_schema",
];
/// Without a journal nothing can be rolled back; a write-ahead log belongs to the file, and is what
/// a migration was written for.
const JOURNAL_MODE: &str = "journal_mode";
const WRITE_AHEAD_LOG: &str = "wal";
/// While it is on nobody writes, this tool neither.
const QUERY_ONLY: &str = "query_only";
/// Its third value is told as a number, and set as a word.
const SECURE_DELETE: &str = "secure_delete";
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

/// Returns which of the pragmas that are put back a statement switches, where it does nothing else.
pub(super) fn sets(script: &Script, index: usize) -> Option<Subject> {
    script.with_phrase(index, |statement| {
        let name = statement.text_at(1).to_ascii_lowercase();
        let is_known = PRAGMAS.contains(&&*name) || name == CASE_SENSITIVE_LIKE;
        let sets = ["=", "("].contains(&statement.text_at(2));
        let switches = statement.is_word(0, "PRAGMA") && is_known && sets;
        switches.then_some(Subject::Named(name))
    })
}

pub(super) fn found(connection: &mut SqliteConnection) -> Result<Settings, DatabaseError> {
    let mut settings = Settings::default();
    for name in PRAGMAS {
        if let Some(value) = value(connection, &format!("PRAGMA {name}"))? {
            settings.values.insert(name.to_owned(), value);
        }
    }
    if let Some(unlike) = value(connection, "SELECT 'a' NOT LIKE 'A'")? {
        settings
            .values
            .insert(CASE_SENSITIVE_LIKE.to_owned(), unlike);
    }
    Ok(settings)
}

/// Returns the first value of a query's result, a number as text; none where there is no row, as
/// of a pragma that this `SQLite` does not know.
fn value(connection: &mut SqliteConnection, query: &str) -> Result<Option<String>, DatabaseError> {
    let rows = connection.load(&Query::new(query))?;
    let read = |row: &Row| {
        let number = row.integer(0).map(|number| number.to_string());
        number.or_else(|_| row.text(0))
    };
    rows.first().map(read).transpose()
}

pub(super) fn put_back(
    connection: &mut SqliteConnection,
    found_before: &Settings,
) -> Result<(), DatabaseError> {
    let now = found(connection)?;
    for (name, value) in found_before.other_than(&now) {
        let belongs_to_file = [value, now.get(name).unwrap_or_default()].contains(&WRITE_AHEAD_LOG);
        if !(name == JOURNAL_MODE && belongs_to_file) {
            set(connection, name, value)?;
        }
    }
    Ok(())
}

fn set(connection: &mut SqliteConnection, name: &str, value: &str) -> Result<(), DatabaseError> {
    let value = match (name, value) {
        (SECURE_DELETE, "2") => "FAST",
        (_, value) => value,
    };
    connection.batch_execute(&format!("PRAGMA {name} = {value}"))
}

/// Does something in the middle of a body that may have said that nobody writes.
pub(super) fn as_found(
    connection: &mut SqliteConnection,
    found: &Settings,
    work: &mut dyn FnMut(&mut dyn Backend) -> Result<(), DatabaseError>,
) -> Result<(), DatabaseError> {
    let now = value(connection, &format!("PRAGMA {QUERY_ONLY}"))?;
    let (Some(now), Some(before)) = (now, found.get(QUERY_ONLY)) else {
        return work(connection);
    };
    if now == before {
        return work(connection);
    }
    set(connection, QUERY_ONLY, before)?;
    work(connection)?;
    set(connection, QUERY_ONLY, &now)
}
