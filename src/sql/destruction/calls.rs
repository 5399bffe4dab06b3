//! Whether a statement calls a function of which nobody knows what it does.
//!
//! Knows the functions that come with the engines and change no row, by their names alone. What is not
//! on the list may be anybody's.

use crate::sql::token::{Phrase, TokenKind};

/// The schema of the engine's own functions.
const OWN_SCHEMA: &str = "pg_catalog";

/// What stands before a bracket and is no function: words of the language and of those of triggers, and
/// types with a length.
const NO_FUNCTIONS: &[&str] = &[
    "ALL",
    "AND",
    "ANY",
    "ARRAY",
    "AS",
    "BETWEEN",
    "BIT",
    "BPCHAR",
    "BY",
    "CASE",
    "CHAR",
    "CHARACTER",
    "CONFLICT",
    "CUBE",
    "DEC",
    "DECIMAL",
    "DISTINCT",
    "ELSE",
    "ELSIF",
    "EXCEPT",
    "EXISTS",
    "FILTER",
    "FLOAT",
    "FOR",
    "FROM",
    "GROUP",
    "HAVING",
    "IF",
    "IN",
    "INTERSECT",
    "INTERVAL",
    "IS",
    "JOIN",
    "KEY",
    "LATERAL",
    "LIKE",
    "LIMIT",
    "MATERIALIZED",
    "NOT",
    "NUMERIC",
    "OFFSET",
    "ON",
    "OR",
    "OVER",
    "RAISE",
    "RETURN",
    "RETURNING",
    "ROLLUP",
    "ROW",
    "ROWS",
    "SELECT",
    "SET",
    "SETS",
    "SOME",
    "THEN",
    "TIME",
    "TIMESTAMP",
    "TIMESTAMPTZ",
    "TIMETZ",
    "TO",
    "UNION",
    "USING",
    "VALUES",
    "VARBIT",
    "VARCHAR",
    "VARYING",
    "WHEN",
    "WHERE",
    "WHILE",
    "WITH",
];

/// The engines' own functions that change no row, in order: those of one value and of many, of text,
/// numbers, times, arrays, documents and catalogs, and those that move a sequence or a setting.
const KNOWN: &[&str] = &[
    "ABS",
    "AGE",
    "ARRAY_AGG",
    "ARRAY_APPEND",
    "ARRAY_CAT",
    "ARRAY_LENGTH",
    "ARRAY_POSITION",
    "ARRAY_PREPEND",
    "ARRAY_REMOVE",
    "ARRAY_REPLACE",
    "ARRAY_TO_STRING",
    "ARRAY_UPPER",
    "ASCII",
    "AVG",
    "BOOL_AND",
    "BOOL_OR",
    "BTRIM",
    "CARDINALITY",
    "CAST",
    "CEIL",
    "CEILING",
    "CHANGES",
    "CHARACTER_LENGTH",
    "CHAR_LENGTH",
    "CHR",
    "CLOCK_TIMESTAMP",
    "COALESCE",
    "COLLATION",
    "COL_DESCRIPTION",
    "CONCAT",
    "CONCAT_WS",
    "CONVERT_FROM",
    "CONVERT_TO",
    "COUNT",
    "CRYPT",
    "CUME_DIST",
    "CURRENT_DATABASE",
    "CURRENT_SCHEMA",
    "CURRENT_SCHEMAS",
    "CURRENT_SETTING",
    "CURRVAL",
    "DATE",
    "DATETIME",
    "DATE_PART",
    "DATE_TRUNC",
    "DECODE",
    "DENSE_RANK",
    "DIGEST",
    "DIV",
    "ENCODE",
    "ENUM_RANGE",
    "EXP",
    "EXTRACT",
    "FIRST_VALUE",
    "FLOOR",
    "FORMAT",
    "FORMAT_TYPE",
    "GENERATE_SERIES",
    "GENERATE_SUBSCRIPTS",
    "GEN_RANDOM_BYTES",
    "GEN_RANDOM_UUID",
    "GEN_SALT",
    "GET_BYTE",
    "GLOB",
    "GREATEST",
    "GROUP_CONCAT",
    "HEX",
    "IFNULL",
    "IIF",
    "INITCAP",
    "INSTR",
    "ISFINITE",
    "JSON",
    "JSONB",
    "JSONB_AGG",
    "JSONB_ARRAY_ELEMENTS",
    "JSONB_ARRAY_ELEMENTS_TEXT",
    "JSONB_ARRAY_LENGTH",
    "JSONB_BUILD_ARRAY",
    "JSONB_BUILD_OBJECT",
    "JSONB_EACH",
    "JSONB_EACH_TEXT",
    "JSONB_EXTRACT_PATH",
    "JSONB_EXTRACT_PATH_TEXT",
    "JSONB_OBJECT",
    "JSONB_OBJECT_AGG",
    "JSONB_OBJECT_KEYS",
    "JSONB_SET",
    "JSONB_STRIP_NULLS",
    "JSONB_TYPEOF",
    "JSON_AGG",
    "JSON_ARRAY",
    "JSON_ARRAY_ELEMENTS",
    "JSON_ARRAY_ELEMENTS_TEXT",
    "JSON_ARRAY_LENGTH",
    "JSON_BUILD_ARRAY",
    "JSON_BUILD_OBJECT",
    "JSON_EACH",
    "JSON_EACH_TEXT",
    "JSON_EXTRACT",
    "JSON_EXTRACT_PATH",
    "JSON_EXTRACT_PATH_TEXT",
    "JSON_GROUP_ARRAY",
    "JSON_GROUP_OBJECT",
    "JSON_OBJECT",
    "JSON_OBJECT_AGG",
    "JSON_OBJECT_KEYS",
    "JSON_PATCH",
    "JSON_REMOVE",
    "JSON_REPLACE",
    "JSON_SET",
    "JSON_TREE",
    "JSON_TYPE",
    "JSON_TYPEOF",
    "JSON_VALID",
    "JULIANDAY",
    "LAG",
    "LASTVAL",
    "LAST_INSERT_ROWID",
    "LAST_VALUE",
    "LEAD",
    "LEAST",
    "LEFT",
    "LENGTH",
    "LN",
    "LOG",
    "LOWER",
    "LPAD",
    "LTRIM",
    "MAKE_DATE",
    "MAKE_INTERVAL",
    "MAKE_TIMESTAMP",
    "MAKE_TIMESTAMPTZ",
    "MAX",
    "MD5",
    "MIN",
    "MOD",
    "NEXTVAL",
    "NOW",
    "NTILE",
    "NULLIF",
    "OBJ_DESCRIPTION",
    "OCTET_LENGTH",
    "OVERLAY",
    "PERCENT_RANK",
    "PG_ADVISORY_XACT_LOCK",
    "PG_GET_SERIAL_SEQUENCE",
    "PG_NOTIFY",
    "PG_SLEEP",
    "PG_TYPEOF",
    "POSITION",
    "POW",
    "POWER",
    "PRINTF",
    "QUOTE",
    "QUOTE_IDENT",
    "QUOTE_LITERAL",
    "QUOTE_NULLABLE",
    "RANDOM",
    "RANDOMBLOB",
    "RANK",
    "REGEXP_MATCH",
    "REGEXP_MATCHES",
    "REGEXP_REPLACE",
    "REGEXP_SPLIT_TO_ARRAY",
    "REGEXP_SPLIT_TO_TABLE",
    "REPEAT",
    "REPLACE",
    "REVERSE",
    "RIGHT",
    "ROUND",
    "ROW_NUMBER",
    "ROW_TO_JSON",
    "RPAD",
    "RTRIM",
    "SETVAL",
    "SET_CONFIG",
    "SHA224",
    "SHA256",
    "SHA384",
    "SHA512",
    "SIGN",
    "SPLIT_PART",
    "SQLITE_VERSION",
    "SQRT",
    "STARTS_WITH",
    "STATEMENT_TIMESTAMP",
    "STRFTIME",
    "STRING_AGG",
    "STRING_TO_ARRAY",
    "STRPOS",
    "SUBSTR",
    "SUBSTRING",
    "SUM",
    "TOTAL",
    "TOTAL_CHANGES",
    "TO_CHAR",
    "TO_DATE",
    "TO_HEX",
    "TO_JSON",
    "TO_JSONB",
    "TO_NUMBER",
    "TO_REGCLASS",
    "TO_TIMESTAMP",
    "TO_TSQUERY",
    "TO_TSVECTOR",
    "TRANSACTION_TIMESTAMP",
    "TRANSLATE",
    "TREAT",
    "TRIM",
    "TRUNC",
    "TYPEOF",
    "UNHEX",
    "UNICODE",
    "UNIXEPOCH",
    "UNNEST",
    "UPPER",
    "UUID_GENERATE_V4",
    "VERSION",
    "WIDTH_BUCKET",
    "ZEROBLOB",
];

/// Returns whether a statement calls a function that is not known to change nothing.
pub(crate) fn calls_something(statement: Phrase<'_>) -> bool {
    let mut names = (0..statement.tokens().len()).filter(|index| is_called(statement, *index));
    names.any(|index| !is_known(statement, index))
}

/// Returns whether a name stands before a bracket and is none of a table, of its columns or of what a
/// query is called.
fn is_called(statement: Phrase<'_>, index: usize) -> bool {
    let is_name = matches!(
        statement.kind_at(index),
        Some(TokenKind::Word | TokenKind::QuotedIdentifier)
    );
    if !is_name || !statement.is_mark(index + 1, "(") || statement.is_any_word(index, NO_FUNCTIONS)
    {
        return false;
    }
    // No statement begins with a call.
    let before = start_of_name(statement, index).checked_sub(1);
    before.is_some_and(|before| {
        !statement.is_any_word(before, &["AS", "COPY", "INTO", "RECURSIVE", "WITH"])
    })
}

/// Returns the place of the first part of a name whose last one stands here.
fn start_of_name(statement: Phrase<'_>, mut index: usize) -> usize {
    while index >= 2 && statement.is_mark(index - 1, ".") {
        index -= 2;
    }
    index
}

fn is_known(statement: Phrase<'_>, index: usize) -> bool {
    let start = start_of_name(statement, index);
    let is_own = start == index || start + 2 == index && statement.is_word(start, OWN_SCHEMA);
    is_own && statement.is_any_word(index, KNOWN) || is_diesels(statement, index)
}

/// Returns whether it is the function of Diesel's first migration that makes a trigger, with its one
/// argument. Like the engine's own it is known by its name, whatever somebody may have made of it.
fn is_diesels(statement: Phrase<'_>, index: usize) -> bool {
    let is_named = start_of_name(statement, index) == index
        && statement.is_word(index, "DIESEL_MANAGE_UPDATED_AT");
    let is_argument = |kind| kind == TokenKind::String;
    is_named
        && statement.kind_at(index + 2).is_some_and(is_argument)
        && statement.is_mark(index + 3, ")")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_in_order() {
        assert!(NO_FUNCTIONS.is_sorted());
        assert!(KNOWN.is_sorted());
    }
}
