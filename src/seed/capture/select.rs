//! The query that reads the wanted rows of one of the captured tables.
//!
//! Pure. Each table's rows are a common table expression; a parent's are those that its children's
//! refer to.

use super::choice::{Choice, Chosen, Wanted};
use crate::backend::tables::quote_identifier;

/// Returns the query for the rows of a table in key order, where its columns are read so.
pub(super) fn select(choice: &Choice, index: usize, columns: &[String]) -> String {
    let parts: Vec<String> = (index..choice.tables.len())
        .rev()
        .map(|index| rows_of(choice, index))
        .collect();
    format!(
        "WITH RECURSIVE {}\nSELECT {} FROM {} ORDER BY {}",
        parts.join(",\n"),
        columns.join(", "),
        alias(index),
        list(choice.tables[index].key(), "")
    )
}

/// Returns the common table expression of a table's rows; its children's stand before it.
fn rows_of(choice: &Choice, index: usize) -> String {
    let table = &choice.tables[index];
    let name = table.shape.name.quoted();
    let rows = alias(index);
    if table.wanted == Wanted::All {
        return format!("{rows} AS (SELECT * FROM {name})");
    }
    let wanted = conditions(choice, index).join(" OR ");
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

/// Returns the conditions of which one must hold of a wanted row.
fn conditions(choice: &Choice, index: usize) -> Vec<String> {
    let table = &choice.tables[index];
    let children = choice.tables.iter().enumerate().skip(index + 1);
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
    own_condition(table).into_iter().chain(referred).collect()
}

/// Returns which rows are wanted for themselves. A comment at the end of what somebody wrote must
/// not swallow what stands behind it.
fn own_condition(table: &Chosen) -> Option<String> {
    let Wanted::Some { filter, limit } = &table.wanted else {
        return None;
    };
    let filter = filter
        .as_ref()
        .map(|condition| format!(" WHERE ({condition}\n)"));
    let limit = limit.map(|rows| format!(" LIMIT {rows}"));
    let key = list(table.key(), "");
    Some(format!(
        "({key}) IN (SELECT {key} FROM {}{} ORDER BY {key}{})",
        table.shape.name.quoted(),
        filter.unwrap_or_default(),
        limit.unwrap_or_default()
    ))
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
