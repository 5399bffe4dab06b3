//! What the tables of a `PostgreSQL` database hold, and what no rollback takes back.

use std::collections::BTreeMap;
use std::time::Duration;

use diesel::pg::PgConnection;

use crate::backend::Backend;
use crate::backend::contents::{ContentTable, ContentsBackend, SequenceValue};
use crate::backend::error::DatabaseError;
use crate::backend::query::{Query, Row};
use crate::backend::rows::TableShape;

impl ContentsBackend for PgConnection {
    fn content_tables(&mut self) -> Result<Vec<ContentTable>, DatabaseError> {
        let tables = self.load(&tables("TRUE"))?;
        tables.iter().map(content_table).collect()
    }

    fn estimate(
        &mut self,
        table: &TableShape,
        column: Option<&str>,
    ) -> Result<Option<i64>, DatabaseError> {
        let name = table.name.quoted();
        let query = Query::new(include_str!("sql/estimate.sql"))
            .bind(name.clone())
            .bind(column.map(str::to_owned))
            .bind(name.clone())
            .bind(name);
        let rows = self.load(&query.once())?;
        let estimate = rows.first().map(|row| row.optional_integer(0));
        Ok(estimate.transpose()?.flatten())
    }

    /// Others may read. What they insert would look like a seed's work, and take ids that the
    /// sequences are then put back before.
    fn keep_writers_out(&mut self) -> Result<(), DatabaseError> {
        let lockable = tables(
            "pg_catalog.has_table_privilege(c.oid, 'UPDATE')
    OR pg_catalog.has_table_privilege(c.oid, 'DELETE')",
        );
        let names = self.load(&lockable)?;
        let names: Vec<String> = names
            .iter()
            .map(|row| row.text(1))
            .collect::<Result<_, _>>()?;
        if names.is_empty() {
            return Ok(());
        }
        self.batch_execute(&format!(
            "LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE",
            names.join(", ")
        ))
    }

    fn create_contents(&mut self) -> Result<String, DatabaseError> {
        let name = "pg_temp.dieselkit_contents";
        self.batch_execute(&format!(
            "CREATE TEMPORARY TABLE dieselkit_contents
  (stage pg_catalog.int4, place pg_catalog.int4, k pg_catalog.text, h pg_catalog.text)
  ON COMMIT DROP;
CREATE INDEX ON {name} (stage, place)"
        ))?;
        Ok(name.to_owned())
    }

    /// The server counts what a transaction writes, unless it is told not to, and counts it for a
    /// partition and not for its parent. `TRUNCATE` is not counted, but gives a table another file.
    fn write_marks(
        &mut self,
        tables: &[ContentTable],
    ) -> Result<Vec<Option<String>>, DatabaseError> {
        let rows = self.load(&Query::new(include_str!("sql/write_marks.sql")))?;
        let marks = rows
            .iter()
            .map(|row| Ok((row.text(0)?, row.optional_text(1)?)))
            .collect::<Result<BTreeMap<_, _>, DatabaseError>>()?;
        let mark = |table: &ContentTable| marks.get(&table.name).cloned().flatten();
        Ok(tables.iter().map(mark).collect())
    }

    /// `now()` is the same in all of a transaction, so what was written of it is moved back by a
    /// second: a value that is written again shows, and one that stays does not. It is known by its
    /// microseconds. Where a table does not take that, its moments stay as they are.
    fn age_moments(&mut self) -> Result<Duration, DatabaseError> {
        for row in self.load(&Query::new(include_str!("sql/moments.sql")))? {
            let (off, update, on) = (row.text(0)?, row.text(1)?, row.text(2)?);
            self.begin()?;
            match self.batch_execute(&format!("{off}{update};{on}")) {
                Ok(()) => self.commit()?,
                Err(error) if error.disconnected => return Err(error),
                Err(_) => self.rollback()?,
            }
        }
        Ok(Duration::ZERO)
    }

    /// To look for what waits costs nothing where nothing does.
    fn may_wait(&mut self) -> Result<bool, DatabaseError> {
        Ok(true)
    }

    /// What is put off stays put off: the savepoint takes that back.
    fn check_deferred(&mut self) -> Result<(), DatabaseError> {
        self.begin()?;
        let checked = self.batch_execute("SET CONSTRAINTS ALL IMMEDIATE");
        self.rollback()?;
        checked
    }

    fn sequence_values(&mut self) -> Result<Vec<SequenceValue>, DatabaseError> {
        let names = self.load(&Query::new(include_str!("sql/own_sequences.sql")))?;
        let value = |row: &Row| {
            let name = row.text(0)?;
            let query = Query::new(format!("SELECT last_value, is_called FROM {name}")).once();
            let rows = self.load(&query)?;
            let row = rows
                .first()
                .cloned()
                .unwrap_or_else(|| Row::new(Vec::new()));
            Ok(SequenceValue {
                name,
                last: row.integer(0)?,
                called: row.boolean(1)?,
            })
        };
        names.iter().map(value).collect()
    }

    fn put_sequences_back(&mut self, found: &[SequenceValue]) -> Result<(), DatabaseError> {
        found.iter().try_for_each(|sequence| {
            let SequenceValue { name, last, called } = sequence;
            let query = format!(
                "SELECT pg_catalog.setval(q.tableoid::pg_catalog.regclass, {last}, {called})
FROM {name} AS q
WHERE q.last_value <> {last} OR q.is_called <> {called}"
            );
            self.load(&Query::new(query).once()).map(drop)
        })
    }
}

/// Returns the query of the tables for which a condition holds.
fn tables(condition: &str) -> Query {
    Query::new(include_str!("sql/content_tables.sql").replace("{condition}", condition))
}

fn content_table(row: &Row) -> Result<ContentTable, DatabaseError> {
    let (quoted, key) = (row.text(1)?, row.optional_text(2)?);
    // Of what inherits from it, a table that is no partitioned one is asked for itself.
    let only = if row.boolean(3)? { "" } else { "ONLY " };
    Ok(ContentTable {
        name: row.text(0)?,
        rows: format!(
            "SELECT {} AS k, pg_catalog.md5(__dieselkit_row::pg_catalog.text) AS h FROM {only}{quoted} AS __dieselkit_row",
            key.as_deref().unwrap_or("''::pg_catalog.text"),
        ),
        keyed: key.is_some(),
    })
}
