//! Whether a tar file of `pg_dump` is whole, by its headers alone.
//!
//! `pg_restore` looks for what it needs up to the end of the file, and some versions of it never take
//! that for the end: one that is cut off would keep it busy for ever. It must not know what is in the
//! members.

use std::io::{self, Read, Seek, SeekFrom};

/// What all of a tar file is made of, in bytes (POSIX, pax: ustar Interchange Format).
const BLOCK: usize = 512;
const LENGTH: u64 = BLOCK as u64;
/// Where the name of a member stands in its header, its size, and the sum of the header's bytes.
const NAME: (usize, usize) = (0, 100);
const SIZE: (usize, usize) = (124, 12);
const SUM: (usize, usize) = (148, 8);

/// Where a tar file stops being one.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It ends where something has to follow.
    Ends {
        /// Where, in bytes from its beginning.
        at: u64,
        /// The member that it ends in, or the last one before.
        member: String,
        place: Place,
    },
    /// What stands there is neither a member nor the end.
    NoHeader {
        /// Where, in bytes from its beginning.
        at: u64,
    },
}

/// Where in the file its end is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Within,
    Behind,
}

impl Fault {
    /// Returns what is wrong, to follow "is not whole: ".
    pub(super) fn told(&self) -> String {
        match self {
            Self::Ends { at, member, place } => {
                let place = match place {
                    Place::Within => "in the middle of",
                    Place::Behind => "without its end mark, behind",
                };
                format!("it ends at byte {at}, {place} `{member}`")
            }
            Self::NoHeader { at } => {
                format!("what stands at byte {at} is no header of a tar file")
            }
        }
    }
}

/// Returns where a tar file stops being one, where it does before its end.
pub(super) fn fault(file: &mut (impl Read + Seek)) -> io::Result<Option<Fault>> {
    let length = file.seek(SeekFrom::End(0))?;
    let (mut at, mut empty, mut member) = (0, 0, String::new());
    while empty < 2 {
        let ends = |member: &str, place| {
            let member = member.to_owned();
            Ok(Some(Fault::Ends {
                at: length,
                member,
                place,
            }))
        };
        if length.saturating_sub(at) < LENGTH {
            return ends(&member, Place::Behind);
        }
        let block = block_at(file, at)?;
        if block.iter().all(|byte| *byte == 0) {
            (at, empty) = (at + LENGTH, empty + 1);
            continue;
        }
        let Some(size) = size_of(&block) else {
            return Ok(Some(Fault::NoHeader { at }));
        };
        (empty, member) = (0, name_of(&block));
        at = at.saturating_add(LENGTH);
        let padded = size.checked_next_multiple_of(LENGTH).unwrap_or(u64::MAX);
        if padded > length.saturating_sub(at) {
            return ends(&member, Place::Within);
        }
        at += padded;
    }
    Ok(None)
}

fn block_at(file: &mut (impl Read + Seek), at: u64) -> io::Result<[u8; BLOCK]> {
    let mut block = [0; BLOCK];
    file.seek(SeekFrom::Start(at))?;
    file.read_exact(&mut block)?;
    Ok(block)
}

/// Returns the size of the member that a header begins, in bytes, where it is one.
fn size_of(header: &[u8]) -> Option<u64> {
    // Its own field counts as blanks.
    let (start, length) = SUM;
    let own = start..start + length;
    let bytes = header.iter().enumerate();
    let sum: u64 = bytes
        .map(|(place, byte)| u64::from(if own.contains(&place) { b' ' } else { *byte }))
        .sum();
    (number(field(header, SUM))? == sum).then(|| number(field(header, SIZE)))?
}

fn name_of(header: &[u8]) -> String {
    let name = field(header, NAME).split(|byte| *byte == 0).next();
    String::from_utf8_lossy(name.unwrap_or_default()).into_owned()
}

fn field(header: &[u8], (start, length): (usize, usize)) -> &[u8] {
    header.get(start..start + length).unwrap_or_default()
}

/// Reads a number: octal digits, or bytes behind a first one of 0x80 where it is too large for those,
/// as `pg_dump` writes it, too (`print_tar_number` in its `port/tar.c`).
fn number(field: &[u8]) -> Option<u64> {
    if let [0x80, rest @ ..] = field {
        let digits = rest.iter().copied();
        return digits.map(u64::from).try_fold(0_u64, |number, digit| {
            Some(number.checked_mul(256)? | digit)
        });
    }
    let text = std::str::from_utf8(field).ok()?;
    let digits = text.trim_matches(|letter| matches!(letter, ' ' | '\0'));
    u64::from_str_radix(digits, 8).ok()
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    /// Returns a header as `pg_dump` writes it.
    fn header(name: &str, size: &[u8]) -> Vec<u8> {
        let mut header = vec![0; BLOCK];
        header[..name.len()].copy_from_slice(name.as_bytes());
        header[SIZE.0..SIZE.0 + size.len()].copy_from_slice(size);
        header[257..262].copy_from_slice(b"ustar");
        header[SUM.0..SUM.0 + SUM.1].fill(b' ');
        let sum: u64 = header.iter().map(|byte| u64::from(*byte)).sum();
        header[SUM.0..SUM.0 + 7].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        header
    }

    fn member(name: &str, contents: &[u8]) -> Vec<u8> {
        let size = format!("{:011o} ", contents.len());
        let mut member = header(name, size.as_bytes());
        member.extend_from_slice(contents);
        member.resize(member.len().next_multiple_of(BLOCK), 0);
        member
    }

    fn archive() -> Vec<u8> {
        let members = [
            member("toc.dat", &[1; 700]),
            member("3012.dat", b""),
            member("restore.sql", &[b'x'; 512]),
        ];
        let mut archive = members.concat();
        archive.resize(archive.len() + 2 * BLOCK, 0);
        archive
    }

    fn said(archive: &[u8]) -> Option<String> {
        let fault = fault(&mut Cursor::new(archive)).expect("memory can be read");
        fault.map(|fault| fault.told())
    }

    #[test]
    fn a_whole_one_is_whole_whatever_follows() {
        let mut archive = archive();
        assert_eq!(said(&archive), None);
        archive.extend_from_slice(&[0; 20 * BLOCK]);
        assert_eq!(said(&archive), None);
        archive.extend_from_slice(b"what somebody added");
        assert_eq!(said(&archive), None);
    }

    #[test]
    fn each_length_but_the_whole_is_too_short() {
        let archive = archive();
        for length in BLOCK..archive.len() {
            let told = said(&archive[..length]);
            let begins = format!("it ends at byte {length}, ");
            assert!(
                told.as_ref().is_some_and(|told| told.starts_with(&begins)),
                "{told:?}"
            );
        }
        for (length, place) in [
            (600, "in the middle of `toc.dat`"),
            (1536, "without its end mark, behind `toc.dat`"),
            (2048, "without its end mark, behind `3012.dat`"),
            (3071, "in the middle of `restore.sql`"),
            (
                archive.len() - 1,
                "without its end mark, behind `restore.sql`",
            ),
        ] {
            let told = said(&archive[..length]).unwrap_or_default();
            assert!(told.ends_with(place), "{length}: {told}");
        }
    }

    #[test]
    fn a_size_may_be_written_in_bytes() {
        let large = [&[0x80, 0, 0, 0][..], &(1_u64 << 40).to_be_bytes()].concat();
        let archive = [member("toc.dat", b""), header("3012.dat", &large)].concat();
        let told = said(&archive).unwrap_or_default();
        assert!(told.ends_with("in the middle of `3012.dat`"), "{told}");
    }

    #[test]
    fn what_is_no_header_is_told() {
        for place in [1536, 1536 + 511] {
            let mut archive = archive();
            archive[place] ^= 1;
            let told = said(&archive);
            let told = told.as_deref();
            assert_eq!(
                told,
                Some("what stands at byte 1536 is no header of a tar file")
            );
        }
    }
}
