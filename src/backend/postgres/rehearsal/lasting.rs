//! Statements whose doing a rehearsal cannot take back: what is beside the database on its server, what
//! is outside of any, and what no rollback reaches.
//!
//! Pure. They are known by their words; what a function does that somebody wrote, nobody sees here.

use crate::backend::postgres::outside;
use crate::backend::postgres::run::find_in_run;
use crate::backend::rehearsal::{Lasting, Reach};
use crate::sql::destruction::runs_program;
use crate::sql::{Phrase, Script, TokenKind};

/// What stands beside the database, and a script may restore into a new one all the same.
const BESIDE: [[&str; 2]; 3] = [
    ["CREATE", "SUBSCRIPTION"],
    ["ALTER", "SUBSCRIPTION"],
    ["DROP", "SUBSCRIPTION"],
];

/// What all databases of a server share, and has labels.
const SHARED_KINDS: [&str; 4] = ["DATABASE", "ROLE", "SUBSCRIPTION", "TABLESPACE"];

/// The tables that all databases of a server share.
/// <https://www.postgresql.org/docs/current/catalogs-overview.html>
const SHARED_TABLES: [&str; 11] = [
    "PG_AUTHID",
    "PG_AUTH_MEMBERS",
    "PG_DATABASE",
    "PG_DB_ROLE_SETTING",
    "PG_PARAMETER_ACL",
    "PG_REPLICATION_ORIGIN",
    "PG_SHDEPEND",
    "PG_SHDESCRIPTION",
    "PG_SHSECLABEL",
    "PG_SUBSCRIPTION",
    "PG_TABLESPACE",
];

/// The functions that come with the server, or with its own extensions, and do something outside of the
/// database, at once.
const REACHING: [&str; 24] = [
    "DBLINK",
    "DBLINK_CONNECT",
    "DBLINK_EXEC",
    "DBLINK_SEND_QUERY",
    "LO_EXPORT",
    "PG_CANCEL_BACKEND",
    "PG_COPY_LOGICAL_REPLICATION_SLOT",
    "PG_COPY_PHYSICAL_REPLICATION_SLOT",
    "PG_CREATE_LOGICAL_REPLICATION_SLOT",
    "PG_CREATE_PHYSICAL_REPLICATION_SLOT",
    "PG_CREATE_RESTORE_POINT",
    "PG_DROP_REPLICATION_SLOT",
    "PG_FILE_RENAME",
    "PG_FILE_UNLINK",
    "PG_FILE_WRITE",
    "PG_PROMOTE",
    "PG_RELOAD_CONF",
    "PG_REPLICATION_ORIGIN_CREATE",
    "PG_REPLICATION_ORIGIN_DROP",
    "PG_REPLICATION_SLOT_ADVANCE",
    "PG_ROTATE_LOGFILE",
    "PG_SWITCH_WAL",
    "PG_TERMINATE_BACKEND",
    "PG_WAL_REPLAY_PAUSE",
];

/// What begins a statement that names a function, and does not call it.
const NAMING: [&str; 6] = ["ALTER", "COMMENT", "DROP", "GRANT", "REVOKE", "SECURITY"];
/// What is made of a query, or with a function, that is run later.
const RUN_LATER: [&str; 6] = [
    "FUNCTION",
    "PROCEDURE",
    "RULE",
    "TRIGGER",
    "VIEW",
    "RECURSIVE",
];

/// Returns what lasts of a statement.
pub(super) fn of_statement(script: &Script, index: usize) -> Vec<Lasting> {
    let found = [
        (Reach::Beside, find_in_run(script, index, beside)),
        (Reach::Outside, find_in_run(script, index, outside_of_all)),
        (
            Reach::NotRolledBack,
            find_in_run(script, index, not_rolled_back),
        ),
    ];
    let lasting = |(reach, statement): (Reach, Option<String>)| {
        statement.map(|statement| Lasting { reach, statement })
    };
    found.into_iter().filter_map(lasting).collect()
}

fn beside(phrase: Phrase<'_>) -> Option<String> {
    let head = head(phrase);
    let on = behind_on(phrase);
    let known = outside::reaches_outside(&head);
    if let Some(known) = known.or_else(|| outside::grants_outside(&head, on.as_bytes())) {
        return Some(known.to_owned());
    }
    let verb = phrase.text_at(0).to_ascii_uppercase();
    if BESIDE
        .iter()
        .any(|[verb, kind]| phrase.is_word(0, verb) && phrase.is_word(1, kind))
    {
        return Some(format!("{verb} SUBSCRIPTION"));
    }
    let on = on.to_ascii_uppercase();
    if on == "PARAMETER" && phrase.is_any_word(0, &["GRANT", "REVOKE"]) {
        return Some(format!("{verb} … ON {on}"));
    }
    if phrase.is_word(0, "SECURITY") && SHARED_KINDS.contains(&on.as_str()) {
        return Some(format!("SECURITY LABEL ON {on}"));
    }
    written_catalog(phrase)
}

/// Returns how a statement is called that writes to a table which all databases share.
fn written_catalog(phrase: Phrase<'_>) -> Option<String> {
    let table = match () {
        () if phrase.is_word(0, "UPDATE") => 1,
        () if phrase.is_word(0, "INSERT") || phrase.is_word(0, "DELETE") => 2,
        () => return None,
    };
    let table = table + usize::from(phrase.is_word(table, "ONLY"));
    let qualified = phrase.is_word(table, "PG_CATALOG") && phrase.is_mark(table + 1, ".");
    let table = table + if qualified { 2 } else { 0 };
    phrase.is_any_word(table, &SHARED_TABLES).then(|| {
        let verb = phrase.text_at(0).to_ascii_uppercase();
        format!("{verb} {}", phrase.text_at(table).to_ascii_lowercase())
    })
}

fn outside_of_all(phrase: Phrase<'_>) -> Option<String> {
    if runs_program(phrase) {
        return Some("COPY … PROGRAM".to_owned());
    }
    if phrase.is_word(0, "COPY") {
        let writes = |place: usize| {
            phrase.is_word(place, "TO") && phrase.kind_at(place + 1) == Some(TokenKind::String)
        };
        let is_written = outside_parentheses(phrase).any(writes);
        return is_written.then(|| "COPY … TO a file".to_owned());
    }
    called(phrase, &REACHING)
}

/// A sequence that was moved stays where it is.
/// <https://www.postgresql.org/docs/current/functions-sequence.html>
fn not_rolled_back(phrase: Phrase<'_>) -> Option<String> {
    called(phrase, &["SETVAL"])
}

/// Returns the name of one of these functions that is called.
fn called(phrase: Phrase<'_>, functions: &[&str]) -> Option<String> {
    let kind = if phrase.is_word(1, "OR") { 3 } else { 1 };
    let is_later = phrase.is_word(0, "CREATE") && phrase.is_any_word(kind, &RUN_LATER);
    if is_later || phrase.is_any_word(0, &NAMING) {
        return None;
    }
    let mut places = 0..phrase.tokens().len();
    places.find_map(|place| {
        let name = phrase.text_at(place).trim_matches('"').to_ascii_uppercase();
        let is_table = phrase.is_any_word(place.saturating_sub(1), &["TABLE", "EXISTS", "INTO"]);
        let is_called = phrase.is_mark(place + 1, "(") && !is_table;
        let is_one = is_called && functions.contains(&name.as_str());
        is_one.then(|| name.to_ascii_lowercase())
    })
}

/// Returns the first words, in small letters.
fn head(phrase: Phrase<'_>) -> String {
    let words = (0..4).map(|place| phrase.text_at(place).to_ascii_lowercase());
    words.collect::<Vec<_>>().join(" ").trim_end().to_owned()
}

/// Returns the word behind the first `ON`, in small letters, or "".
fn behind_on(phrase: Phrase<'_>) -> String {
    let on = outside_parentheses(phrase).find(|place| phrase.is_word(*place, "ON"));
    on.map_or_else(String::new, |on| {
        phrase.text_at(on + 1).to_ascii_lowercase()
    })
}

/// Returns the places that are in no parentheses.
fn outside_parentheses(phrase: Phrase<'_>) -> impl Iterator<Item = usize> {
    let mut depth = 0_usize;
    (0..phrase.tokens().len()).filter(move |place| {
        let is_outside = depth == 0;
        if phrase.is_mark(*place, "(") {
            depth += 1;
        } else if phrase.is_mark(*place, ")") {
            depth = depth.saturating_sub(1);
        }
        is_outside
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::postgres::dialect::POSTGRES;

    fn lasting(sql: &str) -> Vec<(Reach, String)> {
        let script = Script::parse(sql, 1, POSTGRES).expect("it is SQL");
        let lasting = of_statement(&script, 0).into_iter();
        lasting.map(|it| (it.reach, it.statement)).collect()
    }

    #[test]
    fn what_is_beside_the_database_is_known() {
        for (sql, name) in [
            ("CREATE ROLE r", "CREATE ROLE"),
            ("alter  user r SET x = 1", "ALTER USER"),
            ("DROP GROUP r", "DROP GROUP"),
            ("ALTER DATABASE d SET x = 1", "ALTER DATABASE"),
            ("CREATE DATABASE d", "CREATE DATABASE"),
            ("CREATE TABLESPACE t LOCATION '/x'", "CREATE TABLESPACE"),
            ("ALTER SYSTEM SET x = 1", "ALTER SYSTEM"),
            ("GRANT a, b TO c", "GRANT … TO …"),
            ("REVOKE ADMIN OPTION FOR a FROM b", "REVOKE … FROM …"),
            ("GRANT CONNECT ON DATABASE d TO r", "GRANT … ON DATABASE"),
            ("GRANT SET ON PARAMETER x TO r", "GRANT … ON PARAMETER"),
            ("REASSIGN OWNED BY a TO b", "REASSIGN OWNED"),
            ("DROP OWNED BY a", "DROP OWNED"),
            ("COMMENT ON ROLE r IS 'x'", "COMMENT ON ROLE"),
            ("COMMENT ON DATABASE d IS 'x'", "COMMENT ON DATABASE"),
            ("COMMENT ON TABLESPACE t IS 'x'", "COMMENT ON TABLESPACE"),
            (
                "SECURITY LABEL FOR p ON ROLE r IS 'x'",
                "SECURITY LABEL ON ROLE",
            ),
            (
                "CREATE SUBSCRIPTION s CONNECTION '' PUBLICATION p",
                "CREATE SUBSCRIPTION",
            ),
            (
                "UPDATE pg_catalog.pg_database SET datallowconn = false",
                "UPDATE pg_database",
            ),
            (
                "DELETE FROM pg_db_role_setting",
                "DELETE pg_db_role_setting",
            ),
            (
                "DO $$ BEGIN IF NOT EXISTS (SELECT 1) THEN CREATE ROLE r; END IF; END $$",
                "CREATE ROLE",
            ),
            (
                "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET x = 1', current_database()); END $$",
                "ALTER DATABASE",
            ),
        ] {
            assert_eq!(lasting(sql), [(Reach::Beside, name.to_owned())], "{sql}");
        }
    }

    #[test]
    fn what_no_rollback_takes_back_is_known() {
        let outside = |name: &str| vec![(Reach::Outside, name.to_owned())];
        assert_eq!(
            lasting("COPY (SELECT 1 FROM t) TO PROGRAM 'x'"),
            outside("COPY … PROGRAM")
        );
        assert_eq!(lasting("COPY t TO '/x'"), outside("COPY … TO a file"));
        assert_eq!(
            lasting("SELECT public.dblink_exec('d', 'SELECT 1')"),
            outside("dblink_exec")
        );
        let moved = vec![(Reach::NotRolledBack, "setval".to_owned())];
        assert_eq!(lasting("SELECT pg_catalog.setval('s', 1, false)"), moved);
        assert_eq!(
            lasting("WITH a AS (SELECT \"setval\"('s', 1)) SELECT 1"),
            moved
        );
        assert_eq!(
            lasting("DO $$ BEGIN PERFORM setval('s', max(id)) FROM t; END $$"),
            moved
        );
        let both = "DO $$ BEGIN CREATE ROLE r; PERFORM setval('s', 1); END $$";
        assert_eq!(lasting(both).len(), 2);
    }

    #[test]
    fn what_is_of_the_database_alone_is_none() {
        for sql in [
            "CREATE USER MAPPING FOR r SERVER s",
            "GRANT SELECT ON t TO r WITH GRANT OPTION",
            "REVOKE GRANT OPTION FOR SELECT ON t FROM r",
            "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO r",
            "SECURITY LABEL ON TABLE t IS 'x'",
            "COMMENT ON TABLE role IS 'x'",
            "UPDATE pg_class SET relname = relname",
            "COPY t FROM '/x'",
            "COPY t (a, \"to\") FROM '/x'",
            "ALTER SEQUENCE s RESTART",
            "TRUNCATE t RESTART IDENTITY",
            "SELECT nextval('s')",
            "GRANT EXECUTE ON FUNCTION setval(regclass, bigint) TO r",
            "CREATE FUNCTION f() RETURNS BIGINT LANGUAGE sql BEGIN ATOMIC SELECT setval('s', 1); END",
            "CREATE TABLE setval (id INT)",
            "DO $$ BEGIN RAISE NOTICE 'done'; END $$",
        ] {
            assert_eq!(lasting(sql), [], "{sql}");
        }
    }
}
