//! What is known of the migrations around one: what they make of tables, and what they hold in a
//! transaction that they share with it.
//!
//! Must not know any rule.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::context::Way;
use super::locks::Locked;
use super::new_tables::Made;
use super::subject::Subject;
use crate::backend::lint::Grammar;
use crate::event::Direction;
use crate::sql::Script;
use crate::sql::effect::{
    Action, AddedValue, ConstraintKind, Created, EffectKind, ForeignKey, Name, ObjectKind,
};

/// What is known of the migrations around one.
#[derive(Debug, Default)]
pub(super) struct Around {
    /// What was made before it in the same run.
    pub(super) made: Vec<Made>,
    /// What the migrations before it hold in the transaction that it shares with them.
    pub(super) held: Held,
    /// The types with which any migration makes columns: table, column and type.
    types: Vec<(Name, String, String)>,
    /// The columns that any migration gives another type, once for each time.
    retyped: Vec<(Name, String)>,
    /// The tables that any migration takes columns or the name from, or drops, once for each time.
    reshaped: Vec<Name>,
    /// The tables that are divided into partitions.
    partitioned: Vec<Name>,
    /// The indexes that have a name, and their tables.
    named_indexes: Vec<(Name, Name)>,
    /// The keys with which tables are made.
    keys: Vec<(Name, Vec<String>)>,
    /// The constraints with names of their own that tables are made with.
    named_constraints: Vec<(Name, String, ConstraintKind)>,
    /// The foreign keys that any migration makes, and the tables that have them.
    references: Vec<(Name, ForeignKey)>,
    /// The files whose ways up are known, in order, and what they change.
    learned: Vec<(PathBuf, Vec<EffectKind>)>,
    /// What the database has, as the statements that would make it.
    definitions: Vec<EffectKind>,
}

/// What the migrations before one hold in the transaction that it shares with them.
#[derive(Debug, Default)]
pub(super) struct Held {
    /// What they lock.
    pub(super) locked: Vec<Locked>,
    /// The values that they add to enumerations.
    pub(super) added_values: Vec<AddedValue>,
    /// The types that they make.
    pub(super) types: Vec<Name>,
}

impl Around {
    /// Learns what the way up of a subject makes of tables; once, however often it is told of.
    pub(super) fn learn(&mut self, subject: &Subject, grammar: &'static dyn Grammar) {
        let ups = subject.ways.iter().filter(|(way, _)| *way == Direction::Up);
        for (direction, text) in ups {
            if self.learned.iter().any(|(path, _)| *path == text.path) {
                continue;
            }
            let way = Way::read(*direction, text, &subject.settings, grammar.dialect());
            let mut kinds = Vec::new();
            for (_, effect) in way.iter().flat_map(Way::effects) {
                self.learn_effect(&effect.kind);
                kinds.push(effect.kind.clone());
            }
            self.learned.push((text.path.clone(), kinds));
        }
    }

    /// Returns what the migrations change, in order, before a way of one whose way up is this file.
    pub(super) fn changes_before<'a>(
        &'a self,
        up: &Path,
        direction: Direction,
    ) -> impl Iterator<Item = &'a EffectKind> {
        let end = self.end(up, direction);
        self.learned[..end].iter().flat_map(|(_, kinds)| kinds)
    }

    /// Returns what the ways up behind this file change, in order.
    pub(super) fn changes_behind<'a>(&'a self, up: &Path) -> impl Iterator<Item = &'a EffectKind> {
        let behind = self.end(up, Direction::Down);
        self.learned[behind..].iter().flat_map(|(_, kinds)| kinds)
    }

    /// Returns how many migrations are through before a way of one whose way up is this file.
    fn end(&self, up: &Path, direction: Direction) -> usize {
        let place = self.learned.iter().position(|(path, _)| path == up);
        match (place, direction) {
            (None, _) => self.learned.len(),
            (Some(place), Direction::Up) => place,
            (Some(place), Direction::Down) => place + 1,
        }
    }

    /// Learns what the database has, of the statements that would make it.
    pub(super) fn learn_definitions(&mut self, texts: &[String], grammar: &'static dyn Grammar) {
        for text in texts {
            let Ok(script) = Script::parse(text.as_str(), 1, grammar.dialect()) else {
                continue;
            };
            let effects = (0..script.statements().len()).flat_map(|index| script.effects(index));
            self.definitions.extend(effects.map(|effect| effect.kind));
        }
    }

    /// Returns what the database has, as the changes that would make it.
    pub(super) fn definitions(&self) -> &[EffectKind] {
        &self.definitions
    }

    fn learn_effect(&mut self, kind: &EffectKind) {
        if let Some(table) = kind.table() {
            let keys = kind.foreign_keys().into_iter().cloned();
            let keys = keys.map(|key| (table.clone(), key));
            self.references.extend(keys);
        }
        match kind {
            EffectKind::Create(created) => self.learn_created(created),
            EffectKind::Alter(altered) => self.learn_action(&altered.table, &altered.action),
            EffectKind::Drop(dropped) if dropped.kind == ObjectKind::Table => {
                self.reshaped.extend(dropped.names.iter().cloned());
            }
            _ => {}
        }
    }

    fn learn_created(&mut self, created: &Created) {
        match (created.kind, &created.name, &created.on) {
            (ObjectKind::Table, Some(table), _) => {
                let columns = created.table.columns.iter().cloned();
                let types = columns.map(|(column, of_type)| (table.clone(), column, of_type));
                self.types.extend(types);
                let keys = created.table.keys.iter().cloned();
                self.keys.extend(keys.map(|key| (table.clone(), key)));
                let named = created.table.named.iter();
                let named = named.map(|(name, kind)| (table.clone(), name.clone(), *kind));
                self.named_constraints.extend(named);
                let is_partitioned = created.table.partitioned;
                self.partitioned
                    .extend(is_partitioned.then(|| table.clone()));
            }
            (ObjectKind::Index, Some(name), Some(table)) => {
                self.named_indexes.push((name.clone(), table.clone()));
            }
            _ => {}
        }
    }

    fn learn_action(&mut self, table: &Name, action: &Action) {
        match action {
            Action::AddColumn(added) => {
                let (name, of_type) = (added.name.clone(), added.of_type.clone());
                self.types.push((table.clone(), name, of_type));
            }
            Action::SetType { column, .. } => self.retyped.push((table.clone(), column.clone())),
            Action::DropColumn { .. } | Action::RenameColumn { .. } | Action::RenameTo { .. } => {
                self.reshaped.push(table.clone());
            }
            _ => {}
        }
    }

    /// Returns the type of a column before the one change of it, where the migrations tell.
    pub(super) fn type_before(&self, table: &Name, column: &str) -> Option<&str> {
        let is_it = |of: &Name, name: &str| of.may_be(table) && name == column;
        let changes = self.retyped.iter().filter(|(of, name)| is_it(of, name));
        let mut made = self.types.iter().filter(|(of, name, _)| is_it(of, name));
        let (_, _, of_type) = made.next()?;
        (changes.count() <= 1 && made.next().is_none()).then_some(of_type)
    }

    /// Returns the columns of a table before the one change that takes some from it, in the order in
    /// which they were made, where the migrations tell.
    pub(super) fn columns_before(&self, table: &Name) -> Option<Vec<(&str, &str)>> {
        let changes = self.reshaped.iter().filter(|of| of.may_be(table));
        if changes.count() > 1 {
            return None;
        }
        let made = self.types.iter().filter(|(of, ..)| of.may_be(table));
        let columns: Vec<_> = made
            .map(|(_, column, of_type)| (column.as_str(), of_type.as_str()))
            .collect();
        let names: BTreeSet<&str> = columns.iter().map(|(column, _)| *column).collect();
        // What is made twice is made in two ways, and nobody knows which one it was.
        (!columns.is_empty() && names.len() == columns.len()).then_some(columns)
    }

    /// Returns the table of an index.
    pub(super) fn table_of_index(&self, index: &Name) -> Option<&Name> {
        let mut named = self.named_indexes.iter().rev();
        named
            .find(|(name, _)| name.may_be(index))
            .map(|(_, table)| table)
    }

    /// Returns the tables with columns of such a type, as far as the migrations tell.
    pub(super) fn tables_of_type(&self, is_it: impl Fn(&str) -> bool) -> Vec<Name> {
        let of_type = self.types.iter().filter(|(.., of_type)| is_it(of_type));
        of_type.map(|(table, ..)| table.clone()).collect()
    }

    /// Returns whether a table was made to be divided into partitions.
    pub(super) fn is_partitioned(&self, table: &Name) -> bool {
        self.partitioned.iter().any(|of| of.may_be(table))
    }

    /// Returns whether a table was made with a key of this column among others.
    pub(super) fn is_of_key(&self, table: &Name, column: &str) -> bool {
        let mut keys = self.keys.iter().filter(|(of, _)| of.may_be(table));
        keys.any(|(_, columns)| columns.iter().any(|of_key| of_key == column))
    }

    /// Returns what kind of constraint has this name, of a table, or of one that may have got its name.
    pub(super) fn constraint_kind(&self, table: &Name, constraint: &str) -> Option<ConstraintKind> {
        let given = self.definitions.iter().filter_map(|kind| match kind {
            EffectKind::Create(created) => Some((created.name.as_ref()?, &created.table.named)),
            _ => None,
        });
        let given =
            given.flat_map(|(of, named)| named.iter().map(move |(name, kind)| (of, name, kind)));
        let made = self.named_constraints.iter();
        let all = made.map(|(of, name, kind)| (of, name, kind)).chain(given);
        let mut of_name: Vec<_> = all.filter(|(_, name, _)| *name == constraint).collect();
        if of_name.iter().any(|(of, ..)| of.may_be(table)) {
            of_name.retain(|(of, ..)| of.may_be(table));
        }
        // The last one counts, where a table was made anew.
        of_name.last().map(|(.., kind)| **kind)
    }

    /// Returns the foreign keys that lead to a table, with the tables that have them: those that the
    /// database has, and those that any migration makes.
    pub(super) fn references_to(&self, table: &Name) -> impl Iterator<Item = (&Name, &ForeignKey)> {
        let given = self.definitions.iter().flat_map(|kind| {
            let keys = kind.foreign_keys().into_iter();
            keys.filter_map(|key| Some((kind.table()?, key)))
        });
        let made = self.references.iter().map(|(of, key)| (of, key));
        given.chain(made).filter(|(_, key)| key.to.may_be(table))
    }
}

impl Held {
    /// Learns what a way holds until its transaction ends, for those that follow in it.
    pub(super) fn learn(&mut self, way: &Way<'_>, locked: Vec<Locked>) {
        self.locked.extend(locked);
        for (_, effect) in way.effects() {
            match &effect.kind {
                EffectKind::AddValue(added) => self.added_values.push(added.clone()),
                EffectKind::Create(created) if created.kind == ObjectKind::Type => {
                    self.types.extend(created.name.clone());
                }
                _ => {}
            }
        }
    }
}
