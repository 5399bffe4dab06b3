//! The second net for secrets: blotting them out of a text that is about to be shown.
//!
//! The first net is that no address prints its password. This one is for texts that
//! others made (libpq, a server, a program, a parser) and must not know what they mean.

use std::borrow::Cow;

use super::address::DatabaseAddress;

/// What stands in the place of a secret.
const MASK: &str = "***";

/// Secrets of up to this many characters are replaced only where a password is expected:
/// between `:` and `@`, or after `password=`. Anywhere else they would turn plain words
/// into masks (the password `a` is in most sentences) and thereby give themselves away.
const SHORT: usize = 3;

/// Replaces every occurrence of some secrets by `***`.
///
/// A secret is found raw, percent-encoded (in either case, in whole or in part), with
/// backslashes before its characters (as quoting for libpq, JSON and Rust's `Debug` put
/// them), and as JSON's `\u` escapes. Secrets of one to three characters are replaced
/// only in a URL's credentials and after `password=`.
#[derive(Clone, Default)]
pub struct Redactor {
    /// Longest first, so that a secret that contains another is replaced as a whole.
    secrets: Vec<String>,
}

impl Redactor {
    /// Returns a redactor of the secrets in `address`.
    pub fn for_address(address: &DatabaseAddress) -> Self {
        Self::default().with_secrets(address.secrets().into_iter().map(str::to_owned))
    }

    /// Returns a redactor of everything in `text` that could be a password: for a text
    /// that is no address, or may be none.
    ///
    /// That is what stands between `//user:` and the last `@` or any earlier one; without `//`, what
    /// stands between a `:` and the last `@`, unless there are blanks before that; and what follows
    /// `password=`, up to the next blank, the closing quote, or the end.
    pub fn for_text(text: &str) -> Self {
        let mut secrets = in_userinfo(text);
        secrets.extend(after_password(text));
        let decoded: Vec<String> = secrets.iter().filter_map(|secret| decode(secret)).collect();
        Self::default().with_secrets(secrets.into_iter().chain(decoded))
    }

    /// Returns a redactor of one secret.
    pub fn for_secret(secret: &str) -> Self {
        Self::default().with_secrets([secret.to_owned()])
    }

    /// Returns a redactor of the secrets of both.
    pub fn and(self, other: Self) -> Self {
        self.with_secrets(other.secrets)
    }

    fn with_secrets(mut self, secrets: impl IntoIterator<Item = String>) -> Self {
        self.secrets
            .extend(secrets.into_iter().filter(|secret| !secret.is_empty()));
        self.secrets
            .sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        self.secrets.dedup();
        self
    }

    /// Returns `text` with `***` in the place of every secret.
    pub fn redact<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut redacted = String::new();
        let mut kept = 0;
        let mut position = 0;
        while position < text.len() {
            match self.secret_at(text, position) {
                Some(end) => {
                    redacted.push_str(&text[kept..position]);
                    redacted.push_str(MASK);
                    (kept, position) = (end, end);
                }
                None => position += 1,
            }
        }
        if kept == 0 {
            return Cow::Borrowed(text);
        }
        redacted.push_str(&text[kept..]);
        Cow::Owned(redacted)
    }

    /// Returns the end of the longest secret that begins at `start`.
    fn secret_at(&self, text: &str, start: usize) -> Option<usize> {
        let ends = self.secrets.iter().filter_map(|secret| {
            let end = start + matched(secret.as_bytes(), &text.as_bytes()[start..])?;
            let replaceable = secret.chars().count() > SHORT || expects_password(text, start, end);
            replaceable.then_some(end)
        });
        ends.max()
    }
}

/// Returns the length of the longest writing of `secret` that `text` begins with.
fn matched(secret: &[u8], text: &[u8]) -> Option<usize> {
    let mut ends = vec![0];
    for &byte in secret {
        let mut next: Vec<usize> = Vec::new();
        for end in ends {
            next.extend(
                writings(byte, &text[end..])
                    .into_iter()
                    .flatten()
                    .map(|length| end + length),
            );
        }
        next.sort_unstable();
        next.dedup();
        ends = next;
        if ends.is_empty() {
            return None;
        }
    }
    ends.last().copied()
}

/// Returns the lengths of the writings of `byte` that `text` begins with.
fn writings(byte: u8, text: &[u8]) -> [Option<usize>; 6] {
    let raw = text.first() == Some(&byte);
    let percent = text.first() == Some(&b'%') && hexadecimal(text.get(1..3)) == Some(byte);
    let unicode = text.starts_with(b"\\u00") && hexadecimal(text.get(4..6)) == Some(byte);
    let backslashes = text.iter().take_while(|&&other| other == b'\\').count();
    // Quoting may have been done twice, as for a conninfo that stands in JSON.
    let escaped = (1..=3).contains(&backslashes) && text.get(backslashes) == Some(&letter(byte));
    let doubled = |length: usize| (byte == b'\\' && backslashes >= length).then_some(length);
    [
        raw.then_some(1),
        percent.then_some(3),
        unicode.then_some(6),
        escaped.then_some(backslashes + 1),
        doubled(2),
        doubled(4),
    ]
}

/// Returns the letter that stands for `byte` behind a backslash.
fn letter(byte: u8) -> u8 {
    match byte {
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        0x08 => b'b',
        0x0c => b'f',
        other => other,
    }
}

fn hexadecimal(digits: Option<&[u8]>) -> Option<u8> {
    let digits = std::str::from_utf8(digits?).ok()?;
    u8::from_str_radix(digits, 16).ok()
}

/// Returns whether what stands from `start` to `end` is where a password belongs.
fn expects_password(text: &str, start: usize, end: usize) -> bool {
    let (Some(before), Some(after)) = (text.get(..start), text.get(end..)) else {
        return false;
    };
    let in_credentials = after.starts_with('@') && in_url_credentials(before);
    in_credentials || after_password_keyword(before)
}

/// Returns whether `before` ends in `//user:`.
fn in_url_credentials(before: &str) -> bool {
    let Some((_, credentials)) = before.rsplit_once("//") else {
        return false;
    };
    credentials
        .find(':')
        .is_some_and(|colon| colon + 1 == credentials.len())
}

/// Returns whether `before` ends in `password=`, quotes and blanks aside.
fn after_password_keyword(before: &str) -> bool {
    let before = before.trim_end_matches(['\'', '"', '\\', ' ']);
    let Some(keyword) = before.strip_suffix('=') else {
        return false;
    };
    keyword
        .trim_end()
        .to_ascii_lowercase()
        .ends_with("password")
}

/// Returns whether a text reads like an address with a login in it, or names a password. Where a
/// path, a host or a name is expected, which are shown, that is a mistake.
pub(super) fn may_hold_login(text: &str) -> bool {
    let login = text
        .split_once(':')
        .is_some_and(|(_, behind)| behind.contains('@'));
    login || !after_password(text).is_empty()
}

/// Returns what stands between `//user:` and each `@` that follows.
fn in_userinfo(text: &str) -> Vec<String> {
    let Some((_, rest)) = text.split_once("//") else {
        return in_bare_login(text);
    };
    let Some((_, password)) = rest.split_once(':') else {
        return Vec::new();
    };
    password
        .match_indices('@')
        .map(|(end, _)| password[..end].to_owned())
        .collect()
}

/// Returns what stands between each `:` and the last `@`, as in `user:password@host`. With blanks in
/// it, the text is rather prose.
fn in_bare_login(text: &str) -> Vec<String> {
    let login = text.rsplit_once('@').map_or("", |(login, _)| login);
    if login.contains(char::is_whitespace) {
        return Vec::new();
    }
    login
        .match_indices(':')
        .map(|(colon, _)| login[colon + 1..].to_owned())
        .collect()
}

/// Returns what may be the value behind each `password=`: the shortest and the longest reading.
fn after_password(text: &str) -> Vec<String> {
    let lower = text.to_ascii_lowercase();
    let values = lower.match_indices("password").filter_map(|(start, word)| {
        let rest = text[start + word.len()..].trim_start();
        Some(rest.strip_prefix('=')?.trim_start())
    });
    values.flat_map(readings).collect()
}

fn readings(value: &str) -> Vec<String> {
    let unquoted = value.trim_start_matches(['\'', '"']);
    let word = unquoted
        .split([' ', '\t', '\n', '&'])
        .next()
        .unwrap_or(unquoted);
    let quoted = unquoted.split(['\'', '"']).next().unwrap_or(unquoted);
    [unquoted, word, word.trim_end_matches(['\'', '"']), quoted]
        .map(str::to_owned)
        .to_vec()
}

fn decode(text: &str) -> Option<String> {
    let decoded = percent_encoding::percent_decode_str(text)
        .decode_utf8()
        .ok()?;
    Some(decoded.into_owned())
}

#[cfg(test)]
mod tests;
