//! Tables that have all rows of others, and may take their places.
//!
//! Pure. Must not know what a loss is.

use super::{Origin, Trace};
use crate::sql::{Copied, Name, RowCopy, Value, Which};

/// A table that has all rows of another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TableCopy {
    /// Whose rows they are.
    pub(crate) from: Name,
    /// What of them.
    pub(crate) copied: Copied,
    /// Its columns with their declared types; none where a query made it.
    pub(crate) columns: Vec<(String, String)>,
    /// Which of its columns were written over since.
    pub(crate) overwritten: Vec<(String, Which)>,
}

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
            } if first.copied == Copied::Everything && first.overwritten.is_empty() => {
                Some(first.from)
            }
            _ => None,
        };
        let copy = from.map(|from| TableCopy {
            from,
            copied: named(copy.copied, &columns),
            columns: columns.clone(),
            overwritten: Vec::new(),
        });
        self.set(table, Origin::Made { columns, copy });
    }

    /// Notes that columns of a table that is a copy of another are written over; false where it is none.
    pub(super) fn overwrites_copy(
        &mut self,
        table: &Name,
        written: &[String],
        which: Which,
    ) -> bool {
        let Origin::Made {
            columns,
            copy: Some(mut copy),
        } = self.origin(table)
        else {
            return false;
        };
        let written = written.iter().map(|column| (column.clone(), which));
        copy.overwritten.extend(written);
        let copy = Some(copy);
        self.set(table.clone(), Origin::Made { columns, copy });
        true
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
    pub(super) fn rebuilt(&mut self, table: &Name) -> Option<TableCopy> {
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
        Some(copy)
    }
}

/// Names the values of a copy after the columns that take them, where the statement did not.
fn named(copied: Copied, columns: &[(String, String)]) -> Copied {
    let Copied::Values(values) = copied else {
        return copied;
    };
    let named = values.into_iter().enumerate().map(|(index, value)| {
        let taken_by = columns.get(index).map(|(name, _)| name.clone());
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
