//! What a table is like, as far as rows that come into it need to know.

use std::borrow::Cow;
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
    /// Reads `table` or `schema.table`. A part in double quotes is what stands in them, as it is in
    /// SQL: `"a.b"` is a table, and `billing."a.b"` one of a schema.
    pub(crate) fn parse(text: &str) -> Self {
        let (schema, name) = match unquoted(text) {
            Some((part, "")) => (None, part),
            Some((schema, rest)) if rest.starts_with('.') => (Some(schema), part(&rest[1..])),
            _ => match text.split_once('.') {
                None => (None, text.to_owned()),
                Some((schema, name)) => (Some(schema.to_owned()), part(name)),
            },
        };
        Self { schema, name }
    }

    /// Returns the name, quoted.
    pub(crate) fn quoted(&self) -> String {
        let name = quote_identifier(&self.name);
        match &self.schema {
            None => name,
            Some(schema) => format!("{}.{name}", quote_identifier(schema)),
        }
    }
}

/// Writes what [`TableName::parse`] reads to the same.
impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(schema) = &self.schema {
            write!(f, "{}.", shown(schema))?;
        }
        f.write_str(&shown(&self.name))
    }
}

/// Returns a part of a name, in quotes where it would be read as something else.
fn shown(part: &str) -> Cow<'_, str> {
    if part.contains('.') || part.starts_with('"') {
        quote_identifier(part).into()
    } else {
        part.into()
    }
}

fn part(text: &str) -> String {
    match unquoted(text) {
        Some((part, "")) => part,
        _ => text.to_owned(),
    }
}

/// Reads what stands in quotes at the beginning of a text, and returns what comes behind them.
fn unquoted(text: &str) -> Option<(String, &str)> {
    let mut rest = text.strip_prefix('"')?;
    let mut part = String::new();
    loop {
        let (before, behind) = rest.split_once('"')?;
        part += before;
        match behind.strip_prefix('"') {
            Some(behind) => {
                part.push('"');
                rest = behind;
            }
            None => return Some((part, behind)),
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
    /// Arrays, with a type for their elements.
    #[cfg_attr(
        not(feature = "postgres"),
        expect(dead_code, reason = "SQLite has no arrays")
    )]
    Array,
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
    /// What a query needs before the name so that rows of tables that inherit from it are none of its
    /// own: `ONLY `, or nothing.
    pub(crate) only: &'static str,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_as_it_is_written() {
        for (text, schema, name) in [
            ("users", None, "users"),
            ("billing.Users", Some("billing"), "Users"),
            ("\"a.b\"", None, "a.b"),
            ("billing.\"a.b\"", Some("billing"), "a.b"),
            ("\"my.own\".users", Some("my.own"), "users"),
            ("\"\"\"a\"", None, "\"a"),
            ("a\"b", None, "a\"b"),
        ] {
            let read = TableName::parse(text);
            assert_eq!((read.schema.as_deref(), &*read.name), (schema, name));
            assert_eq!(read.to_string(), text);
        }
    }

    #[test]
    fn quotes_that_are_needless_or_never_closed_change_nothing() {
        assert_eq!(TableName::parse("\"users\"").to_string(), "users");
        assert_eq!(TableName::parse("\"users").name, "\"users");
        assert_eq!(TableName::parse("\"a\"b").name, "\"a\"b");
    }
}
