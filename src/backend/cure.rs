//! What may help against what a database says, where its words alone tell.
//!
//! Knows the engines' words, and nothing of what was being done.

use std::borrow::Cow;
use std::path::Path;

use super::error::DatabaseError;
use super::tables::{DIESEL_TABLE, quote_identifier};
use crate::file_kind::DeadLink;
use crate::shell::command;

/// What a message holds, and what may help. Of most of these Diesel keeps the code to itself.
const CURES: &[(&str, &str)] = &[
    // SQLite: <https://www.sqlite.org/rescode.html>
    (
        "database or disk is full",
        "make room on the disk of the database, and try again: `df -h`",
    ),
    (
        "file is not a database",
        "the file is encrypted, damaged or no database: put a backup in its place, which keeps it beside: `dieselkit restore --replace`; or name another: `dieselkit status --database-url sqlite:PATH`",
    ),
    (
        "database disk image is malformed",
        "the file is damaged: put a backup in its place, which keeps it beside: `dieselkit restore --replace`; or save what can be read: `sqlite3 FILE .recover`",
    ),
    (
        "attempt to write a readonly database",
        "nothing may write to the file, or to its folder: `ls -l FILE`, `ls -ld FOLDER`",
    ),
    (
        "unable to open database file",
        "the file and its folder must be open to you: `ls -l FILE`, `ls -ld FOLDER`",
    ),
    (
        "disk I/O error",
        "the disk of the database is full or broken: `df -h`, `dmesg`",
    ),
    // Our own, of the tables' layout and of Diesel's rows.
    (
        "this version of dieselkit knows",
        "`cargo install dieselkit`, or the version of whoever made them",
    ),
    // PostgreSQL: <https://www.postgresql.org/docs/current/errcodes-appendix.html>
    ("invalid page in block", DAMAGED),
    ("could not read block", DAMAGED),
    ("could not open file \"base/", DAMAGED),
    (
        "contains unexpected zero page",
        "an index is damaged: `REINDEX DATABASE;` makes all of them anew; or put a backup in the database's place, which keeps it beside: `dieselkit restore --replace`",
    ),
    (
        "No space left on device",
        "make room on the server's disk, and try again: `df -h`",
    ),
    (
        "in a read-only transaction",
        "the server is a standby, or the role's sessions only read: name the primary, or let the role's owner run `ALTER ROLE ROLE SET default_transaction_read_only = off;`",
    ),
    (
        "due to lock timeout",
        "another program holds a lock that the statement needs: end its transaction, or raise `lock_timeout`",
    ),
    (
        "no longer holds the migration lock",
        "the server's log says who ended it",
    ),
    (
        "permission denied to create temporary tables",
        "let the owner of the database run `GRANT TEMPORARY ON DATABASE NAME TO ROLE;`, ROLE being the user of the address",
    ),
    ("permission denied to terminate process", TERMINATING),
    ("whose process is being terminated", TERMINATING),
    (
        "permission denied for database ",
        "let the owner of the database run `GRANT CONNECT, CREATE, TEMPORARY ON DATABASE NAME TO ROLE;`, ROLE being the user of the address",
    ),
    (
        "permission denied to create extension ",
        "let a superuser make it, or, where it is a trusted one, let the owner of the database run `GRANT CREATE ON DATABASE NAME TO ROLE;`, ROLE being the user of the address",
    ),
    (
        "permission denied to ",
        "name a user who may, or let a superuser grant it to the user of the address: `ALTER ROLE ROLE …;`",
    ),
];

/// What is to be done about a database of a server that cannot be read.
const DAMAGED: &str = "the database is damaged, or its disk: save what can be read, and put a backup in its place, which keeps it beside: `dieselkit restore --replace`";

/// What is said of a database that lets nobody in.
const CLOSED: &str = "is not currently accepting connections";

/// What lets a role end the sessions of others.
const TERMINATING: &str =
    "let a superuser run `GRANT pg_signal_backend TO ROLE;`, ROLE being the user of the address";

/// The codes whose words a server may say in any language.
const CODES: &[(&str, &str)] = &[
    ("53100", "No space left on device"),
    ("25006", "in a read-only transaction"),
    ("55P03", "due to lock timeout"),
    ("XX001", "invalid page in block"),
    ("XX002", "contains unexpected zero page"),
];

/// What is said where the connection is gone.
const CUT_OFF: [&str; 4] = [
    "server closed the connection",
    "terminating connection",
    "no connection to the server",
    "SSL connection has been closed",
];

/// The word of a `search_path` for the schema that is called as the user is.
/// <https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-SEARCH-PATH>
const OWN_SCHEMA: &str = "\"$user\"";

/// Returns what helps where no schema exists that a `search_path` names.
pub(super) fn no_schema(search_path: &[String]) -> String {
    let named = search_path.iter().find(|name| *name != OWN_SCHEMA);
    let schema = match (named, search_path) {
        (_, []) => return another_schema(),
        (Some(name), _) => name,
        (None, _) => "AUTHORIZATION CURRENT_USER",
    };
    format!(
        "`CREATE SCHEMA {schema};`; a migration that makes it then says `IF NOT EXISTS`, since the tables come before any migration"
    )
}

/// Returns how another schema is named.
pub(super) fn another_schema() -> String {
    "name one at the end of the address, which counts before what the server sets: `?options=-csearch_path%3Dpublic`".to_owned()
}

/// Returns how a right is granted to the role whose rights count, where that is known.
pub(super) fn grant(right: &str, role: Option<&str>) -> String {
    match role {
        Some(role) => format!("let the owner run `GRANT {right} TO {role};`"),
        None => format!(
            "let the owner run `GRANT {right} TO ROLE;`, ROLE being the user of the address"
        ),
    }
}

/// Returns what lets a user work as a role.
pub(super) fn membership(role: &str, user: &str, error: &DatabaseError) -> String {
    if error.message.contains("means no role") {
        return "name the role that is to own what is made, in `role` or by `--set-role`, or leave it out".to_owned();
    }
    let (role, user) = (quote_identifier(role), quote_identifier(user));
    let grant = format!("GRANT {role} TO {user};");
    if error.message.contains("permission denied") {
        return format!("let a superuser, or who administers the role, run `{grant}`");
    }
    format!("let a superuser run `CREATE ROLE {role}; {grant}`, or name another role")
}

/// Returns what makes a database where a link leads.
pub(super) fn dead_link(path: &Path, link: &DeadLink) -> String {
    let removal = link.removal(path);
    match &link.target {
        Some(target) => {
            let address = format!("sqlite:{}", target.display());
            let create = command("dieselkit db create --database-url {}", &[&address]);
            format!("make the database that it leads to, {create}, or {removal}")
        }
        None => removal,
    }
}

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
pub(super) fn unreachable(message: &str) -> Cow<'static, str> {
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

impl DatabaseError {
    /// Returns what may help where it is no fault of the file that was run, with the command that
    /// runs it again.
    pub(crate) fn cure_around(&self, retry: &str) -> Option<String> {
        self.cure_of_statement("", retry)
    }

    /// Returns the same, of an error of the statement that begins like this, which tells what was to
    /// be done.
    pub(crate) fn cure_of_statement(&self, statement: &str, retry: &str) -> Option<String> {
        if self.is_locked_out() {
            return Some(format!(
                "end the other program's transaction and run `{retry}`, or wait longer for it: `{retry} --lock-wait 10m`"
            ));
        }
        let cut_off = || {
            self.is_of_lost_connection()
                .then(|| "the server ended the connection: its log says why".to_owned())
        };
        let cure = self
            .lacking_right_of(statement)
            .or_else(|| self.cure())
            .or_else(cut_off)?;
        Some(format!("{cure}; then run `{retry}`"))
    }

    /// Returns whether it says that the connection is gone.
    pub(crate) fn is_of_lost_connection(&self) -> bool {
        self.disconnected || CUT_OFF.iter().any(|words| self.message.contains(words))
    }

    /// Returns what may help, where the message or the code tells.
    pub(crate) fn cure(&self) -> Option<String> {
        let code = |(code, _): &&(&str, &str)| self.sqlstate.as_deref() == Some(*code);
        let known = CODES.iter().find(code).map(|(_, words)| *words);
        let said = known.unwrap_or(&self.message);
        let fits = |(words, _): &&(&str, &str)| said.contains(words);
        let cure = CURES.iter().find(fits);
        cure.map(|(_, cure)| (*cure).to_owned())
            .or_else(|| timeless(&self.message))
    }

    /// Returns how the right is granted that the role lacks, where that can be told.
    ///
    /// The code of such an error is 42501, which Diesel keeps to itself, so the words decide.
    pub(crate) fn lacking_right(&self) -> Option<String> {
        self.lacking_right_of("")
    }

    fn lacking_right_of(&self, statement: &str) -> Option<String> {
        let denied = denied(&self.message, statement);
        let (who, command) = denied.or_else(|| not_owned(&self.message))?;
        Some(format!(
            "let {who} run `{command}`, ROLE being the user of the address"
        ))
    }
}

/// Returns the statement that mends a row of Diesel's which has no time.
fn timeless(message: &str) -> Option<String> {
    let (version, _) = message
        .strip_prefix("`run_on` of version `")?
        .split_once("` in ")?;
    Some(format!(
        "`UPDATE {DIESEL_TABLE} SET run_on = CURRENT_TIMESTAMP WHERE version = '{}';`",
        version.replace('\'', "''")
    ))
}

/// Returns what has to be granted on a table for a statement that begins like this.
fn on_table(statement: &str) -> &'static str {
    let mut words = statement.split_ascii_whitespace();
    let first = words.next().unwrap_or_default().to_ascii_uppercase();
    let said: Vec<String> = words.map(str::to_ascii_uppercase).collect();
    let makes = |kind: &str| said.iter().take(3).any(|word| word == kind);
    match first.as_str() {
        "CREATE" if makes("TRIGGER") => "TRIGGER ON TABLE",
        // It reads another one (`AS`, `LIKE`), or refers to it.
        "CREATE" | "ALTER" if makes("TABLE") => "SELECT, REFERENCES ON TABLE",
        _ => "SELECT, INSERT, UPDATE, DELETE ON TABLE",
    }
}

/// Returns who can grant what is denied, and by which command.
fn denied(message: &str, statement: &str) -> Option<(&'static str, String)> {
    let thing = message.strip_prefix("permission denied ")?;
    if thing == "to create database" {
        return Some(("a superuser", "ALTER USER ROLE CREATEDB;".to_owned()));
    }
    let (kind, name) = thing.strip_prefix("for ")?.split_once(' ')?;
    let (who, right) = match kind {
        "schema" => ("the owner of the schema", "USAGE, CREATE ON SCHEMA"),
        "table" | "view" => ("its owner", on_table(statement)),
        "sequence" => ("its owner", "USAGE, SELECT, UPDATE ON SEQUENCE"),
        _ => return None,
    };
    Some((who, format!("GRANT {right} {name} TO ROLE;")))
}

/// Returns who can hand over what only its owner may change, and by which command.
fn not_owned(message: &str) -> Option<(&'static str, String)> {
    let (kind, name) = message
        .strip_prefix("must be owner of ")?
        .rsplit_once(' ')?;
    let kind = kind.to_uppercase().replace("RELATION", "TABLE");
    // A name of anything else may be a qualified one, and the server does not tell.
    let name = match kind.as_str() {
        "DATABASE" => quote_identifier(name),
        _ => name.to_owned(),
    };
    Some(("a superuser", format!("ALTER {kind} {name} OWNER TO ROLE;")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::error::BackendError;

    #[test]
    fn what_fails_before_anything_begins_has_a_hint() {
        for (action, message) in [
            (
                "begin creating the history's tables",
                "database or disk is full",
            ),
            (
                "look for the tables of the history",
                "file is not a database",
            ),
            (
                "look for the tables of the history",
                "database disk image is malformed",
            ),
            (
                "create the history's tables",
                "attempt to write a readonly database",
            ),
            (
                "look for the tables of the history",
                "invalid page in block 3 of relation base/16384/16397",
            ),
            (
                "look for the tables of the history",
                "could not read block 0 in file \"base/5/16384\": read only 0 of 8192 bytes",
            ),
            (
                "create the database",
                "permission denied to create database",
            ),
            (
                "create the database",
                "permission denied to copy database \"x\"",
            ),
            (
                "drop the database",
                "must be a member of the role whose process is being terminated or member of pg_signal_backend",
            ),
            (
                "create the history's tables",
                "cannot execute CREATE TABLE in a read-only transaction",
            ),
        ] {
            let source = DatabaseError::from_message(message);
            let error = BackendError::Query { action, source };
            assert!(error.hint().is_some(), "{message}");
        }
    }

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

    #[test]
    fn the_first_schema_that_has_a_name_is_made() {
        let cure =
            |path: &[&str]| no_schema(&path.iter().map(ToString::to_string).collect::<Vec<_>>());
        let made = |name: &str| format!("`CREATE SCHEMA {name};`; ");
        assert!(cure(&["\"$user\"", "\"My App\"", "b"]).starts_with(&made("\"My App\"")));
        assert!(cure(&["\"$user\""]).starts_with(&made("AUTHORIZATION CURRENT_USER")));
        assert!(!cure(&[]).contains("CREATE"));
    }

    #[test]
    fn a_database_that_cannot_be_read_is_replaced() {
        let message = "ungültige Seite in Block 3";
        for code in ["XX001", "XX002"] {
            let mut error = DatabaseError::from_message(message);
            error.sqlstate = Some(code.to_owned());
            let cure = error.cure().unwrap_or_default();
            assert!(cure.contains("`dieselkit restore --replace`"), "{cure}");
        }
        let closed = "FATAL:  database \"shop\" is not currently accepting connections";
        assert!(unreachable(closed).contains("`dieselkit restore --replace`"));
    }

    #[test]
    fn what_is_granted_on_a_table_is_what_the_statement_wants() {
        let error = DatabaseError::from_message("permission denied for table theirs");
        for (statement, right) in [
            (
                "CREATE TABLE a (b INTEGER …",
                "GRANT SELECT, REFERENCES ON TABLE theirs",
            ),
            (
                "ALTER TABLE a ADD FOREIGN KEY …",
                "GRANT SELECT, REFERENCES ON TABLE theirs",
            ),
            (
                "CREATE OR REPLACE TRIGGER a …",
                "GRANT TRIGGER ON TABLE theirs",
            ),
            ("create trigger a …", "GRANT TRIGGER ON TABLE theirs"),
            (
                "UPDATE theirs …",
                "GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE theirs",
            ),
        ] {
            let cure = error.cure_of_statement(statement, "dieselkit up");
            assert!(cure.is_some_and(|cure| cure.contains(right)), "{statement}");
        }
        let extension = DatabaseError::from_message("permission denied to create extension \"x\"");
        assert!(
            extension
                .cure()
                .is_some_and(|cure| cure.contains("GRANT CREATE ON DATABASE"))
        );
    }

    #[test]
    fn an_unknown_message_has_none() {
        assert_eq!(DatabaseError::from_message("no such table: a").cure(), None);
    }
}
