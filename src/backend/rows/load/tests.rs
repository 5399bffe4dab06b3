//! What becomes of rows, on both engines; `postgres` and `sqlite` have what only one of them knows.

#[cfg(feature = "postgres")]
mod postgres_only;
mod refusals;
#[cfg(feature = "sqlite")]
mod sqlite_only;

use std::ops::ControlFlow;

use super::super::{
    Field, Load, LoadError, LoadMode, RowBlock, RowError, RowSource, TableName, TableShape, load,
};
use crate::backend::address::DatabaseAddress;
use crate::backend::support::engine::Engine;
use crate::backend::support::on_both_engines;
use crate::backend::{Absent, Backend, Database};
use crate::event::RowCounts;
use crate::sql::Position;

/// A file that is made up as it is read, of a header and so many rows. All fields of a row stand in
/// its second column.
pub(super) struct Made<F> {
    rows: u64,
    next: u64,
    make: F,
}

impl<F: FnMut(u64) -> Vec<Option<String>> + Send> RowSource for Made<F> {
    fn read(&mut self, rows: &mut RowBlock) -> Result<bool, RowError> {
        if self.next == self.rows {
            return Ok(false);
        }
        for field in (self.make)(self.next) {
            rows.push(field.as_deref().map_or(Field::Null, Field::Text));
        }
        rows.end_row();
        self.next += 1;
        Ok(true)
    }

    fn read_so_far(&self) -> u64 {
        self.next
    }

    fn position(&self, column: Option<&str>) -> Option<Position> {
        let line = usize::try_from(self.next).expect("not too many rows") + 1;
        let column = column.map_or(1, |_| 2);
        Some(Position { line, column })
    }

    fn rewind(&mut self) -> Result<bool, RowError> {
        self.next = 0;
        Ok(true)
    }
}

/// A table to load into.
pub(super) struct Target<'a> {
    database: &'a dyn Engine,
    table: &'a str,
    columns: &'a [&'a str],
    key: &'a [&'a str],
    mode: LoadMode,
}

impl<'a> Target<'a> {
    pub(super) fn new(database: &'a dyn Engine, table: &'a str, columns: &'a [&'a str]) -> Self {
        Self {
            database,
            table,
            columns,
            key: &columns[..1],
            mode: LoadMode::Upsert,
        }
    }

    pub(super) fn key(mut self, key: &'a [&'a str]) -> Self {
        self.key = key;
        self
    }

    pub(super) fn mode(mut self, mode: LoadMode) -> Self {
        self.mode = mode;
        self
    }

    /// Loads what a file of so many rows has, in a transaction that is committed if it goes well.
    pub(super) fn load_made(
        &self,
        rows: u64,
        make: impl FnMut(u64) -> Vec<Option<String>> + Send,
    ) -> Result<RowCounts, LoadError> {
        let mut database = connect(self.database);
        let backend = database.backend().expect("it is open");
        backend.begin()?;
        let table = shape(backend, self.table);
        let columns: Vec<_> = self.columns.iter().map(ToString::to_string).collect();
        let key: Vec<_> = self.key.iter().map(ToString::to_string).collect();
        let wanted = Load {
            table: &table,
            columns: &columns,
            key: &key,
            mode: self.mode,
        };
        let mut source = Made {
            rows,
            next: 0,
            make,
        };
        let counts = load(backend, &wanted, &mut source, &mut |_| {
            ControlFlow::Continue(())
        });
        if counts.is_ok() {
            backend.commit()?;
        } else {
            backend.rollback()?;
        }
        counts
    }

    /// Loads these rows, in which `~` stands for no value.
    pub(super) fn load(&self, rows: &[&[&str]]) -> Result<RowCounts, LoadError> {
        let value = |text: &&str| (*text != "~").then(|| (*text).to_owned());
        self.load_made(rows.len() as u64, |row| {
            let row = usize::try_from(row).expect("a handful of rows");
            rows[row].iter().map(value).collect()
        })
    }

    /// Loads these rows and returns how many were inserted, updated, deleted and unchanged.
    #[track_caller]
    pub(super) fn counts(&self, rows: &[&[&str]]) -> [u64; 4] {
        numbers(self.load(rows))
    }
}

#[track_caller]
pub(super) fn numbers(counts: Result<RowCounts, LoadError>) -> [u64; 4] {
    let counts = counts.unwrap_or_else(|error| panic!("{error:?}"));
    [
        counts.inserted,
        counts.updated,
        counts.deleted,
        counts.unchanged,
    ]
}

pub(super) fn connect(database: &dyn Engine) -> Database {
    let address: DatabaseAddress = database.url().parse().expect("the suite's own address");
    Database::connect(&address, Absent::Refuse).expect("it is there")
}

pub(super) fn shape(backend: &mut dyn Backend, name: &str) -> TableShape {
    let (schema, name) = match name.split_once('/') {
        Some((schema, name)) => (Some(schema.to_owned()), name),
        None => (None, name),
    };
    let name = TableName {
        schema,
        name: name.to_owned(),
    };
    let shape = backend.table_shape(&name).expect("the catalog is read");
    shape.expect("there is such a table")
}

/// Lets any further write to a table fail.
fn forbid_writing(database: &dyn Engine, table: &str) {
    database.execute(database.either(
        "SELECT 1",
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''written''; END'",
    ));
    for event in ["INSERT", "UPDATE", "DELETE"] {
        let refusing = database.either(
            "FOR EACH ROW BEGIN SELECT RAISE(ABORT, 'written'); END",
            "FOR EACH ROW EXECUTE FUNCTION refuse()",
        );
        database.execute(&format!(
            "CREATE TRIGGER \"no {event}\" BEFORE {event} ON {table} {refusing}"
        ));
    }
}

fn a_second_load_writes_nothing(database: &dyn Engine) {
    database.execute(
        "CREATE TABLE accounts (id INTEGER PRIMARY KEY, name TEXT NOT NULL, note TEXT, balance NUMERIC(12,2), active BOOLEAN, ratio DOUBLE PRECISION)",
    );
    let columns = ["id", "name", "note", "balance", "active", "ratio"];
    let target = Target::new(database, "accounts", &columns);
    let rows: &[&[&str]] = &[
        &["1", "Ada", "~", "12.50", "true", "0.1"],
        &["2", "Grace", "", "0", "f", "-2.5e10"],
        &[
            "3",
            "Zo\u{eb} \u{1f980}",
            "a\\b\tc\nd\r\\N \\. ",
            "~",
            "~",
            "~",
        ],
    ];
    assert_eq!(target.counts(rows), [3, 0, 0, 0]);
    forbid_writing(database, "accounts");
    assert_eq!(target.counts(rows), [0, 0, 0, 3]);
    let notes = database.query_column("SELECT note FROM accounts ORDER BY id");
    assert_eq!(notes, ["NULL", "", "a\\b\tc\nd\r\\N \\. "]);
    assert_eq!(
        database.query_text("SELECT name FROM accounts WHERE id = 3"),
        rows[2][1]
    );
    assert_eq!(
        database.query_i64("SELECT count(*) FROM accounts WHERE active AND balance = 12.5"),
        1
    );
}

fn one_changed_row_of_a_thousand_is_one_update(database: &dyn Engine) {
    database.execute("CREATE TABLE items (code VARCHAR(20) PRIMARY KEY, n INTEGER, text TEXT)");
    let target = Target::new(database, "items", &["code", "n", "text"]);
    let row = |changed: u64| {
        move |row: u64| {
            let text = if row == changed { "new" } else { "old" };
            let (code, n) = (format!("code{row}"), row.to_string());
            vec![Some(code), Some(n), Some(text.to_owned())]
        }
    };
    assert_eq!(numbers(target.load_made(1000, row(5000))), [1000, 0, 0, 0]);
    assert_eq!(numbers(target.load_made(1000, row(617))), [0, 1, 0, 999]);
    assert_eq!(numbers(target.load_made(1001, row(617))), [1, 0, 0, 1000]);
    assert_eq!(
        database.query_column("SELECT code FROM items WHERE text = 'new'"),
        ["code617"]
    );
}

fn a_value_that_becomes_null_or_stops_being_it_is_an_update(database: &dyn Engine) {
    database.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT)");
    let target = Target::new(database, "t", &["id", "a"]);
    target.counts(&[&["1", "~"], &["2", ""], &["3", "x"]]);
    assert_eq!(
        target.counts(&[&["1", ""], &["2", "~"], &["3", "X"]]),
        [0, 3, 0, 0]
    );
    let values = database.query_column("SELECT a FROM t ORDER BY id");
    assert_eq!(values, ["", "NULL", "X"]);
}

fn modes_leave_and_delete(database: &dyn Engine) {
    database.execute(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT UNIQUE);
        INSERT INTO t VALUES (1, 'one'), (2, 'two')",
    );
    let target = |mode| Target::new(database, "t", &["id", "a"]).mode(mode);
    let rows: &[&[&str]] = &[&["2", "zwei"], &["3", "drei"]];
    assert_eq!(target(LoadMode::InsertMissing).counts(rows), [1, 0, 0, 1]);
    let all = "SELECT id || a FROM t ORDER BY id";
    assert_eq!(database.query_column(all), ["1one", "2two", "3drei"]);
    // The row that goes has the value that another one takes.
    let rows: &[&[&str]] = &[&["2", "one"], &["4", "vier"]];
    assert_eq!(target(LoadMode::Replace).counts(rows), [1, 1, 2, 0]);
    assert_eq!(database.query_column(all), ["2one", "4vier"]);
    assert_eq!(target(LoadMode::Replace).counts(&[]), [0, 0, 2, 0]);
}

fn keys_of_several_columns_and_odd_names_are_found_again(database: &dyn Engine) {
    database.execute(
        "CREATE TABLE \"Odd \"\" Names\" (\"Is It?\" BOOLEAN, \"select\" INTEGER, \"K\" TEXT, PRIMARY KEY (\"K\", \"select\"))",
    );
    let columns = ["Is It?", "select", "K"];
    let target = Target::new(database, "Odd \" Names", &columns).key(&["select", "K"]);
    let rows: &[&[&str]] = &[&["t", "1", "a"], &["t", "2", "a"], &["t", "1", "b"]];
    assert_eq!(target.counts(rows), [3, 0, 0, 0]);
    let rows: &[&[&str]] = &[&["t", "1", "a"], &["f", "2", "a"], &["t", "2", "b"]];
    assert_eq!(target.counts(rows), [1, 1, 0, 1]);
}

fn a_file_of_nothing_but_the_key_is_inserted_once(database: &dyn Engine) {
    database.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER DEFAULT 7)");
    let target = Target::new(database, "t", &["id"]);
    assert_eq!(target.counts(&[&["1"]]), [1, 0, 0, 0]);
    assert_eq!(target.counts(&[&["1"], &["2"]]), [1, 0, 0, 1]);
    assert_eq!(database.query_i64("SELECT sum(n) FROM t"), 14);
}

fn rows_that_refer_to_one_another_come_in_any_order(database: &dyn Engine) {
    database.execute(
        "CREATE TABLE staff (id INTEGER PRIMARY KEY, boss INTEGER REFERENCES staff (id), name TEXT)",
    );
    let target = Target::new(database, "staff", &["id", "boss", "name"]);
    let rows: &[&[&str]] = &[&["3", "2", "c"], &["2", "1", "b"], &["1", "~", "a"]];
    assert_eq!(target.counts(rows), [3, 0, 0, 0]);
    // One that is there gets a boss that is new, and the old one goes.
    let rows: &[&[&str]] = &[&["3", "4", "c"], &["4", "1", "d"], &["1", "~", "a"]];
    assert_eq!(target.mode(LoadMode::Replace).counts(rows), [1, 1, 1, 1]);
}

fn generated_columns_are_left_to_the_database(database: &dyn Engine) {
    database.execute(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, b INTEGER GENERATED ALWAYS AS (a * 2) STORED)",
    );
    let target = Target::new(database, "t", &["id", "a"]);
    assert_eq!(target.counts(&[&["1", "2"]]), [1, 0, 0, 0]);
    assert_eq!(target.counts(&[&["1", "3"]]), [0, 1, 0, 0]);
    assert_eq!(database.query_i64("SELECT b FROM t"), 6);
    let table = shape(connect(database).backend().expect("it is open"), "t");
    assert!(table.columns[2].computed && !table.columns[2].has_default);
}

fn the_next_id_is_free_after_a_load(database: &dyn Engine) {
    database.execute(database.either(
        "CREATE TABLE \"Mixed Case\" (\"Id\" INTEGER PRIMARY KEY AUTOINCREMENT, a TEXT)",
        "CREATE TABLE \"Mixed Case\" (\"Id\" serial PRIMARY KEY, a TEXT)",
    ));
    let target = Target::new(database, "Mixed Case", &["Id", "a"]);
    for rows in [&[&["1", "x"][..], &["41", "y"]][..], &[&["50", "z"]]] {
        target.counts(rows);
        database.execute("INSERT INTO \"Mixed Case\" (a) VALUES ('next')");
    }
    let ids = database.query_column("SELECT \"Id\" FROM \"Mixed Case\" ORDER BY \"Id\"");
    assert_eq!(ids, ["1", "41", "42", "50", "51"]);
}

fn rows_that_a_trigger_keeps_out_are_not_counted_as_inserted(database: &dyn Engine) {
    database.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER)");
    database.execute(database.either(
        "CREATE TRIGGER g BEFORE INSERT ON t WHEN new.n < 0 BEGIN SELECT RAISE(IGNORE); END",
        "CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN CASE WHEN new.n < 0 THEN NULL ELSE new END; END';
        CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION keep()",
    ));
    let target = Target::new(database, "t", &["id", "n"]);
    let rows: &[&[&str]] = &[&["1", "1"], &["2", "-2"], &["3", "3"]];
    assert_eq!(target.counts(rows), [2, 0, 0, 1]);
    assert_eq!(target.counts(rows), [0, 0, 0, 3]);
}

fn rows_come_before_those_they_refer_to_where_the_check_is_put_off(database: &dyn Engine) {
    database.execute(
        "CREATE TABLE parent (id INTEGER PRIMARY KEY);
        CREATE TABLE child (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parent (id) DEFERRABLE)",
    );
    let mut connection = connect(database);
    let backend = connection.backend().expect("it is open");
    for (parent, is_there) in [(1, true), (2, false)] {
        backend.begin().expect("begun");
        backend.defer_foreign_keys().expect("deferred");
        backend
            .batch_execute(&format!("INSERT INTO child VALUES ({parent}, {parent})"))
            .expect("not looked at yet");
        backend
            .batch_execute("INSERT INTO parent VALUES (1) ON CONFLICT DO NOTHING")
            .expect("inserted");
        assert_eq!(backend.commit().is_ok(), is_there);
    }
}

fn an_unknown_table_and_a_view_are_none(database: &dyn Engine) {
    database.execute("CREATE TABLE t (id INTEGER PRIMARY KEY); CREATE VIEW v AS SELECT 1 AS one");
    let mut database = connect(database);
    for name in ["v", "absent"] {
        let name = TableName {
            schema: None,
            name: name.to_owned(),
        };
        let shape = database.backend().expect("it is open").table_shape(&name);
        assert_eq!(shape.expect("the catalog is read"), None);
    }
}

on_both_engines!(
    a_second_load_writes_nothing,
    one_changed_row_of_a_thousand_is_one_update,
    a_value_that_becomes_null_or_stops_being_it_is_an_update,
    modes_leave_and_delete,
    keys_of_several_columns_and_odd_names_are_found_again,
    a_file_of_nothing_but_the_key_is_inserted_once,
    rows_that_refer_to_one_another_come_in_any_order,
    generated_columns_are_left_to_the_database,
    the_next_id_is_free_after_a_load,
    rows_that_a_trigger_keeps_out_are_not_counted_as_inserted,
    rows_come_before_those_they_refer_to_where_the_check_is_put_off,
    an_unknown_table_and_a_view_are_none,
);
