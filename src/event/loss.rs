//! What a run takes away for good: tables, columns and rows.
//!
//! Pure. What is lost, and how much it is, is found out by whoever knows the plan.

use serde::Serialize;

use super::{Blocked, Direction};
use crate::version::Version;

/// Something that a statement takes away for good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Loss {
    /// The migration's version; none of a reset, which drops without any.
    pub version: Option<Version>,
    /// Which way it goes then; likewise.
    pub direction: Option<Direction>,
    /// The file of the statement, as it was found; likewise.
    pub file: Option<String>,
    /// The line where the statement begins, 1-based; likewise.
    pub line: Option<usize>,
    /// What it takes.
    #[serde(flatten)]
    pub lost: Lost,
    /// Who kept it from being counted, where others were in the way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blocked: Option<Blocked>,
}

/// What is lost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Lost {
    /// A table with its rows.
    Table {
        /// The table, qualified where its schema is not the usual one.
        table: String,
        /// Its rows.
        rows: Amount,
    },
    /// All rows of a table.
    AllRows {
        /// The table.
        table: String,
        /// Its rows.
        rows: Amount,
    },
    /// Those rows of a table that a condition picks, or that refer to others that are lost.
    SomeRows {
        /// The table.
        table: String,
        /// All of its rows, or all that refer to any: so many are lost at most.
        rows: Amount,
    },
    /// A column with its values.
    Column {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// Its values that are not null.
        values: Amount,
    },
    /// Those values of a column whose rows refer to others that are lost.
    SomeValues {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// All of its values that are not null: so many are lost at most.
        values: Amount,
    },
    /// What a column has in all rows before it is written over.
    Overwritten {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// Its values that are not null.
        values: Amount,
    },
    /// What a column has in some rows before it is written over.
    SomeOverwritten {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// All of its values that are not null: so many are lost at most.
        values: Amount,
    },
    /// What a column's values had and their new type cannot hold.
    Conversion {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// Its values that are not null, and are converted.
        values: Amount,
    },
    /// What a trigger, or a rule, takes away that runs where rows are written.
    Triggered {
        /// The table, or the view, that has it.
        table: String,
        /// Its name.
        trigger: String,
        /// What its words say that it does.
        deed: TriggerDeed,
    },
    /// Nobody can tell by the statement's words.
    Unknown {
        /// The statement's first words.
        statement: String,
    },
}

/// What the words of a trigger, or of a rule, say that it does to rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TriggerDeed {
    /// It deletes rows, or drops what holds some.
    Deletes,
    /// It writes over rows, and deletes none.
    Overwrites,
    /// Nobody can tell.
    Untold,
}

/// How many rows or values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Amount {
    /// How many; `None` where nobody knows.
    pub count: Option<u64>,
    /// How far that is to be trusted.
    pub certainty: Certainty,
}

/// How far a number is to be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Certainty {
    /// It was counted.
    Exact,
    /// There are too many to count, and the engine guesses so.
    Estimated,
    /// There are too many to count: more than that.
    MoreThan,
    /// It could not be counted, for want of a privilege for example.
    Unknown,
}

impl Amount {
    /// Returns whether it is known that there are none.
    pub fn is_none(self) -> bool {
        self.certainty == Certainty::Exact && self.count == Some(0)
    }
}

impl Lost {
    /// Returns how much it is, where anybody knows what it is.
    pub fn amount(&self) -> Option<Amount> {
        match self {
            Self::Table { rows, .. } | Self::AllRows { rows, .. } | Self::SomeRows { rows, .. } => {
                Some(*rows)
            }
            Self::Column { values, .. }
            | Self::SomeValues { values, .. }
            | Self::Overwritten { values, .. }
            | Self::SomeOverwritten { values, .. }
            | Self::Conversion { values, .. } => Some(*values),
            Self::Triggered { .. } | Self::Unknown { .. } => None,
        }
    }

    /// Returns whether rows or values are known to be lost, or could not be counted, as those that a
    /// trigger plainly deletes never are. What only may be lost is none.
    pub fn loses_data(&self) -> bool {
        let deed = TriggerDeed::Deletes;
        matches!(self, Self::Triggered { deed: its, .. } if *its == deed)
            || self.amount().is_some_and(|amount| !amount.is_none())
    }
}
