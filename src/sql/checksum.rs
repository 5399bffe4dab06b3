//! Hashing SQL by its meaning rather than by its bytes.
//!
//! Knows how tokens are written into the hash. Must not know what a digest
//! looks like to a user (`crate::checksum`), nor any dialect.
//!
//! Each significant token goes in as one byte for its kind, its length in
//! bytes (eight bytes, little endian) and its text, so that no two lists of
//! tokens make the same input. The text of a word whose case has no meaning
//! is in lower case; every other token's is as written, line ends in literals
//! included. Checksums are stored in databases for years: what is hashed, and
//! how, never changes, and a test holds it to known values.
//!
//! A `;` separates. A run of them counts as one, and those at the start and at
//! the end of the text do not count, so that a last `;` may come and go.

use sha2::{Digest, Sha256};

use super::token::{Dialect, Phrase, Token, TokenKind};
use crate::checksum::Checksum;

/// How much of the hash's input is gathered before it is hashed, in bytes.
const CHUNK: usize = 16 * 1024;

/// Returns the checksum of the significant tokens of `text`.
///
/// Whitespace, line ends, a BOM, comments, the case of keywords, empty
/// statements and a last `;` do not move it; every other change does. It is
/// total: a text with lexical errors has a checksum too.
pub fn checksum(text: &str, dialect: &dyn Dialect) -> Checksum {
    let mut hasher = Hasher::default();
    for token in dialect.lex(text) {
        if token.is_significant() {
            hasher.push(text, token, dialect);
        }
    }
    hasher.finish()
}

/// Returns the checksum of `bytes` as they are.
pub fn checksum_raw(bytes: &[u8]) -> Checksum {
    Checksum::from_bytes(Sha256::digest(bytes).into())
}

/// Gathers tokens into a digest.
#[derive(Default)]
struct Hasher {
    digest: Sha256,
    chunk: Vec<u8>,
    /// What the tokens so far ended with.
    separator: Separator,
}

/// Where a hasher stands between statements.
#[derive(Default, PartialEq, Eq)]
enum Separator {
    /// Nothing was hashed yet: a `;` separates nothing.
    #[default]
    Start,
    /// The last token was not a `;`.
    Closed,
    /// The last token was a `;`, which counts once another token follows.
    Pending,
}

impl Hasher {
    /// Takes the next significant token.
    fn push(&mut self, text: &str, token: Token, dialect: &dyn Dialect) {
        if Phrase::new(text, &[token]).is_mark(0, ";") {
            if self.separator == Separator::Closed {
                self.separator = Separator::Pending;
            }
            return;
        }
        if self.separator == Separator::Pending {
            self.encode(TokenKind::Punctuation, ";");
        }
        self.separator = Separator::Closed;
        let word = &text[token.span.range()];
        self.encode(token.kind, word);
        if token.kind == TokenKind::Word && dialect.folds_case(word) {
            let start = self.chunk.len() - word.len();
            self.chunk[start..].make_ascii_lowercase();
        }
    }

    /// Appends one token; its text stays the last thing in the chunk.
    fn encode(&mut self, kind: TokenKind, text: &str) {
        if self.chunk.len() >= CHUNK {
            self.digest.update(&self.chunk);
            self.chunk.clear();
        }
        self.chunk.push(kind.tag());
        let length = text.len() as u64;
        self.chunk.extend_from_slice(&length.to_le_bytes());
        self.chunk.extend_from_slice(text.as_bytes());
    }

    /// Returns the checksum of all tokens taken.
    fn finish(mut self) -> Checksum {
        self.digest.update(&self.chunk);
        Checksum::from_bytes(self.digest.finalize().into())
    }
}
