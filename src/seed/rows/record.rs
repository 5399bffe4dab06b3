//! One record of a CSV file, cut into fields.
//!
//! The format is RFC 4180's, read strictly: what readers of CSV take in different ways is an
//! error. No reader of the ecosystem is used, as none tells `""` from nothing, which is the empty
//! text from NULL to `PostgreSQL`, and none refuses a quote that is not closed or text behind a
//! closing quote. It knows neither NULL nor a header.

use std::borrow::Cow;
use std::io::BufRead;
use std::ops::Range;

use super::input::{Input, RowText};
use crate::backend::rows::RowError;
use crate::sql::Position;

/// A record; its memory serves one after the other.
#[derive(Debug)]
pub(super) struct Record {
    text: RowText,
    fields: Vec<(Range<usize>, Quoting)>,
    delimiter: u8,
}

/// How a field is quoted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quoting {
    /// Not at all.
    Unquoted,
    /// In quotes, and no quote inside.
    Quoted,
    /// In quotes, and each quote inside is doubled.
    Doubled,
}

impl Quoting {
    /// Returns how many bytes stand before a field's text, and how many behind.
    fn length(self) -> usize {
        usize::from(self != Self::Unquoted)
    }
}

impl Record {
    pub(super) fn new(delimiter: u8) -> Self {
        Self {
            text: RowText::new(),
            fields: Vec::new(),
            delimiter,
        }
    }

    /// Reads the next record; `false` at the end of the file. Errors name the field's column
    /// where it has one.
    pub(super) fn read<R: BufRead>(
        &mut self,
        input: &mut Input<R>,
        columns: &[String],
    ) -> Result<bool, RowError> {
        self.fields.clear();
        self.text.begin(input.position());
        if !input.add_line(&mut self.text)? {
            return Ok(false);
        }
        let mut begin = 0;
        loop {
            let end = self.read_field(input, begin).map_err(|fault| match fault {
                Fault::File(error) => error,
                Fault::Field(place, message) => RowError {
                    column: columns.get(self.fields.len()).cloned(),
                    ..self.text.error_at(place, message)
                },
            })?;
            if self.text.bytes().get(end) != Some(&self.delimiter) {
                return Ok(true);
            }
            begin = end + 1;
        }
    }

    /// Reads the field that begins here, and returns where it ends: before a delimiter or the end
    /// of the line.
    fn read_field<R: BufRead>(
        &mut self,
        input: &mut Input<R>,
        begin: usize,
    ) -> Result<usize, Fault> {
        let quoted = self.text.bytes().get(begin) == Some(&b'"');
        let (range, quoting) = if quoted {
            self.quoted_field(input, begin + 1)?
        } else {
            (begin..self.unquoted_end(begin), Quoting::Unquoted)
        };
        let end = range.end + usize::from(quoted);
        match &self.text.bytes()[end..] {
            [] | b"\n" | b"\r\n" => {}
            [byte, ..] if *byte == self.delimiter => {}
            [..] if quoted => return Err(Fault::Field(end, TEXT_BEHIND)),
            [b'"', ..] => return Err(Fault::Field(end, QUOTE_INSIDE)),
            [..] => return Err(Fault::Field(end, LONE_RETURN)),
        }
        self.fields.push((range, quoting));
        Ok(end)
    }

    fn unquoted_end(&self, begin: usize) -> usize {
        let bytes = self.text.bytes();
        let ends = |byte: &u8| matches!(byte, b'"' | b'\r' | b'\n') || *byte == self.delimiter;
        bytes[begin..]
            .iter()
            .position(ends)
            .map_or(bytes.len(), |length| begin + length)
    }

    /// Finds the closing quote of the field whose text begins here, in further lines if need be.
    fn quoted_field<R: BufRead>(
        &mut self,
        input: &mut Input<R>,
        begin: usize,
    ) -> Result<(Range<usize>, Quoting), Fault> {
        let mut quoting = Quoting::Quoted;
        let mut from = begin;
        loop {
            let bytes = self.text.bytes();
            let Some(found) = bytes[from..].iter().position(|byte| *byte == b'"') else {
                from = bytes.len();
                if !input.add_line(&mut self.text).map_err(Fault::File)? {
                    return Err(Fault::Field(begin - 1, NOT_CLOSED));
                }
                continue;
            };
            let quote = from + found;
            // The quote is never the last byte of a line that goes on.
            if bytes.get(quote + 1) != Some(&b'"') {
                return Ok((begin..quote, quoting));
            }
            quoting = Quoting::Doubled;
            from = quote + 2;
        }
    }

    /// Returns whether the record is an empty line.
    pub(super) fn is_blank(&self) -> bool {
        matches!(self.text.bytes(), b"\n" | b"\r\n")
    }

    /// Returns the number of fields.
    pub(super) fn len(&self) -> usize {
        self.fields.len()
    }

    /// Returns where the record begins.
    pub(super) fn position(&self) -> Position {
        self.text.position(0)
    }

    /// Returns where a field begins, 0-based, with its quote if it has one; where the record ends,
    /// if it does not have as many.
    pub(super) fn position_of(&self, field: usize) -> Position {
        self.text.position(self.offset(field))
    }

    fn offset(&self, field: usize) -> usize {
        if let Some((range, quoting)) = self.fields.get(field) {
            return range.start - quoting.length();
        }
        let last = self.fields.last();
        last.map_or(0, |(range, quoting)| range.end + quoting.length())
    }

    /// Returns an error about what stands behind so many fields.
    pub(super) fn error_behind(&self, fields: usize, message: String) -> RowError {
        self.text.error_at(self.offset(fields), message)
    }

    /// Returns an error about the record.
    pub(super) fn error(&self, message: String) -> RowError {
        self.text.error(message)
    }

    /// Returns the fields' texts, and how they are quoted.
    pub(super) fn fields(&self) -> Result<impl Iterator<Item = (Cow<'_, str>, Quoting)>, RowError> {
        let text = self.text.text()?;
        let fields = self.fields.iter().map(move |(range, quoting)| {
            let raw = &text[range.clone()];
            let field = match quoting {
                Quoting::Doubled => Cow::Owned(raw.replace("\"\"", "\"")),
                Quoting::Quoted | Quoting::Unquoted => Cow::Borrowed(raw),
            };
            (field, *quoting)
        });
        Ok(fields)
    }
}

/// Why a field cannot be read.
enum Fault {
    File(RowError),
    /// What is wrong, and at which byte of the record.
    Field(usize, &'static str),
}

const NOT_CLOSED: &str = "the file ends inside a quoted field: its closing quote is missing";
const TEXT_BEHIND: &str =
    "text stands behind a closing quote: write a quote inside a quoted field as `\"\"`";
const QUOTE_INSIDE: &str =
    "a quote stands inside an unquoted field: quote the field, and write the quote as `\"\"`";
const LONE_RETURN: &str =
    "a carriage return without a line feed stands in an unquoted field: quote the field";
