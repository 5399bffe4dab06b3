//! Which tables and sequences a backup holds, as the server's catalog knows them.
//!
//! They are those that `pg_dump` takes for the same scope.

use diesel::pg::PgConnection;

use super::pattern::Pattern;
use crate::backend::Backend;
use crate::backend::dump::Scope;
use crate::backend::error::DatabaseError;
use crate::backend::query::{Query, Row};

/// A table that a backup holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Table {
    /// Quoted and qualified.
    pub(super) name: String,
    /// Whether its rows are left out.
    pub(super) without_rows: bool,
    /// Whether an index or a statistic of it is of something that is computed: the planner looks at
    /// the functions of that, whatever is asked of the table.
    pub(super) computes: bool,
}

/// Returns the tables, by name: those of extensions are not dumped, nor are foreign ones.
pub(super) fn tables(
    connection: &mut PgConnection,
    scope: &Scope,
) -> Result<Vec<Table>, DatabaseError> {
    let query = Query::new("SELECT pg_catalog.format('%I.%I', n.nspname, c.relname),")
        .then(&any_table(&scope.without_data_of, "FALSE"))
        .then(&Query::new(include_str!("../sql/dump_tables_compute.sql")))
        .then(&Query::new(include_str!("../sql/dump_tables.sql")))
        .then(&picked(scope))
        .then(&Query::new("ORDER BY n.nspname, c.relname"));
    let read = |row: &Row| {
        Ok(Table {
            name: row.text(0)?,
            without_rows: row.boolean(1)?,
            computes: row.boolean(2)?,
        })
    };
    connection.load(&query.once())?.iter().map(read).collect()
}

/// Returns the names of the sequences, quoted and qualified; without those whose value is left out, as
/// a pattern of tables without rows does that too.
pub(super) fn sequences(
    connection: &mut PgConnection,
    scope: &Scope,
) -> Result<Vec<String>, DatabaseError> {
    let query = Query::new(include_str!("../sql/dump_sequences.sql"))
        .then(&picked(scope))
        .then(&Query::new("OR"))
        .then(&owned(scope))
        .then(&Query::new(") AND NOT"))
        .then(&any_table(&scope.without_data_of, "FALSE"))
        .then(&Query::new("ORDER BY n.nspname, c.relname"));
    let rows = connection.load(&query.once())?;
    rows.iter().map(|row| row.text(0)).collect()
}

/// Returns whether a schema is picked by its name. Where tables are named, the schemas do not count.
pub(in crate::backend::postgres) fn picks_schema(
    connection: &mut PgConnection,
    scope: &Scope,
    name: &str,
) -> Result<bool, DatabaseError> {
    if !scope.tables.is_empty() {
        return Ok(false);
    }
    let query = Query::new(
        "SELECT 1::pg_catalog.int8 FROM pg_catalog.pg_namespace AS n WHERE n.nspname = (?)::pg_catalog.name AND",
    );
    let query = query.bind(name).then(&any_schema(&scope.schemas, "FALSE"));
    Ok(!connection.load(&query.once())?.is_empty())
}

/// Returns the condition that a relation `c` in a schema `n` is picked: where tables are named, the
/// schemas do not count.
fn picked(scope: &Scope) -> Query {
    if scope.tables.is_empty() {
        return any_schema(&scope.schemas, "TRUE");
    }
    any_table(&scope.tables, "TRUE")
}

/// Returns the condition that a sequence belongs to a column of a table that is named.
fn owned(scope: &Scope) -> Query {
    if scope.tables.is_empty() {
        return Query::new("FALSE");
    }
    Query::new(
        "c.oid IN (SELECT d.objid
FROM pg_catalog.pg_depend AS d
JOIN pg_catalog.pg_class AS c ON c.oid = d.refobjid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
  AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
  AND d.deptype IN ('a', 'i')
  AND",
    )
    .then(&any_table(&scope.tables, "TRUE"))
    .then(&Query::new(")"))
}

fn any_schema(patterns: &[String], none: &str) -> Query {
    any(patterns, none, |pattern| {
        matched("n.nspname").bind(pattern.name.as_str())
    })
}

/// A name without a schema is one that is found without.
fn any_table(patterns: &[String], none: &str) -> Query {
    any(patterns, none, |pattern| {
        let name = matched("c.relname").bind(pattern.name.as_str());
        let schema = match &pattern.schema {
            None => Query::new("AND pg_catalog.pg_table_is_visible(c.oid)"),
            Some(schema) => Query::new("AND").then(&matched("n.nspname").bind(schema.as_str())),
        };
        Query::new("(")
            .then(&name)
            .then(&schema)
            .then(&Query::new(")"))
    })
}

fn any(patterns: &[String], none: &str, one: impl Fn(&Pattern) -> Query) -> Query {
    let mut patterns = patterns.iter().map(|text| one(&Pattern::parse(text)));
    let Some(first) = patterns.next() else {
        return Query::new(none);
    };
    let either = Query::new("(").then(&first);
    let either = patterns.fold(either, |all, next| all.then(&Query::new("OR")).then(&next));
    either.then(&Query::new(")"))
}

fn matched(column: &str) -> Query {
    Query::new(format!(
        "{column}::pg_catalog.text OPERATOR(pg_catalog.~) (?)::pg_catalog.text COLLATE pg_catalog.\"default\""
    ))
}
