//! What is learned of the keys of rows by reading them.

use super::Load;
use super::fault::{Culprit, Fault};
use crate::backend::error::DatabaseError;
use crate::backend::rows::{Field, Kind, RowBlock};

/// What is known of the keys from reading them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyOrder {
    /// Each is larger than the one before: no two are the same.
    Ascending,
    /// Nothing.
    Any,
}

/// The keys of the rows that were seen.
pub(super) struct Keys<'a> {
    columns: &'a [String],
    /// Where the key's columns stand in a row.
    places: Vec<usize>,
    ascent: Ascent,
}

impl<'a> Keys<'a> {
    pub(super) fn of(load: &Load<'a>) -> Self {
        let places = load.key.iter().filter_map(|name| load.place(name));
        Self {
            columns: load.columns,
            places: places.collect(),
            ascent: Ascent::of(load),
        }
    }

    /// Looks at the rows that come next.
    ///
    /// A row without a value in its key would be another row each time, so it is refused.
    pub(super) fn see(&mut self, block: &RowBlock) -> Result<(), Fault> {
        for row in 0..block.len() {
            if let Some(place) = self.missing(block, row) {
                return Err(Fault::Row(Culprit {
                    number: block.number(row),
                    column: Some(self.columns[place].clone()),
                    value: None,
                    error: DatabaseError::from_message("a column of the key has no value"),
                }));
            }
            self.ascent.see(block, row, &self.places);
        }
        Ok(())
    }

    fn missing(&self, block: &RowBlock, row: usize) -> Option<usize> {
        let is_missing = |place: &&usize| block.field_of(row, **place) == Field::Null;
        self.places.iter().find(is_missing).copied()
    }

    pub(super) fn order(&self) -> KeyOrder {
        if self.ascent.holds {
            KeyOrder::Ascending
        } else {
            KeyOrder::Any
        }
    }

    /// Begins again before the first row.
    pub(super) fn forget(&mut self) {
        self.ascent.last.clear();
    }
}

/// Whether keys of whole numbers ascend, as they do in most files: what is known from reading need
/// not be asked of the database. Texts are not looked at, for their column may take two that are
/// written differently for the same.
struct Ascent {
    holds: bool,
    last: Vec<i64>,
    next: Vec<i64>,
}

impl Ascent {
    fn of(load: &Load<'_>) -> Self {
        let is_whole = |name: &String| {
            let column = load.table.column(name);
            column.is_some_and(|column| column.kind == Kind::Integer)
        };
        Self {
            holds: load.key.iter().all(is_whole),
            last: Vec::new(),
            next: Vec::new(),
        }
    }

    fn see(&mut self, block: &RowBlock, row: usize, key: &[usize]) {
        if !self.holds {
            return;
        }
        self.next.clear();
        let number = |place: &usize| block.field_of(row, *place).text()?.parse::<i64>().ok();
        self.next.extend(key.iter().map_while(number));
        self.holds = self.next.len() == key.len() && self.next > self.last;
        std::mem::swap(&mut self.last, &mut self.next);
    }
}
