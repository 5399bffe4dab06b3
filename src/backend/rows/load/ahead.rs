//! Reads a block of rows while somebody is busy with the one before: the reading and the database
//! need not wait for each other.
//!
//! It knows neither tables nor databases.

use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread;

use crate::backend::rows::{RowBlock, RowError, RowSource};

/// How much memory a block takes, in bytes: enough that what each costs beside its rows does not
/// count, and little beside the program, which has three of them.
const BLOCK_BYTES: usize = 4 * 1024 * 1024;

/// A block, and how far the source was read for it.
pub(super) struct Read {
    pub(super) block: RowBlock,
    pub(super) so_far: u64,
}

/// Hands the rows of a source over in blocks, until there are no more, or what they are handed to
/// fails. An error of the source comes after the blocks before it, and is the last.
///
/// A source that ends in its first block is read without a thread.
pub(super) fn each_block<E>(
    source: &mut dyn RowSource,
    mut work: impl FnMut(Result<&Read, RowError>) -> Result<(), E>,
) -> Result<(), E> {
    let first = match next(source, RowBlock::default(), 0) {
        Ok(first) => first,
        Err(error) => return work(Err(error)),
    };
    match first.end {
        End::Rows if first.read.block.len() == 0 => Ok(()),
        End::Rows => work(Ok(&first.read)),
        End::Block => thread::scope(|scope| {
            let (filled, blocks) = sync_channel(1);
            let (emptied, empty) = channel();
            let before = first.read.block.len() as u64;
            scope.spawn(move || read_ahead(source, before, &filled, &empty));
            work(Ok(&first.read))?;
            each_of(&blocks, &emptied, work)
        }),
    }
}

/// Why a block has no more rows.
enum End {
    /// It is full.
    Block,
    /// There are no more.
    Rows,
}

struct Filled {
    read: Read,
    end: End,
}

/// Fills a block with the rows after so many; it stays empty where there is nothing left.
fn next(source: &mut dyn RowSource, mut block: RowBlock, before: u64) -> Result<Filled, RowError> {
    block.start_after(before);
    let mut end = End::Block;
    while block.bytes() < BLOCK_BYTES {
        if !source.read(&mut block)? {
            end = End::Rows;
            break;
        }
    }
    let so_far = source.read_so_far();
    let read = Read { block, so_far };
    Ok(Filled { read, end })
}

/// Reads until there is nothing left, or nobody wants any more; so many rows are read already.
fn read_ahead(
    source: &mut dyn RowSource,
    mut before: u64,
    filled: &SyncSender<Result<Read, RowError>>,
    empty: &Receiver<RowBlock>,
) {
    loop {
        let block = empty.try_recv().unwrap_or_default();
        let (read, end) = match next(source, block, before) {
            Ok(Filled { read, end }) => (Ok(read), end),
            Err(error) => (Err(error), End::Rows),
        };
        before += read.as_ref().map_or(0, |read| read.block.len() as u64);
        if filled.send(read).is_err() || matches!(end, End::Rows) {
            return;
        }
    }
}

fn each_of<E>(
    blocks: &Receiver<Result<Read, RowError>>,
    emptied: &Sender<RowBlock>,
    mut work: impl FnMut(Result<&Read, RowError>) -> Result<(), E>,
) -> Result<(), E> {
    for read in blocks {
        let read = match read {
            Ok(read) => read,
            Err(error) => return work(Err(error)),
        };
        if read.block.len() > 0 {
            work(Ok(&read))?;
        }
        // Its memory is used again, unless the reading is over.
        let _ = emptied.send(read.block);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::rows::Field;
    use crate::sql::Position;

    /// Rows of 1 KiB, then an error where one is told.
    struct Rows {
        left: u32,
        error: Option<RowError>,
    }

    impl RowSource for Rows {
        fn read(&mut self, rows: &mut RowBlock) -> Result<bool, RowError> {
            if self.left == 0 {
                return self.error.take().map_or(Ok(false), Err);
            }
            rows.push(Field::Text(&"x".repeat(1024)));
            rows.end_row();
            self.left -= 1;
            Ok(true)
        }

        fn read_so_far(&self) -> u64 {
            u64::from(self.left)
        }
    }

    fn broken() -> RowError {
        RowError {
            position: Some(Position { line: 7, column: 2 }),
            column: None,
            message: "broken".to_owned(),
        }
    }

    /// Returns the rows of each block, and the error after them.
    fn blocks(left: u32, error: Option<RowError>) -> (Vec<Vec<u64>>, Result<(), RowError>) {
        let mut blocks = Vec::new();
        let ended = each_block(&mut Rows { left, error }, |read| {
            let block = &read?.block;
            blocks.push((0..block.len()).map(|row| block.number(row)).collect());
            Ok(())
        });
        (blocks, ended)
    }

    #[test]
    fn every_row_comes_once_and_in_order() {
        for count in [0, 1, 4095, 4096, 30_000] {
            let (blocks, ended) = blocks(count, None);
            ended.expect("nothing is broken");
            let expected: Vec<_> = (1..=u64::from(count)).collect();
            assert_eq!(blocks.concat(), expected);
            assert!(blocks.iter().all(|block| !block.is_empty()));
        }
    }

    #[test]
    fn an_error_comes_after_the_blocks_before_it() {
        for count in [0, 1, 30_000] {
            let (blocks, ended) = blocks(count, Some(broken()));
            assert_eq!(ended, Err(broken()));
            // The rows of the block in which it is are not handed over.
            let missing = count as usize - blocks.concat().len();
            assert!(missing <= 4096, "{missing} of {count}");
            assert_eq!(blocks.is_empty(), count < 30_000);
        }
    }

    #[test]
    fn what_fails_ends_the_reading() {
        let mut source = Rows {
            left: 1_000_000,
            error: None,
        };
        let mut seen = 0;
        let ended = each_block(&mut source, |_| {
            seen += 1;
            if seen == 3 { Err("full") } else { Ok(()) }
        });
        assert_eq!((ended, seen), (Err("full"), 3));
        assert!(source.left > 900_000, "{} are left", source.left);
    }
}
