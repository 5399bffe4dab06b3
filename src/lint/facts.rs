//! What a database says that the files do not.

use crate::backend::{ColumnType, Division, Extent, Statistics, TableStatistics};
use crate::migration::{CheckReport, FindingKind, Place};
use crate::sql::effect::Name;

/// What is known of the database that the migrations are meant for.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    server_version: Option<String>,
    tables: Option<Vec<TableStatistics>>,
    columns: Vec<ColumnType>,
    extents: Vec<Extent>,
    definitions: Vec<String>,
    home_schema: Option<String>,
    /// The places that its parser refuses; none where it was not asked.
    refused: Option<Vec<(Place, String)>>,
}

impl Facts {
    /// Takes what a database said of its version and its tables.
    pub fn of(statistics: &Statistics) -> Self {
        // The number stands behind the engine's name.
        let version = statistics.server_version.split_once(' ');
        Self {
            server_version: version.map(|(_, number)| number.to_owned()),
            tables: Some(statistics.tables.clone()),
            ..Self::default()
        }
    }

    /// Tells of which types the columns are.
    #[must_use]
    pub fn with_columns(mut self, columns: Vec<ColumnType>) -> Self {
        self.columns = columns;
        self
    }

    /// Tells how far the tables reach.
    #[must_use]
    pub fn with_extents(mut self, extents: Vec<Extent>) -> Self {
        self.extents = extents;
        self
    }

    /// Tells what the database has, as the statements that would make it.
    #[must_use]
    pub fn with_definitions(mut self, definitions: Vec<String>) -> Self {
        self.definitions = definitions;
        self
    }

    /// Tells in which schema names stand that say none; `None` where the database has no such.
    #[must_use]
    pub fn with_home_schema(mut self, schema: Option<String>) -> Self {
        self.home_schema = schema;
        self
    }

    /// Takes what the database's own parser said of all files.
    #[must_use]
    pub fn with_check(mut self, checked: &CheckReport) -> Self {
        let findings = checked.findings.iter();
        let of_syntax = findings.filter(|finding| finding.kind == FindingKind::Syntax);
        let refused =
            of_syntax.filter_map(|finding| Some((finding.place.clone()?, finding.message.clone())));
        self.refused = Some(refused.collect());
        self
    }

    /// Takes tables for known, with so many rows each; none at all for unknown.
    #[cfg(test)]
    pub(super) fn of_example(version: Option<&str>, rows: &[(&str, i64)]) -> Self {
        let table = |(name, rows): &(&str, i64)| TableStatistics {
            name: (*name).to_owned(),
            rows: Some(*rows),
            bytes: None,
        };
        Self {
            server_version: version.map(str::to_owned),
            tables: (!rows.is_empty()).then(|| rows.iter().map(table).collect()),
            ..Self::default()
        }
    }

    /// Returns the server's version, such as `17.5`.
    pub fn server_version(&self) -> Option<&str> {
        self.server_version.as_deref()
    }

    /// Returns the statements that would make what the database has.
    pub(super) fn definitions(&self) -> &[String] {
        &self.definitions
    }

    /// Returns the schema of names that say none; `None` where the database was not asked.
    pub(super) fn home_schema(&self) -> Option<&str> {
        self.home_schema.as_deref()
    }

    /// Returns the places that the database's parser refuses; `None` where nobody asked it.
    pub(super) fn refused(&self) -> Option<&[(Place, String)]> {
        self.refused.as_deref()
    }

    /// Returns whether the tables are known.
    pub(super) fn knows_tables(&self) -> bool {
        self.tables.is_some()
    }

    /// Returns what is known of a table.
    pub(super) fn table(&self, name: &Name) -> Option<&TableStatistics> {
        let mut known = self.tables.iter().flatten();
        known.find(|table| is_named(&table.name, name))
    }

    /// Returns how far a table reaches, where the database guesses.
    pub(super) fn extent(&self, name: &Name) -> Option<&Extent> {
        let mut known = self.extents.iter();
        known.find(|extent| is_named(&extent.name, name))
    }

    /// Returns whether a table, or an index, is divided into partitions in the database.
    pub(super) fn is_partitioned(&self, name: &Name) -> bool {
        let extent = self.extent(name);
        extent.is_some_and(|extent| extent.division == Division::Partitioned)
    }

    /// Returns whether the columns are known.
    pub(super) fn knows_columns(&self) -> bool {
        !self.columns.is_empty()
    }

    /// Returns the tables with columns of such a type, in lower case.
    pub(super) fn tables_of_type(&self, is_it: impl Fn(&str) -> bool) -> Vec<Name> {
        let columns = self.columns.iter();
        let of_type = columns.filter(|column| is_it(&column.of_type.to_lowercase()));
        of_type.map(|column| name_of(&column.table)).collect()
    }

    /// Returns the columns of a table with their types, in order; none of a table that is not there.
    pub(super) fn columns(&self, table: &Name) -> Vec<(&str, &str)> {
        let columns = self.columns.iter();
        let columns = columns.filter(|column| is_named(&column.table, table));
        columns
            .map(|column| (column.column.as_str(), column.of_type.as_str()))
            .collect()
    }
}

/// Reads a name of the database, with its schema where that is another than ours.
fn name_of(known: &str) -> Name {
    let known = known.replace('"', "");
    let (schema, name) = match known.rsplit_once('.') {
        Some((schema, name)) => (Some(schema.to_owned()), name.to_owned()),
        None => (None, known),
    };
    Name { schema, name }
}

/// Returns whether a name of the database, with its schema where that is another than ours, may be
/// this one.
fn is_named(known: &str, name: &Name) -> bool {
    let same = |one: &str, other: &str| one.to_lowercase() == other.to_lowercase();
    let known = name_of(known);
    let same_schema = match (&known.schema, &name.schema) {
        (Some(known), Some(written)) => same(known, written),
        _ => true,
    };
    same_schema && same(&known.name, &name.name)
}
