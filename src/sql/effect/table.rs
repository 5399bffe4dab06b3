//! What is in a new table.

use super::{ConstraintKind, Name};
use crate::sql::position::Span;

/// What is in a new table.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct TableBody {
    /// The columns with their types, in lower case; a type that is not named is "".
    pub(crate) columns: Vec<(String, String)>,
    /// The columns of each primary key and unique constraint, in order.
    pub(crate) keys: Vec<Vec<String>>,
    /// The foreign keys.
    pub(crate) references: Vec<ForeignKey>,
    /// Whether it is made of a query, and so has rows at once.
    pub(crate) of_query: bool,
    /// The constraints that rows are checked by.
    pub(crate) checks: Vec<Check>,
    /// The keys and checks that are given names.
    pub(crate) named: Vec<(String, ConstraintKind)>,
    /// Whether it is divided into partitions.
    pub(crate) partitioned: bool,
    /// By which columns it is; of an expression, nothing.
    pub(crate) divided_by: Vec<Option<String>>,
    /// The table that it is a partition of.
    pub(crate) partition_of: Option<Name>,
    /// Whether it is the partition of what has no other.
    pub(crate) is_default: bool,
}

/// A constraint that rows are checked by.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Check {
    /// Its name, where it is given one.
    pub(crate) name: Option<String>,
    /// The columns that it proves not to be null.
    pub(crate) not_null: Vec<String>,
    /// The names in it: of columns, and of whatever else.
    pub(crate) mentions: Vec<String>,
}

/// A foreign key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ForeignKey {
    /// The columns that refer.
    pub(crate) columns: Vec<String>,
    /// The table that they refer to.
    pub(crate) to: Name,
    /// What becomes of the row when the one that it refers to is deleted.
    pub(crate) on_delete: OnDelete,
    /// Where it stands in the script's text.
    pub(crate) span: Span,
}

/// What becomes of a row when the one that it refers to is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum OnDelete {
    /// The deletion is refused.
    #[default]
    Refuse,
    /// It is deleted too.
    Cascade,
    /// It refers to nothing any more, or to what is the default.
    Forget,
}
