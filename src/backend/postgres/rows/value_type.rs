//! Which values a type of `PostgreSQL` takes, read from the way in which the server writes it.
//!
//! Pure. <https://www.postgresql.org/docs/current/datatype.html>

use crate::backend::rows::ValueType;

/// The longest name.
const NAME: usize = 63;

/// Reads a type as `format_type` writes it, no domain.
pub(super) fn read(text: &str) -> ValueType {
    if let Some(element) = text.strip_suffix("[]") {
        return ValueType::Array(Box::new(read(element)));
    }
    let (name, numbers) = divide(text);
    // What an extension brings has its schema before it, or has not.
    match name.rsplit('.').next().unwrap_or(&name) {
        "smallint" => whole(i16::MIN.into(), i16::MAX.into()),
        "integer" => whole(i32::MIN.into(), i32::MAX.into()),
        "bigint" => whole(i64::MIN, i64::MAX),
        "oid" => whole(0, u32::MAX.into()),
        "numeric" => ValueType::Decimal {
            digits: numbers.first().copied(),
            scale: match numbers.as_slice() {
                [] => 2,
                [_] => 0,
                [_, scale, ..] => *scale,
            },
        },
        "money" => ValueType::Decimal {
            digits: Some(12),
            scale: 2,
        },
        "real" | "double precision" => ValueType::Real,
        "boolean" => ValueType::Boolean,
        "text" | "citext" | "tsvector" | "character varying" => text_of(numbers.first()),
        "character" => text_of(Some(numbers.first().unwrap_or(&1))),
        "\"char\"" => text_of(Some(&1)),
        "name" => ValueType::Text {
            longest: Some(NAME),
        },
        "bytea" => ValueType::Bytes,
        "uuid" => ValueType::Uuid,
        "json" | "jsonb" => ValueType::Json,
        "date" => ValueType::Date,
        "time without time zone" | "time with time zone" => ValueType::Time,
        "timestamp without time zone" => ValueType::Moment { zoned: false },
        "timestamp with time zone" => ValueType::Moment { zoned: true },
        "interval" => ValueType::Interval,
        "inet" => ValueType::Address { network: false },
        "cidr" => ValueType::Address { network: true },
        "macaddr" => ValueType::Hardware,
        "bit" | "bit varying" => ValueType::Bits {
            count: size(numbers.first().copied().unwrap_or(1)),
        },
        "point" => ValueType::Point,
        "int4range" => range(whole(i32::MIN.into(), i32::MAX.into())),
        "int8range" => range(whole(i64::MIN, i64::MAX)),
        "numrange" => range(ValueType::Decimal {
            digits: None,
            scale: 2,
        }),
        "daterange" => range(ValueType::Date),
        "tsrange" => range(ValueType::Moment { zoned: false }),
        "tstzrange" => range(ValueType::Moment { zoned: true }),
        _ => ValueType::Unknown,
    }
}

/// Divides `timestamp(3) with time zone` into its words and its numbers.
fn divide(text: &str) -> (String, Vec<u32>) {
    let Some((before, rest)) = text.split_once('(') else {
        return (text.to_owned(), Vec::new());
    };
    let (numbers, after) = rest.split_once(')').unwrap_or((rest, ""));
    let numbers = numbers.split(',').map_while(|number| number.parse().ok());
    (format!("{before}{after}"), numbers.collect())
}

fn whole(low: i64, high: i64) -> ValueType {
    ValueType::Whole { low, high }
}

fn range(values: ValueType) -> ValueType {
    ValueType::Range(Box::new(values))
}

fn text_of(longest: Option<&u32>) -> ValueType {
    ValueType::Text {
        longest: longest.map(|longest| size(*longest)),
    }
}

fn size(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_read_as_the_server_writes_them() {
        let decimal = |digits, scale| ValueType::Decimal { digits, scale };
        for (text, expected) in [
            ("smallint", whole(-32_768, 32_767)),
            ("numeric", decimal(None, 2)),
            ("numeric(5)", decimal(Some(5), 0)),
            ("numeric(10,2)", decimal(Some(10), 2)),
            ("text", ValueType::Text { longest: None }),
            (
                "character varying(20)",
                ValueType::Text { longest: Some(20) },
            ),
            ("character(2)", ValueType::Text { longest: Some(2) }),
            ("public.citext", ValueType::Text { longest: None }),
            (
                "timestamp(3) with time zone",
                ValueType::Moment { zoned: true },
            ),
            ("bit varying(5)", ValueType::Bits { count: 5 }),
            (
                "integer[]",
                ValueType::Array(Box::new(whole(-2_147_483_648, 2_147_483_647))),
            ),
            ("daterange", range(ValueType::Date)),
            ("public.mood", ValueType::Unknown),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }
}
