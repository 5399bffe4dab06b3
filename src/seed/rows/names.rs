//! The names of a file's columns: each there, and none twice.

use std::collections::HashSet;

use crate::backend::rows::RowError;
use crate::sql::Position;

/// Refuses no names at all, an empty name, and one that is there twice.
pub(super) fn check(names: &[String], position: Option<Position>) -> Result<(), RowError> {
    match fault(names) {
        None => Ok(()),
        Some(message) => Err(RowError {
            position,
            column: None,
            message,
        }),
    }
}

fn fault(names: &[String]) -> Option<String> {
    if names.is_empty() {
        return Some("no column is named".to_owned());
    }
    let mut seen = HashSet::new();
    for (index, name) in names.iter().enumerate() {
        if name.is_empty() {
            return Some(format!("column {} has no name", index + 1));
        }
        if !seen.insert(name) {
            return Some(format!("column `{name}` is named twice"));
        }
    }
    None
}
