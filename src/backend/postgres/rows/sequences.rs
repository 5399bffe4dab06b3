//! Moves sequences past the rows that were put in with values of their own.

use diesel::pg::PgConnection;

use crate::backend::Backend;
use crate::backend::error::DatabaseError;
use crate::backend::query::{Query, Row};
use crate::backend::rows::{TableName, TableShape};
use crate::backend::tables::quote_identifier;

/// Which tables' sequences are looked at, where the list of sequences has `{tables}`.
const ONE_TABLE: &str = "SELECT pg_catalog.to_regclass(?)::pg_catalog.oid";
/// The counts are those of the open transaction. Where the server keeps none, every table may have
/// been written to; one that this role may not look at has not.
const TOUCHED_TABLES: &str = "SELECT relid FROM pg_catalog.pg_stat_xact_user_tables
  WHERE n_tup_ins + n_tup_upd > 0
    OR (pg_catalog.current_setting('track_counts') = 'off'
      AND pg_catalog.has_table_privilege(relid, 'INSERT'))";

/// Moves the sequences behind a table's columns.
pub(super) fn advance(
    connection: &mut PgConnection,
    table: &TableShape,
) -> Result<Vec<String>, DatabaseError> {
    let query = listing(ONE_TABLE).bind(table.name.quoted());
    advance_listed(connection, &query)
}

/// Moves those of all tables that the open transaction has written to.
pub(super) fn advance_touched(connection: &mut PgConnection) -> Result<Vec<String>, DatabaseError> {
    advance_listed(connection, &listing(TOUCHED_TABLES))
}

fn listing(tables: &str) -> Query {
    Query::new(include_str!("../sql/sequences.sql").replace("{tables}", tables))
}

fn advance_listed(
    connection: &mut PgConnection,
    listing: &Query,
) -> Result<Vec<String>, DatabaseError> {
    let mut moved = Vec::new();
    for row in connection.load(listing)? {
        let sequence = Sequence::read(&row)?;
        if !connection.load(&sequence.advancing())?.is_empty() {
            moved.push(sequence.name.to_string());
        }
    }
    Ok(moved)
}

struct Sequence {
    name: TableName,
    table: TableName,
    column: String,
    descends: bool,
}

impl Sequence {
    fn read(row: &Row) -> Result<Self, DatabaseError> {
        let name = |schema, name| {
            Ok::<_, DatabaseError>(TableName {
                schema: Some(row.text(schema)?),
                name: row.text(name)?,
            })
        };
        Ok(Self {
            name: name(0, 1)?,
            table: name(2, 3)?,
            column: row.text(4)?,
            descends: row.boolean(5)?,
        })
    }

    /// Returns the query that sets it, and returns a row, only where its next value would not be
    /// past the outermost one: setting it is a write, and one that no rollback takes back.
    fn advancing(&self) -> Query {
        let (outermost, bound, is_past) = if self.descends {
            ("min", "GREATEST(rows.value, s.seqmin)", ">=")
        } else {
            ("max", "LEAST(rows.value, s.seqmax)", "<=")
        };
        Query::new(format!(
            "SELECT pg_catalog.setval(q.tableoid::pg_catalog.regclass, {bound})
FROM {sequence} AS q
JOIN pg_catalog.pg_sequence AS s ON s.seqrelid = q.tableoid
CROSS JOIN (SELECT {outermost}({column})::pg_catalog.int8 AS value FROM {table}) AS rows
WHERE rows.value IS NOT NULL
  AND q.last_value::pg_catalog.numeric + CASE WHEN q.is_called THEN s.seqincrement ELSE 0 END {is_past} {bound}",
            sequence = self.name.quoted(),
            column = quote_identifier(&self.column),
            table = self.table.quoted(),
        ))
        .once()
    }
}
