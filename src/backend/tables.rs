//! Where Diesel's table and this tool's own are, by their qualified names.
//!
//! A migration may change `search_path`; a qualified name does not care.

/// Diesel's own table, the truth of what is applied.
pub(crate) const DIESEL_TABLE: &str = "__diesel_schema_migrations";
/// One row for each attempt.
pub(crate) const HISTORY_TABLE: &str = "__dieselkit_history";
/// A column of the history that the first versions did not make, as it stands among the tables.
pub(crate) const BACKUP_COLUMN: &str = "__dieselkit_history.backup";
/// Likewise: one of the columns of the strongest lock, which came together.
pub(crate) const LOCK_COLUMN: &str = "__dieselkit_history.lock_mode";
/// Keys and values about the database itself.
pub(crate) const METADATA_TABLE: &str = "__dieselkit_metadata";

/// One row for each attempt to run a seed; made when it is first needed.
pub(crate) const SEEDS_TABLE: &str = "__dieselkit_seeds";

/// How the names of this tool's own tables begin.
const OWN: &str = "__dieselkit_";

/// Returns whether a table of this name is one that this tool or Diesel keeps, in whatever case.
pub(crate) fn is_bookkeeping(table: &str) -> bool {
    let name = table.to_ascii_lowercase();
    name == DIESEL_TABLE || name.starts_with(OWN)
}

/// The schema that holds the tables, and which of them are there.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each says of one table, or column, whether it is there"
)]
pub(crate) struct Tables {
    /// The schema, unquoted.
    pub(crate) schema: String,
    /// Whether Diesel's table exists.
    pub(crate) has_diesel: bool,
    /// Whether the history exists.
    pub(crate) has_history: bool,
    /// Whether the history has a column for backups.
    pub(crate) has_backup_column: bool,
    /// Whether the history has the columns for the strongest lock.
    pub(crate) has_lock_columns: bool,
    /// Whether the metadata exist.
    pub(crate) has_metadata: bool,
    /// Whether the table of seeds exists.
    pub(crate) has_seeds: bool,
}

impl Tables {
    /// Returns the tables of a schema of which these exist.
    pub(crate) fn among(schema: String, existing: &[String]) -> Self {
        let has = |name: &str| existing.iter().any(|table| table == name);
        Self {
            schema,
            has_diesel: has(DIESEL_TABLE),
            has_history: has(HISTORY_TABLE),
            has_backup_column: has(BACKUP_COLUMN),
            has_lock_columns: has(LOCK_COLUMN),
            has_metadata: has(METADATA_TABLE),
            has_seeds: has(SEEDS_TABLE),
        }
    }

    /// Returns what there is where no schema is for them.
    pub(crate) fn nowhere() -> Self {
        Self::among(String::new(), &[])
    }

    /// Returns whether there is a schema for them.
    pub(crate) fn have_a_place(&self) -> bool {
        !self.schema.is_empty()
    }

    /// Returns the qualified names of those that exist, quoted.
    pub(crate) fn existing(&self) -> Vec<String> {
        let existing = self.existing_names();
        existing.map(|table| self.qualified(table)).collect()
    }

    /// Returns the names of those that exist.
    pub(crate) fn existing_names(&self) -> impl Iterator<Item = &'static str> {
        let all = [
            (self.has_diesel, DIESEL_TABLE),
            (self.has_history, HISTORY_TABLE),
            (self.has_metadata, METADATA_TABLE),
            (self.has_seeds, SEEDS_TABLE),
        ];
        let existing = all.into_iter().filter(|(exists, _)| *exists);
        existing.map(|(_, table)| table)
    }

    /// Returns whether all of them exist that migrations need, with every column.
    pub(crate) fn complete(&self) -> bool {
        let has_columns = self.has_backup_column && self.has_lock_columns;
        self.has_diesel && self.has_history && has_columns && self.has_metadata
    }

    /// Returns the prefix that qualifies a name, quoted: `"public".`.
    pub(crate) fn prefix(&self) -> String {
        format!("{}.", quote_identifier(&self.schema))
    }

    /// Returns the qualified name of a table, quoted.
    pub(crate) fn qualified(&self, table: &str) -> String {
        format!("{}{}", self.prefix(), quote_identifier(table))
    }
}

/// Quotes a name as both engines do, after the SQL standard.
pub(crate) fn quote_identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_qualified_and_quoted() {
        let tables = Tables::among("my \"app\"".to_owned(), &[HISTORY_TABLE.to_owned()]);
        assert_eq!(
            tables.qualified(HISTORY_TABLE),
            "\"my \"\"app\"\"\".\"__dieselkit_history\""
        );
        assert!(tables.has_history && !tables.has_diesel && !tables.complete());
    }
}
