//! Between which numbers the values of a column usually are, by its name.
//!
//! Pure. Only a guess: what a type or a CHECK says stands above it.

use super::name::Words;
use super::ordinal::{DAY, FIRST_DAY, Form, LAST_DAY};

/// 1950-01-01 and 2005-12-31, between which people of age are born.
const BIRTHS: (i64, i64) = (-7_305, 13_148);

/// What a whole number, or one with a fraction, is usually between, both inclusive.
const NUMBERS: &[(&[&str], (i64, i64))] = &[
    (&["age"], (18, 90)),
    (&["year"], (1990, 2025)),
    (&["month"], (1, 12)),
    (&["day", "weekday"], (1, 7)),
    (&["hour"], (0, 23)),
    (&["minute", "second"], (0, 59)),
    (&["rating", "stars"], (1, 5)),
    (&["percent", "percentage", "score", "progress"], (0, 100)),
    (&["quantity", "qty", "count", "seats", "guests"], (1, 20)),
    (
        &["position", "rank", "priority", "ordinal", "sort"],
        (1, 100),
    ),
    (&["version", "revision", "level"], (1, 10)),
    (&["port"], (1024, 65_535)),
    (&["cents"], (100, 100_000)),
    (
        &[
            "price", "amount", "total", "cost", "fee", "balance", "salary",
        ],
        (1, 1_000),
    ),
    (&["rate", "discount", "tax"], (0, 30)),
    (&["latitude", "lat"], (-90, 90)),
    (&["longitude", "lng", "lon"], (-180, 180)),
    (&["bytes", "size"], (1_000, 10_000_000)),
];

/// Returns between which numbers of its form a column's values usually are, both inclusive.
pub(super) fn usual(column: &Words, form: Form) -> (i64, i64) {
    let is_birth = column.has(&["birth", "birthday", "birthdate", "born", "dob"]);
    let days = if is_birth {
        BIRTHS
    } else {
        (FIRST_DAY, LAST_DAY)
    };
    match form {
        Form::Date => days,
        Form::Time => (0, DAY - 1),
        Form::Moment { .. } => moments(days),
        Form::Whole if column.ends_in(&["at"]) => moments(days),
        Form::Whole | Form::Decimal { .. } => {
            let known = NUMBERS.iter().find(|(words, _)| column.has(words));
            let (low, high) = known.map_or((1, 1_000), |(_, between)| *between);
            (form.of_whole(low), form.of_whole(high))
        }
    }
}

/// Returns the first and the last second of days.
fn moments((first, last): (i64, i64)) -> (i64, i64) {
    (first * DAY, last * DAY + DAY - 1)
}

/// How often, in a hundred rows, a column that may be NULL is.
pub(super) fn percent_null(column: &Words) -> u32 {
    const ENDS: &[&str] = &[
        "deleted",
        "archived",
        "cancelled",
        "canceled",
        "banned",
        "blocked",
        "disabled",
        "revoked",
        "removed",
        "discarded",
        "suspended",
    ];
    if column.has(ENDS) { 90 } else { 10 }
}
