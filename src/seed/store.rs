//! `__dieselkit_seeds`: one row for each attempt to run a seed.

use std::collections::BTreeMap;

use chrono::NaiveDateTime;

use super::plan::Tracked;
use crate::backend::Backend;
use crate::backend::error::{BackendError, DatabaseError, During};
use crate::backend::query::{Query, Row};
use crate::backend::tables::{HISTORY_TABLE, SEEDS_TABLE, Tables};
use crate::event::RowCounts;
use crate::sql::Checksum;

/// A seed's last attempt, and the one that succeeded last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Attempts {
    pub(crate) last: Attempt,
    pub(crate) succeeded: Option<Attempt>,
}

/// One attempt, as it is tracked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Attempt {
    pub(crate) checksum: Option<Checksum>,
    pub(crate) outcome: Outcome,
    pub(crate) rows: Option<RowCounts>,
    pub(crate) started_at: NaiveDateTime,
    pub(crate) execution_time_ms: i64,
    pub(crate) applied_by: Option<String>,
    /// Whether a migration that was applied when it began was rolled back since.
    pub(crate) rolled_back: bool,
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    Success,
    Failed { error: String },
}

/// A row to be written.
#[derive(Debug, Clone)]
pub(crate) struct NewAttempt<'a> {
    pub(crate) name: &'a str,
    pub(crate) environment: &'a str,
    pub(crate) checksum: Checksum,
    pub(crate) outcome: Outcome,
    pub(crate) rows: Option<RowCounts>,
    pub(crate) started_at: NaiveDateTime,
    pub(crate) execution_time_ms: i64,
    pub(crate) applied_by: Option<&'a str>,
    pub(crate) application: &'a str,
}

impl Attempts {
    /// Returns what the plan needs to know.
    pub(crate) fn tracked(&self) -> Tracked {
        Tracked {
            succeeded: self.succeeded.as_ref().and_then(|attempt| attempt.checksum),
            failed_last: self.last.outcome != Outcome::Success,
            rolled_back: self
                .succeeded
                .as_ref()
                .is_some_and(|attempt| attempt.rolled_back),
        }
    }
}

/// Creates the table where it is absent.
pub(crate) fn create_table(backend: &mut dyn Backend, tables: &Tables) -> Result<(), BackendError> {
    if tables.has_seeds {
        return Ok(());
    }
    let ddl = backend
        .seeds_table_ddl()
        .replace("{schema}", &tables.prefix());
    backend
        .batch_execute(&ddl)
        .during("create the table of seeds")
}

/// Reads, for every seed of an environment, the last attempt and the last success, in one query;
/// an absent table reads as empty.
pub(crate) fn read(
    backend: &mut dyn Backend,
    tables: &Tables,
    environment: &str,
) -> Result<BTreeMap<String, Attempts>, BackendError> {
    if !tables.has_seeds {
        return Ok(BTreeMap::new());
    }
    let table = tables.qualified(SEEDS_TABLE);
    let query = Query::new(format!(
        "SELECT name, checksum, status, rows_inserted, rows_updated, rows_deleted, \
rows_unchanged, started_at, execution_time_ms, applied_by, error, {} FROM {table} AS seeds \
WHERE id IN (SELECT max(id) FROM {table} WHERE environment = ? GROUP BY name, status) ORDER BY id",
        rolled_back_since(tables)
    ));
    let rows = backend.load(&query.bind(environment)).reading(
        "read what is tracked of the seeds",
        backend,
        tables,
    )?;
    let mut all: BTreeMap<String, Attempts> = BTreeMap::new();
    for row in &rows {
        let (name, attempt) = read_row(row).during("read what is tracked of the seeds")?;
        let before = all.remove(&name).and_then(|attempts| attempts.succeeded);
        let succeeded = match attempt.outcome {
            Outcome::Success => Some(attempt.clone()),
            Outcome::Failed { .. } => before,
        };
        let attempts = Attempts {
            last: attempt,
            succeeded,
        };
        all.insert(name, attempts);
    }
    Ok(all)
}

/// Returns the expression that is true where a migration was applied when a seed began and rolled
/// back since, maybe with the seed's rows. One that was only adopted later may have been applied
/// before.
fn rolled_back_since(tables: &Tables) -> String {
    if !tables.has_history {
        return "FALSE".to_owned();
    }
    format!(
        "EXISTS (SELECT 1 FROM {} AS history WHERE history.rolled_back_at >= seeds.started_at \
AND (history.started_at <= seeds.started_at OR history.operation = 'adopt'))",
        tables.qualified(HISTORY_TABLE)
    )
}

fn read_row(row: &Row) -> Result<(String, Attempt), DatabaseError> {
    let attempt = Attempt {
        // A checksum that nobody can read is one that nothing matches.
        checksum: row.text(1)?.parse().ok(),
        outcome: match row.text(2)?.as_str() {
            "SUCCESS" => Outcome::Success,
            _ => Outcome::Failed {
                error: row.optional_text(10)?.unwrap_or_default(),
            },
        },
        rows: counts(row)?,
        started_at: row.timestamp(7)?,
        execution_time_ms: row.integer(8)?,
        applied_by: row.optional_text(9)?,
        rolled_back: row.boolean(11)?,
    };
    Ok((row.text(0)?, attempt))
}

fn counts(row: &Row) -> Result<Option<RowCounts>, DatabaseError> {
    let count = |column: usize| -> Result<Option<u64>, DatabaseError> {
        let number = row.optional_integer(column)?;
        Ok(number.and_then(|number| u64::try_from(number).ok()))
    };
    let (Some(inserted), Some(updated), Some(deleted), Some(unchanged)) =
        (count(3)?, count(4)?, count(5)?, count(6)?)
    else {
        return Ok(None);
    };
    Ok(Some(RowCounts {
        inserted,
        updated,
        deleted,
        unchanged,
    }))
}

/// Writes the row of an attempt.
pub(crate) fn insert(
    backend: &mut dyn Backend,
    tables: &Tables,
    attempt: &NewAttempt<'_>,
) -> Result<(), DatabaseError> {
    let (status, error) = match &attempt.outcome {
        Outcome::Success => ("SUCCESS", None),
        Outcome::Failed { error } => ("FAILED", Some(error.clone())),
    };
    let count = |pick: fn(&RowCounts) -> u64| {
        let count = attempt.rows.as_ref().map(pick);
        count.map(|count| i64::try_from(count).unwrap_or(i64::MAX))
    };
    let query = Query::new(format!(
        "INSERT INTO {} (name, environment, checksum, status, rows_inserted, rows_updated, \
rows_deleted, rows_unchanged, started_at, execution_time_ms, applied_by, application, error) \
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        tables.qualified(SEEDS_TABLE)
    ))
    .bind(attempt.name)
    .bind(attempt.environment)
    .bind(attempt.checksum.to_string())
    .bind(status)
    .bind(count(|rows| rows.inserted))
    .bind(count(|rows| rows.updated))
    .bind(count(|rows| rows.deleted))
    .bind(count(|rows| rows.unchanged))
    .bind(attempt.started_at)
    .bind(attempt.execution_time_ms)
    .bind(attempt.applied_by.map(str::to_owned))
    .bind(attempt.application)
    .bind(error);
    backend.execute(&query).map(drop)
}
