//! What runs by itself where rows are written.

use super::TableName;

/// A trigger, or a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Trigger {
    /// Whose it is: a table's, or a view's.
    pub(crate) table: TableName,
    pub(crate) name: String,
    /// What it runs, where that is written in SQL, or in a language around it.
    pub(crate) body: Option<String>,
}
