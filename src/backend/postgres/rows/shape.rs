//! Reads what a table of `PostgreSQL` is like from its catalog.

use diesel::pg::PgConnection;

use crate::backend::Backend;
use crate::backend::error::DatabaseError;
use crate::backend::query::{Query, Row};
use crate::backend::rows::{Column, Kind, Reference, TableName, TableShape, UniqueKey};

/// Reads a table's shape; `None` where there is no table of that name.
pub(super) fn read(
    connection: &mut PgConnection,
    name: &TableName,
) -> Result<Option<TableShape>, DatabaseError> {
    let table = Query::new(include_str!("../sql/table.sql")).bind(name.quoted());
    let Some(table) = connection.load(&table)?.into_iter().next() else {
        return Ok(None);
    };
    let mut about = |sql: &str| connection.load(&Query::new(sql).bind(table.integer(2)?));
    let columns = about(include_str!("../sql/table_columns.sql"))?;
    let keys = about(include_str!("../sql/table_keys.sql"))?;
    let references = about(include_str!("../sql/table_references.sql"))?;
    Ok(Some(TableShape {
        name: TableName {
            schema: Some(table.text(0)?),
            name: table.text(1)?,
        },
        columns: columns.iter().map(column).collect::<Result<_, _>>()?,
        keys: by_number(&keys).map(key).collect::<Result<_, _>>()?,
        references: by_number(&references)
            .map(reference)
            .collect::<Result<_, _>>()?,
        row_security: table.boolean(3)?,
        overriding: overriding(&columns)?,
        // The rows of a partitioned table are all in others.
        only: if table.boolean(4)? { "ONLY " } else { "" },
    }))
}

/// Returns the columns of a constraint or a unique index of a table.
pub(super) fn constraint_columns(
    connection: &mut PgConnection,
    table: &TableShape,
    name: &str,
) -> Result<Vec<String>, DatabaseError> {
    let query = Query::new(include_str!("../sql/constraint_columns.sql"))
        .bind(table.name.quoted())
        .bind(name)
        .bind(name);
    texts(&connection.load(&query)?, 0)
}

fn column(row: &Row) -> Result<Column, DatabaseError> {
    Ok(Column {
        name: row.text(0)?,
        type_name: row.text(1)?,
        kind: if row.boolean(9)? {
            Kind::Array
        } else {
            kind(row.integer(2)?)
        },
        nullable: row.boolean(3)?,
        has_default: row.boolean(4)?,
        computed: row.boolean(5)?,
        exact: row.boolean(6)?,
        collated: row.boolean(8)?,
        fixed: row.boolean(7)?,
    })
}

/// Returns the kind of a type that is no domain; the numbers are those of `pg_type.dat`.
fn kind(oid: i64) -> Kind {
    match oid {
        20 | 21 | 23 => Kind::Integer,
        700 | 701 => Kind::Real,
        16 => Kind::Boolean,
        17 => Kind::Bytes,
        114 | 3802 => Kind::Json,
        _ => Kind::Other,
    }
}

/// `COPY` takes given values for any identity column, `INSERT` for one that is generated always
/// only when told so. <https://www.postgresql.org/docs/current/sql-insert.html>
fn overriding(columns: &[Row]) -> Result<&'static str, DatabaseError> {
    let always = columns.iter().map(|row| row.boolean(7));
    let any = always.collect::<Result<Vec<_>, _>>()?.contains(&true);
    Ok(if any { "OVERRIDING SYSTEM VALUE" } else { "" })
}

/// Groups the rows that begin with the same number; they stand together.
fn by_number(rows: &[Row]) -> impl Iterator<Item = &[Row]> {
    rows.chunk_by(|one, other| one.integer(0) == other.integer(0))
}

fn key(rows: &[Row]) -> Result<UniqueKey, DatabaseError> {
    Ok(UniqueKey {
        columns: texts(rows, 3)?,
        primary: rows[0].boolean(1)?,
        immediate: rows[0].boolean(2)?,
    })
}

fn reference(rows: &[Row]) -> Result<Reference, DatabaseError> {
    Ok(Reference {
        constraint: Some(rows[0].text(1)?),
        columns: texts(rows, 5)?,
        to: TableName {
            schema: Some(rows[0].text(2)?),
            name: rows[0].text(3)?,
        },
        to_columns: texts(rows, 6)?,
        deferrable: rows[0].boolean(4)?,
    })
}

fn texts(rows: &[Row], column: usize) -> Result<Vec<String>, DatabaseError> {
    rows.iter().map(|row| row.text(column)).collect()
}
