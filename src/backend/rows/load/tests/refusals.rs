//! What is said of rows that are refused: line, column and value.

use super::{LoadError, Target, on_both_engines};
use crate::backend::rows::LoadMode;
use crate::backend::support::engine::Engine;
use crate::event::RowCounts;

/// Enough for two blocks.
const MANY: u64 = 120_000;
const BAD: u64 = 99_999;

/// Returns line, column and value of an error, and what the database said.
#[track_caller]
fn place(result: Result<RowCounts, LoadError>) -> (usize, String, String, String) {
    match result {
        Err(LoadError::Refused {
            position,
            column,
            value,
            error,
        }) => {
            let position = position.unwrap_or_else(|| panic!("no position: {column:?} {error}"));
            // Where the column is known it is the value that is told the place of.
            assert_eq!(position.column, column.as_ref().map_or(1, |_| 2));
            (
                position.line,
                column.unwrap_or_else(|| "?".to_owned()),
                value.unwrap_or_else(|| "?".to_owned()),
                error.message,
            )
        }
        other => panic!("{other:?}"),
    }
}

fn line_of(row: u64) -> usize {
    usize::try_from(row).expect("not too many rows") + 2
}

/// Makes rows of which one has another second field.
fn rows_with(bad: &'static str) -> impl FnMut(u64) -> Vec<Option<String>> {
    move |row| {
        let second = if row == BAD {
            bad.to_owned()
        } else {
            row.to_string()
        };
        let long = "x".repeat(40);
        vec![Some(row.to_string()), Some(second), Some(long)]
    }
}

const COLUMNS: &[&str] = &["id", "n", "filler"];

fn table(database: &dyn Engine) {
    database.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER NOT NULL, filler TEXT)");
}

fn a_bad_value_is_named_on_its_way_into_an_empty_table(database: &dyn Engine) {
    table(database);
    let target = Target::new(database, "t", COLUMNS);
    let (line, column, value, _) = place(target.load_made(MANY, rows_with("12x")));
    assert_eq!(
        (line, column.as_str(), value.as_str()),
        (line_of(BAD), "n", "12x")
    );
    assert_eq!(database.query_i64("SELECT count(*) FROM t"), 0);
}

fn a_bad_value_is_named_on_its_way_into_a_filled_table(database: &dyn Engine) {
    table(database);
    database.execute("INSERT INTO t VALUES (-1, 0, '')");
    let target = Target::new(database, "t", COLUMNS);
    let (line, column, value, _) = place(target.load_made(MANY, rows_with("12x")));
    assert_eq!(
        (line, column.as_str(), value.as_str()),
        (line_of(BAD), "n", "12x")
    );
}

fn a_missing_value_is_named(database: &dyn Engine) {
    table(database);
    let target = Target::new(database, "t", COLUMNS);
    let rows: &[&[&str]] = &[&["1", "1", ""], &["2", "~", ""], &["3", "3", ""]];
    let (line, column, ..) = place(target.load(rows));
    assert_eq!((line, column.as_str()), (3, "n"));
    database.execute("INSERT INTO t VALUES (-1, 0, '')");
    let (line, column, ..) = place(target.load(rows));
    assert_eq!((line, column.as_str()), (3, "n"));
}

fn a_row_without_a_key_is_refused(database: &dyn Engine) {
    table(database);
    let target = Target::new(database, "t", COLUMNS);
    let (line, column, _, message) = place(target.load(&[&["1", "1", ""], &["~", "2", ""]]));
    assert_eq!((line, column.as_str()), (3, "id"));
    assert_eq!(message, "a column of the key has no value");
}

#[track_caller]
fn duplicate(result: Result<RowCounts, LoadError>) -> ((usize, usize), String) {
    match result {
        Err(LoadError::Duplicate {
            first: Some(first),
            again: Some(again),
            key,
        }) => ((first.line, again.line), key),
        other => panic!("{other:?}"),
    }
}

fn a_key_that_is_in_the_file_twice_is_named_with_both_lines(database: &dyn Engine) {
    table(database);
    let target = Target::new(database, "t", COLUMNS);
    let twice = |row: u64| {
        let id = if row == BAD { 5 } else { row };
        vec![Some(id.to_string()), Some("0".to_owned()), None]
    };
    let expected = ((7, line_of(BAD)), "id=5".to_owned());
    assert_eq!(duplicate(target.load_made(MANY, twice)), expected);
    database.execute("INSERT INTO t VALUES (5, 0, '')");
    assert_eq!(duplicate(target.load_made(MANY, twice)), expected);
}

fn a_violated_unique_column_is_named(database: &dyn Engine) {
    database.execute("CREATE TABLE u (id INTEGER PRIMARY KEY, mail TEXT UNIQUE)");
    let target = Target::new(database, "u", &["id", "mail"]);
    let rows: &[&[&str]] = &[&["1", "a"], &["2", "b"], &["3", "a"], &["4", "d"]];
    let (line, column, value, _) = place(target.load(rows));
    assert_eq!((line, column.as_str(), value.as_str()), (4, "mail", "a"));
    database.execute("INSERT INTO u VALUES (1, 'a')");
    let (line, column, value, _) = place(target.load(rows));
    assert_eq!((line, column.as_str(), value.as_str()), (4, "mail", "a"));
}

fn a_violated_check_is_named_by_its_line(database: &dyn Engine) {
    database.execute(
        "CREATE TABLE c (id INTEGER PRIMARY KEY, n INTEGER CONSTRAINT small CHECK (n < 10));
        INSERT INTO c VALUES (1, 1)",
    );
    let target = Target::new(database, "c", &["id", "n"]);
    let rows: &[&[&str]] = &[&["1", "2"], &["2", "3"], &["3", "11"]];
    let (line, column, value, message) = place(target.load(rows));
    assert_eq!(line, 4);
    assert!(message.contains("small"), "{message}");
    let named = database.either("?/?", "n/11");
    assert_eq!(format!("{column}/{value}"), named);
}

fn a_row_that_refers_to_none_is_named(database: &dyn Engine) {
    database.execute(
        "CREATE TABLE parent (id INTEGER PRIMARY KEY);
        INSERT INTO parent VALUES (1);
        CREATE TABLE child (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parent (id))",
    );
    let target = Target::new(database, "child", &["id", "parent"]);
    let rows: &[&[&str]] = &[&["1", "1"], &["2", "~"], &["3", "9"], &["4", "1"]];
    let (line, column, value, _) = place(target.load(rows));
    assert_eq!((line, column.as_str(), value.as_str()), (4, "parent", "9"));
    database.execute("INSERT INTO child VALUES (1, 1)");
    let (line, column, value, _) = place(target.load(rows));
    assert_eq!((line, column.as_str(), value.as_str()), (4, "parent", "9"));
}

fn a_row_that_refers_to_no_other_of_its_file_is_named(database: &dyn Engine) {
    database.execute(
        "CREATE TABLE staff (id INTEGER PRIMARY KEY, boss INTEGER REFERENCES staff (id), n INTEGER CHECK (n > 0))",
    );
    let target = Target::new(database, "staff", &["id", "boss", "n"]);
    let rows: &[&[&str]] = &[&["3", "2", "1"], &["2", "7", "1"], &["1", "~", "1"]];
    let (line, column, value, _) = place(target.load(rows));
    assert_eq!((line, column.as_str(), value.as_str()), (3, "boss", "7"));
    let rows: &[&[&str]] = &[&["3", "2", "1"], &["2", "1", "0"], &["1", "~", "1"]];
    let (line, ..) = place(target.load(rows));
    assert_eq!(line, 3);
}

fn a_row_that_cannot_go_is_no_line_of_the_file(database: &dyn Engine) {
    database.execute(
        "CREATE TABLE parent (id INTEGER PRIMARY KEY);
        INSERT INTO parent VALUES (1);
        CREATE TABLE child (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parent (id));
        INSERT INTO child VALUES (1, 1)",
    );
    let target = Target::new(database, "parent", &["id"]).mode(LoadMode::Replace);
    let result = target.load(&[&["2"]]);
    let Err(LoadError::Refused {
        position: None,
        error,
        ..
    }) = result
    else {
        panic!("{result:?}");
    };
    assert_eq!(error.kind(), Some("23503"));
    let code = database.either("", "23503");
    assert_eq!(error.sqlstate.unwrap_or_default(), code);
}

fn a_row_to_which_others_refer_is_named_where_it_may_not_change(database: &dyn Engine) {
    database.execute(
        "CREATE TABLE parent (id INTEGER PRIMARY KEY, code TEXT UNIQUE);
        INSERT INTO parent VALUES (1, 'a'), (2, 'b');
        CREATE TABLE child (id INTEGER PRIMARY KEY, code TEXT REFERENCES parent (code));
        INSERT INTO child VALUES (1, 'b')",
    );
    let target = Target::new(database, "parent", &["id", "code"]);
    let (line, ..) = place(target.load(&[&["1", "A"], &["2", "B"]]));
    assert_eq!(line, 3);
}

on_both_engines!(
    a_bad_value_is_named_on_its_way_into_an_empty_table,
    a_bad_value_is_named_on_its_way_into_a_filled_table,
    a_missing_value_is_named,
    a_row_without_a_key_is_refused,
    a_key_that_is_in_the_file_twice_is_named_with_both_lines,
    a_violated_unique_column_is_named,
    a_violated_check_is_named_by_its_line,
    a_row_that_refers_to_none_is_named,
    a_row_that_refers_to_no_other_of_its_file_is_named,
    a_row_that_cannot_go_is_no_line_of_the_file,
    a_row_to_which_others_refer_is_named_where_it_may_not_change,
);
