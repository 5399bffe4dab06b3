//! `PostgreSQL` databases as a whole: connecting, creating, dropping.

use diesel::connection::{CacheSize, Connection};
use diesel::pg::PgConnection;

use super::address::PostgresAddress;
use crate::backend::address::DatabaseAddress;
use crate::backend::database_error::in_one_line;
use crate::backend::error::{BackendError, DatabaseError, During};
use crate::backend::query::Query;
use crate::backend::redact::Redactor;
use crate::backend::tables::quote_identifier;
use crate::backend::{Access, Backend, OtherSessions};

/// The databases that a server has from the start; one of them answers when ours is absent.
const MAINTENANCE: [&str; 2] = ["postgres", "template1"];

/// Connects to a database that exists.
///
/// Whatever it is for, it keeps no statement prepared until it is known not to lead through a pooler: what
/// only reads so finds its way through one too, and what is refused there leaves nothing in the pool's
/// sessions.
pub(in crate::backend) fn open(
    address: &PostgresAddress,
    _access: Access,
) -> Result<PgConnection, BackendError> {
    let mut connection = establish(address)?;
    connection.set_prepared_statement_cache_size(CacheSize::Disabled);
    Ok(connection)
}

/// Connects anew where the session does not answer any more.
pub(super) fn renew(
    connection: &mut PgConnection,
    address: &DatabaseAddress,
) -> Result<bool, BackendError> {
    match address {
        DatabaseAddress::Postgres(address) => {
            if connection.load(&Query::new("SELECT 1").once()).is_ok() {
                return Ok(false);
            }
            *connection = open(address, Access::ReadWrite)?;
            Ok(true)
        }
        #[cfg(feature = "sqlite")]
        DatabaseAddress::Sqlite(_) => Ok(false),
    }
}

fn establish(address: &PostgresAddress) -> Result<PgConnection, BackendError> {
    PgConnection::establish(&address.conninfo()).map_err(|error| {
        let message = redacted(address, &error.to_string());
        // Only a server that answered can say that it has no such database.
        let missing = message.contains("FATAL")
            && name_of(address).is_some_and(|name| exists(address, &name) == Some(false));
        if missing {
            BackendError::DatabaseMissing {
                target: address.to_string(),
                name: name_of(address).unwrap_or_default(),
            }
        } else {
            BackendError::Connect {
                target: address.to_string(),
                message,
            }
        }
    })
}

/// Creates the database.
pub(in crate::backend) fn create(address: &PostgresAddress) -> Result<(), BackendError> {
    let name = named(address)?;
    let mut server = maintenance(address)?;
    if exists_on(&mut server, &name)? {
        return Err(BackendError::DatabaseExists { name });
    }
    server
        .batch_execute(&format!("CREATE DATABASE {}", quote_identifier(&name)))
        .during("create the database")
}

/// Drops the database; whoever is connected to it keeps it, unless all others are to go.
pub(in crate::backend) fn drop_database(
    address: &PostgresAddress,
    others: OtherSessions,
) -> Result<(), BackendError> {
    let name = named(address)?;
    let mut server = maintenance(address)?;
    if !exists_on(&mut server, &name)? {
        return Err(BackendError::DatabaseMissing {
            target: address.to_string(),
            name,
        });
    }
    let mut statement = format!("DROP DATABASE {}", quote_identifier(&name));
    if others == OtherSessions::End {
        statement += end_sessions(&mut server, &name)?;
    }
    match server.batch_execute(&statement).during("drop the database") {
        Ok(()) => Ok(()),
        Err(error) => Err(in_use(&mut server, name, error)),
    }
}

/// Returns how `DROP DATABASE` ends the sessions on the database; a server that does not know how has
/// ended them already. <https://www.postgresql.org/docs/13/sql-dropdatabase.html>
fn end_sessions(server: &mut PgConnection, name: &str) -> Result<&'static str, BackendError> {
    let action = "end the sessions of others";
    let version = "SELECT pg_catalog.current_setting('server_version_num')::pg_catalog.int8";
    let rows = server.load(&Query::new(version)).during(action)?;
    let version = rows.first().map(|row| row.integer(0)).transpose();
    if version.during(action)?.unwrap_or_default() >= 130_000 {
        return Ok(" WITH (FORCE)");
    }
    let query = Query::new(
        "SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity WHERE datname = ?",
    );
    server.load(&query.bind(name)).during(action)?;
    Ok("")
}

/// Returns who keeps a database from being dropped, or copied, else the error itself.
///
/// The code of that error is 55006, which Diesel keeps to itself; its details count the sessions,
/// in the server's language.
pub(super) fn in_use(server: &mut PgConnection, name: String, error: BackendError) -> BackendError {
    let has_details =
        matches!(&error, BackendError::Query { source, .. } if source.detail.is_some());
    match sessions(server, &name, Whose::Everybodys) {
        Ok(sessions) if has_details && !sessions.is_empty() => {
            BackendError::DatabaseInUse { name, sessions }
        }
        // The first error is the one worth telling.
        _ => error,
    }
}

/// Whose sessions are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose {
    /// Everybody's.
    Everybodys,
    /// Those of other programs than this tool: its own give way to one another by their lock.
    OfOtherPrograms,
}

/// Returns the sessions on a database, the oldest first. Whoever only cleans up is in nobody's way: the
/// server itself ends it.
pub(super) fn sessions(
    server: &mut PgConnection,
    name: &str,
    whose: Whose,
) -> Result<Vec<String>, DatabaseError> {
    let query = Query::new(
        "SELECT pg_catalog.concat_ws(', ', 'pid ' || pid, 'user ' || usename,
  NULLIF(application_name, ''), 'on ' || pg_catalog.host(client_addr))
FROM pg_catalog.pg_stat_activity
WHERE datname = ? AND backend_type <> 'autovacuum worker' AND application_name NOT LIKE ?
ORDER BY backend_start, pid",
    );
    let left_out = match whose {
        // No name of a program has a line's end in it.
        Whose::Everybodys => "\n",
        Whose::OfOtherPrograms => concat!(env!("CARGO_PKG_NAME"), " %"),
    };
    let rows = server.load(&query.bind(name).bind(left_out))?;
    rows.iter().map(|row| row.text(0)).collect()
}

/// Returns the database's name; libpq takes the user's where none is given.
pub(super) fn name_of(address: &PostgresAddress) -> Option<String> {
    address.database().or(address.user()).map(str::to_owned)
}

pub(super) fn named(address: &PostgresAddress) -> Result<String, BackendError> {
    name_of(address).ok_or_else(|| BackendError::Connect {
        target: address.to_string(),
        message: "the address names no database".to_owned(),
    })
}

/// Connects to another database of the server, from which this one can be created, renamed and
/// dropped.
pub(super) fn maintenance(address: &PostgresAddress) -> Result<PgConnection, BackendError> {
    let mut failure = None;
    let ours = name_of(address);
    let others = MAINTENANCE
        .into_iter()
        .filter(|name| Some(*name) != ours.as_deref());
    for name in others {
        match PgConnection::establish(&address.with_database(name).conninfo()) {
            Ok(connection) => return Ok(connection),
            Err(error) => failure.get_or_insert(error.to_string()),
        };
    }
    Err(BackendError::Connect {
        target: address.with_database(MAINTENANCE[0]).to_string(),
        message: redacted(address, &failure.unwrap_or_default()),
    })
}

fn exists(address: &PostgresAddress, name: &str) -> Option<bool> {
    exists_on(&mut maintenance(address).ok()?, name).ok()
}

pub(super) fn exists_on(server: &mut PgConnection, name: &str) -> Result<bool, BackendError> {
    let query =
        Query::new("SELECT datname::pg_catalog.text FROM pg_catalog.pg_database WHERE datname = ?");
    let rows = server
        .load(&query.bind(name))
        .during("list the databases")?;
    Ok(!rows.is_empty())
}

/// libpq is given nothing malformed to quote; this is the second net.
fn redacted(address: &PostgresAddress, message: &str) -> String {
    Redactor::for_address(&DatabaseAddress::Postgres(address.clone()))
        .redact(&in_one_line(message.trim()))
        .into_owned()
}
