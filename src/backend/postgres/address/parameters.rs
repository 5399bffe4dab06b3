//! The keywords that libpq knows, and which values they take.
//!
//! It must not know any address.

use crate::backend::address::AddressError;
use crate::backend::redact::may_hold_login;

/// The keywords of libpq 18 (PostgreSQL manual, 34.1.2).
pub(super) const KEYWORDS: [&str; 51] = [
    "application_name",
    "channel_binding",
    "client_encoding",
    "connect_timeout",
    "dbname",
    "fallback_application_name",
    "gssdelegation",
    "gssencmode",
    "gsslib",
    "host",
    "hostaddr",
    "keepalives",
    "keepalives_count",
    "keepalives_idle",
    "keepalives_interval",
    "krbsrvname",
    "load_balance_hosts",
    "max_protocol_version",
    "min_protocol_version",
    "oauth_client_id",
    "oauth_client_secret",
    "oauth_issuer",
    "oauth_scope",
    "options",
    "passfile",
    "password",
    "port",
    "replication",
    "require_auth",
    "requirepeer",
    "scram_client_key",
    "scram_server_key",
    "service",
    "servicefile",
    "ssl_max_protocol_version",
    "ssl_min_protocol_version",
    "sslcert",
    "sslcertmode",
    "sslcompression",
    "sslcrl",
    "sslcrldir",
    "sslkey",
    "sslkeylogfile",
    "sslmode",
    "sslnegotiation",
    "sslpassword",
    "sslrootcert",
    "sslsni",
    "target_session_attrs",
    "tcp_user_timeout",
    "user",
];

/// The keywords whose values nobody may see.
pub(super) const SECRETS: [&str; 5] = [
    "password",
    "sslpassword",
    "oauth_client_secret",
    "scram_client_key",
    "scram_server_key",
];

/// The keywords whose values are shown to everybody, and what they are.
const SHOWN: [(&str, &str); 4] = [
    ("dbname", "name of the database"),
    ("host", "host"),
    ("hostaddr", "host"),
    ("user", "user"),
];

/// The keywords that libpq takes from the environment where the address is silent, and
/// that decide which database is meant, or must not be shown (PostgreSQL manual, 34.15).
pub(super) const DEFAULTS: [(&str, &str); 5] = [
    ("host", "PGHOST"),
    ("port", "PGPORT"),
    ("user", "PGUSER"),
    ("dbname", "PGDATABASE"),
    ("password", "PGPASSWORD"),
];

pub(super) fn check_parameter(keyword: &str, value: &str) -> Result<(), AddressError> {
    if value.contains('\0') {
        return Err(AddressError::NulCharacter);
    }
    let shown = SHOWN.iter().find(|(shown, _)| *shown == keyword);
    if let Some((_, part)) = shown.filter(|_| may_hold_login(value)) {
        return Err(AddressError::LoginInside { part });
    }
    if KEYWORDS.contains(&keyword) {
        return Ok(());
    }
    Err(AddressError::UnknownParameter {
        suggestion: similar_keyword(keyword),
    })
}

/// Returns the keyword that `typed` may have been meant to be.
fn similar_keyword(typed: &str) -> Option<&'static str> {
    const ALIASES: [(&str, &str); 5] = [
        ("database", "dbname"),
        ("db", "dbname"),
        ("username", "user"),
        ("pass", "password"),
        ("hostname", "host"),
    ];
    let alias = ALIASES
        .iter()
        .find(|(alias, _)| *alias == typed)
        .map(|(_, keyword)| *keyword);
    alias.or_else(|| {
        let likeness = |keyword: &&str| similar::TextDiff::from_chars(typed, *keyword).ratio();
        let best = KEYWORDS
            .into_iter()
            .max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
        (likeness(&best) >= 0.8).then_some(best)
    })
}

/// Returns whether libpq takes `text` as a port; an empty one is the default.
pub(super) fn is_port(text: &str) -> bool {
    text.is_empty()
        || (text.bytes().all(|byte| byte.is_ascii_digit())
            && text.parse::<u16>().is_ok_and(|port| port > 0))
}
