//! Places in a text: byte spans for programs, lines and columns for people.
//!
//! Knows how lines are counted. Must not know SQL.

use std::fmt;
use std::ops::Range;

/// The byte order mark that some editors put at the start of a file.
pub(crate) const BOM: char = '\u{feff}';

/// A part of a text, in byte offsets: `start` inclusive, `end` exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Span {
    /// The offset of the first byte.
    pub start: usize,
    /// The offset after the last byte.
    pub end: usize,
}

impl Span {
    /// Returns the span as a range, fit to index a string with.
    pub const fn range(self) -> Range<usize> {
        self.start..self.end
    }

    /// Returns whether the byte at `offset` is in the span.
    pub const fn contains(self, offset: usize) -> bool {
        self.start <= offset && offset < self.end
    }
}

/// A place in a file, as editors show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The line, 1-based.
    pub line: usize,
    /// The column, 1-based, in characters; a leading BOM takes none.
    pub column: usize,
}

impl Position {
    /// The first character of a text.
    pub(crate) const START: Self = Self { line: 1, column: 1 };

    /// Returns the place behind some bytes of UTF-8, the first of which stands here. Part of a
    /// character counts as one where it is its first part.
    pub(crate) fn behind(self, bytes: &[u8]) -> Self {
        match bytes.iter().rposition(|byte| *byte == b'\n') {
            None => Self {
                column: self.column + characters(bytes),
                ..self
            },
            Some(last) => Self {
                line: self.line + 1 + line_ends(&bytes[..last]),
                column: 1 + characters(&bytes[last + 1..]),
            },
        }
    }
}

#[expect(
    clippy::naive_bytecount,
    reason = "the crate that counts faster would count a small part of what is read"
)]
fn line_ends(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte == b'\n').count()
}

/// Counts the bytes with which a character begins.
fn characters(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte & 0xc0 != 0x80).count()
}

impl fmt::Display for Position {
    /// Writes `line:column`, which editors and terminals make a link of.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.line, self.column)
    }
}

/// Where the lines of a text start, so that many positions cost one scan.
#[derive(Debug, Clone)]
pub(crate) struct Lines {
    /// The offset of the first character of each line; never empty.
    starts: Vec<usize>,
    /// The number that the first line goes by, at least 1.
    first_line: usize,
}

impl Lines {
    /// Finds the lines of `text`, the first of which is `first_line` of its
    /// file (1-based; 0 is taken as 1).
    pub(crate) fn new(text: &str, first_line: usize) -> Self {
        let after_bom = text.len() - text.trim_start_matches(BOM).len();
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        Self {
            starts: std::iter::once(after_bom.min(BOM.len_utf8()))
                .chain(ends.map(|(offset, _)| offset + 1))
                .collect(),
            first_line: first_line.max(1),
        }
    }

    /// Returns the position of the byte at `offset` of `text`, which must be
    /// the text that the lines were found in. An offset past the end, or
    /// inside a character, gives the place of what stands there.
    pub(crate) fn position(&self, text: &str, offset: usize) -> Position {
        let offset = text.floor_char_boundary(offset);
        let line = self.starts.partition_point(|start| *start <= offset);
        let line = line.saturating_sub(1);
        let before = text.get(self.starts[line]..offset).unwrap_or_default();
        Position {
            line: self.first_line + line,
            column: before.chars().count() + 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn position(text: &str, offset: usize) -> String {
        Lines::new(text, 1).position(text, offset).to_string()
    }

    #[test]
    fn columns_count_characters_and_lines_count_line_feeds() {
        let text = "añb\r\ncd\n";
        let found: Vec<_> = (0..=text.len())
            .filter(|offset| text.is_char_boundary(*offset))
            .map(|offset| position(text, offset))
            .collect();
        assert_eq!(
            found,
            [
                "1:1", "1:2", "1:3", "1:4", "1:5", "2:1", "2:2", "2:3", "3:1"
            ]
        );
    }

    #[test]
    fn a_place_is_found_from_any_other_before_it() {
        let text = "añb\r\ncd\n\né🦀f";
        let lines = Lines::new(text, 1);
        let boundaries = (0..=text.len()).filter(|offset| text.is_char_boundary(*offset));
        for from in boundaries.clone() {
            for to in boundaries.clone().filter(|to| from <= *to) {
                let behind = lines
                    .position(text, from)
                    .behind(&text.as_bytes()[from..to]);
                assert_eq!(behind, lines.position(text, to), "{from}..{to}");
            }
        }
    }

    #[test]
    fn a_leading_bom_takes_no_column() {
        assert_eq!(position("\u{feff}a", 0), "1:1");
        assert_eq!(position("\u{feff}a", 3), "1:1");
        assert_eq!(position("\u{feff}a", 4), "1:2");
    }

    #[test]
    fn an_offset_inside_a_character_or_past_the_end_is_moved_back() {
        assert_eq!(position("añb", 2), "1:2");
        assert_eq!(position("a\nb", 99), "2:2");
        assert_eq!(position("", 0), "1:1");
    }

    #[test]
    fn lines_are_counted_from_the_first_one_given() {
        let lines = Lines::new("a\nb", 40);
        assert_eq!(
            lines.position("a\nb", 2),
            Position {
                line: 41,
                column: 1
            }
        );
        assert_eq!(Lines::new("", 0).position("", 0).line, 1);
    }
}
