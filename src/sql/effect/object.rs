//! What is made and dropped as a whole.

use super::Name;
use super::domain::DomainBody;
use super::table::TableBody;

/// What kind of object something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum ObjectKind {
    /// A table, a foreign one included.
    Table,
    /// A view, materialized or not.
    View,
    /// An index.
    Index,
    /// A sequence.
    Sequence,
    /// A type or a domain.
    Type,
    /// A function, a procedure or an aggregate.
    Routine,
    /// A schema.
    Schema,
    /// A whole database.
    Database,
    /// An extension.
    Extension,
    /// A trigger.
    Trigger,
    /// A policy of a table.
    Policy,
    /// A rule of a table.
    Rule,
    /// A role or a user.
    Role,
    /// Extended statistics of a table.
    Statistics,
    /// A server behind a foreign data wrapper.
    Server,
    /// A publication, a subscription, or whatever else has a name of its own.
    Named,
    /// Everything that a role owns.
    Owned,
    /// What has no name, such as a cast; or nothing that is known.
    Other,
}

/// An object that is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Created {
    /// What kind it is.
    pub(crate) kind: ObjectKind,
    /// Its name, where it has one.
    pub(crate) name: Option<Name>,
    /// The table that it belongs to, of what belongs to one.
    pub(crate) on: Option<Name>,
    /// Whether it is gone with the session.
    pub(crate) temporary: bool,
    /// Whether one that exists is left, or replaced.
    pub(crate) or_existing: bool,
    /// Whether it is a view that has rows of its own.
    pub(crate) materialized: bool,
    /// What is in a table.
    pub(crate) table: TableBody,
    /// What an index is of.
    pub(crate) index: IndexBody,
    /// What a domain is made of.
    pub(crate) domain: Option<DomainBody>,
}

/// What an index is of.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct IndexBody {
    /// Its columns in order; of an expression, nothing.
    pub(crate) columns: Vec<Option<String>>,
    /// The names in it and in its condition: of columns, and of whatever else.
    pub(crate) mentions: Vec<String>,
    /// Whether rows may be equal in them.
    pub(crate) unique: bool,
    /// Whether it leaves rows out.
    pub(crate) partial: bool,
    /// The columns whose nulls are all that it leaves out.
    pub(crate) leaves_nulls_of: Vec<String>,
    /// How it is kept, in lower case, where that is said.
    pub(crate) method: Option<String>,
    /// Whether it is built beside writers.
    pub(crate) concurrently: bool,
}

/// Objects that are dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dropped {
    /// What kind they are.
    pub(crate) kind: ObjectKind,
    /// Their names.
    pub(crate) names: Vec<Name>,
    /// The table that a trigger, a policy or a rule is of.
    pub(crate) on: Option<Name>,
    /// Whether one that does not exist is no error.
    pub(crate) if_exists: bool,
    /// Whether what depends on them goes with them.
    pub(crate) cascade: bool,
    /// Whether others may go on using the table meanwhile.
    pub(crate) concurrently: bool,
}
