//! What a copy has not that takes a table's place.

use super::kinds::{
    OfColumn, converted_column, lost_column, overwritten_column, overwritten_values,
};
use super::names::table_name;
use super::{Count, Found, Shape};
use crate::backend::rows::{Column, TableShape};
use crate::backend::{Backend, DatabaseError};
use crate::migration::loss::trace::TableCopy;
use crate::sql::{Copied, Value, Which};

impl Count<'_> {
    /// Counts what of each column is not in the copy.
    pub(super) fn rebuilt(&mut self, copy: &TableCopy) -> Result<Vec<Found>, DatabaseError> {
        let shape = match self.shape(&table_name(&copy.from))? {
            // A copy has only the rows that its maker sees.
            Shape::Read(shape) if !shape.row_security => shape,
            _ => return self.gone(&copy.from),
        };
        let mut lost = Vec::new();
        for (place, column) in shape.columns.iter().enumerate() {
            if column.computed {
                continue;
            }
            let of_column: OfColumn = match fate(self.counter.backend, &shape, place, copy) {
                Fate::Kept => continue,
                Fate::Overwritten(Which::Some) => overwritten_values,
                Fate::Overwritten(Which::Every) => overwritten_column,
                Fate::Converted => converted_column,
                Fate::Lost => lost_column,
            };
            lost.push(self.values(&shape, &column.name, of_column)?);
        }
        Ok(lost)
    }
}

/// What becomes of a column in a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Kept,
    Overwritten(Which),
    Converted,
    Lost,
}

/// Returns the best fate of those that a column has in a copy, which may have it more than once.
fn fate(backend: &dyn Backend, shape: &TableShape, place: usize, copy: &TableCopy) -> Fate {
    let column = &shape.columns[place];
    let names = names_in_copy(shape, place, copy);
    let fates: Vec<Fate> = names
        .iter()
        .map(|name| fate_under(backend, column, name, copy))
        .collect();
    let best = [
        Fate::Kept,
        Fate::Overwritten(Which::Some),
        Fate::Overwritten(Which::Every),
        Fate::Converted,
    ];
    let best = best.into_iter().find(|fate| fates.contains(fate));
    best.unwrap_or_else(|| {
        if is_computed_with(column, &copy.copied) {
            Fate::Converted
        } else {
            Fate::Lost
        }
    })
}

/// Returns what a column is called in the copy that has its values as they were.
fn names_in_copy<'a>(shape: &'a TableShape, place: usize, copy: &'a TableCopy) -> Vec<&'a str> {
    let column = shape.columns[place].name.as_str();
    match &copy.copied {
        Copied::Everything if copy.columns.len() == shape.columns.len() => {
            vec![copy.columns[place].0.as_str()]
        }
        Copied::Everything => vec![column],
        Copied::Values(values) => {
            let names = values.iter().filter_map(|value| match value {
                Value::Column { from, to } if from.eq_ignore_ascii_case(column) => {
                    Some(to.as_deref().unwrap_or(column))
                }
                _ => None,
            });
            names.collect()
        }
    }
}

/// Returns what becomes of a column by the type that the copy declares for it, and by what was written
/// over there.
fn fate_under(backend: &dyn Backend, column: &Column, name: &str, copy: &TableCopy) -> Fate {
    let declared = copy.columns.iter().find(|(of, _)| is_same(of, name));
    // What is made of a query says no types.
    let declared = declared
        .map(|(_, of_type)| of_type)
        .filter(|it| !it.is_empty());
    let converts = declared.is_some_and(|it| !backend.keeps_values(&column.type_name, it));
    if converts {
        return Fate::Converted;
    }
    let mut overwritten = copy.overwritten.iter().filter(|(of, _)| is_same(of, name));
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

fn is_same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

fn is_computed_with(column: &Column, copied: &Copied) -> bool {
    let Copied::Values(values) = copied else {
        return false;
    };
    values.iter().any(|value| match value {
        Value::Computed(words) => words.iter().any(|word| is_same(word, &column.name)),
        Value::Column { .. } => false,
    })
}
