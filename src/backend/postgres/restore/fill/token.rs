//! The lines by which newer versions of `pg_dump` have psql take no command of its own from what stands
//! between them. They are left out: an older psql does not know them, and what a script says of itself
//! protects nobody from it.
//!
//! Pure.

/// What such a line begins with, and the one that ends it.
const BEGINS: &[u8] = b"\\restrict ";
const ENDS: &[u8] = b"\\unrestrict ";
/// How long such a line is at most, with its end, in bytes.
pub(super) const LENGTH: usize = 160;

/// The token that was begun last, as long as it is not ended.
#[derive(Debug, Default)]
pub(super) struct Token(Option<Vec<u8>>);

impl Token {
    /// Returns how long a line is, without its end, that begins one, or ends the one that was begun. Any
    /// other is left to whoever refuses commands.
    pub(super) fn line(&mut self, text: &[u8]) -> Option<usize> {
        let head = text.get(..LENGTH).unwrap_or(text);
        let end = memchr::memchr(b'\n', head)?;
        let line = head.get(..end)?;
        let bare = line.strip_suffix(b"\r").unwrap_or(line);
        if let (Some(token), None) = (bare.strip_prefix(BEGINS), &self.0) {
            self.0 = is_token(token).then(|| token.to_owned());
            return self.0.is_some().then_some(end);
        }
        let ended = bare.strip_prefix(ENDS)?;
        let open = self.0.take_if(|token| token == ended);
        open.map(|_| end)
    }
}

/// Returns whether a text is a token as `pg_dump` writes one.
/// <https://www.postgresql.org/docs/current/app-pgdump.html>, `--restrict-key`
fn is_token(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(u8::is_ascii_alphanumeric)
}

/// Returns whether a piece of a script ends within what may become such a line.
pub(super) fn is_cut(piece: &[u8]) -> bool {
    let start = memchr::memrchr(b'\n', piece).map_or(0, |place| place + 1);
    let line = piece.get(start..).unwrap_or_default();
    let may_become = |word: &[u8]| line.starts_with(word) || word.starts_with(line);
    !line.is_empty() && line.len() < LENGTH && (may_become(BEGINS) || may_become(ENDS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_line_with_the_token_that_was_begun_ends_it() {
        let mut token = Token::default();
        for (line, length) in [
            ("\\unrestrict a\n", None),
            ("\\restrict it's\n", None),
            ("\\restrict \n", None),
            ("\\restrict a", None),
            ("\\restrict a\r\n", Some(12)),
            ("\\restrict b\n", None),
            ("\\unrestrict b\n", None),
            ("\\unrestrict a\nSELECT 1;\n", Some(13)),
            ("\\unrestrict a\n", None),
            ("\\restrict b\n", Some(11)),
        ] {
            assert_eq!(token.line(line.as_bytes()), length, "{line}");
        }
    }

    #[test]
    fn a_piece_that_ends_within_such_a_line_is_known() {
        let long = format!("\\restrict {}", "a".repeat(LENGTH));
        for (piece, cut) in [
            ("", false),
            ("\\", true),
            ("a\n\\restr", true),
            ("a\n\\unrestrict ab", true),
            ("\\restrict a\n", false),
            ("a \\restrict a", false),
            ("\\N\t1", false),
            (long.as_str(), false),
        ] {
            assert_eq!(is_cut(piece.as_bytes()), cut, "{piece}");
        }
    }
}
