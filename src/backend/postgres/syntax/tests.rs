//! What squawk's parser accuses, and what the server can be asked.

use proptest::prelude::*;

use super::*;
use crate::backend::postgres::dialect::POSTGRES;
use crate::sql::tests::any_text;

fn parse(text: &str) -> Script {
    Script::parse(text, 1, POSTGRES).expect("the text is whole")
}

#[test]
fn an_error_is_placed_and_does_not_spread() {
    let script = parse("SELECT 1;\n\n  CREATE TABEL users (id int);\nCREATE TABLE b (id int);");
    let found = suspects(&script);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].statement, 1);
    assert_eq!(script.position(found[0].offset).line, 3);
    insta::assert_snapshot!(found[0].message, @"expected command, found `CREATE`");
}

#[test]
fn a_missing_semicolon_is_a_suspect() {
    // The parser gives up where the semicolon should have been.
    let script = parse("DROP TABLE a\nDROP TABLE b;");
    let found = suspects(&script);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(script.position(found[0].offset).to_string(), "1:13");
}

#[test]
fn sound_statements_are_no_suspects() {
    let text = "CREATE TABLE t (id bigint GENERATED ALWAYS AS IDENTITY, b text DEFAULT 'x');\n\
                CREATE INDEX CONCURRENTLY i ON t (b) WHERE b IS NOT NULL;\n\
                CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; END;\n\
                CREATE FUNCTION g() RETURNS trigger AS $$ BEGIN RETURN new; END $$ LANGUAGE plpgsql;\n\
                CREATE RULE r AS ON INSERT TO t DO ALSO (SELECT 1; SELECT 2);\n\
                INSERT INTO t (b) VALUES (E'\\n') ON CONFLICT DO NOTHING RETURNING id;\n\
                ALTER TABLE t ADD COLUMN c jsonb, ALTER COLUMN b SET NOT NULL;";
    assert_eq!(suspects(&parse(text)), []);
}

#[test]
fn a_probe_fails_before_the_statement() {
    let probe = Probe::new(&parse("COMMIT ;"), 0);
    assert_eq!(probe.sql(), "SELECT 1 OPERATOR(pg_catalog./) 0;\nCOMMIT ;");
}

#[test]
fn a_position_of_the_server_is_mapped_to_the_file() {
    let script = parse("SELECT 1;\n  SELECT 'é' FRM t;");
    let probe = Probe::new(&script, 1);
    let index = probe.sql().chars().collect::<Vec<_>>();
    let at = index
        .windows(3)
        .position(|part| part == ['F', 'R', 'M'])
        .expect("it stands there");
    let offset = probe.offset(&script, at + 1);
    assert_eq!(script.position(offset).to_string(), "2:14");
    let [_, second] = script.statements() else {
        panic!("two statements");
    };
    assert_eq!(probe.offset(&script, 1), second.span.start);
    assert_eq!(probe.offset(&script, 9999), second.span.end);
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(text in any_text()) {
        if let Ok(script) = Script::parse(text, 1, POSTGRES) {
            for suspect in suspects(&script) {
                prop_assert!(suspect.statement < script.statements().len());
            }
            for index in 0..script.statements().len() {
                Probe::new(&script, index);
            }
        }
    }
}
