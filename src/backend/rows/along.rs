//! What other tables lose when rows of one are taken away.

use super::TableName;
use crate::backend::error::DatabaseError;
use crate::backend::query::Row;

/// How rows are taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Removal {
    /// Their table is dropped.
    Drop,
    /// Their table is dropped, and so is whatever depends on it.
    DropCascade,
    /// They are deleted.
    Delete,
    /// Their table is truncated, and so is whatever refers to it.
    Truncate,
}

/// Whether foreign keys are checked meanwhile, as far as the engine asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ForeignKeyChecks {
    /// As the session has it.
    Usual,
    /// They are switched off.
    Off,
}

/// What becomes of a table that refers to another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Suffered {
    /// It goes, too.
    #[cfg_attr(
        not(feature = "postgres"),
        expect(dead_code, reason = "only tables of PostgreSQL inherit")
    )]
    Table,
    /// It is truncated, too.
    Everything,
    /// Rows that refer to others that go, go as well.
    Rows,
    /// They lose what they refer by.
    Values,
}

/// A table that refers to another one, by one constraint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AlongWith {
    /// Its real name.
    pub(crate) table: TableName,
    /// The columns that refer; none where the whole table depends on the other one.
    pub(crate) columns: Vec<String>,
    pub(crate) suffered: Suffered,
}

/// Reads rows of schema, table, column, constraint and `Rows` as a truth value, sorted by
/// constraint.
pub(crate) fn read(rows: &[Row], removal: Removal) -> Result<Vec<AlongWith>, DatabaseError> {
    let of_one = |one: &Row, other: &Row| one.text(3) == other.text(3);
    let constraints = rows.chunk_by(of_one);
    constraints
        .map(|rows| {
            let columns = rows.iter().map(|row| row.text(2));
            Ok(AlongWith {
                table: TableName {
                    schema: Some(rows[0].text(0)?),
                    name: rows[0].text(1)?,
                },
                columns: columns.collect::<Result<_, _>>()?,
                suffered: match (removal, rows[0].boolean(4)?) {
                    (Removal::Truncate, _) => Suffered::Everything,
                    (_, true) => Suffered::Rows,
                    (_, false) => Suffered::Values,
                },
            })
        })
        .collect()
}
