//! What steps need to be allowed, as far as their words say, and which of it is not.
//!
//! What nobody can tell is left to the server: a function's doing, whatever stands in a text, and
//! all that follows a statement which may change who may do what.

mod outlook;
mod unread;

use std::ops::ControlFlow;

use self::outlook::{Outlook, outlook};
pub(super) use self::unread::with_all_that_lacks;
use crate::backend::Backend;
use crate::backend::error::BackendError;
use crate::backend::examine::{Defect, ExtensionNeed, Named, Need, RoutineNeed, Sort};
use crate::backend::tables::Tables;
use crate::migration::prepare::{Step, Work};
use crate::sql::Script;
use crate::sql::effect::{
    Altered, Becomes, Created, Deed, EffectKind, ExtensionMade, Name, ObjectKind, OfOwner,
    Rebuilding, Rebuilt, RoutineMeant, Verb, Whole,
};

/// Returns what the user may not do and a run of these steps needs: nothing where there are none.
pub(super) fn lacking(
    backend: &mut dyn Backend,
    tables: &Tables,
    steps: &[Step],
) -> Result<Vec<Defect>, BackendError> {
    if steps.is_empty() {
        return Ok(Vec::new());
    }
    let mut needs = Need::of_tables(tables);
    needs.extend(of_steps(steps));
    backend.lacking(&needs)
}

/// Returns what the user may not do and a reset needs: to drop what is there, to empty the tables of
/// what was applied, and to create where these steps do. What they do beyond that is about what they
/// have made by then.
pub(super) fn lacking_of_reset(
    backend: &mut dyn Backend,
    tables: &Tables,
    steps: &[Step],
) -> Result<Vec<Defect>, BackendError> {
    let mut needs = Need::of_tables(tables);
    needs.extend(Need::of_emptying(tables));
    let is_of_creating = |need: &Need| matches!(need, Need::CreateIn(_) | Need::CreateSchema);
    needs.extend(of_steps(steps).into_iter().filter(is_of_creating));
    let mut lacking = backend.lacking(&needs)?;
    let doomed = backend.doomed(tables)?;
    lacking.extend(doomed.into_iter().filter_map(|doomed| doomed.forbidden));
    Ok(lacking)
}

/// Returns what the steps need, as far as it can be told.
fn of_steps(steps: &[Step]) -> Vec<Need> {
    let mut foreseen = Foreseen::default();
    for step in steps {
        let Work::Sql(_, script) = &step.work else {
            break;
        };
        let done = usize::try_from(step.planned.statements_done).unwrap_or(0);
        if foreseen.look_into(script, done) == Outlook::Over {
            break;
        }
    }
    foreseen.needs
}

/// What is known of a run before it begins.
#[derive(Debug, Default)]
pub(crate) struct Foreseen {
    needs: Vec<Need>,
    /// What the run itself makes, takes away or hands over: what the catalogs say of these names now is
    /// not what its later statements find.
    changed: Vec<Name>,
    /// Whether the schema that comes first may be another one by now.
    path_is_another: bool,
}

impl Foreseen {
    /// Adds what a script needs; nothing can be said of what follows one that breaks off.
    pub(crate) fn read(&mut self, script: &Script) -> ControlFlow<()> {
        match self.look_into(script, 0) {
            Outlook::Over => ControlFlow::Break(()),
            Outlook::Clear | Outlook::OtherFiles => ControlFlow::Continue(()),
        }
    }

    /// Adds what is needed otherwise, as far as the run has changed nothing about it by then.
    pub(crate) fn add(&mut self, needs: Vec<Need>) {
        let certain = needs.into_iter().filter(|need| self.is_certain(need));
        let certain: Vec<Need> = certain.collect();
        self.needs.extend(certain);
    }

    /// Returns what the run needs.
    pub(crate) fn into_needs(self) -> Vec<Need> {
        self.needs
    }

    /// Adds what a script needs of which so many statements are done, and returns what can be said of
    /// those that follow it.
    fn look_into(&mut self, script: &Script, done: usize) -> Outlook {
        let mut known = Outlook::Clear;
        for index in 0..script.statements().len() {
            let next = outlook(script, index);
            let is_block = script.with_phrase(index, |statement| statement.is_word(0, "DO"));
            // Whether a branch of a block is ever taken, nobody knows.
            if known == Outlook::Clear && index >= done && !is_block {
                let needs = self.of_statement(script, index);
                self.needs.extend(needs);
            }
            self.note(script, index);
            match next {
                Outlook::Clear => {}
                // What a file sets for itself ends with it.
                Outlook::OtherFiles => known = Outlook::OtherFiles,
                Outlook::Over => return Outlook::Over,
            }
        }
        Outlook::Clear
    }

    fn of_statement(&self, script: &Script, index: usize) -> Vec<Need> {
        let replaces = script.with_phrase(index, |statement| statement.is_word(1, "OR"));
        let effects = script.effects(index).into_iter();
        let of_effects = effects.flat_map(|effect| {
            let mut own = Vec::new();
            if let EffectKind::Create(created) = &effect.kind {
                own.extend(created.name.clone());
            }
            let needs = of_effect(&effect.kind, replaces).into_iter();
            // A table that refers to itself is there by then.
            needs
                .filter(move |need| !matches!(need, Need::Right(_, named) if is_among(named, &own)))
        });
        let of_owner = script.of_owner(index).map(of_owner).unwrap_or_default();
        let of_routines = script.routines_meant(index).into_iter().map(of_routine);
        let of_extension = script.extension_made(index).map(of_extension);
        let of_whole = script.reindexed_whole(index).map(of_whole);
        let needs = of_effects.chain(of_owner).chain(of_routines);
        let needs = needs.chain(of_extension).chain(of_whole);
        needs.filter(|need| self.is_certain(need)).collect()
    }

    fn is_certain(&self, need: &Need) -> bool {
        match need {
            Need::CreateIn(schema) => schema.is_some() || !self.path_is_another,
            Need::CreateSchema | Need::MaintainAll(None) => true,
            Need::MaintainAll(Some(schema)) => {
                let named = Named {
                    schema: None,
                    name: schema.clone(),
                };
                !is_among(&named, &self.changed)
            }
            Need::Routine(RoutineNeed { deed, named, .. }) => {
                let is_found = named.schema.is_some() || !self.path_is_another;
                (is_found || *deed != REPLACE) && !is_among(named, &self.changed)
            }
            Need::Extension(extension) => {
                let made = Named {
                    schema: None,
                    name: extension.name.clone(),
                };
                !is_among(&made, &self.changed)
            }
            Need::CreateBeside(named)
            | Need::Own(_, named)
            | Need::Drop(_, named)
            | Need::Maintain(named)
            | Need::Right(_, named) => !is_among(named, &self.changed),
        }
    }

    fn note(&mut self, script: &Script, index: usize) {
        self.changed.extend(script.granted_on(index));
        for effect in script.effects(index) {
            match effect.kind {
                EffectKind::Create(created) => {
                    self.path_is_another |= created.kind == ObjectKind::Schema;
                    self.changed.extend(created.name);
                }
                EffectKind::Drop(dropped) => {
                    self.path_is_another |= dropped.kind == ObjectKind::Schema;
                    self.changed.extend(dropped.names);
                }
                _ => {}
            }
        }
        let Some(OfOwner { name, becomes, .. }) = script.of_owner(index) else {
            return;
        };
        match becomes {
            Becomes::Itself => {}
            Becomes::Whose => self.changed.push(name),
            Becomes::Named(to) => {
                let schema = name.schema.clone();
                self.changed.extend([name, Name { schema, name: to }]);
            }
            Becomes::In(schema) => {
                let moved = Name {
                    schema: Some(schema),
                    name: name.name.clone(),
                };
                self.changed.extend([name, moved]);
            }
        }
    }
}

fn is_among(named: &Named, changed: &[Name]) -> bool {
    let name = Name {
        schema: named.schema.clone(),
        name: named.name.clone(),
    };
    changed.iter().any(|one| one.may_be(&name))
}

fn of_effect(effect: &EffectKind, replaces: bool) -> Vec<Need> {
    let mut needs = match effect {
        EffectKind::Create(created) => of_created(created, replaces),
        EffectKind::Drop(dropped) => {
            let sort = sort_of(dropped.kind);
            let drop = |name| sort.map(|sort| Need::Drop(sort, named(name)));
            dropped.names.iter().filter_map(drop).collect()
        }
        EffectKind::Alter(Altered { table, .. }) => vec![Need::Own(Sort::Relation, named(table))],
        EffectKind::Write(written) => {
            let right = match written.verb {
                Verb::Insert => "INSERT",
                Verb::Update => "UPDATE",
                Verb::Delete => "DELETE",
                Verb::Truncate => "TRUNCATE",
            };
            vec![Need::Right(right, named(&written.table))]
        }
        EffectKind::Rebuild(Rebuilt { how, name, .. }) => match how {
            Rebuilding::Refresh
            | Rebuilding::Reindex
            | Rebuilding::ReindexOne
            | Rebuilding::Cluster => vec![Need::Maintain(named(name))],
            // Of what is not one's own it is left out, with a warning.
            Rebuilding::Vacuum => Vec::new(),
        },
        EffectKind::AddValue(_)
        | EffectKind::AlterDomain(_)
        | EffectKind::Lock(_)
        | EffectKind::Unread => Vec::new(),
    };
    // A table that may be there already is left as it is.
    if !matches!(effect, EffectKind::Create(created) if created.or_existing) {
        let referred = effect.foreign_keys().into_iter();
        needs.extend(referred.map(|key| Need::Right("REFERENCES", named(&key.to))));
    }
    needs
}

fn of_created(created: &Created, replaces: bool) -> Vec<Need> {
    let on_table = || created.on.iter().map(named);
    let owned = || on_table().map(|table| Need::Own(Sort::Relation, table));
    match created.kind {
        _ if created.temporary => Vec::new(),
        ObjectKind::Schema => vec![Need::CreateSchema],
        ObjectKind::Index => {
            let beside = on_table().map(Need::CreateBeside);
            owned().chain(beside).collect()
        }
        ObjectKind::Policy | ObjectKind::Rule | ObjectKind::Statistics => owned().collect(),
        ObjectKind::Trigger => {
            let right = |table| Need::Right("TRIGGER", table);
            on_table().map(right).collect()
        }
        ObjectKind::Table
        | ObjectKind::View
        | ObjectKind::Sequence
        | ObjectKind::Type
        | ObjectKind::Routine => match &created.name {
            None => Vec::new(),
            Some(name) => {
                let mut needs = vec![Need::CreateIn(name.schema.clone())];
                if created.kind == ObjectKind::View && replaces {
                    needs.push(Need::Own(Sort::Relation, named(name)));
                }
                needs
            }
        },
        _ => Vec::new(),
    }
}

fn of_owner(deed: OfOwner) -> Vec<Need> {
    let sort = sort_of(deed.kind);
    let owned = sort.map(|sort| Need::Own(sort, named(&deed.name)));
    let mut needs: Vec<Need> = owned.into_iter().collect();
    match deed.becomes {
        Becomes::Named(_) if sort == Some(Sort::Relation) => {
            needs.push(Need::CreateBeside(named(&deed.name)));
        }
        Becomes::In(schema) => needs.push(Need::CreateIn(Some(schema))),
        _ => {}
    }
    needs
}

/// The word for taking the place of a routine.
const REPLACE: &str = "REPLACE";

fn of_routine(meant: RoutineMeant) -> Need {
    Need::Routine(RoutineNeed {
        deed: match meant.deed {
            Deed::Replace => REPLACE,
            Deed::Drop => "DROP",
            Deed::Alter => "OWN",
        },
        named: named(&meant.name),
        arguments: meant.arguments,
    })
}

fn of_extension(made: ExtensionMade) -> Need {
    let ExtensionMade {
        name,
        schema,
        version,
        or_existing,
    } = made;
    Need::Extension(ExtensionNeed {
        name,
        schema,
        version,
        or_existing,
    })
}

fn of_whole(whole: Whole) -> Need {
    Need::MaintainAll(match whole {
        Whole::Schema(name) => Some(name),
        Whole::Database => None,
    })
}

/// Returns among what those of a kind are found, where each has its owner.
fn sort_of(kind: ObjectKind) -> Option<Sort> {
    match kind {
        ObjectKind::Table | ObjectKind::View | ObjectKind::Index | ObjectKind::Sequence => {
            Some(Sort::Relation)
        }
        ObjectKind::Type => Some(Sort::Type),
        ObjectKind::Schema => Some(Sort::Schema),
        _ => None,
    }
}

fn named(name: &Name) -> Named {
    let Name { schema, name } = name.clone();
    Named { schema, name }
}
