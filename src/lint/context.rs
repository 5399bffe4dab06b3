//! What a rule is shown: one way of a migration, with all that is known around it.

use super::around::Around;
use super::checks::Checks;
use super::default_partitions::Defaults;
use super::domains::Domains;
use super::facts::Facts;
use super::indexes::Indexes;
use super::linter::Together;
use super::options::Options;
use crate::backend::lint::{Grammar, Situation};
use crate::event::Direction;
use crate::migration::{Settings, SqlText};
use crate::sql::effect::{Action, Effect, EffectKind, Name, ends_transaction};
use crate::sql::{Dialect, Script, Span, SqlError, Zone};

/// One way of a migration, read.
#[derive(Debug)]
pub(super) struct Way<'a> {
    /// Which.
    pub(super) direction: Direction,
    /// The text and its file.
    pub(super) text: &'a SqlText,
    /// Its statements.
    pub(super) script: Script,
    /// What each of them changes.
    pub(super) effects: Vec<Vec<Effect>>,
    /// Whether the runner puts a transaction around it.
    pub(super) in_transaction: bool,
    /// The statement that begins the transaction of each, where the file itself begins one.
    begun_by: Vec<Option<usize>>,
    /// The statement that takes back what each has done.
    taken_back: Vec<Option<usize>>,
}

/// The transaction that a statement runs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Transaction {
    /// The runner's, around the whole way.
    Runners,
    /// The file's own, which the statement of this index begins.
    Own(usize),
}

impl<'a> Way<'a> {
    /// Reads a way of a migration with these settings. A file with its own `BEGIN` or `COMMIT` is
    /// inside no transaction of the runner.
    pub(super) fn read(
        direction: Direction,
        text: &'a SqlText,
        settings: &Settings,
        dialect: &'static dyn Dialect,
    ) -> Result<Self, SqlError> {
        let script = text.parse(dialect)?;
        let indices = 0..script.statements().len();
        Ok(Self {
            direction,
            text,
            effects: indices.map(|index| script.effects(index)).collect(),
            in_transaction: settings.run_in_transaction && !script.controls_transaction(),
            begun_by: script.transactions(),
            taken_back: script.taken_back(),
            script,
        })
    }

    /// Returns the transaction in which the statement at `index` runs; none where it is on its own.
    pub(super) fn transaction(&self, index: usize) -> Option<Transaction> {
        if self.in_transaction {
            return Some(Transaction::Runners);
        }
        self.begun_by[index].map(Transaction::Own)
    }

    /// Returns the changes before the statement at `index` that share its transaction, whatever the
    /// runner has done in it before, with the indices of their statements.
    pub(super) fn before_in_transaction(
        &self,
        index: usize,
    ) -> impl Iterator<Item = (usize, &Effect)> {
        let of = self.transaction(index);
        let shared =
            (0..index).filter(move |before| of.is_some() && self.transaction(*before) == of);
        shared.flat_map(|before| self.effects[before].iter().map(move |it| (before, it)))
    }

    /// Returns every change with the index of its statement.
    pub(super) fn effects(&self) -> impl Iterator<Item = (usize, &Effect)> {
        let numbered = self.effects.iter().enumerate();
        numbered.flat_map(|(index, effects)| effects.iter().map(move |effect| (index, effect)))
    }

    /// Returns whether what the statement at `index` does is not taken back later.
    pub(super) fn lasts(&self, index: usize) -> bool {
        self.taken_back[index].is_none()
    }

    /// Returns whether what the statement at `index` did is there before the one at `later`.
    pub(super) fn stands(&self, index: usize, later: usize) -> bool {
        index < later && self.taken_back[index].is_none_or(|back| later < back)
    }

    /// Returns every change that is not taken back, with the index of its statement.
    pub(super) fn lasting(&self) -> impl Iterator<Item = (usize, &Effect)> {
        self.effects().filter(|(index, _)| self.lasts(*index))
    }

    /// Returns whether it says where names without a schema are looked for.
    pub(super) fn sets_search_path(&self) -> bool {
        self.script.text().to_lowercase().contains("search_path")
    }

    /// Returns where the statement at `index` stands, the `;` that ends it left out.
    pub(super) fn statement(&self, index: usize) -> Span {
        let span = self.script.statements()[index].span;
        let text = self.script.statement_text(index);
        let bare = text.trim_end_matches(';').trim_end();
        Span {
            start: span.start,
            end: span.start + bare.len(),
        }
    }

    /// Returns the start of its first statement, or of the text: where what it lacks is told.
    pub(super) fn head(&self) -> Span {
        let first = self.script.statements().first();
        let start = first.map_or(0, |statement| statement.span.start);
        Span { start, end: start }
    }
}

/// What a rule is shown.
pub(super) struct Context<'a> {
    /// The way.
    pub(super) way: &'a Way<'a>,
    /// The other way of the same migration, where it has one.
    pub(super) other: Option<&'a Way<'a>>,
    /// The migration's settings.
    pub(super) settings: &'a Settings,
    /// What the engine's SQL means.
    pub(super) grammar: &'static dyn Grammar,
    /// How the way is run.
    pub(super) situation: Situation<'a>,
    /// What the database says.
    pub(super) facts: &'a Facts,
    /// What the user says.
    pub(super) options: &'a Options,
    /// What is known of the other migrations.
    pub(super) around: &'a Around,
    /// Whether they run together with this one.
    pub(super) together: Together,
    /// Whether the database is as this one has left it already.
    pub(super) is_applied: bool,
}

impl Context<'_> {
    /// Returns what a statement is that cannot run inside a transaction, if it is one of those.
    pub(super) fn refuses_transaction(&self, index: usize) -> Option<&'static str> {
        let script = &self.way.script;
        script.with_phrase(index, |statement| {
            let refused = self.grammar.refuses_transaction(statement, &self.situation);
            let ends = || ends_transaction(statement, script.dialect());
            refused.or_else(|| ends().then_some("a block that says `COMMIT` or `ROLLBACK`"))
        })
    }

    /// Returns which checks stand when the statement at `index` begins its work: what it drops itself
    /// is gone by then.
    pub(super) fn checks_before(&self, index: usize) -> Checks {
        let mut checks = Checks::given(self.around.definitions());
        for kind in self.changes_before(index) {
            checks.learn(kind);
        }
        for effect in &self.way.effects[index] {
            if let EffectKind::Alter(altered) = &effect.kind {
                checks.learn_loss(&altered.table, &altered.action);
            }
        }
        checks
    }

    /// Returns in which zone the session tells moments before the statement at `index`: a run begins in
    /// universal time.
    pub(super) fn zone_before(&self, index: usize) -> Zone {
        let before = (0..index).rev().filter(|at| self.way.stands(*at, index));
        let mut zones = before.filter_map(|at| self.way.script.sets_zone(at));
        zones.next().unwrap_or_default()
    }

    /// Returns which domains there are before the statement at `index`.
    pub(super) fn domains_before(&self, index: usize) -> Domains {
        let mut domains = Domains::given(self.around.definitions());
        for kind in self.changes_before(index) {
            domains.learn(kind);
        }
        domains
    }

    /// Returns which `DEFAULT` partitions there are before the statement at `index`.
    pub(super) fn defaults_before(&self, index: usize) -> Defaults {
        let mut defaults = Defaults::default();
        let given = self.around.definitions().iter();
        for kind in given.chain(self.changes_before(index)) {
            defaults.learn(kind);
        }
        defaults
    }

    /// Returns which indexes there are before the statement at `index`.
    pub(super) fn indexes_before(&self, index: usize) -> Indexes {
        let mut indexes = Indexes::default();
        let given = self.around.definitions().iter();
        for kind in given.chain(self.changes_before(index)) {
            indexes.learn(kind);
        }
        indexes
    }

    /// Returns the table of an index before the statement at `index`: as the database and the migrations
    /// tell in turn.
    pub(super) fn table_of_index(&self, name: &Name, index: usize) -> Option<Name> {
        let indexes = self.indexes_before(index);
        let table = indexes.table_of(name);
        table.or_else(|| self.around.table_of_index(name)).cloned()
    }

    /// Returns the schema of names that say none: as the database tells, else the usual one.
    pub(super) fn home_schema(&self) -> &str {
        let told = self.facts.home_schema();
        told.unwrap_or_else(|| self.grammar.usual_schema())
    }

    /// Returns the way up of the migration; that which is shown, where it has none.
    pub(super) fn up(&self) -> &Way<'_> {
        match self.way.direction {
            Direction::Up => self.way,
            Direction::Down => self.other.unwrap_or(self.way),
        }
    }

    /// Returns what the migrations change before the statement at `index`, in order.
    fn changes_before(&self, index: usize) -> impl Iterator<Item = &EffectKind> {
        let way = self.way;
        let path = &self.up().text.path;
        let before = self.around.changes_before(path, way.direction);
        let here = way.effects[..index].iter().flatten();
        before.chain(here.map(|effect| &effect.kind))
    }

    /// Returns the tables with columns of such a type, in lower case: as the database tells, else as the
    /// migrations do.
    pub(super) fn tables_of_type(&self, is_it: impl Fn(&str) -> bool) -> Vec<Name> {
        let mut tables = if self.facts.knows_columns() {
            self.facts.tables_of_type(&is_it)
        } else {
            self.around.tables_of_type(&is_it)
        };
        tables.sort();
        tables.dedup();
        tables
    }

    /// Returns the type of a column before the one change of it: as the migrations tell, else as the
    /// database does.
    pub(super) fn type_before(&self, table: &Name, column: &str) -> Option<String> {
        if let Some(of_type) = self.around.type_before(table, column) {
            return Some(of_type.to_owned());
        }
        let columns = self.facts.columns(table).into_iter();
        let mut of_name = columns.filter(|(name, _)| *name == column);
        of_name.next().map(|(_, of_type)| of_type.to_lowercase())
    }

    /// Returns the columns of a table with their types, in order, before it is changed: as the
    /// migrations tell, else as the database does. None where nobody knows.
    pub(super) fn columns_before(&self, table: &Name) -> Vec<(&str, &str)> {
        let told = self.around.columns_before(table);
        told.unwrap_or_else(|| self.facts.columns(table))
    }

    /// Returns whether migrations made something to be partitioned, or the database has it so.
    pub(super) fn is_partitioned(&self, name: &Name) -> bool {
        self.around.is_partitioned(name) || self.facts.is_partitioned(name)
    }

    /// Returns whether another table takes the name of this one after the statement at `index`, as
    /// it does where a table is made anew.
    pub(super) fn is_made_anew(&self, table: &Name, index: usize) -> bool {
        self.made_anew_from(table, index).is_some()
    }

    /// Returns what a table was called before the way, by the names that it has until the statement at
    /// `index`.
    pub(super) fn first_name(&self, table: &Name, index: usize) -> Name {
        let mut name = table.clone();
        for at in (0..index).rev().filter(|at| self.way.stands(*at, index)) {
            for effect in self.way.effects[at].iter().rev() {
                if let EffectKind::Alter(altered) = &effect.kind
                    && altered.renamed().is_some_and(|to| self.is_same(&to, &name))
                {
                    name = altered.table.clone();
                }
            }
        }
        name
    }

    /// Returns the table that takes the name of this one after the statement at `index`.
    pub(super) fn made_anew_from(&self, table: &Name, index: usize) -> Option<&Name> {
        let later = self.way.effects().filter(|(later, _)| *later > index);
        let mut renamed = later.filter_map(|(_, effect)| match &effect.kind {
            EffectKind::Alter(altered) => match &altered.action {
                Action::RenameTo { to } => Some((&altered.table, to)),
                _ => None,
            },
            _ => None,
        });
        let (from, _) = renamed.find(|(_, to)| **to == table.name)?;
        Some(from)
    }
}
