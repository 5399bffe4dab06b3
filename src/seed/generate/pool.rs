//! Rows of other tables that can be referred to.
//!
//! Pure.

/// The referred columns of many rows, in one piece of memory.
#[derive(Debug, Clone, Default)]
pub(super) struct Pool {
    width: usize,
    text: String,
    /// Where each value ends.
    ends: Vec<usize>,
}

impl Pool {
    /// Makes an empty pool of rows of so many columns.
    pub(super) fn new(width: usize) -> Self {
        Self {
            width: width.max(1),
            ..Self::default()
        }
    }

    /// Adds a row.
    pub(super) fn push<'a>(&mut self, values: impl Iterator<Item = &'a str>) {
        for value in values {
            self.text.push_str(value);
            self.ends.push(self.text.len());
        }
    }

    /// Returns how many rows there are.
    pub(super) fn len(&self) -> usize {
        self.ends.len() / self.width
    }

    /// Returns a value of a row, both 0-based.
    pub(super) fn value(&self, row: usize, column: usize) -> &str {
        let index = row * self.width + column;
        let begin = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.text[begin..self.ends[index]]
    }

    /// Returns the values of a row.
    pub(super) fn row(&self, row: usize) -> impl Iterator<Item = &str> {
        (0..self.width).map(move |column| self.value(row, column))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_out_as_they_went_in() {
        let mut pool = Pool::new(2);
        pool.push(["1", ""].into_iter());
        pool.push(["22", "b"].into_iter());
        assert_eq!(pool.len(), 2);
        assert_eq!(pool.row(0).collect::<Vec<_>>(), ["1", ""]);
        assert_eq!(pool.value(1, 1), "b");
    }
}
