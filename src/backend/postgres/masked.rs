//! A query of somebody else as it may be shown: its head, in one line, without its data.
//!
//! Knows no query's meaning: unlike a summary it keeps all words, and so says what is done, to what.

use super::dialect::POSTGRES;
use crate::sql::{Defect, Token, TokenKind};

/// What stands in the place of a literal.
const LITERAL: &str = "?";

/// What stands in the place of what is left out.
const REST: &str = "…";

/// Returns the head of a query, `longest` characters at most: each literal is replaced by `?`, and
/// comments, which may hold anything, are left out.
///
/// The query may have been cut off in the middle of a token: what that would have been is not shown.
pub(super) fn masked_head(query: &str, longest: usize) -> String {
    let mut head = String::new();
    for token in POSTGRES.lex(query) {
        match shown(&token, query) {
            Some(text) => head.push_str(text),
            None if head.is_empty() || head.ends_with(' ') => {}
            None => head.push(' '),
        }
    }
    shortened(head.trim_end(), longest)
}

/// Returns what is shown of a token; `None` where it only keeps others apart.
fn shown<'a>(token: &Token, query: &'a str) -> Option<&'a str> {
    let is_cut_off = matches!(token.defect, Some(Defect::Unterminated(_)));
    match token.kind {
        TokenKind::Whitespace | TokenKind::Comment | TokenKind::LineDirective => None,
        TokenKind::String | TokenKind::Number | TokenKind::Unknown => Some(LITERAL),
        _ if is_cut_off => Some(REST),
        _ => Some(&query[token.span.range()]),
    }
}

fn shortened(text: &str, longest: usize) -> String {
    if text.chars().count() <= longest {
        return text.to_owned();
    }
    let kept: String = text.chars().take(longest.saturating_sub(1)).collect();
    kept.trim_end().to_owned() + REST
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_are_kept_and_literals_are_not() {
        for (query, head) in [
            ("", ""),
            ("  BEGIN;\n", "BEGIN;"),
            (
                "UPDATE users SET name = 'Ada', age = 36\n  WHERE id = 17",
                "UPDATE users SET name = ?, age = ? WHERE id = ?",
            ),
            (
                "ALTER ROLE ada PASSWORD E's\\'3cret' /* really: s3cret */ -- s3cret",
                "ALTER ROLE ada PASSWORD ?",
            ),
            ("DO $do$ s3cret $do$", "DO ?"),
            (
                "INSERT INTO \"T1\" VALUES (U&'s3cret', $1, 1e5)",
                "INSERT INTO \"T1\" VALUES (?, $1, ?)",
            ),
            // Cut off by the server at `track_activity_query_size`.
            ("SELECT 's3cret", "SELECT ?"),
            ("SELECT $x$ s3cret", "SELECT ?"),
            ("SELECT 1 FROM \"unfini", "SELECT ? FROM …"),
            ("SELECT 1 /* s3cret", "SELECT ?"),
        ] {
            assert_eq!(masked_head(query, 100), head, "{query}");
        }
    }

    #[test]
    fn only_the_head_is_shown() {
        assert_eq!(masked_head("SELECT a FROM b", 15), "SELECT a FROM b");
        assert_eq!(masked_head("SELECT a FROM b", 14), "SELECT a FROM…");
        assert_eq!(masked_head("SELECT ä", 8), "SELECT ä");
    }

    proptest! {
        #[test]
        fn no_literal_is_ever_shown(before in "[a-z ]{0,9}", secret in "[a-z]{12}", cut in 0_usize..60) {
            let query = format!("SELECT {before} = '{secret}' AND $t${secret}$t$ = E'{secret}'");
            let end = query.len().min(cut + 8);
            let head = masked_head(&query[..end], 200);
            prop_assert!(!head.contains(&secret[..4]) || before.contains(&secret[..4]), "{head}");
        }
    }
}
