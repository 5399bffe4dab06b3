//! The locks that a change takes by the words of its statement: what lint and a rehearsal both go by.
//!
//! Pure. On which tables that is where they are not named, the catalog knows.

mod action;
mod kin;

use self::kin::Said;
use crate::backend::table_lock::{ExpectedLock, LockOn, TableLock, Waiting};
use crate::sql::Script;
use crate::sql::effect::{
    Action, Dropped, Effect, EffectKind, Name, ObjectKind, Rebuilding, Rebuilt, Verb,
};

/// What is locked itself when it is dropped.
const ITSELF: [ObjectKind; 3] = [ObjectKind::Table, ObjectKind::View, ObjectKind::Sequence];

/// Returns the locks of a statement that keep somebody waiting.
pub(in crate::backend::postgres) fn of_statement(
    script: &Script,
    index: usize,
) -> Vec<ExpectedLock> {
    let says = Said::of_statement(script, index);
    let effects = script.effects(index);
    let locks = effects.iter().flat_map(|effect| locks(&effect.kind, says));
    locks.collect()
}

/// Returns those of one change of a statement, on what it names before all others.
pub(in crate::backend::postgres) fn of_effect(
    script: &Script,
    index: usize,
    effect: &Effect,
) -> Vec<ExpectedLock> {
    locks(&effect.kind, Said::of_statement(script, index))
}

fn locks(kind: &EffectKind, says: Said) -> Vec<ExpectedLock> {
    let of_named = expected(kind, says).into_iter();
    let of_named = of_named.map(|(name, lock)| on(LockOn::Itself, name, lock));
    let mut locks: Vec<ExpectedLock> = of_named.collect();
    locks.extend(of_indexes(kind));
    locks.extend(kin::locks(kind, says));
    locks.retain(|expected| expected.lock.keeps_waiting() > Waiting::Nobody);
    locks
}

/// Returns the locks where indexes are dropped, or made anew.
fn of_indexes(kind: &EffectKind) -> Vec<ExpectedLock> {
    let strong = TableLock::AccessExclusive;
    match kind {
        EffectKind::Drop(dropped) if is_closing_index(dropped) => {
            let names = dropped.names.iter();
            names
                .map(|name| on(LockOn::ItsTable, name, strong))
                .collect()
        }
        EffectKind::Rebuild(rebuilt) if !rebuilt.concurrently => match rebuilt.how {
            Rebuilding::ReindexOne => vec![
                on(LockOn::Itself, &rebuilt.name, strong),
                on(LockOn::ItsTable, &rebuilt.name, TableLock::Share),
            ],
            Rebuilding::Reindex => vec![on(LockOn::ItsIndexes, &rebuilt.name, strong)],
            Rebuilding::Cluster | Rebuilding::Vacuum | Rebuilding::Refresh => Vec::new(),
        },
        _ => Vec::new(),
    }
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

/// Returns the locks of one change, as the manual has them.
/// <https://www.postgresql.org/docs/current/sql-altertable.html>
fn expected(kind: &EffectKind, says: Said) -> Vec<(&Name, TableLock)> {
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
        EffectKind::Lock(locked) => {
            let lock = TableLock::named(&locked.mode);
            lock.map(|lock| (&locked.table, lock)).into_iter().collect()
        }
        EffectKind::AddValue(_)
        | EffectKind::AlterDomain(_)
        | EffectKind::Write(_)
        | EffectKind::Unread => Vec::new(),
    };
    for key in kind.foreign_keys() {
        locks.push((&key.to, TableLock::ShareRowExclusive));
    }
    locks
}

/// Returns the lock of a table that is altered; that a partition is taken from it may be done beside others.
fn altering(action: &Action, says: Said) -> TableLock {
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
