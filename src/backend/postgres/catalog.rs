//! What a `PostgreSQL` database holds: the bookkeeping's place, sizes, and everything to drop.

use std::collections::BTreeSet;

use diesel::pg::PgConnection;

use crate::backend::error::{BackendError, DatabaseError, During};
use crate::backend::query::{Query, Row};
use crate::backend::tables::Tables;
use crate::backend::{Backend, Statistics, TableStatistics};

/// Finds the schema of Diesel's table by the search path, else the one where it would be made.
pub(super) fn find_tables(connection: &mut PgConnection) -> Result<Tables, BackendError> {
    let rows = connection
        .load(&Query::new(include_str!("sql/find_tables.sql")))
        .during("look for the tables of the history")?;
    let schema = rows.first().map(|row| row.optional_text(0)).transpose();
    let schema = schema.during("read the name of the schema")?.flatten();
    let existing = rows
        .iter()
        .filter_map(|row| row.optional_text(1).transpose())
        .collect::<Result<Vec<_>, _>>()
        .during("read the names of the tables")?;
    if schema.is_none() {
        return Err(BackendError::NoSchema);
    }
    Ok(Tables::among(schema, &existing))
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
    let home = tables.schema.clone().unwrap_or_default();
    let each = Query::new(include_str!("sql/table_sizes.sql")).bind(home);
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

/// Drops what the schemas of the search path hold, in one transaction.
///
/// `CASCADE` takes what depends on it along. What is not ours to take (another schema's, an
/// extension's) is listed before and after, and if any of it is gone the transaction is rolled
/// back.
pub(super) fn drop_everything(connection: &mut PgConnection) -> Result<Vec<String>, BackendError> {
    connection.begin().during("begin the reset")?;
    let dropped = drop_objects(connection);
    match dropped {
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

fn drop_objects(connection: &mut PgConnection) -> Result<Vec<String>, BackendError> {
    let before = foreign_objects(connection)?;
    let drops = connection
        .load(&Query::new(include_str!("sql/drop_everything.sql")))
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
    let after = foreign_objects(connection)?;
    match before.difference(&after).next() {
        None => Ok(dropped),
        Some(lost) => Err(BackendError::Query {
            action: "drop the database's objects; nothing was dropped",
            source: DatabaseError::from_message(format!(
                "{lost} belongs to another schema or to an extension and would be dropped along"
            )),
        }),
    }
}

fn foreign_objects(connection: &mut PgConnection) -> Result<BTreeSet<String>, BackendError> {
    connection
        .load(&Query::new(include_str!("sql/foreign_objects.sql")))
        .during("list what the reset must keep")?
        .iter()
        .map(|row| row.text(0))
        .collect::<Result<_, _>>()
        .during("read what the reset must keep")
}
