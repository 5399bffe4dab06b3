//! The values of flags that have a form of their own.

use std::time::Duration;

use dieselkit::clock::parse_duration;
use dieselkit::migration::Limit;

/// Returns the duration that `500ms`, `60s`, `2m`, `1h` or `0` means.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    parse_duration(text).ok_or_else(|| String::from(DURATION))
}

const DURATION: &str =
    "a duration is a number with a unit, such as `500ms`, `60s` or `2m`; `0` is none";

/// Returns the limit that `10s`, `500ms`, `0` or `off` means.
pub(super) fn limit(text: &str) -> Result<Limit, String> {
    text.parse()
}

/// Returns the age that `90m`, `26h`, `7d`, `2w` or `0` means.
pub(crate) fn age(text: &str) -> Result<Duration, String> {
    let digits = text
        .find(|character: char| !character.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let seconds = match unit {
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        "w" => 604_800,
        "" if number == "0" => 0,
        _ => return Err(String::from(AGE)),
    };
    let number: Option<u64> = number.parse().ok();
    number
        .and_then(|number| number.checked_mul(seconds))
        .map(Duration::from_secs)
        .ok_or_else(|| String::from(AGE))
}

const AGE: &str = "an age is a number with a unit, such as `90m`, `26h`, `7d` or `2w`; `0` is none";

/// Returns the number that `text` is: at least 1.
pub(super) fn count(text: &str) -> Result<u32, String> {
    match text.parse() {
        Ok(0) | Err(_) => Err(String::from("it must be a whole number, 1 or more")),
        Ok(number) => Ok(number),
    }
}

/// Returns the number that `text` is: at least 0.
pub(super) fn number(text: &str) -> Result<u64, String> {
    text.parse()
        .map_err(|_| String::from("it must be a whole number, 0 or more"))
}

/// Returns `text` without blanks around it, unless nothing is left.
pub(super) fn not_blank(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => Err(String::from("it must not be empty")),
        trimmed => Ok(trimmed.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_need_a_unit_unless_they_are_zero() {
        for (text, milliseconds) in [
            ("0", 0),
            ("0s", 0),
            ("500ms", 500),
            ("60s", 60_000),
            ("2m", 120_000),
            ("1h", 3_600_000),
        ] {
            assert_eq!(
                duration(text),
                Ok(Duration::from_millis(milliseconds)),
                "{text}"
            );
        }
        for text in [
            "",
            "60",
            "s",
            "-1s",
            "1.5s",
            "1 s",
            "1d",
            "18446744073709551615m",
        ] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn ages_are_longer_than_durations() {
        for (text, hours) in [("0", 0), ("120m", 2), ("26h", 26), ("7d", 168), ("2w", 336)] {
            assert_eq!(age(text), Ok(Duration::from_hours(hours)), "{text}");
        }
        for text in [
            "",
            "7",
            "d",
            "-1d",
            "1.5d",
            "1 d",
            "1y",
            "00",
            "1844674407370955161w",
        ] {
            assert!(age(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_count_is_a_whole_number_from_1_on() {
        assert_eq!(count("1"), Ok(1));
        assert_eq!(count("4294967295"), Ok(u32::MAX));
        for text in ["", "0", "-1", "x", "1.5", "4294967296"] {
            assert!(count(text).is_err(), "{text}");
        }
    }

    #[test]
    fn blank_texts_are_refused() {
        assert_eq!(not_blank(" a b "), Ok("a b".to_owned()));
        assert!(not_blank(" \t").is_err());
    }
}
