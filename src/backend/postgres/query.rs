//! How a query's values are bound and read on `PostgreSQL`.

use chrono::NaiveDateTime;
use diesel::connection::{DefaultLoadingMode, LoadConnection};
use diesel::deserialize::FromSql;
use diesel::pg::{Pg, PgConnection, PgValue};
use diesel::query_builder::{AstPass, QueryFragment};
use diesel::result::QueryResult;
use diesel::row::{Field, Row as DieselRow};
use diesel::sql_types;

use crate::backend::error::DatabaseError;
use crate::backend::query::{Bind, Query, Reuse, Row, Value};

impl QueryFragment<Pg> for Query {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        if self.reuse() == Reuse::Once {
            pass.unsafe_to_cache_prepared();
        }
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
    connection: &mut PgConnection,
    query: &Query,
) -> Result<Vec<Row>, DatabaseError> {
    let cursor = LoadConnection::<DefaultLoadingMode>::load(connection, query.clone())?;
    cursor.map(|row| read_row(&row?)).collect()
}

fn read_row<'a>(row: &impl DieselRow<'a, Pg>) -> Result<Row, DatabaseError> {
    (0..row.field_count())
        .map(|column| {
            let field = row
                .get(column)
                .ok_or_else(|| DatabaseError::unreadable(column, "there"))?;
            field.value().map_or(Ok(Value::Null), |value| {
                read_value(value).map_err(|error| DatabaseError::from_message(error.to_string()))
            })
        })
        .collect::<Result<Vec<_>, _>>()
        .map(Row::new)
}

/// Reads a value by the type that the server names; the numbers are those of `pg_type.dat`.
fn read_value(value: PgValue<'_>) -> diesel::deserialize::Result<Value> {
    Ok(match value.get_oid().get() {
        16 => Value::Boolean(<bool as FromSql<sql_types::Bool, Pg>>::from_sql(value)?),
        20 => Value::Integer(<i64 as FromSql<sql_types::BigInt, Pg>>::from_sql(value)?),
        21 => Value::Integer(<i16 as FromSql<sql_types::SmallInt, Pg>>::from_sql(value)?.into()),
        23 => Value::Integer(<i32 as FromSql<sql_types::Integer, Pg>>::from_sql(value)?.into()),
        1114 => {
            Value::Timestamp(<NaiveDateTime as FromSql<sql_types::Timestamp, Pg>>::from_sql(value)?)
        }
        _ => Value::Text(<String as FromSql<sql_types::Text, Pg>>::from_sql(value)?),
    })
}
