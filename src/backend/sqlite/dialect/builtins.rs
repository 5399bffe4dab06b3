//! Words that are no keywords to SQLite and that nobody takes for names: types, functions, and
//! what its grammar asks for by name.
//!
//! Knows the list. Must not know what the words mean.
//!
//! SQLite tells none of them apart by case: a type's affinity is found by its letters in any case
//! (<https://www.sqlite.org/datatype3.html#determination_of_column_affinity>), and functions,
//! collations and columns are looked up so. A table or a column of such a name, `date` or `total`,
//! is the same one in any case too: what a change of case alone changes is how its name is shown.

/// The words, in order.
///
/// Checksums that are stored in databases depend on the list: nothing is added to it and nothing
/// taken away, since that would move them.
const WORDS: [&str; 145] = [
    "ABS",
    "ANY",
    "AVG",
    "BIGINT",
    "BIGSERIAL",
    "BINARY",
    "BIT",
    "BLOB",
    "BOOL",
    "BOOLEAN",
    "BYTEA",
    "CEIL",
    "CEILING",
    "CHANGES",
    "CHAR",
    "CHARACTER",
    "CLOB",
    "COALESCE",
    "CONCAT",
    "CONCAT_WS",
    "COUNT",
    "CUME_DIST",
    "DATE",
    "DATETIME",
    "DEC",
    "DECIMAL",
    "DENSE_RANK",
    "DOUBLE",
    "EXP",
    "FALSE",
    "FIRST_VALUE",
    "FLOAT",
    "FLOOR",
    "FORMAT",
    "GROUP_CONCAT",
    "HEX",
    "IFNULL",
    "IIF",
    "INSTR",
    "INT",
    "INT2",
    "INT4",
    "INT8",
    "INTEGER",
    "INTERVAL",
    "JSON",
    "JSONB",
    "JSON_ARRAY",
    "JSON_ARRAY_LENGTH",
    "JSON_EACH",
    "JSON_EXTRACT",
    "JSON_GROUP_ARRAY",
    "JSON_GROUP_OBJECT",
    "JSON_INSERT",
    "JSON_OBJECT",
    "JSON_PATCH",
    "JSON_QUOTE",
    "JSON_REMOVE",
    "JSON_REPLACE",
    "JSON_SET",
    "JSON_TREE",
    "JSON_TYPE",
    "JSON_VALID",
    "JULIANDAY",
    "LAG",
    "LAST_INSERT_ROWID",
    "LAST_VALUE",
    "LEAD",
    "LENGTH",
    "LIKELIHOOD",
    "LIKELY",
    "LN",
    "LOG",
    "LONGBLOB",
    "LONGTEXT",
    "LOWER",
    "LTRIM",
    "MAX",
    "MEDIUMINT",
    "MEDIUMTEXT",
    "MIN",
    "MOD",
    "MONEY",
    "NATIVE",
    "NCHAR",
    "NOCASE",
    "NTH_VALUE",
    "NTILE",
    "NULLIF",
    "NUMERIC",
    "NVARCHAR",
    "OCTET_LENGTH",
    "PERCENT_RANK",
    "POW",
    "POWER",
    "PRECISION",
    "PRINTF",
    "QUOTE",
    "RANDOM",
    "RANDOMBLOB",
    "RANK",
    "REAL",
    "ROUND",
    "ROWID",
    "ROW_NUMBER",
    "RTRIM",
    "SERIAL",
    "SIGN",
    "SMALLINT",
    "SMALLSERIAL",
    "SOUNDEX",
    "SQRT",
    "STORED",
    "STRFTIME",
    "STRICT",
    "STRING_AGG",
    "SUBSTR",
    "SUBSTRING",
    "SUM",
    "TEXT",
    "TIME",
    "TIMEDIFF",
    "TIMESTAMP",
    "TIMESTAMPTZ",
    "TINYINT",
    "TINYTEXT",
    "TOTAL",
    "TOTAL_CHANGES",
    "TRIM",
    "TRUE",
    "TRUNC",
    "TYPEOF",
    "UNHEX",
    "UNICODE",
    "UNISTR",
    "UNIXEPOCH",
    "UNLIKELY",
    "UNSIGNED",
    "UPPER",
    "UUID",
    "VARBINARY",
    "VARCHAR",
    "VARYING",
    "ZEROBLOB",
    "ZONE",
];

/// Returns whether `word`, in any case, is one of them.
pub(super) fn is_builtin(word: &str) -> bool {
    let upper = || word.bytes().map(|byte| byte.to_ascii_uppercase());
    WORDS
        .binary_search_by(|known| known.bytes().cmp(upper()))
        .is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_in_the_order_that_the_search_needs() {
        assert!(WORDS.is_sorted());
    }

    #[test]
    fn types_and_functions_are_known_in_any_case_and_names_are_not() {
        for word in [
            "integer",
            "Text",
            "VARCHAR",
            "timestamp",
            "Coalesce",
            "strict",
        ] {
            assert!(is_builtin(word), "{word}");
        }
        for word in ["users", "select", "my_type", ""] {
            assert!(!is_builtin(word), "{word}");
        }
    }
}
