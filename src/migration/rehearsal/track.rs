//! What follows from what is seen after each statement: which locks are new, what is rewritten, and
//! what is built.
//!
//! Pure. Who looks, and when, is for the runner to know.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use super::report::{IndexBuilt, LockTaken};
use crate::backend::rehearsal::{ExpectedLock, LockOn, Locked, Relation, RelationKind, Seen};
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
///
/// Nothing of it is gone through as a whole after a statement: a database may have many tables, and a
/// rehearsal holds its locks as long as it looks.
#[derive(Debug, Clone, Default)]
pub(crate) struct Track {
    known: HashMap<String, Known>,
    /// Which of that have, or had, a name, in small letters.
    named: HashMap<String, Vec<String>>,
    /// All storage that anything known has, or had.
    storages: HashSet<i64>,
    /// The step that is under way, from 1 on.
    step: usize,
    /// What the transaction that is open has locked, and since which step.
    held: HashMap<(String, TableLock), usize>,
    /// How what it has locked stood when it was looked at last.
    signs: HashMap<String, String>,
    /// What the step under way has changed, as it was known before.
    before: HashMap<String, Option<Known>>,
}

impl Track {
    /// Begins with all there is before the first step.
    pub(crate) fn of(everything: Vec<Seen>) -> Self {
        let mut track = Self::default();
        for seen in everything {
            if let Some(relation) = seen.relation {
                track.know(&seen.id, Known::of(relation));
            }
        }
        track.before.clear();
        track
    }

    /// Notes that a step begins.
    pub(crate) fn begin_step(&mut self) {
        self.step += 1;
        self.before.clear();
    }

    /// Forgets what the step under way did, which is rolled back.
    pub(crate) fn undo_step(&mut self) {
        let step = self.step;
        self.held.retain(|_, since| *since != step);
        self.signs.clear();
        for (id, before) in self.before.drain() {
            match before {
                Some(known) => self.known.insert(id, known),
                None => self.known.remove(&id),
            };
        }
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
        let there: HashSet<&str> = everything.iter().map(|seen| seen.id.as_str()).collect();
        let known = self.known.iter();
        let gone = known.filter(|(id, known)| !known.gone && !there.contains(id.as_str()));
        let gone: Vec<String> = gone.map(|(id, _)| id.clone()).collect();
        for id in gone {
            self.lose(&id);
        }
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
                self.lose(&id);
                continue;
            };
            let is_new = self.update(&id, &relation);
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
        let known = self.known.get(id).filter(|known| !known.made_here)?;
        Some(self.taken(known, lock))
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
        let known = self.known.get(id).filter(|known| !known.made_here)?;
        Some(self.taken(known, lock))
    }

    /// Returns the indexes of the table that is named. Everything is gone through, which is for a copy,
    /// where nobody waits.
    fn indexes_meant(&self, expected: &ExpectedLock) -> Vec<&str> {
        let table = ExpectedLock {
            on: LockOn::Itself,
            ..expected.clone()
        };
        let table = self.meant(&table);
        let all = self.known.iter();
        let indexes = all.filter(|(_, known)| !known.gone && known.now.on.as_deref() == table);
        let is_index = |known: &Known| known.now.kind == RelationKind::Index;
        let indexes = indexes.filter(|(_, known)| is_index(known));
        let mut indexes: Vec<&str> = indexes.map(|(id, _)| id.as_str()).collect();
        indexes.sort_unstable();
        indexes
    }

    /// Returns the tables that were there before the run, with their names now.
    pub(crate) fn tables(&self) -> Vec<(&str, &str)> {
        let known = self.known.values();
        let tables = known.filter(|known| {
            !known.made_here && !known.gone && known.now.kind == RelationKind::Table
        });
        let mut names: Vec<(&str, &str)> = tables
            .map(|known| (known.now.name.as_str(), known.shown.as_str()))
            .collect();
        names.sort_unstable();
        names
    }

    fn taken(&self, known: &Known, lock: TableLock) -> LockTaken {
        let table = known.now.on.as_ref();
        let table = table.and_then(|table| self.known.get(table));
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
        let known = closed.filter_map(|((id, _), _)| self.known.get(id));
        known.filter(|known| !known.made_here && known.now.kind == RelationKind::Table)
    }

    /// Returns the number of what is named, or of the table of the index that is. Of several in different
    /// schemas, where none is said, it is one that is locked.
    pub(crate) fn meant(&self, expected: &ExpectedLock) -> Option<&str> {
        let all = self.all_meant(expected);
        let mut locked = all.iter().filter(|id| self.signs.contains_key(**id));
        locked.next().or(all.first()).copied()
    }

    fn all_meant(&self, expected: &ExpectedLock) -> Vec<&str> {
        let name = expected.name.to_lowercase();
        let ids = self.named.get(&name).into_iter().flatten();
        let known = ids.filter_map(|id| Some((id, self.known.get(id)?)));
        let named = known.filter(|(_, known)| {
            let schema = expected.schema.as_ref();
            let same_schema =
                schema.is_none_or(|schema| self.schema_of(known).eq_ignore_ascii_case(schema));
            same_schema && !known.gone && known.now.name.to_lowercase() == name
        });
        let meant = named.flat_map(|(id, known)| match expected.on {
            LockOn::Itself | LockOn::ItsKin(_) => vec![id.as_str()],
            LockOn::ItsTable => known.now.on.as_deref().into_iter().collect(),
            LockOn::ItsIndexes => self.locked_indexes_of(id),
        });
        meant.collect()
    }

    fn locked_indexes_of(&self, table: &str) -> Vec<&str> {
        let locked = self.held.keys().map(|(id, _)| id.as_str());
        let is_of_table = |id: &&str| {
            let known = self.known.get(*id).filter(|known| !known.gone);
            known.is_some_and(|known| known.now.on.as_deref() == Some(table))
        };
        let mut indexes: Vec<&str> = locked.filter(is_of_table).collect();
        indexes.sort_unstable();
        indexes.dedup();
        indexes
    }

    /// Returns where something is: an index is where its table is, which may have been looked at since.
    fn schema_of<'a>(&'a self, known: &'a Known) -> &'a str {
        let on = known.now.on.as_ref();
        let table = on.and_then(|table| self.known.get(table));
        &table.unwrap_or(known).now.schema
    }

    /// Notes the locks that are new, and keeps those that others may wait for: what was made in the run
    /// nobody else sees.
    fn notice_locks(&mut self, id: &str, locks: &[TableLock], noticed: &mut Noticed) {
        let known = self.known.get(id).filter(|known| !known.made_here);
        let known = known.cloned();
        for lock in locks {
            let held = self.held.entry((id.to_owned(), *lock));
            let is_new = matches!(held, Entry::Vacant(_));
            held.or_insert(self.step);
            if let Some(known) = known.as_ref().filter(|_| is_new) {
                noticed.locks.push(self.taken(known, *lock));
            }
        }
    }

    /// Notes how something is now, and returns whether what is behind it is new. An index may be made
    /// anew, and keep the storage of the one before.
    fn update(&mut self, id: &str, relation: &Relation) -> bool {
        let had_storage = self.storages.contains(&relation.storage);
        let known = self.known.get(id);
        if known.is_some_and(|known| known.now == *relation && !known.gone) {
            return false;
        }
        let Some(known) = known.cloned() else {
            let mut known = Known::of(relation.clone());
            known.made_here = true;
            self.know(id, known);
            return relation.storage == 0 || !had_storage;
        };
        let moved = known.now.storage != relation.storage;
        let is_new = moved && relation.storage != 0 || known.gone;
        let now = relation.clone();
        self.know(
            id,
            Known {
                now,
                gone: false,
                ..known
            },
        );
        is_new
    }

    fn lose(&mut self, id: &str) {
        if let Some(known) = self.known.get(id).cloned() {
            self.know(
                id,
                Known {
                    gone: true,
                    ..known
                },
            );
        }
    }

    /// Knows something as it is now.
    fn know(&mut self, id: &str, known: Known) {
        self.storages.insert(known.now.storage);
        let named = self.named.entry(known.now.name.to_lowercase()).or_default();
        if !named.iter().any(|known| known == id) {
            named.push(id.to_owned());
        }
        let before = self.known.insert(id.to_owned(), known);
        self.before.entry(id.to_owned()).or_insert(before);
    }

    /// Returns those indexes whose tables were there before the run.
    fn built(&self, indexes: Vec<Relation>) -> Vec<IndexBuilt> {
        let table_of = |index: &Relation| {
            let table = self.known.get(index.on.as_ref()?)?;
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
