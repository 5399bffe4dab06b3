//! What every dialect's scripts and checksums must do, written once.
//!
//! Knows no dialect. `contract` has the tests; here are the texts that they are made of, and
//! what is asserted of any text.

mod contract;

use proptest::prelude::*;

use super::{Dialect, Script, Token, checksum};

/// Pieces that lexers stumble over, to make hostile texts of.
const PIECES: &[&str] = &[
    "'",
    "''",
    "\"",
    "`",
    "[",
    "]",
    "$$",
    "$a$",
    "$",
    "$1",
    "--",
    "/*",
    "*/",
    "\n",
    "\r\n",
    "\r",
    " ",
    ";",
    "(",
    ")",
    "\\",
    "\\restrict k",
    "\\.",
    "\u{feff}",
    "\0",
    "é",
    "漢",
    "E'",
    "U&'",
    "x'",
    "0x",
    "1.5e",
    ".",
    ":",
    "::",
    "?",
    "@a",
    "#",
    "->>",
    "||",
    "<",
    "=",
    "!",
    "+",
    "-",
    "a",
    "BEGIN",
    "ATOMIC",
    "CASE",
    "END",
    "CREATE",
    "FUNCTION",
    "TRIGGER",
    "COPY",
    "FROM",
    "STDIN",
    "EXPLAIN",
    "ROLLBACK",
    "TO",
];

/// Texts of any characters, and texts of what lexers stumble over.
pub(crate) fn any_text() -> impl Strategy<Value = String> {
    let pieces = prop::collection::vec(prop::sample::select(PIECES), 0..24);
    prop_oneof![any::<String>(), pieces.prop_map(|pieces| pieces.concat())]
}

/// Gaps that may stand between two tokens.
pub(crate) fn gap() -> impl Strategy<Value = String> {
    let gaps = &[
        " ",
        "\t",
        "\n",
        "\r\n",
        "/* ; ' */",
        "-- it's; one\n",
        "--\r\n",
    ];
    prop::collection::vec(prop::sample::select(gaps.as_slice()), 1..4)
        .prop_map(|gaps| format!(" {} ", gaps.concat()))
}

/// Checks that tokens, statements and gaps give `text` back.
pub(crate) fn assert_gives_text_back(text: &str, dialect: &'static dyn Dialect) {
    let mut end = 0;
    for token in dialect.lex(text) {
        assert_eq!(token.span.start, end, "tokens leave a hole or overlap");
        assert!(token.span.end > end, "a token is empty");
        assert!(
            text.get(token.span.range()).is_some(),
            "a token cuts a character"
        );
        end = token.span.end;
    }
    assert_eq!(end, text.len(), "tokens do not reach the end");
    if let Ok(script) = Script::parse(text, 1, dialect) {
        assert_statements_give_text_back(&script, dialect);
    }
}

fn assert_statements_give_text_back(script: &Script, dialect: &'static dyn Dialect) {
    let text = script.text();
    let significant = |part: &str| dialect.lex(part).iter().any(|t| is_content(part, t));
    let mut end = 0;
    for (index, statement) in script.statements().iter().enumerate() {
        assert!(statement.span.start >= end && statement.span.end > statement.span.start);
        assert!(
            !significant(&text[end..statement.span.start]),
            "a gap holds a token"
        );
        assert_eq!(script.statement_at(statement.span.start), Some(index));
        assert_eq!(script.statement_at(statement.span.end - 1), Some(index));
        assert_eq!(script.offset_in_statement(index, 0), statement.span.start);
        end = statement.span.end;
    }
    assert!(!significant(&text[end..]), "the last gap holds a token");
    assert_eq!(script.statement_at(text.len()), None);
    assert_eq!(script.prefix_checksum(usize::MAX), script.checksum());
    let executable = script.executable_text();
    assert_eq!(executable.chars().count(), text.chars().count());
}

/// Returns whether the token is more than a gap may hold.
fn is_content(text: &str, token: &Token) -> bool {
    token.is_significant() && &text[token.span.range()] != ";"
}

/// Checks that the statements, joined by `;` and `gaps`, are found again.
pub(crate) fn assert_finds_statements(
    statements: &[&str],
    gaps: &[String],
    dialect: &'static dyn Dialect,
) {
    let mut text = String::new();
    for (statement, gap) in statements.iter().zip(gaps) {
        text.push_str(gap);
        text.push_str(statement);
        text.push(';');
    }
    let script = Script::parse(text, 1, dialect).expect("the statements are known to be whole");
    let found: Vec<_> = (0..script.statements().len())
        .map(|index| {
            script
                .statement_text(index)
                .trim_end_matches(';')
                .to_owned()
        })
        .collect();
    assert_eq!(found, statements);
}

/// Returns the text with a blank between the tokens.
pub(crate) fn join(tokens: &[&str]) -> String {
    tokens.join(" ")
}

/// Returns the checksum of the tokens, laid out in the plainest way.
pub(crate) fn plain(tokens: &[&str], dialect: &dyn Dialect) -> super::Checksum {
    checksum(&join(tokens), dialect)
}

/// Returns the script of a text that begins in this line and has no fault.
#[track_caller]
pub(crate) fn parsed(text: &str, first_line: usize, dialect: &'static dyn Dialect) -> Script {
    Script::parse(text, first_line, dialect).expect("the text has no fault")
}

/// Statements after which something is gone, or may be.
pub(crate) const DESTROYING: &[&str] = &[
    "DROP TABLE a",
    "drop /* really */ table if exists a",
    "DROP SCHEMA a CASCADE",
    "DROP SEQUENCE a",
    "DROP TYPE a CASCADE",
    "DROP VIEW a CASCADE",
    "ALTER TABLE a DROP COLUMN b",
    "ALTER TABLE a DROP b",
    "ALTER TABLE a ADD COLUMN b INT, DROP COLUMN c",
    "ALTER TABLE a ALTER COLUMN b TYPE INT",
    "ALTER TABLE a ALTER b TYPE INT",
    "ALTER TABLE a ALTER COLUMN b SET DATA TYPE INT",
    "TRUNCATE a",
    "DELETE FROM a",
    "DELETE FROM a WHERE b = 1",
    "UPDATE a SET b = 1",
    "UPDATE a SET b = (SELECT c FROM d WHERE e = 1)",
    "WITH gone AS (DELETE FROM a RETURNING b) INSERT INTO c SELECT b FROM gone",
    "WITH b AS (SELECT 1 AS c) UPDATE a SET d = 2",
    "REPLACE INTO a VALUES (1)",
    "INSERT OR REPLACE INTO a VALUES (1)",
    "MERGE INTO a USING b ON a.c = b.c WHEN MATCHED THEN DELETE",
    "CALL clean_up()",
    "EXECUTE something",
    "unheard of",
];

/// Statements that take nothing away.
pub(crate) const HARMLESS: &[&str] = &[
    "",
    "-- DROP TABLE a",
    "SELECT 'DROP TABLE a'",
    "CREATE TABLE a (b INT REFERENCES c ON DELETE CASCADE)",
    "CREATE INDEX a ON b (c)",
    "INSERT INTO a VALUES ('DELETE FROM a')",
    "INSERT INTO a VALUES (1) ON CONFLICT (b) DO UPDATE SET c = 2",
    "UPDATE a SET b = 1 WHERE b IS NULL",
    "UPDATE a SET b = (SELECT 1) WHERE b IN (SELECT c FROM d)",
    "WITH b AS (SELECT 1 AS c) INSERT INTO a SELECT c FROM b",
    "ALTER TABLE a ADD COLUMN type TEXT",
    "ALTER TABLE a RENAME COLUMN type TO kind",
    "ALTER TABLE type ADD COLUMN b INT",
    "ALTER TABLE a DROP CONSTRAINT b",
    "ALTER TABLE a ALTER COLUMN b DROP DEFAULT",
    "ALTER TABLE a ALTER COLUMN b DROP NOT NULL",
    "ALTER TYPE a ADD VALUE 'b'",
    "DROP INDEX a",
    "DROP VIEW IF EXISTS a",
    "DROP TRIGGER a",
    "PRAGMA foreign_keys = OFF",
];

pub(crate) use contract::contract;
