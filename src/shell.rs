//! Commands as a shell reads them: what a hint tells to paste.
//!
//! Pure. Every command of a hint that holds a path, a name or a version is made here, which a test
//! of the architecture checks. It must not know what the commands are for.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use crate::version::Version;

/// What can be one word of a command.
pub trait Word {
    /// Returns the word as the program is to receive it.
    fn text(&self) -> Cow<'_, str>;
}

impl Word for str {
    fn text(&self) -> Cow<'_, str> {
        Cow::Borrowed(self)
    }
}

impl Word for &str {
    fn text(&self) -> Cow<'_, str> {
        Cow::Borrowed(self)
    }
}

impl Word for String {
    fn text(&self) -> Cow<'_, str> {
        Cow::Borrowed(self)
    }
}

impl Word for Version {
    fn text(&self) -> Cow<'_, str> {
        Cow::Borrowed(self.as_str())
    }
}

impl Word for Path {
    /// A path that begins as a flag does is named from the current folder.
    fn text(&self) -> Cow<'_, str> {
        let text = self.to_string_lossy();
        if text.starts_with('-') {
            return Cow::Owned(format!("./{text}"));
        }
        text
    }
}

impl Word for &Path {
    fn text(&self) -> Cow<'_, str> {
        (**self).text()
    }
}

impl Word for PathBuf {
    fn text(&self) -> Cow<'_, str> {
        self.as_path().text()
    }
}

/// Returns a command between backticks, with a word, quoted where it has to be, in the place of
/// each `{}` of its text.
pub fn command(text: &str, words: &[&dyn Word]) -> String {
    let mut pieces = text.split("{}");
    let mut line = String::from(pieces.next().unwrap_or_default());
    debug_assert_eq!(pieces.clone().count(), words.len(), "{text}");
    for (piece, word) in pieces.zip(words) {
        line += &quote(&word.text());
        line += piece;
    }
    format!("`{line}`")
}

/// Returns `word` as a shell takes it for one word.
pub fn quote(word: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:@%+,=".contains(&byte);
    if !word.is_empty() && word.bytes().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_shell_would_read_otherwise_is_quoted() {
        for (word, quoted) in [
            ("sqlite:a-b_c/d.db", "sqlite:a-b_c/d.db"),
            ("postgres://u@h:5432/db", "postgres://u@h:5432/db"),
            ("", "''"),
            ("a b", "'a b'"),
            ("it's", r"'it'\''s'"),
            ("$HOME", "'$HOME'"),
            (
                "postgres://h/db?sslmode=off&a=b",
                "'postgres://h/db?sslmode=off&a=b'",
            ),
        ] {
            assert_eq!(quote(word), quoted);
        }
    }

    #[test]
    fn a_path_is_never_a_flag() {
        let path = Path::new("-rf x/up.sql");
        assert_eq!(command("rm {}", &[&path]), "`rm './-rf x/up.sql'`");
        let (from, to) = (PathBuf::from("a"), "b c");
        assert_eq!(command("mv {} {} # {", &[&from, &to]), "`mv a 'b c' # {`");
    }
}
