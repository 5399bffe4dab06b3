//! Which steps need what others make that are left out, as far as their words tell.
//!
//! Pure. What is hidden in the body of a function, or in a function in Rust, nobody sees.

use super::report::{LeftOut, StepLeftOut};
use crate::migration::prepare::{Step, Work};
use crate::sql::Script;
use crate::sql::effect::{Action, Created, EffectKind, Name, ObjectKind};
use crate::version::Version;

/// Where a temporary table is.
const TEMPORARY: &str = "pg_temp";

/// First words of statements that change nothing of what a table has to do with others.
const APART: [&str; 4] = ["SELECT", "COMMENT", "GRANT", "ANALYZE"];

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
    /// Whether it is a table, or a part of one, that is dropped without a lock of anything else.
    alone: bool,
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
                self.miss_of_statement(script, index, &step.planned.version);
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

    fn miss_of_statement(&mut self, script: &Script, index: usize, of: &Version) {
        let stands = stands(script, index);
        if stands == Stands::Tied {
            let names = script.names(index);
            self.tie(|missing| missing.words.first().is_some_and(|it| names.contains(it)));
        }
        for effect in script.effects(index) {
            if matches!(effect.kind, EffectKind::Unread) {
                self.tie(|_| true);
            }
            // Whether a block comes to what it says nobody knows.
            if !(is_block(script, index) && matches!(effect.kind, EffectKind::Drop(_))) {
                self.miss(&effect.kind, of);
            }
        }
        if stands == Stands::Made
            && let Some(made) = self.missing.last_mut()
        {
            made.alone = true;
        }
    }

    /// Notes that something else is locked with what is dropped of these.
    fn tie(&mut self, is_tied: impl Fn(&Missing) -> bool) {
        for missing in &mut self.missing {
            missing.alone &= !is_tied(missing);
        }
    }

    fn miss(&mut self, kind: &EffectKind, of: &Version) {
        let (whole, part) = match kind {
            EffectKind::Create(created) => {
                if let Some(name) = &created.name {
                    self.push(name, None, of);
                    self.place_of_last(created);
                }
                return;
            }
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
        let mut wholes = self.missing.iter().filter(|it| it.words.len() == 1);
        let is_whole = |it: &Missing| it.is_named(whole.schema.as_deref(), &whole.name);
        let alone = part.is_some() && wholes.any(|it| it.alone && is_whole(it));
        self.missing.push(Missing {
            alone,
            words: words.map(|word| word.to_ascii_lowercase()).collect(),
            schema: whole.schema.clone(),
            shown: part.map_or_else(|| whole.to_string(), |part| format!("{whole}.{part}")),
            of: of.clone(),
        });
    }

    /// Notes where a temporary table is that was pushed last.
    fn place_of_last(&mut self, created: &Created) {
        if let Some(missing) = self.missing.last_mut().filter(|_| created.temporary) {
            missing.schema = Some(TEMPORARY.to_owned());
        }
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
    /// Before any does, one drops it if it is there, and nothing else is locked with it: whatever comes
    /// behind means something else.
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
        if self.alone && said.dropped.iter().any(is_it) {
            Becomes::Dropped
        } else if self.words.iter().all(|word| said.names.contains(word)) {
            Becomes::Needed
        } else {
            Becomes::Unsaid
        }
    }

    /// Returns whether it has a name, or is a part of what has, in so many words: where one of them alone
    /// has a schema, nobody knows.
    fn is_named(&self, schema: Option<&str>, name: &str) -> bool {
        let own = self.schema.as_deref();
        let is_there = own == schema || own == Some(TEMPORARY) && schema.is_none();
        let is_it = self
            .words
            .first()
            .is_some_and(|word| *word == name.to_ascii_lowercase());
        is_it && is_there
    }
}

/// What a statement says.
struct Said {
    /// All names in it, in lower case.
    names: Vec<String>,
    /// The tables that it drops if they are there.
    dropped: Vec<Name>,
}

fn said(script: &Script) -> Vec<Said> {
    let of_statement = |index| {
        let effects = script.effects(index).into_iter();
        let dropped = effects.filter_map(|effect| match effect.kind {
            EffectKind::Drop(dropped) if dropped.if_exists && dropped.kind == ObjectKind::Table => {
                Some(dropped.names)
            }
            _ => None,
        });
        let dropped = dropped.filter(|_| !is_block(script, index));
        Said {
            names: script.names(index),
            dropped: dropped.flatten().collect(),
        }
    };
    (0..script.statements().len()).map(of_statement).collect()
}

/// How a statement that is left out stands to the tables that it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stands {
    /// It makes one that has to do with no other.
    Made,
    /// What is locked with them when they are dropped is what it was.
    Apart,
    /// Nobody knows that.
    Tied,
}

fn stands(script: &Script, index: usize) -> Stands {
    let effects = script.effects(index);
    let says = |words: &[&str]| {
        script.with_phrase(index, |phrase| {
            let mut places = 0..phrase.tokens().len();
            places.any(|place| phrase.is_any_word(place, words))
        })
    };
    let is_apart = match effects.as_slice() {
        _ if is_block(script, index) => false,
        [] => script.with_phrase(index, |phrase| phrase.is_any_word(0, &APART)),
        [effect] if makes_alone(&effect.kind) && !says(&["INHERITS"]) => return Stands::Made,
        effects => effects.iter().all(|effect| keeps_apart(&effect.kind)),
    };
    if is_apart {
        Stands::Apart
    } else {
        Stands::Tied
    }
}

fn makes_alone(kind: &EffectKind) -> bool {
    match kind {
        EffectKind::Create(created) => {
            let is_table = created.kind == ObjectKind::Table;
            let table = &created.table;
            is_table && table.partition_of.is_none() && table.references.is_empty()
        }
        _ => false,
    }
}

fn keeps_apart(kind: &EffectKind) -> bool {
    match kind {
        EffectKind::Create(created) => created.kind == ObjectKind::Index,
        EffectKind::Drop(_) | EffectKind::Write(_) => true,
        EffectKind::Alter(altered) => {
            let is_mild = matches!(
                altered.action,
                Action::AddColumn(_) | Action::AddConstraint(_) | Action::RenameColumn { .. }
            );
            is_mild && kind.foreign_keys().is_empty()
        }
        _ => false,
    }
}

fn is_block(script: &Script, index: usize) -> bool {
    script.with_phrase(index, |phrase| phrase.is_word(0, "DO"))
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
