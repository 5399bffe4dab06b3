//! Indexes that are built while others write, and what is left of one that could not be.
//!
//! A failed `CREATE INDEX CONCURRENTLY` leaves an index that nothing uses, that every write still
//! pays for, and that `IF NOT EXISTS` takes for made
//! (<https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY>).

mod named;
mod unnamed;

use diesel::pg::PgConnection;

use super::detach;
use crate::backend::error::DatabaseError;
use crate::backend::leftovers::{Earlier, Leftovers};
use crate::backend::query::{Query, Row};
use crate::backend::{Backend, Built, ConcurrentBackend, Lock};
use crate::event::Needless;
use crate::sql::Script;
use named::{Named, Work, named_by};
pub(super) use named::{after_words, is_concurrent, qualified};
pub(super) use unnamed::unnamed;

/// Of a table, all of them or the one of a name; without a table the index itself, and what a
/// failed `REINDEX` has left beside it. The index of a partitioned table that waits for its parts is
/// invalid by design.
const INVALID: &str = "SELECT pg_catalog.format('%I.%I', n.nspname, c.relname)
FROM pg_catalog.pg_index AS i
JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE NOT i.indisvalid AND c.relkind = 'i' AND CASE
  WHEN ? IS NULL THEN
    i.indexrelid = pg_catalog.to_regclass(?)
    OR (c.relname LIKE '%\\_ccnew%' AND i.indrelid = (
      SELECT whole.indrelid FROM pg_catalog.pg_index AS whole
      WHERE whole.indexrelid = pg_catalog.to_regclass(?)
    ))
  ELSE
    i.indrelid = pg_catalog.to_regclass(?)
    AND (? IS NULL OR c.relname = (pg_catalog.parse_ident(?))[1])
END
ORDER BY 1";

/// Whether a table has pages, and whether it was made by a transaction from a number on: a row of its
/// columns that nothing changes is as old as it is.
const NEEDLESS: &str = "SELECT pg_catalog.format('%I.%I', n.nspname, c.relname),
  pg_catalog.age(a.xmin) <= pg_catalog.txid_snapshot_xmax(pg_catalog.txid_current_snapshot()) - ?,
  pg_catalog.pg_relation_size(c.oid) = 0
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = -1
WHERE c.oid = pg_catalog.to_regclass(?)";

/// Returns the invalid indexes that are there after a statement because of it, or that it has taken
/// for made.
pub(super) fn invalid(
    connection: &mut PgConnection,
    script: &Script,
    statement: usize,
    built: Built,
) -> Result<Vec<String>, DatabaseError> {
    let Some(named) = named_by(script, statement) else {
        return Ok(Vec::new());
    };
    let is_asked = match (built, named.work) {
        (Built::Failed, _) => true,
        (Built::Done, Work::Create | Work::Reindex) => named.index.is_some(),
        (Built::Done, Work::Drop) => false,
    };
    if !is_asked {
        return Ok(Vec::new());
    }
    let Named { index, table, .. } = named;
    // What a failed `REINDEX` makes beside its index is none of the next one's that is done.
    let beside = index.clone().filter(|_| built == Built::Failed);
    let query = Query::new(INVALID)
        .bind(table.clone())
        .bind(index.clone())
        .bind(beside)
        .bind(table)
        .bind(index.clone())
        .bind(index);
    let rows = connection.load(&query.once())?;
    rows.iter().map(|row| row.text(0)).collect()
}

/// Drops what earlier attempts have left of the index that a statement builds: under its name, or under
/// one of those that are known to be its `own`; returns the names. The drop itself stops no one.
pub(super) fn clear_way(
    connection: &mut PgConnection,
    script: &Script,
    statement: usize,
    own: &[String],
) -> Result<Vec<String>, DatabaseError> {
    let Some(named) = named_by(script, statement).filter(Named::may_leave) else {
        return Ok(Vec::new());
    };
    let found = in_the_way(connection, &named, own)?;
    let Some(first) = found.first() else {
        return Ok(Vec::new());
    };
    connection.begin()?;
    let indexes = match nobodys(connection, &named, own, &first.table) {
        Ok(indexes) => connection.commit().map(|()| indexes)?,
        Err(error) => {
            // The first error is the one worth telling.
            let _ = connection.rollback();
            return Err(error);
        }
    };
    for index in &indexes {
        connection.batch_execute(&format!("DROP INDEX CONCURRENTLY IF EXISTS {index}"))?;
    }
    Ok(indexes)
}

/// Returns the indexes that nobody is building, in a transaction: whoever builds one holds a lock on
/// the table that this one waits for, gives it back as soon as the index is marked as valid, and
/// commits that only then.
fn nobodys(
    connection: &mut PgConnection,
    named: &Named,
    own: &[String],
    table: &str,
) -> Result<Vec<String>, DatabaseError> {
    let lock = format!("LOCK TABLE {table} IN SHARE UPDATE EXCLUSIVE MODE");
    connection.batch_execute(&lock)?;
    let is_changing = |found: Vec<Invalid>| found.iter().any(|index| index.is_changing);
    while is_changing(in_the_way(connection, named, own)?) {
        connection.batch_execute("SELECT pg_catalog.pg_sleep(0.02)")?;
    }
    // What was committed in between is seen by a further look alone.
    let left = in_the_way(connection, named, own)?;
    Ok(left.into_iter().map(|found| found.index).collect())
}

/// An index that cannot be used.
struct Invalid {
    /// Its name as the catalog has it.
    name: String,
    /// Its name, qualified and quoted.
    index: String,
    /// The table's, likewise.
    table: String,
    /// Whether somebody is changing its row of the catalog.
    is_changing: bool,
}

/// Returns the invalid indexes that are in a statement's way.
fn in_the_way(
    connection: &mut PgConnection,
    named: &Named,
    own: &[String],
) -> Result<Vec<Invalid>, DatabaseError> {
    let mut found = invalid_of(connection, named)?;
    found.retain(|found| named.is_left_as(&found.name) || own.contains(&found.index));
    Ok(found)
}

/// Returns the invalid indexes of the table that a statement names, or whose index it names.
fn invalid_of(connection: &mut PgConnection, named: &Named) -> Result<Vec<Invalid>, DatabaseError> {
    // An index is looked for on the table that is named, and by its own name where none is.
    let index = named.index.clone().filter(|_| named.table.is_none());
    let query = Query::new(include_str!("sql/invalid_indexes.sql"))
        .bind(named.table.clone())
        .bind(index);
    let rows = connection.load(&query.once())?;
    let read = |row: &Row| {
        Ok(Invalid {
            name: row.text(0)?,
            index: row.text(1)?,
            table: row.text(2)?,
            is_changing: row.boolean(3)?,
        })
    };
    rows.iter().map(read).collect()
}

/// Returns why what a statement builds concurrently could be built at once, with the table: nobody
/// waits for one that is empty, or that nobody else has seen. `first` is the number of the first
/// transaction that could begin after the run had its lock.
pub(super) fn needless(
    connection: &mut PgConnection,
    script: &Script,
    statement: usize,
    first: i64,
) -> Result<Option<(String, Needless)>, DatabaseError> {
    let named = named_by(script, statement).filter(|named| named.work == Work::Create);
    let Some(table) = named.and_then(|named| named.table) else {
        return Ok(None);
    };
    let query = Query::new(NEEDLESS).bind(first).bind(table);
    let rows = connection.load(&query.once())?;
    let Some(row) = rows.first() else {
        return Ok(None);
    };
    let why = match (row.boolean(1)?, row.boolean(2)?) {
        (true, _) => Needless::MadeInThisRun,
        (false, true) => Needless::Empty,
        (false, false) => return Ok(None),
    };
    Ok(Some((row.text(0)?, why)))
}

impl ConcurrentBackend for PgConnection {
    fn finishing(
        &mut self,
        script: &Script,
        statement: usize,
    ) -> Result<Option<String>, DatabaseError> {
        detach::finishing(self, script, statement)
    }

    fn waits_for_all(&self, script: &Script, statement: usize) -> bool {
        is_concurrent(script, statement)
    }

    fn unnamed_leftovers(
        &mut self,
        script: &Script,
        statement: usize,
        earlier: &Earlier,
    ) -> Result<Leftovers, DatabaseError> {
        unnamed(self, script, statement, earlier)
    }

    fn clear_way(
        &mut self,
        script: &Script,
        statement: usize,
        own: &[String],
    ) -> Result<Vec<String>, DatabaseError> {
        clear_way(self, script, statement, own)
    }

    fn needless(
        &mut self,
        script: &Script,
        statement: usize,
        lock: &Lock,
    ) -> Result<Option<(String, Needless)>, DatabaseError> {
        match lock {
            Lock::Advisory { first, .. } => needless(self, script, statement, *first),
            Lock::File(_) | Lock::Private => Ok(None),
        }
    }

    fn invalid_indexes(
        &mut self,
        script: &Script,
        statement: usize,
        built: Built,
    ) -> Result<Vec<String>, DatabaseError> {
        invalid(self, script, statement, built)
    }
}
