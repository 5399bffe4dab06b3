//! What follows from what is seen after each statement: which locks are new, what is rewritten, and
//! what is built.
//!
//! Pure. Who looks, and when, is for the runner to know.

use std::collections::{HashMap, HashSet};

use super::report::{IndexBuilt, LockTaken};
use crate::backend::rehearsal::{ExpectedLock, LockOn, Look, Relation, RelationKind, Seen};
use crate::backend::table_lock::{TableLock, Waiting};

/// What a statement did, as far as it is seen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Noticed {
    pub(crate) locks: Vec<LockTaken>,
    pub(crate) rewritten: Vec<String>,
    pub(crate) built: Vec<IndexBuilt>,
}

/// Something that was seen at least once.
#[derive(Debug, Clone)]
struct Known {
    /// As it was seen last.
    now: Relation,
    /// As others know it: by the name that it had before the run.
    shown: String,
    made_here: bool,
    gone: bool,
}

/// What is known of a database while steps are run.
#[derive(Debug, Clone, Default)]
pub(crate) struct Track {
    known: HashMap<String, Known>,
    /// What the transaction that is open has locked.
    held: HashSet<(String, TableLock)>,
    /// What of that the steps before have locked.
    earlier: HashSet<(String, TableLock)>,
}

impl Track {
    /// Begins with all there is before the first step.
    pub(crate) fn of(everything: Vec<Seen>) -> Self {
        let known = everything.into_iter().filter_map(|seen| {
            let relation = seen.relation?;
            Some((seen.id, Known::of(relation)))
        });
        Self {
            known: known.collect(),
            ..Self::default()
        }
    }

    /// Notes that a step begins.
    pub(crate) fn begin_step(&mut self) {
        self.earlier.clone_from(&self.held);
    }

    /// Notes that the transaction is over, and its locks with it.
    pub(crate) fn end_transaction(&mut self) {
        self.held.clear();
    }

    /// Returns what is new after a statement. One that empties tables gives them new storage, and
    /// writes nothing.
    pub(crate) fn notice(&mut self, seen: Vec<Seen>, look: Look, empties: bool) -> Noticed {
        let mut noticed = Noticed::default();
        if look == Look::Everything {
            self.mark_gone(&seen);
        }
        let storages: HashSet<i64> = self.known.values().map(|known| known.now.storage).collect();
        let mut indexes = Vec::new();
        for Seen {
            id,
            relation,
            locks,
        } in seen
        {
            self.notice_locks(&id, &locks, &mut noticed);
            let Some(relation) = relation else {
                continue;
            };
            let is_new = self.update(&id, &relation, &storages);
            let Some(known) = self.known.get(&id).filter(|_| is_new && !empties) else {
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
        noticed.built = self.built(indexes);
        noticed.rewritten.sort();
        noticed
            .locks
            .sort_by(|a, b| (&a.on, a.lock).cmp(&(&b.on, b.lock)));
        noticed
    }

    /// Returns the table, or what else is meant by an expected lock, as it is told of, if it was there
    /// before the run and an earlier step holds such a lock on it already, or a stronger one.
    pub(crate) fn locked_earlier(&self, expected: &ExpectedLock) -> Option<&str> {
        let id = self.meant(expected)?;
        self.held_earlier(id, expected.lock)
    }

    /// Returns what has this number, as it is told of, likewise.
    pub(crate) fn held_earlier(&self, id: &str, lock: TableLock) -> Option<&str> {
        let mut held = self.earlier.iter();
        held.find(|(earlier, held)| earlier == id && *held >= lock)?;
        let known = self.known.get(id).filter(|known| !known.made_here)?;
        Some(known.shown.as_str())
    }

    /// Returns the tables that an earlier step has closed to somebody, with their names now.
    pub(crate) fn closed_earlier(&self) -> Vec<(&str, &str)> {
        let closed = self.earlier.iter();
        let closed = closed.filter(|(_, lock)| lock.keeps_waiting() >= Waiting::Writers);
        let known = closed.filter_map(|(id, _)| self.known.get(id));
        let tables =
            known.filter(|known| !known.made_here && known.now.kind == RelationKind::Table);
        let mut names: Vec<(&str, &str)> = tables
            .map(|known| (known.now.name.as_str(), known.shown.as_str()))
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Returns the number of what is named, or of the table of the index that is.
    pub(crate) fn meant(&self, expected: &ExpectedLock) -> Option<&str> {
        let is_named = |known: &Known| {
            let schema = expected.schema.as_ref();
            let same_schema =
                schema.is_none_or(|schema| known.now.schema.eq_ignore_ascii_case(schema));
            same_schema && !known.gone && known.now.name.eq_ignore_ascii_case(&expected.name)
        };
        let (id, named) = self.known.iter().find(|(_, known)| is_named(known))?;
        if expected.on == LockOn::Itself {
            return Some(id);
        }
        let table = named.now.on.as_ref()?;
        let is_table = |known: &Known| !known.gone && known.now.shown == *table;
        let mut tables = self.known.iter();
        let (id, _) = tables.find(|(_, known)| is_table(known))?;
        Some(id)
    }

    fn mark_gone(&mut self, seen: &[Seen]) {
        let there: HashSet<&str> = seen.iter().map(|seen| seen.id.as_str()).collect();
        for (id, known) in &mut self.known {
            known.gone |= !there.contains(id.as_str());
        }
    }

    /// Notes the locks that are new, and keeps those that others may wait for: what was made in the run
    /// nobody else sees.
    fn notice_locks(&mut self, id: &str, locks: &[TableLock], noticed: &mut Noticed) {
        let known = self.known.get(id).filter(|known| !known.made_here);
        for lock in locks {
            let is_new = self.held.insert((id.to_owned(), *lock));
            if let Some(known) = known.filter(|_| is_new) {
                noticed.locks.push(LockTaken {
                    on: known.shown.clone(),
                    table: known.now.on.clone(),
                    lock: *lock,
                    waiting: lock.keeps_waiting(),
                });
            }
        }
    }

    /// Notes how something is now, and returns whether what is behind it is new. An index may be made
    /// anew, and keep the storage of the one before.
    fn update(&mut self, id: &str, relation: &Relation, storages: &HashSet<i64>) -> bool {
        if let Some(known) = self.known.get_mut(id) {
            let moved = known.now.storage != relation.storage;
            let is_new = moved && relation.storage != 0 || known.gone;
            known.gone = false;
            known.now = relation.clone();
            return is_new;
        }
        let mut known = Known::of(relation.clone());
        known.made_here = true;
        self.known.insert(id.to_owned(), known);
        relation.storage == 0 || !storages.contains(&relation.storage)
    }

    /// Returns those indexes whose tables were there before the run.
    fn built(&self, indexes: Vec<Relation>) -> Vec<IndexBuilt> {
        let table_of = |index: &Relation| {
            let on = index.on.as_ref()?;
            let is_it = |known: &&Known| known.now.shown == *on && known.now.on.is_none();
            let table = self
                .known
                .values()
                .filter(|known| !known.gone)
                .find(is_it)?;
            (!table.made_here).then(|| table.shown.clone())
        };
        let mut built: Vec<IndexBuilt> = indexes
            .into_iter()
            .filter_map(|index| {
                table_of(&index).map(|table| IndexBuilt {
                    index: index.shown,
                    table,
                })
            })
            .collect();
        built.sort_by(|a, b| a.index.cmp(&b.index));
        built
    }
}

impl Known {
    fn of(relation: Relation) -> Self {
        Self {
            shown: relation.shown.clone(),
            now: relation,
            made_here: false,
            gone: false,
        }
    }
}

#[cfg(test)]
mod tests;
