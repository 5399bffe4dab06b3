//! A row that is being made: its values, and what they were taken from.
//!
//! Pure.

use std::cmp::Ordering;

use super::asked::Pair;
use super::check::Comparison;
use crate::backend::rows::{Field, RowBlock};

/// A row that is being made.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub(super) values: Vec<Value>,
    /// For each group the row of its pool.
    pub(super) referred: Vec<Option<usize>>,
    /// For each kind of combination the places of its parts.
    pub(super) combined: Vec<Vec<i64>>,
}

/// A value that is being made.
#[derive(Debug, Default, Clone)]
pub(super) struct Value {
    pub(super) text: String,
    pub(super) is_null: bool,
    /// Its number, where it has an order.
    pub(super) order: Option<i64>,
}

impl Draft {
    /// Adds the row to a block that lacks only its end.
    pub(super) fn push(&self, block: &mut RowBlock) {
        for value in &self.values {
            block.push(if value.is_null {
                Field::Null
            } else {
                Field::Text(&value.text)
            });
        }
    }

    /// Returns whether two of the values compare as they should, as far as that can be told.
    pub(super) fn fulfils(&self, pair: &Pair) -> bool {
        let (left, right) = (&self.values[pair.left], &self.values[pair.right]);
        if left.is_null || right.is_null {
            return true;
        }
        match (left.order, right.order) {
            (Some(left), Some(right)) => pair.comparison.holds(left.cmp(&right)),
            _ if left.text == right.text => pair.comparison.holds(Ordering::Equal),
            // Which of two texts comes first, is for the database to say.
            _ => pair.comparison != Comparison::Equal,
        }
    }
}
