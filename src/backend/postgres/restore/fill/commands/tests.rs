//! What psql would take for a command, and what not; and what a new database may not be given.

use proptest::prelude::*;

use super::*;

/// What `pg_dump` writes, and what somebody may: each backslash in it is psql's to pass on.
const HARMLESS: &str = r#"--
-- \! in a remark, and one's '
--
SET standard_conforming_strings = on;
/* \! /* \c */ it's \q */ /*/ \! */
CREATE FUNCTION public.f() RETURNS text
    LANGUAGE sql
    AS $_$ SELECT '\', $1, $$ \! $$, $x_$ \c $x_$ $_$;
CREATE FUNCTION g() RETURNS text LANGUAGE sql AS $$SELECT E'\\'$$;
CREATE TABLE "a\b ""\c" (a$b$ text DEFAULT 'C:\', c text DEFAULT E'it\'s \\');
COMMENT ON TABLE a IS E'one \'two'' \
\c shop';
INSERT INTO a VALUES (E'a'\r  'b\'\c'), (E'a' -- it's\r--\r 'b\'\c'), (E'a' - -1), (E'a' 'b'), ('it''s \'), (U&'\0441' UESCAPE '!'), (e'\\');
COPY public."My 'a" (a, "from") FROM stdin;
\N\t\\c
\\.
it's "one" $$ /* --
\.
COPY a FROM stdin; COPY b FROM STDIN WITH (FORMAT csv); SELECT '
\! a row
\.
\c a row
\.\r
and the end of the text \';
SELECT 1 - -1 AS "-\-" WHERE $1 = $2;
COPY (SELECT 'x' FROM stdin) TO stdout;
SET standard_conforming_strings = off;
SELECT 'it\'s \\ \! none';
SET standard_conforming_strings = on;
SELECT 'all\';
"#;

/// Returns the line and the text of the command that is found.
fn found(pieces: &[&[u8]]) -> Option<(u64, String)> {
    let mut commands = Commands::new(OfPsql::Refused, Grants::Kept);
    let read = pieces.iter().try_for_each(|piece| commands.read(piece));
    match read {
        Ok(()) => None,
        Err(Pouring::Command { number, text } | Pouring::Elsewhere { number, text }) => {
            Some((number, text))
        }
        Err(other) => panic!("{other:?}"),
    }
}

#[test]
fn what_begins_no_command_is_passed_on() {
    let text = HARMLESS.replace("\\t", "\t").replace("\\r", "\r");
    assert_eq!(found(&[text.as_bytes()]), None);
}

#[test]
fn only_a_token_that_psql_would_read_is_left_out() {
    let text = "--\n\\restrict a1\n\n/*\n\\restrict b\n*/ SELECT 1;\n\\unrestrict a1\n";
    let mut commands = Commands::new(OfPsql::Refused, Grants::Kept);
    let read = commands.read(text.as_bytes());
    assert!(read.is_ok(), "{read:?}");
    let left_out = commands.left_out();
    let left_out: Vec<&str> = left_out.into_iter().map(|line| &text[line]).collect();
    assert_eq!(left_out, ["\\restrict a1", "\\unrestrict a1"]);
    for text in [
        "\\restrict a\n\\unrestrict b\n",
        "\\restrict a\n\\restrict a\n",
        "\\unrestrict a\n",
        "SELECT 1; \\restrict a\n",
        "\\restrict a\n\\unrestrict a\n\\! ls\n",
    ] {
        assert!(found(&[text.as_bytes()]).is_some(), "{text}");
    }
}

#[test]
fn a_command_is_found_wherever_it_stands() {
    let lines = u64::try_from(HARMLESS.lines().count()).expect("a few");
    let last = HARMLESS.replace("\\r", "\r") + "SELECT 1; \\! touch ran\nSELECT 2;\n";
    let last = found(&[last.as_bytes()]);
    assert_eq!(last, Some((lines + 1, "\\! touch ran".to_owned())));
    for (text, line) in [
        ("\\! ls", 1),
        ("SELECT 'a'; \\connect shop\n", 1),
        ("SELECT 'it''s' \\g file\n", 1),
        ("SELECT 'a\\'; \\! ls '\n", 1),
        ("SELECT E'a\\\\' \\! ls\n", 1),
        ("SELECT E'a' 'b\\' \\! ls\n", 1),
        ("SELECT $$ $a$ $$ \\! ls $a$\n", 1),
        ("SELECT a$b$ \\! ls $b$\n", 1),
        ("/* */ \\! ls */\n", 1),
        ("-- a\n\\! ls\n", 2),
        ("-- a\r\\! ls\n", 1),
        ("SELECT E'a'\r'\\'' \\! ls '\n", 1),
        ("SELECT E'a' -- b\r'\\'' \\! ls '\n", 1),
        ("SELECT E'a' -\\! ls\n", 1),
        ("SELECT E'a'\n'b\\' \\! ls\n", 2),
        ("SELECT E'a' -- b\n'b\\' \\! ls\n", 2),
        ("COPY a FROM stdin; \\! ls\n", 1),
        ("COPY a FROM stdin;\n\\! a row\n\\.\n\\! ls\n", 4),
        ("COPY a FROM 'stdin';\n\\! ls\n", 2),
        ("COPY (SELECT 1 FROM stdin) TO stdout;\n\\! ls\n", 2),
        ("SELECT 1 FROM stdin;\n\\! ls\n", 2),
        ("COPY a FROM stdin; SELECT '\n\\.\n';\n\\! ls\n", 4),
        (
            "SET standard_conforming_strings = off;\nSELECT 'a\\'; '; \\! ls\n",
            2,
        ),
    ] {
        let found = found(&[text.as_bytes()]).map(|(line, _)| line);
        assert_eq!(found, Some(line), "{text}");
    }
}

/// Returns what is not passed on of a script whose commands of psql's are passed over.
fn refused(text: &str) -> Option<(u64, &'static str)> {
    let mut commands = Commands::default();
    let read = commands.read(text.as_bytes());
    match read.and_then(|()| commands.end()) {
        Ok(()) => None,
        Err(
            Pouring::Outside { number, statement } | Pouring::EndsTransaction { number, statement },
        ) => Some((number, statement)),
        Err(other) => panic!("{other:?}"),
    }
}

#[test]
fn a_statement_that_reaches_outside_is_found() {
    for (text, found) in [
        (
            "\\restrict it's\n\nSET a = 1;\nCOMMENT ON DATABASE a IS 'b';\n",
            (4, "COMMENT ON DATABASE"),
        ),
        (
            "-- a\nalter\n  database a SET b = 1;\n",
            (2, "ALTER DATABASE"),
        ),
        ("DROP/* */DATABASE\"a\";", (1, "DROP DATABASE")),
        (
            "GRANT CONNECT, TEMPORARY, CREATE ON DATABASE a TO b;",
            (1, "GRANT … ON DATABASE"),
        ),
        ("GRANT a TO b;", (1, "GRANT … TO …")),
        (
            "GRANT \"on\", a TO \"b\" WITH ADMIN OPTION;",
            (1, "GRANT … TO …"),
        ),
        (
            "REVOKE ADMIN OPTION FOR a FROM b CASCADE;",
            (1, "REVOKE … FROM …"),
        ),
        ("REASSIGN OWNED BY a TO b;", (1, "REASSIGN OWNED")),
        ("DROP OWNED BY a;", (1, "DROP OWNED")),
        ("CREATE DATABASE a;", (1, "CREATE DATABASE")),
        (
            "REVOKE ALL ON DATABASE a FROM PUBLIC;",
            (1, "REVOKE … ON DATABASE"),
        ),
        ("CREATE USER a;", (1, "CREATE USER")),
        ("CREATE ROLE a", (1, "CREATE ROLE")),
        ("COPY a FROM stdin;\nCOMMIT;\n\\.\nCOMMIT;", (4, "COMMIT")),
        (
            "BEGIN;\nSELECT pg_catalog.lo_close(0);\nCOMMIT;\nROLLBACK;",
            (4, "ROLLBACK"),
        ),
        ("BEGIN; SELECT 1; COMMIT;", (1, "COMMIT")),
        ("SELECT $$COMMIT;$$; END;", (1, "END")),
        (
            "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN 1 = 1 THEN 1 END; END; END;",
            (1, "END"),
        ),
    ] {
        assert_eq!(refused(text), Some(found), "{text}");
    }
}

#[test]
fn what_a_backup_says_is_let_through() {
    let mut commands = Commands::default().of(Origin::Backup);
    let read = commands.read(b"COMMIT;\nDROP ROLE a;\nCOMMENT ON DATABASE a IS 'b'");
    assert!(read.and_then(|()| commands.end()).is_ok());
}

#[test]
fn what_stays_within_the_database_is_passed_on() {
    for text in [
        "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $_$\nBEGIN\nCOMMIT;\nDROP ROLE a;\nEND;\n$_$;",
        "CREATE OR REPLACE PROCEDURE f(a text DEFAULT 'x;')\n LANGUAGE sql\nBEGIN ATOMIC\n INSERT INTO a VALUES (1);\n SELECT CASE WHEN 1 = 1 THEN 2 END;\nEND;\nSELECT 1;",
        "INSERT INTO a VALUES ('\nCOMMIT;\nDROP DATABASE a;\n');",
        "-- COMMIT;\n/* \nROLLBACK; */ SELECT 1;",
        "COPY a FROM stdin;\nCOMMIT;\nCOMMENT ON DATABASE a IS 'b';\n\\.\nSELECT 1;",
        "BEGIN;\n\nSELECT pg_catalog.lo_open('1', 131072);\nSELECT pg_catalog.lowrite(0, '\\x00');\nSELECT pg_catalog.lo_close(0);\n\nCOMMIT;",
        "SAVEPOINT a; ROLLBACK TO SAVEPOINT a;",
        "CREATE USER MAPPING FOR a SERVER b;",
        "GRANT SELECT ON TABLE public.database TO a;",
        "GRANT ALL ON SCHEMA database TO a;",
        "GRANT SELECT ON \"a\" TO b;",
        "GRANT SELECT (a, b) ON TABLE c TO b WITH GRANT OPTION;",
        "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM a;",
        "ALTER DEFAULT PRIVILEGES FOR ROLE a IN SCHEMA public GRANT SELECT ON TABLES TO b;",
        "COMMENT ON COLUMN a.b IS 'COMMENT ON DATABASE';",
        "CREATE TABLE commit_log (\"end\" int);",
        "\\unrestrict it's\n",
    ] {
        assert_eq!(refused(text), None, "{text}");
    }
}

proptest! {
    #[test]
    fn it_does_not_matter_where_pieces_end(place in 0..HARMLESS.len()) {
        let text = HARMLESS.replace("\\r", "\r");
        let place = place.min(text.len());
        let text = text + "\\! ls";
        let (one, other) = text.as_bytes().split_at(place);
        prop_assert_eq!(found(&[one, other]), found(&[text.as_bytes()]));
    }
}
