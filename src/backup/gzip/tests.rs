//! What comes out is an ordinary gzip file of what went in, or an error.

use std::io::Cursor;
use std::sync::atomic::{AtomicUsize, Ordering};

use flate2::bufread::GzDecoder;
use proptest::prelude::*;
use sha2::{Digest as _, Sha256};

use super::*;
use crate::cancellation::Cancellation;
use crate::checksum::Checksum;

fn options(threads: usize, block_bytes: usize) -> Options {
    Options {
        level: CompressionLevel::default(),
        threads: NonZeroUsize::new(threads).expect("not 0"),
        block_bytes,
    }
}

/// Compresses from memory to memory.
fn compressed(raw: &[u8], options: &Options) -> (Passed, Vec<u8>) {
    let mut file = Vec::new();
    let mut watch = Watch {
        cancellation: &Cancellation::default(),
        progress: &mut |_| {},
    };
    let done = compress(raw, &mut file, options, &mut watch).expect("memory does not fail");
    (done, file)
}

/// Reads one gzip member, and returns what was in it and what stands behind it.
fn member(file: &[u8]) -> (Vec<u8>, &[u8]) {
    let mut decoder = GzDecoder::new(file);
    let mut raw = Vec::new();
    decoder.read_to_end(&mut raw).expect("a gzip file");
    (raw, decoder.into_inner())
}

/// Asks the real `gunzip` of a file.
#[expect(
    clippy::disallowed_methods,
    reason = "another program judges what this one wrote"
)]
fn gunzip(file: &[u8]) -> Vec<u8> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("file.gz");
    std::fs::write(&path, file).expect("the folder is ours");
    let ran = |argument: &str| {
        let ran = std::process::Command::new("gunzip")
            .arg(argument)
            .arg(&path)
            .output()
            .expect("gunzip is installed");
        let complaint = String::from_utf8_lossy(&ran.stderr).into_owned();
        assert!(ran.status.success() && complaint.is_empty(), "{complaint}");
        ran.stdout
    };
    ran("-t");
    ran("-c")
}

/// Text that compresses, and bytes that do not.
fn bytes(length: usize, seed: u64) -> Vec<u8> {
    let mut state = seed;
    let mut random = || {
        // Knuth's MMIX generator: all that is asked of it is to be the same each time.
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        state.to_be_bytes()[0]
    };
    (0..length)
        .map(|index| match index / 1000 % 3 {
            0 => random(),
            _ => b"COPY public.users (id, name) FROM stdin;\n"[usize::from(random()) % 41],
        })
        .collect()
}

#[test]
fn sizes_around_the_borders_of_blocks_come_back() {
    for threads in [1, 2, 3] {
        for blocks in [0, 1, 2, 3, 7] {
            for beside in [-1_i64, 0, 1] {
                let length = usize::try_from(blocks * 4096 + beside).unwrap_or_default();
                let raw = bytes(length, 7);
                let (done, file) = compressed(&raw, &options(threads, 4096));
                let (back, behind) = member(&file);
                assert!(back == raw, "{length} bytes on {threads} threads");
                assert!(behind.is_empty(), "more than one member");
                assert_eq!(done.raw_bytes, raw.len() as u64);
                assert_eq!(done.bytes, file.len() as u64);
                let sha256: [u8; 32] = Sha256::digest(&file).into();
                assert_eq!(done.sha256, Checksum::from_bytes(sha256));
            }
        }
    }
}

#[test]
fn gunzip_reads_it() {
    for length in [0, 1, BLOCK_BYTES - 1, BLOCK_BYTES, 5 * BLOCK_BYTES + 77] {
        let raw = bytes(length, 3);
        let (_, file) = compressed(&raw, &Options::default());
        assert!(gunzip(&file) == raw, "{length} bytes");
    }
}

#[test]
fn every_level_is_one_that_gunzip_reads() {
    let raw = bytes(100_000, 5);
    for level in 1..=9 {
        let level = CompressionLevel::new(level).expect("1 to 9 are levels");
        let (_, file) = compressed(
            &raw,
            &Options {
                level,
                ..options(2, 30_000)
            },
        );
        assert!(gunzip(&file) == raw, "{level:?}");
    }
    assert_eq!(
        [CompressionLevel::new(0), CompressionLevel::new(10)],
        [None, None]
    );
}

#[test]
fn the_number_of_threads_does_not_show() {
    let raw = bytes(100_000, 9);
    let (_, one) = compressed(&raw, &options(1, 8192));
    let (_, many) = compressed(&raw, &options(5, 8192));
    assert!(one == many);
}

#[test]
fn progress_counts_the_bytes_that_were_read() {
    let mut told = Vec::new();
    let mut watch = Watch {
        cancellation: &Cancellation::default(),
        progress: &mut |bytes| told.push(bytes),
    };
    let raw = bytes(250, 1);
    compress(&raw[..], Vec::new(), &options(2, 100), &mut watch).expect("memory does not fail");
    assert_eq!(told, [100, 200, 250]);
}

/// A reader or writer that fails when so many bytes have gone through.
struct Failing {
    after: usize,
    kind: io::ErrorKind,
}

impl Failing {
    fn pass(&mut self, length: usize) -> io::Result<usize> {
        if self.after == 0 {
            return Err(io::Error::new(self.kind, "broken"));
        }
        let passed = length.min(self.after);
        self.after -= passed;
        Ok(passed)
    }
}

impl Read for Failing {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.pass(buffer.len())
    }
}

impl Write for Failing {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.pass(buffer.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn failure(reader: impl Read, writer: impl Write + Send) -> PassError {
    let mut watch = Watch {
        cancellation: &Cancellation::default(),
        progress: &mut |_| {},
    };
    compress(reader, writer, &options(3, 1000), &mut watch).expect_err("it is broken")
}

#[test]
fn a_reader_that_fails_ends_all_and_is_named() {
    for after in [0, 1, 999, 1000, 1001, 50_000] {
        let kind = io::ErrorKind::ConnectionReset;
        let error = failure(Failing { after, kind }, Vec::new());
        assert!(
            matches!(&error, PassError::Read { source } if source.kind() == kind),
            "{error:?}"
        );
    }
}

#[test]
fn a_writer_that_fails_ends_a_reader_that_never_would() {
    for after in [0, 1, 10, 999, 20_000] {
        let kind = io::ErrorKind::StorageFull;
        let error = failure(io::repeat(b'x'), Failing { after, kind });
        assert!(
            matches!(&error, PassError::Write { source } if source.kind() == kind),
            "{error:?}"
        );
    }
}

/// A writer whose last byte cannot be handed on.
struct Unflushed;

impl Write for Unflushed {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        Ok(buffer.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Err(io::ErrorKind::StorageFull.into())
    }
}

#[test]
fn a_flush_that_fails_is_an_error() {
    let error = failure(Cursor::new(b"SELECT 1;"), Unflushed);
    assert!(matches!(error, PassError::Write { .. }), "{error:?}");
}

/// A writer that panics, as none should.
struct Panicking;

impl Write for Panicking {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        panic!("on purpose")
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_thread_that_panics_is_an_error() {
    let error = failure(io::repeat(b'x'), Panicking);
    assert!(matches!(error, PassError::Thread), "{error:?}");
}

#[test]
fn a_request_to_stop_is_seen_before_the_next_block() {
    let cancellation = Cancellation::default();
    let blocks = AtomicUsize::new(0);
    let mut watch = Watch {
        cancellation: &cancellation,
        progress: &mut |_| {
            if blocks.fetch_add(1, Ordering::SeqCst) == 4 {
                cancellation.cancel();
            }
        },
    };
    let error = compress(io::repeat(b'x'), Vec::new(), &options(2, 100), &mut watch)
        .expect_err("it was asked to stop");
    assert!(matches!(error, PassError::Cancelled), "{error:?}");
    assert_eq!(blocks.into_inner(), 5);
}

proptest! {
    #[test]
    fn any_bytes_come_back(
        raw in prop::collection::vec(any::<u8>(), 0..5000),
        threads in 1_usize..5,
        block_bytes in 1_usize..2000,
        level in 1_u8..=9,
    ) {
        let level = CompressionLevel::new(level).expect("1 to 9 are levels");
        let (_, file) = compressed(&raw, &Options { level, ..options(threads, block_bytes) });
        let (back, behind) = member(&file);
        prop_assert_eq!(back, raw);
        prop_assert!(behind.is_empty());
    }
}
