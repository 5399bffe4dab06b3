//! The ways down of a rehearsal, from the newest on, and the ways up once more: whether each leads back
//! to the schema from which its way up began.

use std::collections::BTreeMap;

use super::{Again, Rehearsing};
use crate::backend::rehearsal::Described;
use crate::migration::prepare::Step;
use crate::migration::rehearsal::{Difference, WayDown, WayDownVerdict, WhatDiffers};

/// A way up, and what leads back.
#[derive(Debug)]
pub(crate) struct Pair {
    pub(crate) up: Step,
    /// None where ways down are not asked for.
    pub(crate) down: Option<Down>,
}

/// A way down.
#[derive(Debug)]
pub(crate) enum Down {
    /// It can be run.
    Runs(Box<Step>),
    /// There is none.
    Irreversible,
}

impl Rehearsing<'_, '_> {
    /// Returns the schema as it is now; none where it cannot be told, which the next step will tell of.
    pub(super) fn describe(&mut self) -> Option<Vec<Described>> {
        self.backend.describe().ok()
    }

    /// Rolls back from the newest step on as far as it can be done, and applies that once more.
    pub(super) fn go_down_and_up<'s>(
        &mut self,
        pairs: &'s [Pair],
        mut before: Vec<Option<Vec<Described>>>,
    ) -> Result<(), Again<'s>> {
        let mut undone = Vec::new();
        let mut told = Vec::new();
        let mut goes_on = true;
        for pair in pairs.iter().rev() {
            let schema = before.pop().flatten();
            let verdict = match &pair.down {
                _ if !self.was_run(&pair.up) => continue,
                Some(Down::Runs(down)) if goes_on && let Some(why) = self.why_left_out(down) => {
                    WayDownVerdict::LeftOut { why }
                }
                Some(Down::Runs(down)) if goes_on && !self.is_over() => {
                    let verdict = self.go_down(down, schema, &mut told)?;
                    if verdict != WayDownVerdict::NotRun {
                        undone.push(&pair.up);
                    }
                    verdict
                }
                Some(Down::Irreversible) if goes_on => WayDownVerdict::Irreversible,
                _ => WayDownVerdict::NotRun,
            };
            goes_on = !matches!(
                verdict,
                WayDownVerdict::Irreversible
                    | WayDownVerdict::LeftOut { .. }
                    | WayDownVerdict::NotRun
            );
            self.rehearsed.ways_down.push(WayDown {
                version: pair.up.planned.version.clone(),
                name: pair.up.planned.name.clone(),
                verdict,
            });
        }
        undone.reverse();
        self.go_up_again(&undone)
    }

    fn go_up_again<'s>(&mut self, steps: &[&'s Step]) -> Result<(), Again<'s>> {
        for step in steps {
            if self.is_over() {
                return Ok(());
            }
            if let Some(done) = self.run(step)? {
                self.rehearsed.steps.push(done.step);
            }
        }
        Ok(())
    }

    fn was_run(&self, step: &Step) -> bool {
        let left_out = self.rehearsed.left_out.iter();
        left_out
            .into_iter()
            .all(|left| left.version != step.planned.version)
    }

    /// Runs a way down, and compares the schema with the one before its way up: what a newer one has
    /// left, or taken along, is not told of it once more.
    fn go_down<'s>(
        &mut self,
        down: &'s Step,
        before: Option<Vec<Described>>,
        told: &mut Vec<Difference>,
    ) -> Result<WayDownVerdict, Again<'s>> {
        let Some(done) = self.run(down)? else {
            return Ok(WayDownVerdict::NotRun);
        };
        self.rehearsed.steps.push(done.step);
        let mut differences = match (before, self.describe()) {
            (Some(before), Some(after)) => differences(&before, &after),
            _ => Vec::new(),
        };
        differences.retain(|difference| !told.contains(difference));
        told.extend(differences.iter().cloned());
        Ok(if differences.is_empty() {
            WayDownVerdict::LeadsBack
        } else {
            WayDownVerdict::Differs { differences }
        })
    }
}

/// Returns in what two schemas differ. More than one part may have the same name.
fn differences(before: &[Described], after: &[Described]) -> Vec<Difference> {
    let mut parts: BTreeMap<&str, [Vec<&str>; 2]> = BTreeMap::new();
    for (place, schema) in [before, after].into_iter().enumerate() {
        for part in schema {
            parts.entry(&part.what).or_default()[place].push(&part.like);
        }
    }
    let difference = |(what, [before, after]): (&str, [Vec<&str>; 2])| {
        let differs = match (before.is_empty(), after.is_empty()) {
            _ if before == after => return None,
            (true, _) => WhatDiffers::Left,
            (_, true) => WhatDiffers::Gone,
            (false, false) => WhatDiffers::Changed,
        };
        let what = what.to_owned();
        Some(Difference { what, differs })
    };
    let all: Vec<Difference> = parts.into_iter().filter_map(difference).collect();
    let is_told = |part: &&Difference| !all.iter().any(|whole| goes_with(part, whole));
    all.iter().filter(is_told).cloned().collect()
}

/// Returns whether a part is there, or gone, since the whole is that it belongs to.
fn goes_with(part: &Difference, whole: &Difference) -> bool {
    const PARTS: [&str; 6] = [
        "column ",
        "comment ",
        "constraint ",
        "policy ",
        "rule ",
        "trigger ",
    ];
    let Some((_, name)) = whole.what.split_once(' ') else {
        return false;
    };
    let is_part = |what: &str| PARTS.iter().any(|kind| what.starts_with(kind));
    let names_it = |what: &str| {
        what.match_indices(name).any(|(start, _)| {
            let before = what[..start].chars().next_back();
            let behind = what[start + name.len()..].chars().next();
            before == Some(' ') && behind.is_none_or(|next| matches!(next, '.' | ' '))
        })
    };
    let differs = part.differs == whole.differs && part.differs != WhatDiffers::Changed;
    differs && is_part(&part.what) && !is_part(&whole.what) && names_it(&part.what)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema(parts: &[(&str, &str)]) -> Vec<Described> {
        let part = |(what, like): &(&str, &str)| Described {
            what: (*what).to_owned(),
            like: (*like).to_owned(),
        };
        parts.iter().map(part).collect()
    }

    #[test]
    fn what_is_left_gone_and_changed_is_told_apart() {
        let before = schema(&[("table a", ""), ("table b", ""), ("column a.x", "int")]);
        let after = schema(&[("table a", ""), ("column a.x", "text"), ("type c", "")]);
        let found = differences(&before, &after);
        let found: Vec<_> = found
            .iter()
            .map(|it| (it.what.as_str(), it.differs))
            .collect();
        assert_eq!(
            found,
            [
                ("column a.x", WhatDiffers::Changed),
                ("table b", WhatDiffers::Gone),
                ("type c", WhatDiffers::Left),
            ]
        );
        assert_eq!(differences(&before, &before), []);
    }

    #[test]
    fn what_goes_with_a_whole_is_not_told_beside_it() {
        let after = schema(&[
            ("column public.more.id", "integer"),
            ("column public.more_still.id", "integer"),
            ("constraint more_check of public.more", "CHECK (true)"),
            ("index public.more_pkey", ""),
            ("table public.more", ""),
            ("trigger told on public.more", ""),
        ]);
        let found = differences(&[], &after);
        let found: Vec<_> = found.iter().map(|it| it.what.as_str()).collect();
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
