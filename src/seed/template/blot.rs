//! Keeps what a template was filled with out of what others say of it.
//!
//! A server quotes what it cannot read: `invalid input syntax for type integer: "…"`. What it quotes
//! is shown if the template itself says it, or if it names a constraint that was violated.

use crate::backend::redact::Redactor;

/// What stands in the place of what is not shown.
const MASK: &str = "***";
/// What introduces a name that a statement gives, unquoted, in SQLite's messages.
const NOT_FOUND: [&str; 4] = [
    "no such column: ",
    "no such table: ",
    "no such function: ",
    "named ",
];

/// Returns a message without secrets, and without quotations that do not come from the template.
pub(super) fn blot(message: &str, template: &str, secrets: &Redactor) -> String {
    // A violated constraint is named by the server, which took it from the schema.
    let of_schema = message.contains("violates");
    let mut shown = String::new();
    let mut rest = message;
    while let Some((before, quoted, after)) = next_quotation(rest) {
        shown += before;
        let inner = &quoted[1..quoted.len() - 1];
        let known = of_schema || template.contains(inner);
        shown += if known { quoted } else { MASK };
        rest = after;
    }
    shown += rest;
    for found in NOT_FOUND {
        shown = blot_last(shown, found, template);
    }
    secrets.redact(&shown).into_owned()
}

/// Blots out what follows an introduction, up to the end, unless the template says it.
fn blot_last(message: String, introduction: &str, template: &str) -> String {
    match message.split_once(introduction) {
        Some((before, name)) if !template.contains(name) => format!("{before}{introduction}{MASK}"),
        _ => message,
    }
}

/// Splits a text at its first quotation: before, with its quotes, after. An open one goes to the end.
fn next_quotation(text: &str) -> Option<(&str, &str, &str)> {
    let begin = text.find('"')?;
    let inner = &text[begin + 1..];
    // A value may hold quotes itself: the last one is taken that a word does not follow at once.
    let ends = inner.match_indices('"').map(|(at, _)| at);
    let closes = |at: &usize| !inner[at + 1..].starts_with(|c: char| c.is_alphanumeric());
    let end = ends
        .clone()
        .find(closes)
        .or_else(|| ends.clone().next_back())?;
    let end = begin + 1 + end + 1;
    Some((&text[..begin], &text[begin..end], &text[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_template_does_not_say_is_not_shown() {
        let secrets = Redactor::for_secret("hunter2");
        let template = "INSERT INTO users (emial) VALUES ({{ env('X') | sql }})";
        for (message, shown) in [
            (
                "column \"emial\" does not exist",
                "column \"emial\" does not exist",
            ),
            (
                "syntax error at or near \"emial\"",
                "syntax error at or near \"emial\"",
            ),
            (
                "invalid input syntax for type integer: \"HUNTER2\"",
                "invalid input syntax for type integer: ***",
            ),
            ("near \"xyzzy\": syntax error", "near ***: syntax error"),
            ("no hunter2 here", "no *** here"),
            ("no such column: HUNTER2", "no such column: ***"),
            ("no such column: emial", "no such column: emial"),
            (
                "column \"HUNTER2\" does not exist",
                "column *** does not exist",
            ),
            (
                "violates unique constraint \"users_key\"",
                "violates unique constraint \"users_key\"",
            ),
        ] {
            assert_eq!(blot(message, template, &secrets), shown);
        }
    }
}
