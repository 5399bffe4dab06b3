//! Reads the rows that there are: those that can be referred to, and those whose keys are taken.
//!
//! One after the other, and nothing of them is kept that is not needed: memory grows with the keys
//! that are referred to, not with the rows that are made up.

use std::ops::ControlFlow;

use super::chance::hash;
use super::content::Content;
use super::layout::{Ground, Group, Uses};
use super::numbers::Numbers;
use super::pool::Pool;
use crate::backend::Backend;
use crate::backend::error::DatabaseError;
use crate::backend::query::Query;
use crate::backend::rows::{Column, Selected, TableName, Typing};
use crate::backend::tables::quote_identifier;

/// How many rows of another table are referred to at most, the first by their keys.
const REFERRED: u64 = 1_000_000;

/// Returns how many rows a table has.
pub(super) fn count(backend: &mut dyn Backend, table: &TableName) -> Result<u64, DatabaseError> {
    let query = Query::new(format!("SELECT count(*) FROM {}", table.quoted())).once();
    let rows = backend.load(&query)?;
    let count = rows.first().map(|row| row.integer(0)).transpose()?;
    Ok(count
        .and_then(|count| u64::try_from(count).ok())
        .unwrap_or_default())
}

/// Returns whether a table has any row.
pub(super) fn has_rows(
    backend: &mut dyn Backend,
    table: &TableName,
) -> Result<bool, DatabaseError> {
    let query = Query::new(format!("SELECT 1 FROM {} LIMIT 1", table.quoted())).once();
    Ok(!backend.load(&query)?.is_empty())
}

/// Reads the rows that a group's columns can refer to, for so many rows, in the order of their keys.
pub(super) fn pool(
    backend: &mut dyn Backend,
    ground: Ground<'_>,
    group: &Group,
    rows: u64,
) -> Result<Pool, DatabaseError> {
    let columns = columns(ground, &group.columns);
    let limit = match group.uses {
        Uses::Once => rows,
        Uses::Any | Uses::Combined => REFERRED,
    };
    let texts: Vec<String> = columns
        .iter()
        .map(|column| backend.selected(column))
        .collect();
    let order = columns
        .iter()
        .map(|column| format!("d.{}", quote_identifier(&column.name)));
    let query = format!(
        "SELECT {} FROM ({}) AS d\nORDER BY {} LIMIT {limit}",
        texts.join(", "),
        referable(ground, group),
        order.collect::<Vec<_>>().join(", "),
    );
    let mut pool = Pool::new(columns.len());
    texts_of(backend, &query, &columns, &mut |values| {
        let is_allowed = values.iter().zip(&group.columns).all(|(value, place)| {
            value
                .as_deref()
                .is_some_and(|value| ground.asked[*place].allows(value))
        });
        if is_allowed {
            pool.push(values.iter().filter_map(Option::as_deref));
        }
    })?;
    Ok(pool)
}

/// Returns the query for the rows that a group's columns can refer to, with their names.
fn referable(ground: Ground<'_>, group: &Group) -> String {
    let mut joined = Joined {
        found: vec![None; group.columns.len()],
        ..Joined::default()
    };
    for (index, place) in group.references.iter().enumerate() {
        joined.join(ground, group, (index, *place));
    }
    let name = |place: usize| quote_identifier(&ground.rules.columns[place].name);
    let found: Vec<String> = joined.found.into_iter().flatten().collect();
    let each = |write: fn(&str, String) -> String| {
        let each = found.iter().zip(&group.columns);
        let each = each.map(|(there, place)| write(there, name(*place)));
        each.collect::<Vec<_>>()
    };
    if group.uses == Uses::Once {
        joined.conditions.push(format!(
            "NOT EXISTS (SELECT 1 FROM {} AS own WHERE {})",
            ground.shape.name.quoted(),
            each(|there, name| format!("own.{name} = {there}")).join(" AND ")
        ));
    }
    format!(
        "SELECT {} FROM {} WHERE {}",
        each(|there, name| format!("{there} AS {name}")).join(", "),
        joined.tables.join(", "),
        joined.conditions.join(" AND ")
    )
}

/// The tables that a group refers to, with the columns that they share taken for one.
#[derive(Debug, Default)]
struct Joined {
    tables: Vec<String>,
    conditions: Vec<String>,
    /// Where each of the group's columns is first found.
    found: Vec<Option<String>>,
}

impl Joined {
    fn join(&mut self, ground: Ground<'_>, group: &Group, (index, place): (usize, usize)) {
        let reference = &ground.shape.references[place];
        self.tables
            .push(format!("{} AS r{index}", reference.to.quoted()));
        let columns = ground.places(&reference.columns);
        for (column, to) in columns.iter().zip(&reference.to_columns) {
            let there = format!("r{index}.{}", quote_identifier(to));
            let member = group.columns.iter().position(|own| own == column);
            let Some(known) = member.and_then(|member| self.found.get_mut(member)) else {
                continue;
            };
            if let Some(before) = known {
                self.conditions.push(format!("{before} = {there}"));
            } else {
                self.conditions.push(format!("{there} IS NOT NULL"));
                *known = Some(there);
            }
        }
    }
}

/// Takes note of a row's values.
type See<'a> = &'a mut dyn FnMut(&[Option<String>]);

fn columns<'a>(ground: Ground<'a>, places: &[usize]) -> Vec<&'a Column> {
    let names = places
        .iter()
        .map(|place| &ground.rules.columns[*place].name);
    names.filter_map(|name| ground.shape.column(name)).collect()
}

/// Reads the values of columns, of all rows that have one in each.
pub(super) fn values(
    backend: &mut dyn Backend,
    ground: Ground<'_>,
    places: &[usize],
    see: See<'_>,
) -> Result<(), DatabaseError> {
    read(backend, ground, places, ("", see))
}

fn read(
    backend: &mut dyn Backend,
    ground: Ground<'_>,
    places: &[usize],
    (rest, see): (&str, See<'_>),
) -> Result<(), DatabaseError> {
    let columns = columns(ground, places);
    let texts: Vec<String> = columns
        .iter()
        .map(|column| backend.selected(column))
        .collect();
    let present = columns
        .iter()
        .map(|column| format!("t.{} IS NOT NULL", quote_identifier(&column.name)));
    let query = format!(
        "SELECT {} FROM {} AS t WHERE {}{rest}",
        texts.join(", "),
        ground.shape.name.quoted(),
        present.collect::<Vec<_>>().join(" AND ")
    );
    texts_of(backend, &query, &columns, see)
}

/// Shows the texts of each row that a query finds.
fn texts_of(
    backend: &mut dyn Backend,
    query: &str,
    columns: &[&Column],
    see: See<'_>,
) -> Result<(), DatabaseError> {
    let selected = Selected {
        columns,
        typing: Typing::Untyped,
    };
    let mut texts = Vec::new();
    backend.read_rows(query, &selected, &mut |row| {
        texts.clear();
        texts.extend(row.fields(0).map(|field| field.text().map(str::to_owned)));
        see(&texts);
        ControlFlow::Continue(())
    })
}

/// Returns the numbers of a column's values that are free: behind the largest that is taken, or,
/// where there is no room for so many rows, between the others as well.
pub(super) fn free_numbers(
    backend: &mut dyn Backend,
    ground: Ground<'_>,
    (place, content): (usize, &Content),
    rows: u64,
) -> Result<Numbers, DatabaseError> {
    let Some((low, high)) = content.numbers() else {
        return Ok(Numbers::without((1, 0), []));
    };
    let left_out = || content.left_out().iter().copied();
    if let Some(behind) = behind_largest(backend, ground, (place, content), (low, high))? {
        let numbers = Numbers::without((behind, high), left_out());
        if numbers.room() >= rows {
            return Ok(numbers);
        }
    }
    let mut taken: Vec<i64> = left_out().collect();
    values(backend, ground, &[place], &mut |values| {
        taken.extend(number_of(content, values));
    })?;
    Ok(Numbers::without(
        (content.lowest().unwrap_or(low), high),
        taken,
    ))
}

/// Returns the first number behind all that are taken; `None` where that cannot be told.
fn behind_largest(
    backend: &mut dyn Backend,
    ground: Ground<'_>,
    (place, content): (usize, &Content),
    (low, high): (i64, i64),
) -> Result<Option<i64>, DatabaseError> {
    let name = quote_identifier(&ground.rules.columns[place].name);
    let mut behind = Some(low);
    if let Content::Ordered(_) = content {
        // The database knows the largest, which need not be one that would be made.
        let rest = format!(" ORDER BY t.{name} DESC LIMIT 1");
        let mut see = |values: &[Option<String>]| {
            let largest = number_of(content, values);
            behind = largest
                .and_then(|largest| largest.checked_add(1))
                .map(|next| next.max(low));
        };
        read(backend, ground, &[place], (&rest, &mut see))?;
        return Ok(behind);
    }
    let mut largest = None;
    values(backend, ground, &[place], &mut |values| {
        let number = number_of(content, values);
        largest = largest.max(number.filter(|number| (low..=high).contains(number)));
    })?;
    Ok(match largest {
        None => behind,
        Some(largest) => largest.checked_add(1),
    })
}

fn number_of(content: &Content, values: &[Option<String>]) -> Option<i64> {
    content.number_of(values.first()?.as_deref()?)
}

/// Returns a number for the values that a column has: another one where they are others.
pub(super) fn lot(
    backend: &mut dyn Backend,
    ground: Ground<'_>,
    place: usize,
) -> Result<u64, DatabaseError> {
    let mut lot = 0_u64;
    values(backend, ground, &[place], &mut |values| {
        let value = values.first().and_then(Option::as_deref);
        lot = lot.wrapping_add(hash(value.unwrap_or_default()));
    })?;
    Ok(lot)
}
