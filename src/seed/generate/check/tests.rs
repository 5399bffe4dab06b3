//! What is read of CHECKs, as `PostgreSQL` writes them and as people type them.

use super::Comparison::{AtLeast, AtMost, Less, More};
use super::*;
#[cfg(feature = "postgres")]
use crate::backend::postgres::dialect::POSTGRES as DIALECT;
#[cfg(not(feature = "postgres"))]
use crate::backend::sqlite::dialect::SQLITE as DIALECT;

fn read(text: &str) -> Vec<Condition> {
    conditions(text, DIALECT)
}

fn limit(comparison: Comparison, value: &str) -> Condition {
    Condition::Limit("a".to_owned(), comparison, value.to_owned())
}

fn texts(values: &[&str]) -> Vec<String> {
    values.iter().map(|value| (*value).to_owned()).collect()
}

fn one_of(values: &[&str]) -> Condition {
    Condition::OneOf("a".to_owned(), texts(values))
}

fn none_of(values: &[&str]) -> Condition {
    Condition::NoneOf("a".to_owned(), texts(values))
}

fn length(comparison: Comparison, count: i64) -> Condition {
    Condition::Length("a".to_owned(), comparison, count)
}

#[test]
fn conditions_are_read_as_they_are_typed() {
    let pair = Condition::Pair("a".to_owned(), Less, "b".to_owned());
    for (text, expected) in [
        ("a > 0", vec![limit(More, "0")]),
        ("0 < a", vec![limit(More, "0")]),
        (
            "(a >= -5 AND a <= 1.5)",
            vec![limit(AtLeast, "-5"), limit(AtMost, "1.5")],
        ),
        (
            "a BETWEEN 1 AND 10",
            vec![limit(AtLeast, "1"), limit(AtMost, "10")],
        ),
        (
            "a > 0 AND b LIKE '%@%' AND a < 9",
            vec![limit(More, "0"), limit(Less, "9")],
        ),
        ("a IN ('x', 'it''s')", vec![one_of(&["x", "it's"])]),
        ("a NOT IN (1, 2)", vec![none_of(&["1", "2"])]),
        ("a = 'x' OR a IN ('y', 'z')", vec![one_of(&["x", "y", "z"])]),
        ("a <> ''", vec![none_of(&[""])]),
        ("a IS NULL OR a > 0", vec![limit(More, "0")]),
        ("a IS NOT NULL", vec![Condition::Present("a".to_owned())]),
        ("length(a) <= 20", vec![length(AtMost, 20)]),
        ("3 <= length(trim(a))", vec![length(AtLeast, 3)]),
        ("a < b", vec![pair.clone()]),
        ("t.\"a\" < t.b", vec![pair]),
        (
            "a = lower(a)",
            vec![Condition::Letters("a".to_owned(), Case::Lower)],
        ),
        (
            "upper(a) = a",
            vec![Condition::Letters("a".to_owned(), Case::Upper)],
        ),
        ("CAST(a AS text) <> 'x'", vec![none_of(&["x"])]),
    ] {
        assert_eq!(read(text), expected, "{text}");
    }
}

#[cfg(feature = "postgres")]
#[test]
fn conditions_are_read_as_the_server_writes_them() {
    for (text, expected) in [
        ("(a > (0)::numeric)", vec![limit(More, "0")]),
        ("(a >= '-5'::integer)", vec![limit(AtLeast, "-5")]),
        (
            "((a)::text = ANY ((ARRAY['x'::character varying, 'y'::character varying])::text[]))",
            vec![one_of(&["x", "y"])],
        ),
        ("(a <> ALL (ARRAY[1, 2]))", vec![none_of(&["1", "2"])]),
        ("(char_length((a)::text) <= 20)", vec![length(AtMost, 20)]),
        ("(length(TRIM(BOTH FROM a)) > 0)", vec![length(More, 0)]),
        (
            "(a >= '2020-01-01 00:00:00+00'::timestamp with time zone)",
            vec![limit(AtLeast, "2020-01-01 00:00:00+00")],
        ),
        (
            "((a IS NULL) OR ((a > 0) AND (a < 9)))",
            vec![limit(More, "0"), limit(Less, "9")],
        ),
        (
            "(a = ANY (ARRAY['x'::public.mood, 'y'::public.mood]))",
            vec![one_of(&["x", "y"])],
        ),
    ] {
        assert_eq!(read(text), expected, "{text}");
    }
}

#[test]
fn what_is_not_sure_is_left_to_the_database() {
    for text in [
        "a ~ '^[a-z]+$'",
        "a LIKE 'x%'",
        "a + 1 > 5",
        "a * b > 5",
        "abs(a) > 5",
        "(a)::date > '2020-01-01'",
        "a > 5 OR b > 5",
        "b IS NULL OR a > 5",
        "NOT (a > 5)",
        "a NOT BETWEEN 1 AND 2",
        "CASE WHEN a > 5 THEN b END",
        "a > now()",
        "a > CURRENT_DATE",
        "a > (SELECT 1)",
        "a IS DISTINCT FROM 5",
        "a > 5 garbage",
        "(a > 5",
        "a COLLATE \"C\" > 'x'",
        "date_part('year', a) > 2000",
        "5 > 1",
        "",
    ] {
        assert_eq!(read(text), [], "{text}");
    }
}
