//! Writes values, each for itself.
//!
//! Pure.

use std::fmt::Write;

use fake::Fake;
use fake::faker::internet::en::{IPv4, MACAddress};
use fake::faker::lorem::en::Word;
use fake::rand::RngExt;
use fake::rand::rngs::SmallRng;

use super::Content;
use crate::seed::generate::text::write_uuid;

impl Content {
    /// Writes a value into an empty text, and returns its number where it has an order.
    pub(in crate::seed::generate) fn write(
        &self,
        random: &mut SmallRng,
        out: &mut String,
    ) -> Option<i64> {
        // Writing to a string cannot fail.
        let _ = match self {
            Self::Ordered(span) => {
                let number = span.pick(random);
                span.form.write(number, out);
                return Some(number);
            }
            Self::Choice(values) => write!(out, "{}", values[random.random_range(0..values.len())]),
            Self::Text(text) => {
                text.write(random, out);
                Ok(())
            }
            Self::Uuid => {
                write_uuid(random, out);
                Ok(())
            }
            Self::Bytes { count } => write_bytes(*count, random, out),
            Self::Json => write!(
                out,
                "{{\"{}\": \"{}\", \"count\": {}}}",
                Word().fake_with_rng::<&str, _>(random),
                Word().fake_with_rng::<&str, _>(random),
                random.random_range(0..100)
            ),
            Self::Interval => write!(
                out,
                "{} days {} minutes",
                random.random_range(0..30),
                random.random_range(1..1_440)
            ),
            Self::Address { network: false } => {
                write!(out, "{}", IPv4().fake_with_rng::<String, _>(random))
            }
            Self::Address { network: true } => write!(
                out,
                "10.{}.{}.0/24",
                random.random_range(0..256),
                random.random_range(0..256)
            ),
            Self::Hardware => write!(out, "{}", MACAddress().fake_with_rng::<String, _>(random)),
            Self::Bits { count } => {
                (0..*count).try_for_each(|_| write!(out, "{}", random.random_range(0..2)))
            }
            Self::Point => write!(
                out,
                "({},{})",
                random.random_range(-180..=180),
                random.random_range(-90..=90)
            ),
            Self::Array(element) => write_array(element, random, out),
            Self::Range(element) => write_range(element, random, out),
        };
        None
    }
}

fn write_bytes(count: usize, random: &mut SmallRng, out: &mut String) -> std::fmt::Result {
    out.push_str("\\x");
    (0..count).try_for_each(|_| write!(out, "{:02x}", random.random::<u8>()))
}

fn write_array(element: &Content, random: &mut SmallRng, out: &mut String) -> std::fmt::Result {
    out.push('{');
    for place in 0..random.random_range(1..4) {
        if place > 0 {
            out.push(',');
        }
        let mut value = String::new();
        element.write(random, &mut value);
        match element {
            // An array in an array has no quotes.
            Content::Array(_) => out.push_str(&value),
            _ => write!(
                out,
                "\"{}\"",
                value.replace('\\', "\\\\").replace('"', "\\\"")
            )?,
        }
    }
    out.push('}');
    Ok(())
}

fn write_range(element: &Content, random: &mut SmallRng, out: &mut String) -> std::fmt::Result {
    let Content::Ordered(span) = element else {
        return write!(out, "empty");
    };
    let (one, other) = (span.pick(random), span.pick(random));
    let (low, high) = (one.min(other), one.max(other).saturating_add(1));
    let mut bounds = [String::new(), String::new()];
    span.form.write(low, &mut bounds[0]);
    span.form.write(high, &mut bounds[1]);
    write!(out, "[\"{}\",\"{}\")", bounds[0], bounds[1])
}
