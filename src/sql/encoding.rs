//! Bytes that should be text and are not: where, and what they may be instead.
//!
//! Pure. It must not know whose file they are.

use std::path::Path;
use std::str::Utf8Error;

use super::Position;
use crate::shell::command;

/// What is known of a file that is no UTF-8.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotUtf8 {
    /// Where the first byte stands that is not.
    pub position: Position,
    /// What the text seems to be in, as `iconv` names it.
    pub encoding: &'static str,
}

impl NotUtf8 {
    /// Looks at the bytes of a file, of whose encoding their beginning tells.
    /// <https://www.unicode.org/faq/utf_bom.html#bom4>
    pub(crate) fn of(bytes: &[u8], error: Utf8Error) -> Self {
        let text = &bytes[..error.valid_up_to()];
        let encoding = match bytes {
            [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => "utf-32",
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => "utf-16",
            _ => "latin1",
        };
        Self {
            position: Position::START.behind(text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text)),
            encoding,
        }
    }

    /// Returns the command that makes UTF-8 of the file.
    pub(crate) fn hint(&self, path: &Path) -> String {
        let written = path.with_added_extension("utf8");
        command(
            "iconv -f {} -t utf-8 {} > {} && mv {} {}",
            &[&self.encoding, &path, &written, &written, &path],
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(bytes: &[u8]) -> NotUtf8 {
        NotUtf8::of(bytes, str::from_utf8(bytes).expect_err("it is not UTF-8"))
    }

    #[test]
    fn the_mark_at_its_beginning_tells_of_a_file_s_encoding() {
        for (bytes, encoding) in [
            (&b"\xff\xfeS\0E\0"[..], "utf-16"),
            (b"\xfe\xff\0S\0E", "utf-16"),
            (b"\xff\xfe\0\0S\0\0\0", "utf-32"),
            (b"SELECT '\xe9'", "latin1"),
        ] {
            let command =
                format!("`iconv -f {encoding} -t utf-8 a.sql > a.sql.utf8 && mv a.sql.utf8 a.sql`");
            assert_eq!(of(bytes).hint(Path::new("a.sql")), command);
        }
    }

    #[test]
    fn the_first_byte_that_is_no_text_has_a_line_and_a_column() {
        for (bytes, position) in [
            (&b"\xff"[..], "1:1"),
            (b"-- \xc3\xa9\r\nSELECT '\xc3\xa9\xe9'", "2:10"),
            (b"\xef\xbb\xbf--\xe9", "1:3"),
        ] {
            assert_eq!(of(bytes).position.to_string(), position);
        }
    }
}
