//! What is counted in a backup's moment.

use diesel::pg::PgConnection;

use super::selection::{self, Table};
use crate::backend::Backend;
use crate::backend::dump::{DatabaseFacts, DumpError, Hashing, Scope, SequenceFact, TableFact};
use crate::backend::error::{BackendError, DatabaseError, During};
use crate::backend::query::{Query, Row};
use crate::cancellation::Cancellation;

/// How many sequences are asked for in one query.
const SEQUENCES_AT_ONCE: usize = 100;

/// Returns all but the tables: it takes no time.
///
/// Sequences are in no snapshot: where one is read before the dump is, the dump's is no earlier.
pub(super) fn around_tables(
    connection: &mut PgConnection,
    scope: &Scope,
) -> Result<DatabaseFacts, BackendError> {
    let action = "read what the backup will need";
    Ok(DatabaseFacts {
        tables: Vec::new(),
        sequences: sequences(connection, scope).during("read where the sequences stand")?,
        extensions: extensions(connection, scope).during(action)?,
        roles: texts(connection, include_str!("../sql/dump_roles.sql")).during(action)?,
    })
}

/// Returns the extensions that a dump makes.
fn extensions(connection: &mut PgConnection, scope: &Scope) -> Result<Vec<String>, DatabaseError> {
    if scope.is_picked() {
        return Ok(Vec::new());
    }
    let query = "SELECT e.extname || ' ' || e.extversion FROM pg_catalog.pg_extension AS e WHERE e.extname <> 'plpgsql' ORDER BY 1";
    texts(connection, query)
}

fn texts(connection: &mut PgConnection, query: &str) -> Result<Vec<String>, DatabaseError> {
    let rows = connection.load(&Query::new(query).once())?;
    rows.iter().map(|row| row.text(0)).collect()
}

fn sequences(
    connection: &mut PgConnection,
    scope: &Scope,
) -> Result<Vec<SequenceFact>, DatabaseError> {
    let names = selection::sequences(connection, scope)?;
    let mut facts = Vec::new();
    for names in names.chunks(SEQUENCES_AT_ONCE) {
        let each = names
            .iter()
            .map(|name| format!("SELECT last_value, is_called FROM {name}"));
        let query = each.collect::<Vec<_>>().join(" UNION ALL ");
        // Each is one row, and they come in this order.
        let rows = connection.load(&Query::new(query).once())?;
        for (name, row) in names.iter().zip(&rows) {
            facts.push(SequenceFact {
                name: name.clone(),
                last_value: row.integer(0)?,
                is_called: row.boolean(1)?,
            });
        }
    }
    Ok(facts)
}

/// Counts the rows of tables one after the other, telling how many are done.
pub(super) fn tables(
    connection: &mut PgConnection,
    tables: &[Table],
    (hashing, cancellation): (Hashing, &Cancellation),
    told: &mut dyn FnMut(usize, usize),
) -> Result<Vec<TableFact>, DumpError> {
    let mut facts = Vec::new();
    for (done, one) in tables.iter().enumerate() {
        told(done, tables.len());
        if cancellation.is_cancelled() {
            return Err(DumpError::Interrupted);
        }
        facts.push(table(connection, one, hashing).during("count the rows of the tables")?);
    }
    told(tables.len(), tables.len());
    Ok(facts)
}

/// Counts a table's own rows: those of its partitions, or of what inherits from it, are theirs.
fn table(
    connection: &mut PgConnection,
    table: &Table,
    hashing: Hashing,
) -> Result<TableFact, DatabaseError> {
    let name = table.name.clone();
    if table.without_rows {
        return Ok(TableFact {
            name,
            rows: 0,
            content_hash: None,
        });
    }
    let rows = connection.load(&Query::new(counting(&name, hashing)).once())?;
    let row = rows
        .first()
        .cloned()
        .unwrap_or_else(|| Row::new(Vec::new()));
    Ok(TableFact {
        name,
        rows: u64::try_from(row.integer(0)?).unwrap_or_default(),
        content_hash: row.optional_text(1)?,
    })
}

/// The hash is that of two sums, one of each half of the rows' hashes: sums do not care for the
/// order of what is added, and no two rows take each other out.
fn counting(name: &str, hashing: Hashing) -> String {
    match hashing {
        Hashing::Skipped => {
            format!("SELECT pg_catalog.count(*), NULL::pg_catalog.text FROM ONLY {name}")
        }
        Hashing::Contents => {
            let half = |from: u8| {
                format!(
                    "COALESCE(pg_catalog.sum(('x' || pg_catalog.substr(h, {from}, 16))::pg_catalog.bit(64)::pg_catalog.int8::pg_catalog.numeric), 0)"
                )
            };
            format!(
                "SELECT pg_catalog.count(*), pg_catalog.md5({} || ' ' || {})
FROM (SELECT pg_catalog.md5(__dieselkit_row::pg_catalog.text) AS h FROM ONLY {name} AS __dieselkit_row) AS hashed",
                half(1),
                half(17)
            )
        }
    }
}
