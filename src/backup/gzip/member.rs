//! A gzip file around the pieces of a deflate stream (RFC 1952), hashed while it is written.
//!
//! It must not know how the pieces were made.

use std::io::{self, Write};
use std::sync::mpsc::Receiver;

use flate2::Crc;

use super::deflate::{Deflated, Place};
use crate::backup::pass::{Hashed, Passed};

/// Deflate, no name and no time, so that the same contents make the same file; of no system.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];

/// Writes a gzip file of the pieces that threads hand over in turn; nothing is returned where they
/// end before the last one.
pub(super) fn write(
    writer: impl Write,
    threads: &[Receiver<Deflated>],
) -> io::Result<Option<Passed>> {
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
