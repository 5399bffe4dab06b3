//! Whether a copy is whole, by how it begins and ends.
//!
//! Pure but for the reader that it looks at.

use std::collections::VecDeque;
use std::io::{self, Read};

use crate::backend::dump::Format;

/// How much of the beginning and of the end is kept, in bytes.
const KEPT: usize = 4096;
/// The last words of `pg_dump`. A token to leave psql's restricted mode may follow.
const END_OF_DUMP: &[u8] = b"-- PostgreSQL database dump complete";
/// How an archive of `pg_dump` begins.
const ARCHIVE: &[u8] = b"PGDMP";
/// How a database of `SQLite` begins. <https://www.sqlite.org/fileformat.html#the_database_header>
const SQLITE: &[u8] = b"SQLite format 3\0";

/// How a copy begins and ends.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Ends {
    first: Vec<u8>,
    last: VecDeque<u8>,
    bytes: u64,
}

/// A reader that remembers how what was read begins and ends.
pub(super) struct Watched<R> {
    reader: R,
    ends: Ends,
}

impl<R: Read> Watched<R> {
    pub(super) fn new(reader: R) -> Self {
        Self {
            reader,
            ends: Ends::default(),
        }
    }

    pub(super) fn ends(self) -> Ends {
        self.ends
    }
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        self.ends.note(buffer.get(..count).unwrap_or_default());
        Ok(count)
    }
}

impl Ends {
    fn note(&mut self, read: &[u8]) {
        self.bytes += u64::try_from(read.len()).unwrap_or(u64::MAX);
        let missing = KEPT.saturating_sub(self.first.len());
        self.first.extend(read.iter().take(missing));
        let new = read
            .get(read.len().saturating_sub(KEPT)..)
            .unwrap_or_default();
        let too_many = (self.last.len() + new.len()).saturating_sub(KEPT);
        self.last.drain(..too_many.min(self.last.len()));
        self.last.extend(new);
    }

    fn ends_with_line(&self, line: &[u8]) -> bool {
        let (head, tail) = self.last.as_slices();
        let last: Vec<u8> = [head, tail].concat();
        last.split(|byte| *byte == b'\n').any(|found| found == line)
    }
}

/// Returns what is missing of a copy.
pub(super) fn findings(format: Format, ends: &Ends) -> Vec<String> {
    let whole = match format {
        Format::Plain => ends.ends_with_line(END_OF_DUMP),
        Format::Custom | Format::Directory => ends.first.starts_with(ARCHIVE),
        Format::Sqlite => ends.first.starts_with(SQLITE),
    };
    if whole {
        return Vec::new();
    }
    let missing = match format {
        Format::Plain => "its end marker is missing",
        Format::Custom | Format::Directory => "it does not begin as an archive of `pg_dump`",
        Format::Sqlite => "it does not begin as a SQLite database",
    };
    vec![format!("{missing} after {} bytes", ends.bytes)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(text: &[u8], piece: usize) -> Ends {
        let mut ends = Ends::default();
        text.chunks(piece).for_each(|chunk| ends.note(chunk));
        ends
    }

    #[test]
    fn a_plain_dump_has_to_end_as_one() {
        let end = "--\n-- PostgreSQL database dump complete\n--\n\n";
        for (tail, whole) in [
            (end.to_owned(), true),
            (format!("{end}\\unrestrict dieselkit\n"), true),
            (format!("{end}{}", "x\n".repeat(4000)), false),
            ("-- PostgreSQL database dump comp".to_owned(), false),
            (
                "INSERT INTO a VALUES ('-- PostgreSQL database dump complete');\n".to_owned(),
                false,
            ),
            (String::new(), false),
        ] {
            let text = format!("{}{tail}", "SELECT 1;\n".repeat(1000));
            for piece in [1, 7, 4096, 100_000] {
                let found = findings(Format::Plain, &ends(text.as_bytes(), piece));
                assert_eq!(found.is_empty(), whole, "{tail} in pieces of {piece}");
            }
        }
        let found = findings(Format::Plain, &Ends::default());
        assert_eq!(found, ["its end marker is missing after 0 bytes"]);
    }

    #[test]
    fn what_is_no_database_is_found() {
        let found = |format, text: &[u8]| findings(format, &ends(text, 100)).is_empty();
        assert!(found(Format::Sqlite, b"SQLite format 3\0..."));
        assert!(!found(Format::Sqlite, b""));
        assert!(found(Format::Custom, b"PGDMP\x01"));
        assert!(!found(Format::Custom, b"--"));
    }
}
