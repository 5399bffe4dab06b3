//! Databases that a restore made, and how those are told that a killed one left.
//!
//! Each has a remark from its first moment on, and a lock that the session of its maker holds until
//! it has its name: whatever has the remark, no lock and nobody connected has nobody. The server
//! frees the lock of whoever is killed.

use diesel::pg::PgConnection;

use super::names::{is_kept, is_scratch};
use crate::backend::Backend;
use crate::backend::error::{BackendError, DatabaseError, During};
use crate::backend::postgres::address::PostgresAddress;
use crate::backend::postgres::database::{maintenance, named};
use crate::backend::query::Query;
use crate::backend::restore::Tidying;
use crate::backend::tables::quote_identifier;
use crate::event::{LeftAt, Leftover};
use crate::shell::command;

/// What the name of a half made database says, before its random digits.
pub(super) const RESTORING: &str = "restoring";
/// The remark on a half made database.
const MARK: &str =
    "made by dieselkit restore, and not whole: the next restore removes it if this one was killed";

/// Marks a database that was just made, and keeps others from removing it for as long as the session
/// lives.
pub(super) fn mark(server: &mut PgConnection, name: &str) -> Result<(), BackendError> {
    let action = "mark the new database";
    // A server that ends idle sessions would free the lock.
    let patient = "SELECT pg_catalog.set_config(name, '0', FALSE) FROM pg_catalog.pg_settings \
                   WHERE name = 'idle_session_timeout'";
    server.load(&Query::new(patient).once()).during(action)?;
    let lock = Query::new(include_str!("../sql/lock_restoring.sql")).bind(name);
    server.load(&lock.once()).during(action)?;
    let remark = format!("COMMENT ON DATABASE {} IS '{MARK}'", quote_identifier(name));
    server.batch_execute(&remark).during(action)
}

/// Returns the statement that takes the mark from a database that is whole.
pub(super) fn unmark(name: &str) -> String {
    format!("COMMENT ON DATABASE {} IS NULL", quote_identifier(name))
}

/// Returns what restores that were killed left beside a database.
pub(in crate::backend) fn leftovers(
    original: &PostgresAddress,
    tidying: Tidying,
) -> Result<Vec<Leftover>, BackendError> {
    let mut server = maintenance(original)?;
    leftovers_on(&mut server, original, tidying)
}

/// Returns the same as any session of the server sees it.
pub(in crate::backend) fn leftovers_on(
    server: &mut dyn Backend,
    original: &PostgresAddress,
    tidying: Tidying,
) -> Result<Vec<Leftover>, BackendError> {
    let original_name = named(original)?;
    let action = "look for what killed restores left";
    let query = Query::new(include_str!("../sql/leftovers.sql")).bind(MARK);
    let rows = server.load(&query.once()).during(action)?;
    let found = rows
        .iter()
        .map(|row| Ok((row.text(0)?, row.integer(1)? == 1, row.optional_text(2)?)));
    let found: Result<Vec<_>, DatabaseError> = found.collect();
    let own = found.during(action)?.into_iter();
    let own = own.filter(|(name, ..)| is_scratch(name, &original_name, RESTORING));
    let told = own.map(|(name, is_marked, users)| Leftover {
        stays: match (users, tidying) {
            (Some(users), _) => Some(format!(
                "it is in use by {users}; once they have left, the next restore removes it"
            )),
            // Whoever is killed before the remark has made no more than the name.
            (None, _) if !is_marked => Some(format!(
                "it lacks the remark that says so; if nobody knows of it: {}",
                command("dieselkit db drop {}", &[&name])
            )),
            (None, Tidying::Look) => None,
            (None, Tidying::Remove) => remove(server, &name),
        },
        left_at: LeftAt::Filling,
        name,
    });
    Ok(told.collect())
}

/// Returns the databases that restores have put others in the place of, the last one first.
pub(in crate::backend) fn kept_beside(
    original: &PostgresAddress,
) -> Result<Vec<String>, BackendError> {
    let original_name = named(original)?;
    let action = "look for what restores kept";
    let query = Query::new("SELECT datname::pg_catalog.text FROM pg_catalog.pg_database");
    let rows = maintenance(original)?.load(&query.once()).during(action)?;
    let names: Result<Vec<String>, DatabaseError> = rows.iter().map(|row| row.text(0)).collect();
    let mut names = names.during(action)?;
    names.retain(|name| is_kept(name, &original_name));
    names.sort_unstable_by(|one, other| other.cmp(one));
    Ok(names)
}

/// Removes a database in which nobody is, and returns why it stays where it does.
fn remove(server: &mut dyn Backend, name: &str) -> Option<String> {
    let statement = format!("DROP DATABASE IF EXISTS {}", quote_identifier(name));
    let removed = server.batch_execute(&statement);
    removed.err().map(|error| error.message)
}
