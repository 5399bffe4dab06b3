//! The rows of tables that refer to each other in a circle: neither engine lets two common table
//! expressions refer to each other, so one has the keys of them all, as texts, with their table's
//! number.

use std::ops::Range;

use super::{Selection, alias, equal};
use crate::backend::tables::quote_identifier;
use crate::seed::capture::choice::Chosen;

/// Returns the common table expressions of a circle's rows.
pub(super) fn rows_of(selection: &Selection<'_>, group: &Range<usize>) -> String {
    let circle = Circle { selection, group };
    let rows = group.clone().map(|index| circle.rows_of_one(index));
    let parts: Vec<String> = [circle.keys()].into_iter().chain(rows).collect();
    parts.join(",\n")
}

struct Circle<'a> {
    selection: &'a Selection<'a>,
    group: &'a Range<usize>,
}

impl Circle<'_> {
    fn tables(&self) -> impl Iterator<Item = (usize, &Chosen)> {
        let tables = self.selection.choice.tables.iter().enumerate();
        tables.skip(self.group.start).take(self.group.len())
    }

    /// Returns how many columns the longest key has.
    fn width(&self) -> usize {
        let lengths = self.tables().map(|(_, table)| table.key().len());
        lengths.max().unwrap_or_default()
    }

    fn alias(&self) -> String {
        format!("{}_keys", alias(self.group.start))
    }

    /// Returns the names of the columns that hold keys.
    fn names(&self, prefix: &str) -> Vec<String> {
        (0..self.width())
            .map(|place| format!("{prefix}{place}"))
            .collect()
    }

    /// Returns the common table expression of all keys.
    fn keys(&self) -> String {
        let wanted = self.tables().map(|(index, table)| {
            let condition = self.selection.condition(index, self.group.end);
            let (name, key) = (table.shape.name.quoted(), self.key(table, "").join(", "));
            format!("SELECT {index}, {key} FROM {name} WHERE {condition}")
        });
        let same = self.names("k").into_iter().zip(self.names("c"));
        let same = same.map(|(key, child)| format!(" AND e.{child} = n.{key}"));
        format!(
            "{keys}(place, {names}) AS ({wanted} UNION SELECT e.parent, {parents} \
             FROM {keys} AS n JOIN ({links}) AS e ON e.child = n.place{same})",
            keys = self.alias(),
            names = self.names("k").join(", "),
            wanted = wanted.collect::<Vec<_>>().join(" UNION ALL "),
            parents = self.names("e.p").join(", "),
            links = self.links(),
            same = same.collect::<String>(),
        )
    }

    /// Returns the query for which row refers to which.
    fn links(&self) -> String {
        let links = self.tables().flat_map(|(child, table)| {
            let references = table.shape.references.iter();
            references.filter_map(move |reference| {
                let mut tables = self.tables();
                let (parent, other) = tables.find(|(_, one)| one.shape.name == reference.to)?;
                Some(format!(
                    "SELECT {child} AS child, {child_key}, {parent} AS parent, {parent_key} \
                     FROM {own} AS c JOIN {to} AS p ON {refers}",
                    child_key = named(&self.key(table, "c."), &self.names("c")),
                    parent_key = named(&self.key(other, "p."), &self.names("p")),
                    own = table.shape.name.quoted(),
                    to = reference.to.quoted(),
                    refers = equal(("c", &reference.columns), ("p", &reference.to_columns)),
                ))
            })
        });
        links.collect::<Vec<_>>().join(" UNION ALL ")
    }

    /// Returns a table's key as texts, as many as the longest key has.
    fn key(&self, table: &Chosen, prefix: &str) -> Vec<String> {
        let columns = table.key().iter().map(|column| {
            let column = quote_identifier(column);
            format!("CAST({prefix}{column} AS TEXT)")
        });
        let rest = std::iter::repeat("CAST('' AS TEXT)".to_owned());
        columns.chain(rest).take(self.width()).collect()
    }

    fn rows_of_one(&self, index: usize) -> String {
        let table = &self.selection.choice.tables[index];
        format!(
            "{rows} AS (SELECT * FROM {name} WHERE ({key}) IN (SELECT {names} FROM {keys} WHERE place = {index}))",
            rows = alias(index),
            name = table.shape.name.quoted(),
            key = self.key(table, "").join(", "),
            names = self.names("k").join(", "),
            keys = self.alias(),
        )
    }
}

fn named(expressions: &[String], names: &[String]) -> String {
    let pairs = expressions.iter().zip(names);
    let each = pairs.map(|(expression, name)| format!("{expression} AS {name}"));
    each.collect::<Vec<_>>().join(", ")
}
