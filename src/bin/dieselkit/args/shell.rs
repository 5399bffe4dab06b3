//! Words as a shell reads them.

/// Returns `word` as a shell takes it for one word.
pub(crate) fn quote(word: &str) -> String {
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
}
