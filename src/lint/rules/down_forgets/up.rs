//! A way up, with what its statements do to objects beside what they change.

use super::words::is_name;
use crate::lint::context::Way;
use crate::sql::Phrase;
use crate::sql::effect::{Name, OfOwner};

/// A way up, read once for all that it makes.
pub(super) struct Up<'a> {
    /// The way.
    pub(super) way: &'a Way<'a>,
    /// What each statement does that an owner alone may do.
    pub(super) altered: Vec<Option<OfOwner>>,
    /// The sequences that belong to columns.
    pub(super) owned: Vec<Owned>,
}

/// A sequence that belongs to a column.
pub(super) struct Owned {
    /// The statement that says so.
    pub(super) index: usize,
    /// The sequence.
    pub(super) sequence: Name,
    /// Whose it is.
    pub(super) owner: Owner,
}

/// What something belongs to.
#[derive(Clone)]
pub(super) struct Owner {
    /// The table.
    pub(super) table: Name,
    /// Its column.
    pub(super) column: Option<String>,
}

impl<'a> Up<'a> {
    /// Reads a way up.
    pub(super) fn of(way: &'a Way<'a>) -> Self {
        let indices = 0..way.effects.len();
        Self {
            way,
            altered: indices
                .clone()
                .map(|index| way.script.of_owner(index))
                .collect(),
            owned: indices.filter_map(|index| owned(way, index)).collect(),
        }
    }
}

/// Reads `CREATE SEQUENCE … OWNED BY table.column`, or `ALTER SEQUENCE`.
fn owned(way: &Way<'_>, index: usize) -> Option<Owned> {
    way.script.with_phrase(index, |statement| {
        if !statement.is_any_word(0, &["CREATE", "ALTER"]) {
            return None;
        }
        let mut first = 1..statement.tokens().len().min(4);
        let mut behind = 1 + first.find(|place| statement.is_word(*place, "SEQUENCE"))?;
        while statement.is_any_word(behind, &["IF", "NOT", "EXISTS"]) {
            behind += 1;
        }
        let mut sequence = names(way, statement, behind);
        let mut places = behind..statement.tokens().len();
        let by = places.find(|place| {
            statement.is_word(*place, "OWNED") && statement.is_word(*place + 1, "BY")
        })?;
        let mut column = names(way, statement, by + 2);
        let owner = Owner {
            column: column.pop(),
            table: last(&mut column)?,
        };
        Some(Owned {
            index,
            sequence: last(&mut sequence)?,
            owner,
        })
    })
}

/// Reads a name with dots in it.
fn names(way: &Way<'_>, statement: Phrase<'_>, mut place: usize) -> Vec<String> {
    let mut parts = Vec::new();
    while is_name(statement, place) {
        let part = statement.text_at(place);
        parts.push(way.script.dialect().identifier(part));
        if !statement.is_mark(place + 1, ".") {
            break;
        }
        place += 2;
    }
    parts
}

/// Returns the last part of a name, with the one before it for its schema.
fn last(parts: &mut Vec<String>) -> Option<Name> {
    let name = parts.pop()?;
    let schema = parts.pop();
    Some(Name { schema, name })
}
