//! The identity of a piece of SQL: 32 bytes of SHA-256, shown as hex.
//!
//! Knows how a digest is written and read. Must not know what was hashed, or
//! how: that is `sql::checksum`.

use std::fmt;
use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The length of a checksum in bytes.
const LENGTH: usize = 32;

/// A SHA-256 digest, displayed as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Checksum([u8; LENGTH]);

impl Checksum {
    /// Makes a checksum of a digest's bytes.
    pub const fn from_bytes(bytes: [u8; LENGTH]) -> Self {
        Self(bytes)
    }

    /// Returns the digest's bytes.
    pub const fn as_bytes(&self) -> &[u8; LENGTH] {
        &self.0
    }
}

impl fmt::Display for Checksum {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for byte in self.0 {
            write!(formatter, "{byte:02x}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Checksum {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Checksum({self})")
    }
}

/// A text that is not a checksum.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a checksum of 64 hexadecimal digits")]
#[non_exhaustive]
pub struct ParseChecksumError {
    /// The text as it was given.
    pub text: String,
}

impl FromStr for Checksum {
    type Err = ParseChecksumError;

    /// Reads 64 hexadecimal digits of either case.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        decode(text).map(Self).ok_or_else(|| ParseChecksumError {
            text: text.to_owned(),
        })
    }
}

impl Serialize for Checksum {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Checksum {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

/// Returns the bytes that exactly 64 hexadecimal digits stand for.
fn decode(text: &str) -> Option<[u8; LENGTH]> {
    let digits = text.as_bytes();
    if digits.len() != LENGTH * 2 {
        return None;
    }
    let mut bytes = [0; LENGTH];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = nibble(pair[0])? << 4 | nibble(pair[1])?;
    }
    Some(bytes)
}

/// Returns the value of one hexadecimal digit.
fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counting() -> Checksum {
        Checksum::from_bytes(std::array::from_fn(|index| {
            u8::try_from(index * 8).expect("32 * 8 is 256, and the last index is 31")
        }))
    }

    #[test]
    fn display_is_lower_case_hex_that_parses_back() {
        let text = counting().to_string();
        assert_eq!(
            text,
            "0008101820283038404850586068707880889098a0a8b0b8c0c8d0d8e0e8f0f8"
        );
        assert_eq!(text.parse(), Ok(counting()));
        assert_eq!(text.to_uppercase().parse(), Ok(counting()));
    }

    #[test]
    fn text_of_another_length_or_alphabet_is_refused() {
        let hex = counting().to_string();
        let wrong = [
            String::new(),
            hex[1..].to_owned(),
            format!("{hex}0"),
            hex.replace('a', "g"),
            hex.replacen("00", "é", 1),
        ];
        for text in wrong {
            let error = text.parse::<Checksum>().expect_err(&text);
            assert_eq!(error.text, text);
        }
    }

    #[test]
    fn json_form_is_the_hex_string() {
        let json = serde_json::to_string(&counting()).expect("it can be written");
        assert_eq!(json, format!("\"{}\"", counting()));
        assert_eq!(
            serde_json::from_str::<Checksum>(&json).expect("it can be read"),
            counting()
        );
        assert!(serde_json::from_str::<Checksum>("\"00\"").is_err());
    }
}
