//! What can still be said, after a statement, of what the next ones are allowed.
//!
//! Goes by words alone. Where it is not sure it says that nothing is known: who is not warned learns
//! it from the server, and who is refused for nothing cannot go on.

use crate::sql::effect::{Becomes, EffectKind, ObjectKind};
use crate::sql::{Phrase, Script};

/// Of what something can be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outlook {
    /// Of all that follows.
    Clear,
    /// Of the files that follow, not of the rest of this one.
    OtherFiles,
    /// Of nothing any more.
    Over,
}

/// What runs SQL that its words do not show, or makes what they do not name.
const UNREAD: [&str; 9] = [
    "CALL", "DISCARD", "DO", "EXECUTE", "EXPLAIN", "IMPORT", "LOAD", "MERGE", "REASSIGN",
];

/// What reads or writes rows, and may call functions on its way.
const OF_ROWS: [&str; 7] = [
    "SELECT", "WITH", "VALUES", "TABLE", "INSERT", "UPDATE", "DELETE",
];

/// Those whose rights, or whose schemas, many objects have.
const OF_MANY: [&str; 4] = ["ROLE", "USER", "GROUP", "DATABASE"];

/// The words before a parenthesis that call nothing, and the functions of the server that change nobody's
/// rights.
const CALL_NOTHING: &[&str] = &[
    "ABS",
    "ALL",
    "AND",
    "ANY",
    "ARRAY",
    "ARRAY_AGG",
    "AS",
    "AVG",
    "BETWEEN",
    "BIT",
    "BY",
    "CASE",
    "CAST",
    "CEIL",
    "CHAR",
    "CHARACTER",
    "COALESCE",
    "CONCAT",
    "CONFLICT",
    "COUNT",
    "CUBE",
    "CURRENT_SETTING",
    "CURRVAL",
    "DATE_TRUNC",
    "DECIMAL",
    "DISTINCT",
    "ELSE",
    "EXCEPT",
    "EXISTS",
    "EXTRACT",
    "FILTER",
    "FLOOR",
    "FORMAT",
    "FROM",
    "GENERATE_SERIES",
    "GEN_RANDOM_UUID",
    "GREATEST",
    "HAVING",
    "ILIKE",
    "IN",
    "INTERSECT",
    "JOIN",
    "JSONB_AGG",
    "JSONB_BUILD_OBJECT",
    "JSON_BUILD_OBJECT",
    "LATERAL",
    "LEAST",
    "LEFT",
    "LENGTH",
    "LIKE",
    "LIMIT",
    "LOWER",
    "LTRIM",
    "MATERIALIZED",
    "MAX",
    "MD5",
    "MIN",
    "NEXTVAL",
    "NOT",
    "NOW",
    "NULLIF",
    "NUMERIC",
    "OFFSET",
    "ON",
    "OR",
    "OVER",
    "POSITION",
    "RANDOM",
    "REGEXP_REPLACE",
    "REPLACE",
    "RETURNING",
    "RIGHT",
    "ROUND",
    "ROW",
    "ROW_NUMBER",
    "RTRIM",
    "SELECT",
    "SET",
    "SETVAL",
    "SOME",
    "SPLIT_PART",
    "STRING_AGG",
    "SUBSTRING",
    "SUM",
    "THEN",
    "TO_CHAR",
    "TRIM",
    "UNION",
    "UNNEST",
    "UPPER",
    "VARCHAR",
    "TIMESTAMP",
    "WHEN",
    "WHERE",
    "USING",
    "VALUES",
];

/// Returns what can be said after the statement at `index`.
pub(super) fn outlook(script: &Script, index: usize) -> Outlook {
    let said = script.with_phrase(index, of_words);
    if said != Outlook::Clear {
        return said;
    }
    let hands_over_much = script
        .of_owner(index)
        .is_some_and(|deed| deed.kind == ObjectKind::Schema && deed.becomes != Becomes::Itself);
    let is_about_tables = !script.granted_on(index).is_empty();
    let grants = script.with_phrase(index, |it| it.is_any_word(0, &["GRANT", "REVOKE"]));
    if hands_over_much || grants && !is_about_tables || fills(script, index) && calls(script, index)
    {
        Outlook::Over
    } else {
        Outlook::Clear
    }
}

fn of_words(statement: Phrase<'_>) -> Outlook {
    if statement.is_any_word(0, &["SET", "RESET"]) {
        return of_setting(statement);
    }
    let is_of_many = || statement.is_any_word(1, &OF_MANY);
    let changes_many = match () {
        () if statement.is_any_word(0, &UNREAD) => true,
        () if statement.is_any_word(0, &["ALTER", "DROP"]) => {
            is_of_many() || statement.is_word(1, "OWNED") || cascades(statement)
        }
        () if statement.is_word(0, "CREATE") => is_of_many(),
        () => false,
    };
    if changes_many {
        return Outlook::Over;
    }
    if has(statement, "SET_CONFIG") {
        return Outlook::OtherFiles;
    }
    Outlook::Clear
}

/// Returns what a setting leaves to be said: who one is, and where names lead, is another thing then.
fn of_setting(statement: Phrase<'_>) -> Outlook {
    let at = 1 + usize::from(statement.is_any_word(1, &["SESSION", "LOCAL"]));
    let counts = ["ROLE", "AUTHORIZATION", "SEARCH_PATH", "SCHEMA", "ALL"];
    if statement.is_any_word(at, &counts) || statement.is_word(1, "SESSION_AUTHORIZATION") {
        Outlook::OtherFiles
    } else {
        Outlook::Clear
    }
}

/// Returns whether what depends on an object goes with it, whatever that is.
fn cascades(statement: Phrase<'_>) -> bool {
    let places = 1..statement.tokens().len();
    places.into_iter().any(|at| {
        statement.is_word(at, "CASCADE") && !statement.is_any_word(at - 1, &["DELETE", "UPDATE"])
    })
}

fn has(statement: Phrase<'_>, word: &str) -> bool {
    (0..statement.tokens().len()).any(|at| statement.is_word(at, word))
}

/// Returns whether a statement computes rows.
fn fills(script: &Script, index: usize) -> bool {
    let is_of_rows = script.with_phrase(index, |it| it.is_any_word(0, &OF_ROWS));
    let keeps = script.with_phrase(index, |it| has(it, "MATERIALIZED"));
    is_of_rows
        || keeps
        || script.effects(index).iter().any(
            |effect| matches!(&effect.kind, EffectKind::Create(created) if created.table.of_query),
        )
}

/// Returns whether a statement may call a function of which nobody knows what it does.
fn calls(script: &Script, index: usize) -> bool {
    script.with_phrase(index, |statement| {
        let places = 1..statement.tokens().len();
        places
            .filter(|at| statement.is_mark(*at, "("))
            .any(|at| may_call(statement, at - 1))
    })
}

fn may_call(statement: Phrase<'_>, name: usize) -> bool {
    use crate::sql::TokenKind::{QuotedIdentifier, Word};

    let is_name = |at| matches!(statement.kind_at(at), Some(Word | QuotedIdentifier));
    if !is_name(name) {
        return false;
    }
    let mut first = name;
    while first >= 2 && statement.is_mark(first - 1, ".") && is_name(first - 2) {
        first -= 2;
    }
    // The columns behind the table that rows go into.
    let is_table = first >= 1 && statement.is_word(first - 1, "INTO");
    let is_servers = first == name || statement.is_word(first, "PG_CATALOG");
    let is_known = is_servers && statement.is_any_word(name, CALL_NOTHING);
    !is_table && !is_known
}
