//! Which indexes there are at one place of the migrations, and what they are of.
//!
//! Pure, as `checks` is.

use crate::sql::effect::{Action, EffectKind, Name, ObjectKind};

/// The indexes that there are.
#[derive(Debug, Default)]
pub(super) struct Indexes {
    all: Vec<Index>,
}

/// An index.
#[derive(Debug)]
struct Index {
    name: Name,
    table: Name,
    /// The names of columns in it, and whatever else it says.
    mentions: Vec<String>,
}

impl Indexes {
    /// Learns what a change makes of them.
    pub(super) fn learn(&mut self, kind: &EffectKind) {
        match kind {
            EffectKind::Create(created) if created.kind == ObjectKind::Index => {
                let (Some(name), Some(table)) = (&created.name, &created.on) else {
                    return;
                };
                // One that the database and a migration tell of is one.
                self.all.retain(|index| !index.name.may_be(name));
                self.all.push(Index {
                    name: name.clone(),
                    table: table.clone(),
                    mentions: created.index.mentions.clone(),
                });
            }
            EffectKind::Drop(dropped) => {
                let is_gone = |name: &Name| dropped.names.iter().any(|gone| gone.may_be(name));
                self.all.retain(|index| match dropped.kind {
                    ObjectKind::Index => !is_gone(&index.name),
                    ObjectKind::Table => !is_gone(&index.table),
                    _ => true,
                });
            }
            EffectKind::Alter(altered) => self.alter(&altered.table, &altered.action),
            _ => {}
        }
    }

    fn alter(&mut self, table: &Name, action: &Action) {
        for index in self.all.iter_mut().filter(|it| it.table.may_be(table)) {
            match action {
                Action::RenameTo { to } => index.table.name.clone_from(to),
                Action::RenameColumn { from, to } => {
                    for name in index.mentions.iter_mut().filter(|name| *name == from) {
                        name.clone_from(to);
                    }
                }
                _ => {}
            }
        }
    }

    /// Returns the table of an index.
    pub(super) fn table_of(&self, index: &Name) -> Option<&Name> {
        let of_name = self.all.iter().find(|known| known.name.may_be(index));
        of_name.map(|known| &known.table)
    }

    /// Returns the index of a table that has a column in it.
    pub(super) fn of_column(&self, table: &Name, column: &str) -> Option<&Name> {
        let mut all = self.all.iter().filter(|index| index.table.may_be(table));
        let of_it = all.find(|index| index.mentions.iter().any(|name| name == column));
        of_it.map(|index| &index.name)
    }
}
