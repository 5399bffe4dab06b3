//! Statements of a script that no new database may take: they change what is beside it on the server, or
//! end the one transaction that it is restored in.
//!
//! Pure. A statement is known by what it begins with, in small letters, and single blanks between words.

/// What changes something beside the database, and how it is called.
const OUTSIDE: &[(&str, &str)] = &[
    ("create database", "CREATE DATABASE"),
    ("alter database", "ALTER DATABASE"),
    ("drop database", "DROP DATABASE"),
    ("comment on database", "COMMENT ON DATABASE"),
    ("create role", "CREATE ROLE"),
    ("alter role", "ALTER ROLE"),
    ("drop role", "DROP ROLE"),
    ("comment on role", "COMMENT ON ROLE"),
    ("create user", "CREATE USER"),
    ("alter user", "ALTER USER"),
    ("drop user", "DROP USER"),
    ("create group", "CREATE GROUP"),
    ("alter group", "ALTER GROUP"),
    ("drop group", "DROP GROUP"),
    ("create tablespace", "CREATE TABLESPACE"),
    ("alter tablespace", "ALTER TABLESPACE"),
    ("drop tablespace", "DROP TABLESPACE"),
    ("comment on tablespace", "COMMENT ON TABLESPACE"),
    ("alter system", "ALTER SYSTEM"),
    // Whatever a role owns or may do, with databases and tablespaces too.
    ("reassign owned", "REASSIGN OWNED"),
    ("drop owned", "DROP OWNED"),
];
/// What gives and takes privileges on a database, and makes a role a member of another or ends that.
const GRANT_ON_DATABASE: &str = "GRANT … ON DATABASE";
const REVOKE_ON_DATABASE: &str = "REVOKE … ON DATABASE";
const GRANT_ROLE: &str = "GRANT … TO …";
const REVOKE_ROLE: &str = "REVOKE … FROM …";
/// What begins as one of them, and is of the database alone.
const WITHIN: [&str; 3] = [
    "create user mapping",
    "alter user mapping",
    "drop user mapping",
];
/// What ends a transaction.
const ENDS: &[(&str, &str)] = &[
    ("commit", "COMMIT"),
    ("end", "END"),
    ("rollback", "ROLLBACK"),
    ("abort", "ABORT"),
    ("prepare transaction", "PREPARE TRANSACTION"),
];
/// What goes back within one.
const GOES_BACK: [&str; 3] = ["rollback to", "rollback work to", "rollback transaction to"];

/// Returns how a statement is called that changes something beside the database.
pub(super) fn reaches_outside(head: &str) -> Option<&'static str> {
    if WITHIN.iter().any(|words| begins(head, words)) {
        return None;
    }
    named(OUTSIDE, head)
}

/// Returns how a statement is called that ends the transaction.
pub(super) fn ends_transaction(head: &str) -> Option<&'static str> {
    if GOES_BACK.iter().any(|words| begins(head, words)) {
        return None;
    }
    named(ENDS, head)
}

/// Returns how a statement is called that gives or takes privileges on something beside the database, or
/// makes a role a member of another, by its first word and the one behind its `ON`, if it has one.
pub(super) fn grants_outside(head: &str, on: &[u8]) -> Option<&'static str> {
    Some(match (begins(head, "grant"), begins(head, "revoke"), on) {
        (true, _, b"") => GRANT_ROLE,
        (_, true, b"") => REVOKE_ROLE,
        (true, _, b"database") => GRANT_ON_DATABASE,
        (_, true, b"database") => REVOKE_ON_DATABASE,
        (true, _, b"tablespace") => "GRANT … ON TABLESPACE",
        (_, true, b"tablespace") => "REVOKE … ON TABLESPACE",
        _ => return None,
    })
}

/// Returns whether a statement that was found gives or takes privileges on a database.
pub(super) fn is_on_database(statement: &str) -> bool {
    matches!(statement, GRANT_ON_DATABASE | REVOKE_ON_DATABASE)
}

/// Returns whether a statement makes a function, whose body may be statements.
pub(super) fn makes_function(head: &str) -> bool {
    let rest = head.strip_prefix("create ").unwrap_or_default();
    let rest = rest.strip_prefix("or replace ").unwrap_or(rest);
    begins(rest, "function") || begins(rest, "procedure")
}

/// Returns whether a statement begins a transaction.
pub(super) fn begins_transaction(head: &str) -> bool {
    begins(head, "begin") || begins(head, "start transaction")
}

/// Returns whether a statement is about a large object, which a dump writes in a transaction of its own
/// (`StartRestoreLOs` in `pg_backup_archiver.c`).
pub(super) fn is_of_large_object(head: &str) -> bool {
    head.starts_with("select pg_catalog.lo") || head.starts_with("select lo")
}

fn named(known: &[(&str, &'static str)], head: &str) -> Option<&'static str> {
    let found = known.iter().find(|(words, _)| begins(head, words));
    found.map(|(_, name)| *name)
}

/// Returns whether a statement begins with whole words.
fn begins(head: &str, words: &str) -> bool {
    let rest = head.strip_prefix(words);
    rest.is_some_and(|rest| {
        !rest.starts_with(|letter: char| letter.is_alphanumeric() || letter == '_')
    })
}
