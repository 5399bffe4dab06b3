//! libpq's connection URI, read and written (PostgreSQL manual, 34.1.1.2).
//!
//! It reads as libpq's `conninfo_uri_parse_options` does, but for one rule: an `@` in
//! the host or the path must be percent-encoded, since there it is nearly always the
//! rest of a password that was cut short, and would be shown as part of the target.

use std::fmt::Write as _;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::backend::address::AddressError;

/// The two schemes, the canonical one first.
pub(super) const SCHEMES: [&str; 2] = ["postgresql://", "postgres://"];

/// Everything but the characters that RFC 3986 calls unreserved.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Within the brackets of an IPv6 host the colons stay.
const ENCODED_IN_BRACKETS: &AsciiSet = &ENCODED.remove(b':');

type Pairs = Vec<(String, String)>;

/// Returns what follows `postgresql://` or `postgres://`, in any case, if `text` begins so.
pub(super) fn after_scheme(text: &str) -> Option<&str> {
    SCHEMES.iter().find_map(|scheme| {
        let start = text.get(..scheme.len())?;
        start
            .eq_ignore_ascii_case(scheme)
            .then(|| &text[scheme.len()..])
    })
}

/// Returns the parameters that the URI after its scheme means, in its order.
///
/// # Errors
/// `UnencodedAt`, `PercentEncoding`, `NotUtf8`, `MalformedBrackets` and `MalformedParameter`.
pub(super) fn parse(rest: &str) -> Result<Pairs, AddressError> {
    let mut pairs = Pairs::new();
    let (credentials, rest) = split_credentials(rest);
    if let Some(credentials) = credentials {
        let (user, password) = credentials.split_once(':').unwrap_or((credentials, ""));
        store(&mut pairs, "user", user)?;
        store(&mut pairs, "password", password)?;
    }
    let (target, query) = rest.split_once('?').unwrap_or((rest, ""));
    // Without credentials, an `@` behind the `?` may belong to a password as well.
    if target.contains('@')
        || (credentials.is_none() && !target.starts_with('/') && query.contains('@'))
    {
        return Err(AddressError::UnencodedAt);
    }
    parse_target(&mut pairs, target)?;
    parse_query(&mut pairs, query)?;
    Ok(pairs)
}

/// Returns what stands before the first `@`, unless a `/` comes first, and the rest.
fn split_credentials(rest: &str) -> (Option<&str>, &str) {
    // A password may hold a raw `/`, but libpq looks for `:` only once it knows that
    // credentials are there; so a `/` before the `@` means that there are none.
    match rest.find(['@', '/']) {
        Some(end) if rest.as_bytes()[end] == b'@' => (Some(&rest[..end]), &rest[end + 1..]),
        _ => (None, rest),
    }
}

/// Reads `host:port,host:port/database`.
fn parse_target(pairs: &mut Pairs, target: &str) -> Result<(), AddressError> {
    let (authority, database) = target.split_once('/').unwrap_or((target, ""));
    let endpoints = authority
        .split(',')
        .map(endpoint)
        .collect::<Result<Vec<_>, _>>()?;
    let (hosts, ports): (Vec<&str>, Vec<&str>) = endpoints.into_iter().unzip();
    store(pairs, "host", &hosts.join(","))?;
    if ports.iter().any(|port| !port.is_empty()) {
        store(pairs, "port", &ports.join(","))?;
    }
    store(pairs, "dbname", database)
}

/// Returns host and port of one `host:port`; either may be empty.
fn endpoint(text: &str) -> Result<(&str, &str), AddressError> {
    let Some(bracketed) = text.strip_prefix('[') else {
        return Ok(text.split_once(':').unwrap_or((text, "")));
    };
    match bracketed.split_once(']') {
        Some((host, "")) if !host.is_empty() => Ok((host, "")),
        Some((host, port)) if !host.is_empty() => Ok((
            host,
            port.strip_prefix(':')
                .ok_or(AddressError::MalformedBrackets)?,
        )),
        _ => Err(AddressError::MalformedBrackets),
    }
}

/// Reads `name=value&name=value`.
fn parse_query(pairs: &mut Pairs, query: &str) -> Result<(), AddressError> {
    // As for libpq, one `&` at the very end is nothing.
    let query = query.strip_suffix('&').unwrap_or(query);
    for parameter in query.split('&').filter(|_| !query.is_empty()) {
        match parameter.split_once('=') {
            Some((name, value)) if !name.is_empty() && !value.contains('=') => {
                pairs.push(translate(decode(name)?, decode(value)?));
            }
            _ => return Err(AddressError::MalformedParameter),
        }
    }
    Ok(())
}

/// Returns the parameter, with JDBC's `ssl=true` as libpq's own `sslmode=require`.
fn translate(name: String, value: String) -> (String, String) {
    if name == "ssl" && value == "true" {
        return ("sslmode".to_owned(), "require".to_owned());
    }
    (name, value)
}

/// Adds the decoded value, unless there is none.
fn store(pairs: &mut Pairs, keyword: &str, encoded: &str) -> Result<(), AddressError> {
    if !encoded.is_empty() {
        pairs.push((keyword.to_owned(), decode(encoded)?));
    }
    Ok(())
}

/// Returns `text` with its percent-escapes replaced.
fn decode(text: &str) -> Result<String, AddressError> {
    let well_formed = text.split('%').skip(1).all(|after| {
        after.len() >= 2 && after.bytes().take(2).all(|byte| byte.is_ascii_hexdigit())
    });
    if !well_formed {
        return Err(AddressError::PercentEncoding);
    }
    let decoded = percent_decode_str(text)
        .decode_utf8()
        .map_err(|_| AddressError::NotUtf8)?;
    Ok(decoded.into_owned())
}

/// The parameters that have a place of their own in a URI; each list in libpq's order.
pub(super) struct UriParts<'a> {
    /// The user, if any.
    pub(super) user: Option<&'a str>,
    /// The password, if any.
    pub(super) password: Option<&'a str>,
    /// Hosts and their ports; either may be empty.
    pub(super) endpoints: Vec<(&'a str, &'a str)>,
    /// The database, if any.
    pub(super) database: Option<&'a str>,
    /// Everything else.
    pub(super) parameters: Vec<(&'a str, &'a str)>,
}

/// Returns the canonical URI, every reserved character percent-encoded.
pub(super) fn write(parts: &UriParts<'_>) -> String {
    let mut uri = String::from(SCHEMES[0]);
    write_credentials(&mut uri, parts);
    let endpoints: Vec<String> = parts
        .endpoints
        .iter()
        .map(|&(host, port)| write_endpoint(host, port))
        .collect();
    uri.push_str(&endpoints.join(","));
    if let Some(database) = parts.database {
        uri.push('/');
        uri.push_str(&encode(database));
    }
    for (position, (name, value)) in parts.parameters.iter().enumerate() {
        let separator = if position == 0 { '?' } else { '&' };
        write!(uri, "{separator}{}={}", encode(name), encode(value))
            .expect("a String takes any text");
    }
    uri
}

fn write_credentials(uri: &mut String, parts: &UriParts<'_>) {
    uri.push_str(&parts.user.map(encode).unwrap_or_default());
    if let Some(password) = parts.password {
        uri.push(':');
        uri.push_str(&encode(password));
    }
    if parts.user.is_some() || parts.password.is_some() {
        uri.push('@');
    }
}

fn write_endpoint(host: &str, port: &str) -> String {
    let host = if host.contains(':') {
        format!("[{}]", utf8_percent_encode(host, ENCODED_IN_BRACKETS))
    } else {
        encode(host)
    };
    if port.is_empty() {
        host
    } else {
        format!("{host}:{port}")
    }
}

fn encode(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(rest: &str) -> String {
        let pairs = parse(rest).expect(rest);
        let words: Vec<String> = pairs
            .iter()
            .map(|(keyword, value)| format!("{keyword}={value}"))
            .collect();
        words.join(" ")
    }

    #[test]
    fn every_form_of_the_manual_is_read() {
        for (rest, expected) in [
            ("", ""),
            ("localhost", "host=localhost"),
            ("localhost:5433", "host=localhost port=5433"),
            ("localhost/mydb", "host=localhost dbname=mydb"),
            ("user@localhost", "user=user host=localhost"),
            (
                "user:secret@localhost",
                "user=user password=secret host=localhost",
            ),
            (
                "other@localhost/otherdb?connect_timeout=10&application_name=my%20app",
                "user=other host=localhost dbname=otherdb connect_timeout=10 application_name=my app",
            ),
            (
                "host1:123,host2:456/somedb?target_session_attrs=any",
                "host=host1,host2 port=123,456 dbname=somedb target_session_attrs=any",
            ),
            ("host1,host2:456", "host=host1,host2 port=,456"),
            (
                "/mydb?host=localhost&port=5433",
                "dbname=mydb host=localhost port=5433",
            ),
            (
                "[2001:db8::1234]/database",
                "host=2001:db8::1234 dbname=database",
            ),
            ("[::1]:5433,h", "host=::1,h port=5433,"),
            (
                "%2Fvar%2Flib%2Fpostgresql/dbname",
                "host=/var/lib/postgresql dbname=dbname",
            ),
            (
                "/dbname?host=/var/lib/postgresql",
                "dbname=dbname host=/var/lib/postgresql",
            ),
            ("u:p:q?r#s%2f@h", "user=u password=p:q?r#s/ host=h"),
            (":secret@/db", "password=secret dbname=db"),
            ("h/db?a=b&", "host=h dbname=db a=b"),
            ("h/db?ssl=true", "host=h dbname=db sslmode=require"),
            ("/db?host=@abstract", "dbname=db host=@abstract"),
        ] {
            assert_eq!(parsed(rest), expected, "{rest}");
        }
    }

    #[test]
    fn a_password_that_was_not_encoded_is_refused() {
        for (rest, error) in [
            (r"u:p@ss:w/o%rd #\@host/db", AddressError::UnencodedAt),
            ("u:p@ss/word@host/db", AddressError::UnencodedAt),
            ("u:p/ss@host/db", AddressError::UnencodedAt),
            ("u:12/p?o=x@host/db", AddressError::UnencodedAt),
            ("u:p%zz@host/db", AddressError::PercentEncoding),
            ("u:p%@host/db", AddressError::PercentEncoding),
            ("u:p%e@host/db", AddressError::PercentEncoding),
            ("u:%ff@host/db", AddressError::NotUtf8),
        ] {
            assert_eq!(parse(rest), Err(error), "{rest}");
        }
    }

    #[test]
    fn malformed_brackets_and_parameters_are_refused() {
        for rest in ["[::1", "[]:5432", "[::1]5432"] {
            assert_eq!(parse(rest), Err(AddressError::MalformedBrackets), "{rest}");
        }
        for rest in ["h/db?sslmode", "h/db?a=b=c", "h/db?=c", "h/db?a=b&&"] {
            assert_eq!(parse(rest), Err(AddressError::MalformedParameter), "{rest}");
        }
    }
}
