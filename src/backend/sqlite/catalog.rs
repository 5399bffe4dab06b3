//! What a `SQLite` database holds: the bookkeeping, sizes, and everything to drop.

use diesel::sqlite::SqliteConnection;

use super::session;
use crate::backend::error::{BackendError, DatabaseError, During};
use crate::backend::examine::Doomed;
use crate::backend::query::{Query, Row};
use crate::backend::tables::{HISTORY_TABLE, Tables, quote_identifier};
use crate::backend::{Backend, ColumnType, Statistics, TableStatistics};

/// The database that was opened, as `SQLite` names it beside `temp` and what is attached: a name
/// without it may mean a temporary table.
const MAIN: &str = "main";

/// Returns the qualified name of something in the database that was opened, quoted.
fn in_main(name: &str) -> String {
    format!("{MAIN}.{}", quote_identifier(name))
}

pub(super) fn find_tables(connection: &mut SqliteConnection) -> Result<Tables, BackendError> {
    let query = Query::new(
        "SELECT name FROM main.sqlite_schema WHERE type IN ('table', 'view') AND name LIKE '\\_\\_diesel%' ESCAPE '\\' \
UNION ALL SELECT ? || '.' || name FROM pragma_table_info(?, 'main') WHERE name IN ('backup', 'lock_mode')",
    );
    let query = query.bind(HISTORY_TABLE).bind(HISTORY_TABLE);
    let rows = connection
        .load(&query)
        .during("look for the tables of the history")?;
    let names = rows
        .iter()
        .map(|row| row.text(0))
        .collect::<Result<Vec<_>, _>>();
    Ok(Tables::among(
        MAIN.to_owned(),
        &names.during("read the names of the tables")?,
    ))
}

pub(super) fn statistics(connection: &mut SqliteConnection) -> Result<Statistics, BackendError> {
    let whole = Query::new(
        "SELECT sqlite_version(), page_count * page_size FROM pragma_page_count, pragma_page_size",
    );
    let whole = connection
        .load(&whole)
        .during("ask for the database's size")?;
    let whole = whole
        .first()
        .cloned()
        .unwrap_or_else(|| Row::new(Vec::new()));
    let names = Query::new(
        "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE '\\_\\_diesel%' ESCAPE '\\' ORDER BY name",
    );
    let names = connection.load(&names).during("list the tables")?;
    let tables = names
        .iter()
        .map(|row| table(connection, &row.text(0)?))
        .collect::<Result<_, _>>()
        .during("count the tables' rows")?;
    read_whole(&whole, tables).during("read the database's statistics")
}

pub(super) fn column_types(
    connection: &mut SqliteConnection,
) -> Result<Vec<ColumnType>, BackendError> {
    let query = Query::new(
        "SELECT s.name, c.name, c.type FROM main.sqlite_schema AS s JOIN pragma_table_info(s.name) AS c WHERE s.type = 'table' ORDER BY s.name, c.cid",
    );
    ColumnType::load(connection, &query)
}

pub(super) fn definitions(connection: &mut SqliteConnection) -> Result<Vec<String>, BackendError> {
    let query = Query::new(
        "SELECT s.sql FROM main.sqlite_schema AS s WHERE s.type IN ('index', 'table') AND s.sql IS NOT NULL AND s.tbl_name NOT LIKE '\\_\\_diesel%' ESCAPE '\\' ORDER BY s.type DESC, s.name",
    );
    let rows = connection
        .load(&query)
        .during("ask for the tables and indexes")?;
    let texts: Result<_, DatabaseError> = rows.iter().map(|row| row.text(0)).collect();
    texts.during("read the tables and indexes")
}

fn read_whole(whole: &Row, tables: Vec<TableStatistics>) -> Result<Statistics, DatabaseError> {
    Ok(Statistics {
        server_version: format!("SQLite {}", whole.text(0)?),
        database_bytes: whole.integer(1)?,
        tables,
    })
}

fn table(connection: &mut SqliteConnection, name: &str) -> Result<TableStatistics, DatabaseError> {
    let count = Query::new(format!("SELECT count(*) FROM {}", in_main(name)));
    let rows = connection.load(&count)?;
    // `dbstat` is compiled in where `bundled` is, and maybe not elsewhere.
    let size = Query::new(
        "SELECT sum(d.pgsize) FROM dbstat AS d JOIN main.sqlite_schema AS s ON s.name = d.name WHERE s.tbl_name = ?",
    );
    let sizes = connection.load(&size.bind(name)).unwrap_or_default();
    Ok(TableStatistics {
        name: name.to_owned(),
        rows: rows.first().map(|row| row.integer(0)).transpose()?,
        bytes: sizes
            .first()
            .and_then(|row| row.optional_integer(0).ok().flatten()),
    })
}

/// Returns what a reset would drop; whoever may write may drop all of it.
pub(super) fn doomed(connection: &mut SqliteConnection) -> Result<Vec<Doomed>, BackendError> {
    let action = "list what the reset drops";
    let query = Query::new(include_str!("sql/doomed.sql"));
    let rows = connection.load(&query).during(action)?;
    let named = |row: &Row| {
        Ok(Doomed {
            name: row.text(0)?,
            forbidden: None,
        })
    };
    let named = rows.iter().map(named).collect::<Result<_, DatabaseError>>();
    named.during(action)
}

/// Drops triggers, views and tables in one transaction, with foreign keys unchecked.
pub(super) fn drop_everything(
    connection: &mut SqliteConnection,
) -> Result<Vec<String>, BackendError> {
    let way_back = session::suspend_foreign_keys(connection)?;
    let dropped = drop_in_transaction(connection);
    if let Some(query) = way_back {
        connection
            .execute(&query)
            .during("switch the checking of foreign keys on again")?;
    }
    dropped
}

fn drop_in_transaction(connection: &mut SqliteConnection) -> Result<Vec<String>, BackendError> {
    connection.begin().during("begin the reset")?;
    match drop_objects(connection) {
        Ok(dropped) => {
            connection.commit().during("commit the reset")?;
            Ok(dropped)
        }
        Err(error) => {
            // The first error is the one worth telling.
            let _ = connection.rollback();
            Err(error).during("drop the database's objects; nothing was dropped")
        }
    }
}

/// Drops one object after the other, asking anew each time: a virtual table takes its shadow
/// tables along, a table its triggers and indexes.
fn drop_objects(connection: &mut SqliteConnection) -> Result<Vec<String>, DatabaseError> {
    let next = Query::new(include_str!("sql/next_to_drop.sql"));
    let mut dropped = Vec::new();
    while let Some(row) = connection.load(&next)?.first() {
        let (kind, name) = (row.text(0)?, row.text(1)?);
        connection.batch_execute(&format!("DROP {kind} {}", in_main(&name)))?;
        dropped.push(format!("{} {name}", kind.to_lowercase()));
    }
    Ok(dropped)
}
