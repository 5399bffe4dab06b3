//! A file's bytes and the text of one row of them, with places and bytes counted.
//!
//! It knows lines, UTF-8 and how long a row may be, and no format.

use std::io::{BufRead, Chain, Cursor, ErrorKind, Read};

use super::of_the_file;
use crate::backend::rows::RowError;
use crate::sql::Position;

/// The most bytes that a row may have. A quote that is never closed would else take the rest of
/// the file into memory.
pub(in crate::seed) const LONGEST_ROW: usize = 64 << 20;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// What is still to be read of a file.
#[derive(Debug)]
pub(super) struct Input<R> {
    reader: Chain<Cursor<Vec<u8>>, R>,
    bytes: u64,
    position: Position,
}

impl<R: BufRead> Input<R> {
    /// Passes over a byte order mark, where the file has one.
    pub(super) fn new(mut reader: R) -> Result<Self, RowError> {
        let mut head = Vec::new();
        let most = BYTE_ORDER_MARK.len() as u64;
        reader
            .by_ref()
            .take(most)
            .read_to_end(&mut head)
            .map_err(|error| unreadable(&error))?;
        let mut bytes = 0;
        if head == BYTE_ORDER_MARK {
            head.clear();
            bytes = most;
        }
        let reader = Cursor::new(head).chain(reader);
        Ok(Self {
            reader,
            bytes,
            position: Position::START,
        })
    }

    /// Adds the next line with its end to a row; `false` where the file has no further one.
    pub(super) fn add_line(&mut self, row: &mut RowText) -> Result<bool, RowError> {
        let before = row.bytes.len();
        let most = LONGEST_ROW + 1 - before;
        let read = self
            .reader
            .by_ref()
            .take(most as u64)
            .read_until(b'\n', &mut row.bytes)
            .map_err(|error| unreadable(&error))?;
        self.bytes += read as u64;
        self.position = if row.bytes[before..].ends_with(b"\n") {
            Position {
                line: self.position.line + 1,
                column: 1,
            }
        } else {
            self.position.behind(&row.bytes[before..])
        };
        row.check_length()?;
        Ok(read > 0)
    }

    /// Adds bytes to a row up to the one that ends it, which is added too; `false` where the file
    /// ends before.
    pub(super) fn add_until(
        &mut self,
        row: &mut RowText,
        mut ends: impl FnMut(u8) -> bool,
    ) -> Result<bool, RowError> {
        loop {
            let piece = self.piece()?;
            if piece.is_empty() {
                return Ok(false);
            }
            let end = piece.iter().position(|byte| ends(*byte));
            let length = end.map_or(piece.len(), |end| end + 1);
            row.bytes.extend_from_slice(&piece[..length]);
            self.pass(length)?;
            row.check_length()?;
            if end.is_some() {
                return Ok(true);
            }
        }
    }

    /// Passes over JSON's whitespace, and returns the byte behind it without passing over it.
    pub(super) fn peek(&mut self) -> Result<Option<u8>, RowError> {
        loop {
            let piece = self.piece()?;
            let found = piece.iter().position(|byte| !is_blank(*byte));
            let byte = found.map(|found| piece[found]);
            let blanks = found.unwrap_or(piece.len());
            if blanks == 0 {
                return Ok(byte);
            }
            self.pass(blanks)?;
        }
    }

    /// Passes over bytes that are in the buffer.
    pub(super) fn pass(&mut self, length: usize) -> Result<(), RowError> {
        let position = self.position;
        self.position = position.behind(&self.piece()?[..length]);
        self.reader.consume(length);
        self.bytes += length as u64;
        Ok(())
    }

    /// Returns what is in the buffer; nothing only at the end of the file.
    fn piece(&mut self) -> Result<&[u8], RowError> {
        while let Err(error) = self.reader.fill_buf() {
            if error.kind() != ErrorKind::Interrupted {
                return Err(unreadable(&error));
            }
        }
        self.reader.fill_buf().map_err(|error| unreadable(&error))
    }

    /// Returns where the next byte stands.
    pub(super) fn position(&self) -> Position {
        self.position
    }

    /// Returns how many bytes are read.
    pub(super) fn bytes_read(&self) -> u64 {
        self.bytes
    }
}

/// Returns whether JSON takes a byte as whitespace.
pub(super) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

fn unreadable(error: &std::io::Error) -> RowError {
    of_the_file(format!("the file cannot be read: {error}"))
}

/// The bytes of a row and where it begins; its memory serves one row after the other.
#[derive(Debug)]
pub(super) struct RowText {
    bytes: Vec<u8>,
    start: Position,
}

impl RowText {
    pub(super) fn new() -> Self {
        Self {
            bytes: Vec::new(),
            start: Position::START,
        }
    }

    /// Forgets the row, for one that begins here.
    pub(super) fn begin(&mut self, start: Position) {
        self.bytes.clear();
        self.start = start;
    }

    /// Lets the row begin so many bytes later.
    pub(super) fn skip(&mut self, length: usize) {
        self.start = self.position(length);
        self.bytes.drain(..length);
    }

    /// Returns where a byte of the row stands in the file.
    pub(super) fn position(&self, offset: usize) -> Position {
        self.start.behind(&self.bytes[..offset])
    }

    /// Returns the row's bytes.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns the row as text, which has no NUL in it.
    pub(super) fn text(&self) -> Result<&str, RowError> {
        let text = str::from_utf8(&self.bytes).map_err(|error| {
            self.error_at(
                error.valid_up_to(),
                "the text is not UTF-8: save the file as UTF-8",
            )
        })?;
        if !self.bytes.contains(&0) {
            return Ok(text);
        }
        let place = text.find('\0').unwrap_or_default();
        Err(self.error_at(
            place,
            "the text has a NUL character, which databases cannot store",
        ))
    }

    /// Returns an error about the row.
    pub(super) fn error(&self, message: impl Into<String>) -> RowError {
        RowError {
            position: Some(self.start),
            column: None,
            message: message.into(),
        }
    }

    /// Returns an error about what stands at a byte of the row.
    pub(super) fn error_at(&self, offset: usize, message: impl Into<String>) -> RowError {
        RowError {
            position: Some(self.position(offset)),
            ..self.error(message)
        }
    }

    fn check_length(&self) -> Result<(), RowError> {
        if self.bytes.len() <= LONGEST_ROW {
            return Ok(());
        }
        let mebibytes = LONGEST_ROW >> 20;
        Err(self.error(format!(
            "the row is longer than {mebibytes} MiB: a quote or a bracket may not be closed"
        )))
    }
}
