//! How much is in what goes, and in what goes along with it.

use super::amount::{Counted, Counter, is_of_a_lock};
use super::trace::{Gone, Names, Trace};

use crate::backend::rows::{AlongWith, ForeignKeyChecks, Removal, Suffered, TableName, TableShape};
use crate::backend::tables::{Tables, quote_identifier};
use crate::backend::{Backend, DatabaseError};
use crate::event::{Amount, Blocked, Loss, Lost};
use crate::migration::model::ForeignKeys;
use crate::migration::prepare::{Step, Work};
use crate::sql::{Change, Copied, ObjectName, Script, Value, Which};

/// Returns what the steps take away, in their order. A table that is not there is not lost.
pub(crate) fn losses(
    backend: &mut dyn Backend,
    tables: &Tables,
    steps: &[Step],
) -> Result<Vec<Loss>, DatabaseError> {
    let mut trace = Trace::default();
    let mut losses = Vec::new();
    let mut count = Count::new(backend, tables);
    for step in steps {
        let Work::Sql(text, script) = &step.work else {
            continue;
        };
        let done = usize::try_from(step.planned.statements_done).unwrap_or(0);
        let changes = changes(script, done);
        if changes.is_empty() {
            continue;
        }
        let mut seen = Vec::new();
        for (statement, gone) in count.follow(&mut trace, changes)? {
            // A step may write over the same column row by row.
            if matches!(gone, Gone::Overwritten(..)) {
                if seen.contains(&gone) {
                    continue;
                }
                seen.push(gone.clone());
            }
            let statement_of = Statement {
                summary: &|| script.summary(statement),
                checks: checks(step, script, statement),
            };
            let lost = count.lost(gone, &statement_of)?;
            losses.extend(lost.into_iter().map(|(lost, blocked)| Loss {
                version: Some(step.planned.version.clone()),
                direction: Some(step.planned.direction),
                file: Some(text.path.display().to_string()),
                line: Some(script.statement_position(statement).line),
                lost,
                blocked,
            }));
        }
    }
    Ok(each_once(losses))
}

/// Returns what there is in some schemas, or wherever there are none.
pub(crate) fn everything(
    backend: &mut dyn Backend,
    tables: &Tables,
    schemas: &[String],
) -> Result<Vec<Loss>, DatabaseError> {
    let mut count = Count::new(backend, tables);
    let found = count.tables_of(|schema| schemas.is_empty() || schemas.contains(schema))?;
    let mut losses = Vec::new();
    for shape in &found {
        let (lost, blocked) = count.table(shape)?;
        losses.push(Loss {
            version: None,
            direction: None,
            file: None,
            line: None,
            lost,
            blocked,
        });
    }
    Ok(losses)
}

/// Returns what the statements do that are not done yet.
fn changes(script: &Script, done: usize) -> Vec<(usize, Change)> {
    let indices = done..script.statements().len();
    let of = |index| script.changes(index).into_iter().map(move |it| (index, it));
    indices.flat_map(of).collect()
}

/// Returns whether foreign keys are checked where a statement runs.
fn checks(step: &Step, script: &Script, statement: usize) -> ForeignKeyChecks {
    let is_behind = |off| off < statement;
    if step.foreign_keys == ForeignKeys::Off || script.foreign_keys_off().is_some_and(is_behind) {
        ForeignKeyChecks::Off
    } else {
        ForeignKeyChecks::Usual
    }
}

/// Leaves out what goes along with others where the whole table is dropped anyway.
fn each_once(losses: Vec<Loss>) -> Vec<Loss> {
    let dropped = |table: &str| {
        let mut lost = losses.iter().map(|loss| &loss.lost);
        lost.any(|lost| matches!(lost, Lost::Table { table: it, .. } if it == table))
    };
    let stays = |loss: &Loss| match &loss.lost {
        Lost::AllRows { table, .. }
        | Lost::SomeRows { table, .. }
        | Lost::Overwritten { table, .. }
        | Lost::SomeOverwritten { table, .. }
        | Lost::SomeValues { table, .. } => !dropped(table),
        _ => true,
    };
    let kept: Vec<bool> = losses.iter().map(stays).collect();
    let kept = losses.into_iter().zip(kept).filter(|(_, stays)| *stays);
    kept.map(|(loss, _)| loss).collect()
}

/// What is asked of the statement that takes something away.
struct Statement<'a> {
    /// Returns its first words.
    summary: &'a dyn Fn() -> String,
    checks: ForeignKeyChecks,
}

/// What is lost, and who kept it from being counted.
type Found = (Lost, Option<Blocked>);

/// Who is asked, and where names need no schema.
struct Count<'a> {
    counter: Counter<'a>,
    tables: &'a Tables,
    /// The schema of a table that is made without one, once it is known.
    home: Option<String>,
}

impl<'a> Count<'a> {
    fn new(backend: &'a mut dyn Backend, tables: &'a Tables) -> Self {
        Self {
            counter: Counter::new(backend),
            tables,
            home: None,
        }
    }

    fn home(&mut self) -> Result<String, DatabaseError> {
        if let Some(home) = &self.home {
            return Ok(home.clone());
        }
        let home = self.counter.backend.home_schema()?;
        let home = home.unwrap_or_else(|| self.tables.schema.clone());
        Ok(self.home.insert(home).clone())
    }

    /// Follows a step through the names of the database.
    fn follow(
        &mut self,
        trace: &mut Trace,
        changes: Vec<(usize, Change)>,
    ) -> Result<Vec<(usize, Gone)>, DatabaseError> {
        let home = self.home()?;
        let mut failed = None;
        let mut find = |name: &ObjectName| match self.real(name, &home) {
            Ok(found) => found,
            Err(error) => {
                failed.get_or_insert(error);
                None
            }
        };
        let mut names = Names {
            home: home.clone(),
            find: &mut find,
        };
        let gone = trace.step(&mut names, changes);
        failed.map_or(Ok(gone), Err)
    }

    /// Returns the name that a table really has, as statements would mean it.
    fn real(&mut self, name: &ObjectName, home: &str) -> Result<Option<ObjectName>, DatabaseError> {
        let asked = table_name(name);
        let shape = self.counter.ask(|backend| backend.table_shape(&asked))?;
        Ok(match shape {
            Ok(shape) => shape.map(|shape| self.meant(&shape.name, home)),
            // Whoever has it locked, it is there.
            Err(error) if is_of_a_lock(&error) => Some(name.clone()),
            Err(error) => return Err(error),
        })
    }

    /// Returns a name of the catalog as a statement would mean it.
    fn meant(&self, name: &TableName, home: &str) -> ObjectName {
        let dialect = self.counter.backend.dialect();
        let schema = name.schema.clone().unwrap_or_else(|| home.to_owned());
        ObjectName {
            schema: Some(schema),
            name: dialect.identifier(&quote_identifier(&name.name)),
        }
    }

    fn lost(&mut self, gone: Gone, statement: &Statement<'_>) -> Result<Vec<Found>, DatabaseError> {
        match gone {
            Gone::Untold => Ok(vec![(unknown(statement), None)]),
            Gone::Schema(name, but) => self.of_schema(&name, &but),
            Gone::Table(name) => self.rows(&name, |table, rows| Lost::Table { table, rows }),
            Gone::AllRows(name) => self.rows(&name, |table, rows| Lost::AllRows { table, rows }),
            Gone::SomeRows(name) => self.rows(&name, |table, rows| Lost::SomeRows { table, rows }),
            Gone::Further {
                table,
                removal,
                gone,
            } => self.further(&table, removal, statement.checks, gone),
            Gone::Column(name, column) => self.of_column(&name, &column, lost_column),
            Gone::Overwritten(name, column, which) => self.of_column(
                &name,
                &column,
                match which {
                    Which::Every => overwritten_column,
                    Which::Some => overwritten_values,
                },
            ),
            Gone::Conversion(name, column) => self.of_column(&name, &column, converted_column),
            Gone::Rebuilt(name, copied) => self.rebuilt(&name, &copied),
        }
    }

    /// Counts all rows of a table, or of whatever else has the name and can be read.
    fn rows(
        &mut self,
        name: &ObjectName,
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
        name: &ObjectName,
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

    /// Counts what a copy has not that takes the table's place.
    fn rebuilt(&mut self, name: &ObjectName, copied: &Copied) -> Result<Vec<Found>, DatabaseError> {
        let whole: fn(String, Amount) -> Lost = |table, rows| Lost::Table { table, rows };
        let shape = match self.shape(&table_name(name))? {
            // A copy has only the rows that its maker sees.
            Shape::Read(shape) if shape.row_security => return self.rows(name, whole),
            Shape::Read(shape) => shape,
            Shape::Locked(_) | Shape::Nothing => return self.rows(name, whole),
        };
        let Copied::Values(values) = copied else {
            return Ok(Vec::new());
        };
        let mut lost = Vec::new();
        for column in stored(&shape) {
            let of_column = match fate(column, values) {
                Fate::Kept => continue,
                Fate::Converted => converted_column,
                Fate::Lost => lost_column,
            };
            lost.push(self.values(&shape, column, of_column)?);
        }
        Ok(lost)
    }

    /// Counts what goes because it refers to rows that go, and what refers to that.
    fn further(
        &mut self,
        table: &ObjectName,
        removal: Removal,
        checks: ForeignKeyChecks,
        mut passed: Vec<ObjectName>,
    ) -> Result<Vec<Found>, DatabaseError> {
        let home = self.home()?;
        let mut lost = Vec::new();
        let mut waiting = vec![(table.clone(), removal)];
        while let Some((table, removal)) = waiting.pop() {
            let Shape::Read(shape) = self.shape(&table_name(&table))? else {
                continue;
            };
            passed.push(table);
            let along = self.counter.backend.along_with(&shape, removal, checks)?;
            for along in along {
                let name = self.meant(&along.table, &home);
                if passed.contains(&name) {
                    continue;
                }
                lost.extend(self.suffered(&along)?);
                match along.suffered {
                    Suffered::Everything => waiting.push((name, Removal::Truncate)),
                    Suffered::Rows => waiting.push((name, Removal::Delete)),
                    Suffered::Values => {}
                }
            }
        }
        Ok(lost)
    }

    fn suffered(&mut self, along: &AlongWith) -> Result<Vec<Found>, DatabaseError> {
        let Shape::Read(shape) = self.shape(&along.table)? else {
            return Ok(Vec::new());
        };
        let table = self.shown(&shape.name);
        // Rows that refer to nothing stay.
        let referring = along.columns.first().map(String::as_str);
        match along.suffered {
            Suffered::Everything => {
                let Counted { amount, blocked } = self.counter.amount(&shape, None)?;
                let rows = amount;
                Ok(vec![(Lost::AllRows { table, rows }, blocked)])
            }
            Suffered::Rows => {
                let Counted { amount, blocked } = self.counter.amount(&shape, referring)?;
                let rows = amount;
                Ok(vec![(Lost::SomeRows { table, rows }, blocked)])
            }
            Suffered::Values => {
                let columns = along.columns.iter();
                let lost = columns.map(|column| self.values(&shape, column, values_of_column));
                lost.collect()
            }
        }
    }

    fn of_schema(&mut self, name: &str, but: &[ObjectName]) -> Result<Vec<Found>, DatabaseError> {
        let found = self.tables_of(|schema| schema == name)?;
        let home = self.home()?;
        let is_there = |shape: &&TableShape| !but.contains(&self.meant(&shape.name, &home));
        let found: Vec<TableShape> = found.iter().filter(is_there).cloned().collect();
        found.iter().map(|shape| self.table(shape)).collect()
    }

    fn table(&mut self, shape: &TableShape) -> Result<Found, DatabaseError> {
        let Counted { amount, blocked } = self.counter.amount(shape, None)?;
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

    /// Returns the tables of the user's in the schemas of these names, or without one.
    fn tables_of(
        &mut self,
        is_asked: impl Fn(&String) -> bool,
    ) -> Result<Vec<TableShape>, DatabaseError> {
        let mut shapes = Vec::new();
        for table in self.counter.backend.content_tables()? {
            let name = TableName::parse(&table.name);
            if let Some(shape) = self.counter.backend.table_shape(&name)?
                && shape.name.schema.as_ref().is_none_or(&is_asked)
            {
                shapes.push(shape);
            }
        }
        Ok(shapes)
    }

    /// Returns what people call a table.
    fn shown(&self, name: &TableName) -> String {
        let own = Some(&self.tables.schema);
        let schema = name.schema.clone();
        TableName {
            schema: schema.filter(|schema| Some(schema) != own),
            name: name.name.clone(),
        }
        .to_string()
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

/// What becomes of a column in a copy.
enum Fate {
    Kept,
    Converted,
    Lost,
}

fn fate(column: &str, values: &[Value]) -> Fate {
    let is_it = |name: &String| name.eq_ignore_ascii_case(column);
    let keeps = |value: &Value| matches!(value, Value::Column { from, .. } if is_it(from));
    let converts =
        |value: &Value| matches!(value, Value::Computed(words) if words.iter().any(is_it));
    if values.iter().any(keeps) {
        Fate::Kept
    } else if values.iter().any(converts) {
        Fate::Converted
    } else {
        Fate::Lost
    }
}

/// Returns the columns whose values no other column makes again.
fn stored(shape: &TableShape) -> impl Iterator<Item = &str> {
    let stored = shape.columns.iter().filter(|column| !column.computed);
    stored.map(|column| column.name.as_str())
}

fn unknown(statement: &Statement<'_>) -> Lost {
    Lost::Unknown {
        statement: (statement.summary)(),
    }
}

/// Makes a loss of a table's name, a column's, and its values.
type OfColumn = fn(String, String, Amount) -> Lost;

fn lost_column(table: String, column: String, values: Amount) -> Lost {
    Lost::Column {
        table,
        column,
        values,
    }
}

fn converted_column(table: String, column: String, values: Amount) -> Lost {
    Lost::Conversion {
        table,
        column,
        values,
    }
}

fn overwritten_column(table: String, column: String, values: Amount) -> Lost {
    Lost::Overwritten {
        table,
        column,
        values,
    }
}

fn overwritten_values(table: String, column: String, values: Amount) -> Lost {
    Lost::SomeOverwritten {
        table,
        column,
        values,
    }
}

fn values_of_column(table: String, column: String, values: Amount) -> Lost {
    Lost::SomeValues {
        table,
        column,
        values,
    }
}

fn table_name(name: &ObjectName) -> TableName {
    TableName {
        schema: name.schema.clone(),
        name: name.name.clone(),
    }
}
