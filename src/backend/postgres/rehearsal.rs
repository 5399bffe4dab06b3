//! What a `PostgreSQL` session sees of the statements that it runs: its own locks, and the storage
//! behind what it has locked.

mod lasting;

use diesel::pg::PgConnection;

use super::locks;
use crate::backend::Backend;
use crate::backend::error::DatabaseError;
use crate::backend::query::{Query, Row};
use crate::backend::rehearsal::{
    Described, Lasting, Look, RehearsalBackend, Relation, RelationKind, Seen,
};
use crate::backend::table_lock::{TableLock, Waiting};
use crate::sql::effect::{
    Action, ConstraintKind, EffectKind, Name, ObjectKind, Rebuilding, Rebuilt, Verb,
};
use crate::sql::{Phrase, Script};

impl RehearsalBackend for PgConnection {
    fn locks_tables(&self) -> bool {
        true
    }

    fn look(&mut self, look: Look) -> Result<Vec<Seen>, DatabaseError> {
        let join = match look {
            Look::Everything => "LEFT",
            Look::Changed => "RIGHT",
        };
        let query = include_str!("sql/look.sql").replace("{join}", join);
        // The body may be in the middle of anything: nothing is kept prepared beside it.
        let rows = self.load(&Query::new(query).once())?;
        rows.iter().map(seen).collect()
    }

    /// Names each constraint: what is said of all holds for those, too, that are made later.
    fn fire_deferred(&mut self) -> Result<(), DatabaseError> {
        let rows = self.load(&Query::new(include_str!("sql/deferrable.sql")).once())?;
        let Some(row) = rows.first() else {
            return Ok(());
        };
        if let Some(all) = row.optional_text(0)? {
            self.batch_execute(&format!("SET CONSTRAINTS {all} IMMEDIATE"))?;
        }
        if let Some(deferred) = row.optional_text(1)? {
            self.batch_execute(&format!("SET CONSTRAINTS {deferred} DEFERRED"))?;
        }
        Ok(())
    }

    fn expected_locks(
        &self,
        script: &Script,
        statement: usize,
    ) -> Vec<(Option<String>, String, TableLock)> {
        let effects = script.effects(statement);
        let locks = effects.iter().flat_map(|effect| expected(&effect.kind));
        locks
            .filter(|(_, lock)| lock.keeps_waiting() > Waiting::Nobody)
            .map(|(name, lock)| (name.schema.clone(), name.name.clone(), lock))
            .collect()
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
        let rows = self.load(&Query::new(include_str!("sql/describe.sql")).once())?;
        let described = |row: &Row| {
            Ok(Described {
                what: row.text(0)?,
                like: row.text(1)?,
            })
        };
        rows.iter().map(described).collect()
    }
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
            on: row.optional_text(6)?,
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

/// Returns the locks of one change, as the manual has them.
/// <https://www.postgresql.org/docs/current/sql-altertable.html>
fn expected(kind: &EffectKind) -> Vec<(&Name, TableLock)> {
    let mut locks = match kind {
        EffectKind::Create(created) => {
            let lock = match created.kind {
                ObjectKind::Index if created.index.concurrently => TableLock::ShareUpdateExclusive,
                ObjectKind::Statistics => TableLock::ShareUpdateExclusive,
                ObjectKind::Index => TableLock::Share,
                ObjectKind::Trigger => TableLock::ShareRowExclusive,
                _ => TableLock::AccessExclusive,
            };
            created.on.iter().map(|on| (on, lock)).collect()
        }
        EffectKind::Drop(dropped) if dropped.kind == ObjectKind::Table => {
            let tables = dropped.names.iter();
            tables
                .map(|table| (table, TableLock::AccessExclusive))
                .collect()
        }
        EffectKind::Alter(altered) => vec![(&altered.table, of_action(&altered.action))],
        EffectKind::Write(written) if written.verb == Verb::Truncate => {
            vec![(&written.table, TableLock::AccessExclusive)]
        }
        EffectKind::Rebuild(rebuilt) => rebuilding(rebuilt).into_iter().collect(),
        EffectKind::Drop(_)
        | EffectKind::AddValue(_)
        | EffectKind::Write(_)
        | EffectKind::Unread => Vec::new(),
    };
    for key in kind.foreign_keys() {
        locks.push((&key.to, TableLock::ShareRowExclusive));
    }
    locks
}

/// Returns the lock of the table itself.
fn rebuilding(rebuilt: &Rebuilt) -> Option<(&Name, TableLock)> {
    let lock = match (rebuilt.how, rebuilt.concurrently) {
        (Rebuilding::ReindexOne, _) => return None,
        (Rebuilding::Refresh, true) => TableLock::Exclusive,
        (_, true) => TableLock::ShareUpdateExclusive,
        (Rebuilding::Reindex, false) => TableLock::Share,
        (Rebuilding::Cluster | Rebuilding::Vacuum | Rebuilding::Refresh, false) => {
            TableLock::AccessExclusive
        }
    };
    Some((&rebuilt.name, lock))
}

fn of_action(action: &Action) -> TableLock {
    match action {
        Action::ValidateConstraint | Action::AttachPartition { .. } => {
            TableLock::ShareUpdateExclusive
        }
        Action::AddConstraint(added) if added.kind == ConstraintKind::ForeignKey => {
            TableLock::ShareRowExclusive
        }
        _ => TableLock::AccessExclusive,
    }
}
