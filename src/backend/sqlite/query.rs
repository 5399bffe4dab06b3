//! How a query's values are bound and read on `SQLite`.

use diesel::connection::LoadConnection;
use diesel::deserialize::FromSql;
use diesel::query_builder::{AstPass, QueryFragment};
use diesel::result::QueryResult;
use diesel::row::{Field, Row as DieselRow};
use diesel::sql_types;
use diesel::sqlite::{Sqlite, SqliteConnection, SqliteType};

use super::said;
use crate::backend::error::DatabaseError;
use crate::backend::query::{Bind, Query, Row, Value};

impl QueryFragment<Sqlite> for Query {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        for (text, value) in self.parts() {
            pass.push_sql(text);
            match value {
                None => {}
                Some(Bind::Text(text)) => {
                    pass.push_bind_param::<sql_types::Nullable<sql_types::Text>, _>(text)?;
                }
                Some(Bind::Integer(number)) => {
                    pass.push_bind_param::<sql_types::Nullable<sql_types::BigInt>, _>(number)?;
                }
                Some(Bind::Boolean(truth)) => {
                    pass.push_bind_param::<sql_types::Nullable<sql_types::Bool>, _>(truth)?;
                }
                Some(Bind::Timestamp(moment)) => {
                    pass.push_bind_param::<sql_types::Nullable<sql_types::Timestamp>, _>(moment)?;
                }
            }
        }
        Ok(())
    }
}

/// Runs a query and reads its rows.
pub(super) fn load(
    connection: &mut SqliteConnection,
    query: &Query,
) -> Result<Vec<Row>, DatabaseError> {
    let cursor = connection.load(query.clone()).map_err(said)?;
    cursor.map(|row| read_row(&row.map_err(said)?)).collect()
}

fn read_row<'a>(row: &impl DieselRow<'a, Sqlite>) -> Result<Row, DatabaseError> {
    (0..row.field_count())
        .map(|column| {
            let field = row
                .get(column)
                .ok_or_else(|| DatabaseError::unreadable(column, "there"))?;
            read_field(&field).map_err(|error| DatabaseError::from_message(error.to_string()))
        })
        .collect::<Result<Vec<_>, _>>()
        .map(Row::new)
}

fn read_field<'a>(field: &impl Field<'a, Sqlite>) -> diesel::deserialize::Result<Value> {
    let Some(value) = field.value() else {
        return Ok(Value::Null);
    };
    Ok(match value.value_type() {
        None => Value::Null,
        Some(SqliteType::Integer | SqliteType::SmallInt | SqliteType::Long) => Value::Integer(
            <i64 as FromSql<sql_types::BigInt, Sqlite>>::from_sql(value)?,
        ),
        Some(_) => Value::Text(<String as FromSql<sql_types::Text, Sqlite>>::from_sql(
            value,
        )?),
    })
}
