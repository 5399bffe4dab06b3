//! What a way down undoes: what it mentions, and what goes along with what it drops.

use super::made::{Made, ROWS};
use super::words::{has, mentioned};
use crate::backend::lint::Grammar;
use crate::lint::context::Way;
use crate::sql::effect::{Action, EffectKind, Name};

/// What a way down undoes.
pub(super) struct Undone {
    /// The names that it says.
    mentioned: Vec<Name>,
    /// Whether one of the ways says where names without a schema are.
    path_is_set: bool,
    /// The tables and views that it drops.
    tables: Vec<Name>,
    /// The columns that it drops, where the engine takes along what is of them.
    columns: Vec<(Name, String)>,
    /// What it drops together with all that depends on it, and what goes so.
    pub(super) cascaded: Vec<String>,
}

impl Undone {
    /// Reads a way down.
    pub(super) fn by(down: &Way<'_>, up: &Way<'_>, grammar: &'static dyn Grammar) -> Self {
        let mut undone = Self {
            mentioned: mentioned(down),
            path_is_set: [down, up].iter().any(|way| way.sets_search_path()),
            tables: Vec::new(),
            columns: Vec::new(),
            cascaded: Vec::new(),
        };
        for (index, effect) in down.lasting() {
            match &effect.kind {
                EffectKind::Drop(dropped) => {
                    if ROWS.contains(&dropped.kind) {
                        undone.tables.extend(dropped.names.iter().cloned());
                    }
                    let names = dropped.names.iter().filter(|_| dropped.cascade);
                    undone.cascaded.extend(names.map(|it| it.name.clone()));
                }
                EffectKind::Alter(altered) => {
                    let Action::DropColumn { column, .. } = &altered.action else {
                        continue;
                    };
                    if grammar.drops_what_is_of_columns() {
                        let of_table = (altered.table.clone(), column.clone());
                        undone.columns.push(of_table);
                    }
                    let goes_on = has(down, index, "CASCADE");
                    undone.cascaded.extend(goes_on.then(|| column.clone()));
                }
                _ => {}
            }
        }
        undone
    }

    /// Returns whether something is undone, and learns what goes with it.
    pub(super) fn takes(&mut self, made: &Made) -> bool {
        let goes_on = made.depends_on.iter().any(|on| self.cascaded.contains(on));
        let goes = goes_on || self.goes_with_table(made);
        let name = made.names.first().filter(|_| goes);
        self.tables.extend(name.cloned());
        let name = name.filter(|_| goes_on);
        self.cascaded.extend(name.map(|name| name.name.clone()));
        goes || self.mentions(made) || self.goes_with_column(made)
    }

    fn mentions(&self, made: &Made) -> bool {
        let mut wanted = made.names.iter();
        wanted.any(|wanted| {
            let mut said = self.mentioned.iter();
            said.any(|said| is_it(said, wanted, self.path_is_set))
        })
    }

    fn goes_with_table(&self, made: &Made) -> bool {
        let last = made.tables.last();
        last.is_some_and(|table| self.tables.iter().any(|gone| gone.may_be(table)))
    }

    fn goes_with_column(&self, made: &Made) -> bool {
        let mut columns = self.columns.iter();
        made.goes_with_columns
            && columns.any(|(table, column)| {
                let is_of = made.tables.iter().any(|of| of.may_be(table));
                is_of && made.depends_on.contains(column)
            })
    }
}

/// Returns whether a name that is mentioned is one that is wanted. What the way up makes without a
/// schema is in the first of the search path, which no migration names but `public` and `main`.
fn is_it(said: &Name, wanted: &Name, path_is_set: bool) -> bool {
    if said.name != wanted.name {
        return false;
    }
    match (&said.schema, &wanted.schema) {
        (Some(said), Some(wanted)) => said == wanted,
        (Some(said), None) => path_is_set || ["public", "main"].contains(&said.as_str()),
        (None, _) => true,
    }
}
