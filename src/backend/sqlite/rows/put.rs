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

/// Inserts rows into a table, one after the other.
pub(super) fn insert(
    connection: &mut SqliteConnection,
    landing: &Landing<'_>,
    rows: &RowBlock,
) -> Result<u64, Refused> {
    let mut statement = Insert {
        sql: beginning(landing),
        values: Vec::new(),
    };
    let mut put = 0;
    for row in 0..rows.len() {
        let at_row = |refused| Refused {
            row: Some(row),
            ..refused
        };
        statement.values.clear();
        value::read_row(&mut statement.values, landing, rows, row)?;
        put += connection
            .execute_returning_count(&statement)
            .map_err(refused)
            .map_err(at_row)?;
    }
    Ok(count(put))
}

fn beginning(landing: &Landing<'_>) -> String {
    let columns = landing.columns.iter().map(|column| column.name.as_str());
    let columns: Vec<_> = landing
        .line
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
            if place > 0 {
                pass.push_sql(", ");
            }
            match value {
                Value::Integer(number) => pass.push_bind_param::<Nullable<BigInt>, _>(number)?,
                Value::Real(number) => pass.push_bind_param::<Nullable<Double>, _>(number)?,
                Value::Text(text) => pass.push_bind_param::<Nullable<Text>, _>(text)?,
                Value::Bytes(bytes) => pass.push_bind_param::<Nullable<Binary>, _>(bytes)?,
            }
        }
        pass.push_sql(")");
        Ok(())
    }
}
