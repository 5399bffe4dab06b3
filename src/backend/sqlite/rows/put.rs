//! Puts rows into a table with one prepared statement.

use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::{BigInt, Binary, Double, Nullable, Text};
use diesel::sqlite::{Sqlite, SqliteConnection};

use super::value::{self, Value};
use super::{count, refused};
use crate::backend::rows::{Landing, Refused, RowBlock};
use crate::backend::tables::quote_identifier;

/// How many values a statement has at most: more would gain nothing, and far more would be refused.
/// <https://www.sqlite.org/limits.html#max_variable_number>
const VALUES: usize = 256;

/// Inserts rows into a table, some with each statement.
pub(super) fn insert(
    connection: &mut SqliteConnection,
    landing: &Landing<'_>,
    rows: &RowBlock,
) -> Result<u64, Refused> {
    let width = landing.columns.len() + usize::from(landing.number.is_some());
    let at_once = (VALUES / width.max(1)).max(1);
    let mut statement = Insert {
        sql: beginning(landing),
        width,
        values: Vec::new(),
    };
    let mut put = 0;
    for first in (0..rows.len()).step_by(at_once) {
        statement.values.clear();
        for row in first..rows.len().min(first + at_once) {
            value::read_row(&mut statement.values, landing, rows, row)?;
        }
        put += connection
            .execute_returning_count(&statement)
            .map_err(refused)?;
    }
    Ok(count(put))
}

fn beginning(landing: &Landing<'_>) -> String {
    let columns = landing.columns.iter().map(|column| column.name.as_str());
    let columns: Vec<_> = landing
        .number
        .into_iter()
        .chain(columns)
        .map(quote_identifier)
        .collect();
    format!(
        "INSERT INTO {} ({}) VALUES (",
        landing.table,
        columns.join(", ")
    )
}

struct Insert<'a> {
    sql: String,
    /// How many values a row has.
    width: usize,
    values: Vec<Value<'a>>,
}

// The text is the key under which the statement stays prepared.
impl QueryId for Insert<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl QueryFragment<Sqlite> for Insert<'_> {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        pass.push_sql(&self.sql);
        for (place, value) in self.values.iter().enumerate() {
            match place {
                0 => {}
                _ if place.is_multiple_of(self.width) => pass.push_sql("), ("),
                _ => pass.push_sql(", "),
            }
            match value {
                Value::Integer(number) => pass.push_bind_param::<Nullable<BigInt>, _>(number)?,
                Value::Real(number) => pass.push_bind_param::<Nullable<Double>, _>(number)?,
                Value::Text(text) => pass.push_bind_param::<Nullable<Text>, _>(text)?,
                Value::Unescaped(text) => pass.push_bind_param::<Text, _>(text)?,
                Value::Bytes(bytes) => pass.push_bind_param::<Nullable<Binary>, _>(bytes)?,
            }
        }
        pass.push_sql(")");
        Ok(())
    }
}
