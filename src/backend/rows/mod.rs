//! Rows on their way into a table: what a table is like, rows as a file has them, and the way in.
//!
//! It knows no file and no format. `shape` says what a table is like, `block` holds rows, and
//! `load` brings them in, with the few verbs of [`RowBackend`] in which the engines differ.

mod along;
mod block;
mod load;
mod rules;
mod shape;
mod trigger;

pub(crate) use along::{AlongWith, ForeignKeyChecks, Removal, Suffered, read as read_along};
pub(crate) use block::{Field, RowBlock, RowError, RowSource};
pub(crate) use load::{Load, LoadError, LoadMode, Progress, append, find_violation, load};
pub(crate) use rules::{CheckRule, ColumnRule, Filled, TableRules, ValueType};
pub(crate) use shape::{Column, Kind, Reference, TableName, TableShape, UniqueKey};
pub(crate) use trigger::Trigger;

use std::ops::ControlFlow;

use super::error::DatabaseError;
use super::query::Query;
use crate::sql::effect::Verb;

/// Where rows are put: a table's quoted, qualified name, and the columns that they have.
#[derive(Debug, Clone)]
pub(crate) struct Landing<'a> {
    /// Quoted and qualified.
    pub(crate) table: String,
    /// In the order of a row's fields.
    pub(crate) columns: Vec<&'a Column>,
    /// The column, unquoted, that takes which row of the file a row is, where there is one.
    pub(crate) number: Option<&'a str>,
}

/// The columns of a query whose rows go into a file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Selected<'a> {
    /// In the order of the query's.
    pub(crate) columns: &'a [&'a Column],
    #[cfg_attr(
        not(feature = "sqlite"),
        expect(dead_code, reason = "only SQLite's columns hold values of other types")
    )]
    pub(crate) typing: Typing,
}

/// What a file says of a value beside its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Typing {
    /// Nothing: everything in it is text.
    Untyped,
    /// Whether it is text, a number, a truth value, or an object of JSON.
    Typed,
}

/// How an error ends that says that a value needs a file with types.
pub(crate) const NEEDS_TYPES: &str = "which a file without types does not bring back";

/// A temporary table to be, which takes rows on their way into another table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stage<'a> {
    /// Its name, unquoted and without a schema.
    pub(crate) name: &'static str,
    /// The table that the rows are for.
    pub(crate) table: &'a TableShape,
    /// That table's columns that it has, with types under which two values compare as there.
    pub(crate) columns: &'a [&'a Column],
    /// The column, unquoted, that takes which row of the file a row is, where there is one.
    pub(crate) number: Option<&'a str>,
}

/// What an engine said of rows that it refused.
#[derive(Debug)]
pub(crate) struct Refused {
    /// Which row of the block, 0-based, where it is known.
    pub(crate) row: Option<usize>,
    /// The column, where the engine names it.
    pub(crate) column: Option<String>,
    /// The constraint that is violated, where the engine names it.
    pub(crate) constraint: Option<String>,
    /// What it said.
    pub(crate) error: DatabaseError,
}

impl From<DatabaseError> for Refused {
    fn from(error: DatabaseError) -> Self {
        Self {
            row: None,
            column: None,
            constraint: None,
            error,
        }
    }
}

/// What an engine does with rows; a supertrait of [`Backend`](super::Backend).
pub(crate) trait RowBackend {
    /// Returns what a table is like; `None` where there is none of that name (a view is none).
    /// An unqualified name is looked for as the engine does it.
    fn table_shape(&mut self, name: &TableName) -> Result<Option<TableShape>, DatabaseError>;

    /// Returns what a table asks of its rows.
    fn table_rules(&mut self, table: &TableShape) -> Result<TableRules, DatabaseError>;

    /// Returns which other tables lose or change rows with those that are deleted of a table, each
    /// with its constraint: `` `orders` by `orders_user_id_fkey` (ON DELETE CASCADE) ``.
    fn deletes_further(&mut self, table: &TableShape) -> Result<Vec<String>, DatabaseError>;

    /// Returns which other tables lose rows or values with those that are taken from a table in this
    /// way, by their references to it, or because they inherit from it.
    fn along_with(
        &mut self,
        table: &TableShape,
        removal: Removal,
        checks: ForeignKeyChecks,
    ) -> Result<Vec<AlongWith>, DatabaseError>;

    /// Returns whether every value of a column declared as the one type is as it was in one that is
    /// declared as the other.
    fn keeps_values(&self, from: &str, to: &str) -> bool;

    /// Returns the schema in which a table is made whose name has none, where there is one.
    fn home_schema(&mut self) -> Result<Option<String>, DatabaseError>;

    /// Returns what runs by itself where rows of a table, or of a view, are written in this way: its
    /// triggers and rules that are switched on, and those of whatever is behind it. Nothing where
    /// nothing has that name.
    fn triggers(&mut self, table: &TableName, verb: Verb) -> Result<Vec<Trigger>, DatabaseError>;

    /// Returns whether there is a view of that name.
    fn is_view(&mut self, name: &TableName) -> Result<bool, DatabaseError>;

    /// Puts rows into a table as they are, inside the transaction that is open, as fast as the
    /// engine can (`COPY`, or one prepared statement), and returns how many are there now: a
    /// trigger may keep some out. What was put before an error is for the caller to roll back.
    fn put_rows(&mut self, landing: &Landing<'_>, rows: &RowBlock) -> Result<u64, Refused>;

    /// Lets the texts of values be read in one way until the transaction ends, whatever the session's
    /// settings say; returns the way back where something was changed.
    fn fix_reading(&mut self) -> Result<Option<Query>, DatabaseError>;

    /// Makes an empty temporary table and returns its name, quoted and qualified. It is gone at
    /// the end of the transaction at the latest, where the engine can do that.
    fn create_stage(&mut self, stage: &Stage<'_>) -> Result<String, DatabaseError>;

    /// Does what makes finding rows by these columns fast in a temporary table that is filled.
    fn prepare_stage(&mut self, stage: &str, key: &[String]) -> Result<(), DatabaseError>;

    /// Runs one statement that changes rows and returns how many it changed.
    fn change_rows(&mut self, statement: &Query) -> Result<u64, Refused>;

    /// Returns the columns that a violated constraint is about, where that can be known.
    fn blamed_columns(
        &mut self,
        table: &TableShape,
        refused: &Refused,
    ) -> Result<Vec<String>, DatabaseError>;

    /// Returns the condition that is true where a row of the table named `target` and one of the
    /// table named `stage` are not the same in these columns, to the last bit, NULL being a value.
    fn rows_differ(&self, columns: &[&Column]) -> String;

    /// Moves the sequences behind a table's columns past the largest value, never back; returns
    /// the names of those that were moved. The engine that needs none does nothing.
    fn advance_sequences(&mut self, table: &TableShape) -> Result<Vec<String>, DatabaseError>;

    /// Does so for all tables that this transaction has written to; of all of its own where that
    /// cannot be known.
    fn advance_touched_sequences(&mut self) -> Result<Vec<String>, DatabaseError>;

    /// Begins a transaction that reads and sees all tables at one moment, and writes values in one
    /// way, whatever the session's settings say. It is for the caller to roll back.
    fn begin_snapshot(&mut self) -> Result<(), DatabaseError>;

    /// Returns how a column is selected for [`RowBackend::read_rows`].
    fn selected(&self, column: &Column) -> String;

    /// Returns by what rows are sorted in the order of a column's values, which is the same for
    /// each locale.
    fn sorted(&self, column: &Column) -> String;

    /// Runs a query for these columns and hands each row over as a block of one, whose fields
    /// [`RowBackend::put_rows`] reads to the same values, until it is told to stop. Memory holds
    /// one row.
    fn read_rows(
        &mut self,
        query: &str,
        selected: &Selected<'_>,
        row: &mut dyn FnMut(&RowBlock) -> ControlFlow<()>,
    ) -> Result<(), DatabaseError>;

    /// Puts off the checking of foreign keys to the commit, where they can be.
    fn defer_foreign_keys(&mut self) -> Result<(), DatabaseError>;
}
