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
