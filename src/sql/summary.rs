//! A statement's first words, for messages that must not show its data.
//!
//! Knows which words may be shown. Must not know a dialect, which says itself what may
//! be a name: a word that it does not know is left out, never guessed.

use super::token::{Dialect, Phrase, TokenKind};

/// Verbs whose statement names an object before anything else. After other
/// verbs no name is shown, since SQLite reads an unknown `"name"` in an
/// expression as a string literal
/// (<https://www.sqlite.org/quirks.html#dblquote>).
const NAMING_VERBS: &[&str] = &[
    "ALTER", "ANALYZE", "CLUSTER", "COMMENT", "COPY", "CREATE", "DELETE", "DROP", "INSERT", "LOCK",
    "MERGE", "REFRESH", "REINDEX", "REPLACE", "TRUNCATE", "UPDATE", "VACUUM",
];

/// Words between the verb and the name. They are shown in upper case; the
/// first one that is not listed is the name.
const LEADING_WORDS: &[&str] = &[
    "ACCESS",
    "AGGREGATE",
    "CAST",
    "CLASS",
    "COLLATION",
    "COLUMN",
    "CONCURRENTLY",
    "CONFIGURATION",
    "CONSTRAINT",
    "CONVERSION",
    "DATA",
    "DATABASE",
    "DEFAULT",
    "DICTIONARY",
    "DOMAIN",
    "EVENT",
    "EXISTS",
    "EXTENSION",
    "FAMILY",
    "FOREIGN",
    "FROM",
    "FULL",
    "FUNCTION",
    "GLOBAL",
    "GROUP",
    "IF",
    "IGNORE",
    "INDEX",
    "INTO",
    "LANGUAGE",
    "LOCAL",
    "MAPPING",
    "MATERIALIZED",
    "METHOD",
    "NOT",
    "ON",
    "ONLY",
    "OPERATOR",
    "OR",
    "PARSER",
    "POLICY",
    "PRIVILEGES",
    "PROCEDURAL",
    "PROCEDURE",
    "PUBLICATION",
    "RECURSIVE",
    "REPLACE",
    "ROLE",
    "ROUTINE",
    "RULE",
    "SCHEMA",
    "SEARCH",
    "SEQUENCE",
    "SERVER",
    "STATISTICS",
    "SUBSCRIPTION",
    "TABLE",
    "TABLESPACE",
    "TEMP",
    "TEMPLATE",
    "TEMPORARY",
    "TEXT",
    "TRIGGER",
    "TRUSTED",
    "TYPE",
    "UNIQUE",
    "UNLOGGED",
    "USER",
    "VIEW",
    "VIRTUAL",
    "WRAPPER",
];

/// Returns the verb and, where the statement names an object first, that
/// name as it is written: `CREATE UNIQUE INDEX users_email`.
pub(crate) fn summary(statement: Phrase<'_>, dialect: &dyn Dialect) -> String {
    if statement.kind_at(0) != Some(TokenKind::Word) {
        return "statement".to_owned();
    }
    let mut summary = statement.text_at(0).to_ascii_uppercase();
    if statement.is_any_word(0, NAMING_VERBS) {
        let name = push_leading_words(statement, &mut summary);
        push_name(statement, name, dialect, &mut summary);
    }
    summary
}

/// Appends the known words after the verb; returns the index after them.
fn push_leading_words(statement: Phrase<'_>, summary: &mut String) -> usize {
    let mut index = 1;
    while statement.is_any_word(index, LEADING_WORDS) {
        summary.push(' ');
        summary.push_str(&statement.text_at(index).to_ascii_uppercase());
        index += 1;
    }
    index
}

/// Appends the dotted name that starts at `index`, if one does.
///
/// A text in the place of a name is one where the dialect takes it for that; `VACUUM INTO 'FILE'` has
/// a value there.
fn push_name(statement: Phrase<'_>, mut index: usize, dialect: &dyn Dialect, summary: &mut String) {
    let may_be_text = !statement.is_word(0, "VACUUM");
    let is_name = |index| {
        let kind = statement.kind_at(index);
        let is_name = kind.is_some_and(|kind| dialect.is_name(kind, statement.text_at(index)));
        is_name && (may_be_text || kind != Some(TokenKind::String))
    };
    if !is_name(index) {
        return;
    }
    summary.push(' ');
    summary.push_str(statement.text_at(index));
    while statement.is_mark(index + 1, ".") && is_name(index + 2) {
        summary.push('.');
        summary.push_str(statement.text_at(index + 2));
        index += 2;
    }
}
