//! What holds of every file: what was written is read back, and nothing is read that other
//! readers read in another way.

use proptest::prelude::*;

use super::{Format, Layout, Value, read_through};

/// Pieces that readers stumble over, to make hostile files of.
const PIECES: &[&str] = &[
    "\"",
    "\"\"",
    ",",
    ";",
    "\n",
    "\r\n",
    "\r",
    "a",
    "b",
    "é",
    "漢",
    "🦀",
    " ",
    "\\",
    "\\N",
    "{",
    "}",
    "[",
    "]",
    ":",
    "1",
    "null",
    "\\u0000",
    "\\ud800",
    "{\"a\":1}",
    "\u{feff}",
];

/// A text as people and programs have it: no NUL, which no database takes.
fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        proptest::collection::vec(proptest::sample::select(PIECES), 0..6)
            .prop_map(|pieces| pieces.concat()),
        any::<String>().prop_map(|text| text.replace('\0', "")),
    ]
}

/// A field of a CSV file: NULL, or a text that is quoted even where it needs not be.
fn csv_cell() -> impl Strategy<Value = (Option<String>, bool)> {
    (proptest::option::weighted(0.8, any_text()), any::<bool>())
}

/// A record with what stands before and behind it: empty lines, and its own end.
fn csv_record(width: usize) -> impl Strategy<Value = CsvRecord> {
    (
        proptest::collection::vec(csv_cell(), width),
        proptest::sample::select(&["\n", "\r\n"][..]),
        proptest::sample::select(&["", "", "\n", "\r\n\n"][..]),
    )
        .prop_map(|(cells, end, blank)| CsvRecord { cells, end, blank })
}

#[derive(Debug, Clone)]
struct CsvRecord {
    cells: Vec<(Option<String>, bool)>,
    end: &'static str,
    blank: &'static str,
}

impl CsvRecord {
    fn write(&self) -> String {
        let fields: Vec<String> = self.cells.iter().map(written).collect();
        fields.join(",") + self.end
    }

    fn values(&self) -> Vec<Value> {
        let value = |(text, _): &(Option<String>, bool)| match text {
            None => Value::Null,
            Some(text) => Value::Text(text.clone()),
        };
        self.cells.iter().map(value).collect()
    }
}

fn written((text, quote): &(Option<String>, bool)) -> String {
    match text {
        None => String::new(),
        Some(text) if *quote || text.is_empty() || text.contains(['"', ',', '\n', '\r']) => {
            format!("\"{}\"", text.replace('"', "\"\""))
        }
        Some(text) => text.clone(),
    }
}

/// A field of a CSV file as somebody may have written it who does not know CSV.
fn hostile_field() -> impl Strategy<Value = String> {
    let quoted = hostile_text().prop_map(|text| format!("\"{text}\""));
    prop_oneof![hostile_text(), quoted]
}

fn hostile_text() -> impl Strategy<Value = String> {
    proptest::collection::vec(proptest::sample::select(PIECES), 0..3)
        .prop_map(|pieces| pieces.concat())
}

fn csv_file() -> impl Strategy<Value = (usize, Vec<CsvRecord>)> {
    (1..5_usize).prop_flat_map(|width| {
        let records = proptest::collection::vec(csv_record(width), 0..6);
        (Just(width), records)
    })
}

/// Rows whose values are as JSON has them.
fn json_rows() -> impl Strategy<Value = Vec<Vec<serde_json::Value>>> {
    let value = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(serde_json::Value::from),
        any::<i64>().prop_map(serde_json::Value::from),
        any_text().prop_map(serde_json::Value::from),
        proptest::collection::vec(any_text(), 0..3).prop_map(serde_json::Value::from),
        any_text().prop_map(|text| serde_json::json!({ text: [1, {}] })),
    ];
    proptest::collection::vec(proptest::collection::vec(value, 3), 1..6)
}

/// Writes an object; every second one has its keys in reverse.
fn json_object(place: usize, row: &[serde_json::Value]) -> String {
    let mut members: Vec<String> = ["a", "é", "\"c\""]
        .iter()
        .zip(row)
        .map(|(key, value)| format!("{} : {value}", serde_json::Value::from(*key)))
        .collect();
    if place % 2 == 1 {
        members.reverse();
    }
    format!("{{{}}}", members.join(", "))
}

fn json_value(value: &serde_json::Value) -> Value {
    match value {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(truth) => Value::Boolean(*truth),
        serde_json::Value::Number(number) => Value::Number(number.to_string()),
        serde_json::Value::String(text) => Value::Text(text.clone()),
        nested => Value::Json(nested.to_string()),
    }
}

fn line_ends(text: &str) -> usize {
    text.matches('\n').count()
}

proptest! {
    #[test]
    fn csv_is_read_as_it_was_written(
        (width, records) in csv_file(),
        mark in proptest::sample::select(&["", "\u{feff}"][..]),
        final_line_end in any::<bool>(),
        capacity in 1..40_usize,
    ) {
        let header: Vec<String> = (0..width).map(|column| format!("c{column}")).collect();
        let mut file = format!("{mark}{}\n", header.join(","));
        let mut expected = Vec::new();
        for record in &records {
            if width > 1 {
                file += record.blank;
            }
            expected.push((line_ends(&file) + 1, record.values()));
            file += &record.write();
        }
        // A lone NULL at the end of a file without its last line end is no line at all.
        let ends_blank = width == 1 && records.last().is_some_and(|last| last.cells[0].0.is_none());
        if !final_line_end && !ends_blank {
            file.truncate(file.trim_end_matches('\n').trim_end_matches('\r').len());
        }
        let read = read_through(capacity, file.as_bytes(), Format::Csv, &Layout::default());
        let read = read.expect("it can be read");
        prop_assert_eq!(read.columns, header);
        prop_assert_eq!(read.rows, expected);
    }

    #[test]
    fn what_is_read_of_any_csv_the_csv_crate_reads_too(
        lines in proptest::collection::vec((hostile_field(), hostile_field()), 0..4),
    ) {
        let lines: Vec<String> = lines.iter().map(|(a, b)| format!("{a},{b}\n")).collect();
        let file = format!("a,b\n{}", lines.concat());
        let read = read_through(8, file.as_bytes(), Format::Csv, &Layout::default());
        if let Ok(read) = read {
            let records: Result<Vec<Vec<String>>, _> =
                csv::Reader::from_reader(file.as_bytes()).deserialize().collect();
            let text = |value: &Value| match value {
                Value::Text(text) => text.clone(),
                _ => String::new(),
            };
            let rows: Vec<Vec<String>> =
                read.rows.iter().map(|(_, row)| row.iter().map(text).collect()).collect();
            prop_assert_eq!(rows, records.expect("it can be read"));
        }
    }

    #[test]
    fn json_is_read_as_it_was_written(rows in json_rows(), capacity in 1..40_usize) {
        let objects: Vec<String> =
            rows.iter().enumerate().map(|(place, row)| json_object(place, row)).collect();
        let expected: Vec<(usize, Vec<Value>)> = (1..)
            .zip(&rows)
            .map(|(line, row)| (line, row.iter().map(json_value).collect()))
            .collect();
        let lines = objects.join("\n");
        let array = format!("[{}]", objects.join(" ,\n"));
        for (file, format) in [(lines, Format::JsonLines), (array, Format::Json)] {
            let read = read_through(capacity, file.as_bytes(), format, &Layout::default());
            let read = read.expect("it can be read");
            prop_assert_eq!(&read.columns, &["a", "é", "\"c\""]);
            prop_assert_eq!(&read.rows, &expected);
        }
    }

    #[test]
    fn what_is_read_of_any_json_serde_reads_too(
        values in proptest::collection::vec(hostile_text(), 0..4),
    ) {
        let objects: Vec<String> =
            values.iter().map(|value| format!("{{\"a\":{value}}}")).collect();
        let (text, objects) = (values.concat(), objects.join(","));
        for file in [text.clone(), format!("[{text}]"), format!("[{objects}]")] {
            let read = read_through(8, file.as_bytes(), Format::Json, &Layout::default());
            if let Ok(read) = read {
                let array: Vec<serde_json::Map<String, serde_json::Value>> =
                    serde_json::from_str(file.trim_start_matches('\u{feff}')).expect("it can be read");
                prop_assert_eq!(read.rows.len(), array.len());
            }
        }
    }
}
