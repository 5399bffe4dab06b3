//! The locks that a statement takes by its words, and whether the words tell all of them.
//!
//! Pure. What is held already nobody sees a statement take; all else is seen.

mod action;
mod kin;

use crate::backend::rehearsal::{ExpectedLock, Kin, LockOn, Tells};
use crate::backend::table_lock::{TableLock, Waiting};
use crate::sql::destruction::calls_something;
use crate::sql::effect::{
    Action, Dropped, Effect, EffectKind, Name, ObjectKind, Rebuilding, Rebuilt, Verb,
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

/// What may make all tables anew, or all indexes.
const WHOLE: [&str; 3] = ["CLUSTER", "REINDEX", "VACUUM"];

/// Returns the locks that keep somebody waiting.
pub(super) fn locks(script: &Script, index: usize) -> Vec<ExpectedLock> {
    let effects = script.effects(index);
    let text = script.statement_text(index);
    let says = script.with_phrase(index, |phrase| kin::Said::of(phrase, text));
    let mut locks: Vec<ExpectedLock> = Vec::new();
    for effect in &effects {
        locks.extend(kin::locks(&effect.kind, says));
        let of_effect = expected(&effect.kind, says).into_iter();
        locks.extend(of_effect.map(|(name, lock)| on(LockOn::Itself, name, lock)));
        match &effect.kind {
            EffectKind::Drop(dropped) if is_closing_index(dropped) => {
                let lock = |name| on(LockOn::ItsTable, name, TableLock::AccessExclusive);
                locks.extend(dropped.names.iter().map(lock));
            }
            EffectKind::Rebuild(rebuilt) if rebuilt.concurrently => {}
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

fn is_closing_index(dropped: &Dropped) -> bool {
    dropped.kind == ObjectKind::Index && !dropped.concurrently
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
        let has_others = at == 0 || !phrase.is_word(at - 1, "ONLY");
        let named = |place| script.dialect().identifier(phrase.text_at(place));
        let is_qualified = phrase.is_mark(at + 1, ".");
        let (schema, name) = if is_qualified {
            (Some(named(at)), named(at + 2))
        } else {
            (None, named(at))
        };
        at += if is_qualified { 3 } else { 1 };
        let name = Name { schema, name };
        found.push(on(LockOn::Itself, &name, lock));
        if has_others {
            found.push(on(LockOn::ItsKin(Kin::Below), &name, lock));
        }
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
        if effects.is_empty() && phrase.is_any_word(0, &WHOLE) {
            return of_whole(phrase);
        }
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

/// Returns what is told of one that names no table that is made anew.
fn of_whole(phrase: Phrase<'_>) -> Tells {
    let says = |word| (0..phrase.tokens().len()).any(|place| phrase.is_word(place, word));
    let is_mild = says("CONCURRENTLY") || phrase.is_word(0, "VACUUM") && !says("FULL");
    if is_mild { Tells::All } else { Tells::Nothing }
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
fn expected(kind: &EffectKind, says: kin::Said) -> Vec<(&Name, TableLock)> {
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
            let mut locks = vec![(&altered.table, altering(&altered.action, says))];
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

/// Returns the lock of a table that is altered; that a partition is taken from it may be done beside others.
fn altering(action: &Action, says: kin::Said) -> TableLock {
    match action {
        Action::DetachPartition { .. } if says.concurrently => TableLock::ShareUpdateExclusive,
        _ => action::lock(action),
    }
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
