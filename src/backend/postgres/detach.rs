//! Partitions that are detached while others write, and one whose detaching was cut off.
//!
//! `DETACH PARTITION … CONCURRENTLY` commits in its middle. What is cut off behind that is pending: the
//! same statement is refused from then on, and `FINALIZE` alone ends it
//! (<https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DETACH-PARTITION>).

use diesel::pg::PgConnection;

use super::indexes::{after_words, qualified};
use crate::backend::Backend;
use crate::backend::error::DatabaseError;
use crate::backend::examine::Defect;
use crate::backend::query::{Query, Row};
use crate::sql::{Phrase, Script};

/// The partitions whose detaching is pending, of one table or of all; before PostgreSQL 14 the catalog
/// has no such column, and none is.
const PENDING: &str = "SELECT i.inhparent::pg_catalog.regclass::pg_catalog.text,
  i.inhrelid::pg_catalog.regclass::pg_catalog.text
FROM pg_catalog.pg_inherits AS i
WHERE (pg_catalog.to_jsonb(i) ->> 'inhdetachpending')::pg_catalog.bool
  AND (? IS NULL OR (
    i.inhparent = pg_catalog.to_regclass(?) AND i.inhrelid = pg_catalog.to_regclass(?)
  ))
ORDER BY 1, 2";

/// Whether two tables are there, of which the second is no part of the first.
const DETACHED: &str = "SELECT NOT EXISTS (
  SELECT 1
  FROM pg_catalog.pg_inherits AS i
  WHERE i.inhparent = whole.oid AND i.inhrelid = part.oid
)
FROM pg_catalog.pg_class AS whole, pg_catalog.pg_class AS part
WHERE whole.oid = pg_catalog.to_regclass(?)::pg_catalog.oid
  AND part.oid = pg_catalog.to_regclass(?)::pg_catalog.oid";

/// Returns what ends the detaching that an earlier attempt at a statement has left pending.
pub(super) fn finishing(
    connection: &mut PgConnection,
    script: &Script,
    statement: usize,
) -> Result<Option<String>, DatabaseError> {
    let Some((table, partition)) = script.with_phrase(statement, detached) else {
        return Ok(None);
    };
    let query = Query::new(PENDING)
        .bind(Some(table.clone()))
        .bind(table)
        .bind(partition);
    let rows = connection.load(&query.once())?;
    rows.first().map(finalizing).transpose()
}

/// Returns whether a statement detaches a partition that is one no more, and still a table.
pub(super) fn is_detached(
    connection: &mut PgConnection,
    script: &Script,
    statement: usize,
) -> Result<bool, DatabaseError> {
    let Some((table, partition)) = script.with_phrase(statement, detached) else {
        return Ok(false);
    };
    let query = Query::new(DETACHED).bind(table).bind(partition);
    let rows = connection.load(&query.once())?;
    let is_detached = rows.first().map(|row| row.boolean(0)).transpose()?;
    Ok(is_detached == Some(true))
}

/// Returns every partition whose detaching is pending, with what ends it.
pub(super) fn pending(connection: &mut PgConnection) -> Result<Vec<Defect>, DatabaseError> {
    let none = || None::<String>;
    let query = Query::new(PENDING).bind(none()).bind(none()).bind(none());
    let rows = connection.load(&query.once())?;
    let defect = |row: &Row| {
        let (table, partition) = (row.text(0)?, row.text(1)?);
        Ok(Defect {
            what: format!(
                "the partition {partition} of {table} is detached by half: `DETACH PARTITION … CONCURRENTLY` was cut off, and no query of {table} sees its rows"
            ),
            cure: finalizing(row)?,
        })
    };
    rows.iter().map(defect).collect()
}

fn finalizing(row: &Row) -> Result<String, DatabaseError> {
    let (table, partition) = (row.text(0)?, row.text(1)?);
    Ok(format!(
        "ALTER TABLE {table} DETACH PARTITION {partition} FINALIZE"
    ))
}

/// Returns whether a statement detaches a partition concurrently.
pub(super) fn is_detaching(statement: Phrase<'_>) -> bool {
    detached(statement).is_some()
}

/// Reads `ALTER TABLE table DETACH PARTITION partition CONCURRENTLY`, names as they are written.
fn detached(statement: Phrase<'_>) -> Option<(String, String)> {
    if !statement.is_word(0, "ALTER") || !statement.is_word(1, "TABLE") {
        return None;
    }
    let start = after_words(statement, 2, &["IF", "EXISTS", "ONLY"]);
    let (table, next) = qualified(statement, start);
    if !statement.is_word(next, "DETACH") || !statement.is_word(next + 1, "PARTITION") {
        return None;
    }
    let (partition, next) = qualified(statement, next + 2);
    let is_beside_others = statement.is_word(next, "CONCURRENTLY");
    table.zip(partition).filter(|_| is_beside_others)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::postgres::dialect::POSTGRES;

    #[test]
    fn what_is_detached_beside_others_is_known_by_its_words() {
        for (text, expected) in [
            (
                "ALTER TABLE IF EXISTS s.p DETACH PARTITION \"P 1\" CONCURRENTLY;",
                Some(("s.p", "\"P 1\"")),
            ),
            ("ALTER TABLE p DETACH PARTITION p_1", None),
            ("ALTER TABLE p DETACH PARTITION p_1 FINALIZE", None),
            ("ALTER TABLE p DROP COLUMN concurrently", None),
        ] {
            let script = Script::parse(text, 1, POSTGRES).expect("the text is whole");
            let read = script.with_phrase(0, detached);
            let read = read.as_ref();
            let read = read.map(|(table, part)| (table.as_str(), part.as_str()));
            assert_eq!(read, expected, "{text}");
        }
    }
}
