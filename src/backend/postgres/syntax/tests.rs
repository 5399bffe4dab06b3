//! What squawk's parser accuses, and what the server can be asked.

use proptest::prelude::*;

use super::*;
use crate::backend::postgres::dialect::POSTGRES;
use crate::sql::tests::any_text;

fn parse(text: &str) -> Script {
    Script::parse(text, 1, POSTGRES).expect("the text is whole")
}

fn probe(text: &str) -> Option<Probe> {
    Probe::new(&parse(text), 0)
}

#[test]
fn an_error_is_placed_and_does_not_spread() {
    let script = parse("SELECT 1;\n\n  CREATE TABEL users (id int);\nCREATE TABLE b (id int);");
    let found = suspects(&script);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].statement, 1);
    assert_eq!(found[0].position.line, 3);
    insta::assert_snapshot!(found[0].message, @"expected command, found `CREATE`");
}

#[test]
fn a_missing_semicolon_is_a_suspect() {
    // The parser gives up where the semicolon should have been.
    let script = parse("DROP TABLE a\nDROP TABLE b;");
    let found = suspects(&script);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].position.to_string(), "1:13");
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
fn a_probe_returns_before_the_statement() {
    let probe = probe("CREATE TABLE t (id int) ;").unwrap();
    assert_eq!(
        probe.sql(),
        "DO $probe0$BEGIN RETURN;\nCREATE TABLE t (id int) ;\nEND$probe0$"
    );
}

#[test]
fn a_probe_holds_a_statement_that_holds_its_quote() {
    let probe = probe("DO $probe0$ BEGIN EXECUTE '$probe1$'; END $probe0$").unwrap();
    assert!(probe.sql().starts_with("DO $probe2$"));
    assert!(probe.sql().ends_with("$probe2$"));
}

#[test]
fn a_position_of_the_server_is_mapped_to_the_file() {
    let script = parse("SELECT 1;\n  SELECT 'é' FRM t;");
    let probe = Probe::new(&script, 1).unwrap();
    let index = probe.sql().chars().collect::<Vec<_>>();
    let at = index
        .windows(3)
        .position(|part| part == ['F', 'R', 'M'])
        .unwrap();
    let offset = probe.offset(&script, 1, at + 1);
    assert_eq!(script.position(offset).to_string(), "2:14");
    assert_eq!(
        probe.offset(&script, 1, 1),
        script.statements()[1].span.start
    );
    let end = script.statements()[1].span.end;
    assert_eq!(probe.offset(&script, 1, 9999), end - ";".len());
}

#[test]
fn what_the_server_judges_has_a_probe() {
    let judged = [
        "CREATE INDEX CONCURRENTLY i ON t (a)",
        "VACUUM t",
        "SELECT 1",
        "VALUES (1)",
        "INSERT INTO t VALUES (1) RETURNING id",
        "CALL p()",
        "DO $$ BEGIN END $$",
        "WITH a AS (INSERT INTO t VALUES (1) RETURNING *) SELECT * FROM a",
        "MERGE INTO t USING u ON true WHEN MATCHED THEN DELETE",
        "SAVEPOINT a",
        "IMPORT FOREIGN SCHEMA x FROM SERVER y INTO z",
        "SET search_path TO a",
        "EXPLAIN SELECT 1",
    ];
    for text in judged {
        assert!(probe(text).is_some(), "{text}");
    }
}

#[test]
fn what_plpgsql_takes_for_its_own_has_no_probe() {
    let own = [
        "EXECUTE a",
        "DECLARE c CURSOR FOR SELECT 1",
        "FETCH ALL FROM c",
        "MOVE c",
        "CLOSE c",
        "BEGIN",
        "COMMIT",
        "END",
        "ROLLBACK",
        "ROLLBACK TO a",
        "TABLE t",
        "(SELECT 1)",
        "SELECT 1 INTO t",
        "SELECT * INTO TEMP t FROM u",
        "CREATE VIEW v AS SELECT 1 INTO x",
        "CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2)",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; END",
    ];
    for text in own {
        assert!(probe(text).is_none(), "{text}");
    }
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
