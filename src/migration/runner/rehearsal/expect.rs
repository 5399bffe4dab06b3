//! What a statement locks that an earlier step has locked already, so that nobody sees it: by its words,
//! and by the references between tables; and where those do not tell, that much.

use super::step::UnderWay;
use super::{Kept, Rehearsing};
use crate::backend::rehearsal::{ExpectedLock, LockOn, Reference, Tells};
use crate::backend::table_lock::TableLock;
use crate::migration::place::Place;
use crate::migration::rehearsal::{Expected, LockTaken, Unseen};
use crate::migration::runner::step_error::StepError;
use crate::sql::Script;
use crate::sql::effect::{Action, EffectKind, Name, ObjectKind};

impl Rehearsing<'_, '_> {
    /// Notes the locks that a statement takes, and that an earlier step has already.
    pub(super) fn expect(
        &mut self,
        under_way: &mut UnderWay<'_>,
        script: &Script,
        (index, place): (usize, &Place),
    ) -> Result<(), StepError> {
        if self.manner.kept == Kept::UntilTheEnd || !self.track.has_closed_earlier() {
            return Ok(());
        }
        let mut names: Vec<String> = Vec::new();
        if self.backend.tells_locks(script, index) == Tells::NotOfNamed {
            let closed = self.track.closed_earlier();
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
            place: place.clone(),
        });
        under_way.unseen.extend(told);
        let statement = under_way.statements.len();
        let by_words = self.backend.expected_locks(script, index);
        let mut taken: Vec<LockTaken> = by_words
            .iter()
            .flat_map(|expected| self.track.locked_earlier(expected))
            .collect();
        for id in self.tied(script, index)? {
            taken.extend(self.track.held_earlier(&id, TableLock::AccessExclusive));
        }
        let expected = taken.into_iter().map(|taken| Expected { statement, taken });
        under_way.expected.extend(expected);
        Ok(())
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
            Self::Constraint(name) => is_from && reference.constraint == name,
            Self::Column(name) => is_from && reference.column == name,
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
