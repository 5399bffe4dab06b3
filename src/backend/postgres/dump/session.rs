//! The session of a backup: what it depends on, and what it asks of the server.

use diesel::pg::PgConnection;
use uuid::Uuid;

use crate::backend::error::{BackendError, DatabaseError, During};
use crate::backend::postgres::address::PostgresAddress;
use crate::backend::postgres::database;
use crate::backend::postgres::programs::Server;
use crate::backend::query::{Query, Row};
use crate::backend::tables::Tables;
use crate::backend::{Access, Backend};

/// What identities are derived from where no database was given one.
const IDENTITIES: Uuid = Uuid::from_u128(0x5f0c_7d1e_3a52_4c8b_9d6f_0a41_86b2_e7c3);

/// Settles what a session of a backup depends on.
pub(super) fn settle(connection: &mut PgConnection, owner: &str) -> Result<(), BackendError> {
    let query = Query::new(include_str!("../sql/dump_session.sql")).bind(owner);
    let settled = connection.load(&query.once());
    settled
        .map(drop)
        .during("prepare the session of the backup")
}

/// Finds this tool's tables; none where there is no schema for them.
pub(super) fn find_tables_or_none(connection: &mut PgConnection) -> Result<Tables, BackendError> {
    match connection.find_tables() {
        Err(BackendError::NoSchema { .. }) => Ok(Tables::among(String::new(), &[])),
        found => found,
    }
}

/// Lets names that are values look the same in every session; the transaction's end takes it back.
/// Returns the path that was.
pub(super) fn forget_search_path(
    connection: &mut PgConnection,
) -> Result<SearchPath, BackendError> {
    let action = "prepare the session of the backup";
    let own = Query::new("SELECT pg_catalog.current_setting('search_path')");
    let rows = connection.load(&own.once()).during(action)?;
    let own = rows.first().map(|row| row.text(0)).transpose();
    let own = SearchPath(own.during(action)?.unwrap_or_default());
    SearchPath(String::new()).set(connection).during(action)?;
    Ok(own)
}

/// Where names without a schema are looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SearchPath(String);

impl SearchPath {
    /// Lets it be the one until the transaction, or the savepoint, is over.
    pub(super) fn set(&self, connection: &mut PgConnection) -> Result<(), DatabaseError> {
        let query = Query::new("SELECT pg_catalog.set_config('search_path', ?, TRUE)");
        let set = connection.load(&query.bind(self.0.as_str()).once());
        set.map(drop)
    }
}

/// Asks a server for its version.
pub(in crate::backend::postgres) fn ask_server(
    connection: &mut PgConnection,
) -> Result<Server, DatabaseError> {
    let query = Query::new(
        "SELECT pg_catalog.current_setting('server_version'), pg_catalog.current_setting('server_version_num')::pg_catalog.int8 / 10000",
    );
    let rows = connection.load(&query.once())?;
    let row = rows
        .first()
        .cloned()
        .unwrap_or_else(|| Row::new(Vec::new()));
    Ok(Server {
        version: format!("PostgreSQL {}", row.text(0)?),
        major: u32::try_from(row.integer(1)?).unwrap_or_default(),
    })
}

/// Returns the identity of a database that was given none.
pub(in crate::backend) fn identity_of(address: &PostgresAddress) -> Result<String, BackendError> {
    let mut connection = database::open(address, Access::ReadOnly)?;
    Ok(derived_identity(&mut connection, address))
}

/// Returns an identity that is the same under whatever address, and on every replica: of the
/// cluster's own and of the database's number in it. Who may not ask for those gets one of the
/// address.
pub(super) fn derived_identity(connection: &mut PgConnection, address: &PostgresAddress) -> String {
    let query = Query::new(
        "SELECT c.system_identifier::pg_catalog.text || ':' || d.oid::pg_catalog.text
FROM pg_catalog.pg_control_system() AS c
CROSS JOIN pg_catalog.pg_database AS d
WHERE d.datname = pg_catalog.current_database()",
    );
    let rows = connection.load(&query.once()).unwrap_or_default();
    let known = rows.first().and_then(|row| row.text(0).ok());
    let name = known.unwrap_or_else(|| address.to_string());
    Uuid::new_v5(&IDENTITIES, name.as_bytes()).to_string()
}
