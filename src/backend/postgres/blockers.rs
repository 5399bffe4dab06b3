//! Who keeps a `PostgreSQL` session from a lock.
//!
//! A session that waits cannot ask: another one looks, or itself afterwards, by what the server said
//! of a deadlock.

use std::collections::BTreeSet;

use diesel::pg::PgConnection;

use super::locks;
use super::masked::masked_head;
use crate::backend::Backend;
use crate::backend::database_error::waits;
use crate::backend::error::DatabaseError;
use crate::backend::query::{Query, Row};
use crate::backend::rows::TableName;
use crate::event::{AwaitedLock, Blocked, Blocker};
use crate::sql::{Script, TokenKind};

/// How much of a query is shown, in characters.
const HEAD: usize = 100;

/// Returns what the session of a number waits for, and who is in its way; nothing where it does not
/// wait.
///
/// <https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-INFO-SESSION>
/// (`pg_blocking_pids`): those who wait before it are in its way as well.
pub(super) fn blocked(
    connection: &mut PgConnection,
    session: i64,
) -> Result<Blocked, DatabaseError> {
    let query = Query::new(include_str!("sql/awaited_lock.sql")).bind(session);
    let rows = connection.load(&query.once())?;
    let Some(row) = rows.first() else {
        return Ok(Blocked::default());
    };
    Ok(Blocked {
        lock: Some(AwaitedLock {
            mode: locks::name(&row.text(0)?),
            on: row.optional_text(1)?,
        }),
        by: those_at(connection, &row.text(2)?, &row.text(3)?, &row.text(4)?)?,
        unseen: None,
    })
}

/// Returns who keeps others from reading a table.
pub(super) fn of_reading(
    connection: &mut PgConnection,
    table: &TableName,
) -> Result<Blocked, DatabaseError> {
    let query = Query::new(include_str!("sql/kept_from_reading.sql")).bind(table.quoted());
    let rows = connection.load(&query.once())?;
    let Some(row) = rows.first() else {
        return Ok(Blocked::default());
    };
    Ok(Blocked {
        lock: Some(AwaitedLock {
            mode: locks::name("AccessShareLock"),
            on: row.optional_text(0)?,
        }),
        by: those_at(connection, &row.text(1)?, &row.text(2)?, NO_TRANSACTION)?,
        unseen: None,
    })
}

/// What asks for locks beside which nobody else has any on the table.
const EXCLUSIVE: &[&str] = &[
    "ALTER", "CLUSTER", "DROP", "LOCK", "REINDEX", "TRUNCATE", "VACUUM",
];

/// Returns who has a lock on what a script names, where it has statements that bear none.
pub(super) fn of_named(
    connection: &mut PgConnection,
    script: &Script,
) -> Result<Blocked, DatabaseError> {
    let names = names(script);
    if names.is_empty() {
        return Ok(Blocked::default());
    }
    let query = Query::new(include_str!("sql/locked_by_others.sql")).bind(array(&names));
    let rows = connection.load(&query.once())?;
    let pids = rows.first().map(|row| row.optional_text(0)).transpose()?;
    let relations = rows.first().map(|row| row.optional_text(1)).transpose()?;
    let by = match (pids.flatten(), relations.flatten()) {
        (Some(pids), Some(relations)) => those_at(connection, &pids, &relations, NO_TRANSACTION)?,
        _ => Vec::new(),
    };
    Ok(Blocked {
        by,
        ..Blocked::default()
    })
}

/// Returns all names in the statements that want a table for themselves.
fn names(script: &Script) -> Vec<String> {
    let mut names = Vec::new();
    for index in 0..script.statements().len() {
        script.with_phrase(index, |phrase| {
            if !phrase.is_any_word(0, EXCLUSIVE) {
                return;
            }
            let places = 1..phrase.tokens().len();
            names.extend(places.filter_map(|place| match phrase.kind_at(place)? {
                TokenKind::Word | TokenKind::QuotedIdentifier => {
                    Some(script.dialect().identifier(phrase.text_at(place)))
                }
                _ => None,
            }));
        });
    }
    names.sort_unstable();
    names.dedup();
    names
}

/// Writes texts as an array's text.
fn array(texts: &[String]) -> String {
    let quoted = texts.iter().map(|text| {
        let text = text.replace('\\', "\\\\").replace('"', "\\\"");
        format!("\"{text}\"")
    });
    format!("{{{}}}", quoted.collect::<Vec<_>>().join(","))
}

/// Returns who was in the way by the details of an error that tells of a deadlock: each of its lines
/// begins with who waited, and ends with whom for.
pub(super) fn of_deadlock(
    connection: &mut PgConnection,
    detail: &str,
    session: i64,
) -> Result<Blocked, DatabaseError> {
    let pids: BTreeSet<i32> = waits(detail)
        .iter()
        .flat_map(|(who, whom)| [*who, *whom])
        .collect();
    let others = pids.iter().filter(|pid| i64::from(**pid) != session);
    let others: Vec<String> = others.map(ToString::to_string).collect();
    Ok(Blocked {
        by: sessions(connection, &format!("{{{}}}", others.join(",")))?,
        ..Blocked::default()
    })
}

/// The number of no transaction.
const NO_TRANSACTION: &str = "";

/// Returns what sessions are at, by their numbers, among which 0 stands for all that is prepared and has
/// a lock on relations, all of these as arrays' texts, or the number of a transaction.
fn those_at(
    connection: &mut PgConnection,
    pids: &str,
    relations: &str,
    transaction: &str,
) -> Result<Vec<Blocker>, DatabaseError> {
    let mut by = sessions(connection, pids)?;
    let mut pids = pids.trim_matches(['{', '}']).split(',');
    if pids.any(|pid| pid == "0") {
        let query = Query::new(include_str!("sql/prepared.sql"));
        let query = query.bind(transaction).bind(relations);
        let prepared = connection.load(&query.once())?;
        for row in &prepared {
            by.push(read_prepared(row)?);
        }
    }
    Ok(by)
}

fn read_prepared(row: &Row) -> Result<Blocker, DatabaseError> {
    let age_ms = row.optional_integer(3)?;
    Ok(Blocker {
        pid: 0,
        prepared: Some(row.text(0)?),
        user: row.optional_text(1)?,
        application: None,
        state: None,
        transaction_since: row.optional_text(2)?,
        transaction_age_ms: age_ms.map(|age_ms| u64::try_from(age_ms).unwrap_or(0)),
        query: None,
    })
}

/// Returns what sessions are at, by their numbers as an array's text.
fn sessions(connection: &mut PgConnection, pids: &str) -> Result<Vec<Blocker>, DatabaseError> {
    let query = Query::new(include_str!("sql/sessions.sql")).bind(pids);
    let rows = connection.load(&query.once())?;
    rows.iter().map(read).collect()
}

fn read(row: &Row) -> Result<Blocker, DatabaseError> {
    let named = |column| -> Result<Option<String>, DatabaseError> {
        Ok(row.optional_text(column)?.filter(|text| !text.is_empty()))
    };
    let age_ms = row.optional_integer(5)?;
    Ok(Blocker {
        pid: row.integer(0)?,
        prepared: None,
        user: named(1)?,
        application: named(2)?,
        state: named(3)?,
        transaction_since: row.optional_text(4)?,
        transaction_age_ms: age_ms.map(|age_ms| u64::try_from(age_ms).unwrap_or(0)),
        query: named(6)?.map(|query| masked_head(&query, HEAD)),
    })
}
