//! What a statement locks so that nobody sees it, since an earlier step has locked it already, or since it
//! is free again at once: by its words, and by what the catalog knows of the tables; and where those do not
//! tell, that much.

use super::step::UnderWay;
use super::{Kept, Rehearsing};
use crate::backend::rehearsal::{Reference, Tells};
use crate::backend::table_lock::{ExpectedLock, Kin, LockOn, TableLock};
use crate::migration::place::Place;
use crate::migration::prepare::{Mode, Step};
use crate::migration::rehearsal::{Expected, LockTaken, NotSeen, Unseen};
use crate::migration::runner::step_error::StepError;
use crate::sql::Script;
use crate::sql::effect::{Action, EffectKind, Name, ObjectKind};

impl Rehearsing<'_, '_> {
    /// Notes the locks that a statement takes, and that nobody will see it take.
    pub(super) fn expect(
        &mut self,
        under_way: &mut UnderWay<'_>,
        script: &Script,
        (index, place): (usize, &Place),
    ) -> Result<(), StepError> {
        let Some(why) = self.not_seen(under_way.step) else {
            return Ok(());
        };
        let mut names: Vec<String> = Vec::new();
        if self.backend.tells_locks(script, index) == Tells::NotOfNamed {
            let closed = match why {
                NotSeen::HeldEarlier => self.track.closed_earlier(),
                NotSeen::FreeAgain => self.track.tables(),
            };
            let said = script.names(index);
            let is_said = |(name, _): &&(&str, &str)| said.iter().any(|word| word == name);
            let meant = closed.iter().filter(is_said);
            names.extend(meant.map(|(_, shown)| (*shown).to_owned()));
        }
        let mut unseen: Vec<Option<String>> = names.into_iter().map(Some).collect();
        if self.backend.tells_locks(script, index) == Tells::Nothing {
            unseen.push(None);
        }
        let planned = &under_way.step.planned;
        let told = unseen.into_iter().map(|on| Unseen {
            version: planned.version.clone(),
            name: planned.name.clone(),
            on,
            place: Some(place.clone()),
            why,
        });
        under_way.unseen.extend(told);
        let statement = under_way.statements.len();
        let taken = self.taken_by_words(script, index, why)?.into_iter();
        let expected = taken.map(|taken| Expected {
            statement,
            taken,
            why,
        });
        under_way.expected.extend(expected);
        Ok(())
    }

    /// Notes that nobody knows what a function locks, where that is not seen.
    pub(super) fn expect_anything(&self, under_way: &mut UnderWay<'_>) {
        let planned = &under_way.step.planned;
        let unseen = self.not_seen(under_way.step).map(|why| Unseen {
            version: planned.version.clone(),
            name: planned.name.clone(),
            on: None,
            place: None,
            why,
        });
        under_way.unseen.extend(unseen);
    }

    /// Returns why nobody sees what a step locks, or not all of it.
    fn not_seen(&self, step: &Step) -> Option<NotSeen> {
        if step.mode == Mode::StatementWise {
            return self.backend.locks_tables().then_some(NotSeen::FreeAgain);
        }
        let in_one = self.manner.kept == Kept::Nothing;
        (in_one && self.track.has_closed_earlier()).then_some(NotSeen::HeldEarlier)
    }

    fn taken_by_words(
        &mut self,
        script: &Script,
        index: usize,
        why: NotSeen,
    ) -> Result<Vec<LockTaken>, StepError> {
        let mut taken: Vec<LockTaken> = Vec::new();
        let mut others: Vec<(String, TableLock)> = Vec::new();
        for expected in self.backend.expected_locks(script, index) {
            match (expected.on, why) {
                (LockOn::ItsKin(kin), _) => {
                    let ids = self.kin(&expected, kin)?.into_iter();
                    others.extend(ids.map(|id| (id, expected.lock)));
                }
                (_, NotSeen::HeldEarlier) => taken.extend(self.track.locked_earlier(&expected)),
                (_, NotSeen::FreeAgain) => taken.extend(self.track.locked_by_words(&expected)),
            }
        }
        let tied = self.tied(script, index)?.into_iter();
        others.extend(tied.map(|id| (id, TableLock::AccessExclusive)));
        taken.extend(others.iter().filter_map(|(id, lock)| match why {
            NotSeen::HeldEarlier => self.track.held_earlier(id, *lock),
            NotSeen::FreeAgain => self.track.taken_by_words(id, *lock),
        }));
        Ok(taken)
    }

    /// Returns the tables that have to do with the one that is meant, or with the one of the index that is.
    fn kin(&mut self, expected: &ExpectedLock, kin: Kin) -> Result<Vec<String>, StepError> {
        let Some(id) = self.track.meant(expected) else {
            return Ok(Vec::new());
        };
        let kin = self.backend.kin(id, kin);
        kin.map_err(StepError::Bookkeeping)
    }

    /// Returns the tables that are locked with one that is dropped, or whose reference is: those at the
    /// other end of it.
    fn tied(&mut self, script: &Script, index: usize) -> Result<Vec<String>, StepError> {
        let effects = script.effects(index);
        let cuts: Vec<(&Name, Cut<'_>)> = effects
            .iter()
            .flat_map(|effect| cuts(&effect.kind))
            .collect();
        let mut tied = Vec::new();
        for (table, cut) in cuts {
            let table = ExpectedLock {
                on: LockOn::Itself,
                schema: table.schema.clone(),
                name: table.name.clone(),
                lock: TableLock::AccessExclusive,
            };
            let Some(id) = self.track.meant(&table) else {
                continue;
            };
            let references = self.backend.references(id);
            let references = references.map_err(StepError::Bookkeeping)?;
            let others = references.iter().filter_map(|it| cut.other_end(it, id));
            tied.extend(others.map(str::to_owned));
        }
        Ok(tied)
    }
}

/// What is taken from a table that may be a reference.
#[derive(Clone, Copy)]
enum Cut<'a> {
    Whole,
    Constraint(&'a str),
    Column(&'a str),
}

impl Cut<'_> {
    /// Returns the other end of a reference that goes with it.
    fn other_end<'r>(self, reference: &'r Reference, table: &str) -> Option<&'r str> {
        let is_from = reference.from == table;
        let goes = match self {
            Self::Whole => is_from || reference.to == table,
            // What relies on a key goes with it by `CASCADE`; where that is not said, nothing relies on it.
            Self::Constraint(name) if is_from => reference.constraint == name,
            Self::Constraint(name) => reference.to_key.as_deref() == Some(name),
            Self::Column(name) if is_from => reference.column == name,
            Self::Column(name) => reference.to_column == name,
        };
        let other = if is_from {
            &reference.to
        } else {
            &reference.from
        };
        goes.then_some(other.as_str())
    }
}

fn cuts(kind: &EffectKind) -> Vec<(&Name, Cut<'_>)> {
    match kind {
        EffectKind::Drop(dropped) if dropped.kind == ObjectKind::Table => {
            let names = dropped.names.iter();
            names.map(|name| (name, Cut::Whole)).collect()
        }
        EffectKind::Alter(altered) => match &altered.action {
            Action::DropConstraint { name, .. } => vec![(&altered.table, Cut::Constraint(name))],
            Action::DropColumn { column, .. } => vec![(&altered.table, Cut::Column(column))],
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}
