//! What becomes of tables by what a statement makes, drops, alters and deletes, of which `effect` knows.

use super::{Along, Change, TEMPORARY, Taken, copy};
use crate::sql::effect::{
    self, Action, Altered, Becomes, Created, Dropped, EffectKind, Name, ObjectKind, Verb, Written,
};
use crate::sql::words::Words;

/// Reads a statement.
pub(super) fn read(words: &Words<'_>) -> Vec<Change> {
    // What is known of others' rows is known to their server.
    let is_ours = !words.at(1).is("FOREIGN");
    if !is_ours || !words.is_any(&["ALTER", "CREATE", "DELETE", "DROP", "TRUNCATE"]) {
        return Vec::new();
    }
    let effects = effect::read(words.phrase(), words.dialect()).into_iter();
    let changes = effects.flat_map(|effect| of_effect(effect.kind, words));
    changes.chain(moved(words)).collect()
}

fn of_effect(effect: EffectKind, words: &Words<'_>) -> Vec<Change> {
    match effect {
        EffectKind::Create(created) => of_created(created, words),
        EffectKind::Drop(dropped) => of_dropped(dropped),
        EffectKind::Alter(altered) => of_altered(altered).into_iter().collect(),
        EffectKind::Write(written) => of_written(written, words).into_iter().collect(),
        EffectKind::AddValue(_)
        | EffectKind::AlterDomain(_)
        | EffectKind::Lock(_)
        | EffectKind::Rebuild(_)
        | EffectKind::Unread => Vec::new(),
    }
}

fn of_created(created: Created, words: &Words<'_>) -> Vec<Change> {
    let Some(mut table) = created.name.filter(|_| created.kind == ObjectKind::Table) else {
        return Vec::new();
    };
    if created.temporary {
        table.schema = Some(TEMPORARY.to_owned());
    }
    let columns = created.table.columns;
    let fill = copy::filled(words, &table, &columns);
    let create = Change::Create {
        table,
        columns,
        taken: if created.or_existing {
            Taken::Stays
        } else {
            Taken::Fails
        },
    };
    std::iter::once(create).chain(fill).collect()
}

fn of_dropped(dropped: Dropped) -> Vec<Change> {
    let names = dropped.names.into_iter();
    match dropped.kind {
        ObjectKind::Table => {
            let along = if dropped.cascade {
                Along::Referring
            } else {
                Along::Nothing
            };
            names.map(|table| Change::Drop { table, along }).collect()
        }
        // Without the word only an empty one goes.
        ObjectKind::Schema if dropped.cascade => {
            names.map(|it| Change::DropSchema(it.name)).collect()
        }
        _ => Vec::new(),
    }
}

fn of_altered(altered: Altered) -> Option<Change> {
    let table = altered.table;
    match altered.action {
        Action::DropColumn { column, .. } => Some(Change::DropColumn { table, column }),
        Action::SetType { column, .. } => Some(Change::ConvertColumn { table, column }),
        Action::RenameColumn { from, to } => Some(Change::RenameColumn { table, from, to }),
        Action::RenameTo { to } => {
            let schema = table.schema.clone();
            let to = Name { schema, name: to };
            Some(Change::Rename { from: table, to })
        }
        _ => None,
    }
}

fn of_written(written: Written, words: &Words<'_>) -> Option<Change> {
    let table = written.table;
    match (written.verb, written.bounded) {
        (Verb::Delete, true) => Some(Change::Thin(table)),
        (Verb::Delete, false) => Some(Change::Empty(table)),
        (Verb::Truncate, _) => {
            let along = if words.has_ahead("CASCADE") {
                Along::Referring
            } else {
                Along::Nothing
            };
            Some(Change::Truncate { table, along })
        }
        (Verb::Insert | Verb::Update, _) => None,
    }
}

/// Reads a schema's new name, or a table's new schema.
fn moved(words: &Words<'_>) -> Option<Change> {
    let moved = effect::owner::read(&mut words.clone())?;
    match (moved.kind, moved.becomes) {
        (ObjectKind::Schema, Becomes::Named(to)) => Some(Change::RenameSchema {
            from: moved.name.name,
            to,
        }),
        (ObjectKind::Table, Becomes::In(schema)) => Some(Change::Rename {
            to: Name {
                schema: Some(schema),
                name: moved.name.name.clone(),
            },
            from: moved.name,
        }),
        _ => None,
    }
}
