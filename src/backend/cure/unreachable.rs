//! What helps where nobody answers at an address, or who answers lets nobody in.
//!
//! Knows what libpq and the server say, and no address.

use std::borrow::Cow;

use crate::backend::tables::quote_identifier;

/// What is said of a database that lets nobody in.
const CLOSED: &str = "is not currently accepting connections";

/// What libpq, or the server, says of an address that it does not take, and what helps.
const REFUSALS: [(&str, &str); 10] = [
    (
        "server does not support SSL",
        "let the server have TLS (`ssl = on`), or, where the network is trusted, ask for none: `?sslmode=disable`",
    ),
    (
        "certificate verify failed",
        "the server's certificate is signed by no authority that is known here: name the certificate of the one that signed it, `sslrootcert=FILE`; where it is `system`, `SSL_CERT_FILE` names the system's",
    ),
    (
        "does not match host name",
        "name the host as the server's certificate does, or let the server have a certificate for this name; `sslmode=verify-ca` asks for the authority alone",
    ),
    (
        "root certificate file",
        "name the certificate of the authority that signed the server's: `sslrootcert=FILE`",
    ),
    (
        "requires a valid client certificate",
        "name one that the server's authority has signed, and its key: `sslcert=FILE` and `sslkey=FILE`",
    ),
    (
        ", SSL encryption",
        "let the server's `pg_hba.conf` have a line for this user, database and machine",
    ),
    (
        ", no encryption",
        "the server may take it with TLS alone: `sslmode=require`; or let its `pg_hba.conf` have a line for this user, database and machine",
    ),
    (
        "invalid sslmode value",
        "`sslmode` is one of `disable`, `allow`, `prefer`, `require`, `verify-ca` and `verify-full`",
    ),
    (
        "password authentication failed",
        "the server runs, and takes this password for this user nowhere: correct it where the address comes from, which `dieselkit status -v` names",
    ),
    (
        "no password supplied",
        "the server asks for a password, and the address has none: `dieselkit status -v` names where the address comes from",
    ),
];

/// Returns what helps where nobody answers, or who answers refuses.
pub(in crate::backend) fn unreachable(message: &str) -> Cow<'static, str> {
    match kept_out(message) {
        Some(grant) => Cow::Owned(grant),
        None => Cow::Borrowed(unanswered(message)),
    }
}

/// Returns how a user is let into a database that keeps it out.
fn kept_out(message: &str) -> Option<String> {
    let (_, behind) = message.split_once("permission denied for database \"")?;
    // The details follow in the same line, or in the next.
    let ends = ["\": ", "\"\n"];
    let mut ends = ends.iter().filter_map(|end| behind.find(end));
    let end = ends
        .next()
        .or_else(|| behind.trim_end().strip_suffix('"').map(str::len))?;
    let name = quote_identifier(&behind[..end]);
    Some(format!(
        "let the owner of the database run `GRANT CONNECT ON DATABASE {name} TO ROLE;`, ROLE being the user of the address"
    ))
}

fn unanswered(message: &str) -> &'static str {
    if message.contains(CLOSED) {
        return "it lets nobody in: let a superuser run `ALTER DATABASE NAME ALLOW_CONNECTIONS TRUE;`, or put a backup in its place, which keeps it beside: `dieselkit restore --replace`";
    }
    // Where libpq was compiled in, it looks where its own makers have the socket.
    if message.contains("/tmp/.s.PGSQL") {
        return "a server of the system's packages has its socket elsewhere: add `?host=/var/run/postgresql` to the address, or name its host";
    }
    let known = REFUSALS.iter().find(|(said, _)| message.contains(said));
    if let Some((_, cure)) = known {
        return cure;
    }
    "check that the server runs and that host, port, user and password are right: `dieselkit status -v` names where the address comes from"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_kept_out_of_a_database_is_let_in() {
        let grant = "`GRANT CONNECT ON DATABASE \"my \"\"shop\"\"\" TO ROLE;`";
        for behind in [
            "",
            ": DETAIL:  User does not have CONNECT privilege.",
            "\nDETAIL:  User does not have CONNECT privilege.",
        ] {
            let said = format!("FATAL:  permission denied for database \"my \"shop\"\"{behind}");
            assert!(unreachable(&said).contains(grant), "{said}");
        }
    }
}
