//! What a way up makes, as far as it outlives that way, and what takes it along when it goes.

use super::up::{Owner, Up};
use super::words::{has, said};
use crate::sql::effect::{
    Action, Altered, Becomes, Created, Effect, EffectKind, Name, ObjectKind, OfOwner,
};

/// Something that is to be undone.
pub(super) struct Made {
    /// How it is told.
    pub(super) told: String,
    /// The names any of which shows that somebody thought of it: its own first, and that of what the
    /// same way up makes and what takes it along.
    pub(super) names: Vec<Name>,
    /// The tables, or views, that it goes with.
    pub(super) tables: Vec<Name>,
    /// Whether it goes with a column of theirs that its statement names.
    pub(super) goes_with_columns: bool,
    /// What takes it along that is dropped with `CASCADE`.
    pub(super) depends_on: Vec<String>,
}

/// Returns what a change of the way up makes.
pub(super) fn made(up: &Up<'_>, index: usize, effect: &Effect) -> Option<Made> {
    match &effect.kind {
        EffectKind::Create(created) => object(up, index, created),
        EffectKind::Alter(altered) => part(up, index, altered),
        _ => None,
    }
}

/// Returns an object that is made.
fn object(up: &Up<'_>, index: usize, created: &Created) -> Option<Made> {
    let made = created.name.as_ref()?;
    if created.temporary || created.or_existing || created.kind == ObjectKind::Other {
        return None;
    }
    let name = renamed(up, index, made)?;
    if created.kind == ObjectKind::Index && becomes_key(up, index, made) {
        return None;
    }
    let owner = owners(up, index, made, created);
    let tables = tables(up, index, owner.iter().map(|owner| &owner.table))?;
    let mut words: Vec<String> = said(up.way, index).into_iter().map(|it| it.name).collect();
    words.retain(|word| *word != made.name);
    words.extend(owner.into_iter().filter_map(|owner| owner.column));
    let words = if depends(up, index, created.kind) {
        words
    } else {
        Vec::new()
    };
    Some(Made {
        told: format!("`{name}`"),
        names: [with_parents(up, name, &tables), wrappers(up, created.kind)].concat(),
        tables,
        goes_with_columns: OF_COLUMNS.contains(&created.kind),
        depends_on: words,
    })
}

/// What goes with a column that it is of, as constraints do.
const OF_COLUMNS: [ObjectKind; 3] = [
    ObjectKind::Index,
    ObjectKind::Statistics,
    ObjectKind::Sequence,
];

/// Returns whether an object goes with what its statement names, where that is dropped with `CASCADE`: a
/// table only where it is one of another, or behind a server; a publication never.
fn depends(up: &Up<'_>, index: usize, kind: ObjectKind) -> bool {
    let said = |words: &[&str]| words.iter().any(|word| has(up.way, index, word));
    match kind {
        ObjectKind::Table => said(&["INHERITS", "SERVER", "OF"]),
        ObjectKind::Named => !said(&["PUBLICATION", "SUBSCRIPTION"]),
        _ => true,
    }
}

/// Returns a column or a constraint that is added to a table.
fn part(up: &Up<'_>, index: usize, altered: &Altered) -> Option<Made> {
    let of = &altered.table;
    let later = || later(up, index).filter_map(|(_, effect)| of_table(effect, of));
    let (what, name, depends_on) = match &altered.action {
        Action::AddColumn(added) if !added.if_not_exists => {
            let named = later().try_fold(added.name.clone(), column_after)?;
            let is_of_type = |letter: char| letter.is_alphanumeric() || letter == '_';
            let words = added.of_type.split(|letter| !is_of_type(letter));
            ("column", named, words.map(str::to_owned).collect())
        }
        Action::AddConstraint(added) => {
            let named = added.name.clone()?;
            let named = later().try_fold(named, constraint_after)?;
            let words = said(up.way, index).into_iter().map(|it| it.name);
            let words = words.filter(|word| *word != named && *word != of.name);
            let words = words.collect();
            ("constraint", named, words)
        }
        _ => return None,
    };
    let tables = tables(up, index, [of].into_iter())?;
    Some(Made {
        told: format!("the {what} `{name}` of `{}`", tables.last().unwrap_or(of)),
        names: with_parents(up, alone(&name), &tables),
        tables,
        goes_with_columns: what == "constraint",
        depends_on,
    })
}

pub(super) fn alone(name: &str) -> Name {
    Name {
        schema: None,
        name: name.to_owned(),
    }
}

fn later<'a>(up: &'a Up<'_>, index: usize) -> impl Iterator<Item = (usize, &'a Effect)> {
    up.way.lasting().filter(move |(later, _)| *later > index)
}

fn of_table<'a>(effect: &'a Effect, table: &Name) -> Option<&'a Action> {
    match &effect.kind {
        EffectKind::Alter(altered) if altered.table.may_be(table) => Some(&altered.action),
        _ => None,
    }
}

/// Returns what a column is called after a later action; nothing once it is gone.
fn column_after(name: String, action: &Action) -> Option<String> {
    match action {
        Action::DropColumn { column, .. } if *column == name => None,
        Action::RenameColumn { from, to } if *from == name => Some(to.clone()),
        _ => Some(name),
    }
}

/// Returns what a constraint is called after a later action; nothing once it is gone.
fn constraint_after(name: String, action: &Action) -> Option<String> {
    match action {
        Action::DropConstraint { name: gone, .. } if *gone == name => None,
        Action::RenameConstraint { from, to } if *from == name => Some(to.clone()),
        _ => Some(name),
    }
}

/// Returns what something is called at the end of the way that makes it; nothing where it is dropped
/// there, or has taken the name of what was there before.
fn renamed(up: &Up<'_>, index: usize, made: &Name) -> Option<Name> {
    let mut name = made.clone();
    let later = index + 1..up.way.effects.len();
    for later in later.filter(|later| up.way.lasts(*later)) {
        for effect in &up.way.effects[later] {
            match &effect.kind {
                EffectKind::Drop(dropped) if dropped.names.iter().any(|it| it.may_be(&name)) => {
                    return None;
                }
                EffectKind::Alter(altered) if altered.table.may_be(&name) => {
                    if let Action::RenameTo { to } = &altered.action {
                        name.name.clone_from(to);
                    }
                }
                _ => {}
            }
        }
        let altered = up.altered[later].as_ref();
        let is_it = |of: &&OfOwner| of.kind != ObjectKind::Table && of.name.may_be(&name);
        if let Some(Becomes::Named(to)) = altered.filter(is_it).map(|of| &of.becomes) {
            name.name.clone_from(to);
        }
    }
    let was_there = name.name != made.name && is_left(up, &name);
    (!was_there).then_some(name)
}

/// Returns whether a way drops or renames something of this name, which was there before.
fn is_left(up: &Up<'_>, name: &Name) -> bool {
    let mut effects = up.way.lasting();
    let by_effect = effects.any(|(_, effect)| match &effect.kind {
        EffectKind::Drop(dropped) => dropped.names.iter().any(|gone| gone.may_be(name)),
        EffectKind::Alter(altered) => {
            matches!(altered.action, Action::RenameTo { .. }) && altered.table.may_be(name)
        }
        _ => false,
    });
    let mut altered = up.altered.iter().flatten();
    by_effect || altered.any(|of| matches!(of.becomes, Becomes::Named(_)) && of.name.may_be(name))
}

/// Returns whether a constraint with a name of its own takes an index over later, and its name.
fn becomes_key(up: &Up<'_>, index: usize, name: &Name) -> bool {
    later(up, index).any(|(later, effect)| match &effect.kind {
        EffectKind::Alter(altered) => match &altered.action {
            Action::AddConstraint(added) => {
                let mut said = said(up.way, later).into_iter();
                let takes = added.using_index && added.name.is_some();
                takes && said.any(|said| said.name == name.name)
            }
            _ => false,
        },
        _ => false,
    })
}

/// Returns what an object is of: a table, or the column that a sequence is for.
fn owners(up: &Up<'_>, index: usize, name: &Name, created: &Created) -> Vec<Owner> {
    if created.kind != ObjectKind::Sequence {
        let whole = created.table.partition_of.clone();
        let attached = whole.or_else(|| attached_to(up, index, name));
        let table = created.on.clone().or(attached);
        let owner = |table| Owner {
            table,
            column: None,
        };
        return table.into_iter().map(owner).collect();
    }
    let mut later = up.owned.iter().filter(|owned| owned.index >= index);
    let of_it = later.find(|owned| owned.index == index || owned.sequence.may_be(name));
    of_it.map(|owned| owned.owner.clone()).into_iter().collect()
}

/// Returns the table whose partition a table becomes.
fn attached_to(up: &Up<'_>, index: usize, name: &Name) -> Option<Name> {
    later(up, index).find_map(|(_, effect)| match &effect.kind {
        EffectKind::Alter(altered) => match &altered.action {
            Action::AttachPartition { partition, .. } => {
                partition.may_be(name).then(|| altered.table.clone())
            }
            _ => None,
        },
        _ => None,
    })
}

/// Returns the tables under all names that they have from here on; nothing where one is dropped later
/// in the same way, and what is of it with it.
fn tables<'a>(up: &Up<'_>, index: usize, of: impl Iterator<Item = &'a Name>) -> Option<Vec<Name>> {
    let mut tables: Vec<Name> = of.cloned().collect();
    for (_, effect) in later(up, index) {
        let has = |name: &Name| tables.iter().any(|table| table.may_be(name));
        match &effect.kind {
            EffectKind::Drop(dropped) if ROWS.contains(&dropped.kind) => {
                let last = tables.last();
                if last.is_some_and(|last| dropped.names.iter().any(|gone| gone.may_be(last))) {
                    return None;
                }
            }
            EffectKind::Alter(altered) => {
                if let Action::RenameTo { to } = &altered.action
                    && has(&altered.table)
                {
                    tables.push(Name {
                        schema: altered.table.schema.clone(),
                        name: to.clone(),
                    });
                }
            }
            _ => {}
        }
    }
    Some(tables)
}

/// What indexes, triggers and the like are of.
pub(super) const ROWS: [ObjectKind; 2] = [ObjectKind::Table, ObjectKind::View];

/// Returns the names of a thing and, where the same way up makes them, of the tables and of the schema
/// that take it along.
fn with_parents(up: &Up<'_>, own: Name, tables: &[Name]) -> Vec<Name> {
    let is_made = |wanted: &Name, kinds: &[ObjectKind]| {
        let mut made = up
            .way
            .lasting()
            .filter_map(|(_, effect)| match &effect.kind {
                EffectKind::Create(created) if kinds.contains(&created.kind) => {
                    created.name.as_ref()
                }
                _ => None,
            });
        made.any(|made| made.may_be(wanted))
    };
    let schemas = [&own].into_iter().chain(tables);
    let schemas = schemas.filter_map(|name| name.schema.as_deref().map(alone));
    let schemas = schemas.filter(|schema| is_made(schema, &[ObjectKind::Schema]));
    let is_new = tables.iter().any(|table| is_made(table, &ROWS));
    let tables = tables.last().filter(|_| is_new).cloned();
    let parents: Vec<Name> = schemas.chain(tables).collect();
    [vec![own], parents].concat()
}

/// Returns what the way up makes that takes a server along.
fn wrappers(up: &Up<'_>, kind: ObjectKind) -> Vec<Name> {
    if kind != ObjectKind::Server {
        return Vec::new();
    }
    let made = up
        .way
        .lasting()
        .filter_map(|(_, effect)| match &effect.kind {
            EffectKind::Create(created) => match created.kind {
                ObjectKind::Extension | ObjectKind::Named => created.name.clone(),
                _ => None,
            },
            _ => None,
        });
    made.collect()
}
