//! Numbers that are each given out once, around those that are taken.
//!
//! Pure.

/// The numbers between two, both inclusive, that are not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Numbers {
    low: i64,
    high: i64,
    /// Within the bounds, ascending.
    taken: Vec<i64>,
}

impl Numbers {
    /// Returns the numbers from one to another but for those that are taken.
    pub(super) fn without((low, high): (i64, i64), taken: impl IntoIterator<Item = i64>) -> Self {
        let within = taken
            .into_iter()
            .filter(|number| (low..=high).contains(number));
        let mut taken: Vec<i64> = within.collect();
        taken.sort_unstable();
        taken.dedup();
        Self { low, high, taken }
    }

    /// Returns how many there are.
    pub(super) fn room(&self) -> u64 {
        if self.low > self.high {
            return 0;
        }
        let all = self.high.abs_diff(self.low).saturating_add(1);
        all - u64::try_from(self.taken.len()).unwrap_or(u64::MAX)
    }

    /// Returns the one at a place, 0-based; `None` behind the last.
    pub(super) fn at(&self, place: u64) -> Option<i64> {
        if place >= self.room() {
            return None;
        }
        let free_before = |(index, taken): (usize, i64)| {
            let index = u64::try_from(index).unwrap_or(u64::MAX);
            taken.abs_diff(self.low) - index
        };
        // As many are passed over as are taken before it.
        let (mut first, mut last) = (0, self.taken.len());
        while first < last {
            let middle = first.midpoint(last);
            if free_before((middle, self.taken[middle])) <= place {
                first = middle + 1;
            } else {
                last = middle;
            }
        }
        let passed = u64::try_from(first).ok()?;
        self.low.checked_add_unsigned(place + passed)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_free_number_is_given_out_once_and_in_order(
            low in -20_i64..20,
            width in 0_i64..40,
            taken in proptest::collection::vec(-30_i64..70, 0..30),
        ) {
            let high = low + width;
            let numbers = Numbers::without((low, high), taken.iter().copied());
            let given: Vec<i64> = (0..).map_while(|place| numbers.at(place)).collect();
            let free: Vec<i64> = (low..=high).filter(|number| !taken.contains(number)).collect();
            prop_assert_eq!(numbers.room(), u64::try_from(free.len()).expect("few"));
            prop_assert_eq!(given, free);
        }
    }

    #[test]
    fn all_whole_numbers_can_be_given_out() {
        let all = Numbers::without((i64::MIN, i64::MAX), []);
        assert_eq!(all.at(u64::MAX - 1), Some(i64::MAX - 1));
        assert_eq!(Numbers::without((1, 0), []).room(), 0);
    }
}
