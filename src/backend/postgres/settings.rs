//! What a migration's body may change of a `PostgreSQL` session, and how all of it is put back.

use std::collections::BTreeSet;

use diesel::connection::CacheSize;
use diesel::pg::PgConnection;
use diesel::prelude::*;

use crate::backend::Backend;
use crate::backend::error::DatabaseError;
use crate::backend::query::Query;
use crate::backend::settings::{Settings, Subject, Surrounding, Touch};
use crate::backend::tables::quote_identifier;
use crate::sql::{Phrase, Script, TokenKind};

const USER: &str = "session_authorization";
const ROLE: &str = "role";

/// The statements in whose grammar `SET` has another meaning.
const MEAN_SOMETHING_ELSE: [&str; 9] = [
    "ALTER", "COMMENT", "DELETE", "DROP", "GRANT", "INSERT", "REVOKE", "TRUNCATE", "UPDATE",
];
/// What can be created without a body that is run later.
const WITHOUT_BODY: [&str; 7] = [
    "INDEX", "SEQUENCE", "TABLE", "TYPE", "UNIQUE", "UNLOGGED", "VIEW",
];

/// Returns what a script may change, by its words: most change nothing, and cost nothing.
///
/// A function that sets something and is called by its name alone stays unnoticed.
pub(super) fn touch(script: &Script) -> Touch {
    let text = script.text().to_ascii_lowercase();
    if text.contains("deallocate") || text.contains("discard") {
        return Touch::SettingsAndStatements;
    }
    let sets = || (0..script.statements().len()).any(|index| may_set(script, index));
    if text.contains("set") && sets() {
        Touch::Settings
    } else {
        Touch::Nothing
    }
}

fn may_set(script: &Script, index: usize) -> bool {
    let text = script.statement_text(index).to_ascii_lowercase();
    text.contains("set") && (text.contains("set_config") || !script.with_phrase(index, is_harmless))
}

fn is_harmless(phrase: Phrase<'_>) -> bool {
    phrase.is_any_word(0, &MEAN_SOMETHING_ELSE)
        || phrase.is_word(0, "CREATE") && phrase.is_any_word(1, &WITHOUT_BODY)
}

/// Returns what a statement is about that is a plain `SET` or `RESET`, or the call of the function that does
/// the same, whose effect lasts for the session; or the one that takes back all of it.
pub(super) fn sets(script: &Script, index: usize) -> Option<Subject> {
    let identifier = |written: &str| script.dialect().identifier(written);
    script.with_phrase(index, |statement| {
        let passing = ["LOCAL", "TRANSACTION", "CONSTRAINTS"];
        match () {
            () if statement.is_word(0, "DISCARD") => {
                statement.is_word(1, "ALL").then_some(Subject::Session)
            }
            () if statement.is_word(0, "RESET") => Some(subject(statement, 1, identifier)),
            () if statement.is_word(0, "SET") && !statement.is_any_word(1, &passing) => {
                let own = ["AUTHORIZATION", "CHARACTERISTICS"];
                let says_session =
                    statement.is_word(1, "SESSION") && !statement.is_any_word(2, &own);
                let at = 1 + usize::from(says_session);
                Some(subject(statement, at, identifier))
            }
            () => set_by_call(statement).map(named),
        }
    })
}

/// Returns what a `SET` or `RESET` is about, whose words for that begin at `at`.
/// <https://www.postgresql.org/docs/current/sql-set.html>
fn subject(statement: Phrase<'_>, at: usize, identifier: impl Fn(&str) -> String) -> Subject {
    match () {
        () if statement.is_word(at, "ALL") => Subject::AllNamed,
        () if statement.is_word(at, "SESSION") && statement.is_word(at + 1, "AUTHORIZATION") => {
            Subject::User
        }
        // Each may be about another of its settings.
        () if statement.is_word(at, "SESSION") => {
            let words = (at..statement.tokens().len()).map(|place| statement.text_at(place));
            named(&words.collect::<Vec<_>>().join(" "))
        }
        () if statement.is_word(at, "TIME") => Subject::Named("timezone".to_owned()),
        () if statement.is_word(at, "NAMES") => Subject::Named("client_encoding".to_owned()),
        () if statement.is_word(at, "SCHEMA") => Subject::Named("search_path".to_owned()),
        () if statement.is_word(at, "XML") => Subject::Named("xmloption".to_owned()),
        () => {
            let mut name = identifier(statement.text_at(at));
            let mut dot = at + 1;
            while statement.is_mark(dot, ".") {
                name = format!("{name}.{}", identifier(statement.text_at(dot + 1)));
                dot += 2;
            }
            named(&name)
        }
    }
}

fn named(name: &str) -> Subject {
    match name.to_ascii_lowercase() {
        name if name == USER => Subject::User,
        name if name == ROLE => Subject::Role,
        name => Subject::Named(name),
    }
}

/// Returns the name of a statement that is `SELECT set_config('name', 'value', false)` and no more.
fn set_by_call(statement: Phrase<'_>) -> Option<&str> {
    let is_qualified = statement.is_word(1, "pg_catalog") && statement.is_mark(2, ".");
    let name = if is_qualified { 3 } else { 1 };
    let is_text = |at| statement.kind_at(at) == Some(TokenKind::String);
    let end = name + 7;
    let is_one = statement.is_word(0, "SELECT")
        && statement.is_word(name, "set_config")
        && statement.is_mark(name + 1, "(")
        && is_text(name + 2)
        && statement.is_mark(name + 3, ",")
        && is_text(name + 4)
        && statement.is_mark(name + 5, ",")
        && statement.is_word(name + 6, "false")
        && statement.is_mark(end, ")")
        && (statement.is_mark(end + 1, ";") || statement.kind_at(end + 1).is_none());
    is_one.then(|| statement.text_at(name + 2).trim_matches('\''))
}

/// Returns the session's settings, with those of a made-up name that the script sets.
pub(super) fn found(
    connection: &mut PgConnection,
    script: Option<&Script>,
) -> Result<Settings, DatabaseError> {
    read(connection, script.map(made_up_names).unwrap_or_default())
}

/// Returns the names with a dot that follow a word of setting.
fn made_up_names(script: &Script) -> BTreeSet<String> {
    let text = script.text().to_ascii_lowercase();
    let inside = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '.');
    let words: Vec<&str> = text
        .split(|letter| !inside(letter))
        .filter(|word| !word.is_empty())
        .collect();
    let is_name = |word: &str| {
        word.contains('.')
            && word.split('.').all(|part| {
                part.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            })
    };
    words
        .windows(2)
        .filter(|pair| matches!(pair[0], "set" | "session" | "local" | "set_config"))
        .filter(|pair| is_name(pair[1]))
        .map(|pair| pair[1].to_owned())
        .collect()
}

fn read(connection: &mut PgConnection, asked: BTreeSet<String>) -> Result<Settings, DatabaseError> {
    let names: Vec<&str> = asked.iter().map(String::as_str).collect();
    let query = Query::new(include_str!("sql/settings.sql")).bind(names.join(" "));
    let rows = connection.load(&query.once())?;
    let values = rows
        .iter()
        .map(|row| Ok((row.text(0)?, row.text(1)?)))
        .collect::<Result<_, DatabaseError>>()?;
    Ok(Settings { values, asked })
}

/// Puts back every setting that differs: first who the session is, since only then the others can
/// all be seen and set.
pub(super) fn put_back(
    connection: &mut PgConnection,
    found: &Settings,
) -> Result<(), DatabaseError> {
    let mut now = read(connection, found.asked.clone())?;
    if is_somebody_else(&now, found) {
        be(connection, found, Lasting::Session)?;
        now = read(connection, found.asked.clone())?;
    }
    for (name, value) in found.other_than(&now) {
        set(connection, name, value, Lasting::Session)?;
    }
    let names = now.values.keys();
    let resets: Vec<String> = names
        .filter(|name| found.get(name).is_none())
        .map(|name| format!("RESET {name};"))
        .collect();
    if resets.is_empty() {
        Ok(())
    } else {
        connection.batch_execute(&resets.concat())
    }
}

/// Whether a setting stays after its transaction.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lasting {
    Transaction,
    Session,
}

fn is_somebody_else(now: &Settings, found: &Settings) -> bool {
    [USER, ROLE]
        .iter()
        .any(|name| now.get(name) != found.get(name))
}

/// Takes on a user and a role; the user's change takes the role along.
fn be(
    connection: &mut PgConnection,
    found: &Settings,
    lasting: Lasting,
) -> Result<(), DatabaseError> {
    for name in [USER, ROLE] {
        if let Some(value) = found.get(name) {
            set(connection, name, value, lasting)?;
        }
    }
    Ok(())
}

fn set(
    connection: &mut PgConnection,
    name: &str,
    value: &str,
    lasting: Lasting,
) -> Result<(), DatabaseError> {
    let query = Query::new("SELECT pg_catalog.set_config(?, ?, ?)")
        .bind(name)
        .bind(value)
        .bind(lasting == Lasting::Transaction);
    connection.load(&query.once()).map(drop)
}

/// Returns whether the transaction that is open may write nothing.
pub(super) fn only_reads(connection: &mut PgConnection) -> Result<bool, DatabaseError> {
    let rows = connection.load(&Query::new("SHOW transaction_read_only").once())?;
    let value = rows.first().map_or(Ok(None), |row| row.optional_text(0))?;
    Ok(value.as_deref() == Some("on"))
}

/// Does something as whom the body found, and is again who the body has become.
pub(super) fn as_found(
    connection: &mut PgConnection,
    found: &Settings,
    surrounding: Surrounding,
    work: &mut dyn FnMut(&mut dyn Backend) -> Result<(), DatabaseError>,
) -> Result<(), DatabaseError> {
    match surrounding {
        Surrounding::BodysTransaction => {
            let now = read(connection, BTreeSet::new())?;
            be(connection, found, Lasting::Transaction)?;
            work(connection)?;
            be(connection, &now, Lasting::Transaction)
        }
        Surrounding::Nothing => {
            connection.begin()?;
            let worked = connection
                // The body may have said that transactions only read.
                .batch_execute("SET TRANSACTION READ WRITE")
                .and_then(|()| be(connection, found, Lasting::Transaction))
                .and_then(|()| work(connection));
            match worked {
                Ok(()) => connection.commit(),
                Err(error) => {
                    // The first error is the one worth telling.
                    let _ = connection.rollback();
                    Err(error)
                }
            }
        }
    }
}

/// Lets Diesel prepare anew what a body may have had the server forget, and the server forget what
/// is left of it.
pub(super) fn forget_statements(connection: &mut PgConnection) -> Result<(), DatabaseError> {
    let left = Query::new(
        "SELECT p.name FROM pg_catalog.pg_prepared_statements AS p WHERE NOT p.from_sql AND p.name LIKE '\\_\\_diesel\\_stmt\\_%'",
    );
    let rows = connection.load(&left.once())?;
    let forget = rows
        .iter()
        .map(|row| Ok(format!("DEALLOCATE {};", quote_identifier(&row.text(0)?))))
        .collect::<Result<Vec<_>, DatabaseError>>()?;
    if !forget.is_empty() {
        connection.batch_execute(&forget.concat())?;
    }
    connection.set_prepared_statement_cache_size(CacheSize::Disabled);
    connection.set_prepared_statement_cache_size(CacheSize::Unbounded);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::postgres::dialect::POSTGRES;

    #[test]
    fn a_plain_setting_does_nothing_else() {
        let is_one = |text: &str| {
            let script = Script::parse(text, 1, POSTGRES).expect("it is one");
            sets(&script, 0).is_some()
        };
        for text in [
            "SET search_path = a, b;",
            "set SESSION lock_timeout TO '7s'",
            "SET TIME ZONE 'UTC';",
            "SET ROLE owner;",
            "RESET ROLE;",
            "SELECT pg_catalog.set_config('search_path', '', false);",
            "SELECT set_config('a.b', 'c', FALSE)",
        ] {
            assert!(is_one(text), "{text}");
        }
        for text in [
            "SET LOCAL search_path = a;",
            "SET TRANSACTION READ ONLY;",
            "SET CONSTRAINTS ALL DEFERRED;",
            "SELECT set_config('a.b', 'c', true);",
            "SELECT set_config('a.b', name, false) FROM t;",
            "SELECT set_config('a.b', 'c', false), setval('s', 1);",
            "SELECT 1;",
            "UPDATE t SET a = 1;",
        ] {
            assert!(!is_one(text), "{text}");
        }
    }

    #[test]
    fn a_later_statement_about_the_same_leaves_nothing_of_an_earlier_one() {
        let replaces = |earlier: &str, later: &str| {
            let script = Script::parse(format!("{earlier};\n{later};"), 1, POSTGRES);
            let script = script.expect("it is one");
            let about =
                |index| sets(&script, index).unwrap_or_else(|| panic!("{earlier}; {later}"));
            about(1).replaces(&about(0))
        };
        for (earlier, later) in [
            ("SET ROLE a", "RESET ROLE"),
            ("SET SESSION ROLE a", "set role none"),
            ("SET role = a", "SELECT set_config('role', 'b', false)"),
            ("SET ROLE a", "SET SESSION AUTHORIZATION b"),
            ("SET SESSION AUTHORIZATION a", "RESET session_authorization"),
            ("SET Search_Path = a", "SET SCHEMA 'b'"),
            ("SET SESSION \"search_path\" TO a", "RESET search_path"),
            (
                "SET a.b = 'c'",
                "SELECT pg_catalog.set_config('A.B', '', false)",
            ),
            ("SET TIME ZONE 'UTC'", "SET SESSION timezone = 'UTC'"),
            ("SET NAMES 'UTF8'", "RESET client_encoding"),
            ("SET a.b = 'c'", "RESET ALL"),
            ("SET ROLE a", "DISCARD ALL"),
            ("RESET ALL", "DISCARD ALL"),
        ] {
            assert!(replaces(earlier, later), "{earlier}; {later}");
        }
        for (earlier, later) in [
            ("SET ROLE a", "RESET ALL"),
            ("SET SESSION AUTHORIZATION a", "RESET ALL"),
            ("SET SESSION AUTHORIZATION a", "RESET ROLE"),
            ("SET a.b = 'c'", "SET a.c = 'c'"),
            ("SET a.b = 'c'", "RESET a"),
            ("SET search_path = a", "SET ROLE a"),
            (
                "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
                "SET SESSION CHARACTERISTICS AS TRANSACTION DEFERRABLE",
            ),
        ] {
            assert!(!replaces(earlier, later), "{earlier}; {later}");
        }
    }
}
