//! What every dialect's scripts and checksums must do, written once.
//!
//! Knows no dialect. `contract` has the tests; here are the texts that they are made of, and
//! what is asserted of any text.

mod contract;

use proptest::prelude::*;

use super::destruction::Taking;
use super::{Along, Change, Copied, Dialect, Path, RowCopy, Script, Taken, Token, Value, checksum};

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
    "UPDATE a SET b = 1 WHERE b IS NULL",
    "UPDATE a SET b = 1 WHERE true",
    "UPDATE OR REPLACE a SET b = 1 WHERE c = 2",
    "WITH gone AS (DELETE FROM a RETURNING b) INSERT INTO c SELECT b FROM gone",
    "WITH b AS (SELECT 1 AS c) UPDATE a SET d = 2",
    "REPLACE INTO a VALUES (1)",
    "INSERT OR REPLACE INTO a VALUES (1)",
    "INSERT INTO a VALUES (1) ON CONFLICT (b) DO UPDATE SET c = 2",
    "WITH b AS (SELECT 1 AS c) INSERT INTO a SELECT c FROM b WHERE true ON CONFLICT DO UPDATE SET d = 2",
    "SELECT clean_up()",
    "SELECT app.count()",
    "SELECT \"count\"()",
    "SELECT lower(b) FROM clean_up(1) WHERE c = 2",
    "VALUES (clean_up())",
    "INSERT INTO a (b) SELECT clean_up()",
    "WITH b AS (SELECT clean_up()) SELECT 1 FROM b",
    "PRAGMA writable_schema = ON",
    "PRAGMA main.schema_version = 7",
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
    "INSERT INTO main.a (b, c) VALUES (1, lower('B')) ON CONFLICT (b) DO NOTHING",
    "INSERT INTO a AS x (b) SELECT max(c) FROM d WHERE e IN (1, 2) AND (f OR NOT (g))",
    "SELECT count(*), coalesce(sum(b), 0), row_number() OVER (ORDER BY c) FROM a GROUP BY (c)",
    "SELECT pg_catalog.setval('a', 7), nextval('b')",
    "SELECT setweight(to_tsvector('simple', a), 'A'), txid_current(), pg_current_xact_id(), current_query()",
    "SELECT host(inet_client_addr()), inet_client_port(), hashtext('a'), hashtextextended('a', 0)",
    "SELECT CAST(b AS numeric(10, 2)) FROM (VALUES (1), (2)) AS c (b) WHERE EXISTS (SELECT 1)",
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9) INSERT INTO a SELECT i FROM n",
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
    "PRAGMA main.user_version = 7",
    "PRAGMA foreign_key_check(a)",
];

pub(crate) use contract::contract;

/// Bodies of triggers, whether they may take rows away, and which tables they add rows to.
pub(crate) const BODIES: &[(&str, Option<Taking>, &[&str])] = &[
    (
        "BEGIN INSERT INTO s.log (what) VALUES (lower(new.a)); END",
        None,
        &["s.log"],
    ),
    (
        "BEGIN IF (NEW IS DISTINCT FROM OLD) THEN NEW.at := now(); END IF; RETURN NEW; END",
        None,
        &[],
    ),
    (
        "BEGIN IF TG_OP = 'DELETE' THEN PERFORM pg_notify('gone', OLD.id::text); END IF; RETURN (NULL); END",
        None,
        &[],
    ),
    ("BEGIN SELECT RAISE(ABORT, 'no'); END", None, &[]),
    ("BEGIN SELECT 1 FROM t FOR UPDATE; END", None, &[]),
    ("BEGIN DELETE FROM t; END", Some(Taking::Deletes), &[]),
    (
        "BEGIN UPDATE t SET a = 1; END",
        Some(Taking::Overwrites),
        &[],
    ),
    (
        "BEGIN INSERT OR REPLACE INTO t VALUES (1); END",
        Some(Taking::Overwrites),
        &[],
    ),
    (
        "BEGIN EXECUTE 'DELETE FROM t'; END",
        Some(Taking::Deletes),
        &[],
    ),
    ("BEGIN PERFORM wipe(); END", Some(Taking::Untold), &[]),
    (
        "BEGIN INSERT INTO t VALUES (1) ON CONFLICT (a) DO UPDATE SET b = 2; END",
        Some(Taking::Overwrites),
        &["t"],
    ),
    (
        "BEGIN UPDATE t SET a = 1; PERFORM wipe(); DELETE FROM \"t\" WHERE a = 1; END",
        Some(Taking::Deletes),
        &[],
    ),
    (
        "BEGIN UPDATE t SET a = 1; PERFORM wipe(); END",
        Some(Taking::Untold),
        &[],
    ),
    ("BEGIN TRUNCATE TABLE t; END", Some(Taking::Deletes), &[]),
    ("BEGIN TRUNCATE t; END", Some(Taking::Deletes), &[]),
    (
        "BEGIN DROP TABLE IF EXISTS t; END",
        Some(Taking::Deletes),
        &[],
    ),
    (
        "BEGIN ALTER TABLE t DROP COLUMN a; END",
        Some(Taking::Deletes),
        &[],
    ),
    (
        "BEGIN ALTER TABLE t DROP CONSTRAINT a; END",
        Some(Taking::Untold),
        &[],
    ),
    ("BEGIN DROP INDEX i; END", Some(Taking::Untold), &[]),
    (
        "BEGIN GRANT DELETE, TRUNCATE ON t TO a; END",
        Some(Taking::Untold),
        &[],
    ),
    (
        "BEGIN CREATE TABLE x (a INT REFERENCES t (a) ON DELETE CASCADE); END",
        Some(Taking::Untold),
        &[],
    ),
    (
        "BEGIN CREATE TEMPORARY TABLE x ON COMMIT DROP AS SELECT 1; END",
        Some(Taking::Untold),
        &[],
    ),
    (
        "BEGIN IF a THEN DELETE FROM t; END IF; END",
        Some(Taking::Deletes),
        &[],
    ),
    (
        "BEGIN MERGE INTO t USING s ON t.a = s.a WHEN MATCHED THEN DELETE; END",
        Some(Taking::Deletes),
        &[],
    ),
    (
        "BEGIN EXECUTE format('DROP TABLE %I', TG_ARGV[0]); END",
        Some(Taking::Deletes),
        &[],
    ),
    (
        "BEGIN EXECUTE 'CREATE TABLE x (a INT)'; RAISE NOTICE 'DELETE FROM t'; END",
        Some(Taking::Untold),
        &[],
    ),
    (
        "BEGIN NEW.found := setweight(to_tsvector('simple', NEW.a), 'A'); RETURN NEW; END",
        None,
        &[],
    ),
];

/// Statements, and what becomes of tables by them, as [`shown_changes`] writes it.
pub(crate) const CHANGES: &[(&str, &[&str])] = &[
    (
        "DROP TABLE IF EXISTS a, s.\"B c\" CASCADE",
        &["drop a and more", "drop s.b c and more"],
    ),
    ("delete from a", &["empty a"]),
    ("DELETE FROM a WHERE id IN (SELECT 1)", &["thin a"]),
    ("ALTER TABLE a RENAME TO b", &["rename a to b"]),
    (
        "ALTER TABLE s.a RENAME COLUMN x TO y",
        &["rename s.a.x to y"],
    ),
    ("ALTER TABLE a RENAME x TO y", &["rename a.x to y"]),
    ("ALTER TABLE a DROP COLUMN \"x\"", &["drop a.x"]),
    ("ALTER TABLE a DROP x", &["drop a.x"]),
    ("ALTER TABLE a ADD COLUMN x INTEGER DEFAULT (1)", &[]),
    (
        "CREATE TABLE a (id INTEGER, \"Type\" NUMERIC(10, 2), CHECK (id > 0), PRIMARY KEY (id, x))",
        &["create a (id integer, type numeric(10,2))"],
    ),
    (
        "CREATE TEMP TABLE IF NOT EXISTS a (id INTEGER)",
        &["ensure pg_temp.a (id integer)"],
    ),
    ("CREATE TABLE a AS SELECT 1 AS id", &["create a", "fill a"]),
    (
        "CREATE TABLE a AS SELECT * FROM b ORDER BY c",
        &["create a", "fill a from all of b"],
    ),
    (
        "INSERT INTO a (x, y, z) SELECT c.d, b AS e, CAST(f AS TEXT) || 'g' FROM s.b AS c",
        &["fill a from d>x b>y [cast f as text] of s.b"],
    ),
    (
        "INSERT INTO a SELECT d, e f FROM b",
        &["fill a from d e>f of b"],
    ),
    (
        "INSERT INTO a (x, y, z) SELECT coalesce(b.x, '', 'f'), ifnull(\"y\", 0), coalesce(lower(v), w) FROM b",
        &["fill a from x>x y>y [coalesce lower v w] of b"],
    ),
    (
        "CREATE TABLE a AS SELECT coalesce(x, '') AS y, coalesce(z, 1) + 1 FROM b",
        &["create a", "fill a from x>y [coalesce z] of b"],
    ),
    ("INSERT INTO a (x) SELECT 1", &["fill a"]),
    ("INSERT INTO a SELECT DISTINCT x FROM b", &["fill a"]),
    ("INSERT INTO a SELECT x FROM b WHERE y", &["fill a"]),
    ("INSERT INTO a SELECT x FROM b LIMIT 1", &["fill a"]),
    ("INSERT INTO a SELECT x FROM b c LIMIT 1", &["fill a"]),
    (
        "INSERT INTO a SELECT x FROM b ORDER BY y LIMIT 1",
        &["fill a"],
    ),
    ("INSERT INTO a SELECT x FROM b, c", &["fill a"]),
    ("INSERT INTO a SELECT x FROM b NATURAL JOIN c", &["fill a"]),
    ("INSERT INTO a SELECT max(x) FROM b", &["fill a"]),
    ("INSERT INTO a SELECT x FROM b GROUP BY x", &["fill a"]),
    (
        "INSERT INTO a SELECT x FROM b UNION SELECT y FROM c",
        &["fill a"],
    ),
    ("INSERT INTO a SELECT wipe(x) FROM b", &["fill a", "untold"]),
    ("SELECT wipe()", &["untold"]),
    ("INSERT INTO a VALUES (1)", &[]),
    ("CREATE INDEX i ON a (x)", &[]),
    ("DROP INDEX i", &[]),
    ("DROP VIEW v", &[]),
    ("SELECT 1", &[]),
    ("UPDATE a SET x = 1", &["overwrite every a (x)"]),
    (
        "UPDATE s.a SET x = (SELECT 1 FROM b WHERE c), \"y\" = f(1, 2)",
        &["overwrite every s.a (x y)"],
    ),
    (
        "UPDATE a SET x = y IS DISTINCT FROM z, y = 1 FROM b WHERE c IN (1, 2)",
        &["overwrite some a (x y)"],
    ),
    ("UPDATE a SET x = 1 WHERE x IS NULL AND y = 2", &[]),
    (
        "UPDATE a SET x = 1 WHERE x IS NULL OR y = 2",
        &["overwrite some a (x)"],
    ),
    (
        "INSERT INTO a (x) VALUES (1) ON CONFLICT (x) DO UPDATE SET y = excluded.y, z = 2",
        &["overwrite some a (y z)"],
    ),
    ("INSERT INTO a VALUES (1) ON CONFLICT DO NOTHING", &[]),
    ("SAVEPOINT \"a\"", &["set(\"a\")"]),
    ("RELEASE a", &["release(\"a\")"]),
    ("RELEASE SAVEPOINT a", &["release(\"a\")"]),
    ("ROLLBACK TO a", &["rollbackto(\"a\")"]),
    (
        "ROLLBACK TRANSACTION TO SAVEPOINT a",
        &["rollbackto(\"a\")"],
    ),
    ("BEGIN IMMEDIATE", &["begin"]),
    ("END TRANSACTION", &["commit"]),
    ("ROLLBACK AND CHAIN", &["rollback", "begin"]),
    ("COMMIT AND NO CHAIN", &["commit"]),
    ("ROLLBACK PREPARED 'a'", &["untold"]),
    ("DROP TABLE", &[]),
    ("DROP TABLE 1, a", &[]),
    ("ALTER TABLE a", &[]),
];

fn copied(copy: &RowCopy) -> String {
    let Copied::Values(values) = &copy.copied else {
        return format!("all of {}", copy.from);
    };
    let values = values.iter().map(|value| match value {
        Value::Column { from, to: None } => from.clone(),
        Value::Column { from, to: Some(to) } => format!("{from}>{to}"),
        Value::Computed(words) => format!("[{}]", words.join(" ")),
    });
    format!("{} of {}", values.collect::<Vec<_>>().join(" "), copy.from)
}

/// Writes changes as a line each, in lower case, since only one dialect keeps the case of a name in
/// quotes.
pub(crate) fn shown_changes(changes: &[Change]) -> Vec<String> {
    let shown = |change: &Change| match change {
        Change::Create {
            table,
            columns,
            taken,
        } => {
            let verb = match taken {
                Taken::Fails => "create",
                Taken::Stays => "ensure",
            };
            if columns.is_empty() {
                return format!("{verb} {table}");
            }
            let columns = columns
                .iter()
                .map(|(name, of_type)| format!("{name} {of_type}"));
            let columns: Vec<_> = columns.collect();
            format!("{verb} {table} ({})", columns.join(", "))
        }
        Change::Fill { table, copy } => {
            let copied = copy.as_ref().map(|copy| format!(" from {}", copied(copy)));
            format!("fill {table}{}", copied.unwrap_or_default())
        }
        Change::Drop { table, along } => match along {
            Along::Nothing => format!("drop {table}"),
            Along::Referring => format!("drop {table} and more"),
        },
        Change::Empty(table) => format!("empty {table}"),
        Change::Thin(table) => format!("thin {table}"),
        Change::Overwrite {
            table,
            columns,
            which,
        } => format!("overwrite {which:?} {table} ({})", columns.join(" ")),
        Change::Rename { from, to } => format!("rename {from} to {to}"),
        Change::DropColumn { table, column } => format!("drop {table}.{column}"),
        Change::ConvertColumn { table, column } => format!("convert {table}.{column}"),
        Change::RenameColumn { table, from, to } => format!("rename {table}.{from} to {to}"),
        Change::Truncate { table, along } => match along {
            Along::Nothing => format!("truncate {table}"),
            Along::Referring => format!("truncate {table} and more"),
        },
        Change::DropSchema(schema) => format!("drop schema {schema}"),
        Change::RenameSchema { from, to } => format!("rename schema {from} to {to}"),
        Change::SearchPath(Path::Usual) => "look at home".to_owned(),
        Change::SearchPath(Path::Schemas(path)) => format!("look in {}", path.join(" ")),
        Change::SearchPath(Path::Unknown) => "look somewhere".to_owned(),
        Change::Savepoint(savepoint) => format!("{savepoint:?}"),
        Change::Write { table, .. } => format!("write {table}"),
        Change::Untold => "untold".to_owned(),
    };
    let lines = changes.iter().map(shown);
    lines.map(|line| line.to_lowercase()).collect()
}
