//! What a run costs: tables, columns and rows that are gone after it, and how much was in them.
//!
//! `steps` goes through a plan. `trace` knows from the statements' words what goes, purely; `count`
//! asks the database how much that is, and what goes along, `amount` how many.

mod amount;
mod count;
mod steps;
mod trace;

pub(crate) use steps::{everything, losses};
pub(crate) use trace::{Fate, TableCopy, rebuilt};
