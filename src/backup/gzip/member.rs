//! A gzip file around the pieces of a deflate stream (RFC 1952), hashed while it is written.
//!
//! It must not know how the pieces were made.

use std::io::{self, Write};
use std::sync::mpsc::Receiver;

use flate2::Crc;
use sha2::{Digest as _, Sha256};

use super::deflate::{Deflated, Place};
use crate::checksum::Checksum;

/// Deflate, no name and no time, so that the same contents make the same file; of no system.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];

/// What was compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::backup) struct Compressed {
    /// The size before compression, in bytes.
    pub(in crate::backup) raw_bytes: u64,
    /// The size of the gzip file, in bytes.
    pub(in crate::backup) bytes: u64,
    /// SHA-256 of the gzip file.
    pub(in crate::backup) sha256: Checksum,
}

/// Writes a gzip file of the pieces that threads hand over in turn; nothing is returned where they
/// end before the last one.
pub(super) fn write(
    writer: impl Write,
    threads: &[Receiver<Deflated>],
) -> io::Result<Option<Compressed>> {
    let mut file = Hashed::of(writer);
    let mut crc = Crc::new();
    let mut raw_bytes: u64 = 0;
    file.write(&HEADER)?;
    for thread in threads.iter().cycle() {
        let Ok(piece) = thread.recv() else {
            return Ok(None);
        };
        file.write(&piece.bytes)?;
        crc.combine(&piece.crc);
        raw_bytes += piece.raw_bytes;
        if piece.place == Place::Last {
            break;
        }
    }
    file.write(&crc.sum().to_le_bytes())?;
    // The size is written modulo 2^32.
    file.write(&crc.amount().to_le_bytes())?;
    file.finish(raw_bytes).map(Some)
}

/// A file that is hashed on its way.
struct Hashed<W> {
    writer: W,
    hash: Sha256,
    bytes: u64,
}

impl<W: Write> Hashed<W> {
    fn of(writer: W) -> Self {
        Self {
            writer,
            hash: Sha256::new(),
            bytes: 0,
        }
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hash.update(bytes);
        self.bytes += bytes.len() as u64;
        self.writer.write_all(bytes)
    }

    fn finish(mut self, raw_bytes: u64) -> io::Result<Compressed> {
        self.writer.flush()?;
        Ok(Compressed {
            raw_bytes,
            bytes: self.bytes,
            sha256: Checksum::from_bytes(self.hash.finalize().into()),
        })
    }
}
