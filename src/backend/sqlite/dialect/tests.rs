//! SQLite's statements and tokens, case by case.

use super::*;
use crate::sql::tests::{contract, shown_changes};
use crate::sql::{Script, SqlError, TokenKind, checksum};

contract! {
    SQLITE,
    tokens: &[
        "select", "users", "Users", "\"Users\"", "[a b]", "`a;b`", "'it''s'", "x'1F'", "1", "1.5",
        "0x1F", "?1", ":a", "@a", "$a", "(", ")", ",", ".", "<=", "==", "->>", "->", "||", "-", "+",
        "=", "<>", "!=", "été",
    ],
    statements: &[
        "SELECT 1",
        "INSERT INTO t VALUES ('a;b', \"c;d\", [e;f], `g;h`, x'00', 'it''s;')",
        "CREATE TRIGGER tr AFTER INSERT ON t BEGIN UPDATE u SET n = 1; DELETE FROM v; END",
        "CREATE TEMP TRIGGER IF NOT EXISTS a.tr BEFORE DELETE ON t FOR EACH ROW WHEN old.x > 1 BEGIN \
         SELECT CASE WHEN old.x THEN RAISE(ABORT, 'no; END;') END; SELECT CASE 1 WHEN 1 THEN 2 END ; \
         END",
        "create temporary trigger [end] instead of update on v begin select 1; /* ; */ end",
        "EXPLAIN QUERY PLAN CREATE TRIGGER tr AFTER INSERT ON t BEGIN SELECT 1; END",
        "CREATE TABLE \"trigger\" (begin_at TEXT, \"end\" TEXT)",
        "SELECT /* not /* nested; */ 2 -- no; end\n + 1",
        "SELECT ?1, :a, @b, $c, $d::e(f;)",
    ],
}

fn parse(text: &str) -> Result<Script, SqlError> {
    Script::parse(text, 1, SQLITE)
}

fn tokens(text: &str) -> Vec<(TokenKind, &str)> {
    let tokens = Sqlite.lex(text).into_iter();
    let shown = tokens.filter(|token| token.kind != TokenKind::Whitespace);
    shown
        .map(|token| (token.kind, &text[token.span.range()]))
        .collect()
}

fn pieces(text: &str) -> Vec<&str> {
    tokens(text).into_iter().map(|(_, piece)| piece).collect()
}

#[test]
fn tokens_are_cut_as_sqlite_cuts_them() {
    let cases: &[(&str, &[&str])] = &[
        ("a<=b", &["a", "<=", "b"]),
        ("a=-1", &["a", "=", "-", "1"]),
        ("a<>-b", &["a", "<>", "-", "b"]),
        ("a->>'b'", &["a", "->>", "'b'"]),
        ("a||b", &["a", "||", "b"]),
        ("1.e5+.5", &["1.e5", "+", ".5"]),
        ("1e+", &["1e", "+"]),
        ("0x1Fz", &["0x1Fz"]),
        ("1_000", &["1_000"]),
        ("t.*", &["t", ".", "*"]),
        ("a$b", &["a$b"]),
        ("a--c\nb", &["a", "--c", "b"]),
        ("a/**/b", &["a", "/**/", "b"]),
        ("/*/ a */b", &["/*/ a */", "b"]),
        ("[a]b]", &["[a]", "b", "]"]),
        ("x'00'y", &["x'00'", "y"]),
        ("x 'a'", &["x", "'a'"]),
        ("a!b", &["a", "!", "b"]),
        ("$a::b(c) d", &["$a::b(c)", "d"]),
        ("a\u{feff}b \u{feff}c", &["a\u{feff}b", "c"]),
    ];
    for (text, expected) in cases {
        assert_eq!(&pieces(text), expected, "{text}");
    }
}

#[test]
fn literals_and_names_of_every_kind_are_one_token() {
    for literal in ["'it''s'", "''", "x'1F'", "X''", "'line\nline'"] {
        assert_eq!(tokens(literal), [(TokenKind::String, literal)]);
    }
    for name in ["\"a\"\"b\"", "`a``b`", "[a\"b]"] {
        assert_eq!(tokens(name), [(TokenKind::QuotedIdentifier, name)]);
    }
    for parameter in ["?", "?12", ":a", "@a1", "$a", "#1"] {
        assert_eq!(tokens(parameter), [(TokenKind::Parameter, parameter)]);
    }
}

#[test]
fn comments_literals_and_names_without_an_end_are_refused() {
    let cases = [
        ("SELECT 'a", "string literal"),
        ("SELECT x'0", "blob literal"),
        ("SELECT `a", "quoted identifier"),
        ("SELECT [a", "quoted identifier"),
        // SQLite itself would take what follows for a comment, and run none of it.
        ("SELECT 1; /* to the end; SELECT 2", "block comment"),
        ("SELECT 1; /*/", "block comment"),
    ];
    for (text, expected) in cases {
        match parse(text).expect_err(text) {
            SqlError::Unterminated { what, .. } => assert_eq!(what, expected, "{text}"),
            other => panic!("{text}: {other}"),
        }
    }
}

#[test]
fn transaction_control_is_told_from_savepoints_and_explain() {
    let controls = [
        "BEGIN",
        "begin immediate transaction",
        "COMMIT",
        "END TRANSACTION",
        "ROLLBACK",
        "ROLLBACK TRANSACTION",
        "SELECT 1; BEGIN EXCLUSIVE; COMMIT",
    ];
    for text in controls {
        assert!(
            parse(text).expect("it can be read").controls_transaction(),
            "{text}"
        );
    }
    let ordinary = [
        "SAVEPOINT a",
        "RELEASE a",
        "ROLLBACK TO a",
        "ROLLBACK TRANSACTION TO SAVEPOINT a",
        "EXPLAIN BEGIN",
        "CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; END; SELECT 2",
        "[begin]",
    ];
    for text in ordinary {
        assert!(
            !parse(text).expect("it can be read").controls_transaction(),
            "{text}"
        );
    }
}

#[test]
fn what_switches_foreign_keys_off_is_told_from_all_that_does_not() {
    for text in [
        "PRAGMA foreign_keys = OFF",
        "pragma main.foreign_keys=0;",
        "PRAGMA foreign_keys(false)",
        "SELECT 1; PRAGMA Foreign_Keys = no",
        "PRAGMA 'foreign_keys' = OFF",
        "PRAGMA \"main\".[Foreign_Keys] = 'off'",
    ] {
        assert!(
            parse(text)
                .expect("it can be read")
                .foreign_keys_off()
                .is_some(),
            "{text}"
        );
    }
    for text in [
        "PRAGMA foreign_keys",
        "PRAGMA foreign_keys = ON",
        "PRAGMA foreign_keys(1)",
        "PRAGMA defer_foreign_keys = OFF",
        "PRAGMA foreign_key_check",
        "SELECT 'PRAGMA foreign_keys = OFF'",
    ] {
        assert_eq!(
            parse(text).expect("it can be read").foreign_keys_off(),
            None,
            "{text}"
        );
    }
}

/// The engine takes a text in single quotes for a name wherever nothing but a name may stand.
#[test]
fn a_name_may_be_in_the_quotes_of_a_text() {
    for (sql, expected) in [
        ("DROP TABLE 'Users'", &["drop users"][..]),
        ("DROP TABLE main.'users'", &["drop main.users"]),
        ("DELETE FROM 'it''s'", &["empty it's"]),
        ("ALTER TABLE 'a' DROP COLUMN 'b'", &["drop a.b"]),
        ("ALTER TABLE 'a' RENAME TO 'b'", &["rename a to b"]),
        ("ALTER TABLE a RENAME 'b' TO 'c'", &["rename a.b to c"]),
        ("UPDATE 'a' SET 'b' = 'c'", &["overwrite every a (b)"]),
        (
            "UPDATE a SET ('b', c) = (1, 2)",
            &["overwrite every a (b c)"],
        ),
        ("REPLACE INTO 'a' VALUES (1)", &["thin a"]),
        (
            "INSERT INTO 'a' ('x', 'y') SELECT b.'d', 'e' FROM 'b'",
            &["fill a from d>x [] of b"],
        ),
        (
            "CREATE TABLE 'a' ('b' INTEGER, 'c' TEXT DEFAULT 'd')",
            &["create a (b integer, c text)"],
        ),
        // A text by itself is no column.
        (
            "UPDATE a SET b = 1 WHERE 'b' IS NULL",
            &["overwrite some a (b)"],
        ),
        ("UPDATE a SET b = 1 WHERE a.'b' IS NULL", &[]),
        (
            "INSERT INTO a SELECT b || 'c' FROM d",
            &["fill a from [b] of d"],
        ),
        // A blob is none either.
        ("DROP TABLE x'61'", &[]),
    ] {
        let script = parse(sql).expect("it can be read");
        assert_eq!(shown_changes(&script.changes(0)), expected, "{sql}");
    }
}

#[test]
fn a_name_in_the_quotes_of_a_text_is_shown_and_a_value_is_not() {
    for (sql, shown) in [
        ("DROP TABLE 'users'", "DROP TABLE 'users'"),
        (
            "ALTER TABLE main.'Users' DROP COLUMN 'a'",
            "ALTER TABLE main.'Users'",
        ),
        ("INSERT INTO 'a b' VALUES ('secret')", "INSERT INTO 'a b'"),
        ("UPDATE 'users' SET a = 'secret'", "UPDATE 'users'"),
        ("VACUUM INTO 'secret.db'", "VACUUM INTO"),
        ("INSERT INTO x'61' VALUES (1)", "INSERT INTO"),
        ("SELECT 'secret'", "SELECT"),
        ("PRAGMA key = 'secret'", "PRAGMA"),
        ("ATTACH 'secret' AS a", "ATTACH"),
    ] {
        let script = parse(sql).expect("it can be read");
        assert_eq!(script.summary(0), shown, "{sql}");
    }
}

#[test]
fn the_case_of_keywords_types_and_functions_is_not_in_the_checksum_and_that_of_names_is() {
    let same = |left, right| checksum(left, SQLITE) == checksum(right, SQLITE);
    assert!(same("CREATE TABLE a (b TEXT)", "create table a (b TEXT)"));
    assert!(same("CREATE TABLE a (b TEXT)", "CREATE TABLE a (b text)"));
    assert!(same(
        "CREATE TABLE a (b VARCHAR(9) DEFAULT (LOWER('A')), c Timestamp) STRICT, WITHOUT ROWID",
        "CREATE TABLE a (b varchar(9) DEFAULT (lower('A')), c TIMESTAMP) strict, WITHOUT rowid"
    ));
    assert!(!same("CREATE TABLE a (b TEXT)", "CREATE TABLE A (b TEXT)"));
    assert!(!same("CREATE TABLE a (b TEXT)", "CREATE TABLE a (B TEXT)"));
    assert!(!same("SELECT my_function(1)", "SELECT MY_FUNCTION(1)"));
    for [quoted, changed] in [
        ["'TEXT'", "'text'"],
        ["\"TEXT\"", "\"text\""],
        ["[TEXT]", "[text]"],
        ["`TEXT`", "`text`"],
    ] {
        assert!(!same(quoted, changed), "{quoted}");
    }
}

/// Checksums are stored in users' databases: this one never changes.
#[test]
fn checksums_are_those_of_every_release_before() {
    let text = "CREATE TABLE users (id INTEGER PRIMARY KEY, \"Name\" TEXT DEFAULT 'x');\n\
                SELECT ?1, :a, x'1F', [b], `c`, 1.5e3, 0x1F, a->>'b', x=-1, {};";
    assert_eq!(
        checksum(text, SQLITE).to_string(),
        "5f363090009e466cd92d944520c0597e8716c47cbbbf00c698fd2b8fef2708f2"
    );
}
