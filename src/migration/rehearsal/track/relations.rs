//! The tables, indexes, views and sequences that are there, and that were.
//!
//! Pure. Who has locked them is not known here.

use std::collections::{HashMap, HashSet};

use crate::backend::rehearsal::{Relation, RelationKind, Seen};
use crate::backend::table_lock::ExpectedLock;
use crate::migration::rehearsal::report::IndexBuilt;

/// Something that was seen at least once.
#[derive(Debug, Clone)]
pub(super) struct Known {
    /// As it was seen last.
    pub(super) now: Relation,
    /// As others know it: by the name that it had before the run.
    pub(super) shown: String,
    pub(super) made_here: bool,
    pub(super) gone: bool,
}

/// All that is known, each by what stays the same of it.
///
/// Nothing of it is gone through as a whole after a statement: a database may have many tables, and a
/// rehearsal holds its locks as long as it looks.
#[derive(Debug, Clone, Default)]
pub(super) struct Relations {
    known: HashMap<String, Known>,
    /// Which of that have, or had, a name, in small letters.
    named: HashMap<String, Vec<String>>,
    /// All storage that anything known has, or had.
    storages: HashSet<i64>,
    /// What the step under way has changed, as it was known before.
    before: HashMap<String, Option<Known>>,
}

impl Relations {
    /// Begins with all there is before the first step.
    pub(super) fn of(everything: Vec<Seen>) -> Self {
        let mut relations = Self::default();
        for seen in everything {
            if let Some(relation) = seen.relation {
                relations.know(&seen.id, Known::of(relation));
            }
        }
        relations.keep();
        relations
    }

    /// Takes what is known as what is not undone any more.
    pub(super) fn keep(&mut self) {
        self.before.clear();
    }

    /// Forgets what was learnt since then.
    pub(super) fn undo(&mut self) {
        for (id, before) in self.before.drain() {
            match before {
                Some(known) => self.known.insert(id, known),
                None => self.known.remove(&id),
            };
        }
    }

    pub(super) fn get(&self, id: &str) -> Option<&Known> {
        self.known.get(id)
    }

    /// Returns what was there before the run.
    pub(super) fn others(&self, id: &str) -> Option<&Known> {
        self.get(id).filter(|known| !known.made_here)
    }

    /// Returns the numbers of what has a name, in whichever schema where none is said.
    pub(super) fn named(&self, expected: &ExpectedLock) -> Vec<(&str, &Known)> {
        let name = expected.name.to_lowercase();
        let ids = self.named.get(&name).into_iter().flatten();
        let known = ids.filter_map(|id| Some((id.as_str(), self.known.get(id)?)));
        let named = known.filter(|(_, known)| {
            let schema = expected.schema.as_ref();
            let same_schema =
                schema.is_none_or(|schema| self.schema_of(known).eq_ignore_ascii_case(schema));
            same_schema && !known.gone && known.now.name.to_lowercase() == name
        });
        named.collect()
    }

    /// Returns where something is: an index is where its table is, which may have been looked at since.
    fn schema_of<'a>(&'a self, known: &'a Known) -> &'a str {
        &self.table_of(known).unwrap_or(known).now.schema
    }

    /// Returns the table of an index.
    pub(super) fn table_of(&self, known: &Known) -> Option<&Known> {
        self.get(known.now.on.as_ref()?)
    }

    /// Returns the indexes of a table. Everything is gone through, which is for a copy, where nobody waits.
    pub(super) fn indexes_of(&self, table: &str) -> Vec<&str> {
        let all = self.known.iter();
        let of_table = all.filter(|(_, known)| known.is_index_of(table));
        let mut indexes: Vec<&str> = of_table.map(|(id, _)| id.as_str()).collect();
        indexes.sort_unstable();
        indexes
    }

    /// Returns the tables that were there before the run, with their names now.
    pub(super) fn tables(&self) -> Vec<(&str, &str)> {
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

    /// Notes what is no longer there, of all there is.
    pub(super) fn mark_gone(&mut self, everything: &[Seen]) {
        let there: HashSet<&str> = everything.iter().map(|seen| seen.id.as_str()).collect();
        let known = self.known.iter();
        let gone = known.filter(|(id, known)| !known.gone && !there.contains(id.as_str()));
        let gone: Vec<String> = gone.map(|(id, _)| id.clone()).collect();
        for id in gone {
            self.lose(&id);
        }
    }

    /// Notes how something is now, and returns whether what is behind it is new. An index may be made
    /// anew, and keep the storage of the one before.
    pub(super) fn update(&mut self, id: &str, relation: &Relation) -> bool {
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

    pub(super) fn lose(&mut self, id: &str) {
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
    pub(super) fn built(&self, indexes: Vec<Relation>) -> Vec<IndexBuilt> {
        let table_of = |index: &Relation| {
            let table = self.others(index.on.as_ref()?)?;
            Some(table.shown.clone())
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

    pub(super) fn is_index_of(&self, table: &str) -> bool {
        let is_index = self.now.kind == RelationKind::Index && !self.gone;
        is_index && self.now.on.as_deref() == Some(table)
    }
}
