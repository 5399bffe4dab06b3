//! Names as they are written in a statement, and what they mean.
//!
//! Pure: how much of a name the server keeps, it does not know.

use crate::sql::{Phrase, TokenKind};

/// Returns the place after whichever of some words stand at a place.
pub(in crate::backend::postgres) fn after_words(
    statement: Phrase<'_>,
    start: usize,
    words: &[&str],
) -> usize {
    let mut next = start;
    while statement.is_any_word(next, words) {
        next += 1;
    }
    next
}

/// Returns the name at a place, with what stands before its dots, and the place after it.
pub(in crate::backend::postgres) fn qualified(
    statement: Phrase<'_>,
    start: usize,
) -> (Option<String>, usize) {
    let Some((mut name, mut next)) = part(statement, start) else {
        return (None, start);
    };
    while statement.is_mark(next, ".") {
        let Some((further, end)) = part(statement, next + 1) else {
            break;
        };
        name = format!("{name}.{further}");
        next = end;
    }
    (Some(name), next)
}

/// Returns one part of a name, and the place after it; its letters are not in codes any more, which only
/// the server's parser knows.
fn part(statement: Phrase<'_>, at: usize) -> Option<(String, usize)> {
    let text = statement.text_at(at);
    let is_coded = || text.starts_with("U&\"") || text.starts_with("u&\"");
    match statement.kind_at(at)? {
        TokenKind::QuotedIdentifier if is_coded() => {
            let is_said = statement.is_word(at + 1, "UESCAPE");
            let escape = statement.text_at(at + 2).chars().nth(1);
            let escape = escape.filter(|_| is_said).unwrap_or('\\');
            let name = decoded(&unquoted(&text[2..]), escape).replace('"', "\"\"");
            let next = if is_said { at + 3 } else { at + 1 };
            Some((format!("\"{name}\""), next))
        }
        TokenKind::Word | TokenKind::QuotedIdentifier => Some((text.to_owned(), at + 1)),
        _ => None,
    }
}

/// Returns a name without the codes in it: four digits behind the escape character, or six behind that
/// and a `+`; some letters are a pair of such codes.
/// <https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS>
fn decoded(name: &str, escape: char) -> String {
    let mut units: Vec<u16> = Vec::new();
    let mut rest = name;
    while let Some(letter) = rest.chars().next() {
        rest = &rest[letter.len_utf8()..];
        let is_coded = letter == escape;
        let code = is_coded.then(|| code_at(rest, escape)).flatten();
        let (code, length) = code.unwrap_or((u32::from(letter), 0));
        rest = &rest[length..];
        if let Some(letter) = char::from_u32(code) {
            units.extend_from_slice(letter.encode_utf16(&mut [0; 2]));
        } else {
            // The half of a pair.
            units.extend(u16::try_from(code));
        }
    }
    String::from_utf16_lossy(&units)
}

/// Returns the letter that is meant behind an escape character, and the length of what means it; the
/// character itself is written twice.
fn code_at(text: &str, escape: char) -> Option<(u32, usize)> {
    if text.starts_with(escape) {
        return Some((u32::from(escape), escape.len_utf8()));
    }
    let (from, to) = if text.starts_with('+') {
        (1, 7)
    } else {
        (0, 4)
    };
    let code = u32::from_str_radix(text.get(from..to)?, 16).ok()?;
    Some((code, to))
}

/// Returns the last part of a name as the catalog has it, but for what is too long.
pub(super) fn unquoted(name: &str) -> String {
    parts(name).pop().unwrap_or_default()
}

/// Returns the parts of a name between its dots, likewise.
pub(super) fn parts(name: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut is_quoted = false;
    let mut letters = name.chars().peekable();
    while let Some(letter) = letters.next() {
        let letter = match letter {
            '"' if is_quoted && letters.peek() == Some(&'"') => {
                letters.next();
                letter
            }
            '"' => {
                is_quoted = !is_quoted;
                continue;
            }
            '.' if !is_quoted => {
                parts.push(String::new());
                continue;
            }
            letter if is_quoted => letter,
            letter => letter.to_ascii_lowercase(),
        };
        if let Some(part) = parts.last_mut() {
            part.push(letter);
        }
    }
    parts
}
