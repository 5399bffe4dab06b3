//! A file in chunks, which one thread reads and hashes, and another one takes.
//!
//! It must not know what is in the file.

use std::io::{self, BufRead, Read};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use sha2::{Digest as _, Sha256};

use crate::cancellation::Cancellation;
use crate::checksum::Checksum;

/// The size of a chunk, in bytes.
const CHUNK: u64 = 128 * 1024;
/// How many chunks wait.
const WAITING: usize = 4;

pub(super) fn channel() -> (SyncSender<Vec<u8>>, Receiver<Vec<u8>>) {
    sync_channel(WAITING)
}

/// Reads a file to its end, hands it on and returns its hash; nothing where it was asked to stop.
pub(super) fn read(
    mut reader: impl Read,
    chunks: &SyncSender<Vec<u8>>,
    cancellation: &Cancellation,
) -> io::Result<Option<Checksum>> {
    let mut hash = Sha256::new();
    while !cancellation.is_cancelled() {
        let mut chunk = Vec::new();
        reader.by_ref().take(CHUNK).read_to_end(&mut chunk)?;
        if chunk.is_empty() {
            return Ok(Some(Checksum::from_bytes(hash.finalize().into())));
        }
        hash.update(&chunk);
        // Whoever takes them takes them all, unless it panics.
        if chunks.send(chunk).is_err() {
            break;
        }
    }
    Ok(None)
}

/// The chunks of a file, in order.
pub(super) struct Chunks<'a> {
    coming: Receiver<Vec<u8>>,
    current: Vec<u8>,
    /// What of the current chunk was taken, in bytes.
    taken: usize,
    /// What of the file came in chunks before the current one, in bytes.
    before: u64,
    progress: &'a mut dyn FnMut(u64),
}

impl<'a> Chunks<'a> {
    pub(super) fn of(coming: Receiver<Vec<u8>>, progress: &'a mut dyn FnMut(u64)) -> Self {
        Self {
            coming,
            current: Vec::new(),
            taken: 0,
            before: 0,
            progress,
        }
    }

    /// Returns how much of the file was taken, in bytes.
    pub(super) fn position(&self) -> u64 {
        self.before + self.taken as u64
    }

    /// Takes all that is left, and shows it.
    pub(super) fn take_rest(&mut self, mut see: impl FnMut(&[u8])) {
        while let Ok(rest @ [_, ..]) = self.fill_buf() {
            see(rest);
            let length = rest.len();
            self.consume(length);
        }
    }
}

impl Read for Chunks<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}

impl BufRead for Chunks<'_> {
    /// Never fails: a file that cannot be read on ends here, and its reader says why.
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.taken == self.current.len() {
            self.before += self.taken as u64;
            self.taken = 0;
            self.current = self.coming.recv().unwrap_or_default();
            if !self.current.is_empty() {
                (self.progress)(self.before + self.current.len() as u64);
            }
        }
        Ok(&self.current[self.taken..])
    }

    fn consume(&mut self, length: usize) {
        self.taken += length;
    }
}
