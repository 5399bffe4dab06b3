//! Values that a number keeps apart from each other: each number its own value.
//!
//! Pure.

use std::fmt::Write;

use fake::rand::rngs::SmallRng;

use super::check::Case;
use super::content::{Content, TextContent, shorten};
use super::topic::Topic;

/// How many letters and digits a code is made of.
const DIGITS: i64 = 36;
/// How many letters and digits a code has where it need not have more.
const CODE: usize = 8;
/// The shortest text that has room for words and a number behind them.
const WORDY: usize = 12;
/// The shortest text that has room for an address and a number in it.
const WORDY_EMAIL: usize = 30;
/// The largest number that stands behind a text: nine digits.
const LARGEST: i64 = 999_999_999;
/// How many addresses there are in 10.0.0.0/8.
const ADDRESSES: i64 = 1 << 24;

/// How a text is told from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    /// A number behind it.
    Behind,
    /// A number in it, before `@`.
    BeforeAt,
    /// It is a number itself, in letters and digits, so many of them.
    Code(usize),
}

impl Content {
    /// Returns whether two values are never the same, for all practical purposes.
    pub(super) fn is_scattered(&self) -> bool {
        match self {
            Self::Uuid => true,
            Self::Bytes { count } => *count >= 16,
            Self::Text(text) => {
                text.topic.is_scattered() && text.longest.is_none_or(|longest| longest >= 32)
            }
            _ => false,
        }
    }

    /// Returns the numbers that have a value, both inclusive; `None` where numbers have none.
    pub(super) fn numbers(&self) -> Option<(i64, i64)> {
        match self {
            Self::Ordered(span) => Some((span.usual.0, span.high)),
            Self::Choice(values) => Some((0, i64::try_from(values.len()).ok()? - 1)),
            Self::Text(text) => Some(text.numbers()),
            Self::Address { .. } => Some((1, ADDRESSES - 1)),
            Self::Bits { count } => {
                let count = u32::try_from(*count).ok()?.min(62);
                Some((0, (1 << count) - 1))
            }
            _ => None,
        }
    }

    /// Returns the lowest number that has a value, though it is not a usual one.
    pub(super) fn lowest(&self) -> Option<i64> {
        match self {
            Self::Ordered(span) => Some(span.low),
            other => Some(other.numbers()?.0),
        }
    }

    /// Returns the numbers that are left out although they lie between.
    pub(super) fn left_out(&self) -> &[i64] {
        match self {
            Self::Ordered(span) => &span.none_of,
            _ => &[],
        }
    }

    /// Returns the number that a value has, whoever made it; `None` where no number's value can be
    /// the same.
    pub(super) fn number_of(&self, value: &str) -> Option<i64> {
        match self {
            Self::Ordered(span) => span.form.read(value).map(|standing| standing.floor),
            Self::Choice(values) => {
                let place = values.iter().position(|one| one == value)?;
                i64::try_from(place).ok()
            }
            Self::Text(text) => text.number_of(value.trim_end()),
            Self::Address { .. } => {
                let mut number = 0;
                for part in value.split('/').next()?.strip_prefix("10.")?.split('.') {
                    number = number * 256 + i64::from(part.parse::<u8>().ok()?);
                }
                Some(number)
            }
            Self::Bits { .. } => i64::from_str_radix(value, 2).ok(),
            _ => None,
        }
    }

    /// Writes the value of a number into an empty text, and returns the number where it has an
    /// order.
    pub(super) fn write_numbered(
        &self,
        number: i64,
        random: &mut SmallRng,
        out: &mut String,
    ) -> Option<i64> {
        // Writing to a string cannot fail.
        let _ = match self {
            Self::Ordered(span) => {
                span.form.write(number, out);
                return Some(number);
            }
            Self::Choice(values) => {
                let value = usize::try_from(number)
                    .ok()
                    .and_then(|place| values.get(place));
                write!(out, "{}", value.map_or("", String::as_str))
            }
            Self::Text(text) => {
                text.write_numbered(number, random, out);
                Ok(())
            }
            Self::Address { network } => {
                let [_, a, b, c] = u32::try_from(number).unwrap_or_default().to_be_bytes();
                let mask = if *network { "/32" } else { "" };
                write!(out, "10.{a}.{b}.{c}{mask}")
            }
            Self::Bits { count } => write!(out, "{number:0count$b}"),
            other => return other.write(random, out),
        };
        None
    }
}

impl TextContent {
    fn mark(&self) -> Mark {
        let longest = self.longest.unwrap_or(usize::MAX);
        match self.topic {
            Topic::Email if longest >= WORDY_EMAIL => Mark::BeforeAt,
            _ if longest >= WORDY && self.shortest < longest => Mark::Behind,
            _ => Mark::Code(CODE.clamp(self.shortest, longest.max(self.shortest))),
        }
    }

    fn numbers(&self) -> (i64, i64) {
        match self.mark() {
            Mark::Behind | Mark::BeforeAt => (1, LARGEST),
            Mark::Code(width) => {
                let width = u32::try_from(width).unwrap_or(u32::MAX);
                let all = DIGITS.checked_pow(width).unwrap_or(i64::MAX);
                (0, (all - 1).min(LARGEST))
            }
        }
    }

    /// Returns the number that stands in a text: where a number of ours stands in none, its text
    /// cannot be the same as ours. One with more digits than ours have is none.
    fn number_of(&self, value: &str) -> Option<i64> {
        match self.mark() {
            Mark::Behind => digits_behind(value),
            Mark::BeforeAt => digits_behind(value.split_once('@').map_or(value, |(name, _)| name)),
            Mark::Code(width) if value.chars().count() == width => {
                i64::from_str_radix(value, 36).ok()
            }
            Mark::Code(_) => None,
        }
    }

    fn write_numbered(&self, number: i64, random: &mut SmallRng, out: &mut String) {
        match self.mark() {
            Mark::Code(width) => write_code(number, width, out),
            Mark::Behind if self.topic == Topic::Code => {
                let width = self.shortest.max(6);
                // Writing to a string cannot fail.
                let _ = write!(out, "{number:0width$}");
            }
            Mark::Behind
                if self.topic == Topic::Phone && self.longest.is_none_or(|most| most >= 16) =>
            {
                let width = self.shortest.saturating_sub(7).max(7);
                let _ = write!(out, "+1 555 {number:0width$}");
            }
            Mark::Behind => {
                let suffix = format!("{}{number}", self.topic.separator());
                let room = self.longest.map(|longest| longest - suffix.len());
                self.write_shortened(room, random, out);
                out.push_str(&suffix);
            }
            Mark::BeforeAt => {
                self.topic.write(random, out);
                let (name, domain) = out.split_once('@').unwrap_or((out, "example.com"));
                let rest = format!(".{number}@{domain}");
                let mut name = name.to_owned();
                shorten(&mut name, self.longest.unwrap_or(usize::MAX) - rest.len());
                *out = name + &rest;
                let missing = self.shortest.saturating_sub(out.len());
                out.insert_str(0, &"a".repeat(missing));
            }
        }
        match self.mark() {
            // Codes are capital where nobody wants them otherwise.
            Mark::Code(_) if self.case != Some(Case::Lower) => out.make_ascii_uppercase(),
            _ => self.spell(out),
        }
    }
}

fn digits_behind(text: &str) -> Option<i64> {
    let before = text.trim_end_matches(|character: char| character.is_ascii_digit());
    let number = text[before.len()..].parse().ok()?;
    (number <= LARGEST).then_some(number)
}

fn write_code(mut number: i64, width: usize, out: &mut String) {
    let mut digits = vec![b'0'; width];
    for digit in digits.iter_mut().rev() {
        let value = u32::try_from(number % DIGITS).unwrap_or_default();
        let letter = char::from_digit(value, 36).unwrap_or('0');
        *digit = u8::try_from(letter).unwrap_or(b'0');
        number /= DIGITS;
    }
    out.extend(digits.into_iter().map(char::from));
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use fake::rand::SeedableRng;
    use proptest::prelude::*;

    use super::*;

    fn texts(topic: Topic, lengths: (usize, Option<usize>), case: Option<Case>) -> Content {
        Content::Text(TextContent {
            topic,
            shortest: lengths.0,
            longest: lengths.1,
            case,
            none_of: Vec::new(),
        })
    }

    const TOPICS: [Topic; 8] = [
        Topic::Email,
        Topic::Person,
        Topic::Code,
        Topic::Url,
        Topic::Phone,
        Topic::Title,
        Topic::Word,
        Topic::Prose,
    ];

    proptest! {
        #[test]
        fn each_number_has_a_text_of_its_own_that_fits_and_tells_it(
            seed: u64,
            topic in 0_usize..8,
            shortest in 1_usize..40,
            more in 0_usize..40,
            is_limited: bool,
            case in 0_usize..3,
            numbers in proptest::collection::btree_set(0_i64..1_000_000_000, 2..20),
        ) {
            let longest = is_limited.then_some(shortest + more);
            let case = [None, Some(Case::Lower), Some(Case::Upper)][case];
            let content = texts(TOPICS[topic], (shortest, longest), case);
            let (low, high) = content.numbers().expect("texts have numbers");
            let mut seen = BTreeSet::new();
            for number in numbers.into_iter().filter(|number| (low..=high).contains(number)) {
                let mut text = String::new();
                content.write_numbered(number, &mut SmallRng::seed_from_u64(seed), &mut text);
                let count = text.chars().count();
                prop_assert!(count >= shortest, "{}", text);
                prop_assert!(longest.is_none_or(|longest| count <= longest), "{}", text);
                prop_assert_eq!(content.number_of(&text), Some(number), "{}", text);
                prop_assert!(seen.insert(text.to_lowercase()), "{}", text);
            }
        }
    }
}
