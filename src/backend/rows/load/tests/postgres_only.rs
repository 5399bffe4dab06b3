//! What only `PostgreSQL` knows: its types, its sequences, its catalog.

use super::{LoadError, Target, connect, numbers, shape};
use crate::backend::query::Query;
use crate::backend::rows::{Kind, TableName};
use crate::backend::support::engine::Engine;
use crate::backend::support::postgres::PostgresDatabase;
use crate::sql::Position;

#[test]
fn every_kind_of_value_comes_back_and_is_not_written_twice() {
    let database = PostgresDatabase::create();
    database.execute(
        "CREATE TYPE mood AS ENUM ('sad', 'happy');
        CREATE DOMAIN short AS varchar(5) CHECK (VALUE <> 'never');
        CREATE TABLE t (
          id uuid PRIMARY KEY, doc jsonb, plain json, tags text[], price numeric(10, 3),
          at timestamptz, bytes bytea, mood mood, span int4range, host inet, point point,
          code short, big bigint, fixed char(4), day date, pause interval, matrix int[][], ml xml)",
    );
    let columns: Vec<_> = shape(connect(&database).backend().expect("it is open"), "t")
        .columns
        .iter()
        .map(|column| column.name.clone())
        .collect();
    let columns: Vec<_> = columns.iter().map(String::as_str).collect();
    let target = Target::new(&database, "t", &columns);
    let row = [
        "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11",
        r#"{"b": [1, "x\ny"], "a": null}"#,
        r#"{ "b":1 }"#,
        r#"{a,"b c",NULL,"\"\\"}"#,
        "1.50",
        "2024-02-29 12:00:00.123456+02",
        r"\x00ff5c",
        "happy",
        "[1,5)",
        "10.0.0.0/8",
        "(1,2)",
        "abc",
        "-9223372036854775808",
        "a",
        "infinity",
        "1 day 02:00:00",
        "{{1,2},{3,4}}",
        "<a>&amp;</a>",
    ];
    assert_eq!(target.counts(&[&row]), [1, 0, 0, 0]);
    let before = database.query_text("SELECT xmin || ' ' || ctid FROM t");
    assert_eq!(target.counts(&[&row]), [0, 0, 0, 1]);
    assert_eq!(
        database.query_text("SELECT xmin || ' ' || ctid FROM t"),
        before
    );
    let null: Vec<_> = row
        .iter()
        .enumerate()
        .map(|(place, value)| if place == 0 { *value } else { "~" })
        .collect();
    assert_eq!(target.counts(&[&null]), [0, 1, 0, 0]);
    assert_eq!(target.counts(&[&row]), [0, 1, 0, 0]);
    let found = database.query_text(
        "SELECT concat_ws('|', doc, plain, tags, price, at AT TIME ZONE 'UTC', bytes, mood, span, host, point, code, big, day, matrix, ml) FROM t",
    );
    assert_eq!(
        found,
        r#"{"a": null, "b": [1, "x\ny"]}|{ "b":1 }|{a,"b c",NULL,"\"\\"}|1.500|2024-02-29 10:00:00.123456|\x00ff5c|happy|[1,5)|10.0.0.0/8|(1,2)|abc|-9223372036854775808|infinity|{{1,2},{3,4}}|<a>&amp;</a>"#
    );
}

/// Columns, each with two values that are equal and not written the same, as far as there are such.
const OTHERWISE: [(&str, &str, &str); 14] = [
    ("numeric", "1.0", "1.00"),
    ("numeric[]", "{1.0}", "{1.00}"),
    ("amount", "1.0", "1.00"),
    ("float8", "0", "-0"),
    ("interval", "1 day", "24 hours"),
    ("jsonb", "1.0", "1.00"),
    ("json", "{}", "{ }"),
    ("bpchar", "a", "a "),
    ("text COLLATE careless", "a", "A"),
    ("careless_text", "a", "A"),
    ("text[] COLLATE careless", "{a}", "{A}"),
    ("numrange", "[1.0,2)", "[1.00,2)"),
    ("pair", "(1,1.0)", "(1,1.00)"),
    ("xml", "<a/>", "<a />"),
];

#[test]
fn what_is_equal_but_written_otherwise_is_an_update() {
    let database = PostgresDatabase::create();
    database.execute(
        "CREATE DOMAIN amount AS numeric;
        CREATE COLLATION careless (
          provider = icu, locale = 'und-u-ks-level2', deterministic = false);
        CREATE DOMAIN careless_text AS text COLLATE careless;
        CREATE TYPE pair AS (a int, b numeric)",
    );
    for (number, (column, one, other)) in OTHERWISE.into_iter().enumerate() {
        let name = format!("t{number}");
        database.execute(&format!(
            "CREATE TABLE {name} (id int PRIMARY KEY, a {column})"
        ));
        let target = Target::new(&database, &name, &["id", "a"]);
        assert_eq!(target.counts(&[&["1", one]]), [1, 0, 0, 0], "{column}");
        assert_eq!(target.counts(&[&["1", other]]), [0, 1, 0, 0], "{column}");
        assert_eq!(target.counts(&[&["1", other]]), [0, 0, 0, 1], "{column}");
    }
}

/// Types of which what is equal has the same bytes, each with two values.
const EXACT: [(&str, &str, &str); 16] = [
    ("smallint", "1", "2"),
    ("int", "1", "2"),
    ("bigint", "1", "2"),
    ("numeric(10, 2)", "1.00", "1.01"),
    ("boolean", "t", "f"),
    ("text", "a", "A"),
    ("varchar(10)", "a", "a "),
    ("label", "a", "b"),
    ("bytea", "\\x00", "\\x0000"),
    ("date", "2026-01-01", "2026-01-02"),
    ("time", "10:00", "10:01"),
    ("timestamp", "2026-01-01 10:00", "2026-01-01 10:01"),
    ("timestamptz", "2026-01-01 10:00Z", "2026-01-01 10:01Z"),
    (
        "uuid",
        "00000000-0000-0000-0000-000000000001",
        "00000000-0000-0000-0000-000000000002",
    ),
    ("inet", "10.0.0.1", "10.0.0.1/8"),
    ("mood", "sad", "glad"),
];

#[test]
fn plain_types_are_compared_as_they_are() {
    let database = PostgresDatabase::create();
    database.execute(
        "CREATE DOMAIN label AS text;
        CREATE TYPE mood AS ENUM ('sad', 'glad')",
    );
    let mut connection = connect(&database);
    for (number, (column, one, other)) in EXACT.into_iter().enumerate() {
        let name = format!("t{number}");
        database.execute(&format!(
            "CREATE TABLE {name} (id int PRIMARY KEY, a {column})"
        ));
        let exact = shape(connection.backend().expect("it is open"), &name);
        assert!(exact.column("a").is_some_and(|a| a.exact), "{column}");
        let target = Target::new(&database, &name, &["id", "a"]);
        assert_eq!(target.counts(&[&["1", one]]), [1, 0, 0, 0], "{column}");
        assert_eq!(target.counts(&[&["1", other]]), [0, 1, 0, 0], "{column}");
        assert_eq!(target.counts(&[&["1", "~"]]), [0, 1, 0, 0], "{column}");
        assert_eq!(target.counts(&[&["1", "~"]]), [0, 0, 0, 1], "{column}");
    }
}

#[test]
fn a_value_that_only_its_columns_type_refuses_is_named() {
    let database = PostgresDatabase::create();
    database.execute(
        "CREATE DOMAIN year AS int CHECK (VALUE > 1900);
        CREATE TABLE t (id int PRIMARY KEY, a varchar(3), b numeric(4,2), c jsonb, d date, e year)",
    );
    let target = Target::new(&database, "t", &["id", "a", "b", "c", "d", "e"]);
    for (row, named) in [
        (["1", "abcd", "1", "{}", "~", "~"], "a=abcd"),
        (["1", "abc", "100", "{}", "~", "~"], "b=100"),
        (["1", "abc", "1", "{x}", "~", "~"], "c={x}"),
        (["1", "abc", "1", "{}", "2023-02-29", "~"], "d=2023-02-29"),
        (["1", "abc", "1", "{}", "~", "1900"], "e=1900"),
    ] {
        for filled in [false, true] {
            let result = target.load(&[&["7", "~", "~", "~", "~", "~"], &row]);
            let Err(LoadError::Refused {
                position: Some(Position { line: 3, column: 2 }),
                column: Some(column),
                value: Some(value),
                ..
            }) = result
            else {
                panic!("{result:?}");
            };
            assert_eq!(format!("{column}={value}"), named, "{filled}");
            database.execute("INSERT INTO t VALUES (100) ON CONFLICT DO NOTHING");
        }
        database.execute("DELETE FROM t");
    }
}

#[test]
fn identity_columns_take_given_values() {
    let database = PostgresDatabase::create();
    database.execute("CREATE TABLE t (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, a text)");
    let target = Target::new(&database, "t", &["id", "a"]);
    assert_eq!(target.counts(&[&["7", "x"]]), [1, 0, 0, 0]);
    assert_eq!(target.counts(&[&["7", "x"], &["9", "y"]]), [1, 0, 0, 1]);
    database.execute("INSERT INTO t (a) VALUES ('next')");
    assert_eq!(database.query_i64("SELECT max(id) FROM t"), 10);
}

#[test]
fn sequences_move_past_the_rows_and_never_back() {
    let database = PostgresDatabase::create();
    database.execute(
        "CREATE SCHEMA \"My App\";
        CREATE TABLE \"My App\".\"Users\" (\"Id\" serial PRIMARY KEY);
        CREATE TABLE down (id int GENERATED BY DEFAULT AS IDENTITY (INCREMENT -1) PRIMARY KEY);
        CREATE TABLE tiny (id smallserial PRIMARY KEY);",
    );
    let last = |sequence: &str| {
        database.query_text(&format!(
            "SELECT last_value || ' ' || is_called FROM {sequence}"
        ))
    };
    let users = Target::new(&database, "My App/Users", &["Id"]);
    let sequence = "\"My App\".\"Users_Id_seq\"";
    users.counts(&[]);
    assert_eq!(last(sequence), "1 false");
    users.counts(&[&["0"]]);
    assert_eq!(last(sequence), "1 false");
    users.counts(&[&["1"]]);
    assert_eq!(last(sequence), "1 true");
    users.counts(&[&["1"], &["5"]]);
    assert_eq!(last(sequence), "5 true");
    database.execute(&format!("SELECT setval('{sequence}', 90)"));
    users.counts(&[&["12"]]);
    assert_eq!(last(sequence), "90 true");
    Target::new(&database, "down", &["id"]).counts(&[&["-4"], &["3"]]);
    assert_eq!(last("down_id_seq"), "-4 true");
    Target::new(&database, "tiny", &["id"]).counts(&[&["32767"]]);
    assert_eq!(last("tiny_id_seq"), "32767 true");
}

#[test]
fn the_sequences_of_what_a_transaction_wrote_to_are_moved() {
    let database = PostgresDatabase::create();
    database.execute(
        "CREATE TABLE a (id serial PRIMARY KEY);
        CREATE TABLE b (id serial PRIMARY KEY);
        CREATE TABLE p (id serial, at date) PARTITION BY RANGE (at);
        CREATE TABLE p1 PARTITION OF p FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
        INSERT INTO b VALUES (10)",
    );
    let mut database = connect(&database);
    let backend = database.backend().expect("it is open");
    for (counting, expected) in [
        ("on", vec!["public.a_id_seq", "public.p_id_seq"]),
        ("off", vec!["public.b_id_seq"]),
    ] {
        backend.begin().expect("begun");
        backend
            .batch_execute(&format!("SET LOCAL track_counts = {counting}; INSERT INTO a VALUES (4) ON CONFLICT DO NOTHING; INSERT INTO p VALUES (8, '2024-06-01')"))
            .expect("written");
        let moved = backend.advance_touched_sequences().expect("moved");
        assert_eq!(moved, expected, "{counting}");
        backend.commit().expect("committed");
    }
}

#[test]
fn a_table_is_read_as_it_is() {
    let database = PostgresDatabase::create();
    database.execute(
        "CREATE SCHEMA other;
        CREATE TABLE other.target (a int, b int, PRIMARY KEY (b, a));
        CREATE DOMAIN docs AS json;
        CREATE TABLE t (
          gone int, id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, a int, b int, doc docs,
          docs json[], ok boolean NOT NULL DEFAULT true, name varchar(10) UNIQUE, x real, raw bytea,
          twice int GENERATED ALWAYS AS (a * 2) STORED,
          CONSTRAINT fk FOREIGN KEY (a, b) REFERENCES other.target (a, b) DEFERRABLE,
          CONSTRAINT late UNIQUE (a) DEFERRABLE);
        ALTER TABLE t DROP COLUMN gone;
        CREATE UNIQUE INDEX ON t (lower(name));
        CREATE UNIQUE INDEX ON t (b) WHERE b > 0;
        CREATE UNIQUE INDEX ON t (b, x) INCLUDE (ok);
        SET search_path = public",
    );
    let mut connection = connect(&database);
    let table = shape(connection.backend().expect("it is open"), "t");
    assert_eq!(table.name.to_string(), "public.t");
    assert_eq!(
        shape(connection.backend().expect("it is open"), "public/t"),
        table
    );
    assert_eq!(table.overriding, "OVERRIDING SYSTEM VALUE");
    let keys: Vec<_> = table
        .keys
        .iter()
        .map(|key| (key.columns.join(","), key.primary, key.immediate))
        .collect();
    assert_eq!(
        keys,
        [
            ("id".to_owned(), true, true),
            ("name".to_owned(), false, true),
            ("a".to_owned(), false, false),
            ("b,x".to_owned(), false, true),
        ]
    );
    let [reference] = table.references.as_slice() else {
        panic!("{:?}", table.references);
    };
    assert_eq!(reference.constraint.as_deref(), Some("fk"));
    assert_eq!(reference.to.to_string(), "other.target");
    assert_eq!(
        (reference.columns.join(","), reference.to_columns.join(",")),
        ("a,b".to_owned(), "a,b".to_owned())
    );
    assert!(reference.deferrable);
    let column = |name: &str| table.column(name).expect("it is there").clone();
    assert!(table.column("gone").is_none());
    assert!(column("id").has_default && !column("id").nullable);
    assert!(column("ok").has_default && column("ok").kind == Kind::Boolean);
    assert_eq!(column("name").type_name, "character varying(10)");
    assert!(column("name").nullable);
    assert_eq!(column("doc").kind, Kind::Json);
    assert_eq!(column("raw").kind, Kind::Bytes);
    assert!(column("twice").computed && !column("twice").has_default);
    let odd = TableName {
        schema: Some("no\"where".to_owned()),
        name: "t".to_owned(),
    };
    assert_eq!(
        connection
            .backend()
            .expect("it is open")
            .table_shape(&odd)
            .expect("asked"),
        None
    );
}

#[test]
fn a_key_that_is_checked_late_is_merged_by_all_the_same() {
    let database = PostgresDatabase::create();
    database.execute(
        "CREATE TABLE t (id int PRIMARY KEY DEFERRABLE, a text); INSERT INTO t VALUES (1, 'x')",
    );
    let target = Target::new(&database, "t", &["id", "a"]);
    assert_eq!(target.counts(&[&["1", "y"], &["2", "z"]]), [1, 1, 0, 0]);
}

#[test]
fn nothing_is_left_of_the_temporary_table() {
    let database = PostgresDatabase::create();
    database.execute("CREATE TABLE t (id int PRIMARY KEY, a text)");
    let mut connection = connect(&database);
    let backend = connection.backend().expect("it is open");
    backend.begin().expect("begun");
    backend
        .batch_execute("CREATE TEMP TABLE kept (n int)")
        .expect("made");
    let target = Target::new(&database, "t", &["id", "a"]);
    assert_eq!(numbers(target.load(&[&["1", "y"]])), [1, 0, 0, 0]);
    let named =
        Query::new("SELECT relname::text FROM pg_catalog.pg_class WHERE relname LIKE 'dieselkit%'");
    assert!(backend.load(&named).expect("asked").is_empty());
}

#[test]
fn a_partitioned_table_is_loaded_through_its_parent() {
    let database = PostgresDatabase::create();
    database.execute(
        "CREATE TABLE p (id serial, at date NOT NULL, a text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
        CREATE TABLE p1 PARTITION OF p FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
        CREATE TABLE p2 PARTITION OF p FOR VALUES FROM ('2025-01-01') TO ('2026-01-01')",
    );
    let target = Target::new(&database, "p", &["id", "at", "a"]).key(&["at", "id"]);
    let rows: &[&[&str]] = &[&["1", "2024-02-01", "x"], &["7", "2025-02-01", "y"]];
    assert_eq!(target.counts(rows), [2, 0, 0, 0]);
    let rows: &[&[&str]] = &[&["1", "2024-02-01", "x"], &["7", "2025-02-01", "z"]];
    assert_eq!(target.counts(rows), [0, 1, 0, 1]);
    assert_eq!(database.query_i64("SELECT nextval('p_id_seq')"), 8);
}

#[test]
fn what_is_refused_whatever_the_rows_is_no_line_of_the_file() {
    let database = PostgresDatabase::create();
    database.execute(
        "CREATE TABLE t (id int PRIMARY KEY, a text);
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''closed''; END';
        CREATE TRIGGER g BEFORE INSERT OR UPDATE ON t EXECUTE FUNCTION refuse()",
    );
    let target = Target::new(&database, "t", &["id", "a"]);
    for filled in [false, true] {
        let result = target.load(&[&["1", "y"], &["2", "z"]]);
        let Err(LoadError::Refused {
            position: None,
            error,
            ..
        }) = result
        else {
            panic!("{filled}: {result:?}");
        };
        assert_eq!(error.message, "closed");
        database.execute(
            "SET session_replication_role = replica; INSERT INTO t VALUES (1, 'x') ON CONFLICT DO NOTHING",
        );
    }
}
