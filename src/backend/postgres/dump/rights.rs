//! What a backup may not read: who that is, and the statement that lets it.

use diesel::pg::PgConnection;

use super::snapshot::give_up;
use crate::backend::Backend;
use crate::backend::dump::DumpError;
use crate::backend::error::{BackendError, DatabaseError, During};
use crate::backend::query::Query;

/// How the server begins to say what somebody may not read; the code is 42501, which Diesel keeps to
/// itself.
const DENIED: &str = "permission denied for ";

/// Explains an error where it is that something may not be read; the transaction is over then.
pub(super) fn explained(connection: &mut PgConnection, error: DumpError) -> DumpError {
    match error {
        DumpError::Backend(BackendError::Query { source, .. })
            if source.message.starts_with(DENIED) =>
        {
            may_not_read(connection, source).unwrap_or_else(DumpError::from)
        }
        error => error,
    }
}

fn may_not_read(
    connection: &mut PgConnection,
    source: DatabaseError,
) -> Result<DumpError, BackendError> {
    give_up(connection)?;
    // One role reads everything, from version 14 on.
    let query = Query::new(
        "SELECT pg_catalog.quote_ident(current_user::pg_catalog.text), pg_catalog.current_setting('server_version_num')::pg_catalog.int8 >= 140000",
    );
    let action = "ask for the user's name";
    let rows = connection.load(&query.once()).during(action)?;
    let row = rows.first().map(|row| Ok((row.text(0)?, row.boolean(1)?)));
    let (user, has_role_for_reading) = row.transpose().during(action)?.unwrap_or_default();
    let object = source.message.trim_start_matches(DENIED).to_owned();
    let right = match object.split_once(' ') {
        _ if has_role_for_reading => "pg_read_all_data".to_owned(),
        Some(("schema", name)) => format!("USAGE ON SCHEMA {name}"),
        Some((_, name)) => format!("SELECT ON {name}"),
        None => "SELECT ON ALL TABLES IN SCHEMA public".to_owned(),
    };
    Ok(DumpError::MayNotRead {
        grant: format!("GRANT {right} TO {user};"),
        user,
        object,
        source,
    })
}
