//! What a `PostgreSQL` session sees of the statements that it runs: its own locks, and the storage
//! behind what it has locked.

mod deferred;
mod expected;
mod lasting;
mod temporary;

use diesel::pg::PgConnection;

use super::locks;
use crate::backend::Backend;
use crate::backend::error::DatabaseError;
use crate::backend::query::{Query, Row};
use crate::backend::rehearsal::{
    Described, Lasting, Locked, Look, Reference, RehearsalBackend, Relation, RelationKind, Seen,
    Tells, Temporary,
};
use crate::backend::table_lock::{ExpectedLock, Kin, TableLock, Waiting};
use crate::sql::{Phrase, Script};

impl RehearsalBackend for PgConnection {
    fn locks_tables(&self) -> bool {
        true
    }

    fn closed_by_a_writer(&mut self) -> Result<Waiting, DatabaseError> {
        Ok(Waiting::Nobody)
    }

    fn look(&mut self, look: Look<'_>) -> Result<Vec<Seen>, DatabaseError> {
        const LOOK: &str = include_str!("sql/look.sql");
        let query = match look {
            Look::Everything => Query::new(LOOK.replace("{join}", "LEFT").replace("{these}", "")),
            Look::These(ids) => {
                let these = "AND l.relation = ANY ((?)::pg_catalog.oid[])";
                let query = LOOK.replace("{join}", "RIGHT").replace("{these}", these);
                Query::new(query).bind(format!("{{{}}}", ids.join(",")))
            }
        };
        // The body may be in the middle of anything: nothing is kept prepared beside it.
        let rows = self.load(&query.once())?;
        rows.iter().map(seen).collect()
    }

    fn locked(&mut self) -> Result<Vec<Locked>, DatabaseError> {
        let rows = self.load(&Query::new(include_str!("sql/locked.sql")).once())?;
        let row = rows.first();
        let all = row.map_or(Ok(None), |row| row.optional_text(0))?;
        let each = all.iter().flat_map(|all| all.split(';'));
        let locked = each.filter_map(|one| one.split_once(' '));
        let locked = locked.map(|(id, sign)| Locked {
            id: id.to_owned(),
            sign: sign.to_owned(),
        });
        Ok(locked.collect())
    }

    fn fire_deferred(&mut self, ran: Option<&Script>) -> Result<(), DatabaseError> {
        deferred::fire(self, ran)
    }

    fn temporaries(&self, script: &Script, statement: usize) -> Vec<Temporary> {
        temporary::of_statement(script, statement)
    }

    fn end_temporaries(&mut self, all: &[Temporary]) -> Result<(), DatabaseError> {
        temporary::end(self, all)
    }

    fn expected_locks(&self, script: &Script, statement: usize) -> Vec<ExpectedLock> {
        locks::by_words::of_statement(script, statement)
    }

    fn tells_locks(&self, script: &Script, statement: usize) -> Tells {
        expected::tells(script, statement)
    }

    fn references(&mut self, table: &str) -> Result<Vec<Reference>, DatabaseError> {
        let query = Query::new(include_str!("sql/references.sql")).bind(table);
        let rows = self.load(&query.once())?;
        let reference = |row: &Row| {
            Ok(Reference {
                from: row.integer(0)?.to_string(),
                to: row.integer(1)?.to_string(),
                constraint: row.text(2)?,
                column: row.text(3)?,
                to_column: row.text(4)?,
                to_key: row.optional_text(5)?,
            })
        };
        rows.iter().map(reference).collect()
    }

    fn kin(&mut self, table: &str, kin: Kin) -> Result<Vec<String>, DatabaseError> {
        let named = match kin {
            Kin::Below => "below",
            Kin::Partitions => "partitions",
            Kin::Above => "above",
            Kin::Default => "default",
            Kin::Referring => "referring",
            Kin::Referred => "referred",
            Kin::Ends => "ends",
            Kin::Views => "views",
        };
        let query = Query::new(include_str!("sql/kin.sql")).bind(table);
        let rows = self.load(&query.bind(named).once())?;
        let id = |row: &Row| Ok(row.integer(0)?.to_string());
        rows.iter().map(id).collect()
    }

    fn lasting(&self, script: &Script, statement: usize) -> Vec<Lasting> {
        lasting::of_statement(script, statement)
    }

    /// <https://www.postgresql.org/docs/current/sql-set-transaction.html>
    fn wants_own_transaction(&self, script: &Script) -> bool {
        let mut statements = 0..script.statements().len();
        let first = statements.find_map(|index| {
            script.with_phrase(index, |phrase| match sets(phrase) {
                Sets::Transaction => Some(true),
                Sets::Something => None,
                Sets::Nothing => Some(false),
            })
        });
        first.unwrap_or(false)
    }

    /// `unsafe_new_enum_value_usage`.
    fn is_of_uncommitted_value(&self, error: &DatabaseError) -> bool {
        error.sqlstate.as_deref() == Some("55P04")
    }

    fn rewritten_in_place(&self, _script: &Script, _statement: usize) -> Vec<String> {
        Vec::new()
    }

    fn describe(&mut self) -> Result<Vec<Described>, DatabaseError> {
        self.begin()?;
        let rows = describe_interpreted(self);
        // It takes back what was set.
        let ended = self.rollback();
        let rows = rows?;
        ended?;
        let described = |row: &Row| {
            Ok(Described {
                what: row.text(0)?,
                like: row.text(1)?,
            })
        };
        rows.iter().map(described).collect()
    }
}

/// Describes what there is without compiling the query to machine code, as the server would of one so
/// long: that alone takes several times as long as the reading does of thousands of tables.
/// <https://www.postgresql.org/docs/current/jit-decision.html>
fn describe_interpreted(connection: &mut PgConnection) -> Result<Vec<Row>, DatabaseError> {
    // Not every server has a compiler, nor a setting for it.
    let interpreted = "SELECT pg_catalog.set_config(name, 'off', true) \
                       FROM pg_catalog.pg_settings WHERE name = 'jit'";
    connection.load(&Query::new(interpreted).once())?;
    connection.load(&Query::new(include_str!("sql/describe.sql")).once())
}

/// What a statement sets.
enum Sets {
    /// What the transaction is like: only before anything else, and not in a part of one.
    Transaction,
    /// A setting, which may come before that.
    Something,
    Nothing,
}

fn sets(phrase: Phrase<'_>) -> Sets {
    if !phrase.is_word(0, "SET") {
        return Sets::Nothing;
    }
    let setting = 1 + usize::from(phrase.is_any_word(1, &["LOCAL", "SESSION"]));
    let mut places = 2..phrase.tokens().len();
    let says = |place| phrase.is_any_word(place, &["ISOLATION", "SNAPSHOT", "DEFERRABLE"]);
    let is_like = phrase.is_word(1, "TRANSACTION") && places.any(says);
    if is_like
        || phrase.is_any_word(
            setting,
            &["TRANSACTION_ISOLATION", "TRANSACTION_DEFERRABLE"],
        )
    {
        return Sets::Transaction;
    }
    Sets::Something
}

fn seen(row: &Row) -> Result<Seen, DatabaseError> {
    let relation = match row.optional_text(3)? {
        None => None,
        Some(shown) => Some(Relation {
            schema: row.text(1)?,
            name: row.text(2)?,
            shown,
            kind: match row.text(4)?.as_str() {
                "table" => RelationKind::Table,
                "index" => RelationKind::Index,
                _ => RelationKind::Other,
            },
            storage: row.integer(5)?,
            on: row.optional_integer(6)?.map(|table| table.to_string()),
        }),
    };
    let modes = row.text(7)?;
    let locks = modes
        .split(',')
        .filter_map(|mode| TableLock::named(&locks::name(mode)));
    Ok(Seen {
        id: row.integer(0)?.to_string(),
        relation,
        locks: locks.collect(),
    })
}
