//! Which steps need what others make that are left out, as far as their words tell.
//!
//! Pure. What is hidden in the body of a function, or in a function in Rust, nobody sees.

use super::report::{LeftOut, StepLeftOut};
use crate::migration::prepare::{Step, Work};
use crate::sql::Script;
use crate::sql::effect::{Action, EffectKind};
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
    /// The words that a statement has which needs it, in lower case and without quotes.
    words: Vec<String>,
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
        let statements = (0..script.statements().len()).map(|index| script.names(index));
        let statements: Vec<Vec<String>> = statements.collect();
        let is_needed = |missing: &&Missing| {
            let has_all = |said: &Vec<String>| missing.words.iter().all(|word| said.contains(word));
            statements.iter().any(has_all)
        };
        let missing = self.missing.iter().find(is_needed)?;
        Some(LeftOut::Needs {
            what: missing.shown.clone(),
            of: missing.of.clone(),
        })
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

    /// Notes that a step is left out, and returns it as it is told of.
    pub(crate) fn leave_out(&mut self, step: &Step, why: LeftOut) -> StepLeftOut {
        if let Work::Sql(_, script) = &step.work {
            for index in 0..script.statements().len() {
                for effect in script.effects(index) {
                    self.miss(&effect.kind, &step.planned.version);
                }
                if let Some(name) = attached(script, index) {
                    self.push(&[&name], name.clone(), &step.planned.version);
                }
            }
        }
        StepLeftOut {
            version: step.planned.version.clone(),
            name: step.planned.name.clone(),
            why,
        }
    }

    fn miss(&mut self, kind: &EffectKind, of: &Version) {
        let (words, shown) = match kind {
            EffectKind::Create(created) => match &created.name {
                Some(name) => (vec![&name.name], name.to_string()),
                None => return,
            },
            EffectKind::Alter(altered) => {
                let table = &altered.table;
                let part = match &altered.action {
                    Action::RenameTo { to } => {
                        self.push(&[to], to.clone(), of);
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
                (vec![&table.name, part], format!("{table}.{part}"))
            }
            EffectKind::AddValue(added) => (vec![&added.value], added.value.clone()),
            EffectKind::Drop(_)
            | EffectKind::AlterDomain(_)
            | EffectKind::Lock(_)
            | EffectKind::Write(_)
            | EffectKind::Rebuild(_)
            | EffectKind::Unread => return,
        };
        self.push(&words, shown, of);
    }

    fn push(&mut self, words: &[&String], shown: String, of: &Version) {
        let words = words.iter().map(|word| word.to_ascii_lowercase());
        self.missing.push(Missing {
            words: words.collect(),
            shown,
            of: of.clone(),
        });
    }
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
