//! A reader that looks on whether what it reads is whole.

use std::io::{self, Read};

use crate::backend::dump::Format;
use crate::backup::examine::{Contents, Look};

/// A reader that looks at what is read.
pub(super) struct Watched<R> {
    reader: R,
    look: Look,
}

impl<R: Read> Watched<R> {
    /// Looks at the contents of a format, uncompressed; of a folder, at its table of contents.
    pub(super) fn new(reader: R, format: Format) -> Self {
        let contents = match format {
            Format::Plain => Contents::Script,
            Format::Custom | Format::Directory => Contents::Archive,
            Format::Sqlite => Contents::Database,
        };
        Self {
            reader,
            look: Look::at(contents),
        }
    }

    /// Returns what is wrong with what was read, which was all.
    pub(super) fn findings(&self) -> Vec<String> {
        let findings = self.look.findings().into_iter();
        let bytes = self.look.bytes();
        findings
            .map(|finding| format!("after {bytes} bytes it {finding}"))
            .collect()
    }
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        self.look.on(buffer.get(..count).unwrap_or_default());
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(format: Format, text: &[u8]) -> Vec<String> {
        let mut watched = Watched::new(text, format);
        io::copy(&mut watched, &mut io::sink()).expect("memory does not fail");
        watched.findings()
    }

    #[test]
    fn a_copy_has_to_begin_and_end_as_its_format_does() {
        let end = "--\n-- PostgreSQL database dump complete\n--\n\n";
        let script = format!("{}{end}", "SELECT 1;\n".repeat(10_000));
        assert_eq!(found(Format::Plain, script.as_bytes()), [""; 0]);
        assert_eq!(found(Format::Custom, b"PGDMP\x01"), [""; 0]);
        assert_eq!(
            found(Format::Plain, &script.as_bytes()[..100_010]),
            ["after 100010 bytes it does not end in `-- PostgreSQL database dump complete`"]
        );
        assert_eq!(
            found(Format::Custom, b""),
            ["after 0 bytes it does not begin as an archive of `pg_dump`"]
        );
        assert_eq!(
            found(Format::Sqlite, b"--"),
            ["after 2 bytes it does not begin as a database file of SQLite"]
        );
    }
}
