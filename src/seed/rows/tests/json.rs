//! Rows of JSON lines and of JSON arrays.

use super::{Format, Layout, Value, json, number, places_of, read, rows_of, text};

fn lines(file: &str) -> Vec<(usize, Vec<Value>)> {
    rows_of(file, Format::JsonLines, &Layout::default())
}

fn array(file: &str) -> Vec<(usize, Vec<Value>)> {
    rows_of(file, Format::Json, &Layout::default())
}

/// A value of each kind, with what it is read as.
fn every_kind() -> Vec<(&'static str, Value)> {
    vec![
        ("null", Value::Null),
        ("true", Value::Boolean(true)),
        ("false", Value::Boolean(false)),
        ("0", number("0")),
        (
            "-12345678901234567890.10e+400",
            number("-12345678901234567890.10e+400"),
        ),
        (r#""""#, text("")),
        (r#""Grüße""#, text("Grüße")),
        (
            r#""\"\\\/\b\f\n\r\t\u00e9\ud83e\udd80""#,
            text("\"\\/\u{8}\u{c}\n\r\té🦀"),
        ),
        ("{}", json("{}")),
        (
            r#"{ "b": [1.0, "}]\"" ], "a": 1, "a": 2 }"#,
            json(r#"{ "b": [1.0, "}]\"" ], "a": 1, "a": 2 }"#),
        ),
        ("[[], {\"x\": null}]", json("[[], {\"x\": null}]")),
    ]
}

#[test]
fn values_are_read_as_they_were_written() {
    for (written, expected) in every_kind() {
        let object = format!("{{ \"v\" : {written} }}");
        assert_eq!(lines(&object), [(1, vec![expected.clone()])], "{written}");
        assert_eq!(array(&format!("[{object}]")), [(1, vec![expected])]);
    }
}

#[test]
fn keys_come_in_any_order_and_rows_in_that_of_the_first() {
    let file = "{\"a\": 1, \"\\u0062\": 2}\n{\"b\": 4, \"a\": 3}\n";
    let read =
        read(file.as_bytes(), Format::JsonLines, &Layout::default()).expect("it can be read");
    assert_eq!(read.columns, ["a", "b"]);
    assert_eq!(
        read.rows,
        [
            (1, vec![number("1"), number("2")]),
            (2, vec![number("3"), number("4")]),
        ]
    );
}

#[test]
fn empty_lines_are_passed_over_and_counted() {
    assert_eq!(
        lines("\u{feff}\n{\"a\": 1}\r\n\r\n \t\n{\"a\": 2}"),
        [(2, vec![number("1")]), (5, vec![number("2")])]
    );
}

#[test]
fn a_row_of_an_array_is_of_the_line_where_its_object_begins() {
    let file =
        "\u{feff}\n[\n  {\n    \"a\": \"[{\\\\\"\n  }, {\"a\": 2}\n  ,\r\n\r\n{\"a\": 3}]\n\n";
    assert_eq!(
        array(file),
        [
            (3, vec![text("[{\\")]),
            (5, vec![number("2")]),
            (8, vec![number("3")]),
        ]
    );
}

#[test]
fn objects_of_one_line_have_their_own_columns() {
    assert_eq!(
        places_of(
            "\u{feff}[{\"é\": \"漢🦀\", \"b\": 1}, {\"b\" :2,\"é\":{\n}}\r\n,{\"é\":\n[], \"b\": 3}, {\"b\":4,\n \"\\u00e9\" : 5}]",
            Format::Json
        ),
        [
            "1:2 1:8 1:19",
            "1:23 1:35 1:29",
            "3:2 4:1 4:10",
            "4:14 5:13 4:19",
        ]
    );
}

#[test]
fn an_object_stands_behind_the_blanks_of_its_line() {
    assert_eq!(
        places_of("{\"a\": 1}\n\n \t{\"a\": \"é\"} \n", Format::JsonLines),
        ["1:1 1:7", "3:3 3:9"]
    );
}

#[test]
fn nesting_has_no_depth_that_is_too_deep() {
    let deep = "[".repeat(100_000) + &"]".repeat(100_000);
    let object = format!("{{\"a\": {deep}}}");
    let expected = [(1, vec![json(&deep)])];
    for (file, format) in [
        (object.clone(), Format::JsonLines),
        (format!("[{object}]"), Format::Json),
    ] {
        assert_eq!(rows_of(&file, format, &Layout::default()), expected);
    }
}

#[test]
fn a_file_without_objects_has_neither_rows_nor_columns() {
    for (file, format) in [
        ("", Format::JsonLines),
        ("\n \n", Format::JsonLines),
        ("[]", Format::Json),
        (" [ \n ] \n", Format::Json),
    ] {
        let read = read(file.as_bytes(), format, &Layout::default()).expect("it can be read");
        assert_eq!((read.columns.len(), read.rows.len()), (0, 0), "{file:?}");
    }
}
