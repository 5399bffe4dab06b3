//! Indexes that are built while others write, and what is left of one that could not be.
//!
//! A failed `CREATE INDEX CONCURRENTLY` leaves an index that nothing uses, that every write still
//! pays for, and that `IF NOT EXISTS` takes for made
//! (<https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY>).

mod named;
mod reached;
mod same;
mod unnamed;
mod written;

use diesel::pg::PgConnection;

use super::detach;
use crate::backend::error::DatabaseError;
use crate::backend::leftovers::{Earlier, Leftovers};
use crate::backend::query::{Query, Row};
use crate::backend::{Backend, Built, ConcurrentBackend, Lock};
use crate::event::Needless;
use crate::sql::Script;
pub(super) use named::is_concurrent;
use named::{Named, Work, named_by};
pub(super) use unnamed::unnamed;
use written::unquoted;
pub(super) use written::{after_words, qualified};

/// Whether a table has pages, and whether it was made by a transaction from a number on: a row of its
/// columns that nothing changes is as old as it is.
const NEEDLESS: &str = "SELECT pg_catalog.format('%I.%I', n.nspname, c.relname),
  pg_catalog.age(a.xmin) <= pg_catalog.txid_snapshot_xmax(pg_catalog.txid_current_snapshot()) - ?,
  pg_catalog.pg_relation_size(c.oid) = 0
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = -1
WHERE c.oid = pg_catalog.to_regclass(?)";

/// Returns the invalid indexes that a statement would pass over, that are there after it because of it, or
/// that it has taken for made.
pub(super) fn invalid(
    connection: &mut PgConnection,
    script: &Script,
    statement: usize,
    built: Built,
) -> Result<Vec<String>, DatabaseError> {
    let Some(named) = named_by(script, statement) else {
        return Ok(Vec::new());
    };
    if built == Built::NotYet && !named.is_of_several() {
        return Ok(Vec::new());
    }
    let mut found = invalid_of(connection, &named)?;
    found.retain(|index| !named.is_kept_from(index) && is_its_doing(&named, built, index));
    Ok(found.into_iter().map(|found| found.index).collect())
}

/// Returns whether an invalid index is there because of a statement, or is not seen to by it.
fn is_its_doing(named: &Named, built: Built, found: &Invalid) -> bool {
    let name = found.name.as_str();
    if named.is_of_several() {
        let is_left = named.is_left_as(name);
        return !found.is_worked_on
            && match built {
                Built::NotYet => !is_left,
                Built::Done => true,
                Built::Failed => is_left,
            };
    }
    match (built, named.work) {
        (Built::NotYet, _) | (Built::Done, Work::Drop) => false,
        // The server has chosen its name.
        (Built::Failed, Work::Create) if named.index.is_none() => true,
        (Built::Failed, Work::Reindex) => named.is_kept_as(name) || named.is_left_as(name),
        // What a failed `REINDEX` makes beside its index is none of the next one's that is done.
        _ => named.is_kept_as(name),
    }
}

/// Returns what `IF NOT EXISTS` has taken for the index that a statement was to build, though it is none of
/// that table: any relation of that name is enough for it.
pub(super) fn mistaken(
    connection: &mut PgConnection,
    script: &Script,
    statement: usize,
) -> Result<Option<String>, DatabaseError> {
    let named = named_by(script, statement).filter(|named| named.work == Work::Create);
    let named = named.and_then(|named| named.index.zip(named.table));
    let Some((index, table)) = named else {
        return Ok(None);
    };
    let query = Query::new(include_str!("sql/name_taken.sql"))
        .bind(unquoted(&index))
        .bind(table);
    let rows = connection.load(&query.once())?;
    let read = |row: &Row| {
        let taken = row.text(0)?;
        Ok(match row.optional_text(1)? {
            Some(table) => format!("the index {taken} of {table}"),
            None => format!("{taken}, which is no index"),
        })
    };
    rows.first().map(read).transpose()
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
    let mut tables = in_the_way(connection, &named, own)?;
    tables.dedup_by(|next, table| next.table == table.table);
    let mut dropped = Vec::new();
    for table in &tables {
        connection.begin()?;
        let indexes = nobodys(connection, &named, own, table);
        // It has looked, and keeps nothing.
        let ended = connection.rollback();
        let indexes = indexes?;
        ended?;
        for index in indexes {
            connection.batch_execute(&format!("DROP INDEX CONCURRENTLY IF EXISTS {index}"))?;
            dropped.push(index);
        }
    }
    Ok(dropped)
}

/// Returns what earlier attempts at a statement have left that is in nobody's way, since a `REINDEX` takes
/// another name, and that this user may not drop: a table's owner may build the index of its long values
/// anew, in a schema that is a superuser's.
pub(super) fn undroppable(
    connection: &mut PgConnection,
    script: &Script,
    statement: usize,
) -> Result<Vec<String>, DatabaseError> {
    let Some(named) = named_by(script, statement).filter(|named| named.work == Work::Reindex)
    else {
        return Ok(Vec::new());
    };
    let mut found = invalid_of(connection, &named)?;
    found.retain(|found| named.is_kept_from(found) && !found.is_changing && !found.is_worked_on);
    Ok(found.into_iter().map(|found| found.index).collect())
}

/// Returns the indexes of a table that nobody is building, in a transaction: whoever builds one holds a
/// lock on the table that this one waits for, gives it back as soon as the index is marked as valid, and
/// commits that only then.
fn nobodys(
    connection: &mut PgConnection,
    named: &Named,
    own: &[String],
    of: &Invalid,
) -> Result<Vec<String>, DatabaseError> {
    let table = &of.table;
    // `LOCK TABLE` takes no materialized view; what says something of one takes the same lock.
    let lock = if of.is_on_view {
        format!("COMMENT ON MATERIALIZED VIEW {table} IS NULL")
    } else {
        format!("LOCK TABLE {table} IN SHARE UPDATE EXCLUSIVE MODE")
    };
    connection.batch_execute(&lock)?;
    let left = |connection: &mut PgConnection| {
        let mut found = in_the_way(connection, named, own)?;
        found.retain(|found| found.table == *table);
        Ok::<_, DatabaseError>(found)
    };
    while left(connection)?.iter().any(|index| index.is_changing) {
        connection.batch_execute("SELECT pg_catalog.pg_sleep(0.02)")?;
    }
    // What was committed in between is seen by a further look alone.
    let left = left(connection)?;
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
    /// Whether that is a materialized view.
    is_on_view: bool,
    /// Whether somebody is changing its row of the catalog.
    is_changing: bool,
    /// Whether somebody else is doing something about the table that may be this index.
    is_worked_on: bool,
    /// Who may drop it.
    dropper: Dropper,
}

/// Who may drop an index.
#[derive(PartialEq, Eq)]
enum Dropper {
    /// This user.
    User,
    /// Others alone, such as a superuser.
    Others,
}

impl Named {
    /// Returns whether an invalid index is left of what this builds anew, and has to stay.
    fn is_kept_from(&self, found: &Invalid) -> bool {
        self.work == Work::Reindex
            && found.dropper == Dropper::Others
            && self.is_left_as(&found.name)
    }
}

/// Returns the invalid indexes that are in a statement's way.
fn in_the_way(
    connection: &mut PgConnection,
    named: &Named,
    own: &[String],
) -> Result<Vec<Invalid>, DatabaseError> {
    let mut found = invalid_of(connection, named)?;
    found.retain(|found| named.is_left_as(&found.name) || own.contains(&found.index));
    found.retain(|found| !named.is_kept_from(found));
    Ok(found)
}

/// Returns the invalid indexes of what a statement names, by their tables.
fn invalid_of(connection: &mut PgConnection, named: &Named) -> Result<Vec<Invalid>, DatabaseError> {
    // An index is looked for on the table that is named, and by its own name where none is.
    let index = named.index.clone().filter(|_| named.table.is_none());
    let schema = named.schema.as_deref().map(unquoted);
    let is_of_all = named.is_of_several() && named.table.is_none() && schema.is_none();
    let query = Query::new(include_str!("sql/invalid_indexes.sql"))
        .bind(named.table.clone())
        .bind(index)
        .bind(schema)
        .bind(is_of_all);
    let rows = connection.load(&query.once())?;
    let read = |row: &Row| {
        Ok(Invalid {
            name: row.text(0)?,
            index: row.text(1)?,
            table: row.text(2)?,
            is_on_view: row.boolean(3)?,
            is_changing: row.boolean(4)?,
            is_worked_on: row.boolean(5)?,
            dropper: if row.boolean(6)? {
                Dropper::User
            } else {
                Dropper::Others
            },
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

/// Returns the index, as it is written, that a statement works on concurrently and that names no table:
/// one that it drops, or builds anew.
pub(super) fn concurrent_on_index(script: &Script, statement: usize) -> Option<String> {
    let named = named_by(script, statement).filter(|named| named.work != Work::Create)?;
    named.index
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

    fn undroppable(
        &mut self,
        script: &Script,
        statement: usize,
    ) -> Result<Vec<String>, DatabaseError> {
        undroppable(self, script, statement)
    }

    fn is_reached(
        &mut self,
        script: &Script,
        statement: usize,
        earlier: (&Earlier, &[String]),
    ) -> Result<bool, DatabaseError> {
        reached::is_reached(self, script, statement, earlier)
    }

    fn mistaken(
        &mut self,
        script: &Script,
        statement: usize,
    ) -> Result<Option<String>, DatabaseError> {
        mistaken(self, script, statement)
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
