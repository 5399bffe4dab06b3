//! One block, compressed by itself.
//!
//! Pure, and knows nothing of threads.

use flate2::{Compress, Compression, Crc, FlushCompress, Status};

use super::CompressionLevel;

/// Whether anything follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// More follows.
    Inner,
    /// It is the end.
    Last,
}

/// Some bytes in a row.
pub(super) struct Block {
    pub(super) bytes: Vec<u8>,
    pub(super) place: Place,
}

/// A piece of a deflate stream, which starts and ends on a whole byte and refers to nothing before
/// it.
pub(super) struct Deflated {
    pub(super) bytes: Vec<u8>,
    pub(super) place: Place,
    /// The size before compression.
    pub(super) raw_bytes: u64,
    /// The checksum of the bytes before compression.
    pub(super) crc: Crc,
}

/// What compresses one block after the other.
pub(super) struct Deflater(Compress);

impl Deflater {
    pub(super) fn new(level: CompressionLevel) -> Self {
        Self(Compress::new(
            Compression::new(u32::from(level.get())),
            false,
        ))
    }

    /// Compresses a block.
    pub(super) fn deflate(&mut self, block: &Block) -> Deflated {
        let mut crc = Crc::new();
        crc.update(&block.bytes);
        Deflated {
            bytes: self.stream(block),
            place: block.place,
            raw_bytes: block.bytes.len() as u64,
            crc,
        }
    }

    /// Returns the block's piece of the stream. A sync flush ends it on a whole byte and does not
    /// mark it as the last (RFC 1951, 3.2.4: an empty stored block), so that pieces can be joined.
    fn stream(&mut self, block: &Block) -> Vec<u8> {
        let flush = match block.place {
            Place::Inner => FlushCompress::Sync,
            Place::Last => FlushCompress::Finish,
        };
        self.0.reset();
        let mut rest = block.bytes.as_slice();
        // Text takes half of it at most; what cannot be compressed is let grow below.
        let mut stream = Vec::with_capacity(rest.len() / 2 + 64);
        loop {
            let before = self.0.total_in();
            let status = self
                .0
                .compress_vec(rest, &mut stream, flush)
                .expect("a stream that was just begun takes any bytes");
            let taken = usize::try_from(self.0.total_in() - before).unwrap_or(rest.len());
            rest = &rest[taken..];
            let is_whole = match block.place {
                // Room that is left says that all was flushed (zlib's manual, `deflate`).
                Place::Inner => rest.is_empty() && stream.len() < stream.capacity(),
                Place::Last => status == Status::StreamEnd,
            };
            if is_whole {
                return stream;
            }
            stream.reserve(rest.len() + 64);
        }
    }
}
