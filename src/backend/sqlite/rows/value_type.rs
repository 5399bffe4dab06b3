//! Which values a declared type of `SQLite` is meant for: the types are wishes, and those who
//! declare `VARCHAR(20)` or `DATE` have one.
//!
//! Pure. <https://www.sqlite.org/datatype3.html>

use super::shape::{Affinity, affinity};
use crate::backend::rows::ValueType;

/// Reads a declared type.
pub(super) fn read(declared: &str, strict: bool) -> ValueType {
    let upper = declared.to_ascii_uppercase();
    let has = |words: &[&str]| words.iter().any(|word| upper.contains(word));
    let numbers = numbers(&upper);
    match affinity(declared, strict) {
        _ if has(&["BOOL"]) => ValueType::Boolean,
        _ if has(&["JSON"]) => ValueType::Json,
        _ if has(&["UUID", "GUID"]) => ValueType::Uuid,
        _ if has(&["DATETIME", "TIMESTAMP"]) => ValueType::Moment { zoned: false },
        Affinity::Integer if has(&["POINT", "INTERVAL"]) => ValueType::Unknown,
        Affinity::Integer if has(&["TINYINT"]) => whole(0, 255),
        Affinity::Integer if has(&["SMALLINT"]) => whole(i16::MIN.into(), i16::MAX.into()),
        Affinity::Integer => whole(i64::MIN, i64::MAX),
        Affinity::Real => ValueType::Real,
        Affinity::Blob if has(&["BLOB"]) => ValueType::Bytes,
        Affinity::Numeric if has(&["DATE"]) => ValueType::Date,
        Affinity::Numeric if has(&["TIME"]) => ValueType::Time,
        Affinity::Numeric if has(&["DEC", "NUM", "MONEY"]) => ValueType::Decimal {
            digits: numbers.first().copied(),
            scale: match numbers.as_slice() {
                [] => 2,
                [_] => 0,
                [_, scale, ..] => *scale,
            },
        },
        Affinity::Text => ValueType::Text {
            longest: numbers.first().and_then(|count| (*count).try_into().ok()),
        },
        Affinity::Blob => ValueType::Text { longest: None },
        Affinity::Numeric => ValueType::Unknown,
    }
}

fn numbers(text: &str) -> Vec<u32> {
    let inner = text.split_once('(').map_or("", |(_, rest)| rest);
    let inner = inner.split_once(')').map_or("", |(inner, _)| inner);
    let numbers = inner.split(',').map_while(|one| one.trim().parse().ok());
    numbers.collect()
}

fn whole(low: i64, high: i64) -> ValueType {
    ValueType::Whole { low, high }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declared_types_are_read_as_they_are_meant() {
        for (declared, expected) in [
            ("INTEGER", whole(i64::MIN, i64::MAX)),
            ("VARCHAR(20)", ValueType::Text { longest: Some(20) }),
            ("text", ValueType::Text { longest: None }),
            (
                "DECIMAL(10, 2)",
                ValueType::Decimal {
                    digits: Some(10),
                    scale: 2,
                },
            ),
            ("double precision", ValueType::Real),
            ("datetime", ValueType::Moment { zoned: false }),
            ("DATE", ValueType::Date),
            ("BOOLEAN", ValueType::Boolean),
            ("uuid", ValueType::Uuid),
            ("BLOB", ValueType::Bytes),
            ("ANY", ValueType::Text { longest: None }),
            ("", ValueType::Text { longest: None }),
        ] {
            assert_eq!(read(declared, true), expected, "{declared}");
        }
    }
}
