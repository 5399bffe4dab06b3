//! What is written in place of a value: the same for the same value.
//!
//! It knows no table.

use std::fmt;
use std::fmt::Write as _;
use std::str::FromStr;

use fake::Fake;
use fake::faker::address::en::{BuildingNumber, CityName, StreetName};
use fake::faker::company::en::CompanyName;
use fake::faker::internet::en::SafeEmail;
use fake::faker::lorem::en::Word;
use fake::faker::name::en::Name;
use fake::faker::phone_number::en::PhoneNumber;
use fake::rand::SeedableRng;
use fake::rand::rngs::StdRng;

use super::error::AnonymizeError;

/// What is written in place of a value; NULL stays NULL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Method {
    /// NULL.
    Null,
    /// 32 hexadecimal digits.
    Hash,
    /// An address of a domain that exists for examples.
    Email,
    /// A person's name.
    Name,
    /// A telephone number.
    Phone,
    /// A company's name.
    Company,
    /// Street and city.
    Address,
    /// One word.
    Word,
}

const METHODS: [(&str, Method); 8] = [
    ("null", Method::Null),
    ("hash", Method::Hash),
    ("fake:email", Method::Email),
    ("fake:name", Method::Name),
    ("fake:phone", Method::Phone),
    ("fake:company", Method::Company),
    ("fake:address", Method::Address),
    ("fake:word", Method::Word),
];

impl Method {
    /// Returns the names of all, as a text.
    pub(super) fn list() -> String {
        let names = METHODS.map(|(name, _)| format!("`{name}`"));
        names.join(", ")
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = METHODS.iter().find(|(_, method)| method == self);
        known.map_or(Ok(()), |(name, _)| f.write_str(name))
    }
}

/// A column and its method: `email=fake:email`, `users.email=fake:email`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anonymize {
    /// The column, of every captured table that has it, or `table.column`.
    pub column: String,
    /// What is written.
    pub method: Method,
}

impl FromStr for Anonymize {
    type Err = AnonymizeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (column, method) = text
            .split_once('=')
            .filter(|(column, _)| !column.is_empty())
            .ok_or_else(|| AnonymizeError::Malformed {
                text: text.to_owned(),
            })?;
        let known = METHODS.iter().find(|(name, _)| *name == method);
        let (_, known) = known.ok_or_else(|| AnonymizeError::UnknownMethod {
            method: method.to_owned(),
        })?;
        Ok(Self {
            column: column.to_owned(),
            method: *known,
        })
    }
}

/// Whether values that differ go on to do so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Distinct {
    /// Two may become the same.
    MayMeet,
    /// Something keeps them apart.
    Stay,
}

/// The bytes of a hash that keep values apart: of a million, two are the same once in 500 times.
const SHORT: usize = 6;

impl Method {
    /// Returns what is written in place of the value of this hash; `None` for NULL.
    pub(super) fn invent(self, digest: &[u8; 32], distinct: Distinct) -> Option<String> {
        let mut random = StdRng::from_seed(*digest);
        let text = match self {
            Self::Null => return None,
            Self::Hash => return Some(digits(&digest[..16])),
            Self::Email => return Some(email(&mut random, digest)),
            Self::Name => Name().fake_with_rng(&mut random),
            Self::Phone => PhoneNumber().fake_with_rng(&mut random),
            Self::Company => CompanyName().fake_with_rng(&mut random),
            Self::Word => Word().fake_with_rng(&mut random),
            Self::Address => address(&mut random),
        };
        Some(match distinct {
            Distinct::MayMeet => text,
            Distinct::Stay => format!("{text} {}", digits(&digest[..SHORT])),
        })
    }
}

fn email(random: &mut StdRng, digest: &[u8; 32]) -> String {
    let email: String = SafeEmail().fake_with_rng(random);
    let (name, domain) = email.split_once('@').unwrap_or((&email, "example.com"));
    format!("{name}.{}@{domain}", digits(&digest[..SHORT]))
}

fn address(random: &mut StdRng) -> String {
    let number: String = BuildingNumber().fake_with_rng(random);
    let street: String = StreetName().fake_with_rng(random);
    let city: String = CityName().fake_with_rng(random);
    format!("{number} {street}, {city}")
}

fn digits(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_method_is_read_as_it_is_written_and_gives_the_same_each_time() {
        for (name, method) in METHODS {
            let asked: Anonymize = format!("users.a={name}").parse().expect(name);
            assert_eq!((asked.column.as_str(), asked.method), ("users.a", method));
            assert_eq!(method.to_string(), name);
            let invent = |seed| method.invent(&[seed; 32], Distinct::Stay);
            assert_eq!(invent(1), invent(1));
            assert!(method == Method::Null || invent(1) != invent(2), "{name}");
        }
    }

    #[test]
    fn what_is_invented_looks_like_what_it_is_for() {
        let shown = METHODS.map(|(name, method)| {
            let invented = method.invent(&[7; 32], Distinct::MayMeet);
            format!("{name}: {}", invented.unwrap_or_default())
        });
        insta::assert_snapshot!(shown.join("\n"));
    }
}
