//! Reads rows as texts that can be read back, wherever that is.

use std::ops::ControlFlow;

use diesel::connection::LoadConnection;
use diesel::deserialize::FromSql;
use diesel::pg::{Pg, PgConnection, PgRowByRowLoadingMode};
use diesel::row::{Field, Row as DieselRow};
use diesel::sql_types::Text;

use crate::backend::Backend;
use crate::backend::error::DatabaseError;
use crate::backend::query::Query;
use crate::backend::rows::Column;
use crate::backend::tables::quote_identifier;

/// One moment for all tables, and values written in one way whatever the server's settings say.
/// <https://www.postgresql.org/docs/current/runtime-config-client.html>
const SNAPSHOT: &str = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY;
SET LOCAL datestyle = 'ISO, YMD';
SET LOCAL timezone = 'UTC';
SET LOCAL intervalstyle = 'postgres';
SET LOCAL extra_float_digits = 1;
SET LOCAL bytea_output = 'hex';
SET LOCAL xmloption = 'content';
SET LOCAL lc_monetary = 'C';";

/// Begins to read at one moment.
pub(super) fn begin(connection: &mut PgConnection) -> Result<(), DatabaseError> {
    Backend::begin(connection)?;
    connection.batch_execute(SNAPSHOT).inspect_err(|_| {
        // What begin has begun; the error says why no more came of it.
        let _ = Backend::rollback(connection);
    })
}

/// Returns how a column is selected as its text.
pub(super) fn as_text(column: &Column) -> String {
    format!("{}::text", quote_identifier(&column.name))
}

/// Reads rows one by one.
pub(super) fn read(
    connection: &mut PgConnection,
    query: &str,
    row: &mut dyn FnMut(&[Option<String>]) -> ControlFlow<()>,
) -> Result<(), DatabaseError> {
    let query = Query::new(query).once();
    let mut values = Vec::new();
    for found in LoadConnection::<PgRowByRowLoadingMode>::load(connection, query)? {
        let found = found?;
        values.clear();
        for index in 0..found.field_count() {
            values.push(text(&found, index)?);
        }
        if row(&values).is_break() {
            break;
        }
    }
    Ok(())
}

fn text<'a>(row: &impl DieselRow<'a, Pg>, index: usize) -> Result<Option<String>, DatabaseError> {
    let field = row
        .get(index)
        .ok_or_else(|| DatabaseError::unreadable(index, "there"))?;
    let text = field.value().map(<String as FromSql<Text, Pg>>::from_sql);
    text.transpose()
        .map_err(|error| DatabaseError::from_message(error.to_string()))
}
