//! Whom a change keeps waiting, and where: the locks that the engine tells of, on what others use.
//!
//! Which lock a change takes the engine knows. What is locked along with a table that is named, only a
//! catalog does; the one that is named is enough to tell of.

use super::context::Context;
use crate::backend::table_lock::{ExpectedLock, LockOn, Waiting};
use crate::sql::effect::{Effect, EffectKind, Name, ObjectKind, Rebuilding};

/// Something that a change keeps locked until its transaction ends.
#[derive(Debug, Clone)]
pub(super) struct Locked {
    /// The table, or the view; none where only an index of it is known.
    table: Option<Name>,
    /// How it is told.
    pub(super) told: String,
    /// Who waits for it.
    pub(super) waiting: Waiting,
}

impl Locked {
    /// Returns whether it may be this table, and keeps others from writing it.
    fn keeps_writers_from(&self, table: &Name) -> bool {
        let is_it = self.table.as_ref().is_some_and(|of| of.may_be(table));
        is_it && self.waiting >= Waiting::Writers
    }
}

impl Context<'_> {
    /// Returns what a change of the statement at `index` locks of that which others use.
    pub(super) fn locked(&self, index: usize, effect: &Effect) -> Vec<Locked> {
        let locks = self.grammar.locks(&self.way.script, index, effect);
        let locked = locks.iter();
        locked
            .filter_map(|lock| self.of_others(index, effect, lock))
            .collect()
    }

    /// Returns what the way locks, for those that follow in its transaction.
    pub(super) fn all_locked(&self) -> Vec<Locked> {
        let effects = self.way.effects();
        let locked = effects.flat_map(|(index, effect)| self.locked(index, effect));
        locked.collect()
    }

    /// Returns whether the transaction keeps others from writing a table before the statement at
    /// `index`.
    pub(super) fn is_locked_before(&self, table: &Name, index: usize) -> bool {
        let keeps = |locked: &Locked| locked.keeps_writers_from(table);
        let held = self.around.held.locked.iter();
        let mut held = held.filter(|_| self.way.in_transaction);
        let mut before = self.way.before_in_transaction(index);
        held.any(keeps) || before.any(|(at, effect)| self.locked(at, effect).iter().any(keeps))
    }

    /// Returns whether the statement itself keeps others from writing a table while it makes a change:
    /// one that alters a table takes its strongest lock first, a block one after the other.
    pub(super) fn is_locked_within(&self, table: &Name, index: usize, effect: &Effect) -> bool {
        let way = self.way;
        let is_block = way.script.with_phrase(index, |it| it.is_word(0, "DO"));
        let others = way.effects[index].iter();
        let mut others = others.filter(|other| !is_block || other.span.start < effect.span.start);
        others.any(|other| {
            let locked = self.locked(index, other);
            locked.iter().any(|locked| locked.keeps_writers_from(table))
        })
    }

    /// Returns what a lock is on, unless nobody else knows that yet.
    fn of_others(&self, index: usize, effect: &Effect, lock: &ExpectedLock) -> Option<Locked> {
        let name = Name {
            schema: lock.schema.clone(),
            name: lock.name.clone(),
        };
        if makes_new(&effect.kind, &name) && !self.is_there(&name) {
            return None;
        }
        let is_index = match lock.on {
            LockOn::ItsKin(_) => return None,
            LockOn::ItsTable => true,
            LockOn::ItsIndexes => false,
            // Whoever reads a table opens all its indexes.
            LockOn::Itself => {
                matches!(&effect.kind, EffectKind::Rebuild(it) if it.how == Rebuilding::ReindexOne)
            }
        };
        let table = if is_index {
            self.table_of_index(&name, index)
        } else {
            Some(name.clone())
        };
        if table.as_ref().is_some_and(|of| self.is_nobodys(of, index)) {
            return None;
        }
        let told = table.as_ref().map_or_else(
            || format!("the table of `{name}`"),
            |table| format!("`{table}`"),
        );
        let waiting = lock.lock.keeps_waiting();
        Some(Locked {
            table,
            told,
            waiting,
        })
    }
}

/// Returns whether a change makes this very view, or takes the place of it.
fn makes_new(kind: &EffectKind, name: &Name) -> bool {
    match kind {
        EffectKind::Create(created) => {
            created.kind == ObjectKind::View && created.name.as_ref() == Some(name)
        }
        _ => false,
    }
}
