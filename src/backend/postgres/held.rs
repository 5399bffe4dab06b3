//! The strongest lock of a statement that is committed alone on `PostgreSQL`, and of a transaction.
//!
//! Nothing is added to a statement to learn of it: what is run is what stands in the file.

use std::cmp::Reverse;

use diesel::pg::PgConnection;

use super::{indexes, locks};
use crate::backend::Backend;
use crate::backend::error::DatabaseError;
use crate::backend::held::{HeldBackend, HeldLock};
use crate::backend::query::{Query, Row};
use crate::backend::rehearsal::RehearsalBackend;
use crate::backend::table_lock::{ExpectedLock, LockOn, TableLock};
use crate::backend::tables::quote_identifier;
use crate::sql::Script;
use crate::sql::effect::{EffectKind, ObjectKind};

/// How something is called that others can use too, by its number: no temporary table, nor one of the
/// catalog, nor of this tool.
const CALLED: &str = "SELECT pg_catalog.format('%I.%I', n.nspname, c.relname)
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.oid >= 16384 AND c.relpersistence <> 't'
  AND pg_catalog.left(c.relname::pg_catalog.text, 8) <> '__diesel'
  AND c.oid = ";

/// The number of what is named.
const NAMED: &str = "pg_catalog.to_regclass(?)";

/// The number of the table of the index that is named.
const TABLE_OF_NAMED: &str = "(
    SELECT i.indrelid FROM pg_catalog.pg_index AS i
    WHERE i.indexrelid = pg_catalog.to_regclass(?)
  )";

impl HeldBackend for PgConnection {
    fn held_by_words(
        &mut self,
        script: &Script,
        statement: usize,
    ) -> Result<Option<HeldLock>, DatabaseError> {
        for told in told(self, script, statement) {
            let query = Query::new(format!("{CALLED}{}", told.number)).bind(told.name);
            let rows = self.load(&query.once())?;
            if let Some(row) = rows.first() {
                return Ok(Some(HeldLock {
                    lock: told.lock,
                    on: Some(row.text(0)?),
                    held_ms: None,
                }));
            }
        }
        Ok(None)
    }

    fn held_by(&mut self, session: i64) -> Result<Option<HeldLock>, DatabaseError> {
        let query = Query::new(include_str!("sql/held_by_session.sql")).bind(session);
        let rows = self.load(&query.once())?;
        rows.first().map_or(Ok(None), read)
    }

    fn held_by_transaction(&mut self) -> Result<Option<HeldLock>, DatabaseError> {
        // The file may be in the middle of anything: nothing is kept prepared beside it. It may also
        // leave little time for a question; what cannot be learned is not worth its transaction.
        self.batch_execute("SAVEPOINT __dieselkit_look")?;
        let looked = self.load(&Query::new(locks::strongest_lock()).once());
        if looked.is_err() {
            self.batch_execute("ROLLBACK TO SAVEPOINT __dieselkit_look")?;
        }
        self.batch_execute("RELEASE SAVEPOINT __dieselkit_look")?;
        let rows = looked.unwrap_or_default();
        rows.first().map_or(Ok(None), read)
    }
}

fn read(row: &Row) -> Result<Option<HeldLock>, DatabaseError> {
    let mode = row.optional_text(0)?;
    let Some(lock) = mode.as_deref().and_then(TableLock::named) else {
        return Ok(None);
    };
    Ok(Some(HeldLock {
        lock,
        on: row.optional_text(1)?,
        held_ms: row.optional_integer(2)?,
    }))
}

/// A lock by the words of a statement.
struct Told {
    lock: TableLock,
    /// Quoted where it has to be.
    name: String,
    /// The SQL for the number of what is locked.
    number: &'static str,
}

/// Returns the locks of what a statement names, the strongest first.
fn told(connection: &PgConnection, script: &Script, statement: usize) -> Vec<Told> {
    if may_take_none(script, statement) {
        return Vec::new();
    }
    let expected = connection.expected_locks(script, statement);
    let mut told: Vec<Told> = expected.iter().filter_map(of_named).collect();
    // Its table has the lock from its first moment to its last.
    let index = indexes::concurrent_on_index(script, statement);
    told.extend(index.map(|name| Told {
        lock: TableLock::ShareUpdateExclusive,
        name,
        number: TABLE_OF_NAMED,
    }));
    told.sort_by_key(|told| Reverse(told.lock));
    told
}

fn of_named(expected: &ExpectedLock) -> Option<Told> {
    let number = match expected.on {
        LockOn::Itself => NAMED,
        LockOn::ItsTable => TABLE_OF_NAMED,
        // What is named has one that is no weaker, or else it is seen.
        LockOn::ItsIndexes | LockOn::ItsKin(_) => return None,
    };
    let schema = expected.schema.iter();
    let parts = schema
        .chain([&expected.name])
        .map(|part| quote_identifier(part));
    Some(Told {
        lock: expected.lock,
        name: parts.collect::<Vec<_>>().join("."),
        number,
    })
}

/// Returns whether a statement may do nothing of what its words say: a block decides by itself, and a
/// table that is there already refers to nothing new.
fn may_take_none(script: &Script, statement: usize) -> bool {
    let is_block = script.with_phrase(statement, |phrase| phrase.is_word(0, "DO"));
    is_block
        || script.effects(statement).iter().any(|effect| {
            matches!(&effect.kind, EffectKind::Create(created)
                if created.kind == ObjectKind::Table && created.or_existing)
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::postgres::dialect::POSTGRES;

    #[test]
    fn a_statement_that_decides_by_itself_tells_nothing() {
        for (text, tells_nothing) in [
            ("DO $$ BEGIN ALTER TABLE a ADD b INTEGER; END $$", true),
            (
                "CREATE TABLE IF NOT EXISTS a (b INTEGER REFERENCES c)",
                true,
            ),
            ("CREATE TABLE a (b INTEGER REFERENCES c)", false),
            ("CREATE INDEX IF NOT EXISTS i ON a (b)", false),
            ("ALTER TABLE IF EXISTS a ADD b INTEGER", false),
        ] {
            let script = Script::parse(text, 1, POSTGRES).expect("the text is whole");
            assert_eq!(may_take_none(&script, 0), tells_nothing, "{text}");
        }
    }
}
