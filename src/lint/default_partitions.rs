//! Which `DEFAULT` partitions there are at one place of the migrations: each other partition that a table
//! gets makes the server look into it.
//!
//! Pure, as `checks` is.

use crate::sql::effect::{Action, EffectKind, Name, ObjectKind};

/// The `DEFAULT` partitions that there are.
#[derive(Debug, Default)]
pub(super) struct Defaults {
    all: Vec<Partition>,
}

/// A `DEFAULT` partition.
#[derive(Debug)]
struct Partition {
    of: Name,
    name: Name,
}

impl Defaults {
    /// Learns what a change makes of them.
    pub(super) fn learn(&mut self, kind: &EffectKind) {
        match kind {
            EffectKind::Create(created) if created.table.is_default => {
                if let (Some(name), Some(of)) = (&created.name, &created.table.partition_of) {
                    self.add(of, name);
                }
            }
            EffectKind::Drop(dropped) if dropped.kind == ObjectKind::Table => {
                let is_gone = |name: &Name| dropped.names.iter().any(|gone| gone.may_be(name));
                self.all.retain(|it| !is_gone(&it.name) && !is_gone(&it.of));
            }
            EffectKind::Alter(altered) => self.alter(&altered.table, &altered.action),
            _ => {}
        }
    }

    fn alter(&mut self, table: &Name, action: &Action) {
        match action {
            Action::AttachPartition {
                partition,
                is_default: true,
            } => self.add(table, partition),
            Action::DetachPartition { partition } => self.remove(partition),
            Action::RenameTo { to } => {
                for Partition { of, name } in &mut self.all {
                    for name in [of, name] {
                        if name.may_be(table) {
                            name.name.clone_from(to);
                        }
                    }
                }
            }
            _ => {}
        }
    }

    fn add(&mut self, of: &Name, name: &Name) {
        self.remove(name);
        self.all.push(Partition {
            of: of.clone(),
            name: name.clone(),
        });
    }

    fn remove(&mut self, name: &Name) {
        self.all.retain(|it| !it.name.may_be(name));
    }

    /// Returns that of a table.
    pub(super) fn of(&self, table: &Name) -> Option<&Name> {
        let default = self.all.iter().find(|it| it.of.may_be(table));
        default.map(|it| &it.name)
    }
}
