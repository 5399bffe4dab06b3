//! Rows of CSV files.

use super::{Format, Layout, Value, names, places_of, read, rows_of, text};

fn rows(file: &str) -> Vec<(usize, Vec<Value>)> {
    rows_of(file, Format::Csv, &Layout::default())
}

#[test]
fn columns_are_the_header_and_rows_know_their_lines() {
    let file = "id,\"e-mail, \"\"work\"\"\"\n1,ada@example.com\n2,Grüße 漢 🦀\n";
    let read = read(file.as_bytes(), Format::Csv, &Layout::default()).expect("it can be read");
    assert_eq!(read.columns, ["id", "e-mail, \"work\""]);
    assert_eq!(
        read.rows,
        [
            (2, vec![text("1"), text("ada@example.com")]),
            (3, vec![text("2"), text("Grüße 漢 🦀")]),
        ]
    );
}

#[test]
fn quoted_line_ends_belong_to_the_text_and_count_as_lines() {
    assert_eq!(
        rows("a,b\r\n\"1\n2\r\n3\",x\r\n4,\"\n\"\"\n\"\r\n5,y"),
        [
            (2, vec![text("1\n2\r\n3"), text("x")]),
            (5, vec![text("4"), text("\n\"\n")]),
            (8, vec![text("5"), text("y")]),
        ]
    );
}

#[test]
fn a_field_stands_where_it_begins() {
    assert_eq!(
        places_of(
            "\u{feff}a,b,c\nGrüße 漢 🦀,\"x\"\"\",\r\n\"\n🦀\",\"1\n2\",é",
            Format::Csv
        ),
        ["2:1 2:1 2:11 2:17", "3:1 3:1 4:4 5:4"]
    );
}

#[test]
fn an_empty_field_is_null_and_a_quoted_one_is_empty_text() {
    assert_eq!(
        rows("a,b,c\n,\"\",\n"),
        [(2, vec![Value::Null, text(""), Value::Null])]
    );
}

#[test]
fn only_the_unquoted_null_text_is_null_where_the_layout_has_one() {
    let layout = Layout {
        null: Some("\\N".to_owned()),
        ..Layout::default()
    };
    assert_eq!(
        rows_of("a,b,c,d\n\\N,\"\\N\",,\"\"\n", Format::Csv, &layout),
        [(2, vec![Value::Null, text("\\N"), text(""), text("")])]
    );
}

#[test]
fn blanks_belong_to_the_text() {
    assert_eq!(rows("a,b\n x ,\t\n"), [(2, vec![text(" x "), text("\t")])]);
}

#[test]
fn empty_lines_are_rows_of_one_column_and_of_no_other() {
    assert_eq!(
        rows("\na,b\n\n1,2\r\n\r\n\n3,4\n\n"),
        [
            (4, vec![text("1"), text("2")]),
            (7, vec![text("3"), text("4")]),
        ]
    );
    assert_eq!(
        rows("a\n1\n\n\"\"\r\n\r\n"),
        [
            (2, vec![text("1")]),
            (3, vec![Value::Null]),
            (4, vec![text("")]),
            (5, vec![Value::Null]),
        ]
    );
}

#[test]
fn a_byte_order_mark_is_passed_over() {
    let read = read(
        b"\xef\xbb\xbf\"a\",b\n1,2\n",
        Format::Csv,
        &Layout::default(),
    )
    .expect("it can be read");
    assert_eq!(read.columns, ["a", "b"]);
    assert_eq!(read.rows.len(), 1);
}

#[test]
fn a_header_alone_is_no_rows() {
    for file in ["a,b", "a,b\n", "a,b\r\n\r\n"] {
        assert_eq!(rows(file), [], "{file:?}");
    }
}

#[test]
fn fields_stand_between_the_delimiters_of_the_layout() {
    for delimiter in *b";\t|" {
        let layout = Layout {
            delimiter: Some(delimiter),
            ..Layout::default()
        };
        let file = "a;b\n1,5;\"x;y\"\n".replace(';', &char::from(delimiter).to_string());
        let quoted = format!("x{}y", char::from(delimiter));
        assert_eq!(
            rows_of(&file, Format::Csv, &layout),
            [(2, vec![text("1,5"), text(&quoted)])]
        );
    }
}

#[test]
fn a_row_with_an_error_adds_nothing() {
    use crate::backend::rows::{RowBlock, RowSource};
    let file = b"a,b\n1,2\n3,\"x\"y\n" as &[u8];
    let mut opened = super::open(file, Format::Csv, &Layout::default()).expect("it can be read");
    let mut block = RowBlock::default();
    opened.read(&mut block).expect("it can be read");
    let bytes = block.bytes();
    opened.read(&mut block).unwrap_err();
    assert_eq!((block.len(), block.bytes()), (1, bytes));
    assert_eq!(opened.columns(), names(&["a", "b"]));
}
