//! Values that have an order and a distance, as whole numbers: numbers, days and moments.
//!
//! Pure. A number is counted in the smallest step that its column keeps.

use std::fmt::Write;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Timelike};

/// How a whole number is written as a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// As it is.
    Whole,
    /// With so many digits behind the point.
    Decimal { scale: u32 },
    /// The days since 1970-01-01.
    Date,
    /// The seconds since midnight.
    Time,
    /// The seconds since 1970-01-01, in UTC where there is a zone.
    Moment { zoned: bool },
}

/// Where a value stands among those that a form can write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Standing {
    /// The largest that is not larger.
    pub(super) floor: i64,
    /// Whether that is the value itself.
    pub(super) exact: bool,
}

/// The first day that values have where nobody says another.
pub(super) const FIRST_DAY: i64 = 18_262; // 2020-01-01
/// The last one: all of them are past, whenever they are made.
pub(super) const LAST_DAY: i64 = 20_453; // 2025-12-31
/// The seconds of a day.
pub(super) const DAY: i64 = 86_400;

/// The most digits behind the point that are kept.
const MOST_DIGITS: u32 = 9;

impl Form {
    /// Returns the form of numbers with so many digits behind the point.
    pub(super) fn decimal(scale: u32) -> Self {
        Self::Decimal {
            scale: scale.min(MOST_DIGITS),
        }
    }

    /// Adds the value of a number to a text.
    pub(super) fn write(self, number: i64, out: &mut String) {
        // Writing to a string cannot fail.
        let _ = match self {
            Self::Whole => write!(out, "{number}"),
            Self::Decimal { scale } => write_decimal(number, scale, out),
            Self::Date => write!(out, "{}", date(number).format("%Y-%m-%d")),
            Self::Time => write!(out, "{}", time(number)),
            Self::Moment { zoned } => {
                let zone = if zoned { "+00" } else { "" };
                let moment = moment(number);
                write!(out, "{} {}{zone}", moment.date(), moment.time())
            }
        };
    }

    /// Returns where a value stands; `None` for what is none of this form.
    pub(super) fn read(self, text: &str) -> Option<Standing> {
        let text = text.trim();
        match self {
            Self::Whole => read_decimal(text, 0),
            Self::Decimal { scale } => read_decimal(text, scale),
            Self::Date => read_moment(text).map(|standing| Standing {
                floor: standing.floor.div_euclid(DAY),
                exact: standing.exact && standing.floor.rem_euclid(DAY) == 0,
            }),
            Self::Time => {
                let time: NaiveTime = text.get(..8.min(text.len()))?.parse().ok()?;
                Some(Standing {
                    floor: time.num_seconds_from_midnight().into(),
                    exact: text.len() <= 8,
                })
            }
            Self::Moment { .. } => read_moment(text),
        }
    }

    /// Returns the number of a whole value.
    pub(super) fn of_whole(self, value: i64) -> i64 {
        match self {
            Self::Decimal { scale } => value.saturating_mul(10_i64.pow(scale)),
            _ => value,
        }
    }
}

fn write_decimal(number: i64, scale: u32, out: &mut String) -> std::fmt::Result {
    if scale == 0 {
        return write!(out, "{number}");
    }
    let unit = 10_u64.pow(scale);
    let (whole, rest) = (number.unsigned_abs() / unit, number.unsigned_abs() % unit);
    let sign = if number < 0 { "-" } else { "" };
    let width = usize::try_from(scale).unwrap_or_default();
    write!(out, "{sign}{whole}.{rest:0width$}")
}

/// Reads a number; one that is too large stands at the end.
fn read_decimal(text: &str, scale: u32) -> Option<Standing> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !all_digits(whole) || !all_digits(fraction) || whole.len() + fraction.len() == 0 {
        return None;
    }
    let kept = usize::try_from(scale).ok()?.min(fraction.len());
    let (kept, lost) = fraction.split_at(kept);
    let padding = usize::try_from(scale).ok()? - kept.len();
    let digits = format!("{whole}{kept}{:0<padding$}", "");
    let size = digits.parse::<i128>().unwrap_or(i128::MAX / 2);
    let exact = lost.bytes().all(|digit| digit == b'0');
    let floor = sign * size - i128::from(sign < 0 && !exact);
    let clamped = floor.clamp(i64::MIN.into(), i64::MAX.into());
    Some(Standing {
        floor: i64::try_from(clamped).ok()?,
        exact,
    })
}

/// Reads a moment, or the midnight of a day; a zone that is not UTC is not read.
fn read_moment(text: &str) -> Option<Standing> {
    let text = text.strip_suffix("+00").unwrap_or(text).replace('T', " ");
    let day = text.get(..10)?.parse::<NaiveDate>().ok()?;
    let moment = if text.len() == 10 {
        day.and_time(NaiveTime::MIN)
    } else {
        NaiveDateTime::parse_from_str(&text, "%Y-%m-%d %H:%M:%S%.f").ok()?
    };
    Some(Standing {
        floor: moment.and_utc().timestamp(),
        exact: moment.nanosecond() == 0,
    })
}

fn moment(seconds: i64) -> NaiveDateTime {
    DateTime::from_timestamp(seconds, 0)
        .unwrap_or_default()
        .naive_utc()
}

fn date(days: i64) -> NaiveDate {
    moment(days.saturating_mul(DAY)).date()
}

fn time(seconds: i64) -> NaiveTime {
    moment(seconds.rem_euclid(DAY)).time()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(form: Form, number: i64) -> String {
        let mut out = String::new();
        form.write(number, &mut out);
        out
    }

    #[test]
    fn values_are_written_as_both_engines_read_them() {
        for (form, number, text) in [
            (Form::Whole, -5, "-5"),
            (Form::decimal(2), -5, "-0.05"),
            (Form::decimal(0), 12, "12"),
            (Form::decimal(3), 12_345, "12.345"),
            (Form::Date, FIRST_DAY, "2020-01-01"),
            (Form::Date, LAST_DAY, "2025-12-31"),
            (Form::Time, 3_661, "01:01:01"),
            (Form::Moment { zoned: true }, 0, "1970-01-01 00:00:00+00"),
            (Form::Moment { zoned: false }, DAY, "1970-01-02 00:00:00"),
        ] {
            assert_eq!(written(form, number), text);
        }
    }

    #[test]
    fn what_lies_between_two_values_stands_at_the_lower_one() {
        let standing = |floor, exact| Some(Standing { floor, exact });
        for (form, text, expected) in [
            (Form::Whole, "2.5", standing(2, false)),
            (Form::Whole, "-2.5", standing(-3, false)),
            (Form::Whole, "2.0", standing(2, true)),
            (Form::decimal(2), "0.005", standing(0, false)),
            (Form::decimal(2), "7", standing(700, true)),
            (
                Form::Whole,
                "99999999999999999999",
                standing(i64::MAX, true),
            ),
            (Form::Date, "1970-01-02 12:00:00", standing(1, false)),
            (
                Form::Moment { zoned: true },
                "1970-01-01 00:00:01.5+00",
                standing(1, false),
            ),
            (Form::Whole, "abc", None),
            (Form::Date, "tomorrow", None),
        ] {
            assert_eq!(form.read(text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_as_the_same(number in -719_162_i64..2_932_896, scale in 0_u32..5) {
            for form in [Form::Whole, Form::decimal(scale), Form::Date, Form::Moment { zoned: true }] {
                let standing = form.read(&written(form, number));
                prop_assert_eq!(standing, Some(Standing { floor: number, exact: true }));
            }
        }
    }
}
