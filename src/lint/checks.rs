//! Which constraints that check rows stand at one place of the migrations, and what they prove.
//!
//! Pure. What a check asks `sql` reads; in which order the migrations are, `around` knows.

use crate::sql::effect::{
    Action, AddedConstraint, Check, ConstraintKind, EffectKind, Name, ObjectKind,
};

/// Whether checks prove what a statement would have to read all rows for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Proof {
    /// None does.
    Missing,
    /// One may; nobody knows what it would have to say.
    Perhaps,
    /// One does, as far as the words tell.
    There,
}

/// The checks that stand, and by which columns tables are divided.
#[derive(Debug, Default)]
pub(super) struct Checks {
    standing: Vec<Standing>,
    keys: Vec<(Name, Vec<Option<String>>)>,
}

/// A check that stands.
#[derive(Debug)]
struct Standing {
    table: Name,
    check: Check,
    /// Whether all rows are known to pass it.
    is_valid: bool,
    /// Whether the database has it now, whatever the migrations say.
    is_given: bool,
}

impl Checks {
    /// Makes those that the database has now, by the statements that would make them.
    pub(super) fn given(definitions: &[EffectKind]) -> Self {
        let mut checks = Self::default();
        for definition in definitions {
            checks.learn(definition);
        }
        for standing in &mut checks.standing {
            standing.is_given = true;
        }
        checks
    }

    /// Learns what a change makes of them.
    pub(super) fn learn(&mut self, kind: &EffectKind) {
        match kind {
            EffectKind::Create(created) if created.kind == ObjectKind::Table => {
                let Some(table) = &created.name else { return };
                for check in &created.table.checks {
                    self.add(table, check.clone(), true);
                }
                if created.table.partitioned {
                    let key = created.table.divided_by.clone();
                    self.keys.push((table.clone(), key));
                }
            }
            EffectKind::Drop(dropped) if dropped.kind == ObjectKind::Table => {
                let is_gone = |table: &Name| dropped.names.iter().any(|name| name.may_be(table));
                self.standing.retain(|standing| !is_gone(&standing.table));
            }
            EffectKind::Alter(altered) => self.alter(&altered.table, &altered.action),
            _ => {}
        }
    }

    fn alter(&mut self, table: &Name, action: &Action) {
        match action {
            Action::AddConstraint(added) if added.kind == ConstraintKind::Check => {
                let AddedConstraint {
                    check, not_valid, ..
                } = added;
                self.add(table, check.clone(), !not_valid);
            }
            Action::ValidateConstraint { name } => self.validate(table, name),
            Action::RenameConstraint { from, to } => {
                for standing in self.of(table) {
                    if standing.is_called(from) {
                        standing.check.name = Some(to.clone());
                    }
                }
            }
            Action::RenameColumn { from, to } => {
                for standing in self.of(table) {
                    let Check {
                        not_null, mentions, ..
                    } = &mut standing.check;
                    let names = not_null.iter_mut().chain(mentions);
                    for name in names.filter(|name| *name == from) {
                        name.clone_from(to);
                    }
                }
            }
            Action::RenameTo { to } => {
                for standing in self.of(table) {
                    standing.table.name.clone_from(to);
                }
            }
            action => self.learn_loss(table, action),
        }
    }

    /// Learns what a change takes of them, and nothing else of it: what a statement drops is gone
    /// before it does anything else, wherever in it that stands.
    pub(super) fn learn_loss(&mut self, table: &Name, action: &Action) {
        match action {
            Action::DropConstraint { name, .. } => {
                let is_named = |of: &Standing| of.table.may_be(table) && of.is_called(name);
                // What has no name in the migrations has one in the database.
                let mut told = self.standing.iter().filter(|of| !of.is_given);
                let is_told = told.any(is_named);
                self.standing.retain(|of| {
                    let is_nameless = of.table.may_be(table) && of.check.name.is_none();
                    !is_named(of) && (is_told || !is_nameless)
                });
            }
            Action::DropColumn { column, .. } => {
                self.standing
                    .retain(|of| !of.table.may_be(table) || !of.check.mentions.contains(column));
            }
            _ => {}
        }
    }

    fn of(&mut self, table: &Name) -> impl Iterator<Item = &mut Standing> {
        let all = self.standing.iter_mut();
        all.filter(|standing| standing.table.may_be(table))
    }

    /// Adds one. Where the database has one of this name that nobody has dropped, it is this one.
    fn add(&mut self, table: &Name, check: Check, is_valid: bool) {
        let name = check.name.as_deref();
        let is_it = |of: &Standing| of.table.may_be(table) && of.check.name.as_deref() == name;
        let is_there = |of: &&Standing| of.is_given && name.is_some() && is_it(of);
        let was_valid = self.standing.iter().find(is_there).map(|of| of.is_valid);
        self.standing.push(Standing {
            table: table.clone(),
            check,
            is_valid: is_valid || was_valid.unwrap_or_default(),
            is_given: false,
        });
    }

    fn validate(&mut self, table: &Name, name: &str) {
        let has_it = self.of(table).any(|standing| standing.is_called(name));
        let mut meant: Vec<_> = self
            .of(table)
            .filter(|of| of.is_called(name) || !has_it && of.check.name.is_none())
            .collect();
        // Of several without a name nobody knows which one it is.
        if has_it || meant.len() == 1 {
            for standing in &mut meant {
                standing.is_valid = true;
            }
        }
    }

    /// Returns whether a column of a table is proven not to be null.
    pub(super) fn prove_not_null(&self, table: &Name, column: &str) -> Proof {
        let mut valid = self.valid(table);
        if valid.any(|check| check.not_null.iter().any(|name| name == column)) {
            Proof::There
        } else {
            Proof::Missing
        }
    }

    /// Returns whether a table's rows may be proven to be what a partition of another asks for: a check
    /// that does not speak of the columns by which that one is divided proves nothing.
    pub(super) fn prove_bounds(&self, whole: &Name, partition: &Name) -> Proof {
        let valid: Vec<&Check> = self.valid(partition).collect();
        if valid.is_empty() {
            return Proof::Missing;
        }
        let mut keys = self.keys.iter().rev();
        let key = keys.find(|(table, _)| table.may_be(whole));
        let columns: Option<Vec<&String>> =
            key.and_then(|(_, columns)| columns.iter().map(Option::as_ref).collect());
        let Some(columns) = columns else {
            return Proof::Perhaps;
        };
        let mut mentioned = columns.into_iter().map(|column| {
            let mut checks = valid.iter();
            checks.any(|check| check.mentions.contains(column))
        });
        if mentioned.all(|is| is) {
            Proof::There
        } else {
            Proof::Missing
        }
    }

    fn valid(&self, table: &Name) -> impl Iterator<Item = &Check> {
        let of = self.standing.iter();
        let of = of.filter(|standing| standing.is_valid && standing.table.may_be(table));
        of.map(|standing| &standing.check)
    }
}

impl Standing {
    fn is_called(&self, name: &str) -> bool {
        self.check.name.as_deref() == Some(name)
    }
}
