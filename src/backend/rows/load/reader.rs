//! Reads rows in blocks, and looks at their keys on the way.

use super::{Load, LoadError};
use crate::backend::error::DatabaseError;
use crate::backend::rows::{Field, Kind, RowBlock, RowError, RowSource};

/// How much memory a block takes, in bytes: enough that what each costs beside its rows does not
/// count, and little beside the program.
const BLOCK_BYTES: usize = 8 * 1024 * 1024;
/// After how many rows somebody is told how far the reading is.
const ROWS_BETWEEN_NEWS: usize = 4096;

/// A source of rows that is read in blocks.
pub(super) struct Reader<'a> {
    source: &'a mut dyn RowSource,
    progress: &'a mut dyn FnMut(u64),
    columns: &'a [String],
    /// Where the key's columns stand in a row.
    key: Vec<usize>,
    ascent: Ascent,
    rows: u64,
}

impl<'a> Reader<'a> {
    pub(super) fn new(
        load: &Load<'a>,
        source: &'a mut dyn RowSource,
        progress: &'a mut dyn FnMut(u64),
    ) -> Self {
        Self {
            source,
            progress,
            columns: load.columns,
            key: load
                .key
                .iter()
                .filter_map(|name| load.place(name))
                .collect(),
            ascent: Ascent::of(load),
            rows: 0,
        }
    }

    /// Replaces a block's rows by the next ones; it stays empty at the end.
    ///
    /// A row without a value in its key would be another row each time, so it is refused.
    pub(super) fn fill(&mut self, block: &mut RowBlock) -> Result<(), LoadError> {
        block.clear();
        while block.bytes() < BLOCK_BYTES && self.source.read(block)? {
            let row = block.len() - 1;
            if let Some(place) = self.missing_key(block, row) {
                return Err(LoadError::Refused {
                    line: Some(block.line(row)),
                    column: Some(self.columns[place].clone()),
                    value: None,
                    error: DatabaseError::from_message("a column of the key has no value"),
                });
            }
            self.ascent.see(block, row, &self.key);
            self.rows += 1;
            if row.is_multiple_of(ROWS_BETWEEN_NEWS) {
                (self.progress)(self.source.bytes_read());
            }
        }
        (self.progress)(self.source.bytes_read());
        Ok(())
    }

    fn missing_key(&self, block: &RowBlock, row: usize) -> Option<usize> {
        let is_missing = |place: &&usize| block.field_of(row, **place) == Field::Null;
        self.key.iter().find(is_missing).copied()
    }

    /// Returns what is known of the keys that were read.
    pub(super) fn key_order(&self) -> KeyOrder {
        if self.ascent.holds {
            KeyOrder::Ascending
        } else {
            KeyOrder::Any
        }
    }

    /// Returns how many rows were read.
    pub(super) fn rows(&self) -> u64 {
        self.rows
    }

    /// Begins again at the start; `false` where the source cannot.
    pub(super) fn rewind(&mut self) -> Result<bool, RowError> {
        self.ascent.last.clear();
        self.rows = 0;
        self.source.rewind()
    }
}

/// What is known of the keys from reading them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyOrder {
    /// Each is larger than the one before: no two are the same.
    Ascending,
    /// Nothing.
    Any,
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
