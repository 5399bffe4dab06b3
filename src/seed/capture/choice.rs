//! Which tables are captured, and in which order: those that are named, and those that their rows
//! refer to, parents first.

mod circles;

use std::ops::Range;

use super::anonymize;
use super::error::CaptureError;
use super::options::CaptureOptions;
use crate::backend::Backend;
use crate::backend::rows::{Reference, TableName, TableShape};
use crate::seed::named::{self, Unfit};
use circles::{Link, in_order};

/// The tables, parents first.
#[derive(Debug)]
pub(super) struct Choice {
    pub(super) tables: Vec<Chosen>,
    /// Which of them stand together: those of a circle, or one alone; in order.
    pub(super) groups: Vec<Range<usize>>,
}

/// A table, and which of its rows are wanted beside those that others refer to.
#[derive(Debug)]
pub(super) struct Chosen {
    /// Without the references that become NULL.
    pub(super) shape: TableShape,
    /// Those references: no row is needed for them, and yet `seed` asks for an order by them.
    pub(super) cut: Vec<Reference>,
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

    /// Returns the references that decide in which order tables are seeded.
    pub(super) fn references_in_order(&self) -> impl Iterator<Item = &Reference> {
        let cut = self.cut.iter();
        let cut = cut.filter(|reference| reference.to != self.shape.name);
        self.references_to_others().chain(cut)
    }

    /// Returns whether somebody wrote a condition for its rows.
    pub(super) fn is_filtered(&self) -> bool {
        let Wanted::Some { filter, .. } = &self.wanted else {
            return false;
        };
        filter.is_some()
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
    let mut tables = Taken {
        backend,
        options,
        tables: Vec::new(),
    };
    for table in &options.tables {
        tables.take(&TableName::parse(table), &wanted)?;
    }
    let mut next = 0;
    while options.follows_references() && next < tables.tables.len() {
        let references = tables.tables[next].references_to_others();
        let parents: Vec<_> = references.map(|reference| reference.to.clone()).collect();
        for parent in parents {
            tables.take(&parent, &Wanted::None)?;
        }
        next += 1;
    }
    parents_first(tables.tables)
}

/// The tables that are taken so far.
struct Taken<'a> {
    backend: &'a mut dyn Backend,
    options: &'a CaptureOptions,
    tables: Vec<Chosen>,
}

impl Taken<'_> {
    /// Adds a table, unless it is there.
    fn take(&mut self, name: &TableName, wanted: &Wanted) -> Result<(), CaptureError> {
        let mut shape = named::table(self.backend, name)?.map_err(|unfit| refused(name, unfit))?;
        let mut tables = self.tables.iter();
        if tables.any(|table| table.shape.name == shape.name) {
            return Ok(());
        }
        if shape.primary_key().is_none() {
            return Err(CaptureError::NoKey {
                table: name.to_string(),
            });
        }
        let mut references = std::mem::take(&mut shape.references);
        // The engines list them in orders of their own.
        references.sort_by(|one, other| (&one.to, &one.columns).cmp(&(&other.to, &other.columns)));
        let (cut, references) = references
            .into_iter()
            .partition(|reference| anonymize::cuts(&self.options.anonymize, &shape, reference));
        shape.references = references;
        self.tables.push(Chosen {
            shape,
            cut,
            wanted: wanted.clone(),
        });
        Ok(())
    }
}

fn refused(name: &TableName, unfit: Unfit) -> CaptureError {
    let table = name.to_string();
    match unfit {
        Unfit::Bookkeeping => CaptureError::Bookkeeping { table },
        Unfit::View => CaptureError::View { view: table },
        Unfit::Absent { similar } => CaptureError::NoTable { table, similar },
    }
}

/// Sorts tables so that each comes behind those that it refers to, by name where either may come
/// first. In a circle each comes behind those that must be there before it.
fn parents_first(mut tables: Vec<Chosen>) -> Result<Choice, CaptureError> {
    tables.sort_by(|one, other| one.shape.name.cmp(&other.shape.name));
    let links = links(&tables);
    let mut sorted = Vec::new();
    let mut groups = Vec::new();
    for group in in_order(tables.len(), &links) {
        let begin = sorted.len();
        let ordered = group.ordered.map_err(|tied| CaptureError::Circle {
            tables: tied
                .iter()
                .map(|index| tables[*index].shape.name.to_string())
                .collect(),
        })?;
        sorted.extend(ordered);
        groups.push(begin..sorted.len());
    }
    let mut tables: Vec<Option<Chosen>> = tables.into_iter().map(Some).collect();
    Ok(Choice {
        tables: sorted
            .into_iter()
            .filter_map(|index| tables[index].take())
            .collect(),
        groups,
    })
}

fn links(tables: &[Chosen]) -> Vec<Link> {
    let place = |name: &TableName| tables.iter().position(|table| table.shape.name == *name);
    let of_table = |(from, table): (usize, &Chosen)| {
        let links = table.references_in_order().filter_map(|reference| {
            Some(Link {
                from,
                to: place(&reference.to)?,
                can_wait: reference.deferrable,
            })
        });
        links.collect::<Vec<_>>()
    };
    tables.iter().enumerate().flat_map(of_table).collect()
}
