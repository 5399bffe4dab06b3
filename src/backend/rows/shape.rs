//! What a table is like, as far as rows that come into it need to know.

use std::fmt;

use crate::backend::tables::quote_identifier;

/// A table's name as somebody wrote it, unquoted.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct TableName {
    /// `None` where the engine looks for it.
    pub(crate) schema: Option<String>,
    pub(crate) name: String,
}

impl TableName {
    /// Returns the name, quoted.
    pub(crate) fn quoted(&self) -> String {
        let name = quote_identifier(&self.name);
        match &self.schema {
            None => name,
            Some(schema) => format!("{}.{name}", quote_identifier(schema)),
        }
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.schema {
            None => write!(f, "{}", self.name),
            Some(schema) => write!(f, "{schema}.{}", self.name),
        }
    }
}

/// What kind of values a column takes, as far as a text has to be read for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Whole numbers.
    Integer,
    /// Numbers with a fraction, stored as binary ones.
    Real,
    /// Truth values.
    Boolean,
    /// Bytes.
    Bytes,
    /// JSON.
    Json,
    /// Anything else: the engine reads its text.
    Other,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of the catalog, and none follows from another"
)]
pub(crate) struct Column {
    pub(crate) name: String,
    /// As the engine writes it: `character varying(20)`, `INTEGER`.
    pub(crate) type_name: String,
    pub(crate) kind: Kind,
    pub(crate) nullable: bool,
    /// Whether the database fills it in where a row has no value for it.
    pub(crate) has_default: bool,
    /// Whether it is computed, so that no value can be given.
    pub(crate) computed: bool,
    /// Whether a row keeps the value that it was inserted with: an identity column that is generated
    /// always takes no other.
    pub(crate) fixed: bool,
    /// Whether values that are equal have the same bytes too: `1.0` and `1.00` have not.
    pub(crate) exact: bool,
    /// Whether a collation decides how its values are sorted.
    pub(crate) collated: bool,
}

/// Columns of which no two rows have the same values: the primary key, a unique constraint, or a
/// unique index over plain columns and all rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UniqueKey {
    pub(crate) columns: Vec<String>,
    pub(crate) primary: bool,
    /// Whether it is checked at once, so that `ON CONFLICT` may name it.
    pub(crate) immediate: bool,
}

/// A foreign key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reference {
    /// The constraint's name, where it has one.
    pub(crate) constraint: Option<String>,
    pub(crate) columns: Vec<String>,
    /// Schema and name, as in [`TableShape::name`].
    pub(crate) to: TableName,
    pub(crate) to_columns: Vec<String>,
    /// Whether its check can be put off to the commit.
    pub(crate) deferrable: bool,
}

/// A table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TableShape {
    /// Its real name, with its schema where the engine has some: two shapes of one table have the
    /// same name.
    pub(crate) name: TableName,
    /// In the table's order; dropped ones are left out.
    pub(crate) columns: Vec<Column>,
    /// The primary key first.
    pub(crate) keys: Vec<UniqueKey>,
    pub(crate) references: Vec<Reference>,
    /// Whether row security decides which rows this session sees and puts in, which no `COPY` does.
    pub(crate) row_security: bool,
    /// What an `INSERT` needs between columns and rows so that given values of identity columns
    /// are taken: `OVERRIDING SYSTEM VALUE`, or nothing.
    pub(crate) overriding: &'static str,
}

impl TableShape {
    /// Returns a column by its name.
    pub(crate) fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// Returns the primary key's columns, where there is one.
    pub(crate) fn primary_key(&self) -> Option<&[String]> {
        let primary = self.keys.iter().find(|key| key.primary)?;
        Some(&primary.columns)
    }

    /// Returns whether no two rows can have the same values of these columns, in whatever order.
    pub(crate) fn is_unique(&self, columns: &[String]) -> bool {
        self.keys_over(columns).next().is_some()
    }

    /// Returns the keys that consist of these columns, in whatever order.
    pub(crate) fn keys_over(&self, columns: &[String]) -> impl Iterator<Item = &UniqueKey> {
        self.keys.iter().filter(|key| {
            key.columns.len() == columns.len()
                && key.columns.iter().all(|column| columns.contains(column))
        })
    }

    /// Returns whether rows of it may refer to other rows of it.
    pub(crate) fn refers_to_itself(&self) -> bool {
        self.references
            .iter()
            .any(|reference| reference.to == self.name)
    }
}
