//! What is a `PostgreSQL` session's own beside its settings: temporary tables, prepared statements, cursors,
//! channels that it listens to, and advisory locks.
//!
//! A pooler's next client would meet it. Must not know who left it.

use diesel::pg::PgConnection;

use crate::backend::Backend;
use crate::backend::error::DatabaseError;
use crate::backend::query::Query;
use crate::backend::rehearsal::RehearsalBackend as _;
use crate::backend::settings::{Belonging, Belongings};

/// The kinds that are not removed one by one.
const CHANNEL: &str = "channel";
const TEMPORARY: &str = "temporary";

pub(super) fn found(connection: &mut PgConnection) -> Result<Belongings, DatabaseError> {
    let query = Query::new(include_str!("sql/belongings.sql")).once();
    let rows = connection.load(&query)?;
    let read = rows.iter().map(|row| {
        let (kind, key) = (row.text(0)?, row.text(1)?);
        Ok((Belonging { kind, key }, row.text(2)?))
    });
    read.collect::<Result<_, _>>().map(Belongings)
}

/// Removes what was not found before.
pub(super) fn remove_others(
    connection: &mut PgConnection,
    before: &Belongings,
) -> Result<(), DatabaseError> {
    let now = found(connection)?;
    let mut all = now.0.keys();
    if all.any(|it| it.kind == TEMPORARY && !before.0.contains_key(it)) {
        // A table for which a check is put off cannot be dropped before it.
        connection.fire_deferred(None)?;
    }
    connection.batch_execute(&removal(before, &now).join("; "))
}

/// Returns the statements that remove what is there now and was not before.
fn removal(before: &Belongings, now: &Belongings) -> Vec<String> {
    let of = |kind: &'static str| {
        let all = before.0.iter();
        all.filter(move |(belonging, _)| belonging.kind == kind)
    };
    // To what a transaction wants to listen it listens from its end on, and only then it shows.
    let mut statements = vec!["UNLISTEN *".to_owned()];
    statements.extend(of(CHANNEL).map(|(_, listen)| listen.clone()));
    let had_temporary = of(TEMPORARY).next().is_some();
    let all = now.0.iter();
    let others = all.filter(|(belonging, _)| !before.0.contains_key(belonging));
    for (belonging, remove) in others {
        let remove = match &*belonging.kind {
            CHANNEL => continue,
            // All of it is the body's.
            TEMPORARY if !had_temporary => "DISCARD TEMP",
            _ => remove,
        };
        if statements.last().is_none_or(|last| last != remove) {
            statements.push(remove.to_owned());
        }
    }
    statements
}

#[cfg(test)]
mod tests {
    use super::*;

    fn belongings(all: &[(&str, &str, &str)]) -> Belongings {
        let all = all.iter().map(|(kind, key, remove)| {
            let (kind, key) = ((*kind).to_owned(), (*key).to_owned());
            (Belonging { kind, key }, (*remove).to_owned())
        });
        Belongings(all.collect())
    }

    #[test]
    fn what_was_there_before_stays() {
        let before = belongings(&[
            ("channel", "jobs", "LISTEN jobs"),
            ("statement", "a", "DEALLOCATE a"),
            ("temporary", "1 2", "DROP TABLE IF EXISTS pg_temp.a CASCADE"),
        ]);
        assert_eq!(removal(&before, &before), ["UNLISTEN *", "LISTEN jobs"]);
        let mut now = before.clone();
        now.0.extend(
            belongings(&[
                ("statement", "b", "DEALLOCATE b"),
                ("temporary", "1 3", "DROP TABLE IF EXISTS pg_temp.b CASCADE"),
            ])
            .0,
        );
        assert_eq!(
            removal(&before, &now),
            [
                "UNLISTEN *",
                "LISTEN jobs",
                "DEALLOCATE b",
                "DROP TABLE IF EXISTS pg_temp.b CASCADE"
            ]
        );
    }

    #[test]
    fn what_is_temporary_goes_at_once_where_nothing_was() {
        let now = belongings(&[
            ("temporary", "1 3", "DROP TABLE IF EXISTS pg_temp.b CASCADE"),
            ("temporary", "1 4", "DROP TABLE IF EXISTS pg_temp.c CASCADE"),
        ]);
        let removed = removal(&Belongings::default(), &now);
        assert_eq!(removed, ["UNLISTEN *", "DISCARD TEMP"]);
    }
}
