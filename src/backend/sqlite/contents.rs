//! What the tables of a `SQLite` database hold.

use std::time::Duration;

use diesel::sqlite::SqliteConnection;

use crate::backend::Backend;
use crate::backend::contents::{ContentTable, ContentsBackend, SequenceValue};
use crate::backend::error::DatabaseError;
use crate::backend::query::{Query, Row};
use crate::backend::rows::{TableName, TableShape};
use crate::backend::tables::quote_identifier;

/// `CURRENT_TIMESTAMP` has seconds: after one it is another.
const NEXT_SECOND: Duration = Duration::from_millis(1050);

impl ContentsBackend for SqliteConnection {
    /// A virtual table's rows are in the tables behind it.
    fn content_tables(&mut self) -> Result<Vec<ContentTable>, DatabaseError> {
        let columns = self.load(&Query::new(include_str!("sql/content_columns.sql")))?;
        columns
            .chunk_by(|one, other| one.text(0) == other.text(0))
            .map(content_table)
            .collect()
    }

    /// `ANALYZE` notes rows, and nothing of nulls (<https://www.sqlite.org/fileformat2.html#stat1tab>).
    fn estimate(
        &mut self,
        table: &TableShape,
        column: Option<&str>,
    ) -> Result<Option<i64>, DatabaseError> {
        let noted = "SELECT 1 FROM main.sqlite_schema WHERE name = 'sqlite_stat1'";
        if column.is_some() || self.load(&Query::new(noted))?.is_empty() {
            return Ok(None);
        }
        let rows = "SELECT CAST(stat AS INTEGER) FROM main.sqlite_stat1 WHERE tbl = ? LIMIT 1";
        let rows = self.load(&Query::new(rows).bind(table.name.name.clone()))?;
        rows.first().map(|row| row.integer(0)).transpose()
    }

    /// Whoever writes has the whole file for itself.
    fn keep_writers_out(&mut self) -> Result<(), DatabaseError> {
        Ok(())
    }

    fn create_contents(&mut self) -> Result<String, DatabaseError> {
        self.batch_execute(
            "CREATE TABLE temp.dieselkit_contents (stage INTEGER, place INTEGER, k TEXT, h TEXT);
CREATE INDEX temp.dieselkit_contents_place ON dieselkit_contents (stage, place)",
        )?;
        Ok("temp.dieselkit_contents".to_owned())
    }

    /// The count is one for all tables, and leaves out what `CREATE TABLE … AS` inserts.
    fn write_marks(
        &mut self,
        tables: &[ContentTable],
    ) -> Result<Vec<Option<String>>, DatabaseError> {
        let count = "SELECT total_changes() || ' ' || schema_version FROM pragma_schema_version";
        let rows = self.load(&Query::new(count))?;
        let mark = rows.first().map(|row| row.text(0)).transpose()?;
        Ok(vec![mark; tables.len()])
    }

    fn age_moments(&mut self) -> Result<Duration, DatabaseError> {
        Ok(NEXT_SECOND)
    }

    /// No pragma knows, but the words do.
    fn may_wait(&mut self) -> Result<bool, DatabaseError> {
        let words =
            "SELECT 1 FROM main.sqlite_schema WHERE sql LIKE '%INITIALLY%DEFERRED%' LIMIT 1";
        Ok(!self.load(&Query::new(words))?.is_empty())
    }

    /// Only a commit looks at what was put off; this looks at all there is.
    fn check_deferred(&mut self) -> Result<(), DatabaseError> {
        let broken = self.broken_foreign_keys();
        let broken = broken.map_err(|error| DatabaseError::from_message(error.to_string()))?;
        if broken.is_empty() {
            return Ok(());
        }
        let message = format!("foreign keys are broken: {}", broken.join("; "));
        Err(DatabaseError::from_message(message))
    }

    /// What `AUTOINCREMENT` notes is a table, and rolled back as one.
    fn sequence_values(&mut self) -> Result<Vec<SequenceValue>, DatabaseError> {
        Ok(Vec::new())
    }

    fn put_sequences_back(&mut self, _found: &[SequenceValue]) -> Result<(), DatabaseError> {
        Ok(())
    }
}

/// Makes a table of its columns' rows: table, column, and its place in the primary key, from 1.
fn content_table(columns: &[Row]) -> Result<ContentTable, DatabaseError> {
    let name = columns[0].text(0)?;
    let mut key = Vec::new();
    let mut values = Vec::new();
    for column in columns {
        let (name, place) = (column.text(1)?, column.integer(2)?);
        if place > 0 {
            key.push((place, name.clone()));
        }
        values.push(value(&name));
    }
    key.sort();
    let key: Vec<String> = key.iter().map(|(_, name)| key_part(name)).collect();
    let k = if key.is_empty() {
        "''".to_owned()
    } else {
        key.join(" || ', ' || ")
    };
    Ok(ContentTable {
        rows: format!(
            "SELECT {k} AS k, {} AS h FROM main.{}",
            joined(&values),
            quote_identifier(&name)
        ),
        keyed: !key.is_empty(),
        name: TableName { schema: None, name }.to_string(),
    })
}

/// Joins expressions by halves: a chain of them would be as deep as it is long, and depth has a
/// limit. <https://www.sqlite.org/limits.html#max_expr_depth>
pub(super) fn joined(values: &[String]) -> String {
    match values {
        [] => "''".to_owned(),
        [value] => value.clone(),
        values => {
            let (one, other) = values.split_at(values.len() / 2);
            format!("({} || ',' || {})", joined(one), joined(other))
        }
    }
}

/// A text is quoted no further than its first NUL character.
/// <https://www.sqlite.org/lang_corefunc.html#quote>
pub(super) fn value(column: &str) -> String {
    let column = quote_identifier(column);
    format!(
        "CASE WHEN typeof({column}) = 'text' AND instr({column}, char(0)) > 0 THEN 't' || hex({column}) ELSE quote({column}) END"
    )
}

fn key_part(column: &str) -> String {
    let quoted = quote_identifier(column);
    let label = format!("{column}=").replace('\'', "''");
    format!(
        "'{label}' || CASE typeof({quoted}) WHEN 'blob' THEN quote({quoted}) ELSE quote(CAST({quoted} AS text)) END"
    )
}
