//! What is counted in a backup's moment.

use diesel::pg::PgConnection;

use super::selection::{self, Table};
use super::session::SearchPath;
use crate::backend::Backend;
use crate::backend::dump::{DatabaseFacts, DumpError, Hashing, Scope, SequenceFact, TableFact};
use crate::backend::error::{BackendError, DatabaseError, During};
use crate::backend::query::{Query, Row, Value};
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

/// How tables are counted.
pub(super) struct Counting<'a> {
    /// The database's own, which is not the one in which is counted.
    pub(super) path: SearchPath,
    pub(super) hashing: Hashing,
    pub(super) cancellation: &'a Cancellation,
}

impl Counting<'_> {
    /// Counts the rows of tables one after the other, telling how many are done; returns what may
    /// keep them from coming back, too.
    pub(super) fn tables(
        &self,
        connection: &mut PgConnection,
        tables: &[Table],
        told: &mut dyn FnMut(usize, usize),
    ) -> Result<(Vec<TableFact>, Vec<String>), DumpError> {
        let (mut facts, mut warnings) = (Vec::new(), Vec::new());
        for (done, table) in tables.iter().enumerate() {
            told(done, tables.len());
            if self.cancellation.is_cancelled() {
                return Err(DumpError::Interrupted);
            }
            let counted = self.table(connection, table, &mut warnings);
            facts.push(counted.during("count the rows of the tables")?);
        }
        told(tables.len(), tables.len());
        Ok((facts, warnings))
    }

    /// Counts a table's own rows: those of its partitions, or of what inherits from it, are theirs.
    fn table(
        &self,
        connection: &mut PgConnection,
        table: &Table,
        warnings: &mut Vec<String>,
    ) -> Result<TableFact, DatabaseError> {
        let name = &table.name;
        let warning = if table.computes {
            needing_the_path(connection, name)?
        } else {
            None
        };
        let row = match (table.without_rows, &warning) {
            (true, _) => None,
            (false, None) => first(connection, &counting(name, self.hashing, ""))?,
            (false, Some(_)) => self.by_own_path(connection, name)?,
        };
        warnings.extend(warning);
        let row = row.unwrap_or_else(|| Row::new(vec![Value::Integer(0), Value::Null]));
        Ok(TableFact {
            name: name.clone(),
            rows: u64::try_from(row.integer(0)?).unwrap_or_default(),
            content_hash: row.optional_text(1)?,
        })
    }

    /// Counts a table of which a function is found by the database's own path alone: the statement is
    /// planned in that, and forgets it before the first row is read.
    fn by_own_path(
        &self,
        connection: &mut PgConnection,
        name: &str,
    ) -> Result<Option<Row>, DatabaseError> {
        let forgets = match self.hashing {
            Hashing::Skipped => "",
            Hashing::Contents => {
                " WHERE (SELECT pg_catalog.set_config('search_path', '', TRUE)) IS NOT NULL"
            }
        };
        connection.batch_execute("SAVEPOINT counting")?;
        self.path.set(connection)?;
        let row = first(connection, &counting(name, self.hashing, forgets))?;
        connection.batch_execute("ROLLBACK TO SAVEPOINT counting")?;
        Ok(row)
    }
}

/// Returns why something about a table cannot be computed without the database's own path, if so: a
/// restore has none either, and neither makes it nor reads it.
fn needing_the_path(
    connection: &mut PgConnection,
    name: &str,
) -> Result<Option<String>, DatabaseError> {
    connection.batch_execute("SAVEPOINT planning")?;
    let planned = connection.load(&Query::new(format!("EXPLAIN SELECT FROM ONLY {name}")).once());
    let Err(error) = planned else {
        connection.batch_execute("ROLLBACK TO SAVEPOINT planning")?;
        return Ok(None);
    };
    if error.disconnected {
        return Err(error);
    }
    connection.batch_execute("ROLLBACK TO SAVEPOINT planning")?;
    Ok(Some(format!(
        "an index or a statistic of `{name}` cannot be made again by a restore, which ends there: a function of it names something without its schema: {}",
        error.message
    )))
}

fn first(connection: &mut PgConnection, query: &str) -> Result<Option<Row>, DatabaseError> {
    let rows = connection.load(&Query::new(query).once())?;
    Ok(rows.first().cloned())
}

/// The hash is that of two sums, one of each half of the rows' hashes: sums do not care for the
/// order of what is added, and no two rows take each other out.
fn counting(name: &str, hashing: Hashing, condition: &str) -> String {
    match hashing {
        Hashing::Skipped => {
            format!("SELECT pg_catalog.count(*), NULL::pg_catalog.text FROM ONLY {name}{condition}")
        }
        Hashing::Contents => {
            let half = |from: u8| {
                format!(
                    "COALESCE(pg_catalog.sum(('x' OPERATOR(pg_catalog.||) pg_catalog.substr(h, {from}, 16))::pg_catalog.bit(64)::pg_catalog.int8::pg_catalog.numeric), 0)"
                )
            };
            format!(
                "SELECT pg_catalog.count(*), pg_catalog.md5(pg_catalog.concat({}, ' ', {}))
FROM (SELECT pg_catalog.md5(__dieselkit_row::pg_catalog.text) AS h FROM ONLY {name} AS __dieselkit_row{condition}) AS hashed",
                half(1),
                half(17)
            )
        }
    }
}
