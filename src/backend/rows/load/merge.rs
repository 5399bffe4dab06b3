//! Makes a table like a temporary one that holds the rows of a file, one statement for each thing
//! that can become of a row, so that what is the same is not written again.

use super::fault::Fault;
use super::keys::KeyOrder;
use super::narrow::{self, Numbers};
use super::put::{self, attempt};
use super::reader::Reader;
use super::{Load, LoadMode, RowCounts, blame, fixed, park};
use crate::backend::Backend;
use crate::backend::error::DatabaseError;
use crate::backend::query::{Query, Row};
use crate::backend::rows::{Column, Landing, Stage, TableShape};
use crate::backend::tables::quote_identifier;

/// The temporary table.
const STAGE: &str = "dieselkit_rows";
/// The column of a row's number in the file, unless the table has one of that name.
const NUMBER: &str = "__dieselkit_row";

/// One of the statements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Delete,
    Update,
    Insert,
}

/// The rows of a file in a temporary table, and the table that they are for.
pub(super) struct Merge<'a> {
    pub(super) load: &'a Load<'a>,
    columns: Vec<&'a Column>,
    /// The temporary table's name, quoted and qualified.
    pub(super) stage: String,
    /// The name of its column of numbers.
    number: String,
}

impl<'a> Merge<'a> {
    /// Makes the temporary table.
    pub(super) fn stage(backend: &mut dyn Backend, load: &'a Load<'a>) -> Result<Self, Fault> {
        let columns = load.shapes()?;
        let number = number_column(load.table);
        let stage = backend.create_stage(&Stage {
            name: STAGE,
            table: load.table,
            columns: &columns,
            number: Some(&number),
        })?;
        Ok(Self {
            load,
            columns,
            stage,
            number,
        })
    }

    /// Returns where the rows are put.
    pub(super) fn landing(&self) -> Landing<'_> {
        Landing {
            table: self.stage.clone(),
            columns: self.columns.clone(),
            number: Some(&self.number),
        }
    }

    /// Puts all rows into the temporary table.
    pub(super) fn fill(
        &self,
        backend: &mut dyn Backend,
        reader: &mut Reader<'_>,
    ) -> Result<(), Fault> {
        let put = put::all(backend, &self.landing(), reader);
        put.map(drop).map_err(|failure| match failure {
            put::Failure::Read(error) => error,
            put::Failure::Refused { refused, row } => blame::row(backend, self.load, &row, refused),
        })
    }

    /// Makes the filled table ready, unless its keys are known to be in order, and refuses a key
    /// that is in it twice.
    pub(super) fn prepare(&self, backend: &mut dyn Backend, keys: KeyOrder) -> Result<(), Fault> {
        if keys == KeyOrder::Ascending && self.load.mode != LoadMode::Replace {
            return Ok(());
        }
        backend.prepare_stage(&self.stage, self.load.key)?;
        let query = Query::new(self.duplicates()).once();
        backend
            .load(&query)?
            .first()
            .map_or(Ok(()), |row| Err(self.duplicate(row)?))
    }

    fn duplicate(&self, row: &Row) -> Result<Fault, DatabaseError> {
        let value = |(place, name): (usize, &String)| {
            let value = row.optional_text(place + 2)?;
            Ok(format!("{name}={}", value.as_deref().unwrap_or_default()))
        };
        let key = self.load.key.iter().enumerate().map(value);
        let key: Vec<_> = key.collect::<Result<_, DatabaseError>>()?;
        Ok(Fault::Duplicate {
            numbers: (narrow::number(row, 0)?, narrow::number(row, 1)?),
            key: key.join(", "),
        })
    }

    /// Runs the statements.
    ///
    /// What goes makes room for what comes, in a unique column that is not the key. Rows that refer
    /// to one another need the new ones first, and the old ones until nobody refers to them.
    pub(super) fn run(&self, backend: &mut dyn Backend, rows: u64) -> Result<RowCounts, Fault> {
        let steps = if self.load.table.refers_to_itself() {
            [Step::Insert, Step::Update, Step::Delete]
        } else {
            [Step::Delete, Step::Update, Step::Insert]
        };
        let mut counts = RowCounts::default();
        for step in steps.into_iter().filter(|step| self.is_asked_for(*step)) {
            let changed = self.take(backend, step)?;
            match step {
                Step::Delete => counts.deleted = changed,
                Step::Update => counts.updated = changed,
                Step::Insert => counts.inserted = changed,
            }
        }
        counts.unchanged = rows.saturating_sub(counts.inserted + counts.updated);
        Ok(counts)
    }

    /// Takes one of the steps and returns how many rows it changed.
    fn take(&self, backend: &mut dyn Backend, step: Step) -> Result<u64, Fault> {
        if step == Step::Update {
            fixed::refuse_changes(backend, self)?;
        }
        if step == Step::Update && self.changing().next().is_none() {
            return Ok(0);
        }
        let statement = self.statement(backend, step, None);
        match attempt(backend, |backend| backend.change_rows(&statement)) {
            Ok(changed) => Ok(changed),
            Err(refused) if self.may_exchange(step) => park::again(backend, self, step, refused),
            Err(refused) => Err(narrow::blame(backend, self, step, refused)),
        }
    }

    fn is_asked_for(&self, step: Step) -> bool {
        match step {
            Step::Delete => self.load.mode == LoadMode::Replace,
            Step::Update => {
                self.load.mode != LoadMode::InsertMissing && self.others().next().is_some()
            }
            Step::Insert => true,
        }
    }

    /// Returns whether a step may be refused for values that rows of the table still have, and that
    /// an update takes from them.
    fn may_exchange(&self, step: Step) -> bool {
        match step {
            Step::Delete => false,
            Step::Update => true,
            Step::Insert => self.load.table.refers_to_itself() && self.is_asked_for(Step::Update),
        }
    }

    /// Returns the file's columns that are not the key's.
    pub(super) fn others(&self) -> impl Iterator<Item = &'a Column> {
        let others = self.columns.iter().copied();
        others.filter(|column| !self.load.key.contains(&column.name))
    }

    /// Returns those of them that an update may change.
    pub(super) fn changing(&self) -> impl Iterator<Item = &'a Column> {
        self.others().filter(|column| !column.fixed)
    }

    /// Returns the condition that is true where a row of the table is not as the file has it.
    pub(super) fn differ(&self, backend: &dyn Backend) -> String {
        backend.rows_differ(&self.changing().collect::<Vec<_>>())
    }

    /// Returns the quoted name of the temporary table's column of numbers.
    pub(super) fn number(&self) -> String {
        quote_identifier(&self.number)
    }

    /// Drops the temporary table: the transaction may go on for long.
    pub(super) fn drop(&self, backend: &mut dyn Backend) -> Result<(), DatabaseError> {
        backend.batch_execute(&format!("DROP TABLE {}", self.stage))
    }

    /// Returns a step's statement, for some rows or for all.
    pub(super) fn statement(
        &self,
        backend: &dyn Backend,
        step: Step,
        rows: Option<Numbers>,
    ) -> Query {
        let sql = match step {
            Step::Delete => self.delete(),
            Step::Update => self.update(&self.differ(backend), rows),
            Step::Insert => self.insert(rows),
        };
        Query::new(sql).once()
    }

    fn delete(&self) -> String {
        format!(
            "DELETE FROM {} AS target\nWHERE NOT EXISTS (SELECT 1 FROM {} AS stage WHERE {})",
            self.target(),
            self.stage,
            self.same_key(),
        )
    }

    fn update(&self, differ: &str, rows: Option<Numbers>) -> String {
        let set = self.changing().map(|column| {
            let name = quote_identifier(&column.name);
            format!("{name} = stage.{name}")
        });
        format!(
            "UPDATE {} AS target\nSET {}\nFROM {} AS stage\nWHERE {} AND ({}){}",
            self.target(),
            set.collect::<Vec<_>>().join(", "),
            self.stage,
            self.same_key(),
            differ,
            self.condition(rows),
        )
    }

    /// A row that another session was quicker to insert is left as that one made it.
    fn insert(&self, rows: Option<Numbers>) -> String {
        let names = self.columns.iter().map(|column| &column.name);
        let names: Vec<_> = names.map(|name| quote_identifier(name)).collect();
        format!(
            "INSERT INTO {target} ({columns}) {overriding}\nSELECT {values}\nFROM {stage} AS stage
WHERE NOT EXISTS (SELECT 1 FROM {target} AS target WHERE {same_key}){rows}
ORDER BY stage.{number}{on_conflict}",
            target = self.target(),
            columns = names.join(", "),
            overriding = self.load.table.overriding,
            values = of_stage(&names),
            stage = self.stage,
            same_key = self.same_key(),
            rows = self.condition(rows),
            number = self.number(),
            on_conflict = self.on_conflict(),
        )
    }

    /// A key that may be checked later cannot be named there.
    fn on_conflict(&self) -> String {
        let mut keys = self.load.table.keys_over(self.load.key);
        if !keys.any(|key| key.immediate) {
            return String::new();
        }
        format!("\nON CONFLICT ({}) DO NOTHING", self.key().join(", "))
    }

    fn duplicates(&self) -> String {
        let texts = self
            .key()
            .into_iter()
            .map(|name| format!("CAST(stage.{name} AS text)"));
        format!(
            "SELECT min(stage.{number}), max(stage.{number}), {texts}\nFROM {stage} AS stage
GROUP BY {key}\nHAVING count(*) > 1\nORDER BY 2\nLIMIT 1",
            number = self.number(),
            texts = texts.collect::<Vec<_>>().join(", "),
            stage = self.stage,
            key = of_stage(&self.key()),
        )
    }

    pub(super) fn target(&self) -> String {
        self.load.table.name.quoted()
    }

    fn key(&self) -> Vec<String> {
        let names = self.load.key.iter();
        names.map(|name| quote_identifier(name)).collect()
    }

    pub(super) fn same_key(&self) -> String {
        let key = self.key().into_iter();
        key.map(|name| format!("target.{name} = stage.{name}"))
            .collect::<Vec<_>>()
            .join(" AND ")
    }

    /// The numbers are this tool's own count of rows; bound values cannot stand behind names, in
    /// which there may be a `?`.
    fn condition(&self, rows: Option<Numbers>) -> String {
        rows.map_or_else(String::new, |Numbers { first, last }| {
            format!(" AND stage.{} BETWEEN {first} AND {last}", self.number())
        })
    }
}

/// Returns a name for the column of numbers that no column of the table has.
fn number_column(table: &TableShape) -> String {
    let taken = |name: &str| {
        let mut columns = table.columns.iter();
        columns.any(|column| column.name.eq_ignore_ascii_case(name))
    };
    let mut name = NUMBER.to_owned();
    while taken(&name) {
        name.push('_');
    }
    name
}

fn of_stage(names: &[String]) -> String {
    let names = names.iter().map(|name| format!("stage.{name}"));
    names.collect::<Vec<_>>().join(", ")
}
