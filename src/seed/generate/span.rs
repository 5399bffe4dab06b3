//! Between which numbers the values of a column are: what its type holds, what CHECKs leave of it,
//! and what of that is usual.
//!
//! Pure.

use fake::rand::RngExt;
use fake::rand::rngs::SmallRng;

use super::check::{Comparison, Condition};
use super::ordinal::Form;

/// How far values go where nobody knows what is usual.
const USUAL_WIDTH: i64 = 1_000;

/// Numbers of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) form: Form,
    /// The outermost that are taken, both inclusive.
    pub(super) low: i64,
    pub(super) high: i64,
    /// Between which they usually are, both inclusive.
    pub(super) usual: (i64, i64),
    /// What is left out.
    pub(super) none_of: Vec<i64>,
}

impl Span {
    /// Makes the numbers that a type takes.
    pub(super) fn new(form: Form, (low, high): (i64, i64)) -> Self {
        Self {
            form,
            low,
            high,
            usual: (low, high),
            none_of: Vec::new(),
        }
    }

    /// Leaves what fulfils a condition, if it can be understood; `false` where that is nothing.
    pub(super) fn narrow(&mut self, condition: &Condition) -> bool {
        match condition {
            Condition::Limit(_, comparison, value) => self.limit(*comparison, value),
            Condition::NoneOf(_, values) => {
                let read = values.iter().filter_map(|value| self.form.read(value));
                let exact = read.filter(|standing| standing.exact);
                self.none_of.extend(exact.map(|standing| standing.floor));
            }
            _ => {}
        }
        self.low <= self.high
    }

    fn limit(&mut self, comparison: Comparison, value: &str) {
        let Some(standing) = self.form.read(value) else {
            return;
        };
        let floor = standing.floor;
        let beyond = i64::from(!standing.exact);
        match comparison {
            Comparison::Less => self.high = self.high.min(floor.saturating_add(beyond - 1)),
            Comparison::AtMost => self.high = self.high.min(floor),
            Comparison::AtLeast => self.low = self.low.max(floor.saturating_add(beyond)),
            Comparison::More => self.low = self.low.max(floor.saturating_add(1)),
            Comparison::Equal | Comparison::Other => {}
        }
    }

    /// Returns whether a value, as text, is one of them.
    pub(super) fn takes(&self, text: &str) -> bool {
        let standing = self.form.read(text).filter(|standing| standing.exact);
        standing.is_none_or(|standing| {
            let number = standing.floor;
            (self.low..=self.high).contains(&number) && !self.none_of.contains(&number)
        })
    }

    /// Says what is usual, as far as it is taken at all.
    pub(super) fn settle(&mut self, (low, high): (i64, i64)) {
        let (first, last) = (low.max(self.low), high.min(self.high));
        self.usual = if first <= last {
            (first, last)
        } else if self.low > high {
            (
                self.low,
                self.high.min(self.low.saturating_add(USUAL_WIDTH)),
            )
        } else {
            (
                self.low.max(self.high.saturating_sub(USUAL_WIDTH)),
                self.high,
            )
        };
    }

    /// Returns one of the usual numbers.
    pub(super) fn pick(&self, random: &mut SmallRng) -> i64 {
        let (low, high) = self.usual;
        let picked = random.random_range(low..=high);
        if !self.none_of.contains(&picked) {
            return picked;
        }
        // As many steps as there are numbers left out lead to one that is not, if there is any.
        let next = (1..=self.none_of.len()).filter_map(|step| {
            let step = i64::try_from(step).ok()?;
            let up = picked
                .checked_add(step)
                .filter(|number| *number <= self.high);
            let down = picked
                .checked_sub(step)
                .filter(|number| *number >= self.low);
            up.into_iter()
                .chain(down)
                .find(|number| !self.none_of.contains(number))
        });
        next.min_by_key(|number| number.abs_diff(picked))
            .unwrap_or(picked)
    }
}

#[cfg(test)]
mod tests {
    use fake::rand::SeedableRng;
    use proptest::prelude::*;

    use super::*;

    fn limit(comparison: Comparison, value: &str) -> Condition {
        Condition::Limit("a".to_owned(), comparison, value.to_owned())
    }

    #[test]
    fn limits_leave_what_lies_between_them() {
        let mut cents = Span::new(Form::decimal(2), (-99_999, 99_999));
        assert!(cents.narrow(&limit(Comparison::More, "0.005")));
        assert!(cents.narrow(&limit(Comparison::Less, "10")));
        assert_eq!((cents.low, cents.high), (1, 999));
        assert!(cents.narrow(&limit(Comparison::AtLeast, "0.015")));
        assert!(cents.narrow(&limit(Comparison::AtMost, "9.995")));
        assert_eq!((cents.low, cents.high), (2, 999));
        assert!(!cents.narrow(&limit(Comparison::More, "100")));
    }

    #[test]
    fn what_is_usual_gives_way_to_what_is_taken() {
        let mut span = Span::new(Form::Whole, (5_000, i64::MAX));
        span.settle((1, 1_000));
        assert_eq!(span.usual, (5_000, 6_000));
        span = Span::new(Form::Whole, (i64::MIN, -5_000));
        span.settle((1, 1_000));
        assert_eq!(span.usual, (-6_000, -5_000));
        span = Span::new(Form::Whole, (10, 20));
        span.settle((1, 1_000));
        assert_eq!(span.usual, (10, 20));
    }

    proptest! {
        #[test]
        fn what_is_picked_is_taken(seed: u64, low in -20_i64..20, width in 1_i64..20, out in -20_i64..40) {
            let mut span = Span::new(Form::Whole, (low, low + width));
            span.none_of = vec![out, out + 1];
            prop_assume!((low..=low + width).any(|number| !span.none_of.contains(&number)));
            let picked = span.pick(&mut SmallRng::seed_from_u64(seed));
            prop_assert!((low..=low + width).contains(&picked), "{}", picked);
            prop_assert!(!span.none_of.contains(&picked), "{}", picked);
        }
    }
}
