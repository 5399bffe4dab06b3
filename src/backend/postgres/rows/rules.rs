//! Reads what a table of `PostgreSQL` asks of its rows from its catalog.

use diesel::pg::PgConnection;

use crate::backend::Backend;
use crate::backend::error::DatabaseError;
use crate::backend::query::{Query, Row};
use crate::backend::rows::{
    CheckRule, ColumnRule, Filled, TableName, TableRules, TableShape, ValueType,
};

use super::value_type;

/// Reads a table's rules.
pub(super) fn read(
    connection: &mut PgConnection,
    table: &TableShape,
) -> Result<TableRules, DatabaseError> {
    let oid = Query::new(include_str!("../sql/table.sql")).bind(table.name.quoted());
    let oid = match connection.load(&oid)?.first() {
        Some(row) => row.integer(2)?,
        None => 0,
    };
    let columns = connection
        .load(&Query::new(include_str!("../sql/column_rules.sql")).bind(oid))?
        .chunk_by(same_name)
        .map(column)
        .collect::<Result<_, _>>()?;
    let checks = Query::new(include_str!("../sql/check_rules.sql"))
        .bind(oid)
        .bind(oid);
    let checks = connection.load(&checks)?;
    let unique = Query::new(include_str!("../sql/unique_rules.sql")).bind(oid);
    let unique = connection
        .load(&unique)?
        .chunk_by(|one, other| one.integer(0) == other.integer(0))
        .map(|rows| rows.iter().map(|row| row.text(1)).collect())
        .collect::<Result<_, _>>()?;
    Ok(TableRules {
        columns,
        checks: checks.iter().map(check).collect::<Result<_, _>>()?,
        unique,
    })
}

/// Returns what loses or changes rows with those of a table, and by which constraint.
pub(super) fn deletes_further(
    connection: &mut PgConnection,
    table: &TableShape,
) -> Result<Vec<String>, DatabaseError> {
    let query = Query::new(include_str!("../sql/deletes_further.sql")).bind(table.name.quoted());
    let found = connection.load(&query)?;
    found.iter().map(|row| row.text(0)).collect()
}

/// Returns whether something that is no table has a name: a view of either kind.
pub(super) fn is_view(
    connection: &mut PgConnection,
    name: &TableName,
) -> Result<bool, DatabaseError> {
    let query = Query::new(
        "SELECT 1 FROM pg_catalog.pg_class AS c
WHERE c.oid = pg_catalog.to_regclass(?) AND c.relkind IN ('v', 'm')",
    );
    let found = connection.load(&query.bind(name.quoted()))?;
    Ok(!found.is_empty())
}

fn same_name(one: &Row, other: &Row) -> bool {
    one.text(0) == other.text(0)
}

/// Reads a column from its rows: one, or one for each label.
fn column(rows: &[Row]) -> Result<ColumnRule, DatabaseError> {
    let labels = rows.iter().map(|row| row.optional_text(4));
    let labels: Vec<_> = labels.collect::<Result<_, _>>()?;
    let labels: Vec<String> = labels.into_iter().flatten().collect();
    let row = &rows[0];
    Ok(ColumnRule {
        name: row.text(0)?,
        values: labelled(value_type::read(&row.text(1)?), labels),
        nullable: row.boolean(2)?,
        filled: match row.text(3)?.as_str() {
            "computed" => Filled::Computed,
            "counted" => Filled::Counted,
            "default" => Filled::Default,
            _ => Filled::Nobody,
        },
    })
}

/// Returns the type with an enum's labels in it.
fn labelled(values: ValueType, labels: Vec<String>) -> ValueType {
    match values {
        values if labels.is_empty() => values,
        ValueType::Array(_) => ValueType::Array(Box::new(ValueType::Label(labels))),
        _ => ValueType::Label(labels),
    }
}

fn check(row: &Row) -> Result<CheckRule, DatabaseError> {
    Ok(CheckRule {
        name: row.text(0)?,
        expression: row.text(1)?,
        value: row.optional_text(2)?,
    })
}
