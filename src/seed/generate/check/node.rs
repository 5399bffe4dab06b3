//! An expression of SQL, and what of it is a column, a value, or a text's length.
//!
//! Pure.

use super::{Case, Comparison};

/// An expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Node {
    /// A column, or `VALUE`, unquoted.
    Column(String),
    /// A number, a text or a truth value, as text.
    Literal(String),
    Call(String, Vec<Node>),
    /// What stands in `ARRAY[…]` or between the parentheses of `IN`.
    List(Vec<Node>),
    /// A value taken for one of another type.
    Cast(Box<Node>, String),
    Compare(Box<Node>, Comparison, Box<Node>),
    And(Vec<Node>),
    Or(Vec<Node>),
    Not(Box<Node>),
    IsNull(Box<Node>),
    In(Box<Node>, Vec<Node>),
    /// Something else.
    Unknown,
}

/// Types to which a column may be cast without another value coming of it.
const TRANSPARENT: [&str; 6] = [
    "text",
    "character varying",
    "bpchar",
    "numeric",
    "double precision",
    "bigint",
];
/// What counts a text's characters.
const LENGTHS: [&str; 3] = ["length", "char_length", "character_length"];
/// What does not change a text without blanks around it, beside its letters.
const TRIMS: [&str; 2] = ["trim", "btrim"];
impl Node {
    /// Returns the column that it is.
    pub(super) fn column(&self) -> Option<&str> {
        match self {
            Self::Column(name) => Some(name),
            Self::Cast(inner, to) if TRANSPARENT.contains(&to.as_str()) => inner.column(),
            _ => None,
        }
    }

    /// Returns the value that it is; what a text is cast to is the column's type.
    pub(super) fn literal(&self) -> Option<&str> {
        match self {
            Self::Literal(text) => Some(text),
            Self::Cast(inner, _) => inner.literal(),
            _ => None,
        }
    }

    /// Returns the column whose characters it counts.
    pub(super) fn measured(&self) -> Option<&str> {
        match self {
            Self::Call(name, arguments) if LENGTHS.contains(&name.as_str()) => arguments
                .first()
                .filter(|_| arguments.len() == 1)?
                .trimmed(),
            Self::Cast(inner, _) => inner.measured(),
            _ => None,
        }
    }

    fn trimmed(&self) -> Option<&str> {
        match self {
            Self::Call(name, arguments) if TRIMS.contains(&name.as_str()) => arguments
                .first()
                .filter(|_| arguments.len() == 1)?
                .trimmed(),
            other => other.column(),
        }
    }

    /// Returns how it writes a column's letters.
    pub(super) fn letters_of(&self, column: &str) -> Option<Case> {
        let Self::Call(name, arguments) = self else {
            return None;
        };
        let [of] = arguments.as_slice() else {
            return None;
        };
        match name.as_str() {
            "lower" if of.column() == Some(column) => Some(Case::Lower),
            "upper" if of.column() == Some(column) => Some(Case::Upper),
            _ => None,
        }
    }

    /// Returns what stands in a list.
    pub(super) fn values(self) -> Option<Vec<Self>> {
        match self {
            Self::List(values) => Some(values),
            Self::Cast(inner, _) => inner.values(),
            _ => None,
        }
    }
}
