//! Rows on their way into a table of `SQLite`.

mod along;
mod put;
mod read;
mod rules;
mod shape;
mod stage;
mod tag;
mod triggers;
mod value;
mod value_type;

use std::ops::ControlFlow;

use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use diesel::sqlite::SqliteConnection;

pub(super) use self::shape::keeps_values;
use super::said;
use crate::backend::error::DatabaseError;
use crate::backend::query::Query;
use crate::backend::rows::{
    AlongWith, Column, ForeignKeyChecks, Landing, Refused, Removal, RowBackend, RowBlock, Selected,
    Stage, TableName, TableRules, TableShape, Trigger,
};
use crate::sql::effect::Verb;

impl RowBackend for SqliteConnection {
    fn table_shape(&mut self, name: &TableName) -> Result<Option<TableShape>, DatabaseError> {
        shape::read(self, name)
    }

    fn table_rules(&mut self, table: &TableShape) -> Result<TableRules, DatabaseError> {
        rules::read(self, table)
    }

    fn deletes_further(&mut self, table: &TableShape) -> Result<Vec<String>, DatabaseError> {
        rules::deletes_further(self, table)
    }

    fn along_with(
        &mut self,
        table: &TableShape,
        removal: Removal,
        checks: ForeignKeyChecks,
    ) -> Result<Vec<AlongWith>, DatabaseError> {
        along::with(self, table, removal, checks)
    }

    fn keeps_values(&self, from: &str, to: &str) -> bool {
        keeps_values(from, to)
    }

    fn home_schema(&mut self) -> Result<Option<String>, DatabaseError> {
        Ok(Some(along::MAIN.to_owned()))
    }

    fn triggers(&mut self, table: &TableName, verb: Verb) -> Result<Vec<Trigger>, DatabaseError> {
        triggers::read(self, table, verb)
    }

    fn is_view(&mut self, name: &TableName) -> Result<bool, DatabaseError> {
        rules::is_view(self, name)
    }

    fn put_rows(&mut self, landing: &Landing<'_>, rows: &RowBlock) -> Result<u64, Refused> {
        put::insert(self, landing, rows)
    }

    /// No setting says how a text is read.
    fn fix_reading(&mut self) -> Result<Option<Query>, DatabaseError> {
        Ok(None)
    }

    fn create_stage(&mut self, stage: &Stage<'_>) -> Result<String, DatabaseError> {
        stage::create(self, stage)
    }

    fn prepare_stage(&mut self, stage: &str, key: &[String]) -> Result<(), DatabaseError> {
        stage::prepare(self, stage, key)
    }

    fn change_rows(&mut self, statement: &Query) -> Result<u64, Refused> {
        let changed = self.execute_returning_count(statement);
        changed.map(count).map_err(refused)
    }

    /// The message names the columns of a key, and nothing of a foreign key.
    fn blamed_columns(
        &mut self,
        _table: &TableShape,
        refused: &Refused,
    ) -> Result<Vec<String>, DatabaseError> {
        let names = refused
            .constraint
            .iter()
            .flat_map(|names| names.split(", "));
        let column = |name: &str| name.rsplit_once('.').map(|(_, column)| column.to_owned());
        Ok(names.filter_map(column).collect())
    }

    fn rows_differ(&self, columns: &[&Column]) -> String {
        stage::rows_differ(columns)
    }

    /// `INTEGER PRIMARY KEY` takes one more than the largest there is, and `AUTOINCREMENT` notes
    /// every value that is put in: nothing is ever behind.
    /// <https://www.sqlite.org/autoinc.html>
    fn advance_sequences(&mut self, _table: &TableShape) -> Result<Vec<String>, DatabaseError> {
        Ok(Vec::new())
    }

    fn advance_touched_sequences(&mut self) -> Result<Vec<String>, DatabaseError> {
        Ok(Vec::new())
    }

    fn begin_snapshot(&mut self) -> Result<(), DatabaseError> {
        read::begin(self)
    }

    fn selected(&self, column: &Column) -> String {
        read::selected(column)
    }

    fn sorted(&self, column: &Column) -> String {
        read::sorted(column)
    }

    fn read_rows(
        &mut self,
        query: &str,
        selected: &Selected<'_>,
        row: &mut dyn FnMut(&RowBlock) -> ControlFlow<()>,
    ) -> Result<(), DatabaseError> {
        read::read(self, query, selected, row)
    }

    /// The pragma ends with the transaction.
    /// <https://www.sqlite.org/pragma.html#pragma_defer_foreign_keys>
    fn defer_foreign_keys(&mut self) -> Result<(), DatabaseError> {
        crate::backend::Backend::batch_execute(self, "PRAGMA defer_foreign_keys = ON")
    }
}

/// Keeps what stands behind `UNIQUE constraint failed: `, which are columns as `table.column`.
fn refused(error: DieselError) -> Refused {
    let of_columns = matches!(
        error,
        DieselError::DatabaseError(
            DatabaseErrorKind::UniqueViolation | DatabaseErrorKind::NotNullViolation,
            _
        )
    );
    let error = said(error);
    let named = error.message.split_once(" constraint failed: ");
    Refused {
        row: None,
        column: None,
        constraint: named
            .filter(|_| of_columns)
            .map(|(_, names)| names.to_owned()),
        error,
    }
}

fn count(rows: usize) -> u64 {
    rows.try_into().unwrap_or(u64::MAX)
}
