//! How much is in what goes, and in what goes along with it.

mod along;
mod kinds;
mod names;
mod rebuilt;
mod triggers;

use self::kinds::{
    OfColumn, converted_column, lost_column, overwritten_column, overwritten_values,
};
use self::names::table_name;
use super::amount::{Counted, Counter, is_of_a_lock};
use super::trace::Gone;
use crate::backend::rows::{ForeignKeyChecks, Removal, TableName, TableShape};
use crate::backend::tables::Tables;
use crate::backend::{Backend, DatabaseError};
use crate::event::{Amount, Blocked, Lost};
use crate::sql::{Name, Which};

/// What is asked of the statement that takes something away.
pub(super) struct Statement<'a> {
    /// Returns its first words.
    pub(super) summary: &'a dyn Fn() -> String,
    pub(super) checks: ForeignKeyChecks,
}

/// What is lost, and who kept it from being counted.
pub(super) type Found = (Lost, Option<Blocked>);

/// Who is asked, and where names need no schema.
pub(super) struct Count<'a> {
    counter: Counter<'a>,
    tables: &'a Tables,
    /// The schema of a table that is made without one, once it is known.
    home: Option<String>,
}

impl<'a> Count<'a> {
    pub(super) fn new(backend: &'a mut dyn Backend, tables: &'a Tables) -> Self {
        Self {
            counter: Counter::new(backend),
            tables,
            home: None,
        }
    }

    /// Returns how much is in what goes by a statement.
    pub(super) fn lost(
        &mut self,
        gone: Gone,
        statement: &Statement<'_>,
    ) -> Result<Vec<Found>, DatabaseError> {
        match gone {
            Gone::Untold => Ok(vec![(unknown(statement), None)]),
            Gone::Schema(name, but) => self.of_schema(&name, but, statement.checks),
            Gone::Table(name) => self.gone(&name),
            Gone::AllRows(name) => {
                let found = self.rows(&name, |table, rows| Lost::AllRows { table, rows })?;
                Ok(told(found, statement))
            }
            Gone::SomeRows(name) => {
                let found = self.rows(&name, |table, rows| Lost::SomeRows { table, rows })?;
                Ok(told(found, statement))
            }
            Gone::Further {
                table,
                removal,
                gone,
            } => {
                let mut found = self.further(&table, removal, statement.checks, gone)?;
                if self.is_behind_another(&table, removal)? {
                    found.push((unknown(statement), None));
                }
                Ok(found)
            }
            Gone::Column(name, column) => self.of_column(&name, &column, lost_column),
            Gone::Overwritten(name, column, which) => {
                if matches!(self.shape(&table_name(&name))?, Shape::Nothing) {
                    return Ok(told(Vec::new(), statement));
                }
                let lost = match which {
                    Which::Every => overwritten_column,
                    Which::Some => overwritten_values,
                };
                self.of_column(&name, &column, lost)
            }
            Gone::Conversion(name, column) => self.of_column(&name, &column, converted_column),
            Gone::Rebuilt(copy) => self.rebuilt(&copy),
            Gone::Triggered(name, verb) => self.triggered(&table_name(&name), verb),
        }
    }

    /// Counts the rows that go with a table.
    fn gone(&mut self, name: &Name) -> Result<Vec<Found>, DatabaseError> {
        match self.shape(&table_name(name))? {
            Shape::Read(shape) => Ok(vec![self.table(&shape)?]),
            Shape::Locked(_) | Shape::Nothing => {
                self.rows(name, |table, rows| Lost::Table { table, rows })
            }
        }
    }

    /// Counts all rows of a table, or of whatever else has the name and can be read.
    fn rows(
        &mut self,
        name: &Name,
        lost: fn(String, Amount) -> Lost,
    ) -> Result<Vec<Found>, DatabaseError> {
        let asked = table_name(name);
        let (shown, counted) = match self.shape(&asked)? {
            Shape::Read(shape) => (self.shown(&shape.name), self.counter.amount(&shape, None)?),
            Shape::Locked(blocked) => (self.shown(&asked), Counted::unknown(Some(blocked))),
            Shape::Nothing => match self.counter.rows_of_any(&asked)? {
                Some(counted) => (self.shown(&asked), counted),
                None => return Ok(Vec::new()),
            },
        };
        Ok(vec![(lost(shown, counted.amount), counted.blocked)])
    }

    fn of_column(
        &mut self,
        name: &Name,
        column: &str,
        lost: OfColumn,
    ) -> Result<Vec<Found>, DatabaseError> {
        let asked = table_name(name);
        let shape = match self.shape(&asked)? {
            Shape::Read(shape) => shape,
            Shape::Locked(blocked) => {
                let counted = Counted::unknown(Some(blocked));
                let lost = lost(self.shown(&asked), column.to_owned(), counted.amount);
                return Ok(vec![(lost, counted.blocked)]);
            }
            Shape::Nothing => return Ok(Vec::new()),
        };
        let is_it = |it: &&str| it.eq_ignore_ascii_case(column);
        let found: Option<String> = stored(&shape).find(is_it).map(str::to_owned);
        let found = found.map(|column| self.values(&shape, &column, lost));
        found.into_iter().collect()
    }

    /// Counts what is in the tables of a schema that is dropped, and what goes along from elsewhere.
    fn of_schema(
        &mut self,
        name: &str,
        mut passed: Vec<Name>,
        checks: ForeignKeyChecks,
    ) -> Result<Vec<Found>, DatabaseError> {
        let home = self.home()?;
        let mut lost = Vec::new();
        let mut gone = Vec::new();
        for shape in self.tables_of(|schema| schema == name)? {
            let table = self.meant(&shape.name, &home);
            if !passed.contains(&table) {
                lost.push(self.table(&shape)?);
                gone.push(table);
            }
        }
        passed.extend(gone.iter().cloned());
        for table in &gone {
            lost.extend(self.further(table, Removal::DropCascade, checks, passed.clone())?);
        }
        Ok(lost)
    }

    pub(super) fn table(&mut self, shape: &TableShape) -> Result<Found, DatabaseError> {
        let Counted { amount, blocked } = self.counter.own_rows(shape)?;
        let (table, rows) = (self.shown(&shape.name), amount);
        Ok((Lost::Table { table, rows }, blocked))
    }

    fn values(
        &mut self,
        shape: &TableShape,
        column: &str,
        lost: OfColumn,
    ) -> Result<Found, DatabaseError> {
        let Counted { amount, blocked } = self.counter.amount(shape, Some(column))?;
        let table = self.shown(&shape.name);
        Ok((lost(table, column.to_owned(), amount), blocked))
    }

    fn shape(&mut self, name: &TableName) -> Result<Shape, DatabaseError> {
        match self.counter.ask(|backend| backend.table_shape(name))? {
            Ok(Some(shape)) => Ok(Shape::Read(shape)),
            Ok(None) => Ok(Shape::Nothing),
            Err(error) if is_of_a_lock(&error) => Ok(Shape::Locked(self.counter.blocked(name))),
            Err(error) => Err(error),
        }
    }
}

/// What is known of a table.
enum Shape {
    Read(TableShape),
    /// Somebody keeps it from being looked at.
    Locked(Blocked),
    /// There is no table of the name.
    Nothing,
}

/// Returns the columns whose values no other column makes again.
fn stored(shape: &TableShape) -> impl Iterator<Item = &str> {
    let stored = shape.columns.iter().filter(|column| !column.computed);
    stored.map(|column| column.name.as_str())
}

/// Returns what was found of rows that a statement changes. Where that is nothing, there is no table of
/// the name: rows change behind a view, or in something that only the run will have made.
fn told(found: Vec<Found>, statement: &Statement<'_>) -> Vec<Found> {
    if found.is_empty() {
        vec![(unknown(statement), None)]
    } else {
        found
    }
}

fn unknown(statement: &Statement<'_>) -> Lost {
    Lost::Unknown {
        statement: (statement.summary)(),
    }
}
