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
/// each `{}` of its text. A flag's value that begins as a flag does is joined to it by a `=`.
pub fn command(text: &str, words: &[&dyn Word]) -> String {
    let mut pieces = text.split("{}");
    let mut line = String::from(pieces.next().unwrap_or_default());
    debug_assert_eq!(pieces.clone().count(), words.len(), "{text}");
    for (piece, word) in pieces.zip(words) {
        let word = word.text();
        if word.starts_with('-') && ends_with_flag(&line) {
            line.replace_range(line.len() - 1.., "=");
        }
        line += &quote(&word);
        line += piece;
    }
    format!("`{line}`")
}

/// Returns whether a value comes next: a long flag stands at the end, and a blank behind it.
fn ends_with_flag(line: &str) -> bool {
    let last = line
        .strip_suffix(' ')
        .and_then(|line| line.split(' ').next_back());
    last.is_some_and(|last| last.len() > 2 && last.starts_with("--"))
}

/// Returns a long flag with its value, as [`command`] joins them.
pub fn option(flag: &str, value: &str) -> String {
    let sign = if value.starts_with('-') { '=' } else { ' ' };
    format!("{flag}{sign}{}", quote(value))
}

/// Returns `word` as a shell takes it for one word.
pub fn quote(word: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:@%+,=".contains(&byte);
    if !word.is_empty() && word.bytes().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// Returns the words of a line as a shell takes them apart where [`quote`] has put them together; none
/// where a quotation has no end.
pub fn words_of(line: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match letter {
            ' ' => words.extend(word.take()),
            '\'' => {
                let (quoted, rest) = letters.as_str().split_once('\'')?;
                word.get_or_insert_default().push_str(quoted);
                letters = rest.chars();
            }
            '\\' => word.get_or_insert_default().push(letters.next()?),
            other => word.get_or_insert_default().push(other),
        }
    }
    words.extend(word);
    Some(words)
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
    fn what_was_quoted_is_read_as_it_was() {
        let words = ["a", "", "it's", " a  b ", r"\", "--a b", "'"];
        let line: Vec<String> = words.map(quote).to_vec();
        assert_eq!(
            words_of(&line.join(" ")),
            Some(words.map(str::to_owned).to_vec())
        );
        assert_eq!(words_of("  "), Some(Vec::new()));
        assert_eq!(words_of("--a='b c'"), Some(vec!["--a=b c".to_owned()]));
        assert_eq!(words_of("a 'b"), None);
    }

    #[test]
    fn a_value_that_begins_with_a_dash_is_joined_to_its_flag() {
        let value = "-x y";
        assert_eq!(
            command("dieselkit new {} --only {} -- {}", &[&"-a", &value, &value]),
            "`dieselkit new -a --only='-x y' -- '-x y'`"
        );
        assert_eq!(option("--only", value), "--only='-x y'");
        assert_eq!(option("--only", "x-y z"), "--only 'x-y z'");
    }

    #[test]
    fn a_path_is_never_a_flag() {
        let path = Path::new("-rf x/up.sql");
        assert_eq!(command("rm {}", &[&path]), "`rm './-rf x/up.sql'`");
        let (from, to) = (PathBuf::from("a"), "b c");
        assert_eq!(command("mv {} {} # {", &[&from, &to]), "`mv a 'b c' # {`");
    }
}
