//! The file of a backup, read once: hashed and told of on its way.

use std::io::{self, Read};

use sha2::{Digest as _, Sha256};

use crate::backup::pass::Watch;
use crate::checksum::Checksum;

/// A reader that hashes, tells how far it is, and ends when it is asked to.
pub(super) struct Hashed<'w, 'a, R> {
    reader: R,
    hash: Sha256,
    bytes: u64,
    watch: &'w mut Watch<'a>,
}

impl<'w, 'a, R: Read> Hashed<'w, 'a, R> {
    pub(super) fn of(reader: R, watch: &'w mut Watch<'a>) -> Self {
        Self {
            reader,
            hash: Sha256::new(),
            bytes: 0,
            watch,
        }
    }

    /// Reads what nobody wanted, and returns the hash of all.
    pub(super) fn finish(mut self) -> io::Result<Checksum> {
        io::copy(&mut self, &mut io::sink())?;
        Ok(Checksum::from_bytes(self.hash.finalize().into()))
    }
}

impl<R: Read> Read for Hashed<'_, '_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.watch.cancellation.is_cancelled() {
            return Err(io::Error::other("interrupted"));
        }
        let count = self.reader.read(buffer)?;
        self.hash.update(buffer.get(..count).unwrap_or_default());
        self.bytes += u64::try_from(count).unwrap_or(u64::MAX);
        (self.watch.progress)(self.bytes);
        Ok(count)
    }
}
