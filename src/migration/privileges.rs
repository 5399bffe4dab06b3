//! What steps need to be allowed, as far as their words say, and which of it is not.
//!
//! What nobody can tell is left to the server: a function's doing, whatever stands in a text, and
//! all that follows a statement which may change who may do what.

use crate::backend::Backend;
use crate::backend::error::BackendError;
use crate::backend::examine::{Defect, Named, Need};
use crate::backend::settings::Touch;
use crate::backend::tables::Tables;
use crate::migration::prepare::{Step, Work};
use crate::sql::Script;
use crate::sql::effect::{Created, EffectKind, Name, ObjectKind, Verb};

/// Words after which nothing is known any more of who may do what.
const CHANGE_RIGHTS: [&str; 4] = ["grant", "owner", "reassign", "authorization"];

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
    needs.extend(of_steps(backend, steps));
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
    needs.extend(of_steps(backend, steps).into_iter().filter(is_of_creating));
    let mut lacking = backend.lacking(&needs)?;
    let doomed = backend.doomed(tables)?;
    lacking.extend(doomed.into_iter().filter_map(|doomed| doomed.forbidden));
    Ok(lacking)
}

/// Returns what the steps need, as far as it can be told.
fn of_steps(backend: &mut dyn Backend, steps: &[Step]) -> Vec<Need> {
    let (mut needs, mut made) = (Vec::new(), Vec::new());
    for step in steps {
        let Work::Sql(_, script) = &step.work else {
            break;
        };
        if backend.touch(script) != Touch::Nothing || changes_rights(script) {
            break;
        }
        needs.extend(of_script(script, &mut made));
    }
    needs
}

fn changes_rights(script: &Script) -> bool {
    let text = script.text().to_ascii_lowercase();
    CHANGE_RIGHTS.iter().any(|word| text.contains(word))
}

/// Returns what a script needs, apart from what is about something that the run itself has made: that is
/// the user's, whatever else has its name.
fn of_script(script: &Script, made: &mut Vec<Name>) -> Vec<Need> {
    let statements = 0..script.statements().len();
    // Whether a branch of a block is ever taken, nobody knows.
    let is_block = |index| script.with_phrase(index, |statement| statement.is_word(0, "DO"));
    let effects = statements.flat_map(|index| {
        let effects = script.effects(index).into_iter();
        effects.map(move |effect| (effect, is_block(index)))
    });
    let mut needs = Vec::new();
    for (effect, is_of_block) in effects {
        if let EffectKind::Create(created) = &effect.kind {
            made.extend(created.name.as_ref().map(lowered));
        }
        if is_of_block {
            continue;
        }
        let of_others = of_effect(effect.kind)
            .into_iter()
            .filter(|need| !is_of(need, made));
        needs.extend(of_others);
    }
    needs
}

fn is_of(need: &Need, made: &[Name]) -> bool {
    let (Need::Own(named) | Need::Drop(named) | Need::Right(_, named)) = need else {
        return false;
    };
    let name = Name {
        schema: named.schema.clone(),
        name: named.name.clone(),
    };
    made.iter().any(|made| made.may_be(&name))
}

fn of_effect(effect: EffectKind) -> Vec<Need> {
    match effect {
        EffectKind::Create(created) => of_created(&created),
        EffectKind::Drop(dropped) if has_owner(dropped.kind) => {
            let names = dropped.names.iter();
            names.map(|name| Need::Drop(named(name))).collect()
        }
        EffectKind::Alter(altered) => vec![Need::Own(named(&altered.table))],
        EffectKind::Write(written) => {
            let right = match written.verb {
                Verb::Insert => "INSERT",
                Verb::Update => "UPDATE",
                Verb::Delete => "DELETE",
                Verb::Truncate => "TRUNCATE",
            };
            vec![Need::Right(right, named(&written.table))]
        }
        EffectKind::Drop(_)
        | EffectKind::AddValue(_)
        | EffectKind::Rebuild(_)
        | EffectKind::Unread => Vec::new(),
    }
}

fn of_created(created: &Created) -> Vec<Need> {
    let on_table = || created.on.iter().map(|table| Need::Own(named(table)));
    match created.kind {
        _ if created.temporary => Vec::new(),
        ObjectKind::Schema => vec![Need::CreateSchema],
        ObjectKind::Index | ObjectKind::Policy | ObjectKind::Rule | ObjectKind::Statistics => {
            on_table().collect()
        }
        ObjectKind::Table
        | ObjectKind::View
        | ObjectKind::Sequence
        | ObjectKind::Type
        | ObjectKind::Routine => match &created.name {
            None => Vec::new(),
            Some(name) => vec![Need::CreateIn(name.schema.clone())],
        },
        _ => Vec::new(),
    }
}

/// Returns whether those of a kind are found among the tables, each with its owner.
fn has_owner(kind: ObjectKind) -> bool {
    matches!(
        kind,
        ObjectKind::Table | ObjectKind::View | ObjectKind::Index | ObjectKind::Sequence
    )
}

/// Returns a name as the catalogs are searched for it: what differs in case alone is hardly ever two.
fn lowered(name: &Name) -> Name {
    Name {
        schema: name.schema.as_deref().map(str::to_lowercase),
        name: name.name.to_lowercase(),
    }
}

fn named(name: &Name) -> Named {
    let Name { schema, name } = lowered(name);
    Named { schema, name }
}
