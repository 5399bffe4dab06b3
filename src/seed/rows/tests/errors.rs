//! Every way in which a file cannot be read, as it is said.

use std::io::{self, BufReader, Read};

use super::{Format, Layout, RowError, open, read, with_columns};
use crate::backend::rows::{RowBlock, RowSource};

/// Returns the error as a person would be told it.
fn shown(error: &RowError) -> String {
    let place = error.position.map(|position| format!("{position}: "));
    let column = error.column.as_ref().map(|column| format!("`{column}`: "));
    [place, column, Some(error.message.clone())]
        .into_iter()
        .flatten()
        .collect()
}

fn shown_all(format: Format, files: &[&[u8]]) -> String {
    shown_with(files.iter().map(|file| (*file, format, Layout::default())))
}

fn shown_with<'a>(files: impl IntoIterator<Item = (&'a [u8], Format, Layout)>) -> String {
    let show = |(file, format, layout)| {
        let error = read(file, format, &layout).expect_err(&file.escape_ascii().to_string());
        format!("{}\n    {}\n", file.escape_ascii(), shown(&error))
    };
    files.into_iter().map(show).collect()
}

#[test]
fn every_error_of_a_csv_file() {
    insta::assert_snapshot!(shown_all(
        Format::Csv,
        &[
            b"",
            b"\xef\xbb\xbf",
            b"\n\r\n",
            b"a,b,a\n",
            b"a,,c\n",
            b"a,\n",
            b"\n\"\n\",\"\n\",x\n",
            b"a,b\n1,2\n3\n",
            b"a\n1,2\n",
            b"a,b\n\"\n\",1\n\n3,4,5\n",
            b"a,b\n1,\"x",
            b"a,b\n1,2\n3,\"x\ny\n\n",
            b"a,\"b\n",
            b"a,b\n1,\"x\"y\n",
            b"a,b\n1,\"x\"\"y\"z\n",
            b"a,b\n1,\"x\" \n",
            b"a,b\n5\" pipe,1\n",
            b"a,b\n1,2\n3, \"x\"\n",
            b"a,b\r1,2\r",
            b"a,b\n1,2\rx\n",
            b"a,b\n1,2\r",
            b"a,b\n1,2,\"x\"y\n",
            b"a,b\n1,\"x\n\xff\"\n",
            b"\xff\xfea\0,\0b\0\n\0",
            b"a,b\n1,\"\nx\0\"\n",
        ]
    ));
}

#[test]
fn every_error_of_json_lines() {
    insta::assert_snapshot!(shown_all(
        Format::JsonLines,
        &[
            b"{}\n",
            b"{\"\": 1}\n",
            b"{\"a\": 1, \"b\": 2, \"a\": 3}\n",
            b"{\"a\": 1, \"b\": 2}\n{\"a\": 1, \"b\": 2, \"\\u0061\": 1}\n",
            b"{\"a\": 1, \"b\": 2}\n\n{\"a\": 1}\n",
            b"{\"a\": 1}\n{\"a\": 1, \"b\": 2}\n",
            b"[{\"a\": 1}]\n",
            b"{\"a\": 1}\n\"a\"\n",
            b"{\"a\": 1}\n-1\n",
            b"{\"a\": 1}\nnull\n",
            b"a,b\n1,2\n",
            b"\xc3\xa9\n",
            b"{\n  \"a\": 1\n}\n",
            b"{\"a\": 1} {\"a\": 2}\n",
            b"{\"a\": 1},\n{\"a\": 2}\n",
            b"{\"\xc3\xa9\": 1}\n{\"\xc3\xa9\", 1}\n",
            b"{\"a\": 1}\n{\"a\": 01}\n",
            b"{\"a\": 1}\n{'a': 1}\n",
            b"{\"a\": 1}\n{\"a\": NaN}\n",
            b"{\"a\": 1}\n{\"a\": 1,}\n",
            b"{\"a\": \"\t\"}\n",
            b"{\"a\": \"\\x\"}\n",
            b"{\"a\": \"\\ud800\"}\n",
            b"{\"\\ud800\": 1}\n",
            b"{\"a\": \"\\u0000\"}\n",
            b"{\"a\": \"\0\"}\n",
            b"{\"a\": 1}\n{\"a\": \"\xff\"}\n",
        ]
    ));
}

#[test]
fn every_error_of_a_json_array() {
    insta::assert_snapshot!(shown_all(
        Format::Json,
        &[
            b"",
            b"\n\n",
            b"{\"a\": 1}\n",
            b"\n1",
            b"id\n",
            b"[",
            b"[\n1]",
            b"[\n{\"a\": 1}, [1]]",
            b"[,{\"a\": 1}]",
            b"[{\"a\": 1},\n]",
            b"[{\"a\": 1},,{\"a\": 2}]",
            b"[{\"a\": 1}\n{\"a\": 2}]",
            b"[{\"a\": 1}}",
            b"[{\"a\": 1}\n",
            b"[{\"a\": 1},\n",
            b"[\n{\"a\": 1},\n{\"a\":\n \"}]",
            b"[{\"a\": 1}]\n\n,",
            b"[]]",
            b"[{\"a\": 1]]",
            b"[\n{\n\"a\":\n\"\xc3\xa9\" 1}]",
            b"[\n{\"a\": 1},\n{\n\"b\": 1}]",
            b"[\n{\"a\": 1},\n{\n\"a\":\n\"\xff\"}]",
            b"[{\"a\": \"\xc3\xa9\"}, {\"a\": \"\xe6\xbc\xa2\" 1}, {\"a\": 1}]",
            b"[{\"a\": \"\xc3\xa9\"}, {\"a\": 1, \"b\": 2}, {\"a\": 1}]",
            b"[{\"a\": \"\xc3\xa9\"}, {\"a\": \"\n\"}, {\"a\": 1}]",
            b"[{\"a\": \"\xc3\xa9\"}, {\"a\": \"\xc3\xa9\xff\"}, {\"a\": 1}]",
            b"[{\"a\": \"\xc3\xa9\"}, {\"a\":  \"\xc3\xa9\\u0000\"}, {\"a\": 1}]",
            b"[{\"a\": \"\xc3\xa9\"}, 1, {\"a\": 1}]",
            b"[{\"a\": \"\xc3\xa9\"} {\"a\": 1}]",
        ]
    ));
}

#[test]
fn every_error_of_a_layout() {
    let delimiter = |delimiter| Layout {
        delimiter: Some(delimiter),
        ..Layout::default()
    };
    let null = Layout {
        null: Some("-".to_owned()),
        ..Layout::default()
    };
    let file: &[u8] = b"id,name,id\n1,x,2\n";
    insta::assert_snapshot!(shown_with([
        (file, Format::Csv, delimiter(b'"')),
        (file, Format::Csv, delimiter(b'\n')),
        (file, Format::Csv, delimiter(0xe9)),
        (file, Format::Json, delimiter(b';')),
        (file, Format::JsonLines, null),
        (file, Format::Csv, with_columns(&[])),
        (file, Format::Csv, with_columns(&["name", "name"])),
        (file, Format::Csv, with_columns(&["name", ""])),
        (file, Format::Csv, with_columns(&["id", "name"])),
        (file, Format::Csv, with_columns(&["name", "mail"])),
        (file, Format::Csv, with_columns(&["mail", "age"])),
        (b"", Format::Csv, with_columns(&["id"])),
        (b"{\"a\": 1}", Format::JsonLines, with_columns(&["a", "b"])),
        (
            b"{\"a\": 1, \"a\": 1}",
            Format::JsonLines,
            with_columns(&["a"])
        ),
    ]));
}

/// A file that can be read up to a point.
struct Failing<'a>(&'a [u8]);

impl Read for Failing<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.0.read(buffer)? {
            0 => Err(io::Error::other("the disk is gone")),
            read => Ok(read),
        }
    }
}

#[test]
fn a_file_that_cannot_be_read_says_why() {
    for (file, format) in [
        ("", Format::Csv),
        ("a,b\n1,\"", Format::Csv),
        ("{\"a\": 1}\n", Format::JsonLines),
        ("[{\"a\": 1}, {\"a\":", Format::Json),
    ] {
        let reader = BufReader::new(Failing(file.as_bytes()));
        let error = match open(reader, format, &Layout::default()) {
            Err(error) => error,
            Ok(mut opened) => {
                let mut block = RowBlock::default();
                while opened.read(&mut block) == Ok(true) {}
                opened.read(&mut block).unwrap_err()
            }
        };
        assert_eq!(shown(&error), "the file cannot be read: the disk is gone");
    }
}

#[test]
fn a_row_that_does_not_end_is_refused_before_it_fills_the_memory() {
    for (head, format) in [
        ("a,b\n1,\"x", Format::Csv),
        ("a,b\n1,x", Format::Csv),
        ("{\"a\": 1}\n{\"a\": \"", Format::JsonLines),
        ("[{\"a\": 1},\n{\"a\": \"", Format::Json),
    ] {
        let endless = head.as_bytes().chain(io::repeat(b'y'));
        let reader = BufReader::with_capacity(1 << 20, endless);
        let mut opened = open(reader, format, &Layout::default()).expect("it can be read");
        let mut block = RowBlock::default();
        let error = loop {
            if let Err(error) = opened.read(&mut block) {
                break error;
            }
        };
        assert_eq!(
            shown(&error),
            "2:1: the row is longer than 64 MiB: a quote or a bracket may not be closed"
        );
    }
}
