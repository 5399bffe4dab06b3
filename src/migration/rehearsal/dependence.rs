//! Which steps need what others make that are left out, as far as their words tell.
//!
//! Pure. What is hidden in the body of a function, or in a function in Rust, nobody sees.

use super::report::{LeftOut, StepLeftOut};
use crate::migration::prepare::{Step, Work};
use crate::sql::Script;
use crate::sql::effect::{Action, EffectKind, Name};
use crate::version::Version;

/// What steps make that are left out.
#[derive(Debug, Default)]
pub(crate) struct Dependence {
    missing: Vec<Missing>,
    /// The values that steps have added to enumerations in the transaction that is open, which must not
    /// be used before it is committed.
    uncommitted: Vec<(String, Version)>,
}

/// Something that is not there, since who makes it is left out.
#[derive(Debug)]
struct Missing {
    /// The words that a statement has which needs it, in lower case and without quotes: its name, and that
    /// of its table before where it is a part of one.
    words: Vec<String>,
    /// Where it is said.
    schema: Option<String>,
    /// As it is told of.
    shown: String,
    of: Version,
}

impl Dependence {
    /// Returns why a step is left out that needs something that is missing.
    pub(crate) fn needs(&self, step: &Step) -> Option<LeftOut> {
        let Work::Sql(_, script) = &step.work else {
            return None;
        };
        let statements = said(script);
        let is_needed = |missing: &&Missing| missing.becomes(&statements) == Becomes::Needed;
        let missing = self.missing.iter().find(is_needed)?;
        Some(LeftOut::Needs {
            what: missing.shown.clone(),
            of: missing.of.clone(),
        })
    }

    /// Notes that a step has run: what it dropped, if it was there, is no longer missing.
    pub(crate) fn run(&mut self, step: &Step) {
        if let Work::Sql(_, script) = &step.work
            && !self.missing.is_empty()
        {
            let statements = said(script);
            self.missing
                .retain(|missing| missing.becomes(&statements) != Becomes::Dropped);
        }
    }

    /// Notes the values that a step adds which is not committed.
    pub(crate) fn leave_uncommitted(&mut self, step: &Step) {
        let of = &step.planned.version;
        let added = added_values(step).into_iter();
        self.uncommitted
            .extend(added.map(|value| (value, of.clone())));
    }

    /// Returns why a step is left out that failed of a value which is not committed, and that is named by
    /// what the server said: another step has added it.
    pub(crate) fn needs_commit(&self, step: &Step, said: &str) -> Option<LeftOut> {
        let own = added_values(step);
        let mut added = self.uncommitted.iter().rev();
        let (value, of) = added.find(|(value, _)| said.contains(value) && !own.contains(value))?;
        Some(LeftOut::Needs {
            what: value.clone(),
            of: of.clone(),
        })
    }

    /// Notes that a step is left out, at whose end these temporary tables would be gone, and returns it as
    /// it is told of.
    pub(crate) fn leave_out(
        &mut self,
        step: &Step,
        why: LeftOut,
        temporary: &[String],
    ) -> StepLeftOut {
        if let Work::Sql(_, script) = &step.work {
            for index in 0..script.statements().len() {
                for effect in script.effects(index) {
                    self.miss(&effect.kind, &step.planned.version);
                }
                if let Some(name) = attached(script, index) {
                    let name = Name { schema: None, name };
                    self.push(&name, None, &step.planned.version);
                }
            }
            for table in temporary {
                self.drop_named(None, table);
            }
        }
        StepLeftOut {
            version: step.planned.version.clone(),
            name: step.planned.name.clone(),
            why,
        }
    }

    fn miss(&mut self, kind: &EffectKind, of: &Version) {
        let (whole, part) = match kind {
            EffectKind::Create(created) => match &created.name {
                Some(name) => (name, None),
                None => return,
            },
            EffectKind::Alter(altered) => {
                let table = &altered.table;
                let part = match &altered.action {
                    Action::RenameTo { .. } => {
                        if let Some(renamed) = altered.renamed() {
                            self.push(&renamed, None, of);
                        }
                        return;
                    }
                    Action::AddColumn(added) => &added.name,
                    Action::RenameColumn { to, .. } => to,
                    Action::AddConstraint(added) => match &added.name {
                        Some(name) => name,
                        None => return,
                    },
                    _ => return,
                };
                (table, Some(part))
            }
            EffectKind::AddValue(added) => {
                let value = Name {
                    schema: None,
                    name: added.value.clone(),
                };
                self.push(&value, None, of);
                return;
            }
            EffectKind::Drop(dropped) => {
                for Name { schema, name } in &dropped.names {
                    self.drop_named(schema.as_deref(), name);
                }
                return;
            }
            EffectKind::AlterDomain(_)
            | EffectKind::Lock(_)
            | EffectKind::Write(_)
            | EffectKind::Rebuild(_)
            | EffectKind::Unread => return,
        };
        self.push(whole, part, of);
    }

    /// Notes something that is missing, or a part of what has a name.
    fn push(&mut self, whole: &Name, part: Option<&String>, of: &Version) {
        let words = [Some(&whole.name), part].into_iter().flatten();
        self.missing.push(Missing {
            words: words.map(|word| word.to_ascii_lowercase()).collect(),
            schema: whole.schema.clone(),
            shown: part.map_or_else(|| whole.to_string(), |part| format!("{whole}.{part}")),
            of: of.clone(),
        });
    }

    /// Notes that a step which is left out drops what it made, or another one did: nobody misses that.
    fn drop_named(&mut self, schema: Option<&str>, name: &str) {
        self.missing
            .retain(|missing| !missing.is_named(schema, name));
    }
}

/// What becomes of something that is missing in the course of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Becomes {
    /// A statement needs it.
    Needed,
    /// Before any does, one drops it if it is there: whatever comes behind means something else.
    Dropped,
    Unsaid,
}

impl Missing {
    fn becomes(&self, statements: &[Said]) -> Becomes {
        let each = statements.iter().map(|said| self.becomes_by(said));
        let mut told = each.filter(|it| *it != Becomes::Unsaid);
        told.next().unwrap_or(Becomes::Unsaid)
    }

    fn becomes_by(&self, said: &Said) -> Becomes {
        let is_it = |dropped: &Name| self.is_named(dropped.schema.as_deref(), &dropped.name);
        if said.dropped.iter().any(is_it) {
            Becomes::Dropped
        } else if self.words.iter().all(|word| said.names.contains(word)) {
            Becomes::Needed
        } else {
            Becomes::Unsaid
        }
    }

    /// Returns whether it has a name, or is a part of what has.
    fn is_named(&self, schema: Option<&str>, name: &str) -> bool {
        let own = self.schema.as_deref();
        let elsewhere = own.zip(schema).is_some_and(|(own, schema)| own != schema);
        let is_it = self
            .words
            .first()
            .is_some_and(|word| *word == name.to_ascii_lowercase());
        is_it && !elsewhere
    }
}

/// What a statement says.
struct Said {
    /// All names in it, in lower case.
    names: Vec<String>,
    /// What it drops if it is there.
    dropped: Vec<Name>,
}

fn said(script: &Script) -> Vec<Said> {
    let of_statement = |index| {
        let effects = script.effects(index).into_iter();
        let dropped = effects.filter_map(|effect| match effect.kind {
            EffectKind::Drop(dropped) if dropped.if_exists => Some(dropped.names),
            _ => None,
        });
        Said {
            names: script.names(index),
            dropped: dropped.flatten().collect(),
        }
    };
    (0..script.statements().len()).map(of_statement).collect()
}

/// Returns the values that a step adds to enumerations.
fn added_values(step: &Step) -> Vec<String> {
    let Work::Sql(_, script) = &step.work else {
        return Vec::new();
    };
    let effects = (0..script.statements().len()).flat_map(|index| script.effects(index));
    let added = effects.filter_map(|effect| match effect.kind {
        EffectKind::AddValue(added) => Some(added.value),
        _ => None,
    });
    added.collect()
}

/// Returns the name that a statement gives to another file's database.
fn attached(script: &Script, index: usize) -> Option<String> {
    script.with_phrase(index, |phrase| {
        let mut places = 1..phrase.tokens().len();
        let behind = places.rfind(|place| phrase.is_word(*place, "AS"))?;
        let name = script.dialect().identifier(phrase.text_at(behind + 1));
        phrase.is_word(0, "ATTACH").then_some(name)
    })
}
