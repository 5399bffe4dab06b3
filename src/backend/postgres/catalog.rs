//! What a `PostgreSQL` database holds: the bookkeeping's place, sizes, and everything to drop.

use std::collections::BTreeSet;

use diesel::pg::PgConnection;

use super::limits::limit_transaction;
use super::{privileges, search_path, session};
use crate::backend::error::{BackendError, DatabaseError, During};
use crate::backend::examine::Doomed;
use crate::backend::limits::Limits;
use crate::backend::query::{Query, Row};
use crate::backend::tables::{DIESEL_TABLE, HISTORY_TABLE, Tables, quote_identifier};
use crate::backend::{Backend, ColumnType, Extent, Statistics, TableStatistics};

/// How the names of the sessions' schemas for what is temporary begin, which no other may.
const TEMPORARY: &str = "pg_temp_";

/// Finds the schema of Diesel's table by the search path, else the one where it would be made.
pub(super) fn find_tables(connection: &mut PgConnection) -> Result<Tables, BackendError> {
    let rows = connection
        .load(&Query::new(include_str!("sql/find_tables.sql")))
        .during("look for the tables of the history")?;
    let schema = rows.first().map(|row| row.optional_text(0)).transpose();
    let schema = schema.during("read the name of the schema")?.flatten();
    let Some(schema) = schema else {
        return Err(search_path::unusable(connection)?);
    };
    let made_in = rows.first().map(|row| row.optional_text(2)).transpose();
    let made_in = made_in.during("read the name of the schema")?.flatten();
    if made_in.is_some_and(|schema| schema.starts_with(TEMPORARY)) {
        return Err(BackendError::TemporarySchema);
    }
    let existing = names(&rows).during("read the names of the tables")?;
    Ok(Tables::among(schema, &existing))
}

/// Returns the names of the tables, and of the columns that not every history has.
fn names(rows: &[Row]) -> Result<Vec<String>, DatabaseError> {
    let mut names = Vec::new();
    for row in rows {
        names.extend(row.optional_text(1)?);
        let columns = row.optional_text(3)?.unwrap_or_default();
        let columns = columns.split_whitespace();
        names.extend(columns.map(|column| format!("{HISTORY_TABLE}.{column}")));
    }
    Ok(names)
}

pub(super) fn statistics(
    connection: &mut PgConnection,
    tables: &Tables,
) -> Result<Statistics, BackendError> {
    let whole = Query::new(
        "SELECT pg_catalog.current_setting('server_version'), pg_catalog.pg_database_size(pg_catalog.current_database())",
    );
    let whole = connection
        .load(&whole)
        .during("ask for the database's size")?;
    let whole = whole
        .first()
        .cloned()
        .unwrap_or_else(|| Row::new(Vec::new()));
    let each = Query::new(include_str!("sql/table_sizes.sql")).bind(home(tables));
    let each = connection.load(&each).during("ask for the tables' sizes")?;
    read_statistics(&whole, &each).during("read the database's statistics")
}

fn read_statistics(whole: &Row, each: &[Row]) -> Result<Statistics, DatabaseError> {
    Ok(Statistics {
        server_version: format!("PostgreSQL {}", whole.text(0)?),
        database_bytes: whole.integer(1)?,
        tables: each
            .iter()
            .map(|row| {
                Ok(TableStatistics {
                    name: row.text(0)?,
                    rows: row.optional_integer(1)?,
                    bytes: row.optional_integer(2)?,
                })
            })
            .collect::<Result<_, DatabaseError>>()?,
    })
}

pub(super) fn column_types(
    connection: &mut PgConnection,
    tables: &Tables,
) -> Result<Vec<ColumnType>, BackendError> {
    let query = Query::new(include_str!("sql/column_types.sql")).bind(home(tables));
    ColumnType::load(connection, &query)
}

pub(super) fn extents(
    connection: &mut PgConnection,
    tables: &Tables,
) -> Result<Vec<Extent>, BackendError> {
    let query = Query::new(include_str!("sql/table_extents.sql")).bind(home(tables));
    Extent::load(connection, &query)
}

pub(super) fn definitions(
    connection: &mut PgConnection,
    tables: &Tables,
) -> Result<Vec<String>, BackendError> {
    let query = Query::new(include_str!("sql/definitions.sql")).bind(home(tables));
    let rows = connection
        .load(&query)
        .during("ask for the checks, partitions and domains")?;
    let texts: Result<_, DatabaseError> = rows.iter().map(|row| row.text(0)).collect();
    texts.during("read the checks, partitions and domains")
}

/// Returns the schemas that a reset empties: the one where our tables live, and the one where a
/// name without a schema is created.
///
/// The others of the search path are there to be read: an extension's, or one that several
/// programs share.
pub(super) fn own_schemas(
    connection: &mut PgConnection,
    tables: &Tables,
) -> Result<Vec<String>, BackendError> {
    let query = Query::new(
        "SELECT n.nspname::pg_catalog.text FROM pg_catalog.pg_namespace AS n WHERE n.nspname IN (?, pg_catalog.current_schema()) ORDER BY 1",
    );
    connection
        .load(&query.bind(home(tables)))
        .during("list the schemas to be reset")?
        .iter()
        .map(|row| row.text(0))
        .collect::<Result<_, _>>()
        .during("read the names of the schemas")
}

fn home(tables: &Tables) -> String {
    tables.schema.clone()
}

/// Returns what a reset would drop, with what the user may not drop of it.
pub(super) fn doomed(
    connection: &mut PgConnection,
    tables: &Tables,
) -> Result<Vec<Doomed>, BackendError> {
    let action = "list what the reset drops";
    let user = quote_identifier(&session::current_user(connection)?);
    let read = |row: &Row| {
        let (kind, object) = (row.text(2)?, row.text(3)?);
        let may_drop = row.boolean(4)?;
        Ok(Doomed {
            name: row.text(0)?,
            forbidden: (!may_drop).then(|| privileges::no_owner(&user, &kind, &object)),
        })
    };
    let rows = connection.load(&drops(tables)).during(action)?;
    let read = rows.iter().map(read).collect::<Result<_, DatabaseError>>();
    read.during(action)
}

fn drops(tables: &Tables) -> Query {
    let query = Query::new(include_str!("sql/drop_everything.sql"));
    query.bind(home(tables)).bind(home(tables)).once()
}

/// Drops what our schemas hold, in one transaction.
///
/// `CASCADE` takes what depends on it along. What is not ours to take (another schema's, an
/// extension's, the whole database's) is listed before and looked for after, and if any of it is
/// gone the transaction is rolled back.
pub(super) fn drop_everything(
    connection: &mut PgConnection,
    tables: &Tables,
    limits: Limits,
) -> Result<Vec<String>, BackendError> {
    connection.begin().during("begin the reset")?;
    let limited = limit_transaction(connection, limits).during("limit the reset's waits");
    match limited.and_then(|()| drop_objects(connection, tables)) {
        Ok(dropped) => {
            connection.commit().during("commit the reset")?;
            Ok(dropped)
        }
        Err(error) => {
            // The first error is the one worth telling.
            let _ = connection.rollback();
            Err(error)
        }
    }
}

fn drop_objects(
    connection: &mut PgConnection,
    tables: &Tables,
) -> Result<Vec<String>, BackendError> {
    let kept = foreign_objects(connection, tables)?;
    let drops = connection
        .load(&drops(tables))
        .during("list what the reset drops")?;
    let mut dropped = Vec::new();
    for row in &drops {
        let (name, statement) = (row.text(0), row.text(1));
        let statement = statement.during("read what the reset drops")?;
        connection
            .batch_execute(&statement)
            .during("drop the database's objects; nothing was dropped")?;
        dropped.push(name.during("read what the reset drops")?);
    }
    forget(connection, tables)?;
    let objects = lost(connection, kept)?;
    if objects.is_empty() {
        Ok(dropped)
    } else {
        Err(BackendError::NotOursToDrop { objects })
    }
}

/// Empties the tables of what was applied; the database keeps its identity and its mark.
fn forget(connection: &mut PgConnection, tables: &Tables) -> Result<(), BackendError> {
    let emptied = [
        (tables.has_diesel, DIESEL_TABLE),
        (tables.has_history, HISTORY_TABLE),
    ];
    for (_, table) in emptied.into_iter().filter(|(there, _)| *there) {
        let qualified = tables.qualified(table);
        connection
            .batch_execute(&format!("TRUNCATE TABLE {qualified} RESTART IDENTITY"))
            .during("empty the history; nothing was dropped")?;
    }
    Ok(())
}

/// Something that a reset must keep.
struct Foreign {
    key: String,
    name: String,
    /// The key of what it is a part of, where it is a part.
    whole: Option<String>,
}

fn foreign_objects(
    connection: &mut PgConnection,
    tables: &Tables,
) -> Result<Vec<Foreign>, BackendError> {
    let read = |row: &Row| {
        Ok(Foreign {
            key: row.text(0)?,
            name: row.text(1)?,
            whole: row.optional_text(2)?,
        })
    };
    connection
        .load(&Query::new(include_str!("sql/foreign_objects.sql")).bind(home(tables)))
        .during("list what the reset must keep")?
        .iter()
        .map(read)
        .collect::<Result<_, DatabaseError>>()
        .during("read what the reset must keep")
}

/// Returns the names of what is gone; of something that went whole its parts are not named.
fn lost(connection: &mut PgConnection, kept: Vec<Foreign>) -> Result<Vec<String>, BackendError> {
    let keys: Vec<&str> = kept.iter().map(|object| object.key.as_str()).collect();
    let there = Query::new(include_str!("sql/still_there.sql")).bind(keys.join(" "));
    let there = connection
        .load(&there)
        .during("look for what the reset must keep")?
        .iter()
        .map(|row| row.text(0))
        .collect::<Result<BTreeSet<_>, _>>()
        .during("look for what the reset must keep")?;
    let gone: BTreeSet<String> = keys
        .iter()
        .filter(|key| !there.contains(**key))
        .map(|key| (*key).to_owned())
        .collect();
    let alone = |object: &Foreign| {
        let whole = object.whole.as_ref();
        gone.contains(&object.key) && !whole.is_some_and(|whole| gone.contains(whole))
    };
    let mut names: Vec<String> = kept
        .into_iter()
        .filter(alone)
        .map(|object| object.name)
        .collect();
    names.sort();
    Ok(names)
}
