//! Made-up rows as a source of rows: one after the other, in constant memory.

use super::maker::{Maker, NoRow};
use crate::backend::rows::{RowBlock, RowError, RowSource};

/// Rows that are made up as they are read.
#[derive(Debug)]
pub(super) struct MadeUp {
    pub(super) maker: Maker,
    pub(super) rows: u64,
    pub(super) made: u64,
    /// Why there are no further rows, where there could not be as many.
    pub(super) ended: Option<NoRow>,
}

impl RowSource for MadeUp {
    fn read(&mut self, rows: &mut RowBlock) -> Result<bool, RowError> {
        if self.made == self.rows {
            return Ok(false);
        }
        if let Err(why) = self.maker.make(self.made, rows) {
            self.ended = Some(why);
            return Err(RowError {
                position: None,
                column: None,
                message: "there are no further rows".to_owned(),
            });
        }
        self.made += 1;
        Ok(true)
    }

    fn read_so_far(&self) -> u64 {
        self.made
    }
}
