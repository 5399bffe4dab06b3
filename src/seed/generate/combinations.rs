//! The ways in which the values of several columns go together, each of them once.
//!
//! Pure.

use super::numbers::Numbers;

/// The ways in which parts go together that are not there yet.
#[derive(Debug)]
pub(super) struct Combinations {
    /// How many values each part has, the one that moves first coming first.
    pub(super) sizes: Vec<i64>,
    /// Whether a part keeps its own order; the others are turned against each other, so that no
    /// part has the same value for long.
    pub(super) straight: Vec<bool>,
    pub(super) numbers: Numbers,
}

impl Combinations {
    /// Returns the place of each part's value in the so-manieth combination.
    pub(super) fn parts(&self, number: i64) -> Vec<i64> {
        let (mut rest, mut turn, mut parts) = (number, 0_i64, Vec::new());
        for (size, straight) in self.sizes.iter().zip(&self.straight) {
            let digit = rest % size;
            rest /= size;
            let part = if *straight {
                digit
            } else {
                (digit + turn % size) % size
            };
            turn = turn.wrapping_add(part).rem_euclid(i64::MAX / 4);
            parts.push(part);
        }
        parts
    }

    /// Returns whether each part has a value at its place.
    pub(super) fn has(&self, parts: &[i64]) -> bool {
        let mut parts = parts.iter().zip(&self.sizes);
        parts.all(|(part, size)| (0..*size).contains(part))
    }

    /// Returns the number of the combination of these places.
    pub(super) fn number(&self, parts: &[i64]) -> i64 {
        let (mut number, mut unit, mut turn) = (0_i64, 1_i64, 0_i64);
        for ((size, straight), part) in self.sizes.iter().zip(&self.straight).zip(parts) {
            let digit = if *straight {
                *part
            } else {
                (part - turn % size).rem_euclid(*size)
            };
            turn = turn.wrapping_add(*part).rem_euclid(i64::MAX / 4);
            number += digit * unit;
            unit *= size;
        }
        number
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_combination_comes_once_and_tells_its_number(
            sizes in proptest::collection::vec(1_i64..7, 1..4),
            straight in proptest::collection::vec(any::<bool>(), 4),
        ) {
            let all: i64 = sizes.iter().product();
            let combinations = Combinations {
                straight: straight[..sizes.len()].to_vec(),
                numbers: Numbers::without((0, all - 1), []),
                sizes: sizes.clone(),
            };
            let mut seen = BTreeSet::new();
            for number in 0..all {
                let parts = combinations.parts(number);
                prop_assert!(parts.iter().zip(&sizes).all(|(part, size)| (0..*size).contains(part)));
                prop_assert_eq!(combinations.number(&parts), number);
                prop_assert!(seen.insert(parts));
            }
        }
    }
}
