//! The session of a backup: what it depends on, and what it asks of the server.

use diesel::pg::PgConnection;
use uuid::Uuid;

use crate::backend::Backend;
use crate::backend::dump::Itself;
use crate::backend::error::{BackendError, DatabaseError, During};
use crate::backend::postgres::programs::Server;
use crate::backend::query::{Query, Row};
use crate::backend::tables::Tables;

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

/// Asks for the database's name, and derives identities that are the same whoever asks, by whichever
/// way, and on every replica: of the cluster's own number and the name. Who may not ask for the
/// number derives one of the database's own, which whoever may ask knows too.
pub(in crate::backend) fn itself(connection: &mut dyn Backend) -> Result<Itself, BackendError> {
    let name = connection.database_name()?;
    let numbered = format!("{}:{name}", own_number(connection)?);
    let by_number = derived(&numbered);
    Ok(match cluster_number(connection) {
        Some(cluster) => Itself {
            derived: derived(&format!("{cluster}:{name}")),
            derived_by_others: Some(by_number),
            name,
        },
        None => Itself {
            derived: by_number,
            derived_by_others: None,
            name,
        },
    })
}

fn derived(of: &str) -> String {
    Uuid::new_v5(&IDENTITIES, of.as_bytes()).to_string()
}

/// Returns the number that the cluster got when it was made, which not every role may ask for.
fn cluster_number(connection: &mut dyn Backend) -> Option<String> {
    let query =
        Query::new("SELECT system_identifier::pg_catalog.text FROM pg_catalog.pg_control_system()");
    let rows = connection.load(&query.once()).ok()?;
    rows.first()?.text(0).ok()
}

/// Returns the number of the database in its cluster.
fn own_number(connection: &mut dyn Backend) -> Result<String, BackendError> {
    let query = Query::new(
        "SELECT oid::pg_catalog.text
FROM pg_catalog.pg_database
WHERE datname = pg_catalog.current_database()",
    );
    let rows = connection.load(&query.once());
    let number = rows.and_then(|rows| rows.first().map(|row| row.text(0)).transpose());
    let number = number.during("ask for the database's number")?;
    Ok(number.unwrap_or_default())
}
