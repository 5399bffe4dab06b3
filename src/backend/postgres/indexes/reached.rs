//! Statements that were cut off when the server was through with them, or that somebody has ended by
//! hand: what they were to reach is there.

use diesel::pg::PgConnection;

use super::named::{Named, Work, named_by};
use super::same::same;
use super::written::parts;
use crate::backend::Backend;
use crate::backend::error::DatabaseError;
use crate::backend::leftovers::Earlier;
use crate::backend::postgres::detach;
use crate::backend::query::Query;
use crate::sql::Script;

/// A table's name, qualified and quoted.
const TABLE: &str = "SELECT pg_catalog.format('%I.%I', n.nspname, c.relname)
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.oid = pg_catalog.to_regclass(?)";

/// Returns whether a statement has nothing left to do that an earlier attempt has begun, of which these
/// indexes were `dropped`. What failed since its name was taken, or since nothing had it, was not begun.
pub(super) fn is_reached(
    connection: &mut PgConnection,
    script: &Script,
    statement: usize,
    (earlier, dropped): (&Earlier, &[String]),
) -> Result<bool, DatabaseError> {
    if *earlier == Earlier::None {
        return Ok(false);
    }
    match named_by(script, statement) {
        Some(named) if named.work == Work::Create => {
            // What the server is to name gets its first name where nothing is left of it.
            let may_be = named.index.is_some() || dropped.is_empty();
            Ok(may_be && is_built(connection, script, statement, (&named, earlier))?)
        }
        Some(named) if named.work == Work::Drop => is_dropped(connection, &named, earlier),
        Some(_) => Ok(false),
        None => Ok(earlier.was_cut_off() && detach::is_detached(connection, script, statement)?),
    }
}

/// Returns whether an index is there, and can be used, that says the same: under the name that the
/// statement says, or under one that the server may have chosen.
fn is_built(
    connection: &mut PgConnection,
    script: &Script,
    statement: usize,
    (named, earlier): (&Named, &Earlier),
) -> Result<bool, DatabaseError> {
    let query = Query::new(TABLE).bind(named.table.clone());
    let rows = connection.load(&query.once())?;
    let Some(table) = rows.first().map(|row| row.text(0)).transpose()? else {
        return Ok(false);
    };
    let same = same(connection, script, statement, &table);
    Ok(same
        .iter()
        .any(|same| same.is_valid && (earlier.was_cut_off() || earlier.names(&same.index))))
}

/// Returns whether no index is there of the name that a statement drops, since an attempt was cut off.
///
/// Where the name has no schema, and the index that is found now is not in the first schema of the search
/// path, the attempt may have dropped one in an earlier schema: dropping this one would drop a second. One
/// that cannot be used is what it has left of the right one.
fn is_dropped(
    connection: &mut PgConnection,
    named: &Named,
    earlier: &Earlier,
) -> Result<bool, DatabaseError> {
    let mut parts = named.index.as_deref().map(parts).unwrap_or_default();
    let Some(name) = parts.pop() else {
        return Ok(false);
    };
    let query = Query::new(include_str!("../sql/index_is_there.sql"))
        .bind(name.as_str())
        .bind(parts.pop());
    let rows = connection.load(&query.once())?;
    let Some(row) = rows.first() else {
        return Ok(earlier.was_cut_off());
    };
    match (row.boolean(1)?, row.optional_text(2)?) {
        (true, Some(before)) => {
            let said = Earlier::dropped_perhaps(&name, &row.text(0)?, &before);
            Err(DatabaseError::from_message(said))
        }
        _ => Ok(false),
    }
}
