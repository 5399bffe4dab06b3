//! What becomes of each column of a table in a copy of all its rows that takes its place.
//!
//! Pure. Which values a type keeps of another's, the caller says.

use super::TableCopy;
use crate::sql::{Copied, Value, Which};

/// What becomes of a column in a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// All its values are there.
    Kept,
    /// They were, and are written over.
    Overwritten(Which),
    /// Other values are there that come of it.
    Converted,
    /// It is not there.
    Lost,
}

impl TableCopy {
    /// Returns what becomes of the column at this place (0-based) of a table with these columns, each with
    /// its type: the best of what does, where the copy has it more than once.
    pub(crate) fn fate(
        &self,
        columns: &[(&str, &str)],
        place: usize,
        keeps_values: &dyn Fn(&str, &str) -> bool,
    ) -> Fate {
        let (column, of_type) = columns[place];
        let names = self.names(columns, place);
        let fates: Vec<Fate> = names
            .iter()
            .map(|name| self.fate_under(name, of_type, keeps_values))
            .collect();
        let best = [
            Fate::Kept,
            Fate::Overwritten(Which::Some),
            Fate::Overwritten(Which::Every),
            Fate::Converted,
        ];
        let best = best.into_iter().find(|fate| fates.contains(fate));
        best.unwrap_or_else(|| {
            if self.is_computed_with(column) {
                Fate::Converted
            } else {
                Fate::Lost
            }
        })
    }

    /// Returns what a column is called in the copy where that has its values as they were.
    fn names<'a>(&'a self, columns: &[(&'a str, &str)], place: usize) -> Vec<&'a str> {
        let (column, _) = columns[place];
        match &self.copied {
            Copied::Everything if self.columns.len() == columns.len() => {
                vec![self.columns[place].0.as_str()]
            }
            Copied::Everything => vec![column],
            Copied::Values(values) => {
                let names = values.iter().filter_map(|value| match value {
                    Value::Column { from, to } if is_same(from, column) => {
                        Some(to.as_deref().unwrap_or(column))
                    }
                    _ => None,
                });
                names.collect()
            }
        }
    }

    /// Returns what becomes of values by the type that the copy declares for them, and by what was
    /// written over there.
    fn fate_under(
        &self,
        name: &str,
        of_type: &str,
        keeps_values: &dyn Fn(&str, &str) -> bool,
    ) -> Fate {
        let declared = self.columns.iter().find(|(of, _)| is_same(of, name));
        // What is made of a query says no types.
        let declared = declared
            .map(|(_, declared)| declared)
            .filter(|declared| !declared.is_empty());
        if declared.is_some_and(|declared| !keeps_values(of_type, declared)) {
            return Fate::Converted;
        }
        let mut overwritten = self.overwritten.iter().filter(|(of, _)| is_same(of, name));
        let Some(first) = overwritten.next() else {
            return Fate::Kept;
        };
        let is_every = |(_, which): &(String, Which)| *which == Which::Every;
        Fate::Overwritten(if is_every(first) || overwritten.any(is_every) {
            Which::Every
        } else {
            Which::Some
        })
    }

    fn is_computed_with(&self, column: &str) -> bool {
        let Copied::Values(values) = &self.copied else {
            return false;
        };
        values.iter().any(|value| match value {
            Value::Computed(words) => words.iter().any(|word| is_same(word, column)),
            Value::Column { .. } => false,
        })
    }
}

fn is_same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}
