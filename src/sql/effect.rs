//! What a statement changes, by its words: what it makes, drops, alters and writes.
//!
//! Reads both engines' words, since they share most of them, and passes over what it does not know:
//! a statement that nobody could read changes nothing here. The body of a `DO` block is read, that of
//! a function is not. Must not know what is wrong with a change.

mod action;
mod alter;
mod block;
mod cast;
mod create;
mod domain;
mod drop;
mod extension;
mod lock;
mod merge;
mod object;
pub(super) mod owner;
mod rebuild;
mod routine;
mod table;
#[cfg(test)]
mod tests;
mod write;

pub(crate) use self::action::{Action, AddedColumn, AddedConstraint, Altered, ConstraintKind};
pub(crate) use self::block::within_dollars;
pub(crate) use self::cast::casts;
pub(crate) use self::domain::{AlteredDomain, DomainAction};
pub(crate) use self::extension::ExtensionMade;
pub(crate) use self::lock::Locked;
pub(crate) use self::object::{Created, Dropped, IndexBody, ObjectKind};
pub(crate) use self::owner::{Becomes, OfOwner};
pub(crate) use self::rebuild::Whole;
pub(crate) use self::routine::{Deed, RoutineMeant};
pub(crate) use self::table::{Check, ForeignKey, OnDelete, TableBody};
pub(crate) use super::name::Name;
use super::position::Span;
use super::script::Script;
use super::token::{Dialect, Phrase};
use super::words::Words;

/// One thing that a statement changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Effect {
    /// What it is.
    pub(crate) kind: EffectKind,
    /// Where it stands in the script's text.
    pub(crate) span: Span,
}

/// What a statement changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum EffectKind {
    /// It makes an object.
    Create(Created),
    /// It drops objects of one kind.
    Drop(Dropped),
    /// It alters a table; one change each action.
    Alter(Altered),
    /// It alters a domain.
    AlterDomain(AlteredDomain),
    /// It adds a value to an enumeration.
    AddValue(AddedValue),
    /// It changes rows.
    Write(Written),
    /// It makes what is stored of a table anew, which says the same as before.
    Rebuild(Rebuilt),
    /// It locks a table, and changes nothing.
    Lock(Locked),
    /// It runs SQL that its words do not show.
    Unread,
}

/// A value that is added to an enumeration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AddedValue {
    /// The enumeration.
    pub(crate) of: Name,
    /// The value, without quotes.
    pub(crate) value: String,
}

/// How rows are changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    /// Rows are added.
    Insert,
    /// Rows are overwritten.
    Update,
    /// Rows are deleted.
    Delete,
    /// All rows are, at once.
    Truncate,
}

/// Rows that are changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Written {
    /// How.
    pub(crate) verb: Verb,
    /// The table.
    pub(crate) table: Name,
    /// Whether a condition says which rows; of an insertion, whether its rows are listed.
    pub(crate) bounded: bool,
}

/// How what is stored of a table is made anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rebuilding {
    /// In the order of an index.
    Cluster,
    /// Without what is dead in it.
    Vacuum,
    /// From the query of a materialized view.
    Refresh,
    /// All its indexes.
    Reindex,
    /// One index.
    ReindexOne,
}

/// A table that is made anew as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rebuilt {
    /// How.
    pub(crate) how: Rebuilding,
    /// The table, or the one index.
    pub(crate) name: Name,
    /// Whether others may go on using it meanwhile.
    pub(crate) concurrently: bool,
}

impl Script {
    /// Returns what the statement at `index` changes, in order.
    ///
    /// # Panics
    ///
    /// Panics if there is no statement at `index`.
    pub(crate) fn effects(&self, index: usize) -> Vec<Effect> {
        let start = self.statements()[index].span.start;
        let moved = |span: Span| Span {
            start: span.start + start,
            end: span.end + start,
        };
        let dialect = self.dialect();
        let mut effects = self.with_phrase(index, |statement| read(statement, dialect));
        for effect in &mut effects {
            effect.span = moved(effect.span);
            for key in effect.kind.foreign_keys_mut() {
                key.span = moved(key.span);
            }
        }
        effects
    }
}

impl Altered {
    /// Returns the name that the table gets.
    pub(crate) fn renamed(&self) -> Option<Name> {
        match &self.action {
            Action::RenameTo { to } => Some(Name {
                schema: self.table.schema.clone(),
                name: to.clone(),
            }),
            _ => None,
        }
    }
}

impl EffectKind {
    /// Returns the foreign keys that it makes.
    pub(crate) fn foreign_keys(&self) -> Vec<&ForeignKey> {
        match self {
            Self::Create(created) => created.table.references.iter().collect(),
            Self::Alter(altered) => match &altered.action {
                Action::AddColumn(added) => added.references.iter().collect(),
                Action::AddConstraint(added) => added.references.iter().collect(),
                _ => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    fn foreign_keys_mut(&mut self) -> Vec<&mut ForeignKey> {
        match self {
            Self::Create(created) => created.table.references.iter_mut().collect(),
            Self::Alter(altered) => match &mut altered.action {
                Action::AddColumn(added) => added.references.iter_mut().collect(),
                Action::AddConstraint(added) => added.references.iter_mut().collect(),
                _ => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    /// Returns the table that it changes, or whose index, trigger or rows it changes.
    pub(crate) fn table(&self) -> Option<&Name> {
        match self {
            Self::Create(created) => match created.kind {
                ObjectKind::Table => created.name.as_ref(),
                _ => created.on.as_ref(),
            },
            Self::Drop(dropped) if dropped.kind == ObjectKind::Table => dropped.names.first(),
            Self::Alter(altered) => Some(&altered.table),
            Self::Write(written) => Some(&written.table),
            Self::Rebuild(rebuilt) => {
                (rebuilt.how != Rebuilding::ReindexOne).then_some(&rebuilt.name)
            }
            Self::Lock(locked) => Some(&locked.table),
            Self::Drop(_) | Self::AddValue(_) | Self::AlterDomain(_) | Self::Unread => None,
        }
    }
}

/// Returns whether a statement is a block that ends the transaction around it.
pub(crate) fn ends_transaction(statement: Phrase<'_>, dialect: &'static dyn Dialect) -> bool {
    block::ends_transaction(statement, dialect)
}

/// Reads a statement; spans count from its start.
pub(super) fn read(statement: Phrase<'_>, dialect: &'static dyn Dialect) -> Vec<Effect> {
    let mut words = Words::new(statement, dialect);
    if words.eat("CREATE") {
        return create::read(&mut words).into_iter().collect();
    }
    if words.eat("DROP") {
        return drop::read(&mut words).into_iter().collect();
    }
    if words.eat("ALTER") {
        return alter::read(&mut words);
    }
    if words.eat("DO") {
        return block::read(&mut words);
    }
    if words.eat("LOCK") {
        return lock::read(&mut words);
    }
    if words.is_any(&rebuild::VERBS) {
        return rebuild::read(&mut words);
    }
    write::read(&words)
}
