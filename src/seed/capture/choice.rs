//! Which tables are captured, and in which order: those that are named, and those that their rows
//! refer to, parents first.

use super::error::CaptureError;
use super::options::CaptureOptions;
use crate::backend::Backend;
use crate::backend::error::During;
use crate::backend::rows::{Reference, TableName, TableShape};
use crate::seed::sidecar::table_name;

/// The tables, parents first.
#[derive(Debug)]
pub(super) struct Choice {
    pub(super) tables: Vec<Chosen>,
}

/// A table, and which of its rows are wanted beside those that others refer to.
#[derive(Debug)]
pub(super) struct Chosen {
    pub(super) shape: TableShape,
    pub(super) wanted: Wanted,
}

/// The rows of a table that are wanted for themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wanted {
    All,
    Some {
        filter: Option<String>,
        limit: Option<u64>,
    },
    None,
}

impl Choice {
    pub(super) fn shapes(&self) -> Vec<&TableShape> {
        self.tables.iter().map(|table| &table.shape).collect()
    }
}

impl Chosen {
    /// Returns the references to other tables.
    pub(super) fn references_to_others(&self) -> impl Iterator<Item = &Reference> {
        let references = self.shape.references.iter();
        references.filter(|reference| reference.to != self.shape.name)
    }

    pub(super) fn key(&self) -> &[String] {
        self.shape.primary_key().unwrap_or_default()
    }
}

/// Chooses the tables.
pub(super) fn choose(
    backend: &mut dyn Backend,
    options: &CaptureOptions,
) -> Result<Choice, CaptureError> {
    let wanted = match (&options.filter, options.limit) {
        (None, None) => Wanted::All,
        (filter, limit) => Wanted::Some {
            filter: filter.clone(),
            limit,
        },
    };
    let mut tables: Vec<Chosen> = Vec::new();
    for table in &options.tables {
        take(backend, &mut tables, (&table_name(table), &wanted))?;
    }
    let mut next = 0;
    while options.follows_references() && next < tables.len() {
        let parents: Vec<_> = tables[next].references_to_others().cloned().collect();
        for reference in parents {
            take(backend, &mut tables, (&reference.to, &Wanted::None))?;
        }
        next += 1;
    }
    Ok(Choice {
        tables: parents_first(tables)?,
    })
}

/// Adds a table, unless it is there.
fn take(
    backend: &mut dyn Backend,
    tables: &mut Vec<Chosen>,
    (name, wanted): (&TableName, &Wanted),
) -> Result<(), CaptureError> {
    let shape = backend
        .table_shape(name)
        .during("ask what a table is like")?
        .ok_or_else(|| CaptureError::NoTable {
            table: name.to_string(),
        })?;
    if tables.iter().any(|table| table.shape.name == shape.name) {
        return Ok(());
    }
    if shape.primary_key().is_none() {
        return Err(CaptureError::NoKey {
            table: name.to_string(),
        });
    }
    tables.push(Chosen {
        shape,
        wanted: wanted.clone(),
    });
    Ok(())
}

/// Sorts tables so that each comes behind those that it refers to, by name where either may come
/// first. A circle is cut where all rows of its tables are wanted anyway.
fn parents_first(mut left: Vec<Chosen>) -> Result<Vec<Chosen>, CaptureError> {
    left.sort_by(|a, b| a.shape.name.cmp(&b.shape.name));
    let mut sorted: Vec<Chosen> = Vec::new();
    while !left.is_empty() {
        let names: Vec<TableName> = left.iter().map(|table| table.shape.name.clone()).collect();
        let waits = |table: &Chosen| {
            let mut references = table.references_to_others();
            references.any(|reference| names.contains(&reference.to))
        };
        let free = left.iter().position(|table| !waits(table));
        let all = left.iter().all(|table| table.wanted == Wanted::All);
        let next = match free {
            Some(index) => index,
            None if all => 0,
            None => {
                return Err(CaptureError::Circle {
                    tables: names.iter().map(ToString::to_string).collect(),
                });
            }
        };
        sorted.push(left.remove(next));
    }
    Ok(sorted)
}
