//! Keeps keys unique: by one column of them that is, or by all of them together.
//!
//! Pure.

use super::{Combination, Ground, Layout, Origin, Parent, Part, Uses};
use crate::backend::rows::Filled;
use crate::seed::generate::content::Content;

impl Layout {
    /// Sees to it that no two rows have the same values of a key.
    pub(super) fn keep_unique(&mut self, ground: Ground<'_>, key: &[usize]) {
        if self.is_kept(ground, key) {
            return;
        }
        if let [column] = key {
            return self.keep_column_unique(ground, *column);
        }
        for column in key {
            self.give(ground, *column);
        }
        let whole_group = self
            .groups
            .iter()
            .position(|group| same(&group.columns, key));
        if let Some(group) = whole_group {
            self.groups[group].uses = Uses::Once;
            return;
        }
        let carriers = || {
            key.iter()
                .filter(|column| self.origins[**column] == Origin::Made)
        };
        let texts = carriers()
            .find(|column| matches!(ground.asked[**column].content, Some(Content::Text(_))));
        if let Some(column) = texts.copied() {
            self.origins[column] = Origin::Numbered;
        } else if !self.combine(ground, key) {
            let numbered = key
                .iter()
                .find(|column| self.can_be_numbered(ground, **column));
            if let Some(column) = numbered {
                self.origins[*column] = Origin::Numbered;
            }
        }
    }

    /// Returns whether a key is unique already, or nothing can be done for it.
    fn is_kept(&mut self, ground: Ground<'_>, key: &[usize]) -> bool {
        let scattered = key.iter().find(|column| {
            let content = ground.asked[**column].content.as_ref();
            self.origins[**column] == Origin::Made && content.is_some_and(Content::is_scattered)
        });
        if let Some(column) = scattered {
            self.origins[*column] = Origin::Scattered;
            return true;
        }
        let combined = self.combinations.iter();
        let is_within = |columns: &[usize]| columns.iter().all(|column| key.contains(column));
        let mut combined = combined.map(|combination| combination.columns.as_slice());
        key.is_empty()
            || combined.any(is_within)
            || key.iter().any(|column| match &self.origins[*column] {
                Origin::Null | Origin::Numbered | Origin::Scattered => true,
                Origin::OwnRow(_, parent) => *parent == Parent::Previous,
                Origin::Database => matches!(
                    ground.rules.columns[*column].filled,
                    Filled::Counted | Filled::Computed
                ),
                Origin::Group(group, _) => {
                    let group = &self.groups[*group];
                    group.uses == Uses::Once && is_within(&group.columns)
                }
                Origin::Made | Origin::Combined(..) => false,
            })
    }

    fn keep_column_unique(&mut self, ground: Ground<'_>, column: usize) {
        self.give(ground, column);
        match self.origins[column].clone() {
            Origin::Group(group, _) if self.groups[group].columns == [column] => {
                self.groups[group].uses = Uses::Once;
            }
            Origin::OwnRow(key, Parent::Earlier) => {
                self.origins[column] = Origin::OwnRow(key, Parent::Previous);
            }
            Origin::Made
                if ground.asked[column]
                    .content
                    .as_ref()
                    .is_some_and(Content::is_scattered) =>
            {
                self.origins[column] = Origin::Scattered;
            }
            Origin::Made if self.can_be_numbered(ground, column) => {
                self.origins[column] = Origin::Numbered;
            }
            _ => {}
        }
    }

    fn can_be_numbered(&self, ground: Ground<'_>, column: usize) -> bool {
        let content = ground.asked[column].content.as_ref();
        self.origins[column] == Origin::Made
            && content.is_some_and(|content| content.numbers().is_some())
    }

    /// Counts through all combinations of a key's columns, if each of them can be counted.
    fn combine(&mut self, ground: Ground<'_>, key: &[usize]) -> bool {
        let mut parts = Vec::new();
        for column in key {
            let part = match self.origins[*column] {
                Origin::Group(group, _) => {
                    let members = &self.groups[group];
                    let is_within = members.columns.iter().all(|member| key.contains(member));
                    if members.uses != Uses::Any || !is_within {
                        return false;
                    }
                    Part::Group(group)
                }
                Origin::Made if self.can_be_numbered(ground, *column) => Part::Column(*column),
                _ => return false,
            };
            if !parts.contains(&part) {
                parts.push(part);
            }
        }
        // What has the most values comes last: it is moved on once all others were had.
        parts.sort_by_key(|part| match part {
            Part::Group(_) => 0,
            Part::Column(column) => match ground.asked[*column].content {
                Some(Content::Choice(_)) => 1,
                _ => 2,
            },
        });
        let combination = self.combinations.len();
        for (place, part) in parts.iter().enumerate() {
            match part {
                Part::Group(group) => self.groups[*group].uses = Uses::Combined,
                Part::Column(column) => {
                    self.origins[*column] = Origin::Combined(combination, place);
                }
            }
        }
        self.combinations.push(Combination {
            columns: key.to_vec(),
            parts,
        });
        true
    }
}

fn same(columns: &[usize], key: &[usize]) -> bool {
    columns.len() == key.len() && columns.iter().all(|column| key.contains(column))
}
