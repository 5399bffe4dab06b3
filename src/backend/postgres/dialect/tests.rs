//! PostgreSQL's statements and tokens, case by case.

use super::*;
use crate::sql::tests::{contract, parsed};
use crate::sql::{Script, SqlError, checksum};

contract! {
    POSTGRES,
    tokens: &[
        "select", "users", "\"Users\"", "'it''s'", "E'a\\'b'", "U&'d\\0061t'", "$$a;b$$",
        "$x$ $$ $x$", "B'1'", "X'1F'", "N'n'", "1", "1.5", "$1", "(", ")", ",", "[", "]", ".",
        "::", ":=", "<=", "->>", "||", "-", "+", "=", "@>", "..", "été",
    ],
    statements: &[
        "SELECT 1",
        "INSERT INTO t VALUES ('a;b', E'c\\';d', $$e;f$$, $g$ $$;$$ $g$, U&'\\;', \"x;y\")",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT CASE WHEN true \
         THEN (CASE WHEN false THEN 1 END) END; END",
        "CREATE OR REPLACE PROCEDURE p(a int) BEGIN ATOMIC INSERT INTO t VALUES (a); END",
        "CREATE FUNCTION begin() RETURNS int LANGUAGE sql AS 'SELECT 1; SELECT 2'",
        "CREATE FUNCTION f(OUT x int) BEGIN ATOMIC SELECT t.end AS case, t.case AS end FROM t; END",
        "CREATE RULE r AS ON INSERT TO t DO ALSO (SELECT 1; DELETE FROM u;)",
        "CREATE SCHEMA s CREATE TABLE t (i int) CREATE VIEW v AS SELECT i FROM t",
        "DO $do$ BEGIN PERFORM 1; EXECUTE $q$ SELECT ';' $q$; END $do$",
        "SELECT /* a /* nested; */ ; */ 2 -- no; end\n + 1",
        "CREATE TABLE begin_atomic (atomic int, begin int)",
    ],
}

fn parse(text: &str) -> Result<Script, SqlError> {
    Script::parse(text, 1, POSTGRES)
}

fn tokens(text: &str) -> Vec<(TokenKind, &str)> {
    let tokens = Postgres.lex(text).into_iter();
    let shown = tokens.filter(|token| token.kind != TokenKind::Whitespace);
    shown
        .map(|token| (token.kind, &text[token.span.range()]))
        .collect()
}

fn pieces(text: &str) -> Vec<&str> {
    tokens(text).into_iter().map(|(_, piece)| piece).collect()
}

#[test]
fn operators_are_cut_as_the_server_cuts_them() {
    let cases: &[(&str, &[&str])] = &[
        ("a<=b", &["a", "<=", "b"]),
        ("a=-1", &["a", "=", "-", "1"]),
        ("a+-1", &["a", "+", "-", "1"]),
        ("a@-1", &["a", "@-", "1"]),
        ("a->>'b'", &["a", "->>", "'b'"]),
        ("a::int", &["a", "::", "int"]),
        ("a:=1", &["a", ":=", "1"]),
        ("a[1:2]", &["a", "[", "1", ":", "2", "]"]),
        ("a*--c\nb", &["a", "*", "--c", "b"]),
        ("a*/*c*/b", &["a", "*", "/*c*/", "b"]),
        ("a?|b", &["a", "?|", "b"]),
        ("1..2", &["1", "..", "2"]),
        ("t.*", &["t", ".", "*"]),
    ];
    for (text, expected) in cases {
        assert_eq!(&pieces(text), expected, "{text}");
    }
}

#[test]
fn literals_of_every_kind_are_one_token() {
    let literals = [
        "'it''s'",
        "E'a\\'b'",
        "e'\\\\'",
        "U&'\\0061'",
        "N'n'",
        "B'01'",
        "X'1F'",
        "$$a$b$$",
        "$a$ $$ $b$ $a$",
        "$été$x$été$",
        "'line\nline'",
    ];
    for literal in literals {
        assert_eq!(tokens(literal), [(TokenKind::String, literal)]);
    }
    for name in ["\"a\"\"b\"", "U&\"d\\0061t\""] {
        assert_eq!(tokens(name), [(TokenKind::QuotedIdentifier, name)]);
    }
}

#[test]
fn an_escape_string_goes_on_after_a_line_end() {
    let text = "E'a'\n  'b\\'; c' ;";
    assert_eq!(pieces(text), ["E'a'", "'b\\'; c'", ";"]);
    let text = "E'a' -- so\n 'b\\'' \n '\\'c'";
    assert_eq!(pieces(text), ["E'a'", "-- so", "'b\\''", "'\\'c'"]);
    assert_eq!(pieces("'a'\n'b\\' c"), ["'a'", "'b\\'", "c"]);
    assert_eq!(pieces("E'a', \n'b\\' c"), ["E'a'", ",", "'b\\'", "c"]);
}

#[test]
fn a_dollar_inside_a_name_starts_no_literal() {
    assert_eq!(pieces("a$b$c; d$$"), ["a$b$c", ";", "d$$"]);
}

#[test]
fn a_bom_in_the_middle_is_a_letter_as_it_is_to_the_server() {
    assert_eq!(
        pieces("SELECT 1;\n\u{feff}SELECT 2"),
        ["SELECT", "1", ";", "\u{feff}SELECT", "2"]
    );
}

#[test]
fn copy_from_stdin_is_refused_and_other_copies_are_not() {
    let refused = [
        "COPY t FROM stdin;\n1\tit's\n\\.\n",
        "SELECT 1; copy public.t (a, \"b\") from STDIN WITH (FORMAT csv)",
        "COPY BINARY t FROM STDIN",
    ];
    for text in refused {
        let error = parse(text).expect_err(text);
        assert!(
            matches!(error, SqlError::CopyFromStdin { .. }),
            "{text}: {error}"
        );
        assert!(error.hint().expect("there is one").contains("seed"));
    }
    assert_eq!(parse(refused[1]).unwrap_err().position().column, 11);
    let ordinary = [
        "COPY t FROM '/tmp/stdin'",
        "COPY t FROM PROGRAM 'x'",
        "COPY (SELECT 1 FROM stdin) TO '/tmp/x'",
        "COPY stdin TO '/tmp/x'",
        "COPY stdout TO PROGRAM 'x'",
        "COPY (SELECT 1 FROM t AS to, stdout) TO '/tmp/x'",
        "COPY t (stdin) FROM '/x'",
        "SELECT 1 FROM stdin",
    ];
    for text in ordinary {
        assert_eq!(parse(text).expect(text).statements().len(), 1);
    }
}

#[test]
fn copy_to_stdout_is_refused_in_each_of_its_forms() {
    let refused = [
        "COPY t TO STDOUT",
        "copy (SELECT 1 FROM stdin) to stdout with csv",
        "COPY t (a, b) TO stdin",
    ];
    for text in refused {
        let error = parse(text).expect_err(text);
        assert!(
            matches!(error, SqlError::CopyToStdout { .. }),
            "{text}: {error}"
        );
    }
}

#[test]
fn psql_commands_are_refused_by_name_alone() {
    let cases = [
        (
            "SELECT 1;\n\\connect db user secret\n",
            "`\\connect` at 2:1",
        ),
        ("  \\i other.sql", "`\\i` at 1:3"),
        ("\u{feff}\\set a b", "`\\set` at 1:1"),
        ("SELECT 1 \\gset", "`\\gset` at 1:10"),
        ("\\restrictions", "`\\restrictions` at 1:1"),
        ("SELECT\n\\restrict k\n1", "`\\restrict` at 2:1"),
    ];
    for (text, expected) in cases {
        let message = parse(text).expect_err(text).to_string();
        assert_eq!(message, format!("{expected} is a command of psql, not SQL"));
    }
    assert!(parse("SELECT '\n\\connect'; -- \\x\n/*\n\\x */").is_ok());
}

#[test]
fn restrict_lines_of_a_dump_are_passed_over() {
    let text = "--\n-- dump\n--\n\n\\restrict Ab'1é\n\nSELECT 1;\r\n\\unrestrict Ab'1é\r\n";
    let script = parse(text).expect("it can be read");
    assert_eq!(script.statements().len(), 1);
    assert_eq!(script.statement_text(0), "SELECT 1;");
    let blank = text.replace("\\restrict Ab'1é", &" ".repeat(15));
    let blank = blank.replace("\\unrestrict Ab'1é", &" ".repeat(17));
    assert_eq!(script.executable_text(), blank);
    assert_eq!(script.checksum(), checksum("SELECT 1", POSTGRES));
}

#[test]
fn transaction_control_is_told_from_savepoints_and_names() {
    let controls = [
        "BEGIN",
        "begin isolation level serializable",
        "START TRANSACTION",
        "COMMIT",
        "COMMIT AND CHAIN",
        "COMMIT PREPARED 'x'",
        "END",
        "ROLLBACK",
        "ROLLBACK WORK",
        "ROLLBACK PREPARED 'x'",
        "ABORT",
        "PREPARE TRANSACTION 'x'",
    ];
    for text in controls {
        assert!(
            parse(text).expect("it can be read").controls_transaction(),
            "{text}"
        );
    }
    let ordinary = [
        "SAVEPOINT a",
        "RELEASE SAVEPOINT a",
        "ROLLBACK TO a",
        "ROLLBACK WORK TO SAVEPOINT a",
        "PREPARE transaction AS SELECT 1",
        "PREPARE a AS SELECT 1",
        "SET TRANSACTION READ ONLY",
        "DO $$ BEGIN COMMIT; END $$",
        "\"begin\"",
        "CREATE FUNCTION f() BEGIN ATOMIC SELECT 1; END; SELECT 1",
    ];
    for text in ordinary {
        assert!(
            !parse(text).expect("it can be read").controls_transaction(),
            "{text}"
        );
    }
    assert!(
        parse("SELECT 1; BEGIN; COMMIT")
            .expect("it can be read")
            .controls_transaction()
    );
}

#[test]
fn a_transaction_that_begins_at_the_end_of_another_is_one_of_its_own() {
    let script = parse(
        "BEGIN; SELECT 1; COMMIT AND CHAIN; SELECT 2; ROLLBACK WORK AND CHAIN; SELECT 3; END; SELECT 4",
    );
    let script = script.expect("it can be read");
    let (first, second, third) = (Some(0), Some(2), Some(4));
    assert_eq!(
        script.transactions(),
        [None, first, first, second, second, third, third, None]
    );
    assert_eq!(script.unfinished_transaction(), None);
    let chained: Vec<Option<usize>> = (0..=8).map(|done| script.chained_to(done)).collect();
    let begun = Some(0);
    assert_eq!(
        chained,
        [None, None, None, begun, begun, begun, begun, None, None]
    );
    for (text, open) in [
        ("BEGIN; COMMIT AND CHAIN", Some(1)),
        ("BEGIN; COMMIT AND NO CHAIN", None),
        // The server refuses it.
        ("COMMIT AND CHAIN", None),
    ] {
        let script = parse(text).expect("it can be read");
        assert_eq!(script.unfinished_transaction(), open, "{text}");
    }
}

#[test]
fn every_unterminated_token_is_named() {
    let cases = [
        ("SELECT $a$ x $$", "dollar-quoted string"),
        ("SELECT E'\\'", "string literal"),
        ("SELECT E'a'\n'\\'", "string literal"),
        ("/* a /* b */", "block comment"),
        ("SELECT U&\"a", "quoted identifier"),
    ];
    for (text, expected) in cases {
        match parse(text).expect_err(text) {
            SqlError::Unterminated { what, .. } => assert_eq!(what, expected, "{text}"),
            other => panic!("{text}: {other}"),
        }
    }
}

#[test]
fn unquoted_names_fold_as_the_server_folds_them() {
    assert_eq!(
        checksum("SELECT Users", POSTGRES),
        checksum("select USERS", POSTGRES)
    );
    assert_ne!(
        checksum("SELECT É", POSTGRES),
        checksum("SELECT é", POSTGRES)
    );
}

/// Checksums are stored in users' databases: this one never changes. If it
/// does after an update of squawk's lexer, translate the tokens back.
#[test]
fn checksums_are_those_of_every_release_before() {
    let text = "CREATE TABLE users (id bigint PRIMARY KEY, \"Name\" text DEFAULT 'x', n int[]);\n\
                SELECT $1, E'\\n', U&'\\0061', $$b$$, B'1', 1.5e3, 0x1F, a->>'b', a::int, x=-1, {};";
    assert_eq!(
        checksum(text, POSTGRES).to_string(),
        "57bdc88a6e6fd51c1109b3f883f9784638a4efa113270209183a2b87d8edfe48"
    );
}

#[test]
fn what_nobody_can_tell_by_its_words_destroys() {
    let destroys = |sql| parsed(sql, 1, POSTGRES).destroys();
    assert!(destroys("DO $$ BEGIN DELETE FROM a; END $$"));
    assert!(destroys("ALTER TYPE a DROP ATTRIBUTE b"));
    assert!(destroys("TRUNCATE TABLE ONLY a, b"));
    assert!(!destroys(
        "CREATE FUNCTION a() RETURNS void LANGUAGE sql AS $$ DELETE FROM a $$"
    ));
    assert!(!destroys("COPY a FROM '/tmp/a.csv'"));
    assert!(destroys("COPY a FROM PROGRAM 'psql -f a.sql'"));
    assert!(destroys("COPY (SELECT 1) TO PROGRAM 'sh'"));
    assert!(!destroys("COPY (SELECT 1 FROM program) TO '/tmp/x'"));
    assert!(!destroys("DROP INDEX CONCURRENTLY a"));
    assert!(!destroys("SELECT diesel_manage_updated_at('bb')"));
    assert!(destroys("SELECT diesel_manage_updated_at('bb', 'cc')"));
    assert!(destroys("SELECT diesel_manage_updated_at(clean('bb'))"));
    assert!(destroys("SELECT mine.diesel_manage_updated_at('bb')"));
    assert!(!destroys(
        "WITH b AS (SELECT 1 FROM a FOR NO KEY UPDATE) SELECT * FROM b"
    ));
}

#[test]
fn what_only_this_server_knows_becomes_of_tables() {
    for (sql, expected) in [
        (
            "TRUNCATE ONLY a, B *, s.c RESTART IDENTITY",
            &["truncate a", "truncate b", "truncate s.c"][..],
        ),
        ("TRUNCATE a CASCADE", &["truncate a and more"]),
        ("SET LOCAL search_path TO \"A\", 'b'", &["look in a b"]),
        ("SET search_path = \"$user\", public", &["look somewhere"]),
        ("SET search_path TO DEFAULT", &["look at home"]),
        ("SET SCHEMA 'a'", &["look in a"]),
        ("RESET ALL", &["look at home"]),
        ("SET lock_timeout = 1", &[]),
        (
            "SELECT pg_catalog.set_config('search_path', '', false)",
            &["look somewhere"],
        ),
        ("ALTER SCHEMA a RENAME TO b", &["rename schema a to b"]),
        ("ALTER SCHEMA a OWNER TO b", &[]),
        (
            "INSERT INTO a SELECT * FROM b ON CONFLICT DO NOTHING",
            &["fill a"],
        ),
        ("INSERT INTO a SELECT * FROM ONLY b", &["fill a"]),
        (
            "INSERT INTO a OVERRIDING SYSTEM VALUE SELECT * FROM b",
            &["fill a from all of b"],
        ),
        (
            "CREATE TABLE a AS SELECT * FROM b WITH NO DATA",
            &["create a", "fill a"],
        ),
        (
            "CREATE TABLE a AS SELECT * FROM b WITH DATA",
            &["create a", "fill a from all of b"],
        ),
        ("ALTER TYPE a DROP ATTRIBUTE b", &["untold"]),
        ("ALTER TYPE a ADD ATTRIBUTE b int", &[]),
        ("ALTER TYPE a ADD VALUE 'b'", &[]),
        ("EXPLAIN ANALYZE DELETE FROM a", &["untold"]),
        (
            "ALTER TABLE IF EXISTS ONLY a ADD COLUMN x numeric(1, 2), DROP COLUMN IF EXISTS y, \
             ALTER COLUMN z SET DATA TYPE int USING f(z, 1), ALTER w TYPE text, DROP CONSTRAINT v",
            &["drop a.y", "convert a.z", "convert a.w"],
        ),
        ("ALTER TABLE a ALTER COLUMN z SET NOT NULL", &[]),
        ("ALTER TABLE a SET SCHEMA s", &["rename a to s.a"]),
        ("ALTER TABLE a RENAME CONSTRAINT x TO y", &[]),
        (
            "DROP SCHEMA a, b CASCADE",
            &["drop schema a", "drop schema b"],
        ),
        ("DROP SCHEMA a", &[]),
        ("DROP TYPE a CASCADE", &["untold"]),
        ("DROP TYPE a", &[]),
        ("DROP OWNED BY ada", &["untold"]),
        ("DO $$ BEGIN NULL; END $$", &["untold"]),
        ("CALL p()", &["untold"]),
        (
            "WITH gone AS (DELETE FROM a RETURNING 1) SELECT 1",
            &["untold"],
        ),
        ("WITH a AS (SELECT 1) SELECT 1", &[]),
        (
            "CREATE UNLOGGED TABLE a (LIKE b, x int)",
            &["create a (x int)"],
        ),
        ("DROP MATERIALIZED VIEW v CASCADE", &[]),
        ("COPY a FROM PROGRAM 'psql -f a.sql'", &["untold"]),
        ("COPY a FROM '/tmp/a.csv'", &[]),
    ] {
        let changes = parsed(sql, 1, POSTGRES).changes(0);
        assert_eq!(
            crate::sql::tests::shown_changes(&changes),
            expected,
            "{sql}"
        );
    }
}
