//! Rows on their way into a table of `PostgreSQL`.

mod along;
mod array;
mod put;
mod read;
mod rules;
mod sequences;
mod shape;
mod stage;
mod triggers;
mod value_type;

use std::ops::ControlFlow;

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::result::Error as DieselError;

use crate::backend::error::DatabaseError;
use crate::backend::postgres::types;
use crate::backend::query::Query;
use crate::backend::rows::{
    AlongWith, Column, ForeignKeyChecks, Landing, Refused, Removal, RowBackend, RowBlock, Selected,
    Stage, TableName, TableRules, TableShape, Trigger,
};
use crate::sql::effect::Verb;

impl RowBackend for PgConnection {
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
        types::keeps_values(from, to)
    }

    fn home_schema(&mut self) -> Result<Option<String>, DatabaseError> {
        along::home_schema(self)
    }

    fn triggers(&mut self, table: &TableName, verb: Verb) -> Result<Vec<Trigger>, DatabaseError> {
        triggers::read(self, table, verb)
    }

    fn is_view(&mut self, name: &TableName) -> Result<bool, DatabaseError> {
        rules::is_view(self, name)
    }

    fn put_rows(&mut self, landing: &Landing<'_>, rows: &RowBlock) -> Result<u64, Refused> {
        put::copy(self, landing, rows)
    }

    fn fix_reading(&mut self) -> Result<Option<Query>, DatabaseError> {
        put::fix_reading(self)
    }

    fn create_stage(&mut self, stage: &Stage<'_>) -> Result<String, DatabaseError> {
        stage::create(self, stage)
    }

    /// The planner hashes whole tables and knows their size without being told: neither an index
    /// nor `ANALYZE` gains what it costs.
    fn prepare_stage(&mut self, _stage: &str, _key: &[String]) -> Result<(), DatabaseError> {
        Ok(())
    }

    fn change_rows(&mut self, statement: &Query) -> Result<u64, Refused> {
        let changed = self.execute_returning_count(statement);
        changed.map(count).map_err(refused)
    }

    fn blamed_columns(
        &mut self,
        table: &TableShape,
        refused: &Refused,
    ) -> Result<Vec<String>, DatabaseError> {
        refused
            .constraint
            .as_deref()
            .map_or(Ok(Vec::new()), |name| {
                shape::constraint_columns(self, table, name)
            })
    }

    fn rows_differ(&self, columns: &[&Column]) -> String {
        stage::rows_differ(columns)
    }

    fn advance_sequences(&mut self, table: &TableShape) -> Result<Vec<String>, DatabaseError> {
        sequences::advance(self, table)
    }

    fn advance_touched_sequences(&mut self) -> Result<Vec<String>, DatabaseError> {
        sequences::advance_touched(self)
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

    /// One that is not deferrable is checked as ever.
    fn defer_foreign_keys(&mut self) -> Result<(), DatabaseError> {
        crate::backend::Backend::batch_execute(self, "SET CONSTRAINTS ALL DEFERRED")
    }
}

/// Keeps what the server names beside its message, which [`DatabaseError`] does not.
fn refused(error: DieselError) -> Refused {
    let (column, constraint) = match &error {
        DieselError::DatabaseError(_, information) => (
            information.column_name().map(str::to_owned),
            information.constraint_name().map(str::to_owned),
        ),
        _ => (None, None),
    };
    Refused {
        row: None,
        column,
        constraint,
        error: error.into(),
    }
}

fn count(rows: usize) -> u64 {
    rows.try_into().unwrap_or(u64::MAX)
}
