//! How the bytes of a copy pass from their source to a file: looked on, hashed, or as an error.
//!
//! It must not know where they come from, nor where the file is.

use std::io::{self, ErrorKind, Read, Write};

use sha2::{Digest as _, Sha256};
use thiserror::Error;

use crate::cancellation::Cancellation;
use crate::checksum::Checksum;

/// How much is read at once, in bytes: as much as a pipe holds.
const BUFFER: usize = 64 * 1024;

/// Who looks on.
pub(super) struct Watch<'a> {
    /// Looked at before each block.
    pub(super) cancellation: &'a Cancellation,
    /// Told after each block, on the calling thread, how many bytes were read so far.
    pub(super) progress: &'a mut dyn FnMut(u64),
}

/// What passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Passed {
    /// How many bytes were read.
    pub(super) raw_bytes: u64,
    /// How many bytes were written.
    pub(super) bytes: u64,
    /// SHA-256 of the bytes that were written.
    pub(super) sha256: Checksum,
}

/// Why nothing whole was written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub(super) enum PassError {
    /// The source failed.
    #[error("cannot read what is to be written")]
    Read {
        /// What it said.
        source: io::Error,
    },
    /// The target failed.
    #[error("cannot write what was read")]
    Write {
        /// What it said.
        source: io::Error,
    },
    /// A thread ended that should not have.
    #[error("a thread that compresses ended early")]
    Thread,
    /// It was asked to stop.
    #[error("was asked to stop")]
    Cancelled,
}

/// Writes all that a reader has, as it is.
///
/// # Errors
/// [`PassError::Read`] and [`PassError::Write`] where the one or the other fails, and
/// [`PassError::Cancelled`] between two reads; what was written by then is no whole file.
pub(super) fn copy(
    mut reader: impl Read,
    writer: impl Write,
    watch: &mut Watch<'_>,
) -> Result<Passed, PassError> {
    let mut file = Hashed::of(writer);
    let mut buffer = vec![0; BUFFER];
    loop {
        if watch.cancellation.is_cancelled() {
            return Err(PassError::Cancelled);
        }
        let read = match reader.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(source) => return Err(PassError::Read { source }),
        };
        file.write(&buffer[..read])
            .map_err(|source| PassError::Write { source })?;
        (watch.progress)(file.bytes);
    }
    let bytes = file.bytes;
    file.finish(bytes)
        .map_err(|source| PassError::Write { source })
}

/// A file that is hashed on its way.
pub(super) struct Hashed<W> {
    writer: W,
    hash: Sha256,
    bytes: u64,
}

impl<W: Write> Hashed<W> {
    pub(super) fn of(writer: W) -> Self {
        Self {
            writer,
            hash: Sha256::new(),
            bytes: 0,
        }
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hash.update(bytes);
        self.bytes += bytes.len() as u64;
        self.writer.write_all(bytes)
    }

    pub(super) fn finish(mut self, raw_bytes: u64) -> io::Result<Passed> {
        self.writer.flush()?;
        Ok(Passed {
            raw_bytes,
            bytes: self.bytes,
            sha256: Checksum::from_bytes(self.hash.finalize().into()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a byte at a time, is interrupted before each, and fails at the end where it is told
    /// to.
    struct Slow(Vec<u8>, Option<ErrorKind>, bool);

    impl Read for Slow {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.2 = !self.2;
            if self.2 {
                return Err(ErrorKind::Interrupted.into());
            }
            match (self.0.pop(), self.1) {
                (Some(byte), _) => {
                    buffer[0] = byte;
                    Ok(1)
                }
                (None, Some(kind)) => Err(kind.into()),
                (None, None) => Ok(0),
            }
        }
    }

    fn copied(reader: impl Read, cancelled_after: u64) -> (Result<Passed, PassError>, Vec<u8>) {
        let mut file = Vec::new();
        let cancellation = Cancellation::default();
        let mut watch = Watch {
            cancellation: &cancellation,
            progress: &mut |bytes| {
                if bytes == cancelled_after {
                    cancellation.cancel();
                }
            },
        };
        let done = copy(reader, &mut file, &mut watch);
        (done, file)
    }

    #[test]
    fn a_copy_is_the_same_and_hashed() {
        let (done, file) = copied(Slow(b"PMDGP".to_vec(), None, false), 99);
        assert_eq!(file, b"PGDMP");
        let sha256: [u8; 32] = Sha256::digest(b"PGDMP").into();
        assert_eq!(
            done.expect("memory does not fail"),
            Passed {
                raw_bytes: 5,
                bytes: 5,
                sha256: Checksum::from_bytes(sha256)
            }
        );
    }

    #[test]
    fn a_source_that_breaks_off_is_an_error() {
        let broken = Some(ErrorKind::UnexpectedEof);
        let (done, _) = copied(Slow(b"PMDGP".to_vec(), broken, false), 99);
        assert!(matches!(done, Err(PassError::Read { .. })), "{done:?}");
    }

    #[test]
    fn a_request_to_stop_is_seen() {
        let (done, file) = copied(Slow(b"PMDGP".to_vec(), None, false), 3);
        assert!(matches!(done, Err(PassError::Cancelled)), "{done:?}");
        assert_eq!(file, b"PGD");
    }

    #[test]
    fn a_target_that_is_full_is_an_error() {
        let mut watch = Watch {
            cancellation: &Cancellation::default(),
            progress: &mut |_| {},
        };
        let done = copy(&b"PGDMP"[..], &mut [0; 3][..], &mut watch);
        assert!(matches!(done, Err(PassError::Write { .. })), "{done:?}");
    }
}
