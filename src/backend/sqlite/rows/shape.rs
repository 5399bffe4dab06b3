//! Reads what a table of `SQLite` is like from its pragmas.

use diesel::sqlite::SqliteConnection;

use crate::backend::Backend;
use crate::backend::error::DatabaseError;
use crate::backend::query::{Query, Row};
use crate::backend::rows::{Column, Kind, Reference, TableName, TableShape, UniqueKey};

/// The schema that needs no name.
pub(super) const MAIN: &str = "main";

/// How a column converts what is put into it.
/// <https://www.sqlite.org/datatype3.html#determination_of_column_affinity>
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Affinity {
    Integer,
    Text,
    Blob,
    Real,
    Numeric,
}

impl Affinity {
    /// Returns a type that has it.
    pub(super) fn keyword(self) -> &'static str {
        match self {
            Self::Integer => "INTEGER",
            Self::Text => "TEXT",
            Self::Blob => "BLOB",
            Self::Real => "REAL",
            Self::Numeric => "NUMERIC",
        }
    }
}

/// Returns the affinity of a declared type.
pub(super) fn affinity(type_name: &str, strict: bool) -> Affinity {
    let name = type_name.to_ascii_uppercase();
    let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
    match () {
        () if has(&["INT"]) => Affinity::Integer,
        () if has(&["CHAR", "CLOB", "TEXT"]) => Affinity::Text,
        () if has(&["BLOB"]) || name.is_empty() || strict && name == "ANY" => Affinity::Blob,
        () if has(&["REAL", "FLOA", "DOUB"]) => Affinity::Real,
        () => Affinity::Numeric,
    }
}

/// Returns whether a value that is put into a column of the one type is as it was in one of the other.
/// Lengths and digits are wishes, and `INTEGER` stores as `NUMERIC` does:
/// <https://www.sqlite.org/datatype3.html#type_affinity>
pub(in crate::backend::sqlite) fn keeps_values(from: &str, to: &str) -> bool {
    use Affinity::{Blob, Integer, Numeric, Text};

    let (from, to) = (affinity(from, false), affinity(to, false));
    from == to
        || matches!(
            (from, to),
            (_, Blob) | (Integer, Numeric | Text) | (Numeric, Integer)
        )
}

fn kind(type_name: &str) -> Kind {
    let name = type_name.to_ascii_uppercase();
    let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
    match affinity(type_name, true) {
        _ if has(&["BOOL"]) => Kind::Boolean,
        _ if has(&["JSON"]) => Kind::Json,
        // By the rules these are whole numbers, which nobody means.
        Affinity::Integer if has(&["POINT", "INTERVAL"]) => Kind::Other,
        Affinity::Integer => Kind::Integer,
        Affinity::Real => Kind::Real,
        Affinity::Blob if has(&["BLOB"]) => Kind::Bytes,
        Affinity::Text | Affinity::Blob | Affinity::Numeric => Kind::Other,
    }
}

/// Reads a table's shape; `None` where there is no table of that name.
pub(super) fn read(
    connection: &mut SqliteConnection,
    name: &TableName,
) -> Result<Option<TableShape>, DatabaseError> {
    let Some(table) = find(connection, name)? else {
        return Ok(None);
    };
    let (schema, name) = (table.text(0)?, table.text(1)?);
    let mut about = |sql: &str| {
        let query = Query::new(sql).bind(name.as_str()).bind(schema.as_str());
        connection.load(&query)
    };
    let columns = about(include_str!("../sql/table_columns.sql"))?;
    let keys = about(include_str!("../sql/table_keys.sql"))?;
    let references = about(include_str!("../sql/table_references.sql"))?;
    let rowid = rowid_key(&columns)?.map(Ok);
    let schema = (schema != MAIN).then_some(schema);
    let references = by_number(&references).map(|rows| reference(rows, schema.as_deref()));
    Ok(Some(TableShape {
        references: references.collect::<Result<_, _>>()?,
        name: TableName { schema, name },
        columns: columns.iter().map(column).collect::<Result<_, _>>()?,
        keys: rowid
            .into_iter()
            .chain(by_number(&keys).map(key))
            .collect::<Result<_, _>>()?,
        row_security: false,
        overriding: "",
        only: "",
    }))
}

fn find(connection: &mut SqliteConnection, name: &TableName) -> Result<Option<Row>, DatabaseError> {
    let query = Query::new(include_str!("../sql/table.sql"))
        .bind(name.name.as_str())
        .bind(name.schema.clone());
    Ok(connection.load(&query)?.into_iter().next())
}

/// Returns whether a table's types are rules and not wishes.
/// <https://www.sqlite.org/stricttables.html>
pub(super) fn is_strict(
    connection: &mut SqliteConnection,
    table: &TableName,
) -> Result<bool, DatabaseError> {
    find(connection, table)?.map_or(Ok(false), |row| row.boolean(2))
}

/// Returns the collation with which a unique key compares a column, unless it is byte by byte.
pub(super) fn collation(
    connection: &mut SqliteConnection,
    table: &TableName,
    column: &str,
) -> Result<Option<String>, DatabaseError> {
    let query = Query::new(include_str!("../sql/column_collation.sql"))
        .bind(table.name.as_str())
        .bind(table.schema.as_deref().unwrap_or(MAIN))
        .bind(column);
    let rows = connection.load(&query)?;
    rows.first().map(|row| row.text(0)).transpose()
}

fn column(row: &Row) -> Result<Column, DatabaseError> {
    let (type_name, is_rowid) = (row.text(1)?, row.boolean(5)?);
    Ok(Column {
        name: row.text(0)?,
        kind: kind(&type_name),
        type_name,
        nullable: !row.boolean(2)? && !is_rowid,
        has_default: row.boolean(3)? || is_rowid,
        computed: row.boolean(4)?,
        exact: true,
        // Any value may be a text.
        collated: !is_rowid,
        fixed: false,
    })
}

fn rowid_key(columns: &[Row]) -> Result<Option<UniqueKey>, DatabaseError> {
    for row in columns {
        if row.boolean(5)? {
            return Ok(Some(UniqueKey {
                columns: vec![row.text(0)?],
                primary: true,
                immediate: true,
            }));
        }
    }
    Ok(None)
}

/// Groups the rows that begin with the same number; they stand together.
fn by_number(rows: &[Row]) -> impl Iterator<Item = &[Row]> {
    rows.chunk_by(|one, other| one.integer(0) == other.integer(0))
}

fn key(rows: &[Row]) -> Result<UniqueKey, DatabaseError> {
    Ok(UniqueKey {
        columns: texts(rows, 2)?,
        primary: rows[0].boolean(1)?,
        immediate: true,
    })
}

/// Reads a foreign key; the pragma that puts off its check asks for no word in its declaration.
fn reference(rows: &[Row], schema: Option<&str>) -> Result<Reference, DatabaseError> {
    Ok(Reference {
        constraint: None,
        columns: texts(rows, 2)?,
        to: TableName {
            schema: schema.map(str::to_owned),
            name: rows[0].text(1)?,
        },
        to_columns: texts(rows, 3)?,
        deferrable: true,
    })
}

fn texts(rows: &[Row], column: usize) -> Result<Vec<String>, DatabaseError> {
    rows.iter().map(|row| row.text(column)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_kept_where_the_new_type_converts_none() {
        for (from, to, expected) in [
            ("VARCHAR(20)", "text", true),
            ("INTEGER", "bigint", true),
            ("INTEGER", "TEXT", true),
            ("INTEGER", "DECIMAL(3)", true),
            ("BOOLEAN", "INTEGER", true),
            ("DATETIME", "INT", true),
            ("DECIMAL(5, 2)", "BIGINT", true),
            ("DECIMAL(5, 2)", "TEXT", false),
            ("INTEGER", "REAL", false),
            ("TEXT", "INTEGER", false),
            ("TEXT", "", true),
            ("", "TEXT", false),
            ("REAL", "INTEGER", false),
        ] {
            assert_eq!(keeps_values(from, to), expected, "{from} to {to}");
        }
    }

    #[test]
    fn kinds_follow_the_declared_types() {
        for (type_name, expected) in [
            ("INTEGER", Kind::Integer),
            ("unsigned big int", Kind::Integer),
            ("INTERVAL", Kind::Other),
            ("BOOLEAN", Kind::Boolean),
            ("VARCHAR(20)", Kind::Other),
            ("double precision", Kind::Real),
            ("BLOB", Kind::Bytes),
            ("JSON", Kind::Json),
            ("DECIMAL(10,2)", Kind::Other),
            ("TIMESTAMP", Kind::Other),
            ("", Kind::Other),
        ] {
            assert_eq!(kind(type_name), expected, "{type_name}");
        }
    }
}
