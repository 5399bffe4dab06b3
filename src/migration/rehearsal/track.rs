//! What follows from what is seen after each statement: which locks are new, what is rewritten, and
//! what is built.
//!
//! Pure. Who looks, and when, is for the runner to know.

mod relations;

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use self::relations::{Known, Relations};
use super::report::{IndexBuilt, LockTaken};
use crate::backend::rehearsal::{Locked, RelationKind, Seen};
use crate::backend::table_lock::{ExpectedLock, LockOn, TableLock, Waiting};

/// What a statement did, as far as it is seen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Noticed {
    pub(crate) locks: Vec<LockTaken>,
    pub(crate) rewritten: Vec<String>,
    pub(crate) built: Vec<IndexBuilt>,
}

/// What is known of a database while steps are run.
#[derive(Debug, Clone, Default)]
pub(crate) struct Track {
    relations: Relations,
    /// The step that is under way, from 1 on.
    step: usize,
    /// What the transaction that is open has locked, and since which step.
    held: HashMap<(String, TableLock), usize>,
    /// How what it has locked stood when it was looked at last.
    signs: HashMap<String, String>,
}

impl Track {
    /// Begins with all there is before the first step.
    pub(crate) fn of(everything: Vec<Seen>) -> Self {
        Self {
            relations: Relations::of(everything),
            ..Self::default()
        }
    }

    /// Notes that a step begins.
    pub(crate) fn begin_step(&mut self) {
        self.step += 1;
        self.relations.keep();
    }

    /// Forgets what the step under way did, which is rolled back.
    pub(crate) fn undo_step(&mut self) {
        let step = self.step;
        self.held.retain(|_, since| *since != step);
        self.signs.clear();
        self.relations.undo();
    }

    /// Notes that the transaction is over, and its locks with it.
    pub(crate) fn end_transaction(&mut self) {
        self.held.clear();
        self.signs.clear();
    }

    /// Returns what of all that is locked is to be looked at: what is locked anew, or changed, since it
    /// was asked for last.
    pub(crate) fn new_of(&mut self, locked: Vec<Locked>) -> Vec<String> {
        let mut new = Vec::new();
        for Locked { id, sign } in locked {
            if self.signs.get(&id) != Some(&sign) {
                new.push(id.clone());
                self.signs.insert(id, sign);
            }
        }
        new
    }

    /// Notes what is no longer there, of all there is.
    pub(crate) fn mark_gone(&mut self, everything: &[Seen]) {
        self.relations.mark_gone(everything);
    }

    /// Returns what is new after a statement. One that empties tables gives them new storage, and
    /// writes nothing.
    pub(crate) fn notice(&mut self, seen: Vec<Seen>, empties: bool) -> Noticed {
        let mut noticed = Noticed::default();
        let mut indexes = Vec::new();
        for Seen {
            id,
            relation,
            locks,
        } in seen
        {
            self.notice_locks(&id, &locks, &mut noticed);
            let Some(relation) = relation else {
                self.relations.lose(&id);
                continue;
            };
            let is_new = self.relations.update(&id, &relation);
            let Some(known) = self.relations.get(&id).filter(|_| is_new && !empties) else {
                continue;
            };
            match relation.kind {
                RelationKind::Table if !known.made_here => {
                    noticed.rewritten.push(known.shown.clone());
                }
                RelationKind::Index => indexes.push(relation),
                RelationKind::Table | RelationKind::Other => {}
            }
        }
        noticed.built = self.relations.built(indexes);
        noticed.rewritten.sort();
        noticed
            .locks
            .sort_by(|a, b| (&a.on, a.lock).cmp(&(&b.on, b.lock)));
        noticed
    }

    /// Returns the locks that are meant by an expected one, on what was there before the run, and on which
    /// an earlier step holds such a lock already, or a stronger one.
    pub(crate) fn locked_earlier(&self, expected: &ExpectedLock) -> Vec<LockTaken> {
        let meant = self.all_meant(expected).into_iter();
        let mut held = meant.filter_map(|id| self.held_earlier(id, expected.lock));
        if expected.on == LockOn::ItsIndexes {
            return held.collect();
        }
        held.next().into_iter().collect()
    }

    /// Returns such a lock on what has this number, likewise.
    pub(crate) fn held_earlier(&self, id: &str, lock: TableLock) -> Option<LockTaken> {
        let mut strong = TableLock::ALL.iter().filter(|strong| **strong >= lock);
        strong.find(|strong| {
            let since = self.held.get(&(id.to_owned(), **strong));
            since.is_some_and(|since| *since < self.step)
        })?;
        self.taken_by_words(id, lock)
    }

    /// Returns the locks that are meant by an expected one, on what was there before the run.
    pub(crate) fn locked_by_words(&self, expected: &ExpectedLock) -> Vec<LockTaken> {
        let ids: Vec<&str> = match expected.on {
            LockOn::ItsIndexes => self.indexes_meant(expected),
            _ => self.meant(expected).into_iter().collect(),
        };
        let taken = ids.into_iter();
        taken
            .filter_map(|id| self.taken_by_words(id, expected.lock))
            .collect()
    }

    /// Returns such a lock on what has this number, likewise.
    pub(crate) fn taken_by_words(&self, id: &str, lock: TableLock) -> Option<LockTaken> {
        let known = self.relations.others(id)?;
        Some(self.taken(known, lock))
    }

    /// Returns the indexes of the table that is named.
    fn indexes_meant(&self, expected: &ExpectedLock) -> Vec<&str> {
        let table = ExpectedLock {
            on: LockOn::Itself,
            ..expected.clone()
        };
        let table = self.meant(&table);
        table.map_or_else(Vec::new, |table| self.relations.indexes_of(table))
    }

    /// Returns the tables that were there before the run, with their names now.
    pub(crate) fn tables(&self) -> Vec<(&str, &str)> {
        self.relations.tables()
    }

    fn taken(&self, known: &Known, lock: TableLock) -> LockTaken {
        let table = self.relations.table_of(known);
        LockTaken {
            on: known.shown.clone(),
            table: table.map(|table| table.shown.clone()),
            lock,
            waiting: lock.keeps_waiting(),
        }
    }

    /// Returns whether an earlier step has closed anything to somebody.
    pub(crate) fn has_closed_earlier(&self) -> bool {
        self.closing_earlier().next().is_some()
    }

    /// Returns the tables that an earlier step has closed to somebody, with their names now.
    pub(crate) fn closed_earlier(&self) -> Vec<(&str, &str)> {
        let mut names: Vec<(&str, &str)> = self
            .closing_earlier()
            .map(|known| (known.now.name.as_str(), known.shown.as_str()))
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    fn closing_earlier(&self) -> impl Iterator<Item = &Known> {
        let earlier = self.held.iter().filter(|(_, since)| **since < self.step);
        let closed = earlier.filter(|((_, lock), _)| lock.keeps_waiting() >= Waiting::Writers);
        let known = closed.filter_map(|((id, _), _)| self.relations.others(id));
        known.filter(|known| known.now.kind == RelationKind::Table)
    }

    /// Returns the number of what is named, or of the table of the index that is. Of several in different
    /// schemas, where none is said, it is one that is locked.
    pub(crate) fn meant(&self, expected: &ExpectedLock) -> Option<&str> {
        let all = self.all_meant(expected);
        let mut locked = all.iter().filter(|id| self.signs.contains_key(**id));
        locked.next().or(all.first()).copied()
    }

    fn all_meant(&self, expected: &ExpectedLock) -> Vec<&str> {
        let named = self.relations.named(expected).into_iter();
        let meant = named.flat_map(|(id, known)| match expected.on {
            LockOn::Itself | LockOn::ItsKin(_) => vec![id],
            LockOn::ItsTable => known.now.on.as_deref().into_iter().collect(),
            LockOn::ItsIndexes => self.locked_indexes_of(id),
        });
        meant.collect()
    }

    fn locked_indexes_of(&self, table: &str) -> Vec<&str> {
        let locked = self.held.keys().map(|(id, _)| id.as_str());
        let is_of_table = |id: &&str| {
            let known = self.relations.get(id);
            known.is_some_and(|known| known.is_index_of(table))
        };
        let mut indexes: Vec<&str> = locked.filter(is_of_table).collect();
        indexes.sort_unstable();
        indexes.dedup();
        indexes
    }

    /// Notes the locks that are new, and keeps those that others may wait for: what was made in the run
    /// nobody else sees.
    fn notice_locks(&mut self, id: &str, locks: &[TableLock], noticed: &mut Noticed) {
        let known = self.relations.others(id).cloned();
        for lock in locks {
            let held = self.held.entry((id.to_owned(), *lock));
            let is_new = matches!(held, Entry::Vacant(_));
            held.or_insert(self.step);
            if let Some(known) = known.as_ref().filter(|_| is_new) {
                noticed.locks.push(self.taken(known, *lock));
            }
        }
    }
}

#[cfg(test)]
mod tests;
