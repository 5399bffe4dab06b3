//! Compression in this process, on several threads, into one ordinary gzip file.
//!
//! The calling thread reads and cuts into blocks; each block is compressed by itself, on one of
//! the threads, into a piece of a deflate stream that ends on a whole byte; one more thread joins
//! the pieces in order, hashes and writes them. Any error ends all of them. It must not know where
//! the bytes come from or go to.

mod deflate;
mod member;

use std::io::{self, Read, Write};
use std::num::NonZeroUsize;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread;

use self::deflate::{Block, Deflated, Deflater, Place};
use super::pass::{PassError, Passed, Watch};

/// The size of a block, in bytes before compression. Half of it makes a dump 0.6 % larger, twice as
/// much 0.3 % smaller.
const BLOCK_BYTES: usize = 512 * 1024;
/// How many blocks wait before and behind each thread. With the one that is under way and eight
/// threads that is 24 MiB at most.
const WAITING: usize = 2;
/// More threads than this compress faster than any database is read.
const MOST_THREADS: usize = 8;

/// How hard is compressed: 1 is fast, 9 small.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CompressionLevel(u8);

impl CompressionLevel {
    /// Returns a level, where the number is one: 1 to 9.
    pub fn new(level: u8) -> Option<Self> {
        (1..=9).contains(&level).then_some(Self(level))
    }

    /// Returns the number: 1 to 9.
    pub fn get(self) -> u8 {
        self.0
    }
}

impl Default for CompressionLevel {
    /// 3: within 4 % of the size that `gzip -6` makes, for less than a third of its work.
    fn default() -> Self {
        Self(3)
    }
}

/// How to compress.
#[derive(Debug, Clone, Copy)]
pub(super) struct Options {
    /// How hard.
    pub(super) level: CompressionLevel,
    /// On how many threads, beside the one that reads and the one that writes.
    pub(super) threads: NonZeroUsize,
    block_bytes: usize,
}

impl Options {
    /// On so many threads, or on as many as there are cores; up to eight.
    pub(super) fn new(level: CompressionLevel, threads: Option<NonZeroUsize>) -> Self {
        let cores = || thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        let threads = threads.unwrap_or_else(cores).get().min(MOST_THREADS);
        Self {
            level,
            threads: NonZeroUsize::new(threads).unwrap_or(NonZeroUsize::MIN),
            block_bytes: BLOCK_BYTES,
        }
    }
}

#[cfg(test)]
impl Default for Options {
    fn default() -> Self {
        Self::new(CompressionLevel::default(), None)
    }
}

#[cfg(test)]
impl Options {
    /// Returns the default with blocks of another size, in bytes.
    pub(super) fn in_blocks_of(block_bytes: usize) -> Self {
        Self {
            block_bytes,
            ..Self::default()
        }
    }
}

/// Compresses all that a reader has into one gzip file. The result of the same bytes is the same,
/// however many threads there were.
///
/// Holds some 3 MiB for each thread, whatever the size.
///
/// # Errors
/// [`PassError::Read`] and [`PassError::Write`] where the one or the other fails, and
/// [`PassError::Cancelled`] between two blocks; what was written by then is no whole file.
pub(super) fn compress(
    reader: impl Read,
    writer: impl Write + Send,
    options: &Options,
    watch: &mut Watch<'_>,
) -> Result<Passed, PassError> {
    let level = options.level;
    thread::scope(|scope| {
        let mut to_deflate = Vec::new();
        let mut deflated = Vec::new();
        let mut deflating = Vec::new();
        let (spare, spares) = channel();
        for _ in 0..options.threads.get() {
            let (block, blocks) = sync_channel(WAITING);
            let (piece, pieces) = sync_channel(WAITING);
            to_deflate.push(block);
            deflated.push(pieces);
            let done = Done {
                piece,
                spare: spare.clone(),
            };
            deflating.push(scope.spawn(move || deflate_all(level, blocks, &done)));
        }
        let writing = scope.spawn(move || member::write(writer, &deflated));
        let mut blocks = Blocks {
            reader,
            block_bytes: options.block_bytes,
            spares,
        };
        let read = deal(&mut blocks, &to_deflate, watch);
        // No more is to come: each ends with what it has.
        drop(to_deflate);
        let all_deflated = deflating.into_iter().all(|thread| thread.join().is_ok());
        let written = writing.join();
        read?;
        match written {
            Ok(Ok(Some(passed))) if all_deflated => Ok(passed),
            Ok(Err(source)) => Err(PassError::Write { source }),
            _ => Err(PassError::Thread),
        }
    })
}

/// Where the blocks come from.
struct Blocks<R> {
    reader: R,
    block_bytes: usize,
    /// Buffers that are done with: new ones would each cost the system its pages anew.
    spares: Receiver<Vec<u8>>,
}

impl<R: Read> Blocks<R> {
    /// Reads a whole block; less, or nothing, is the last one.
    fn next(&mut self) -> io::Result<Block> {
        let mut bytes = self.spares.try_recv().unwrap_or_default();
        bytes.clear();
        bytes.reserve_exact(self.block_bytes);
        let mut block = self.reader.by_ref().take(self.block_bytes as u64);
        block.read_to_end(&mut bytes)?;
        let place = if bytes.len() < self.block_bytes {
            Place::Last
        } else {
            Place::Inner
        };
        Ok(Block { bytes, place })
    }
}

/// Deals the blocks out to the threads in turn, until the end or until the threads are gone.
fn deal(
    blocks: &mut Blocks<impl Read>,
    threads: &[SyncSender<Block>],
    watch: &mut Watch<'_>,
) -> Result<(), PassError> {
    let mut raw_bytes = 0;
    for thread in threads.iter().cycle() {
        if watch.cancellation.is_cancelled() {
            return Err(PassError::Cancelled);
        }
        let block = blocks.next().map_err(|source| PassError::Read { source })?;
        raw_bytes += block.bytes.len() as u64;
        let place = block.place;
        // Whoever is gone says why when it is joined.
        if thread.send(block).is_err() {
            break;
        }
        (watch.progress)(raw_bytes);
        if place == Place::Last {
            break;
        }
    }
    Ok(())
}

/// Where a thread puts what it is done with.
struct Done {
    piece: SyncSender<Deflated>,
    spare: Sender<Vec<u8>>,
}

/// Compresses what one thread is dealt, until there is no more or nobody takes it.
fn deflate_all(level: CompressionLevel, blocks: Receiver<Block>, done: &Done) {
    let mut deflater = Deflater::new(level);
    for block in blocks {
        if done.piece.send(deflater.deflate(&block)).is_err() {
            break;
        }
        // Whoever reads may have ended.
        let _ = done.spare.send(block.bytes);
    }
}

#[cfg(test)]
mod tests;
