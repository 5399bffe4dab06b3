//! What is in a database now, without a dump.

use std::collections::BTreeSet;

use diesel::pg::PgConnection;

use super::facts::{self, Counting};
use super::{forget_search_path, selection, settle, until_cancelled};
use crate::backend::dump::{self, DumpError, Hashing, Scope};
use crate::backend::error::{BackendError, DatabaseError, During};
use crate::backend::postgres::address::PostgresAddress;
use crate::backend::postgres::database;
use crate::backend::query::Query;
use crate::backend::restore::Counted;
use crate::backend::{Access, Backend};
use crate::cancellation::Cancellation;

/// Counts everything in one moment.
pub(in crate::backend) fn count(
    address: &PostgresAddress,
    hashing: Hashing,
    cancellation: &Cancellation,
    told: &mut dyn FnMut(usize, usize),
) -> Result<Counted, DumpError> {
    let mut connection = database::open(address, Access::ReadOnly)?;
    settle(&mut connection, "dieselkit")?;
    let begun =
        connection.batch_execute("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY");
    begun.during("begin to count the rows of the tables")?;
    let mut counted = around_tables(&mut connection)?;
    let scope = Scope::default();
    let tables = selection::tables(&mut connection, &scope).during("list the tables")?;
    let counting = Counting {
        path: forget_search_path(&mut connection)?,
        hashing,
        cancellation,
    };
    let ended = (address, cancellation);
    let (counts, _) = until_cancelled(&mut connection, ended, |connection| {
        counting.tables(connection, &tables, told)
    })?;
    counted.facts.tables = counts;
    Ok(counted)
}

fn around_tables(connection: &mut PgConnection) -> Result<Counted, BackendError> {
    let tables = super::find_tables_or_none(connection)?;
    Ok(Counted {
        facts: facts::around_tables(connection, &Scope::default())?,
        applied: dump::applied(connection, &tables)?,
        descending: descending(connection).during("read which sequences count downwards")?,
    })
}

fn descending(connection: &mut PgConnection) -> Result<BTreeSet<String>, DatabaseError> {
    let query = "SELECT pg_catalog.format('%I.%I', n.nspname, c.relname)
FROM pg_catalog.pg_sequence AS s
JOIN pg_catalog.pg_class AS c ON c.oid = s.seqrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE s.seqincrement < 0";
    let rows = connection.load(&Query::new(query).once())?;
    rows.iter().map(|row| row.text(0)).collect()
}
