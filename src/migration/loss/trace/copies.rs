//! Tables that have all rows of others, and may take their places.
//!
//! Pure. Must not know what a loss is.

use super::{Origin, Trace};
use crate::sql::{Copied, Name, RowCopy, Value};

impl Trace {
    /// Notes that a table has rows of a query, which may be all of another one.
    pub(super) fn filled(&mut self, table: Name, copy: Option<RowCopy>) {
        let Some(copy) = copy else {
            return;
        };
        let Origin::Made {
            columns,
            copy: None,
        } = self.origin(&table)
        else {
            return;
        };
        let from = match self.origin(&copy.from) {
            Origin::Found(from) => Some(from),
            // A copy of a copy is followed where the first one kept everything as it was.
            Origin::Made {
                copy: Some(first), ..
            } if first.copied == Copied::Everything => Some(first.from),
            _ => None,
        };
        let copy = from.map(|from| RowCopy {
            from,
            copied: named(copy.copied, columns.as_deref()),
        });
        self.set(table, Origin::Made { columns, copy });
    }

    /// Notes that something is taken from a table that is a copy of another.
    pub(super) fn spoil(&mut self, table: &Name) {
        if let Origin::Made { columns, .. } = self.origin(table) {
            let copy = None;
            self.set(table.clone(), Origin::Made { columns, copy });
        }
    }

    /// Returns what a copy that has taken a table's place by now has of it. From here on it is that
    /// table.
    pub(super) fn rebuilt(&mut self, table: &Name) -> Option<Copied> {
        let Origin::Made {
            copy: Some(copy), ..
        } = self.origin(table)
        else {
            return None;
        };
        if copy.from != *table {
            return None;
        }
        if let Copied::Values(values) = &copy.copied {
            for value in values {
                if let Value::Column { from, to: Some(to) } = value
                    && from != to
                {
                    self.columns.push((table.clone(), to.clone(), from.clone()));
                }
            }
        }
        self.set(table.clone(), Origin::Found(table.clone()));
        Some(copy.copied)
    }
}

/// Names the values of a copy after the columns that take them, where the statement did not.
fn named(copied: Copied, columns: Option<&[String]>) -> Copied {
    let Copied::Values(values) = copied else {
        return copied;
    };
    let named = values.into_iter().enumerate().map(|(index, value)| {
        let taken_by = columns.and_then(|columns| columns.get(index).cloned());
        match value {
            Value::Column { from, to } => Value::Column {
                from,
                to: to.or(taken_by),
            },
            value @ Value::Computed(_) => value,
        }
    });
    Copied::Values(named.collect())
}
