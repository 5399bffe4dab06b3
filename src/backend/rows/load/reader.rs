//! Reads rows in blocks, and looks at their keys on the way.

use std::ops::ControlFlow;

use super::ahead::{self, Read};
use super::keys::{KeyOrder, Keys};
use super::{Load, LoadError, Progress};
use crate::backend::rows::{RowBlock, RowError, RowSource};

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
    pub(super) fn each_block<E: From<LoadError>>(
        &mut self,
        mut put: impl FnMut(&RowBlock) -> Result<(), E>,
    ) -> Result<(), E> {
        ahead::each_block(self.source, |read| {
            let Read { block, so_far } = read.map_err(LoadError::from)?;
            self.keys.see(block)?;
            self.rows += block.len() as u64;
            put(block)?;
            match (self.progress)(*so_far) {
                ControlFlow::Continue(()) => Ok(()),
                ControlFlow::Break(()) => Err(LoadError::Stopped.into()),
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
}
