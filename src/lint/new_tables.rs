//! Which tables a run is sure to have made itself: nobody else uses them yet.
//!
//! What may be another table is none of them: one that was there before, or that has the name in
//! another schema, or for the session alone.

use super::context::{Context, Way};
use crate::sql::effect::{Action, Created, Effect, EffectKind, Name, ObjectKind};

/// The schemas of what is gone with the session: of PostgreSQL and of SQLite.
const TEMPORARY: [&str; 2] = ["pg_temp", "temp"];

/// What shares its names with tables.
const RELATIONS: [ObjectKind; 3] = [ObjectKind::Table, ObjectKind::View, ObjectKind::Sequence];

/// Something that a run has made.
#[derive(Debug)]
pub(super) struct Made {
    name: Name,
    /// Whether it has rows of its own.
    has_rows: bool,
}

impl Context<'_> {
    /// Returns whether a table was made in the same run, before the statement at `index`: nobody
    /// else uses it yet, and it holds what the run itself put into it.
    pub(super) fn is_new(&self, table: &Name, index: usize) -> bool {
        let mut new = self.around.made.iter().filter(|made| made.has_rows);
        new.any(|made| self.is_it(&made.name, table)) || self.is_made_before(table, index)
    }

    /// Returns whether a table, a view or a sequence was made in the same run, before the statement at
    /// `index`, so that nobody else uses it yet.
    pub(super) fn is_nobodys(&self, name: &Name, index: usize) -> bool {
        let mut new = self.around.made.iter();
        new.any(|made| self.is_it(&made.name, name)) || self.is_made(name, index, &|_| true)
    }

    /// Returns whether this very way makes a table before the statement at `index`.
    pub(super) fn is_made_before(&self, table: &Name, index: usize) -> bool {
        self.is_made(table, index, &has_rows)
    }

    /// Returns whether this very way is sure to add a column of this name to a table before the statement
    /// at `index`: it holds what the way itself put into it.
    pub(super) fn is_added_before(&self, table: &Name, column: &str, index: usize) -> bool {
        let way = self.way;
        let is_sure = |at: &usize| {
            // Whether a branch of a block is taken nobody knows.
            let is_block = way.script.with_phrase(*at, |it| it.is_word(0, "DO"));
            way.stands(*at, index) && !is_block
        };
        let mut added: Vec<&str> = Vec::new();
        for effect in (0..index).filter(is_sure).flat_map(|at| &way.effects[at]) {
            let EffectKind::Alter(altered) = &effect.kind else {
                continue;
            };
            if !self.is_same(&altered.table, table) {
                continue;
            }
            match &altered.action {
                Action::AddColumn(new) if !new.if_not_exists => added.push(&new.name),
                Action::DropColumn { column, .. } => added.retain(|name| name != column),
                Action::RenameColumn { from, to } => {
                    for name in added.iter_mut().filter(|name| *name == from) {
                        *name = to;
                    }
                }
                _ => {}
            }
        }
        added.contains(&column)
    }

    /// Returns whether two names are of one table, as far as the way does not say where else to look.
    pub(super) fn is_same(&self, one: &Name, other: &Name) -> bool {
        let home = self.home_schema();
        let schema = |name: &Name| name.schema.clone().unwrap_or_else(|| home.to_owned());
        one.name == other.name && schema(one) == schema(other)
    }

    fn is_made(&self, table: &Name, index: usize, counts: &dyn Fn(&Created) -> bool) -> bool {
        let before = (0..index).filter(|at| self.way.stands(*at, index));
        let made = before.flat_map(|at| made_by(self.way, at).map(move |it| (at, it)));
        let mut made = made.filter(|(_, (created, _))| counts(created));
        made.any(|(at, (created, made))| {
            if created.temporary {
                is_hidden_by(made, table) && !self.is_dropped(table, at + 1..index)
            } else {
                self.is_it(made, table) && self.is_surely_made(created, made)
            }
        })
    }

    /// Returns what the way is sure to make for those that follow in the run.
    pub(super) fn made(&self) -> Vec<Made> {
        let indices = 0..self.way.effects.len();
        let lasting = indices.filter(|at| self.way.lasts(*at));
        let made = lasting.flat_map(|at| made_by(self.way, at));
        let sure = made.filter(|(created, made)| {
            // By its name another may be meant once it is gone.
            !(created.temporary && self.is_there(made)) && self.is_surely_made(created, made)
        });
        sure.map(|(created, made)| Made {
            name: made.clone(),
            has_rows: has_rows(created),
        })
        .collect()
    }

    /// Returns whether a name means the table that was made by this one. One that leaves the schema out
    /// may mean another table than one that says it.
    fn is_it(&self, made: &Name, table: &Name) -> bool {
        if made.name != table.name {
            return false;
        }
        match (&made.schema, &table.schema) {
            (Some(one), Some(other)) => one == other,
            (None, None) => true,
            (Some(schema), None) | (None, Some(schema)) => {
                let is_usual = schema == self.home_schema();
                let knows = self.facts.knows_tables() && !self.is_applied;
                (is_usual || knows) && !self.has_before(table)
            }
        }
    }

    /// Returns whether a table that is made was not there before.
    fn is_surely_made(&self, created: &Created, made: &Name) -> bool {
        !created.or_existing || created.temporary || !self.is_there(made)
    }

    /// Returns whether there may be a table or a view of this name before the migration: by what the
    /// database says, or by what the migrations before it make.
    pub(super) fn is_there(&self, table: &Name) -> bool {
        self.has_before(table) || self.is_left_by_others(table)
    }

    /// Returns whether the database has a table of this name, which the migration itself did not make.
    fn has_before(&self, table: &Name) -> bool {
        !self.is_applied && self.facts.table(table).is_some()
    }

    /// Returns whether the migrations before this one make a table by exactly this name.
    pub(super) fn is_made_by_others(&self, table: &Name) -> bool {
        let path = &self.up().text.path;
        let mut before = self.around.changes_before(path, self.way.direction);
        before.any(|kind| match kind {
            EffectKind::Create(created) => {
                created.kind == ObjectKind::Table && created.name.as_ref() == Some(table)
            }
            _ => false,
        })
    }

    /// Returns whether the migrations before this one leave a table of this name.
    fn is_left_by_others(&self, table: &Name) -> bool {
        let path = &self.up().text.path;
        let before = self.around.changes_before(path, self.way.direction);
        before.fold(false, |is_there, kind| match kind {
            EffectKind::Create(created) => {
                let is_it = |name: &Name| RELATIONS.contains(&created.kind) && name.may_be(table);
                is_there || !created.temporary && created.name.as_ref().is_some_and(is_it)
            }
            EffectKind::Drop(dropped) => {
                let mut names = dropped.names.iter();
                is_there && !(RELATIONS.contains(&dropped.kind) && names.any(|name| name == table))
            }
            EffectKind::Alter(altered) => match altered.renamed() {
                Some(to) if to.may_be(table) => true,
                Some(_) => is_there && altered.table != *table,
                None => is_there,
            },
            _ => is_there,
        })
    }

    /// Returns whether one of these statements of the way drops a table of this name.
    fn is_dropped(&self, table: &Name, statements: std::ops::Range<usize>) -> bool {
        let effects = self.way.effects[statements].iter().flatten();
        let drops = |effect: &Effect| match &effect.kind {
            EffectKind::Drop(dropped) => {
                RELATIONS.contains(&dropped.kind)
                    && dropped.names.iter().any(|name| name.may_be(table))
            }
            _ => false,
        };
        effects.into_iter().any(drops)
    }
}

/// Returns whether a name means the table of this name that is the session's alone: as long as there
/// is one, it stands before all others.
fn is_hidden_by(temporary: &Name, table: &Name) -> bool {
    let is_session = |schema: &String| TEMPORARY.contains(&schema.as_str());
    temporary.name == table.name && table.schema.as_ref().is_none_or(is_session)
}

/// Returns whether something has rows of its own; those of a view are of other tables.
fn has_rows(created: &Created) -> bool {
    created.kind == ObjectKind::Table || created.kind == ObjectKind::View && created.materialized
}

/// Returns the tables, views and sequences that the statement at `index` makes.
fn made_by<'a>(way: &'a Way<'_>, index: usize) -> impl Iterator<Item = (&'a Created, &'a Name)> {
    let effects = way.effects[index].iter();
    effects.filter_map(|effect| match &effect.kind {
        EffectKind::Create(created) if RELATIONS.contains(&created.kind) => {
            Some((created, created.name.as_ref()?))
        }
        _ => None,
    })
}
