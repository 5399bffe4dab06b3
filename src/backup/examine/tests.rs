//! What is damaged is found, wherever.

use std::fmt::Write as _;

use proptest::prelude::*;
use sha2::{Digest as _, Sha256};

use super::contents::Contents;
use super::*;
use crate::backup::gzip::{self, Options};
use crate::cancellation::Cancellation;

const SCRIPT: Kind = Kind {
    encoding: Encoding::Gzip,
    contents: Contents::Script,
};
const DATABASE: Kind = Kind {
    encoding: Encoding::Gzip,
    contents: Contents::Database,
};

/// A small dump, whose rows differ.
fn script(rows: u32) -> Vec<u8> {
    let mut text =
        "--\n-- PostgreSQL database dump\n--\n\nCOPY public.users FROM stdin;\n".to_owned();
    for row in 0..rows {
        let mixed = row.wrapping_mul(2_654_435_761);
        let name = mixed.rotate_left(13);
        writeln!(text, "{row}\tuser{mixed}@example.com\t{name:08x}").expect("a String grows");
    }
    text += "\\.\n\n--\n-- PostgreSQL database dump complete\n--\n\n";
    text.into_bytes()
}

/// A small database file.
fn database(pages: u16) -> Vec<u8> {
    let mut state: u32 = 1;
    let mut random = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0] & 15
    };
    let mut file: Vec<u8> = (0..u32::from(pages) * 512).map(|_| random()).collect();
    file[..100].fill(0);
    file[..16].copy_from_slice(b"SQLite format 3\0");
    file[16..18].copy_from_slice(&[2, 0]);
    file[30..32].copy_from_slice(&pages.to_be_bytes());
    file
}

/// Compresses as a backup is, in blocks that are small as it is.
fn compressed(raw: &[u8]) -> Vec<u8> {
    let mut file = Vec::new();
    let options = Options::in_blocks_of(8192);
    let mut watch = Watch {
        cancellation: &Cancellation::default(),
        progress: &mut |_| {},
    };
    gzip::compress(raw, &mut file, &options, &mut watch).expect("memory does not fail");
    file
}

fn examined(file: &[u8], kind: Kind) -> Examined {
    let mut watch = Watch {
        cancellation: &Cancellation::default(),
        progress: &mut |_| {},
    };
    let examined = examine(file, kind, &mut watch).expect("memory does not fail");
    let examined = examined.expect("nobody asked to stop");
    assert_eq!(examined.bytes, file.len() as u64);
    let sha256: [u8; 32] = Sha256::digest(file).into();
    assert_eq!(examined.sha256, Checksum::from_bytes(sha256));
    examined
}

/// Files of each kind that are whole, with what is in them.
fn whole() -> [(Vec<u8>, Vec<u8>, Kind); 2] {
    let (script, database) = (script(1500), database(100));
    [
        (compressed(&script), script, SCRIPT),
        (compressed(&database), database, DATABASE),
    ]
}

#[test]
fn what_is_whole_has_no_findings() {
    for (file, raw, kind) in whole() {
        let examined = examined(&file, kind);
        assert_eq!(examined.findings, [""; 0]);
        assert_eq!(examined.raw_bytes, Some(raw.len() as u64));
    }
    let bare = Kind {
        encoding: Encoding::Bare,
        ..SCRIPT
    };
    // More than one chunk.
    let raw = script(10_000);
    assert_eq!(examined(&raw, bare).findings, [""; 0]);
    assert_eq!(examined(&raw, bare).raw_bytes, Some(raw.len() as u64));
}

#[test]
fn a_file_that_is_cut_off_is_found_wherever_it_is() {
    for (file, _, kind) in whole() {
        let cuts = (0..file.len()).step_by(100).chain([file.len() - 1]);
        for cut in cuts {
            let Examined {
                findings,
                raw_bytes,
                ..
            } = examined(&file[..cut], kind);
            assert_eq!(findings.len(), 1, "cut off after {cut} bytes");
            assert!(findings[0].starts_with("breaks off "), "{findings:?}");
            assert_eq!(raw_bytes, None);
        }
    }
}

/// Turns one bit over at each of 1,000 places, and returns where nothing was found without the
/// hash, and what was in it then.
fn unfound(file: &[u8], kind: Kind) -> Vec<(usize, Vec<u8>)> {
    let bits = file.len() * 8;
    let mut unfound = Vec::new();
    for place in 0..1000 {
        // Every place is another one, and the header and the trailer are among them.
        let bit = match place {
            0..80 => place,
            80..144 => bits - 1 - (place - 80),
            _ => 80 + (place - 144) * (bits - 144) / 856,
        };
        let mut file = file.to_vec();
        file[bit / 8] ^= 1 << (bit % 8);
        if examined(&file, kind).findings.is_empty() {
            let mut raw = Vec::new();
            let read = flate2::read::GzDecoder::new(&file[..]).read_to_end(&mut raw);
            read.expect("it was inflated before");
            unfound.push((bit / 8, raw));
        }
    }
    unfound
}

#[test]
fn a_bit_that_is_turned_over_is_found_without_the_hash_or_changes_nothing() {
    for (file, raw, kind) in whole() {
        let unfound = unfound(&file, kind);
        for (place, inflated) in &unfound {
            assert!(*inflated == raw, "byte {place} changes what is in it");
        }
        // The time, the system and other remarks of the header; and bits between blocks, of which
        // there are few.
        let in_header = |place: &usize| (3..10).contains(place);
        let places = unfound.iter().map(|(place, _)| *place);
        let elsewhere = places.filter(|place| !in_header(place)).count();
        assert!(elsewhere <= 10, "{elsewhere} of 1,000 were not found");
    }
}

#[test]
fn a_bit_that_is_turned_over_is_found_with_the_hash() {
    for (file, _, kind) in whole() {
        let before = examined(&file, kind).sha256;
        for place in 0..1000 {
            let bit = place * file.len() * 8 / 1000;
            let mut file = file.clone();
            file[bit / 8] ^= 1 << (bit % 8);
            assert_ne!(examined(&file, kind).sha256, before, "bit {bit}");
        }
    }
}

#[test]
fn what_stands_behind_the_end_is_found() {
    for behind in [&b"\0"[..], b"\n", b"garbage", b"\x1fgarbage", &[0; 4096]] {
        let file = [&compressed(&script(10))[..], behind].concat();
        assert_eq!(examined(&file, SCRIPT).findings.len(), 1, "{behind:?}");
    }
}

#[test]
fn files_that_were_joined_are_one() {
    let raw = script(100);
    let (first, second) = raw.split_at(1000);
    let file = [compressed(first), compressed(second)].concat();
    let examined = examined(&file, SCRIPT);
    assert_eq!(examined.findings, [""; 0]);
    assert_eq!(examined.raw_bytes, Some(raw.len() as u64));
}

#[test]
fn what_says_that_it_is_whole_must_say_so_at_its_end() {
    let raw = script(100);
    let file = compressed(&raw[..raw.len() - 20]);
    assert_eq!(
        examined(&file, SCRIPT).findings,
        ["does not end in `-- PostgreSQL database dump complete`"]
    );
}

#[test]
fn progress_is_told_in_bytes_of_the_file() {
    let file = compressed(&script(30_000));
    let mut told = 0;
    let mut watch = Watch {
        cancellation: &Cancellation::default(),
        progress: &mut |bytes| {
            assert!(bytes > told, "{bytes} after {told}");
            told = bytes;
        },
    };
    examine(&file[..], SCRIPT, &mut watch).expect("memory does not fail");
    assert_eq!(told, file.len() as u64);
}

#[test]
fn a_request_to_stop_ends_it_without_a_finding() {
    let cancellation = Cancellation::default();
    let mut watch = Watch {
        cancellation: &cancellation,
        progress: &mut |_| cancellation.cancel(),
    };
    let examined = examine(io::repeat(b'x'), SCRIPT, &mut watch).expect("it does not fail");
    assert_eq!(examined, None);
}

/// A disk that fails in the middle of a file.
struct Broken(u32);

impl Read for Broken {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0 = self.0.checked_sub(1).ok_or(ErrorKind::TimedOut)?;
        buffer.fill(b'x');
        Ok(buffer.len())
    }
}

#[test]
fn a_file_that_cannot_be_read_on_is_an_error() {
    for reads in [0, 1, 20] {
        let mut watch = Watch {
            cancellation: &Cancellation::default(),
            progress: &mut |_| {},
        };
        let error = examine(Broken(reads), SCRIPT, &mut watch).expect_err("it is broken");
        assert_eq!(error.kind(), ErrorKind::TimedOut);
    }
}

proptest! {
    #[test]
    fn garbage_is_found(
        bytes in prop::collection::vec(any::<u8>(), 0..3000),
        is_gzip in any::<bool>(),
        contents in prop::sample::select(vec![Contents::Script, Contents::Archive, Contents::Database]),
    ) {
        let (encoding, magic) = if is_gzip {
            // As far as the header goes it is one.
            (Encoding::Gzip, &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255][..])
        } else {
            (Encoding::Bare, &[][..])
        };
        let file = [magic, &bytes[..]].concat();
        prop_assert_eq!(examined(&file, Kind { encoding, contents }).findings.len(), 1);
    }
}
