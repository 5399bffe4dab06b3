//! What is said about a file beside it.

use super::{Format, Layout, Value, number, read, text, with_columns};

fn read_as(
    file: &str,
    format: Format,
    columns: &[&str],
) -> (Vec<String>, Vec<(usize, Vec<Value>)>) {
    let read = read(file.as_bytes(), format, &with_columns(columns)).expect(file);
    (read.columns, read.rows)
}

#[test]
fn extensions_name_formats() {
    let formats = ["csv", "jsonl", "json", "sql", "CSV", ""].map(Format::from_extension);
    let expected = [
        Some(Format::Csv),
        Some(Format::JsonLines),
        Some(Format::Json),
        None,
        None,
        None,
    ];
    assert_eq!(formats, expected);
}

#[test]
fn columns_name_the_fields_of_a_file_without_a_header() {
    let (columns, rows) = read_as("1,x\n2,\n", Format::Csv, &["id", "name"]);
    assert_eq!(columns, ["id", "name"]);
    assert_eq!(
        rows,
        [
            (1, vec![text("1"), text("x")]),
            (2, vec![text("2"), Value::Null]),
        ]
    );
}

#[test]
fn columns_choose_from_a_header_that_has_all_of_them() {
    let (columns, rows) = read_as(
        "name,,id,age,age\nx,y,1,2,3\n",
        Format::Csv,
        &["id", "name"],
    );
    assert_eq!(columns, ["name", "id"]);
    assert_eq!(rows, [(2, vec![text("x"), text("1")])]);
}

#[test]
fn columns_choose_from_the_keys_of_each_object() {
    let file = "{\"b\": 1, \"a\": 2}\n{\"a\": 3, \"c\": 0, \"c\": 0, \"b\": 4}\n";
    let (columns, rows) = read_as(file, Format::JsonLines, &["a", "b"]);
    assert_eq!(columns, ["a", "b"]);
    assert_eq!(
        rows,
        [
            (1, vec![number("2"), number("1")]),
            (2, vec![number("3"), number("4")]),
        ]
    );
}

#[test]
fn columns_are_known_of_a_file_without_objects() {
    for (file, format) in [("", Format::JsonLines), ("[]", Format::Json)] {
        let (columns, rows) = read_as(file, format, &["id"]);
        assert_eq!(
            (columns.as_slice(), rows.len()),
            (["id".to_owned()].as_slice(), 0)
        );
    }
}

#[test]
fn a_layout_that_says_nothing_changes_nothing() {
    let layout = Layout {
        delimiter: Some(b','),
        null: Some(String::new()),
        columns: Some(vec!["a".to_owned(), "b".to_owned()]),
    };
    let file = b"a,b\n,\"\"\n";
    assert_eq!(
        read(file, Format::Csv, &layout),
        read(file, Format::Csv, &Layout::default())
    );
}
