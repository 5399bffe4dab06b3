//! What a column's values are made of, whatever the row: its type, narrowed by what CHECKs ask.
//!
//! Pure. Which of them a row gets, so that keys stay unique and references hold, is for `maker`.

mod text;
mod write;

pub(super) use text::{TextContent, shorten};

use super::check::Condition;
use super::name::Words;
use super::ordinal::{DAY, Form};
use super::span::Span;
use super::topic::{Topic, topic};
use super::usual::usual;
use crate::backend::rows::ValueType;

/// The most digits of a number whose column has no limit.
const UNLIMITED_DIGITS: u32 = 15;
/// The most digits that a number of ours can have.
const MOST_DIGITS: u32 = 18;
/// 0001-01-01 and 9999-12-31, between which days are written alike everywhere.
const DAYS: (i64, i64) = (-719_162, 2_932_896);
/// How many bytes a value has where nobody says.
const BYTES: usize = 16;

/// What values are made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Content {
    Ordered(Span),
    /// One of these.
    Choice(Vec<String>),
    Text(TextContent),
    Uuid,
    Bytes {
        count: usize,
    },
    Json,
    Interval,
    Address {
        network: bool,
    },
    Hardware,
    Bits {
        count: usize,
    },
    Point,
    Array(Box<Content>),
    Range(Box<Content>),
}

/// No value fulfils the condition at this place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Conflict(pub(super) usize);

impl Content {
    /// Returns what a column's values are made of; `None` where nobody knows a value of its type.
    pub(super) fn of(
        values: &ValueType,
        (table, column): (&Words, &Words),
        conditions: &[&Condition],
    ) -> Result<Option<Self>, Conflict> {
        let content = match values {
            ValueType::Boolean => Self::Choice(vec!["true".to_owned(), "false".to_owned()]),
            ValueType::Label(labels) => Self::Choice(labels.clone()),
            ValueType::Text { longest } => {
                let text = TextContent::of(topic(table, column, *longest), *longest, conditions)?;
                Self::Text(text)
            }
            ValueType::Uuid => Self::Uuid,
            ValueType::Bytes => Self::Bytes {
                count: TextContent::of(Topic::Word, None, conditions)?.count(BYTES),
            },
            ValueType::Json => Self::Json,
            ValueType::Interval => Self::Interval,
            ValueType::Address { network } => Self::Address { network: *network },
            ValueType::Hardware => Self::Hardware,
            ValueType::Bits { count } => Self::Bits { count: *count },
            ValueType::Point => Self::Point,
            ValueType::Array(element) => return inner(element, (table, column), Self::Array),
            ValueType::Range(element) => return inner(element, (table, column), Self::Range),
            ValueType::Unknown => return Ok(None),
            ordered => match span(ordered, column) {
                Some(span) => Self::Ordered(narrowed(span, column, conditions)?),
                None => return Ok(None),
            },
        };
        content.chosen(conditions).map(Some)
    }

    /// Returns the values that a list leaves, where there is one.
    fn chosen(self, conditions: &[&Condition]) -> Result<Self, Conflict> {
        let mut content = self;
        for (place, condition) in conditions.iter().enumerate() {
            content = match (content, condition) {
                (Self::Choice(mut values), Condition::OneOf(_, wanted)) => {
                    values.retain(|value| wanted.contains(value) || is_truth_of(value, wanted));
                    Self::Choice(values)
                }
                (Self::Choice(mut values), Condition::NoneOf(_, unwanted)) => {
                    values.retain(|value| !unwanted.contains(value));
                    Self::Choice(values)
                }
                (other, Condition::OneOf(_, wanted)) => {
                    let fits = wanted.iter().filter(|value| other.takes(value));
                    Self::Choice(fits.cloned().collect())
                }
                (other, _) => other,
            };
            if content == Self::Choice(Vec::new()) {
                return Err(Conflict(place));
            }
        }
        Ok(content)
    }

    fn takes(&self, value: &str) -> bool {
        match self {
            Self::Ordered(span) => span.takes(value),
            Self::Text(text) => text.takes(value),
            _ => true,
        }
    }
}

/// Returns whether a truth value is wanted under another name.
fn is_truth_of(value: &str, wanted: &[String]) -> bool {
    let number = match value {
        "true" => "1",
        "false" => "0",
        _ => return false,
    };
    wanted.iter().any(|wanted| wanted == number)
}

/// Returns what is made of other values, which no condition is known of.
fn inner(
    element: &ValueType,
    names: (&Words, &Words),
    of: fn(Box<Content>) -> Content,
) -> Result<Option<Content>, Conflict> {
    let content = Content::of(element, names, &[])?;
    Ok(content.map(|content| of(Box::new(content))))
}

/// Returns the numbers that a type of ordered values takes.
fn span(values: &ValueType, column: &Words) -> Option<Span> {
    let moments = (DAYS.0 * DAY, DAYS.1 * DAY);
    Some(match values {
        ValueType::Whole { low, high } => Span::new(Form::Whole, (*low, *high)),
        ValueType::Decimal { digits, scale } => decimal(*digits, *scale),
        ValueType::Real => {
            let is_place = column.has(&["latitude", "lat", "longitude", "lng", "lon"]);
            decimal(None, if is_place { 6 } else { 2 })
        }
        ValueType::Date => Span::new(Form::Date, DAYS),
        ValueType::Time => Span::new(Form::Time, (0, DAY - 1)),
        ValueType::Moment { zoned } => Span::new(Form::Moment { zoned: *zoned }, moments),
        _ => return None,
    })
}

fn decimal(digits: Option<u32>, scale: u32) -> Span {
    let form = Form::decimal(scale);
    let kept = match form {
        Form::Decimal { scale } => scale,
        _ => 0,
    };
    let whole = digits.unwrap_or(UNLIMITED_DIGITS).saturating_sub(scale);
    let most = 10_i64.pow((whole + kept).min(MOST_DIGITS)) - 1;
    Span::new(form, (-most, most))
}

/// Narrows numbers by all conditions, and says what of the rest is usual.
fn narrowed(mut span: Span, column: &Words, conditions: &[&Condition]) -> Result<Span, Conflict> {
    for (place, condition) in conditions.iter().enumerate() {
        if !span.narrow(condition) {
            return Err(Conflict(place));
        }
    }
    span.settle(usual(column, span.form));
    Ok(span)
}
