//! The file of a backup, read once: hashed and told of on its way.

use std::io::{self, BufReader, ErrorKind, Read};

use flate2::bufread::MultiGzDecoder;
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
    pub(super) fn finish(&mut self) -> io::Result<Checksum> {
        io::copy(self, &mut io::sink())?;
        Ok(Checksum::from_bytes(self.hash.clone().finalize().into()))
    }
}

/// What is packed in a file, which has no end but an error where the file is not what was written.
pub(super) struct Proven<'h, 'w, 'a, R: Read> {
    inflated: MultiGzDecoder<BufReader<&'h mut Hashed<'w, 'a, R>>>,
    sha256: &'h str,
}

impl<'h, 'w, 'a, R: Read> Proven<'h, 'w, 'a, R> {
    pub(super) fn of(hashed: &'h mut Hashed<'w, 'a, R>, buffer: usize, sha256: &'h str) -> Self {
        Self {
            inflated: MultiGzDecoder::new(BufReader::with_capacity(buffer, hashed)),
            sha256,
        }
    }
}

impl<R: Read> Read for Proven<'_, '_, '_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inflated.read(buffer)?;
        if count > 0 || buffer.is_empty() {
            return Ok(count);
        }
        let is = self.inflated.get_mut().get_mut().finish()?.to_string();
        if is == self.sha256 {
            return Ok(0);
        }
        let words = "the file is not what was written";
        Err(io::Error::new(ErrorKind::InvalidData, words))
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

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;
    use crate::cancellation::Cancellation;

    fn packed() -> Vec<u8> {
        let mut file = GzEncoder::new(Vec::new(), Compression::fast());
        file.write_all(b"SELECT 1;").expect("memory has room");
        file.finish().expect("memory has room")
    }

    fn read(file: &[u8], sha256: &str) -> (io::Result<usize>, Vec<u8>) {
        let mut watch = Watch {
            cancellation: &Cancellation::default(),
            progress: &mut |_| {},
        };
        let mut hashed = Hashed::of(file, &mut watch);
        let mut text = Vec::new();
        let read = Proven::of(&mut hashed, 16, sha256).read_to_end(&mut text);
        (read, text)
    }

    #[test]
    fn a_file_that_is_not_what_was_written_has_no_end() {
        let file = packed();
        let sha256 = Checksum::from_bytes(Sha256::digest(&file).into()).to_string();
        let (done, text) = read(&file, &sha256);
        assert_eq!((done.ok(), text.as_slice()), (Some(9), &b"SELECT 1;"[..]));
        let other = Checksum::from_bytes(Sha256::digest(b"other").into()).to_string();
        let (done, text) = read(&file, &other);
        assert!(done.is_err(), "{done:?}");
        assert_eq!(text, b"SELECT 1;");
    }
}
