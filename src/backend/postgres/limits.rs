//! How a `PostgreSQL` session is told how long its statements may wait for locks, and run.

use std::fmt::Write as _;

use diesel::pg::PgConnection;

use crate::backend::Backend;
use crate::backend::error::DatabaseError;
use crate::backend::limits::{Limit, Limits};
use crate::backend::query::Query;

/// Returns what sets limits for the rest of a transaction, to be sent before its statements: in the
/// same batch it costs no way to the server. What the statements set themselves comes later, and so
/// holds.
pub(super) fn of_transaction(limits: Limits) -> String {
    named(limits).fold(String::new(), |mut text, (name, limit)| {
        let _ = write!(text, "SET LOCAL {name} = {}; ", milliseconds(limit));
        text
    })
}

pub(super) fn limit_transaction(
    connection: &mut PgConnection,
    limits: Limits,
) -> Result<(), DatabaseError> {
    match of_transaction(limits) {
        text if text.is_empty() => Ok(()),
        text => connection.batch_execute(&text),
    }
}

/// Sets limits for the session; the way back sets what was found, each in its column.
pub(super) fn limit_session(
    connection: &mut PgConnection,
    limits: Limits,
) -> Result<Option<Query>, DatabaseError> {
    let limits: Vec<_> = named(limits).collect();
    if limits.is_empty() {
        return Ok(None);
    }
    let columns = limits.iter().map(|(name, _)| {
        format!("pg_catalog.current_setting('{name}'), pg_catalog.set_config('{name}', ?, false)")
    });
    let query = format!("SELECT {}", columns.collect::<Vec<_>>().join(", "));
    let query = limits.iter().fold(Query::new(query), |query, (_, limit)| {
        query.bind(milliseconds(*limit))
    });
    let rows = connection.load(&query.once())?;
    let Some(found) = rows.first() else {
        return Ok(None);
    };
    let back = limits
        .iter()
        .map(|(name, _)| format!("pg_catalog.set_config('{name}', ?, false)"));
    let mut back = Query::new(format!("SELECT {}", back.collect::<Vec<_>>().join(", ")));
    for index in 0..limits.len() {
        back = back.bind(found.text(2 * index)?);
    }
    Ok(Some(back.once()))
}

/// Returns the settings of those of which something is said.
fn named(limits: Limits) -> impl Iterator<Item = (&'static str, Limit)> {
    let both = [
        ("lock_timeout", limits.lock_timeout),
        ("statement_timeout", limits.statement_timeout),
    ];
    both.into_iter()
        .filter_map(|(name, limit)| Some((name, limit?)))
}

/// Returns a limit in milliseconds, the unit of a number without one; 0 is none.
fn milliseconds(limit: Limit) -> String {
    limit.duration().unwrap_or_default().as_millis().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn only_what_is_said_is_set() {
        assert_eq!(of_transaction(Limits::default()), "");
        assert_eq!(
            of_transaction(Limits::usual()),
            "SET LOCAL lock_timeout = 3000; "
        );
        let both = Limits::default()
            .with_lock_timeout(Limit::OFF)
            .with_statement_timeout(Limit::of(Duration::from_mins(1)));
        assert_eq!(
            of_transaction(both),
            "SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 60000; "
        );
    }
}
