//! Reads rows in blocks, looks at their keys on the way, and finds where one of them stands.

use std::ops::ControlFlow;

use super::ahead::{self, Read};
use super::fault::{Culprit, Fault};
use super::keys::{KeyOrder, Keys};
use super::{Load, LoadError, Progress};
use crate::backend::rows::{RowBlock, RowError, RowSource};
use crate::sql::Position;

/// How much is read, in bytes, until it is asked whether to read on.
const BETWEEN_QUESTIONS: usize = 4 * 1024 * 1024;

/// A source of rows that is read in blocks, each while the one before is put.
pub(super) struct Reader<'a> {
    source: &'a mut dyn RowSource,
    progress: &'a mut Progress<'a>,
    keys: Keys<'a>,
    rows: u64,
}

impl<'a> Reader<'a> {
    pub(super) fn new(
        load: &Load<'a>,
        source: &'a mut dyn RowSource,
        progress: &'a mut Progress<'_>,
    ) -> Self {
        Self {
            source,
            progress,
            keys: Keys::of(load),
            rows: 0,
        }
    }

    /// Hands over one block after the other, until there are no more, one cannot be put, or nobody
    /// wants any more.
    ///
    /// A block with a wrong key is not handed over, nor is any after it.
    pub(super) fn each_block<E: From<Fault>>(
        &mut self,
        mut put: impl FnMut(&RowBlock) -> Result<(), E>,
    ) -> Result<(), E> {
        ahead::each_block(self.source, |read| {
            let Read { block, so_far } = read.map_err(Fault::from)?;
            self.keys.see(block)?;
            self.rows += block.len() as u64;
            put(block)?;
            match (self.progress)(*so_far) {
                ControlFlow::Continue(()) => Ok(()),
                ControlFlow::Break(()) => Err(Fault::from(LoadError::Stopped).into()),
            }
        })
    }

    /// Returns what is known of the keys that were read.
    pub(super) fn key_order(&self) -> KeyOrder {
        self.keys.order()
    }

    /// Returns how many rows were read.
    pub(super) fn rows(&self) -> u64 {
        self.rows
    }

    /// Begins again at the start; `false` where the source cannot.
    pub(super) fn rewind(&mut self) -> Result<bool, RowError> {
        self.keys.forget();
        self.rows = 0;
        self.source.rewind()
    }
    /// Makes the error of a fault: the source is read once more, up to the row that is to blame.
    pub(super) fn locate(&mut self, fault: Fault) -> LoadError {
        let located = match fault {
            Fault::Told(error) => Ok(error),
            Fault::Row(culprit) => self.refused(culprit),
            Fault::Duplicate { numbers, key } => self.duplicate(numbers, key),
        };
        located.unwrap_or_else(|error| error)
    }

    fn refused(&mut self, culprit: Culprit) -> Result<LoadError, LoadError> {
        let column = culprit.column.as_deref();
        let [position] = self.positions([(culprit.number, column)])?;
        Ok(LoadError::Refused {
            position,
            column: culprit.column,
            value: culprit.value,
            error: culprit.error,
        })
    }

    fn duplicate(&mut self, numbers: (u64, u64), key: String) -> Result<LoadError, LoadError> {
        let [first, again] = self.positions([(numbers.0, None), (numbers.1, None)])?;
        Ok(LoadError::Duplicate { first, again, key })
    }

    /// Returns where rows stand, or their values of a column; `None` for those that cannot be found.
    /// The numbers ascend.
    fn positions<const N: usize>(
        &mut self,
        wanted: [(u64, Option<&str>); N],
    ) -> Result<[Option<Position>; N], LoadError> {
        let mut found = [None; N];
        if !self.rewind()? {
            return Ok(found);
        }
        let mut row = RowBlock::default();
        for ((number, column), found) in wanted.into_iter().zip(&mut found) {
            while self.rows < number && self.source.read(&mut row)? {
                self.rows += 1;
                if row.bytes() >= BETWEEN_QUESTIONS {
                    row.clear();
                    self.ask()?;
                }
            }
            if self.rows == number {
                *found = self.source.position(column);
            }
        }
        Ok(found)
    }

    /// Tells how far it is, and stops where nobody wants any more.
    fn ask(&mut self) -> Result<(), LoadError> {
        match (self.progress)(self.source.read_so_far()) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(LoadError::Stopped),
        }
    }
}
