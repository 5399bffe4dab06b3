//! The locks that a statement takes by its words, and whether the words tell all of them.
//!
//! Pure. What is held already nobody sees a statement take; all else is seen.

use crate::backend::rehearsal::{ExpectedLock, LockOn, Tells};
use crate::backend::table_lock::{TableLock, Waiting};
use crate::sql::destruction::calls_something;
use crate::sql::effect::{
    Action, ConstraintKind, Effect, EffectKind, Name, ObjectKind, Rebuilding, Rebuilt, Verb,
};
use crate::sql::{Phrase, Script, TokenKind};

/// What is locked itself when it is dropped.
const ITSELF: [ObjectKind; 3] = [ObjectKind::Table, ObjectKind::View, ObjectKind::Sequence];

/// What begins a statement that takes no lock which keeps anybody waiting who reads or writes, but for
/// functions that it calls.
const WEAK: [&str; 31] = [
    "ANALYZE",
    "CHECKPOINT",
    "CLOSE",
    "COMMENT",
    "COPY",
    "DEALLOCATE",
    "DECLARE",
    "DELETE",
    "DISCARD",
    "EXPLAIN",
    "FETCH",
    "GRANT",
    "INSERT",
    "LISTEN",
    "LOAD",
    "LOCK",
    "MERGE",
    "MOVE",
    "NOTIFY",
    "RELEASE",
    "RESET",
    "REVOKE",
    "SAVEPOINT",
    "SECURITY",
    "SELECT",
    "SET",
    "SHOW",
    "TABLE",
    "UPDATE",
    "VALUES",
    "WITH",
];

/// Returns the locks that keep somebody waiting.
pub(super) fn locks(script: &Script, index: usize) -> Vec<ExpectedLock> {
    let effects = script.effects(index);
    let mut locks: Vec<ExpectedLock> = Vec::new();
    for effect in &effects {
        let of_effect = expected(&effect.kind).into_iter();
        locks.extend(of_effect.map(|(name, lock)| on(LockOn::Itself, name, lock)));
        match &effect.kind {
            EffectKind::Drop(dropped) if dropped.kind == ObjectKind::Index => {
                let lock = |name| on(LockOn::ItsTable, name, TableLock::AccessExclusive);
                locks.extend(dropped.names.iter().map(lock));
            }
            EffectKind::Rebuild(rebuilt) if rebuilt.how == Rebuilding::ReindexOne => {
                let index = TableLock::AccessExclusive;
                locks.push(on(LockOn::Itself, &rebuilt.name, index));
                locks.push(on(LockOn::ItsTable, &rebuilt.name, TableLock::Share));
            }
            EffectKind::Rebuild(rebuilt) if rebuilt.how == Rebuilding::Reindex => {
                let index = TableLock::AccessExclusive;
                locks.push(on(LockOn::ItsIndexes, &rebuilt.name, index));
            }
            _ => {}
        }
    }
    locks.extend(script.with_phrase(index, |phrase| said(phrase, script)));
    locks.retain(|expected| expected.lock.keeps_waiting() > Waiting::Nobody);
    locks
}

fn on(on: LockOn, name: &Name, lock: TableLock) -> ExpectedLock {
    ExpectedLock {
        on,
        schema: name.schema.clone(),
        name: name.name.clone(),
        lock,
    }
}

/// Returns what `LOCK` says, whose mode stands behind all names.
/// <https://www.postgresql.org/docs/current/sql-lock.html>
fn said(phrase: Phrase<'_>, script: &Script) -> Vec<ExpectedLock> {
    if !phrase.is_word(0, "LOCK") {
        return Vec::new();
    }
    let places = 0..phrase.tokens().len();
    let mode_at = places.clone().find(|place| phrase.is_word(*place, "IN"));
    let mode_end = places.clone().find(|place| phrase.is_word(*place, "MODE"));
    let mode = mode_at.zip(mode_end).map(|(start, end)| {
        let words = (start + 1..end).map(|place| phrase.text_at(place).to_ascii_uppercase());
        words.collect::<Vec<_>>().join(" ")
    });
    let lock = mode.map_or(Some(TableLock::AccessExclusive), |mode| {
        TableLock::named(&mode)
    });
    let Some(lock) = lock else {
        return Vec::new();
    };
    let mut at = 1 + usize::from(phrase.is_word(1, "TABLE"));
    let end = mode_at.unwrap_or(places.end);
    let mut found = Vec::new();
    while at < end {
        let is_name = matches!(
            phrase.kind_at(at),
            Some(TokenKind::Word | TokenKind::QuotedIdentifier)
        );
        if !is_name || phrase.is_any_word(at, &["ONLY", "NOWAIT"]) {
            at += 1;
            continue;
        }
        let named = |place| script.dialect().identifier(phrase.text_at(place));
        let is_qualified = phrase.is_mark(at + 1, ".");
        let (schema, name) = if is_qualified {
            (Some(named(at)), named(at + 2))
        } else {
            (None, named(at))
        };
        at += if is_qualified { 3 } else { 1 };
        found.push(on(LockOn::Itself, &Name { schema, name }, lock));
    }
    found
}

/// Returns whether the words of a statement tell all that it locks.
pub(super) fn tells(script: &Script, index: usize) -> Tells {
    let effects = script.effects(index);
    if effects.iter().any(may_be_more) {
        return Tells::Nothing;
    }
    script.with_phrase(index, |phrase| {
        let asks = phrase.is_any_word(0, &["SELECT", "WITH", "VALUES"]);
        let calls = asks && calls_something(phrase);
        if calls || phrase.is_any_word(0, &["CALL", "EXECUTE"]) {
            Tells::Nothing
        } else if phrase.is_any_word(0, &WEAK) || !effects.is_empty() || phrase.is_word(0, "DO") {
            Tells::All
        } else {
            Tells::NotOfNamed
        }
    })
}

/// Returns whether a change takes something along that it does not name.
fn may_be_more(effect: &Effect) -> bool {
    match &effect.kind {
        EffectKind::Unread => true,
        EffectKind::Drop(dropped) => {
            let has_tables = matches!(
                dropped.kind,
                ObjectKind::Owned | ObjectKind::Extension | ObjectKind::Schema
            );
            has_tables || dropped.cascade && dropped.kind != ObjectKind::Table
        }
        _ => false,
    }
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
            let replaced = created.name.iter();
            let replaced = replaced.filter(|_| created.kind == ObjectKind::View);
            let on = created.on.iter().map(|on| (on, lock));
            on.chain(replaced.map(|view| (view, TableLock::AccessExclusive)))
                .collect()
        }
        EffectKind::Drop(dropped) if ITSELF.contains(&dropped.kind) => {
            let names = dropped.names.iter();
            names
                .map(|name| (name, TableLock::AccessExclusive))
                .collect()
        }
        EffectKind::Drop(dropped) => {
            let on = dropped.on.iter();
            on.map(|table| (table, TableLock::AccessExclusive))
                .collect()
        }
        EffectKind::Alter(altered) => {
            let mut locks = vec![(&altered.table, of_action(&altered.action))];
            if let Action::AttachPartition { partition, .. } = &altered.action {
                locks.push((partition, TableLock::AccessExclusive));
            }
            locks
        }
        EffectKind::Write(written) if written.verb == Verb::Truncate => {
            vec![(&written.table, TableLock::AccessExclusive)]
        }
        EffectKind::Rebuild(rebuilt) => rebuilding(rebuilt).into_iter().collect(),
        EffectKind::AddValue(_)
        | EffectKind::AlterDomain(_)
        | EffectKind::Lock(_)
        | EffectKind::Write(_)
        | EffectKind::Unread => Vec::new(),
    };
    for key in kind.foreign_keys() {
        locks.push((&key.to, TableLock::ShareRowExclusive));
    }
    locks
}

/// Returns the lock of the table itself. One that is made anew concurrently is in no transaction, but for
/// a view.
/// <https://www.postgresql.org/docs/current/sql-reindex.html>
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
        Action::ValidateConstraint { .. } | Action::AttachPartition { .. } => {
            TableLock::ShareUpdateExclusive
        }
        Action::AddConstraint(added) if added.kind == ConstraintKind::ForeignKey => {
            TableLock::ShareRowExclusive
        }
        _ => TableLock::AccessExclusive,
    }
}
