//! What only `SQLite` knows: its affinities, its collations, its pragmas.

use super::{Target, connect, shape};
use crate::backend::support::engine::Engine;
use crate::backend::support::sqlite::SqliteDatabase;

#[test]
fn values_are_stored_as_their_columns_type_wants_them() {
    let database = SqliteDatabase::create();
    database.execute(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, n INT, x REAL, ok BOOLEAN, raw BLOB, text TEXT, price DECIMAL(10,2), at TIMESTAMP, doc JSON)",
    );
    let columns = ["id", "n", "x", "ok", "raw", "text", "price", "at", "doc"];
    let target = Target::new(&database, "t", &columns);
    let row = [
        "1",
        "7",
        "7",
        "true",
        "\\x00ff",
        "7",
        "7.50",
        "2024-01-01 00:00:00",
        "{\"a\": 1}",
    ];
    assert_eq!(target.counts(&[&row]), [1, 0, 0, 0]);
    assert_eq!(target.counts(&[&row]), [0, 0, 0, 1]);
    let types = database.query_text(
        "SELECT concat_ws(' ', typeof(n), typeof(x), ok, hex(raw), typeof(text), price, at, doc) FROM t",
    );
    assert_eq!(
        types,
        "integer real 1 00FF text 7.5 2024-01-01 00:00:00 {\"a\": 1}"
    );
}

#[test]
fn keys_are_compared_as_their_index_does_and_values_byte_by_byte() {
    let database = SqliteDatabase::create();
    database.execute(
        "CREATE TABLE t (mail TEXT COLLATE NOCASE PRIMARY KEY, name TEXT COLLATE NOCASE) WITHOUT ROWID;
        INSERT INTO t VALUES ('Ada@example.org', 'ada')",
    );
    let target = Target::new(&database, "t", &["mail", "name"]);
    assert_eq!(target.counts(&[&["ada@EXAMPLE.org", "Ada"]]), [0, 1, 0, 0]);
    let twice = target.load(&[&["x", "1"], &["X", "2"]]);
    let Err(super::LoadError::Duplicate {
        first: Some(first),
        again: Some(again),
        ..
    }) = twice
    else {
        panic!("{twice:?}");
    };
    assert_eq!((first.line, again.line), (2, 3));
}

#[test]
fn a_table_is_read_as_it_is() {
    let database = SqliteDatabase::create();
    database.execute(
        "CREATE TABLE Parent (b TEXT, a INTEGER, PRIMARY KEY (a, b));
        CREATE TABLE t (
          id INTEGER PRIMARY KEY, a INTEGER, b TEXT DEFAULT 'x', c TEXT NOT NULL UNIQUE,
          twice INTEGER AS (a * 2), me INTEGER REFERENCES T,
          FOREIGN KEY (a, b) REFERENCES parent);
        CREATE UNIQUE INDEX one ON t (lower(c));
        CREATE UNIQUE INDEX two ON t (a) WHERE a > 0;
        CREATE UNIQUE INDEX three ON t (b, a);
        CREATE TABLE plain (code INT PRIMARY KEY)",
    );
    let mut connection = connect(&database);
    let table = shape(connection.backend().expect("it is open"), "T");
    assert_eq!(table.name.to_string(), "t");
    assert_eq!(
        shape(connection.backend().expect("it is open"), "main/t"),
        table
    );
    let keys: Vec<_> = table
        .keys
        .iter()
        .map(|key| (key.columns.join(","), key.primary))
        .collect();
    assert_eq!(
        keys,
        [
            ("id".to_owned(), true),
            ("c".to_owned(), false),
            ("b,a".to_owned(), false)
        ]
    );
    let references: Vec<_> = table
        .references
        .iter()
        .map(|reference| {
            let (columns, to_columns) =
                (reference.columns.join(","), reference.to_columns.join(","));
            format!("{columns} -> {} ({to_columns})", reference.to)
        })
        .collect();
    assert_eq!(references, ["a,b -> Parent (a,b)", "me -> t (id)"]);
    assert!(table.refers_to_itself());
    let column = |name: &str| table.column(name).expect("it is there").clone();
    assert!(column("id").has_default && !column("id").nullable);
    assert!(column("b").has_default && column("b").nullable);
    assert!(!column("c").nullable && column("twice").computed);
    let plain = shape(connection.backend().expect("it is open"), "plain");
    assert!(!plain.columns[0].has_default && plain.keys[0].primary);
}
