//! libpq's `key=value` form, read and written (PostgreSQL manual, 34.1.1.1).
//!
//! It must not know what the keywords mean.

use crate::backend::address::AddressError;

/// Returns the keywords and values of `text`, in its order, repetitions included.
///
/// # Errors
/// `MissingEquals` and `UnterminatedQuote`, as libpq's `conninfo_parse` has them.
pub(super) fn parse(text: &str) -> Result<Vec<(String, String)>, AddressError> {
    let mut rest = skip_blanks(text);
    let mut pairs = Vec::new();
    while !rest.is_empty() {
        let (keyword, after) = keyword(rest)?;
        let (value, after) = value(skip_blanks(after))?;
        pairs.push((keyword.to_owned(), value));
        rest = skip_blanks(after);
    }
    Ok(pairs)
}

/// Returns the first keyword of `text` and what follows its `=`.
fn keyword(text: &str) -> Result<(&str, &str), AddressError> {
    let end = text
        .find(|c| c == '=' || is_blank(c))
        .ok_or(AddressError::MissingEquals)?;
    let after = skip_blanks(&text[end..])
        .strip_prefix('=')
        .ok_or(AddressError::MissingEquals)?;
    Ok((&text[..end], after))
}

/// Returns the value at the start of `text`, unquoted, and what follows it.
fn value(text: &str) -> Result<(String, &str), AddressError> {
    match text.strip_prefix('\'') {
        Some(quoted) => take_value(quoted, |c| c == '\'').ok_or(AddressError::UnterminatedQuote),
        None => Ok(take_value(text, is_blank).unwrap_or_else(|| (unescape(text), ""))),
    }
}

/// Returns the value up to the first unescaped `ends` and what follows that, unless there is none.
fn take_value(text: &str, ends: impl Fn(char) -> bool) -> Option<(String, &str)> {
    let mut escaped = false;
    for (position, character) in text.char_indices() {
        if !escaped && ends(character) {
            return Some((
                unescape(&text[..position]),
                &text[position + character.len_utf8()..],
            ));
        }
        escaped = !escaped && character == '\\';
    }
    None
}

/// Returns `text` without the backslashes that escape; one at the very end is dropped.
fn unescape(text: &str) -> String {
    let mut characters = text.chars();
    std::iter::from_fn(|| match characters.next()? {
        '\\' => characters.next(),
        other => Some(other),
    })
    .collect()
}

/// Returns `pairs` in the form that `parse` and libpq read, every value quoted.
pub(super) fn write<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let quoted: Vec<String> = pairs
        .into_iter()
        .map(|(keyword, value)| format!("{keyword}='{}'", escape(value)))
        .collect();
    quoted.join(" ")
}

/// Returns `value` with a backslash before each backslash and quote.
fn escape(value: &str) -> String {
    value.replace('\\', "\\\\").replace('\'', "\\'")
}

fn skip_blanks(text: &str) -> &str {
    text.trim_start_matches(is_blank)
}

/// Returns whether C's `isspace` holds, which counts the vertical tab as well.
fn is_blank(character: char) -> bool {
    character.is_ascii_whitespace() || character == '\x0b'
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parsed(text: &str) -> Vec<(String, String)> {
        parse(text).expect(text)
    }

    #[test]
    fn every_form_of_the_manual_is_read() {
        for (text, value) in [
            ("password=secret", "secret"),
            ("password = secret", "secret"),
            ("  password='se cret' ", "se cret"),
            (r"password='se\'cr\\et'", r"se'cr\et"),
            (r"password=se\ cret", "se cret"),
            (r"password=se'cret", "se'cret"),
            ("password=", ""),
            ("password=''", ""),
            (r"password=secret\", "secret"),
            ("password=a=b", "a=b"),
            ("\tpassword\x0b=\nsecret", "secret"),
        ] {
            assert_eq!(
                parsed(text),
                [("password".to_owned(), value.to_owned())],
                "{text:?}"
            );
        }
    }

    #[test]
    fn a_keyword_may_follow_a_closing_quote_at_once() {
        let expected = [("host", "a b"), ("port", "1")].map(|(k, v)| (k.to_owned(), v.to_owned()));
        assert_eq!(parsed("host='a b'port=1"), expected);
    }

    #[test]
    fn what_libpq_refuses_is_refused() {
        for (text, error) in [
            ("host", AddressError::MissingEquals),
            ("password=my secret dbname=x", AddressError::MissingEquals),
            ("password='secret", AddressError::UnterminatedQuote),
            (r"password='secret\'", AddressError::UnterminatedQuote),
        ] {
            assert_eq!(parse(text), Err(error), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(values in proptest::collection::vec(any::<String>(), 0..5)) {
            let pairs: Vec<_> = values.into_iter().map(|value| ("keyword".to_owned(), value)).collect();
            let text = write(pairs.iter().map(|(keyword, value)| (keyword.as_str(), value.as_str())));
            prop_assert_eq!(parsed(&text), pairs);
        }
    }
}
