//! Names of objects, as statements mean them.

use std::fmt;

/// The name of an object, as the database takes it: without quotes, and in lower case where case has
/// no meaning.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Name {
    /// What stands before the last dot; `None` where the engine looks for it.
    pub(crate) schema: Option<String>,
    /// What stands behind it.
    pub(crate) name: String,
}

impl Name {
    /// Returns whether both may be of one object: a schema that one of them leaves out is any.
    pub(crate) fn may_be(&self, other: &Self) -> bool {
        let same_schema = match (&self.schema, &other.schema) {
            (Some(one), Some(other)) => one == other,
            _ => true,
        };
        self.name == other.name && same_schema
    }
}

impl fmt::Display for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(schema) = &self.schema {
            write!(formatter, "{schema}.")?;
        }
        formatter.write_str(&self.name)
    }
}
