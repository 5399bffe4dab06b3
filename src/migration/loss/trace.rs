//! What goes of the tables that are there before a run, by the words of its statements.
//!
//! Pure. It follows names through what a run makes and renames: what it has made itself is no loss,
//! and a table whose rows are put into a new one of its name is not gone.

use crate::backend::rows::Removal;
use crate::sql::{
    Along, Change, Copied, ObjectName, Path, RowCopy, TEMPORARY, Taken, Value, Which,
};

/// What goes, by the names of before the run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Gone {
    /// A table.
    Table(ObjectName),
    /// All rows of a table.
    AllRows(ObjectName),
    /// Some rows of a table.
    SomeRows(ObjectName),
    /// What goes along with rows of a table because it refers to them, those tables left out that
    /// are gone.
    Further {
        table: ObjectName,
        removal: Removal,
        gone: Vec<ObjectName>,
    },
    /// What a column has in all rows, or in some, before it is written over.
    Overwritten(ObjectName, String, Which),
    /// A column.
    Column(ObjectName, String),
    /// What the values of a column have and another type cannot hold.
    Conversion(ObjectName, String),
    /// What a copy of all rows of a table, which takes its place, has not.
    Rebuilt(ObjectName, Copied),
    /// All tables of a schema but those.
    Schema(String, Vec<ObjectName>),
    /// Something.
    Untold,
}

/// What stands behind a name now.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Origin {
    /// The table that had this name before the run.
    Found(ObjectName),
    /// One that the run has made.
    Made {
        columns: Option<Vec<String>>,
        /// What it is a copy of, where nothing was taken from it since.
        copy: Option<RowCopy>,
    },
    /// Nothing.
    Nothing,
}

/// What is known of names before the run.
pub(super) struct Names<'a> {
    /// The schema where a table is made whose name has none.
    pub(super) home: String,
    /// Returns the real name of the table that a name means, where there is one.
    pub(super) find: &'a mut dyn FnMut(&ObjectName) -> Option<ObjectName>,
}

/// How names have changed since the run began.
///
/// Every name in it has a schema, that of before the run.
#[derive(Debug)]
pub(super) struct Trace {
    tables: Vec<(ObjectName, Origin)>,
    /// A table of before the run and a column as it is called now, and the column's name of before.
    columns: Vec<(ObjectName, String, String)>,
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
        for (statement, change) in changes {
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
                *what = Gone::Rebuilt(table.clone(), copied);
            }
        }
        gone
    }

    /// Gives every name of a change its schema; nothing where nobody can tell which that is.
    fn resolved(&self, names: &mut Names<'_>, mut change: Change) -> Option<Change> {
        let makes = matches!(change, Change::Create { .. });
        let fills = matches!(change, Change::Fill { .. });
        let (table, other) = match &mut change {
            Change::Create { table, .. }
            | Change::Drop(table)
            | Change::Empty(table)
            | Change::Thin(table)
            | Change::Overwrite { table, .. }
            | Change::Truncate { table, .. }
            | Change::DropColumn { table, .. }
            | Change::ConvertColumn { table, .. }
            | Change::RenameColumn { table, .. } => (table, None),
            Change::Fill { table, copy } => (table, copy.as_mut().map(|copy| &mut copy.from)),
            Change::Rename { from, to } => (from, Some(to)),
            Change::DropSchema(_)
            | Change::RenameSchema { .. }
            | Change::SearchPath(_)
            | Change::Untold => return Some(change),
        };
        let whole = if makes {
            self.place(names, table)
        } else {
            self.found_place(names, table)
        };
        *table = whole?;
        if let Some(other) = other {
            // A new name is in the schema of the old one, where it has none.
            *other = if fills {
                self.found_place(names, other)?
            } else {
                let schema = other.schema.clone().or_else(|| table.schema.clone());
                ObjectName {
                    schema: schema.map(|schema| self.schema_before(schema)),
                    name: other.name.clone(),
                }
            };
        }
        Some(change)
    }

    /// Returns the whole name of a table that is made.
    fn place(&self, names: &Names<'_>, table: &ObjectName) -> Option<ObjectName> {
        let schema = match (&table.schema, &self.path) {
            (Some(schema), _) => schema.clone(),
            (None, Path::Usual) => names.home.clone(),
            (None, Path::Schemas(path)) => path.first()?.clone(),
            (None, Path::Unknown) => return None,
        };
        Some(self.of_schema(schema, &table.name))
    }

    /// Returns the whole name of a table that is there: the first one on the path.
    fn found_place(&self, names: &mut Names<'_>, table: &ObjectName) -> Option<ObjectName> {
        if table.schema.is_some() {
            return self.place(names, table);
        }
        let temporary = self.of_schema(TEMPORARY.to_owned(), &table.name);
        if self.is_there(&temporary) == Some(true) {
            return Some(temporary);
        }
        let home = match &self.path {
            Path::Usual => vec![names.home.clone()],
            Path::Schemas(path) => path.clone(),
            Path::Unknown => return None,
        };
        for schema in home {
            let place = self.of_schema(schema, &table.name);
            let is_there = self.is_there(&place);
            if is_there.unwrap_or_else(|| (names.find)(&place).is_some()) {
                return Some(place);
            }
        }
        let elsewhere = match self.path {
            Path::Usual => (names.find)(table).filter(|it| self.is_there(it) != Some(false)),
            _ => None,
        };
        elsewhere.or_else(|| self.place(names, table))
    }

    fn of_schema(&self, schema: String, table: &str) -> ObjectName {
        ObjectName {
            schema: Some(self.schema_before(schema)),
            name: table.to_owned(),
        }
    }

    fn schema_before(&self, schema: String) -> String {
        let renamed = self.schemas.iter().rev().find(|(now, _)| *now == schema);
        renamed.map_or(schema, |(_, before)| before.clone())
    }

    /// Returns whether the run has left a table there; nothing where it did nothing to that name.
    fn is_there(&self, name: &ObjectName) -> Option<bool> {
        let known = self.tables.iter().find(|(known, _)| known == name);
        known.map(|(_, origin)| *origin != Origin::Nothing)
    }

    fn change(&mut self, change: Change) -> Vec<Gone> {
        match change {
            Change::Create {
                table,
                columns,
                taken,
            } => {
                let is_taken = self.origin(&table) != Origin::Nothing;
                if !(is_taken && taken == Taken::Stays) {
                    self.set(
                        table,
                        Origin::Made {
                            columns,
                            copy: None,
                        },
                    );
                }
                Vec::new()
            }
            Change::Fill { table, copy } => {
                if let Some(copy) = copy {
                    self.fill(table, copy);
                }
                Vec::new()
            }
            Change::Drop(table) => {
                let gone = self.found(&table).map(Gone::Table);
                let further = self.further(&table, Some(Removal::Drop));
                self.set(table, Origin::Nothing);
                gone.into_iter().chain(further).collect()
            }
            Change::Empty(table) => self.emptied(&table, Some(Removal::Delete), Gone::AllRows),
            Change::Thin(table) => self.emptied(&table, Some(Removal::Delete), Gone::SomeRows),
            Change::Truncate { table, along } => {
                let removal = match along {
                    Along::Nothing => None,
                    Along::Referring => Some(Removal::Truncate),
                };
                self.emptied(&table, removal, Gone::AllRows)
            }
            Change::Rename { from, to } => {
                let origin = self.origin(&from);
                self.set(from, Origin::Nothing);
                self.set(to, origin);
                Vec::new()
            }
            Change::DropColumn { table, column } => self.of_column(&table, column, Gone::Column),
            Change::ConvertColumn { table, column } => {
                self.of_column(&table, column, Gone::Conversion)
            }
            Change::Overwrite {
                table,
                columns,
                which,
            } => {
                let found = columns.into_iter();
                let found = found.filter_map(|column| self.found_column(&table, column));
                found
                    .map(|(table, column)| Gone::Overwritten(table, column, which))
                    .collect()
            }
            Change::RenameColumn { table, from, to } => {
                if let Some((table, before)) = self.found_column(&table, from) {
                    self.columns.push((table, to, before));
                }
                Vec::new()
            }
            Change::DropSchema(schema) => self.schema_gone(schema),
            Change::RenameSchema { from, to } => {
                let before = self.schema_before(from);
                self.schemas.push((to, before));
                Vec::new()
            }
            Change::SearchPath(path) => {
                self.path = path;
                Vec::new()
            }
            Change::Untold => vec![Gone::Untold],
        }
    }

    /// Notes that a table has all rows of another one.
    fn fill(&mut self, table: ObjectName, copy: RowCopy) {
        let Origin::Made {
            columns,
            copy: None,
        } = self.origin(&table)
        else {
            return;
        };
        let from = match self.origin(&copy.from) {
            Origin::Found(from) => Some(from),
            // A copy of a copy is followed where the first one kept everything as it was.
            Origin::Made {
                copy: Some(first), ..
            } if first.copied == Copied::Everything => Some(first.from),
            _ => None,
        };
        let copy = from.map(|from| RowCopy {
            from,
            copied: named(copy.copied, columns.as_deref()),
        });
        self.set(table, Origin::Made { columns, copy });
    }

    /// Returns what goes where rows of a table do; what was copied is no longer whole.
    fn emptied(
        &mut self,
        table: &ObjectName,
        removal: Option<Removal>,
        gone: fn(ObjectName) -> Gone,
    ) -> Vec<Gone> {
        self.spoil(table);
        let further = self.further(table, removal);
        let gone = self.found(table).map(gone);
        gone.into_iter().chain(further).collect()
    }

    fn of_column(
        &mut self,
        table: &ObjectName,
        column: String,
        gone: fn(ObjectName, String) -> Gone,
    ) -> Vec<Gone> {
        self.spoil(table);
        let found = self.found_column(table, column);
        found
            .map(|(table, column)| gone(table, column))
            .into_iter()
            .collect()
    }

    /// Notes that something is taken from a table that is a copy of another.
    fn spoil(&mut self, table: &ObjectName) {
        if let Origin::Made { columns, .. } = self.origin(table) {
            let copy = None;
            self.set(table.clone(), Origin::Made { columns, copy });
        }
    }

    /// Returns what refers to the rows of a table that was there before.
    fn further(&self, table: &ObjectName, removal: Option<Removal>) -> Option<Gone> {
        Some(Gone::Further {
            table: self.found(table)?,
            removal: removal?,
            gone: self.gone(),
        })
    }

    /// Returns the tables of before whose rows are nowhere any more.
    fn gone(&self) -> Vec<ObjectName> {
        let names = self.tables.iter().map(|(name, _)| name);
        names
            .filter(|name| self.is_nowhere(name))
            .cloned()
            .collect()
    }

    fn is_nowhere(&self, table: &ObjectName) -> bool {
        !self.tables.iter().any(|(_, origin)| match origin {
            Origin::Found(found) => found == table,
            Origin::Made { copy, .. } => copy.as_ref().is_some_and(|copy| copy.from == *table),
            Origin::Nothing => false,
        })
    }

    /// Returns what goes with a schema: the tables that are still there, and those that came.
    fn schema_gone(&mut self, schema: String) -> Vec<Gone> {
        let schema = self.schema_before(schema);
        let is_in_it = |name: &ObjectName| name.schema.as_ref() == Some(&schema);
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

    /// Returns what a copy that has taken a table's place by now has of it. From here on it is that
    /// table.
    fn rebuilt(&mut self, table: &ObjectName) -> Option<Copied> {
        let Origin::Made {
            copy: Some(copy), ..
        } = self.origin(table)
        else {
            return None;
        };
        if copy.from != *table {
            return None;
        }
        if let Copied::Values(values) = &copy.copied {
            for value in values {
                if let Value::Column { from, to: Some(to) } = value
                    && from != to
                {
                    self.columns.push((table.clone(), to.clone(), from.clone()));
                }
            }
        }
        self.set(table.clone(), Origin::Found(table.clone()));
        Some(copy.copied)
    }

    fn origin(&self, name: &ObjectName) -> Origin {
        let known = self.tables.iter().find(|(known, _)| known == name);
        known.map_or_else(|| Origin::Found(name.clone()), |(_, origin)| origin.clone())
    }

    fn set(&mut self, name: ObjectName, origin: Origin) {
        self.tables.retain(|(known, _)| *known != name);
        self.tables.push((name, origin));
    }

    /// Returns the table's name of before the run.
    fn found(&self, name: &ObjectName) -> Option<ObjectName> {
        match self.origin(name) {
            Origin::Found(name) => Some(name),
            Origin::Made { .. } | Origin::Nothing => None,
        }
    }

    fn found_column(&self, table: &ObjectName, column: String) -> Option<(ObjectName, String)> {
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
        Change::Drop(_)
            | Change::Empty(_)
            | Change::Thin(_)
            | Change::Overwrite { .. }
            | Change::Truncate { .. }
            | Change::DropColumn { .. }
            | Change::ConvertColumn { .. }
    )
}

/// Names the values of a copy after the columns that take them, where the statement did not.
fn named(copied: Copied, columns: Option<&[String]>) -> Copied {
    let Copied::Values(values) = copied else {
        return copied;
    };
    let named = values.into_iter().enumerate().map(|(index, value)| {
        let taken_by = columns.and_then(|columns| columns.get(index).cloned());
        match value {
            Value::Column { from, to } => Value::Column {
                from,
                to: to.or(taken_by),
            },
            value @ Value::Computed(_) => value,
        }
    });
    Copied::Values(named.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(name: &str) -> ObjectName {
        ObjectName {
            schema: None,
            name: name.to_owned(),
        }
    }

    /// The name of a table as it is told: with the schema where it was.
    fn at_home(name: &str) -> ObjectName {
        ObjectName {
            schema: Some("public".to_owned()),
            name: name.to_owned(),
        }
    }

    fn create(table: &str, columns: &[&str], taken: Taken) -> Change {
        Change::Create {
            table: name(table),
            columns: Some(columns.iter().map(|&column| column.to_owned()).collect()),
            taken,
        }
    }

    fn rename(from: &str, to: &str) -> Change {
        Change::Rename {
            from: name(from),
            to: name(to),
        }
    }

    fn drop_column(table: &str, column: &str) -> Change {
        Change::DropColumn {
            table: name(table),
            column: column.to_owned(),
        }
    }

    /// Every table is there, at home where nothing else is said.
    fn gone(trace: &mut Trace, changes: &[Change]) -> Vec<Gone> {
        let mut find = |name: &ObjectName| Some(name.clone());
        let mut names = Names {
            home: "public".to_owned(),
            find: &mut find,
        };
        let changes = changes.iter().cloned().enumerate().collect();
        let gone = trace.step(&mut names, changes).into_iter();
        let gone = gone.map(|(_, gone)| gone);
        gone.filter(|gone| !matches!(gone, Gone::Further { .. }))
            .collect()
    }

    fn of(changes: &[Change]) -> Vec<Gone> {
        gone(&mut Trace::default(), changes)
    }

    #[test]
    fn what_the_run_has_made_is_no_loss() {
        let made = create("a", &["id"], Taken::Fails);
        assert_eq!(of(&[made.clone(), Change::Drop(name("a"))]), []);
        assert_eq!(of(&[made, drop_column("a", "id")]), []);
        let maybe = create("a", &["id"], Taken::Stays);
        let dropped = [maybe, Change::Drop(name("a"))];
        assert_eq!(of(&dropped), [Gone::Table(at_home("a"))]);
    }

    #[test]
    fn a_loss_has_the_name_of_before_the_run() {
        let renamed = Change::RenameColumn {
            table: name("b"),
            from: "x".to_owned(),
            to: "y".to_owned(),
        };
        let changes = [rename("a", "b"), renamed, drop_column("b", "y")];
        assert_eq!(of(&changes), [Gone::Column(at_home("a"), "x".to_owned())]);
        let changes = [rename("a", "b"), Change::Drop(name("b"))];
        assert_eq!(of(&changes), [Gone::Table(at_home("a"))]);
    }

    #[test]
    fn a_table_that_is_rebuilt_loses_what_the_new_one_lacks() {
        let copied = Copied::Values(vec![Value::Column {
            from: "id".to_owned(),
            to: Some("id".to_owned()),
        }]);
        let lost = [Gone::Rebuilt(at_home("a"), copied.clone())];
        let fill = |table, from| Change::Fill {
            table: name(table),
            copy: Some(RowCopy {
                from: name(from),
                copied: copied.clone(),
            }),
        };
        let made = |table| create(table, &["id"], Taken::Fails);
        let drop = |table| Change::Drop(name(table));
        let new_first = [made("new"), fill("new", "a"), drop("a"), rename("new", "a")];
        assert_eq!(of(&new_first), lost);
        let old_aside = [rename("a", "old"), made("a"), fill("a", "old"), drop("old")];
        assert_eq!(of(&old_aside), lost);
        // Nobody saved the rows.
        assert_eq!(of(&[drop("a"), made("a")]), [Gone::Table(at_home("a"))]);
        let mut trace = Trace::default();
        assert_eq!(gone(&mut trace, &[drop("a")]), [Gone::Table(at_home("a"))]);
        assert_eq!(
            gone(&mut trace, &[made("a"), fill("a", "b"), drop("a")]),
            []
        );
    }

    #[test]
    fn a_schema_that_is_not_said_is_the_usual_one() {
        let made = Change::Create {
            table: at_home("a"),
            columns: None,
            taken: Taken::Fails,
        };
        assert_eq!(of(&[made.clone(), Change::Drop(name("a"))]), []);
        let other = ObjectName {
            schema: Some("other".to_owned()),
            name: "a".to_owned(),
        };
        let gone = Gone::Table(other.clone());
        assert_eq!(of(&[made, Change::Drop(other)]), [gone]);
    }

    #[test]
    fn what_refers_to_rows_goes_along_unless_it_is_gone() {
        let mut find = |name: &ObjectName| Some(name.clone());
        let mut names = Names {
            home: "public".to_owned(),
            find: &mut find,
        };
        let changes = [Change::Drop(name("a")), Change::Thin(name("b"))];
        let changes = changes.into_iter().enumerate().collect();
        let gone = Trace::default().step(&mut names, changes);
        let further = |table, removal, gone: &[&str]| Gone::Further {
            table: at_home(table),
            removal,
            gone: gone.iter().map(|&name| at_home(name)).collect(),
        };
        let expected = [
            (0, Gone::Table(at_home("a"))),
            (0, further("a", Removal::Drop, &[])),
            (1, Gone::SomeRows(at_home("b"))),
            (1, further("b", Removal::Delete, &["a"])),
        ];
        assert_eq!(gone, expected);
    }
}
