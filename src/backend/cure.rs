//! What may help against what a database says, where its words alone tell.
//!
//! Knows the engines' words, and nothing of what was being done.

mod rights;
mod unreachable;

use std::path::Path;

pub(super) use self::rights::{grant, membership};
pub(super) use self::unreachable::unreachable;
use super::error::DatabaseError;
use super::tables::DIESEL_TABLE;
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
    fn an_unknown_message_has_none() {
        assert_eq!(DatabaseError::from_message("no such table: a").cure(), None);
    }
}
