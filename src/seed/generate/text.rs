//! Writes texts that look like what they are about.
//!
//! Pure.

use std::fmt::Write;

use fake::faker::address::en::{
    BuildingNumber, CityName, CountryCode, CountryName, StateName, StreetName, TimeZone, ZipCode,
};
use fake::faker::company::en::{CompanyName, Industry, Profession};
use fake::faker::currency::en::CurrencyCode;
use fake::faker::internet::en::{IPv4, SafeEmail, UserAgent};
use fake::faker::job::en::Title as JobTitle;
use fake::faker::lorem::en::{Paragraph, Sentence, Word};
use fake::faker::name::en::{FirstName, LastName, Name};
use fake::rand::RngExt;
use fake::rand::rngs::SmallRng;
use fake::{Dummy, Fake};

use super::ordinal::{DAY, FIRST_DAY, Form, LAST_DAY};
use super::topic::Topic;

impl Topic {
    /// Adds a text to another.
    pub(super) fn write(self, random: &mut SmallRng, out: &mut String) {
        match self {
            Self::Person => put(&Name(), random, out),
            Self::City => put(&CityName(), random, out),
            Self::Zip => put(&ZipCode(), random, out),
            Self::Company => put(&CompanyName(), random, out),
            Self::Job => put(&JobTitle(), random, out),
            Self::Ip => put(&IPv4(), random, out),
            Self::Email => put(&SafeEmail(), random, out),
            Self::Title => put(&Sentence(3..6), random, out),
            Self::Prose => {
                let lines: String = Paragraph(1..4).fake_with_rng(random);
                out.push_str(&lines.replace('\n', " "));
            }
            Self::Moment => {
                let seconds = random.random_range(FIRST_DAY * DAY..=LAST_DAY * DAY);
                Form::Moment { zoned: false }.write(seconds, out);
            }
            Self::Day => Form::Date.write(random.random_range(FIRST_DAY..=LAST_DAY), out),
            Self::Token => write_digits(random, out),
            Self::Uuid => write_uuid(random, out),
            other => other.write_made(random, out),
        }
        if self == Self::Title {
            out.truncate(out.trim_end_matches('.').len());
        }
    }

    /// Adds what is made of words that stand in lists.
    fn write_made(self, random: &mut SmallRng, out: &mut String) {
        let word: fn(&mut SmallRng) -> &'static str = |random| Word().fake_with_rng(random);
        // Writing to a string cannot fail.
        let _ = match self {
            Self::FirstName => write!(out, "{}", FirstName().fake_with_rng::<&str, _>(random)),
            Self::LastName => write!(out, "{}", LastName().fake_with_rng::<&str, _>(random)),
            Self::Country => write!(out, "{}", CountryName().fake_with_rng::<&str, _>(random)),
            Self::CountryCode => write!(out, "{}", CountryCode().fake_with_rng::<&str, _>(random)),
            Self::Region => write!(out, "{}", StateName().fake_with_rng::<&str, _>(random)),
            Self::Industry => write!(out, "{}", Industry().fake_with_rng::<&str, _>(random)),
            Self::Currency => write!(out, "{}", CurrencyCode().fake_with_rng::<&str, _>(random)),
            Self::Agent => write!(out, "{}", UserAgent().fake_with_rng::<&str, _>(random)),
            Self::Zone => write!(out, "{}", TimeZone().fake_with_rng::<&str, _>(random)),
            Self::Thing => {
                let of: &str = Profession().fake_with_rng(random);
                let (first, second) = (capital(word(random)), of);
                write!(out, "{first} {second}")
            }
            Self::Street => {
                let street: String = StreetName().fake_with_rng(random);
                let number: String = BuildingNumber().fake_with_rng(random);
                write!(out, "{number} {street}")
            }
            // Numbers that nobody has.
            Self::Phone => write!(out, "+1 555 {:07}", random.random_range(0..10_000_000)),
            Self::Language => {
                let known = ["en", "de", "fr", "it", "es", "pt", "nl", "pl"];
                write!(out, "{}", known[random.random_range(0..known.len())])
            }
            Self::Handle | Self::Slug => write!(out, "{}-{}", word(random), word(random)),
            Self::Url => write!(out, "https://example.com/{}", word(random)),
            Self::Host => write!(out, "{}.example.com", word(random)),
            Self::File => write!(out, "{}/{}.txt", word(random), word(random)),
            Self::Color => write!(out, "#{:06x}", random.random_range(0..1 << 24)),
            Self::Code => write!(out, "{:06}", random.random_range(0..1_000_000)),
            _ => write!(out, "{}", word(random)),
        };
    }
}

fn put<F>(faker: &F, random: &mut SmallRng, out: &mut String)
where
    String: Dummy<F>,
{
    let text: String = faker.fake_with_rng(random);
    out.push_str(&text);
}

fn capital(word: &str) -> String {
    let mut characters = word.chars();
    let first = characters.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(characters).collect()
}

fn write_digits(random: &mut SmallRng, out: &mut String) {
    let _ = write!(out, "{:032x}", random.random::<u128>());
}

/// Adds a UUID of version 4.
pub(super) fn write_uuid(random: &mut SmallRng, out: &mut String) {
    let uuid = uuid::Builder::from_random_bytes(random.random()).into_uuid();
    let mut buffer = uuid::Uuid::encode_buffer();
    out.push_str(uuid.as_hyphenated().encode_lower(&mut buffer));
}

#[cfg(test)]
mod tests {
    use fake::rand::SeedableRng;

    use super::super::topic::BY_LAST_WORD;
    use super::*;

    #[test]
    fn texts_look_like_what_they_are_for() {
        let shown = BY_LAST_WORD.iter().map(|(words, topic)| {
            let mut random = SmallRng::seed_from_u64(7);
            let mut out = String::new();
            topic.write(&mut random, &mut out);
            format!("{}: {out}", words[0])
        });
        insta::assert_snapshot!(shown.collect::<Vec<_>>().join("\n"));
    }
}
