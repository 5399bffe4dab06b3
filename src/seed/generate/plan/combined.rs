//! Counts the combinations of columns that are unique together, and leaves out those that are there.

use std::collections::HashMap;

use super::Planner;
use crate::backend::Backend;
use crate::backend::error::{DatabaseError, During};
use crate::seed::generate::combinations::Combinations;
use crate::seed::generate::content::Content;
use crate::seed::generate::error::GenerateError;
use crate::seed::generate::layout::Part;
use crate::seed::generate::numbers::Numbers;
use crate::seed::generate::pool::Pool;
use crate::seed::generate::read;

impl Planner<'_> {
    /// Returns the combinations that are not there yet.
    pub(super) fn combinations(
        &self,
        backend: &mut dyn Backend,
        pools: &[Pool],
    ) -> Result<Vec<Combinations>, GenerateError> {
        let mut all = Vec::new();
        for (index, combination) in self.layout.combinations.iter().enumerate() {
            let mut counted = self.counted(&combination.parts, pools);
            let taken = self
                .taken(backend, (index, &combination.columns), (&counted, pools))
                .during("read the keys that are there")?;
            let total = counted.sizes.iter().product::<i64>();
            counted.numbers = Numbers::without((0, total - 1), taken);
            self.refuse_no_room(&combination.columns, counted.numbers.room())?;
            all.push(counted);
        }
        Ok(all)
    }

    /// Returns all combinations of some parts, as many of them as there are numbers.
    fn counted(&self, parts: &[Part], pools: &[Pool]) -> Combinations {
        let mut total = 1_i64;
        let mut sizes = Vec::new();
        for part in parts {
            let size = match part {
                Part::Group(group) => i64::try_from(pools[*group].len()).unwrap_or(i64::MAX),
                Part::Column(column) => self.asked(*column).content.as_ref().map_or(1, size),
            };
            let size = size.clamp(1, (i64::MAX / 2 / total).max(1));
            total = total.saturating_mul(size);
            sizes.push(size);
        }
        let is_straight = |part: &Part| match part {
            Part::Group(_) => false,
            Part::Column(column) => {
                matches!(self.asked(*column).content, Some(Content::Ordered(_)))
            }
        };
        Combinations {
            straight: parts.iter().map(is_straight).collect(),
            sizes,
            numbers: Numbers::without((0, total - 1), []),
        }
    }

    /// Reads the numbers of the combinations that are there.
    fn taken(
        &self,
        backend: &mut dyn Backend,
        (index, places): (usize, &[usize]),
        (counted, pools): (&Combinations, &[Pool]),
    ) -> Result<Vec<i64>, DatabaseError> {
        let parts = &self.layout.combinations[index].parts;
        let known = parts.iter().map(|part| match part {
            Part::Group(group) => rows_by_key(&pools[*group]),
            Part::Column(_) => HashMap::new(),
        });
        let known: Vec<HashMap<String, i64>> = known.collect();
        let mut taken = Vec::new();
        read::values(backend, self.ground, places, &mut |values| {
            let value = |column: usize| {
                let place = places.iter().position(|place| *place == column)?;
                values.get(place)?.as_deref()
            };
            let numbers = parts.iter().zip(&known);
            let numbers = numbers.map(|(part, known)| self.number(*part, known, &value));
            let numbers: Option<Vec<i64>> = numbers.collect();
            let numbers = numbers.filter(|numbers| counted.has(numbers));
            taken.extend(numbers.map(|numbers| counted.number(&numbers)));
        })?;
        Ok(taken)
    }

    /// Returns the number of a part's value in a row; `None` for one that would never be made.
    fn number<'v>(
        &self,
        part: Part,
        known: &HashMap<String, i64>,
        value: &dyn Fn(usize) -> Option<&'v str>,
    ) -> Option<i64> {
        match part {
            Part::Group(group) => {
                let columns = self.layout.groups[group].columns.iter();
                let key: Option<Vec<&str>> = columns.map(|column| value(*column)).collect();
                known.get(&joined(key?.into_iter())).copied()
            }
            Part::Column(column) => {
                let content = self.asked(column).content.as_ref()?;
                let (low, _) = content.numbers()?;
                content.number_of(value(column)?)?.checked_sub(low)
            }
        }
    }
}

fn size(content: &Content) -> i64 {
    let numbers = content.numbers().unwrap_or((0, 0));
    numbers.1.saturating_sub(numbers.0).saturating_add(1)
}

/// Returns the place of each row of a pool, by its values.
fn rows_by_key(pool: &Pool) -> HashMap<String, i64> {
    let rows = (0..pool.len()).map(|row| {
        let place = i64::try_from(row).unwrap_or(i64::MAX);
        (joined(pool.row(row)), place)
    });
    rows.collect()
}

/// Returns values as one text that no others have.
fn joined<'a>(values: impl Iterator<Item = &'a str>) -> String {
    values.fold(String::new(), |text, value| {
        text + &value.len().to_string() + ":" + value
    })
}
