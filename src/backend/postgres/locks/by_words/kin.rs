//! The locks that a statement takes on tables that it does not name: partitions and whatever else
//! inherits, tables that refer, views.
//!
//! Pure. Which tables those are the catalog knows.

use super::{action, on};
use crate::backend::table_lock::{ExpectedLock, Kin, LockOn, TableLock};
use crate::sql::effect::{
    Action, Altered, Created, Dropped, EffectKind, Name, ObjectKind, Rebuilding, Verb,
};
use crate::sql::{Phrase, Script};

/// What a statement says once for all that it names.
#[derive(Debug, Clone, Copy)]
pub(super) struct Said {
    only: bool,
    cascade: bool,
    /// Whether others may go on, as far as that can be.
    pub(super) concurrently: bool,
}

impl Said {
    /// Reads a statement.
    pub(super) fn of_statement(script: &Script, index: usize) -> Self {
        let text = script.statement_text(index);
        script.with_phrase(index, |phrase| Self::of(phrase, text))
    }

    fn of(phrase: Phrase<'_>, text: &str) -> Self {
        let says = |word| (0..phrase.tokens().len()).any(|place| phrase.is_word(place, word));
        // The body of a block is one token.
        let is_block = phrase.is_word(0, "DO");
        Self {
            only: says("ONLY") && !is_block,
            cascade: says("CASCADE") || is_block && text.to_ascii_uppercase().contains("CASCADE"),
            concurrently: says("CONCURRENTLY") || says("FINALIZE"),
        }
    }
}

/// Returns the locks beside those on what is named.
pub(super) fn locks(kind: &EffectKind, said: Said) -> Vec<ExpectedLock> {
    let mut locks = match kind {
        EffectKind::Create(created) => of_new(created),
        EffectKind::Drop(dropped) => of_dropped(dropped, said),
        EffectKind::Alter(altered) => of_altered(altered, said),
        EffectKind::Write(written) if written.verb == Verb::Truncate => {
            let table = &written.table;
            let below = (!said.only).then(|| strong(Kin::Below, table));
            let cascade = said.cascade.then(|| strong(Kin::Referring, table));
            below.into_iter().chain(cascade).collect()
        }
        EffectKind::Lock(locked) if !locked.only => {
            let lock = TableLock::named(&locked.mode);
            let below = lock.map(|lock| beside(Kin::Below, &locked.table, lock));
            below.into_iter().collect()
        }
        EffectKind::Rebuild(rebuilt) if rebuilt.how != Rebuilding::ReindexOne => {
            let lock = super::rebuilding(rebuilt);
            let partitions = lock.map(|(name, lock)| beside(Kin::Partitions, name, lock));
            partitions.into_iter().collect()
        }
        _ => Vec::new(),
    };
    let keys = kind.foreign_keys().into_iter();
    let lock = TableLock::ShareRowExclusive;
    locks.extend(keys.map(|key| beside(Kin::Partitions, &key.to, lock)));
    locks
}

fn beside(kin: Kin, table: &Name, lock: TableLock) -> ExpectedLock {
    on(LockOn::ItsKin(kin), table, lock)
}

fn strong(kin: Kin, table: &Name) -> ExpectedLock {
    beside(kin, table, TableLock::AccessExclusive)
}

/// A new partition closes its parent, and what that one has for the rows of no other.
/// <https://www.postgresql.org/docs/current/sql-createtable.html>
fn of_new(created: &Created) -> Vec<ExpectedLock> {
    if let Some(parent) = &created.table.partition_of {
        return vec![
            on(LockOn::Itself, parent, TableLock::AccessExclusive),
            strong(Kin::Default, parent),
            beside(Kin::Referred, parent, TableLock::ShareRowExclusive),
        ];
    }
    let lock = match created.kind {
        ObjectKind::Index if !created.index.concurrently => TableLock::Share,
        ObjectKind::Trigger => TableLock::ShareRowExclusive,
        _ => return Vec::new(),
    };
    let table = created.on.iter();
    table
        .map(|table| beside(Kin::Partitions, table, lock))
        .collect()
}

fn of_dropped(dropped: &Dropped, said: Said) -> Vec<ExpectedLock> {
    let kin: &[Kin] = match dropped.kind {
        ObjectKind::Table if said.cascade => &[Kin::Below, Kin::Above, Kin::Ends, Kin::Views],
        ObjectKind::Table => &[Kin::Below, Kin::Above, Kin::Ends],
        ObjectKind::Index if !dropped.concurrently => &[Kin::Partitions],
        ObjectKind::Trigger => {
            let table = dropped.on.iter();
            return table.map(|table| strong(Kin::Partitions, table)).collect();
        }
        _ => &[],
    };
    let names = dropped.names.iter();
    names
        .flat_map(|name| kin.iter().map(|kin| strong(*kin, name)))
        .collect()
}

fn of_altered(altered: &Altered, said: Said) -> Vec<ExpectedLock> {
    let table = &altered.table;
    let along = action::along(&altered.action).filter(|_| !said.only);
    let along = along.map(|(kin, lock)| beside(kin, table, lock));
    let mut locks: Vec<ExpectedLock> = along.into_iter().collect();
    match &altered.action {
        Action::AttachPartition { partition, .. } => {
            let referred = TableLock::ShareRowExclusive;
            locks.push(strong(Kin::Below, partition));
            locks.push(strong(Kin::Default, table));
            locks.push(beside(Kin::Referred, table, referred));
        }
        Action::DetachPartition { partition } => {
            locks.push(on(LockOn::Itself, partition, TableLock::AccessExclusive));
            locks.push(strong(Kin::Default, table));
            if !said.concurrently {
                let referred = TableLock::ShareRowExclusive;
                locks.push(beside(Kin::Referred, table, referred));
            }
        }
        Action::DropColumn { .. } if said.cascade => locks.push(strong(Kin::Views, table)),
        _ => {}
    }
    locks
}
