//! The query that reads the wanted rows of one of the captured tables.
//!
//! Each table's rows are a common table expression; a parent's are those that its children's refer
//! to. Those of a circle are found together, by `circle`.

mod circle;

use std::ops::Range;

use super::choice::{Choice, Chosen, Wanted};
use crate::backend::Backend;
use crate::backend::rows::Column;
use crate::backend::tables::quote_identifier;

/// Returns the query for the rows of a table in key order, with these columns.
pub(super) fn select(
    backend: &dyn Backend,
    choice: &Choice,
    index: usize,
    columns: &[&Column],
) -> String {
    let selection = Selection { backend, choice };
    let groups = choice.groups.iter().filter(|group| group.end > index);
    let parts: Vec<String> = groups.rev().map(|group| selection.rows_of(group)).collect();
    // By its own name a value would be what `ORDER BY` means, and it may be a text.
    let columns = columns.iter().enumerate();
    let columns = columns
        .map(|(place, column)| format!("{} AS dieselkit_value_{place}", backend.selected(column)));
    format!(
        "WITH RECURSIVE {}\nSELECT {} FROM {} ORDER BY {}",
        parts.join(",\n"),
        columns.collect::<Vec<_>>().join(", "),
        alias(index),
        selection.key_order(&choice.tables[index])
    )
}

/// What is captured, and from where.
struct Selection<'a> {
    backend: &'a dyn Backend,
    choice: &'a Choice,
}

impl Selection<'_> {
    /// Returns the common table expressions of a group's rows; its children's stand before it.
    fn rows_of(&self, group: &Range<usize>) -> String {
        let tables = &self.choice.tables[group.clone()];
        if group.len() > 1 && tables.iter().any(|table| table.wanted != Wanted::All) {
            return circle::rows_of(self, group);
        }
        let each = group.clone().map(|index| self.rows_of_one(index));
        each.collect::<Vec<_>>().join(",\n")
    }

    fn rows_of_one(&self, index: usize) -> String {
        let table = &self.choice.tables[index];
        let name = table.shape.name.quoted();
        let rows = alias(index);
        if table.wanted == Wanted::All {
            return format!("{rows} AS (SELECT * FROM {name})");
        }
        let wanted = self.condition(index, index + 1);
        if !table.shape.refers_to_itself() {
            return format!("{rows} AS (SELECT * FROM {name} WHERE {wanted})");
        }
        let (keys, key) = (format!("{rows}_keys"), list(table.key(), ""));
        format!(
            "{keys} AS (SELECT {key} FROM {name} WHERE {wanted} UNION \
             SELECT {parent_key} FROM {keys} AS n JOIN {name} AS c ON {same} JOIN {name} AS p ON {refers}),\n\
             {rows} AS (SELECT * FROM {name} WHERE ({key}) IN (SELECT {key} FROM {keys}))",
            parent_key = list(table.key(), "p."),
            same = equal(("c", table.key()), ("n", table.key())),
            refers = refers_to_itself(table),
        )
    }

    /// Returns the condition of which rows of a table are wanted: for themselves, and since rows of
    /// the tables from `first_child` on refer to them.
    fn condition(&self, index: usize, first_child: usize) -> String {
        let table = &self.choice.tables[index];
        let children = self.choice.tables.iter().enumerate().skip(first_child);
        let referred = children.flat_map(|(child, chosen)| {
            let references = chosen.references_to_others();
            let here = references.filter(|reference| reference.to == table.shape.name);
            here.map(move |reference| {
                let (to, from) = (
                    list(&reference.to_columns, ""),
                    list(&reference.columns, ""),
                );
                format!("({to}) IN (SELECT {from} FROM {})", alias(child))
            })
        });
        let conditions: Vec<String> = self
            .own_condition(table)
            .into_iter()
            .chain(referred)
            .collect();
        if conditions.is_empty() {
            return "1 = 0".to_owned();
        }
        conditions.join(" OR ")
    }

    /// Returns which rows are wanted for themselves. A comment at the end of what somebody wrote
    /// must not swallow what stands behind it.
    fn own_condition(&self, table: &Chosen) -> Option<String> {
        let (filter, limit) = match &table.wanted {
            Wanted::All => return Some("1 = 1".to_owned()),
            Wanted::None => return None,
            Wanted::Some { filter, limit } => (filter, limit),
        };
        let filter = filter
            .as_ref()
            .map(|condition| format!(" WHERE ({condition}\n)"));
        let limit = limit.map(|rows| format!(" ORDER BY {} LIMIT {rows}", self.key_order(table)));
        let key = list(table.key(), "");
        Some(format!(
            "({key}) IN (SELECT {key} FROM {}{}{})",
            table.shape.name.quoted(),
            filter.unwrap_or_default(),
            limit.unwrap_or_default()
        ))
    }

    /// Returns by what rows are sorted in key order.
    fn key_order(&self, table: &Chosen) -> String {
        let columns = table
            .key()
            .iter()
            .filter_map(|name| table.shape.column(name));
        let sorted = columns.map(|column| self.backend.sorted(column));
        sorted.collect::<Vec<_>>().join(", ")
    }
}

/// Returns when a row `c` of a table refers to a row `p` of it.
fn refers_to_itself(table: &Chosen) -> String {
    let references = table.shape.references.iter();
    let own = references.filter(|reference| reference.to == table.shape.name);
    let each = own.map(|reference| {
        let refers = equal(("c", &reference.columns), ("p", &reference.to_columns));
        format!("({refers})")
    });
    each.collect::<Vec<_>>().join(" OR ")
}

fn alias(index: usize) -> String {
    format!("dieselkit_{index}")
}

fn list(columns: &[String], prefix: &str) -> String {
    let quoted = columns.iter().map(|column| quote_identifier(column));
    let prefixed = quoted.map(|column| format!("{prefix}{column}"));
    prefixed.collect::<Vec<_>>().join(", ")
}

fn equal((one, columns): (&str, &[String]), (other, others): (&str, &[String])) -> String {
    let pairs = columns.iter().zip(others).map(|(column, of_other)| {
        let (column, of_other) = (quote_identifier(column), quote_identifier(of_other));
        format!("{one}.{column} = {other}.{of_other}")
    });
    pairs.collect::<Vec<_>>().join(" AND ")
}
