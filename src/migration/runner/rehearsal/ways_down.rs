//! The ways down of a rehearsal, from the newest on, and the ways up once more: whether each leads back
//! to the schema from which its way up began.

use super::{Again, Rehearsing};
use crate::backend::error::DatabaseError;
use crate::migration::prepare::Step;
use crate::migration::rehearsal::{Difference, Schema, WayDown, WayDownVerdict};

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
    /// Returns the schema as it is now.
    pub(super) fn describe(&mut self) -> Result<Schema, DatabaseError> {
        let described = self.backend.describe()?;
        Ok(self.parts.schema(described))
    }

    /// Rolls back from the newest step on as far as it can be done, and applies that once more.
    pub(super) fn go_down_and_up<'s>(
        &mut self,
        pairs: &'s [Pair],
        before: Vec<Result<Schema, DatabaseError>>,
    ) -> Result<(), Again<'s>> {
        let mut undone = Vec::new();
        let mut told = Vec::new();
        let mut goes_on = true;
        for (pair, schema) in pairs.iter().zip(before).rev() {
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
        before: Result<Schema, DatabaseError>,
        told: &mut Vec<Difference>,
    ) -> Result<WayDownVerdict, Again<'s>> {
        let Some(done) = self.run(down)? else {
            return Ok(WayDownVerdict::NotRun);
        };
        self.rehearsed.steps.push(done.step);
        let after = self.describe();
        let compared = before.and_then(|before| Ok(before.differences(&after?)));
        let mut differences = match compared {
            Ok(differences) => differences,
            Err(error) => {
                let why = error.to_string();
                return Ok(WayDownVerdict::NotCompared { why });
            }
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
