//! Made-up rows as a source of rows: one after the other, in constant memory.

use super::maker::{Maker, NoRow};
use crate::backend::rows::{RowBlock, RowError, RowSource};
use crate::cancellation::Cancellation;

/// After how many rows it is asked whether anybody still wants them.
const ROWS_BETWEEN_QUESTIONS: u64 = 1_024;

/// Rows that are made up as they are read.
#[derive(Debug)]
pub(super) struct MadeUp<'a> {
    pub(super) maker: Maker,
    pub(super) rows: u64,
    pub(super) made: u64,
    pub(super) cancellation: &'a Cancellation,
    /// Why there are no further rows, where there are none for a reason of ours.
    pub(super) ended: Option<Ended>,
}

/// Why making rows up ended early.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ended {
    NoRow(NoRow),
    Cancelled,
}

impl MadeUp<'_> {
    fn end(&mut self, why: Ended) -> RowError {
        self.ended = Some(why);
        RowError {
            line: Some(self.made + 1),
            column: None,
            message: "there are no further rows".to_owned(),
        }
    }
}

impl RowSource for MadeUp<'_> {
    fn read(&mut self, rows: &mut RowBlock) -> Result<bool, RowError> {
        if self.made == self.rows {
            return Ok(false);
        }
        let asks = self.made.is_multiple_of(ROWS_BETWEEN_QUESTIONS);
        if asks && self.cancellation.is_cancelled() {
            return Err(self.end(Ended::Cancelled));
        }
        if let Err(why) = self.maker.make(self.made, rows) {
            return Err(self.end(Ended::NoRow(why)));
        }
        self.made += 1;
        Ok(true)
    }

    fn read_so_far(&self) -> u64 {
        self.made
    }
}
