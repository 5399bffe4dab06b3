//! What is done to a table that is there.

use super::Name;
use super::table::{Check, ForeignKey};
use crate::sql::words::Words;

/// One action on a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Altered {
    /// The table.
    pub(crate) table: Name,
    /// Whether a table that does not exist is no error.
    pub(crate) if_exists: bool,
    /// What is done to it.
    pub(crate) action: Action,
}

/// What is done to a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Action {
    /// A column is added.
    AddColumn(AddedColumn),
    /// A column is dropped.
    DropColumn {
        /// The column.
        column: String,
        /// Whether one that does not exist is no error.
        if_exists: bool,
    },
    /// A column gets another type.
    SetType {
        /// The column.
        column: String,
        /// The type, in lower case.
        to: String,
        /// The words of the expression that says what values become, in lower case.
        using: Option<Vec<String>>,
    },
    /// A column is no longer to be null.
    SetNotNull {
        /// The column.
        column: String,
    },
    /// A column may be null again.
    DropNotNull {
        /// The column.
        column: String,
    },
    /// A constraint is added.
    AddConstraint(AddedConstraint),
    /// A constraint is dropped.
    DropConstraint {
        /// The constraint.
        name: String,
        /// Whether one that does not exist is no error.
        if_exists: bool,
    },
    /// A constraint that was not checked is.
    ValidateConstraint {
        /// The constraint.
        name: String,
    },
    /// A constraint is renamed.
    RenameConstraint {
        /// What it was called.
        from: String,
        /// What it is called.
        to: String,
    },
    /// A table becomes a partition.
    AttachPartition {
        /// The table that does.
        partition: Name,
        /// Whether it holds what has no other partition.
        is_default: bool,
    },
    /// A partition becomes a table of its own.
    DetachPartition {
        /// The table that does.
        partition: Name,
    },
    /// A column is renamed.
    RenameColumn {
        /// What it was called.
        from: String,
        /// What it is called.
        to: String,
    },
    /// The table is renamed.
    RenameTo {
        /// What it is called.
        to: String,
    },
    /// Something else, by its first words, in upper case; of a column, without its name.
    Other(String),
}

/// A column that is added to a table.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a word that stands there, or not"
)]
pub(crate) struct AddedColumn {
    /// Its name.
    pub(crate) name: String,
    /// Its type, in lower case; one that is not named is "".
    pub(crate) of_type: String,
    /// Whether one that exists is no error.
    pub(crate) if_not_exists: bool,
    /// Whether it may not be null.
    pub(crate) not_null: bool,
    /// What it is where nobody says: none, or the words of it in upper case.
    pub(crate) default: Option<String>,
    /// Whether it is unique or the primary key.
    pub(crate) key: bool,
    /// Whether the values are computed and stored.
    pub(crate) stored: bool,
    /// Whether each row gets a number of its own.
    pub(crate) numbered: bool,
    /// Whether a constraint checks the values.
    pub(crate) checked: bool,
    /// What it refers to.
    pub(crate) references: Option<ForeignKey>,
}

/// What a constraint asks of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ConstraintKind {
    /// An expression.
    Check,
    /// That no two are equal.
    Unique,
    /// That, and that none is null.
    PrimaryKey,
    /// That what they refer to exists.
    ForeignKey,
    /// That no two get into each other's way.
    Exclusion,
    /// Something else.
    Other,
}

/// What begins a constraint.
const CONSTRAINTS: [(&str, ConstraintKind); 6] = [
    ("CHECK", ConstraintKind::Check),
    ("UNIQUE", ConstraintKind::Unique),
    ("PRIMARY", ConstraintKind::PrimaryKey),
    ("FOREIGN", ConstraintKind::ForeignKey),
    ("REFERENCES", ConstraintKind::ForeignKey),
    ("EXCLUDE", ConstraintKind::Exclusion),
];

impl ConstraintKind {
    /// Returns the kind of the constraint that begins here.
    pub(super) fn of(words: &Words<'_>) -> Option<Self> {
        let known = CONSTRAINTS.iter().find(|(word, _)| words.is(word));
        known.map(|(_, kind)| *kind)
    }
}

/// A constraint that is added to a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AddedConstraint {
    /// What it asks.
    pub(crate) kind: ConstraintKind,
    /// Its name, where it is given one.
    pub(crate) name: Option<String>,
    /// Of a key, its columns; of one that takes an index over, none.
    pub(crate) columns: Vec<String>,
    /// Of a check, what it asks.
    pub(crate) check: Check,
    /// Of a foreign key, what it refers to.
    pub(crate) references: Option<ForeignKey>,
    /// Whether the rows that are there are left unchecked.
    pub(crate) not_valid: bool,
    /// Whether it takes over an index that is there.
    pub(crate) using_index: bool,
}
