//! What a copy has not that takes a table's place.

use super::kinds::{
    OfColumn, converted_column, lost_column, overwritten_column, overwritten_values,
};
use super::names::table_name;
use super::{Count, Found, Shape};
use crate::backend::DatabaseError;
use crate::migration::loss::trace::{Fate, TableCopy};
use crate::sql::Which;

impl Count<'_> {
    /// Counts what of each column is not in the copy.
    pub(super) fn rebuilt(&mut self, copy: &TableCopy) -> Result<Vec<Found>, DatabaseError> {
        let shape = match self.shape(&table_name(&copy.from))? {
            // A copy has only the rows that its maker sees.
            Shape::Read(shape) if !shape.row_security => shape,
            _ => return self.gone(&copy.from),
        };
        let named = shape.columns.iter();
        let columns = named.map(|column| (column.name.as_str(), column.type_name.as_str()));
        let columns: Vec<_> = columns.collect();
        let mut lost = Vec::new();
        for (place, column) in shape.columns.iter().enumerate() {
            if column.computed {
                continue;
            }
            let backend = &*self.counter.backend;
            let keeps = |from: &str, to: &str| backend.keeps_values(from, to);
            let of_column: OfColumn = match copy.fate(&columns, place, &keeps) {
                Fate::Kept => continue,
                Fate::Overwritten(Which::Some) => overwritten_values,
                Fate::Overwritten(Which::Every) => overwritten_column,
                Fate::Converted => converted_column,
                Fate::Lost => lost_column,
            };
            lost.push(self.values(&shape, &column.name, of_column)?);
        }
        Ok(lost)
    }
}
