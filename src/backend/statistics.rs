//! What a database holds, roughly: its tables with their sizes, and the types of their columns.

use super::error::During;
use super::query::{Query, Row};
use super::{Backend, BackendError, DatabaseError};

/// What a table holds, roughly.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct TableStatistics {
    /// The table's name, qualified where it is not in the schema of this tool's tables.
    pub name: String,
    /// The rows: counted on `SQLite`, the planner's estimate on `PostgreSQL` (`None`: never
    /// analyzed).
    pub rows: Option<i64>,
    /// Its size with indexes and out-of-line values, in bytes, where the engine tells.
    pub bytes: Option<i64>,
}

/// Of which type a column is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnType {
    /// The table's name, as [`TableStatistics::name`] has it.
    pub table: String,
    /// The column's.
    pub column: String,
    /// The type, as the engine writes it.
    pub of_type: String,
}

impl ColumnType {
    /// Asks with a query of table, column and type.
    pub(super) fn load(
        backend: &mut dyn Backend,
        query: &Query,
    ) -> Result<Vec<Self>, BackendError> {
        let rows = backend.load(query).during("ask for the columns' types")?;
        let column = |row: &Row| {
            Ok(Self {
                table: row.text(0)?,
                column: row.text(1)?,
                of_type: row.text(2)?,
            })
        };
        let columns: Result<_, DatabaseError> = rows.iter().map(column).collect();
        columns.during("read the columns' types")
    }
}

/// What a database holds, roughly.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Statistics {
    /// The engine and its version.
    pub server_version: String,
    /// The size of the database, in bytes.
    pub database_bytes: i64,
    /// Its tables, by name.
    pub tables: Vec<TableStatistics>,
}
