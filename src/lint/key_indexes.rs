//! Whether an index begins with the columns of a foreign key.
//!
//! Pure, as `checks` is. It follows the table of the key, and its columns, through what they are called
//! later on: where a table is made anew its indexes are made under its last name.

use crate::sql::effect::{Action, EffectKind, Name, ObjectKind};

/// The indexes and keys of tables, by their first columns.
#[derive(Debug, Default)]
pub(super) struct KeyIndexes {
    kept: Vec<(Name, Vec<String>)>,
}

impl KeyIndexes {
    /// Learns what a change before the key, or with it, makes of them.
    pub(super) fn learn(&mut self, kind: &EffectKind) {
        self.kept.extend(made(kind));
        match kind {
            EffectKind::Drop(dropped) if dropped.kind == ObjectKind::Table => {
                self.kept
                    .retain(|(table, _)| !dropped.names.contains(table));
            }
            EffectKind::Alter(altered) => {
                let of_it = self
                    .kept
                    .iter_mut()
                    .filter(|(of, _)| of.may_be(&altered.table));
                for (table, columns) in of_it {
                    rename(table, columns, &altered.action);
                }
            }
            _ => {}
        }
    }

    /// Returns whether an index of a table begins with these columns, in any order: now, or once the
    /// changes behind the key were made.
    pub(super) fn cover<'a>(
        mut self,
        (table, columns): (&Name, &[String]),
        behind: impl Iterator<Item = &'a EffectKind>,
    ) -> bool {
        let (mut table, mut columns) = (table.clone(), columns.to_vec());
        self.kept.retain(|(of, _)| of.may_be(&table));
        for kind in behind {
            let of_it = made(kind).into_iter().filter(|(of, _)| of.may_be(&table));
            self.kept.extend(of_it);
            match kind {
                // What is made under its name later on is another table.
                EffectKind::Drop(dropped)
                    if dropped.kind == ObjectKind::Table && dropped.names.contains(&table) =>
                {
                    break;
                }
                EffectKind::Alter(altered) if altered.table.may_be(&table) => {
                    for (_, kept) in &mut self.kept {
                        rename(&mut table.clone(), kept, &altered.action);
                    }
                    rename(&mut table, &mut columns, &altered.action);
                }
                _ => {}
            }
        }
        let begins = |kept: &Vec<String>| {
            let first = kept.get(..columns.len());
            first.is_some_and(|first| first.iter().all(|column| columns.contains(column)))
        };
        self.kept.iter().any(|(_, kept)| begins(kept))
    }
}

fn rename(table: &mut Name, columns: &mut [String], action: &Action) {
    match action {
        Action::RenameTo { to } => table.name.clone_from(to),
        Action::RenameColumn { from, to } => {
            for column in columns.iter_mut().filter(|column| *column == from) {
                column.clone_from(to);
            }
        }
        _ => {}
    }
}

/// Returns the table and the columns of what keeps an index.
fn made(kind: &EffectKind) -> Vec<(Name, Vec<String>)> {
    let Some(table) = kind.table() else {
        return Vec::new();
    };
    let keys: Vec<Vec<String>> = match kind {
        EffectKind::Create(created) if !created.index.columns.is_empty() => {
            // Behind an expression no column is of use to a key.
            let plain = created.index.columns.iter().map_while(Clone::clone);
            let whole = (!created.index.partial).then(|| plain.collect());
            whole.into_iter().collect()
        }
        EffectKind::Create(created) => created.table.keys.clone(),
        EffectKind::Alter(altered) => match &altered.action {
            Action::AddColumn(added) if added.key => vec![vec![added.name.clone()]],
            Action::AddConstraint(added) => vec![added.columns.clone()],
            _ => Vec::new(),
        },
        _ => Vec::new(),
    };
    keys.into_iter()
        .filter(|columns| !columns.is_empty())
        .map(|columns| (table.clone(), columns))
        .collect()
}
