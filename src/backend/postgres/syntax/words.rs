//! The words of squawk's parser, in those of who writes SQL.
//!
//! The parser names what it reads as its source code does: `NULL_KW`, `IDENT`, `L_PAREN`. Pure.

/// What the parser calls something, and what a user does.
const WORDS: &[(&str, &str)] = &[
    ("BIT_STRING", "a bit string"),
    ("BYTE_STRING", "a bit string"),
    ("COLON", "`:`"),
    ("COLON_EQ", "`:=`"),
    ("COMMA", "`,`"),
    ("COMMENT", "a comment"),
    ("DOLLAR_QUOTED_STRING", "a text"),
    ("DOT", "`.`"),
    ("DOT_DOT", "`..`"),
    ("EOF", "the end"),
    ("EQ", "`=`"),
    ("ERROR", "something unknown"),
    ("ESC_STRING", "a text"),
    ("FAT_ARROW", "`=>`"),
    ("IDENT", "a name"),
    ("INT_NUMBER", "a number"),
    ("L_ANGLE", "`<`"),
    ("L_BRACK", "`[`"),
    ("L_CURLY", "`{`"),
    ("L_PAREN", "`(`"),
    ("MINUS", "`-`"),
    ("NATIONAL_STRING", "a text"),
    ("NUMERIC_NUMBER", "a number"),
    ("PLUS", "`+`"),
    ("POSITIONAL_PARAM", "a parameter"),
    ("R_ANGLE", "`>`"),
    ("R_BRACK", "`]`"),
    ("R_CURLY", "`}`"),
    ("R_PAREN", "`)`"),
    ("SEMICOLON", "`;`"),
    ("SLASH", "`/`"),
    ("STAR", "`*`"),
    ("STRING", "a text"),
    ("TOMBSTONE", "nothing"),
    ("UNICODE_ESC_STRING", "a text"),
    ("expr", "an expression"),
];

/// Returns a message of the parser as a lowercase fragment in a user's words.
pub(super) fn in_users_words(message: &str) -> String {
    let message = message.trim_end_matches('.');
    let mut text = String::new();
    let mut word = String::new();
    for character in lowercase_first(message).chars() {
        if character.is_ascii_alphanumeric() || character == '_' {
            word.push(character);
        } else {
            text += &users_word(&std::mem::take(&mut word));
            text.push(character);
        }
    }
    text + &users_word(&word)
}

/// Makes the first letter small, unless it begins a word of SQL.
fn lowercase_first(message: &str) -> String {
    let mut characters = message.chars();
    let first = characters.next();
    let begins_word = characters.clone().next().is_some_and(char::is_uppercase);
    let first = first.map(|first| {
        if begins_word {
            first
        } else {
            first.to_ascii_lowercase()
        }
    });
    first.into_iter().chain(characters).collect()
}

fn users_word(word: &str) -> String {
    if let Some(keyword) = word.strip_suffix("_KW") {
        return format!("`{keyword}`");
    }
    match WORDS.iter().find(|(parsers, _)| *parsers == word) {
        Some((_, users)) => (*users).to_owned(),
        None if word.contains('_') => word.to_lowercase().replace('_', " "),
        None => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_parser_says_is_put_in_a_user_s_words() {
        for (parsers, users) in [
            ("expected NULL_KW", "expected `NULL`"),
            (
                "expected command, found IDENT",
                "expected command, found a name",
            ),
            (
                "SELECT ... INTO is not allowed here.",
                "SELECT ... INTO is not allowed here",
            ),
            (
                "Expected RENAME, SET or action (ALTER)",
                "expected RENAME, SET or action (ALTER)",
            ),
            ("expected column_name", "expected column name"),
            (
                "expected L_BRACK for ARRAY_TYPE",
                "expected `[` for array type",
            ),
            (
                "expected a language name, got EOF",
                "expected a language name, got the end",
            ),
            ("", ""),
        ] {
            assert_eq!(in_users_words(parsers), users);
        }
    }
}
