//! What a statement does that the owner of an object alone may do, beside what it changes: `ALTER` and
//! `COMMENT ON`, whatever of the object they are about.
//!
//! Must not know who owns what.

use super::create::kind;
use super::{Name, ObjectKind};
use crate::sql::script::Script;
use crate::sql::words::Words;

/// What is done to an object by its owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OfOwner {
    /// What kind the object is.
    pub(crate) kind: ObjectKind,
    /// The object.
    pub(crate) name: Name,
    /// What becomes of it.
    pub(crate) becomes: Becomes,
}

/// What becomes of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Becomes {
    /// It stays whose it is, and is called as before.
    Itself,
    /// It has this name.
    Named(String),
    /// It is in this schema.
    In(String),
    /// It is somebody's.
    Whose,
}

impl Script {
    /// Returns what the statement at `index` does that an owner alone may do.
    ///
    /// # Panics
    ///
    /// Panics if there is no statement at `index`.
    pub(crate) fn of_owner(&self, index: usize) -> Option<OfOwner> {
        let dialect = self.dialect();
        self.with_phrase(index, |statement| read(&mut Words::new(statement, dialect)))
    }

    /// Returns the tables, or what is named like one, on which the statement at `index` gives or takes
    /// rights; none where it is about anything else.
    ///
    /// # Panics
    ///
    /// Panics if there is no statement at `index`.
    pub(crate) fn granted_on(&self, index: usize) -> Vec<Name> {
        let dialect = self.dialect();
        self.with_phrase(index, |statement| {
            let mut words = Words::new(statement, dialect);
            if !words.eat_any(&["GRANT", "REVOKE"]) {
                return Vec::new();
            }
            while !words.is_done() && !words.eat("ON") {
                words.skip();
            }
            words.eat_any(&["TABLE", "SEQUENCE"]);
            let names = words.names();
            if words.is_any(&["TO", "FROM"]) {
                names
            } else {
                Vec::new()
            }
        })
    }
}

/// Reads what a statement does that an owner alone may do.
pub(in crate::sql) fn read(words: &mut Words<'_>) -> Option<OfOwner> {
    if words.eat("ALTER") {
        altered(words)
    } else if words.eat_all(&["COMMENT", "ON"]) {
        commented(words)
    } else {
        None
    }
}

fn altered(words: &mut Words<'_>) -> Option<OfOwner> {
    let (kind, name) = object(words)?;
    let becomes = if words.eat_all(&["RENAME", "TO"]) {
        Becomes::Named(words.identifier()?)
    } else if words.eat_all(&["SET", "SCHEMA"]) {
        Becomes::In(words.identifier()?)
    } else if gives_away(words.clone()) {
        Becomes::Whose
    } else {
        Becomes::Itself
    };
    Some(OfOwner {
        kind,
        name,
        becomes,
    })
}

fn gives_away(mut words: Words<'_>) -> bool {
    while !words.is_done() {
        if words.are(&["OWNER", "TO"]) {
            return true;
        }
        words.skip();
    }
    false
}

fn commented(words: &mut Words<'_>) -> Option<OfOwner> {
    let (kind, name) = if words.eat("COLUMN") {
        (ObjectKind::Table, table_of_column(words)?)
    } else {
        object(words)?
    };
    words.is("IS").then_some(OfOwner {
        kind,
        name,
        becomes: Becomes::Itself,
    })
}

/// Reads an object of a kind that the catalogs tell the owner of.
fn object(words: &mut Words<'_>) -> Option<(ObjectKind, Name)> {
    words.eat_any(&["MATERIALIZED", "FOREIGN"]);
    let kind = kind(words)?;
    let is_owned = matches!(
        kind,
        ObjectKind::Table
            | ObjectKind::View
            | ObjectKind::Index
            | ObjectKind::Sequence
            | ObjectKind::Type
            | ObjectKind::Routine
            | ObjectKind::Schema
    );
    if !is_owned || words.are(&["ALL", "IN"]) {
        return None;
    }
    words.eat_all(&["IF", "EXISTS"]);
    words.eat("ONLY");
    let name = words.name()?;
    if kind == ObjectKind::Routine {
        words.skip_parentheses();
    }
    Some((kind, name))
}

/// Reads `table.column`, or `schema.table.column`, as far as its table.
fn table_of_column(words: &mut Words<'_>) -> Option<Name> {
    let mut parts = vec![words.identifier()?];
    while words.eat_mark(".") {
        parts.push(words.identifier()?);
    }
    parts.pop();
    let name = parts.pop()?;
    let schema = parts.pop();
    Some(Name { schema, name })
}
