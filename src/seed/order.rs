//! Which seeds share a transaction, and which stand in an order that cannot be: a pure function of
//! the tables that they fill.

use std::ops::Range;

use crate::backend::rows::{Column, Reference, TableName, TableShape};
use crate::migration::TransactionMode;

/// The table that a seed fills, and the columns that its file has.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Filled<'a> {
    pub(crate) table: &'a TableShape,
    pub(crate) columns: &'a [String],
}

impl Filled<'_> {
    /// Returns whether rows can refer to others by a foreign key: a column that the file has not,
    /// and that has no default, is NULL, which refers to nothing.
    fn refers_by(&self, reference: &Reference) -> bool {
        reference.columns.iter().all(|name| {
            let by_default = |column: &Column| column.has_default;
            self.columns.contains(name) || self.table.column(name).is_some_and(by_default)
        })
    }
}

/// Seeds that are committed together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unit {
    pub(crate) seeds: Range<usize>,
    /// Whether the checking of foreign keys is put off to the commit.
    pub(crate) deferred: bool,
}

/// A seed whose table refers to one that is only seeded later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Backwards {
    pub(crate) seed: usize,
    pub(crate) referenced: TableName,
    pub(crate) later: usize,
}

/// Returns what is committed together, in order; `tables` has the table that each seed fills,
/// where that is known.
///
/// A table may refer to one that is seeded later where the constraint can be checked at the
/// commit; then the seeds from the one to the other share a transaction. A reference to a table
/// that an earlier seed fills too is left to the database.
pub(crate) fn units(
    tables: &[Option<Filled<'_>>],
    transaction: TransactionMode,
) -> Result<Vec<Unit>, Backwards> {
    let mut units: Vec<Unit> = Vec::new();
    for (index, table) in tables.iter().enumerate() {
        let reaches = match table {
            None => index,
            Some(filled) => reach(tables, index, filled)?,
        };
        let deferred = reaches > index;
        match units.last_mut() {
            Some(open) if open.seeds.end > index => {
                open.seeds.end = open.seeds.end.max(reaches + 1);
                open.deferred |= deferred;
            }
            _ => units.push(Unit {
                seeds: index..reaches + 1,
                deferred,
            }),
        }
    }
    Ok(match transaction {
        TransactionMode::Each => units,
        TransactionMode::Batch if units.is_empty() => units,
        TransactionMode::Batch => vec![Unit {
            seeds: 0..tables.len(),
            deferred: units.iter().any(|unit| unit.deferred),
        }],
    })
}

/// Returns the last seed that a seed's rows may have to wait for.
fn reach(
    tables: &[Option<Filled<'_>>],
    index: usize,
    filled: &Filled<'_>,
) -> Result<usize, Backwards> {
    let fills = |seed: &usize, wanted: &TableName| {
        tables[*seed].is_some_and(|filled| filled.table.name == *wanted)
    };
    let mut reaches = index;
    let references = filled.table.references.iter();
    for reference in references.filter(|reference| filled.refers_by(reference)) {
        let to = &reference.to;
        if *to == filled.table.name || (0..index).any(|seed| fills(&seed, to)) {
            continue;
        }
        let Some(later) = (index + 1..tables.len()).find(|seed| fills(seed, to)) else {
            continue;
        };
        if !reference.deferrable {
            return Err(Backwards {
                seed: index,
                referenced: to.clone(),
                later,
            });
        }
        reaches = reaches.max(later);
    }
    Ok(reaches)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn named(name: &str) -> TableName {
        TableName {
            schema: None,
            name: name.to_owned(),
        }
    }

    fn table(name: &str, refers_to: &[&str], deferrable: bool) -> TableShape {
        TableShape {
            name: named(name),
            columns: Vec::new(),
            keys: Vec::new(),
            references: refers_to
                .iter()
                .map(|to| Reference {
                    constraint: None,
                    columns: Vec::new(),
                    to: named(to),
                    to_columns: Vec::new(),
                    deferrable,
                })
                .collect(),
            row_security: false,
            overriding: "",
            only: "",
        }
    }

    fn divide(tables: &[TableShape]) -> Result<Vec<Unit>, Backwards> {
        let filled = |table| {
            Some(Filled {
                table,
                columns: &[],
            })
        };
        let tables: Vec<_> = tables.iter().map(filled).collect();
        units(&tables, TransactionMode::Each)
    }

    fn unit(seeds: Range<usize>, deferred: bool) -> Unit {
        Unit { seeds, deferred }
    }

    #[test]
    fn each_seed_stands_alone_where_none_waits_for_another() {
        let tables = [
            table("users", &["users"], false),
            table("orders", &["users"], false),
        ];
        assert_eq!(
            divide(&tables),
            Ok(vec![unit(0..1, false), unit(1..2, false)])
        );
    }

    #[test]
    fn a_reference_to_what_is_seeded_later_is_an_error_unless_it_can_be_put_off() {
        let orders = |deferrable| {
            [
                table("orders", &["users"], deferrable),
                table("countries", &[], false),
                table("users", &[], false),
                table("notes", &[], false),
            ]
        };
        assert_eq!(
            divide(&orders(false)),
            Err(Backwards {
                seed: 0,
                referenced: named("users"),
                later: 2
            })
        );
        assert_eq!(
            divide(&orders(true)),
            Ok(vec![unit(0..3, true), unit(3..4, false)])
        );
    }

    #[test]
    fn a_table_that_is_seeded_before_and_after_is_left_to_the_database() {
        let tables = [
            table("users", &[], false),
            table("orders", &["users"], false),
            table("users", &[], false),
        ];
        assert_eq!(divide(&tables).map(|units| units.len()), Ok(3));
    }

    proptest! {
        #[test]
        fn units_cover_every_seed_once_and_in_order(edges in prop::collection::vec((0_usize..8, 0_usize..8), 0..12)) {
            let names = ["a", "b", "c", "d", "e", "f", "g", "h"];
            let tables: Vec<TableShape> = (0..8)
                .map(|from| {
                    let to: Vec<&str> = edges.iter().filter(|edge| edge.0 == from).map(|edge| names[edge.1]).collect();
                    table(names[from], &to, true)
                })
                .collect();
            let units = divide(&tables).expect("all can be put off");
            let covered: Vec<usize> = units.iter().flat_map(|unit| unit.seeds.clone()).collect();
            prop_assert_eq!(covered, (0..8).collect::<Vec<_>>());
            for (from, to) in edges {
                let of = |seed: usize| units.iter().position(|unit| unit.seeds.contains(&seed));
                prop_assert!(to <= from || of(from) == of(to));
            }
        }
    }
}
