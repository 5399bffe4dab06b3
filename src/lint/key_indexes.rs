//! Whether an index begins with the columns of a foreign key.
//!
//! Pure, as `checks` is. It follows the table of the key, and its columns, through what they are called
//! later on: where a table is made anew its indexes are made under its last name.

use crate::sql::effect::{Action, EffectKind, Name, ObjectKind};

/// The indexes and keys of tables, by their first columns.
#[derive(Debug, Default)]
pub(super) struct KeyIndexes {
    kept: Vec<Kept>,
}

/// An index or a key.
#[derive(Debug)]
struct Kept {
    /// What an index is called.
    name: Option<Name>,
    table: Name,
    columns: Vec<String>,
    /// The columns whose nulls it leaves out.
    leaves_nulls_of: Vec<String>,
}

impl KeyIndexes {
    /// Learns what a change before the key, or with it, makes of them.
    pub(super) fn learn(&mut self, kind: &EffectKind) {
        self.kept.extend(made(kind));
        self.drop_index(kind);
        match kind {
            EffectKind::Drop(dropped) if dropped.kind == ObjectKind::Table => {
                self.kept
                    .retain(|kept| !dropped.names.contains(&kept.table));
            }
            EffectKind::Alter(altered) => {
                let of_it = self
                    .kept
                    .iter_mut()
                    .filter(|kept| kept.table.may_be(&altered.table));
                for kept in of_it {
                    kept.rename(&altered.action);
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
        self.kept.retain(|kept| kept.table.may_be(&table));
        for kind in behind {
            let of_it = made(kind)
                .into_iter()
                .filter(|kept| kept.table.may_be(&table));
            self.kept.extend(of_it);
            self.drop_index(kind);
            match kind {
                // What is made under its name later on is another table.
                EffectKind::Drop(dropped)
                    if dropped.kind == ObjectKind::Table && dropped.names.contains(&table) =>
                {
                    break;
                }
                EffectKind::Alter(altered) if altered.table.may_be(&table) => {
                    for kept in &mut self.kept {
                        kept.rename(&altered.action);
                    }
                    rename(&mut table, &mut columns, &altered.action);
                }
                _ => {}
            }
        }
        let are_of_key = |of: &[String]| of.iter().all(|column| columns.contains(column));
        let begins = |kept: &Kept| {
            let first = kept.columns.get(..columns.len());
            first.is_some_and(are_of_key) && are_of_key(&kept.leaves_nulls_of)
        };
        self.kept.iter().any(begins)
    }

    fn drop_index(&mut self, kind: &EffectKind) {
        let EffectKind::Drop(dropped) = kind else {
            return;
        };
        if dropped.kind == ObjectKind::Index {
            let is_gone = |name: &Name| dropped.names.iter().any(|gone| gone.may_be(name));
            self.kept
                .retain(|kept| !kept.name.as_ref().is_some_and(is_gone));
        }
    }
}

impl Kept {
    fn rename(&mut self, action: &Action) {
        rename(&mut self.table, &mut self.columns, action);
        rename(&mut self.table.clone(), &mut self.leaves_nulls_of, action);
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

/// Returns what keeps an index.
fn made(kind: &EffectKind) -> Vec<Kept> {
    let Some(table) = kind.table() else {
        return Vec::new();
    };
    let kept = |name: Option<&Name>, columns: &[String]| Kept {
        name: name.cloned(),
        table: table.clone(),
        columns: columns.to_vec(),
        leaves_nulls_of: Vec::new(),
    };
    let mut all: Vec<Kept> = match kind {
        EffectKind::Create(created) if !created.index.columns.is_empty() => {
            let body = &created.index;
            // Behind an expression no column is of use to a key.
            let plain = body.columns.iter().map_while(Clone::clone);
            let plain: Vec<String> = plain.collect();
            let leaves_rows = body.partial && body.leaves_nulls_of.is_empty();
            // It tells of blocks, not of rows.
            let is_rough = body.method.as_deref() == Some("brin");
            let finds = (!leaves_rows && !is_rough).then(|| Kept {
                leaves_nulls_of: body.leaves_nulls_of.clone(),
                ..kept(created.name.as_ref(), &plain)
            });
            finds.into_iter().collect()
        }
        EffectKind::Create(created) => {
            let keys = created.table.keys.iter();
            keys.map(|key| kept(None, key)).collect()
        }
        EffectKind::Alter(altered) => match &altered.action {
            Action::AddColumn(added) if added.key => {
                vec![kept(None, std::slice::from_ref(&added.name))]
            }
            Action::AddConstraint(added) => vec![kept(None, &added.columns)],
            _ => Vec::new(),
        },
        _ => Vec::new(),
    };
    all.retain(|kept| !kept.columns.is_empty());
    all
}
