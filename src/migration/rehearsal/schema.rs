//! A schema before a way up and behind its way down, and in what they differ.
//!
//! Pure. Of many schemas that are nearly the same each part is kept once.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::rc::Rc;

use super::report::{Difference, WhatDiffers};
use crate::backend::rehearsal::Described;

/// All parts that any schema of a run has, or had.
#[derive(Debug, Default)]
pub(crate) struct Parts(HashSet<Rc<Described>>);

/// What a schema is made of, in the order of names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Schema(Vec<Rc<Described>>);

impl Parts {
    /// Returns a schema as it was described.
    pub(crate) fn schema(&mut self, mut described: Vec<Described>) -> Schema {
        described.sort_unstable();
        let parts = described.into_iter().map(|part| self.known(part));
        Schema(parts.collect())
    }

    fn known(&mut self, part: Described) -> Rc<Described> {
        if let Some(known) = self.0.get(&part) {
            return Rc::clone(known);
        }
        let known = Rc::new(part);
        self.0.insert(Rc::clone(&known));
        known
    }
}

impl Schema {
    /// Returns in what another one differs, which comes after this one. More than one part may have the
    /// same name.
    pub(crate) fn differences(&self, after: &Self) -> Vec<Difference> {
        let (mut before, mut after) = (self.0.as_slice(), after.0.as_slice());
        let mut all = Vec::new();
        while let Some(what) = first_name(before, after) {
            let was = take_named(&mut before, what);
            let is = take_named(&mut after, what);
            let differs = match (was.is_empty(), is.is_empty()) {
                _ if was == is => continue,
                (true, _) => WhatDiffers::Left,
                (_, true) => WhatDiffers::Gone,
                (false, false) => WhatDiffers::Changed,
            };
            let what = what.to_owned();
            all.push(Difference { what, differs });
        }
        without_parts(all)
    }
}

/// Returns the name that comes first.
fn first_name<'a>(before: &'a [Rc<Described>], after: &'a [Rc<Described>]) -> Option<&'a str> {
    let name = |parts: &'a [Rc<Described>]| parts.first().map(|part| part.what.as_str());
    match (name(before), name(after)) {
        (Some(one), Some(other)) => Some(match one.cmp(other) {
            Ordering::Greater => other,
            _ => one,
        }),
        (one, other) => one.or(other),
    }
}

/// Takes the parts of a name off the beginning.
fn take_named<'a>(parts: &mut &'a [Rc<Described>], what: &str) -> &'a [Rc<Described>] {
    let other = parts.iter().position(|part| part.what != what);
    let (named, rest) = parts.split_at(other.unwrap_or(parts.len()));
    *parts = rest;
    named
}

/// What goes with something else, by how it begins.
const PARTS: [&str; 6] = [
    "column ",
    "comment ",
    "constraint ",
    "policy ",
    "rule ",
    "trigger ",
];

fn is_part(difference: &Difference) -> bool {
    PARTS.iter().any(|kind| difference.what.starts_with(kind))
}

/// Leaves out the parts that are there, or gone, since the whole is that they belong to.
fn without_parts(all: Vec<Difference>) -> Vec<Difference> {
    let wholes = all.iter().filter(|it| !is_part(it));
    let wholes = wholes.filter_map(|it| Some((it.what.split_once(' ')?.1, it.differs)));
    let wholes: HashSet<(&str, WhatDiffers)> = wholes.collect();
    let goes_with_one = |it: &Difference| {
        let differs = it.differs;
        let is_there = |name| wholes.contains(&(name, differs));
        differs != WhatDiffers::Changed && is_part(it) && names_in(&it.what).any(is_there)
    };
    let told: Vec<bool> = all.iter().map(|it| !goes_with_one(it)).collect();
    let told = all.into_iter().zip(told);
    told.filter_map(|(it, is_told)| is_told.then_some(it))
        .collect()
}

/// Returns whatever may be a name: what begins behind a space, and ends before one or a dot.
fn names_in(what: &str) -> impl Iterator<Item = &str> {
    let starts = what.match_indices(' ').map(|(place, _)| place + 1);
    starts.flat_map(move |start| {
        let rest = &what[start..];
        let ends = rest.match_indices([' ', '.']).map(|(place, _)| place);
        ends.chain([rest.len()]).map(move |end| &rest[..end])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns in what two schemas differ that have these parts.
    fn differences(before: &[(&str, &str)], after: &[(&str, &str)]) -> Vec<(String, WhatDiffers)> {
        let part = |(what, like): &(&str, &str)| Described {
            what: (*what).to_owned(),
            like: (*like).to_owned(),
        };
        let mut parts = Parts::default();
        let mut schema = |of: &[(&str, &str)]| parts.schema(of.iter().map(part).collect());
        let found = schema(before).differences(&schema(after)).into_iter();
        found.map(|it| (it.what, it.differs)).collect()
    }

    fn named(found: &[(String, WhatDiffers)]) -> Vec<(&str, WhatDiffers)> {
        found
            .iter()
            .map(|(what, it)| (what.as_str(), *it))
            .collect()
    }

    #[test]
    fn what_is_left_gone_and_changed_is_told_apart() {
        let before = [("table b", ""), ("table a", ""), ("column a.x", "int")];
        let after = [("table a", ""), ("column a.x", "text"), ("type c", "")];
        assert_eq!(
            named(&differences(&before, &after)),
            [
                ("column a.x", WhatDiffers::Changed),
                ("table b", WhatDiffers::Gone),
                ("type c", WhatDiffers::Left),
            ]
        );
        assert_eq!(differences(&before, &before), []);
        let in_another_order = [("column a.x", "int"), ("table b", ""), ("table a", "")];
        assert_eq!(differences(&before, &in_another_order), []);
    }

    #[test]
    fn all_that_have_one_name_are_one() {
        let before = [("table a", ""), ("table a", "of ana")];
        for after in [
            &[("table a", "of bob"), ("table a", "")][..],
            &[("table a", "of ana")],
            &[("table a", ""), ("table a", ""), ("table a", "of ana")],
        ] {
            let found = differences(&before, after);
            assert_eq!(
                named(&found),
                [("table a", WhatDiffers::Changed)],
                "{after:?}"
            );
        }
    }

    #[test]
    fn a_part_that_stays_is_kept_once() {
        let part = |what: &str| Described {
            what: what.to_owned(),
            like: String::new(),
        };
        let mut parts = Parts::default();
        let before = parts.schema(vec![part("table b"), part("table a")]);
        let after = parts.schema(vec![part("table a"), part("table c")]);
        assert!(Rc::ptr_eq(&before.0[0], &after.0[0]));
        assert_eq!(parts.0.len(), 3);
    }

    #[test]
    fn what_goes_with_a_whole_is_not_told_beside_it() {
        let after = [
            ("column public.more.id", "integer"),
            ("column public.more_still.id", "integer"),
            ("constraint more_check of public.more", "CHECK (true)"),
            ("index public.more_pkey", ""),
            ("table public.more", ""),
            ("trigger told on public.more", ""),
        ];
        let found = differences(&[], &after);
        let found: Vec<_> = found.iter().map(|(what, _)| what.as_str()).collect();
        assert_eq!(
            found,
            [
                "column public.more_still.id",
                "index public.more_pkey",
                "table public.more"
            ]
        );
    }
}
