//! What goes of the tables that are there before a run, by the words of its statements.
//!
//! Pure. It follows names through what a run makes and renames: what it has made itself is no loss,
//! and a table whose rows are put into a new one of its name is not gone.

mod copies;
mod fate;
mod names;
mod savepoints;
#[cfg(test)]
mod tests;

use crate::backend::rows::Removal;
use crate::sql::effect::Verb;
use crate::sql::{Along, Change, Name, Path, Script, Taken, Which};

pub(crate) use self::copies::TableCopy;
pub(crate) use self::fate::Fate;
pub(super) use self::names::Names;
use self::savepoints::Savepoints;

/// What goes, by the names of before the run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Gone {
    /// A table.
    Table(Name),
    /// All rows of a table.
    AllRows(Name),
    /// Some rows of a table.
    SomeRows(Name),
    /// What goes along with rows of a table because it refers to them, those tables left out that
    /// are gone.
    Further {
        table: Name,
        removal: Removal,
        gone: Vec<Name>,
    },
    /// What a column has in all rows, or in some, before it is written over.
    Overwritten(Name, String, Which),
    /// A column.
    Column(Name, String),
    /// What the values of a column have and another type cannot hold.
    Conversion(Name, String),
    /// What a copy of all rows of a table, which takes its place, has not.
    Rebuilt(TableCopy),
    /// All tables of a schema but those.
    Schema(String, Vec<Name>),
    /// What triggers take away that run where rows of a table are written.
    Triggered(Name, Verb),
    /// Something.
    Untold,
}

/// What stands behind a name now.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Origin {
    /// The table that had this name before the run.
    Found(Name),
    /// One that the run has made.
    Made {
        /// Its columns with their declared types; none where a query made it.
        columns: Vec<(String, String)>,
        /// What it is a copy of, where nothing was taken from it since.
        copy: Option<TableCopy>,
    },
    /// Nothing.
    Nothing,
}

/// Returns which tables copies of all their rows take the place of, with the statements that drop them;
/// names without a schema are in `home`.
pub(crate) fn rebuilt(script: &Script, home: &str) -> Vec<(usize, TableCopy)> {
    let mut names = Names {
        home: home.to_owned(),
        find: &mut |_| None,
    };
    let gone = Trace::default().step(&mut names, changes(script, 0));
    let rebuilt = gone.into_iter().filter_map(|(index, gone)| match gone {
        Gone::Rebuilt(copy) => Some((index, copy)),
        _ => None,
    });
    rebuilt.collect()
}

/// Returns what the statements of a script do that are not done yet.
pub(super) fn changes(script: &Script, done: usize) -> Vec<(usize, Change)> {
    let indices = done..script.statements().len();
    let of = |index| {
        let all = script
            .changes(index)
            .into_iter()
            .chain(script.writes(index));
        all.map(move |it| (index, it))
    };
    indices.flat_map(of).collect()
}

/// How names have changed since the run began.
///
/// Every name in it has a schema, that of before the run.
#[derive(Debug, Clone)]
pub(super) struct Trace {
    tables: Vec<(Name, Origin)>,
    /// A table of before the run and a column as it is called now, and the column's name of before.
    columns: Vec<(Name, String, String)>,
    /// A schema as it is called now, and its name of before.
    schemas: Vec<(String, String)>,
    path: Path,
}

impl Default for Trace {
    fn default() -> Self {
        Self {
            tables: Vec::new(),
            columns: Vec::new(),
            schemas: Vec::new(),
            path: Path::Usual,
        }
    }
}

impl Trace {
    /// Follows a step, and returns what goes by it, with the place of its statement.
    pub(super) fn step(
        &mut self,
        names: &mut Names<'_>,
        changes: Vec<(usize, Change)>,
    ) -> Vec<(usize, Gone)> {
        // Between steps the session is put back.
        self.path = Path::Usual;
        let mut gone = Vec::new();
        let mut savepoints = Savepoints::default();
        let mut written = Vec::new();
        for (statement, change) in changes {
            if matches!(change, Change::Write { .. }) {
                // Of a thousand rows that are put into a table one after another, each says the same.
                if written.contains(&change) {
                    continue;
                }
                written.push(change.clone());
            } else {
                written.clear();
            }
            if let Change::Savepoint(savepoint) = change {
                let lost_sight = savepoints.follow(savepoint, self, &mut gone);
                gone.extend(lost_sight.map(|what| (statement, what)));
                continue;
            }
            let takes = takes_away(&change);
            let what = match self.resolved(names, change) {
                Some(change) => self.change(change),
                None if takes => vec![Gone::Untold],
                None => Vec::new(),
            };
            gone.extend(what.into_iter().map(|what| (statement, what)));
        }
        for (_, what) in &mut gone {
            if let Gone::Table(table) = what
                && let Some(copied) = self.rebuilt(table)
            {
                *what = Gone::Rebuilt(copied);
            }
        }
        gone
    }

    /// Follows one change, whose names are whole.
    fn change(&mut self, change: Change) -> Vec<Gone> {
        match change {
            Change::Create {
                table,
                columns,
                taken,
            } => self.created(table, columns, taken),
            Change::Fill { table, copy } => self.filled(table, copy),
            Change::Drop { table, along } => return self.dropped(table, along),
            Change::Empty(table) => return self.deleted(&table, Gone::AllRows),
            Change::Thin(table) => return self.deleted(&table, Gone::SomeRows),
            Change::Truncate { table, along } => return self.truncated(&table, along),
            Change::Rename { from, to } => self.renamed(from, to),
            Change::DropColumn { table, column } => {
                return self.of_column(&table, column, Gone::Column);
            }
            Change::ConvertColumn { table, column } => {
                return self.of_column(&table, column, Gone::Conversion);
            }
            Change::Overwrite {
                table,
                columns,
                which,
            } => return self.overwritten(&table, columns, which),
            Change::RenameColumn { table, from, to } => self.column_renamed(&table, from, to),
            Change::DropSchema(schema) => return self.schema_gone(schema),
            Change::RenameSchema { from, to } => self.schema_renamed(from, to),
            Change::SearchPath(path) => self.path = path,
            Change::Write { table, verb } => {
                let found = self.found(&table).map(|it| Gone::Triggered(it, verb));
                return found.into_iter().collect();
            }
            Change::Untold => return vec![Gone::Untold],
            // The step is what goes back.
            Change::Savepoint(_) => {}
        }
        Vec::new()
    }

    fn created(&mut self, table: Name, columns: Vec<(String, String)>, taken: Taken) {
        let is_taken = self.origin(&table) != Origin::Nothing;
        if is_taken && taken == Taken::Stays {
            return;
        }
        let copy = None;
        self.set(table, Origin::Made { columns, copy });
    }

    fn dropped(&mut self, table: Name, along: Along) -> Vec<Gone> {
        let removal = match along {
            Along::Nothing => Removal::Drop,
            Along::Referring => Removal::DropCascade,
        };
        let gone = self.found(&table).map(Gone::Table);
        let further = self.further(&table, Some(removal));
        self.set(table, Origin::Nothing);
        gone.into_iter().chain(further).collect()
    }

    fn deleted(&mut self, table: &Name, gone: fn(Name) -> Gone) -> Vec<Gone> {
        self.emptied(table, Some(Removal::Delete), gone)
    }

    fn truncated(&mut self, table: &Name, along: Along) -> Vec<Gone> {
        let removal = match along {
            Along::Nothing => None,
            Along::Referring => Some(Removal::Truncate),
        };
        self.emptied(table, removal, Gone::AllRows)
    }

    fn renamed(&mut self, from: Name, to: Name) {
        let origin = self.origin(&from);
        self.set(from, Origin::Nothing);
        self.set(to, origin);
    }

    fn overwritten(&mut self, table: &Name, columns: Vec<String>, which: Which) -> Vec<Gone> {
        if self.is_made_otherwise(table) {
            return vec![Gone::Untold];
        }
        if self.overwrites_copy(table, &columns, which) {
            return Vec::new();
        }
        let columns = columns.into_iter();
        let found = columns.filter_map(|column| self.found_column(table, column));
        found
            .map(|(table, column)| Gone::Overwritten(table, column, which))
            .collect()
    }

    fn column_renamed(&mut self, table: &Name, from: String, to: String) {
        if let Some((table, before)) = self.found_column(table, from) {
            self.columns.push((table, to, before));
        }
    }

    fn schema_renamed(&mut self, from: String, to: String) {
        let before = self.schema_before(from);
        self.schemas.push((to, before));
    }

    /// Returns what goes where rows of a table do; what was copied is no longer whole.
    fn emptied(
        &mut self,
        table: &Name,
        removal: Option<Removal>,
        gone: fn(Name) -> Gone,
    ) -> Vec<Gone> {
        if self.is_made_otherwise(table) {
            return vec![Gone::Untold];
        }
        self.spoil(table);
        let further = self.further(table, removal);
        let gone = self.found(table).map(gone);
        gone.into_iter().chain(further).collect()
    }

    fn of_column(
        &mut self,
        table: &Name,
        column: String,
        gone: fn(Name, String) -> Gone,
    ) -> Vec<Gone> {
        self.spoil(table);
        let found = self.found_column(table, column);
        found
            .map(|(table, column)| gone(table, column))
            .into_iter()
            .collect()
    }

    /// Returns what refers to the rows of a table that was there before.
    fn further(&self, table: &Name, removal: Option<Removal>) -> Option<Gone> {
        Some(Gone::Further {
            table: self.found(table)?,
            removal: removal?,
            gone: self.gone(),
        })
    }

    /// Returns the tables of before whose rows are nowhere any more.
    fn gone(&self) -> Vec<Name> {
        let names = self.tables.iter().map(|(name, _)| name);
        names
            .filter(|name| self.is_nowhere(name))
            .cloned()
            .collect()
    }

    fn is_nowhere(&self, table: &Name) -> bool {
        !self.tables.iter().any(|(_, origin)| match origin {
            Origin::Found(found) => found == table,
            Origin::Made { copy, .. } => copy.as_ref().is_some_and(|copy| copy.from == *table),
            Origin::Nothing => false,
        })
    }

    /// Returns what goes with a schema: the tables that are still there, and those that came.
    fn schema_gone(&mut self, schema: String) -> Vec<Gone> {
        let schema = self.schema_before(schema);
        let is_in_it = |name: &Name| name.schema.as_ref() == Some(&schema);
        let mut gone = Vec::new();
        let mut known = Vec::new();
        for (name, origin) in &mut self.tables {
            if !is_in_it(name) {
                continue;
            }
            known.push(name.clone());
            if let Origin::Found(found) = std::mem::replace(origin, Origin::Nothing) {
                gone.push(Gone::Table(found));
            }
        }
        gone.push(Gone::Schema(schema, known));
        gone
    }

    fn origin(&self, name: &Name) -> Origin {
        let known = self.tables.iter().find(|(known, _)| known == name);
        known.map_or_else(|| Origin::Found(name.clone()), |(_, origin)| origin.clone())
    }

    fn set(&mut self, name: Name, origin: Origin) {
        self.tables.retain(|(known, _)| *known != name);
        self.tables.push((name, origin));
    }

    /// Returns the table's name of before the run.
    fn found(&self, name: &Name) -> Option<Name> {
        match self.origin(name) {
            Origin::Found(name) => Some(name),
            Origin::Made { .. } | Origin::Nothing => None,
        }
    }

    /// Returns whether rows are changed where the run has left no table: in a view that has its name now,
    /// and so in whichever tables are behind it.
    fn is_made_otherwise(&self, name: &Name) -> bool {
        self.origin(name) == Origin::Nothing
    }

    fn found_column(&self, table: &Name, column: String) -> Option<(Name, String)> {
        let table = self.found(table)?;
        let mut renamed = self.columns.iter().rev();
        let before = renamed.find(|(of, now, _)| *of == table && *now == column);
        let column = before.map_or(column, |(_, _, before)| before.clone());
        Some((table, column))
    }
}

/// Returns whether rows or values of a single table go.
fn takes_away(change: &Change) -> bool {
    matches!(
        change,
        Change::Drop { .. }
            | Change::Empty(_)
            | Change::Thin(_)
            | Change::Overwrite { .. }
            | Change::Truncate { .. }
            | Change::DropColumn { .. }
            | Change::ConvertColumn { .. }
    )
}
