//! What is in a database now, without a copy.

use std::collections::BTreeSet;

use diesel::sqlite::SqliteConnection;

use super::facts;
use crate::backend::address::DatabaseAddress;
use crate::backend::dump::{self, DatabaseFacts, DumpError, Hashing};
use crate::backend::error::{BackendError, During};
use crate::backend::restore::Counted;
use crate::backend::sqlite::address::SqliteAddress;
use crate::backend::{Access, Backend, Database};
use crate::cancellation::Cancellation;

/// Counts everything in one moment.
pub(in crate::backend) fn count(
    address: &SqliteAddress,
    hashing: Hashing,
    cancellation: &Cancellation,
    told: &mut dyn FnMut(usize, usize),
) -> Result<Counted, DumpError> {
    let source = DatabaseAddress::Sqlite(address.clone());
    let mut database = Database::open(&source, Access::ReadOnly)?;
    database.read(None, |backend| match backend.as_any_mut().downcast_mut() {
        Some(connection) => in_one_moment(connection, (hashing, cancellation), told),
        // A path opens nothing else.
        None => Ok(Counted::default()),
    })?
}

fn in_one_moment(
    connection: &mut SqliteConnection,
    counting: (Hashing, &Cancellation),
    told: &mut dyn FnMut(usize, usize),
) -> Result<Counted, DumpError> {
    let action = "count the rows of the tables";
    Backend::batch_execute(connection, "BEGIN").during(action)?;
    let counted = everything(connection, counting, told);
    // Nothing was written.
    let ended = Backend::batch_execute(connection, "ROLLBACK");
    let counted = counted?;
    ended.during(action)?;
    Ok(counted)
}

fn everything(
    connection: &mut SqliteConnection,
    counting: (Hashing, &Cancellation),
    told: &mut dyn FnMut(usize, usize),
) -> Result<Counted, DumpError> {
    let tables = connection.find_tables()?;
    let applied = dump::applied(connection, &tables)?;
    Ok(Counted {
        facts: database(connection, counting, told)?,
        applied,
        descending: BTreeSet::new(),
    })
}

/// Counts what is in a database that stands still.
pub(super) fn database(
    connection: &mut SqliteConnection,
    (hashing, cancellation): (Hashing, &Cancellation),
    told: &mut dyn FnMut(usize, usize),
) -> Result<DatabaseFacts, DumpError> {
    let action = "count the rows of the tables";
    if hashing == Hashing::Contents {
        facts::teach_hashing(connection).during("prepare to hash the contents")?;
    }
    let tables = facts::tables(connection).during(action)?;
    let mut counted = Vec::new();
    for (done, table) in tables.iter().enumerate() {
        told(done, tables.len());
        if cancellation.is_cancelled() {
            return Err(DumpError::Interrupted);
        }
        counted.push(facts::table(connection, table, hashing).during(action)?);
    }
    told(tables.len(), tables.len());
    let sequences: Result<_, BackendError> =
        facts::sequences(connection).during("read where the sequences stand");
    Ok(DatabaseFacts {
        tables: counted,
        sequences: sequences?,
        ..DatabaseFacts::default()
    })
}
