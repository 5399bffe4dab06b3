//! Where each column's values come from, so that references hold and keys stay unique.
//!
//! Pure: which rows there are already, is for `read` to find out.

mod unique;

use std::collections::BTreeSet;

use super::asked::Asked;
use super::error::GenerateError;
use crate::backend::rows::{Filled, Reference, TableRules, TableShape};

/// Where the values of one column come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Origin {
    /// From the database; the column is not among those that are given.
    Database,
    /// There is none.
    Null,
    /// Made up, each for itself.
    Made,
    /// Made up so that no two are the same, by a number that each has.
    Numbered,
    /// Made up so that no two are the same, as long as the lots differ.
    Scattered,
    /// A column of a group's rows: which one, and which of its columns.
    Group(usize, usize),
    /// A part of a combination: which one, and which of its parts.
    Combined(usize, usize),
    /// The value that a row of this very run has in the column at this place.
    OwnRow(usize, Parent),
}

/// Which row of the run another one refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Parent {
    /// Some row before it.
    Earlier,
    /// The row before it: each is referred to once.
    Previous,
    /// The row itself.
    Itself,
}

/// Columns that refer to rows of other tables together, since their foreign keys share columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Group {
    /// The places of the foreign keys.
    pub(super) references: Vec<usize>,
    /// The places of the columns, ascending.
    pub(super) columns: Vec<usize>,
    pub(super) uses: Uses,
}

/// How often a group's row may be referred to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Uses {
    Any,
    /// Once, by all rows of the table together.
    Once,
    /// As often as its combinations with others allow.
    Combined,
}

/// Columns that are unique together and by none of them alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Combination {
    /// The places of the columns.
    pub(super) columns: Vec<usize>,
    pub(super) parts: Vec<Part>,
}

/// What a combination is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// A group's rows.
    Group(usize),
    /// The numbers of the column at this place.
    Column(usize),
}

/// Where all values of a table come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layout {
    /// For each column.
    pub(super) origins: Vec<Origin>,
    pub(super) groups: Vec<Group>,
    pub(super) combinations: Vec<Combination>,
}

/// What the layout is made for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ground<'a> {
    pub(super) shape: &'a TableShape,
    pub(super) rules: &'a TableRules,
    pub(super) asked: &'a [Asked<'a>],
}

impl Ground<'_> {
    fn place(&self, column: &str) -> Option<usize> {
        self.rules
            .columns
            .iter()
            .position(|rule| rule.name == column)
    }

    pub(super) fn places(&self, columns: &[String]) -> Vec<usize> {
        columns
            .iter()
            .filter_map(|column| self.place(column))
            .collect()
    }

    fn is_own(&self, reference: &Reference) -> bool {
        reference.to == self.shape.name
    }
}

/// Lays out a table, leaving NULL where these foreign keys, by their places, have nothing to refer
/// to.
pub(super) fn lay_out(
    ground: Ground<'_>,
    absent: &BTreeSet<usize>,
) -> Result<Layout, GenerateError> {
    let mut layout = Layout {
        origins: ground.asked.iter().map(first_origin).collect(),
        groups: groups(ground, absent),
        combinations: Vec::new(),
    };
    for reference in absent {
        layout.leave_null(ground, &ground.shape.references[*reference]);
    }
    for (group, members) in layout.groups.iter().enumerate() {
        for (member, column) in members.columns.iter().enumerate() {
            layout.origins[*column] = Origin::Group(group, member);
        }
    }
    let own = ground.shape.references.iter();
    for reference in own.filter(|reference| ground.is_own(reference)) {
        layout.refer_to_own_rows(ground, reference);
    }
    layout.give_something(ground);
    let mut keys: Vec<Vec<usize>> = Vec::new();
    keys.extend(ground.rules.unique.iter().map(|key| ground.places(key)));
    keys.extend(counted_key(ground));
    keys.sort_by_key(Vec::len);
    for key in &keys {
        layout.keep_unique(ground, key);
    }
    layout.refuse_unknown(ground)?;
    Ok(layout)
}

fn first_origin(asked: &Asked<'_>) -> Origin {
    if asked.is_left() || asked.content.is_none() {
        Origin::Database
    } else {
        Origin::Made
    }
}

/// Returns the column that the database counts, as a key: where it is given, it is unique, and its
/// index need not be among the others (a rowid has none).
fn counted_key(ground: Ground<'_>) -> Option<Vec<usize>> {
    let columns = ground.rules.columns.iter();
    let counted = columns
        .clone()
        .position(|rule| rule.filled == Filled::Counted)?;
    Some(vec![counted])
}

/// Puts foreign keys to other tables together that share columns.
fn groups(ground: Ground<'_>, absent: &BTreeSet<usize>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for (place, reference) in ground.shape.references.iter().enumerate() {
        if absent.contains(&place) || ground.is_own(reference) {
            continue;
        }
        let columns = ground.places(&reference.columns);
        let shares = |group: &mut Group| group.columns.iter().any(|own| columns.contains(own));
        let mut joined: Vec<Group> = groups.extract_if(.., shares).collect();
        joined.push(Group {
            references: vec![place],
            columns,
            uses: Uses::Any,
        });
        let all: BTreeSet<usize> = joined
            .iter()
            .flat_map(|group| group.columns.clone())
            .collect();
        groups.push(Group {
            references: joined
                .iter()
                .flat_map(|group| group.references.clone())
                .collect(),
            columns: all.into_iter().collect(),
            uses: Uses::Any,
        });
    }
    groups
}

impl Layout {
    /// Leaves the columns of a foreign key without a value that need none.
    fn leave_null(&mut self, ground: Ground<'_>, reference: &Reference) {
        for place in ground.places(&reference.columns) {
            if ground.asked[place].nullable {
                self.origins[place] = Origin::Null;
            }
        }
    }

    /// Lets rows refer to rows that are made before them; with several columns, to themselves where
    /// they have to refer to anything.
    fn refer_to_own_rows(&mut self, ground: Ground<'_>, reference: &Reference) {
        let columns = ground.places(&reference.columns);
        let keys = ground.places(&reference.to_columns);
        let is_free =
            |place: &usize| matches!(self.origins[*place], Origin::Made | Origin::Database);
        let nullable: Vec<usize> = columns
            .iter()
            .copied()
            .filter(|place| ground.asked[*place].nullable && is_free(place))
            .collect();
        match (columns.as_slice(), keys.as_slice()) {
            ([column], [key]) => {
                self.origins[*column] = Origin::OwnRow(*key, Parent::Earlier);
                self.give(ground, *key);
            }
            _ if nullable.is_empty() => {
                for (column, key) in columns.iter().zip(&keys) {
                    if column != key {
                        self.origins[*column] = Origin::OwnRow(*key, Parent::Itself);
                        self.give(ground, *key);
                    }
                }
            }
            _ => {
                for place in nullable {
                    self.origins[place] = Origin::Null;
                }
            }
        }
    }

    /// Gives a column a value that would have been left to the database.
    fn give(&mut self, ground: Ground<'_>, place: usize) {
        if self.origins[place] == Origin::Database && ground.asked[place].content.is_some() {
            self.origins[place] = Origin::Made;
        }
    }

    /// Gives at least one column a value: without any there is no row.
    fn give_something(&mut self, ground: Ground<'_>) {
        let is_left = |origin: &Origin| *origin == Origin::Database;
        if self.origins.iter().all(is_left) {
            let known = ground
                .asked
                .iter()
                .position(|asked| asked.content.is_some());
            if let Some(place) = known {
                self.give(ground, place);
            }
        }
    }

    /// Refuses a column that must have a value, and whose values nobody knows.
    fn refuse_unknown(&self, ground: Ground<'_>) -> Result<(), GenerateError> {
        let columns = ground.asked.iter().zip(&self.origins);
        for (asked, origin) in columns {
            let lacks = *origin == Origin::Database
                && asked.rule.filled == Filled::Nobody
                && !asked.nullable;
            if lacks {
                let column = ground.shape.column(&asked.rule.name);
                return Err(GenerateError::UnknownType {
                    table: ground.shape.name.to_string(),
                    column: asked.rule.name.clone(),
                    type_name: column
                        .map(|column| column.type_name.clone())
                        .unwrap_or_default(),
                });
            }
        }
        Ok(())
    }
}
