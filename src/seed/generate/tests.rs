//! Rows that are made up, from what a table asks alone.

use std::collections::BTreeSet;

use fake::rand::SeedableRng;
use fake::rand::rngs::SmallRng;
use proptest::prelude::*;

use super::chance::Chance;
use super::check::{Comparison, Condition};
use super::content::{Conflict, Content};
use super::draft::Draft;
use super::maker::{Made, Maker, Making};
use super::name::Words;
use super::numbers::Numbers;
use crate::backend::rows::{RowBlock, ValueType};

fn content(values: &ValueType, conditions: &[Condition]) -> Result<Option<Content>, Conflict> {
    let conditions: Vec<&Condition> = conditions.iter().collect();
    Content::of(values, (&Words::of("t"), &Words::of("c")), &conditions)
}

fn write(content: &Content, seed: u64) -> String {
    let mut out = String::new();
    content.write(&mut SmallRng::seed_from_u64(seed), &mut out);
    out
}

fn limit(comparison: Comparison, value: i64) -> Condition {
    Condition::Limit("c".to_owned(), comparison, value.to_string())
}

fn length(comparison: Comparison, count: i64) -> Condition {
    Condition::Length("c".to_owned(), comparison, count)
}

proptest! {
    #[test]
    fn whole_numbers_keep_to_type_and_limits(seed: u64, low in -40_000_i64..40_000, width in 0_i64..100) {
        let short = ValueType::Whole { low: i16::MIN.into(), high: i16::MAX.into() };
        let limits = [limit(Comparison::AtLeast, low), limit(Comparison::AtMost, low + width)];
        match content(&short, &limits) {
            Ok(Some(content)) => {
                let number: i64 = write(&content, seed).parse().expect("a whole number");
                prop_assert!((low..=low + width).contains(&number));
                prop_assert!(i16::try_from(number).is_ok());
            }
            refused => {
                prop_assert!(refused.is_err());
                prop_assert!(low > i16::MAX.into() || low + width < i16::MIN.into());
            }
        }
    }

    #[test]
    fn decimals_have_no_more_digits_than_their_type(seed: u64, digits in 1_u32..15, behind in 0_u32..6) {
        prop_assume!(behind <= digits);
        let values = ValueType::Decimal { digits: Some(digits), scale: behind };
        let content = content(&values, &[]).expect("no limits").expect("a known type");
        let text = write(&content, seed);
        let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
        prop_assert_eq!(fraction.len(), usize::try_from(behind).expect("small"), "{}", &text);
        let whole = whole.trim_start_matches(['-', '0']);
        prop_assert!(whole.len() <= usize::try_from(digits - behind).expect("small"), "{}", &text);
    }

    #[test]
    fn texts_keep_to_their_lengths(seed: u64, shortest in 0_i64..60, more in 0_i64..60) {
        let values = ValueType::Text { longest: None };
        let lengths = [length(Comparison::AtLeast, shortest), length(Comparison::AtMost, shortest + more)];
        let content = content(&values, &lengths).expect("they can be").expect("a known type");
        let text = write(&content, seed);
        let count = i64::try_from(text.chars().count()).expect("short");
        prop_assert!((shortest..=shortest + more).contains(&count), "{}", text);
    }

    #[test]
    fn the_same_seed_makes_the_same_rows_and_another_one_others(seed: u64, there in 0_u64..1_000) {
        prop_assert_eq!(rows(seed, there), rows(seed, there));
        prop_assert_ne!(rows(seed, there), rows(seed.wrapping_add(1), there));
        prop_assert_ne!(rows(seed, there), rows(seed, there + 1));
    }
}

/// Makes a few rows of a table that had so many before.
fn rows(seed: u64, there: u64) -> Vec<Vec<String>> {
    let types = [
        ("id", ValueType::Uuid),
        ("email", ValueType::Text { longest: None }),
        ("born_on", ValueType::Date),
    ];
    let chance = Chance::of(seed);
    let columns = types.map(|(name, values)| {
        let content = Content::of(&values, (&Words::of("users"), &Words::of(name)), &[]);
        let content = content.expect("no conditions").expect("a known type");
        Made {
            name: name.to_owned(),
            making: match name {
                "email" => Making::Numbered {
                    numbers: Numbers::without((1, 100), []),
                    content,
                },
                _ => Making::Each { content, nulls: 0 },
            },
            chance: chance.named(name),
        }
    });
    let mut maker = Maker {
        columns: columns.into_iter().collect(),
        references: Vec::new(),
        combinations: Vec::new(),
        pairs: Vec::new(),
        there,
        passed: Vec::new(),
        draft: Draft::default(),
    };
    let mut block = RowBlock::default();
    for row in 0..5 {
        maker.make(row, &mut block).expect("there is room");
    }
    let fields = |row| {
        block
            .fields(row)
            .map(|field| field.text().unwrap_or("NULL").to_owned())
    };
    (0..5).map(|row| fields(row).collect()).collect()
}

#[test]
fn each_column_has_chances_of_its_own() {
    let made = rows(1, 0);
    let emails: BTreeSet<&String> = made.iter().map(|row| &row[1]).collect();
    assert_eq!(emails.len(), 5);
    insta::assert_debug_snapshot!(made[0]);
}

#[test]
fn what_no_value_fulfils_is_told_by_its_place() {
    let whole = ValueType::Whole {
        low: 0,
        high: 1_000,
    };
    let text = ValueType::Text { longest: Some(5) };
    let choice = |values: &[&str]| {
        let values = values.iter().map(|value| (*value).to_owned());
        Condition::OneOf("c".to_owned(), values.collect())
    };
    for (values, conditions) in [
        (
            &whole,
            vec![limit(Comparison::More, 5), limit(Comparison::Less, 5)],
        ),
        (
            &whole,
            vec![limit(Comparison::More, 5), choice(&["1", "5"])],
        ),
        (&text, vec![choice(&["x", "y"]), choice(&["z"])]),
        (&text, vec![choice(&["x"]), length(Comparison::More, 5)]),
        (
            &ValueType::Boolean,
            vec![choice(&["true"]), choice(&["false"])],
        ),
    ] {
        assert_eq!(
            content(values, &conditions),
            Err(Conflict(1)),
            "{conditions:?}"
        );
    }
}

#[test]
fn lists_leave_what_the_other_conditions_take() {
    let whole = ValueType::Whole {
        low: 0,
        high: 1_000,
    };
    let conditions = [
        Condition::OneOf("c".to_owned(), vec!["1".to_owned(), "7".to_owned()]),
        limit(Comparison::More, 5),
    ];
    let left = content(&whole, &conditions);
    assert_eq!(left, Ok(Some(Content::Choice(vec!["7".to_owned()]))));
}
