//! The kinds of losses that are of one column.

use crate::event::{Amount, Lost};

/// Makes a loss of a table's name, a column's, and its values.
pub(super) type OfColumn = fn(String, String, Amount) -> Lost;

pub(super) fn lost_column(table: String, column: String, values: Amount) -> Lost {
    Lost::Column {
        table,
        column,
        values,
    }
}

pub(super) fn converted_column(table: String, column: String, values: Amount) -> Lost {
    Lost::Conversion {
        table,
        column,
        values,
    }
}

pub(super) fn overwritten_column(table: String, column: String, values: Amount) -> Lost {
    Lost::Overwritten {
        table,
        column,
        values,
    }
}

pub(super) fn overwritten_values(table: String, column: String, values: Amount) -> Lost {
    Lost::SomeOverwritten {
        table,
        column,
        values,
    }
}

pub(super) fn values_of_column(table: String, column: String, values: Amount) -> Lost {
    Lost::SomeValues {
        table,
        column,
        values,
    }
}
