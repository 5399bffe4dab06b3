//! Reads a file of a backup again, every byte of it, and says what is wrong with it by itself.
//!
//! One thread reads and hashes, the calling one inflates and looks at the contents. What the file
//! should be is not known here, but for what its name says; it never panics, whatever it reads.

mod chunks;
mod contents;

use std::io::{self, BufRead as _, ErrorKind, Read};
use std::thread;

use flate2::bufread::GzDecoder;

use self::chunks::Chunks;
use self::contents::Encoding;
pub(super) use self::contents::{Contents, Kind, Look};
use super::pass::Watch;
use crate::checksum::Checksum;

/// How much is inflated at once, in bytes.
const BUFFER: usize = 128 * 1024;
/// What a gzip file begins with (RFC 1952, 2.3.1).
const GZIP: u8 = 0x1f;

/// What a file was found to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Examined {
    /// Its size, in bytes.
    pub(super) bytes: u64,
    /// SHA-256 of it.
    pub(super) sha256: Checksum,
    /// The size of what is in it, in bytes: its own where it is not compressed, and none where it
    /// is and cannot be inflated.
    pub(super) raw_bytes: Option<u64>,
    /// What is wrong with it: fragments that follow "it".
    pub(super) findings: Vec<String>,
}

/// Reads a file to its end. The progress is told in bytes of the file.
///
/// Returns nothing where it was asked to stop. Holds less than 2 MiB, whatever the size.
///
/// # Errors
/// Those of the reader: what was read until then says nothing about the file.
pub(super) fn examine(
    reader: impl Read + Send,
    kind: Kind,
    watch: &mut Watch<'_>,
) -> io::Result<Option<Examined>> {
    let cancellation = watch.cancellation;
    thread::scope(|scope| {
        let (sender, receiver) = chunks::channel();
        let reading = scope.spawn(move || chunks::read(reader, &sender, cancellation));
        let mut chunks = Chunks::of(receiver, watch.progress);
        let mut look = Look::at(kind.contents);
        let damage = match kind.encoding {
            Encoding::Gzip => inflate(&mut chunks, &mut look),
            Encoding::Bare => None,
        };
        // What is bare; and of what is damaged, the hash is still wanted.
        chunks.take_rest(|bytes| look.on(bytes));
        let read = reading.join();
        let read = read.map_err(|_| io::Error::other("the thread that reads ended early"))??;
        Ok(read.map(|sha256| Examined {
            bytes: chunks.position(),
            sha256,
            raw_bytes: damage.is_none().then(|| look.bytes()),
            // The end of what breaks off is not the end of the contents.
            findings: damage.map_or_else(|| look.findings(), |damage| vec![damage]),
        }))
    })
}

/// Inflates to the end, looks at what comes out, and returns what is wrong with the compression.
fn inflate(chunks: &mut Chunks<'_>, look: &mut Look) -> Option<String> {
    loop {
        if let Err(error) = inflate_member(chunks, look) {
            return Some(damage(&error, chunks.position()));
        }
        match chunks.fill_buf() {
            // Files that were joined are one file to gzip, and restore as one.
            Ok([GZIP, ..]) => {}
            Ok([]) | Err(_) => return None,
            Ok(_) => {
                let end = chunks.position();
                return Some(format!(
                    "goes on behind the end of its compressed data, at byte {end}"
                ));
            }
        }
    }
}

/// Inflates from a header to its trailer.
fn inflate_member(chunks: &mut Chunks<'_>, look: &mut Look) -> io::Result<()> {
    let mut member = GzDecoder::new(chunks);
    let mut buffer = vec![0; BUFFER];
    loop {
        match member.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(read) => look.on(&buffer[..read]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

fn damage(error: &io::Error, position: u64) -> String {
    match error.kind() {
        ErrorKind::UnexpectedEof => {
            format!("breaks off in the middle of its compressed data, after {position} bytes")
        }
        _ => format!("cannot be inflated, near byte {position}: {error}"),
    }
}

#[cfg(test)]
mod tests;
