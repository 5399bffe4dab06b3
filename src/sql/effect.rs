//! What a statement changes, by its words: what it makes, drops, alters and writes.
//!
//! Reads both engines' words, since they share most of them, and passes over what it does not know:
//! a statement that nobody could read changes nothing here. The body of a `DO` block is read, that of
//! a function is not. Must not know what is wrong with a change.

mod alter;
mod block;
mod create;
mod drop;
mod owner;
mod rebuild;
#[cfg(test)]
mod tests;
mod words;
mod write;

use std::fmt;

pub(crate) use self::owner::{Becomes, OfOwner};
use self::words::Words;
use super::position::Span;
use super::script::Script;
use super::token::{Dialect, Phrase};

/// The name of an object, as the database takes it: without quotes, and in lower case where case has
/// no meaning.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Name {
    /// What stands before the last dot.
    pub(crate) schema: Option<String>,
    /// What stands behind it.
    pub(crate) name: String,
}

impl Name {
    /// Returns whether both may be of one object: a schema that one of them leaves out is any.
    pub(crate) fn may_be(&self, other: &Self) -> bool {
        let same_schema = match (&self.schema, &other.schema) {
            (Some(one), Some(other)) => one == other,
            _ => true,
        };
        self.name == other.name && same_schema
    }
}

impl fmt::Display for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(schema) = &self.schema {
            write!(formatter, "{schema}.")?;
        }
        formatter.write_str(&self.name)
    }
}

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
    /// It adds a value to an enumeration.
    AddValue(AddedValue),
    /// It changes rows.
    Write(Written),
    /// It makes what is stored of a table anew, which says the same as before.
    Rebuild(Rebuilt),
    /// It runs SQL that its words do not show.
    Unread,
}

/// What kind of object something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum ObjectKind {
    /// A table, a foreign one included.
    Table,
    /// A view, materialized or not.
    View,
    /// An index.
    Index,
    /// A sequence.
    Sequence,
    /// A type or a domain.
    Type,
    /// A function, a procedure or an aggregate.
    Routine,
    /// A schema.
    Schema,
    /// A whole database.
    Database,
    /// An extension.
    Extension,
    /// A trigger.
    Trigger,
    /// A policy of a table.
    Policy,
    /// A rule of a table.
    Rule,
    /// A role or a user.
    Role,
    /// Extended statistics of a table.
    Statistics,
    /// A server behind a foreign data wrapper.
    Server,
    /// A publication, a subscription, or whatever else has a name of its own.
    Named,
    /// Everything that a role owns.
    Owned,
    /// What has no name, such as a cast; or nothing that is known.
    Other,
}

/// An object that is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Created {
    /// What kind it is.
    pub(crate) kind: ObjectKind,
    /// Its name, where it has one.
    pub(crate) name: Option<Name>,
    /// The table that it belongs to, of what belongs to one.
    pub(crate) on: Option<Name>,
    /// Whether it is gone with the session.
    pub(crate) temporary: bool,
    /// Whether one that exists is left, or replaced.
    pub(crate) or_existing: bool,
    /// What is in a table.
    pub(crate) table: TableBody,
    /// What an index is of.
    pub(crate) index: IndexBody,
}

/// What is in a new table.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct TableBody {
    /// The columns with their types, in lower case; a type that is not named is "".
    pub(crate) columns: Vec<(String, String)>,
    /// The columns of each primary key and unique constraint, in order.
    pub(crate) keys: Vec<Vec<String>>,
    /// The foreign keys.
    pub(crate) references: Vec<ForeignKey>,
    /// Whether it is made of a query, and so has rows at once.
    pub(crate) of_query: bool,
    /// The constraints that rows are checked by.
    pub(crate) checks: Vec<Check>,
    /// Whether it is divided into partitions.
    pub(crate) partitioned: bool,
    /// By which columns it is; of an expression, nothing.
    pub(crate) divided_by: Vec<Option<String>>,
}

/// A constraint that rows are checked by.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Check {
    /// Its name, where it is given one.
    pub(crate) name: Option<String>,
    /// The columns that it proves not to be null.
    pub(crate) not_null: Vec<String>,
    /// The names in it: of columns, and of whatever else.
    pub(crate) mentions: Vec<String>,
}

/// A foreign key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ForeignKey {
    /// The columns that refer.
    pub(crate) columns: Vec<String>,
    /// The table that they refer to.
    pub(crate) to: Name,
    /// What becomes of the row when the one that it refers to is deleted.
    pub(crate) on_delete: OnDelete,
    /// Where it stands in the script's text.
    pub(crate) span: Span,
}

/// What becomes of a row when the one that it refers to is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum OnDelete {
    /// The deletion is refused.
    #[default]
    Refuse,
    /// It is deleted too.
    Cascade,
    /// It refers to nothing any more, or to what is the default.
    Forget,
}

/// What an index is of.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct IndexBody {
    /// Its columns in order; of an expression, nothing.
    pub(crate) columns: Vec<Option<String>>,
    /// Whether rows may be equal in them.
    pub(crate) unique: bool,
    /// Whether it leaves rows out.
    pub(crate) partial: bool,
    /// Whether it is built beside writers.
    pub(crate) concurrently: bool,
}

/// Objects that are dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dropped {
    /// What kind they are.
    pub(crate) kind: ObjectKind,
    /// Their names.
    pub(crate) names: Vec<Name>,
    /// The table that a trigger, a policy or a rule is of.
    pub(crate) on: Option<Name>,
    /// Whether one that does not exist is no error.
    pub(crate) if_exists: bool,
    /// Whether what depends on them goes with them.
    pub(crate) cascade: bool,
    /// Whether others may go on using the table meanwhile.
    pub(crate) concurrently: bool,
}

/// One action on a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Altered {
    /// The table.
    pub(crate) table: Name,
    /// Whether a table that does not exist is no error.
    pub(crate) if_exists: bool,
    /// What is done to it.
    pub(crate) action: Action,
}

/// What is done to a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Action {
    /// A column is added.
    AddColumn(AddedColumn),
    /// A column is dropped.
    DropColumn {
        /// The column.
        column: String,
        /// Whether one that does not exist is no error.
        if_exists: bool,
    },
    /// A column gets another type.
    SetType {
        /// The column.
        column: String,
        /// The type, in lower case.
        to: String,
        /// The words of the expression that says what values become, in lower case.
        using: Option<Vec<String>>,
    },
    /// A column is no longer to be null.
    SetNotNull {
        /// The column.
        column: String,
    },
    /// A constraint is added.
    AddConstraint(AddedConstraint),
    /// A constraint is dropped.
    DropConstraint {
        /// The constraint.
        name: String,
        /// Whether one that does not exist is no error.
        if_exists: bool,
    },
    /// A constraint that was not checked is.
    ValidateConstraint {
        /// The constraint.
        name: String,
    },
    /// A constraint is renamed.
    RenameConstraint {
        /// What it was called.
        from: String,
        /// What it is called.
        to: String,
    },
    /// A table becomes a partition.
    AttachPartition {
        /// The table that does.
        partition: Name,
    },
    /// A column is renamed.
    RenameColumn {
        /// What it was called.
        from: String,
        /// What it is called.
        to: String,
    },
    /// The table is renamed.
    RenameTo {
        /// What it is called.
        to: String,
    },
    /// Something else, by its first words, in upper case.
    Other(String),
}

/// A column that is added to a table.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a word that stands there, or not"
)]
pub(crate) struct AddedColumn {
    /// Its name.
    pub(crate) name: String,
    /// Its type, in lower case; one that is not named is "".
    pub(crate) of_type: String,
    /// Whether one that exists is no error.
    pub(crate) if_not_exists: bool,
    /// Whether it may not be null.
    pub(crate) not_null: bool,
    /// What it is where nobody says: none, or the words of it in upper case.
    pub(crate) default: Option<String>,
    /// Whether it is unique or the primary key.
    pub(crate) key: bool,
    /// Whether the values are computed and stored.
    pub(crate) stored: bool,
    /// Whether each row gets a number of its own.
    pub(crate) numbered: bool,
    /// Whether a constraint checks the values.
    pub(crate) checked: bool,
    /// What it refers to.
    pub(crate) references: Option<ForeignKey>,
}

/// What a constraint asks of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ConstraintKind {
    /// An expression.
    Check,
    /// That no two are equal.
    Unique,
    /// That, and that none is null.
    PrimaryKey,
    /// That what they refer to exists.
    ForeignKey,
    /// Something else.
    Other,
}

/// A constraint that is added to a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AddedConstraint {
    /// What it asks.
    pub(crate) kind: ConstraintKind,
    /// Its name, where it is given one.
    pub(crate) name: Option<String>,
    /// Of a key, its columns; of one that takes an index over, none.
    pub(crate) columns: Vec<String>,
    /// Of a check, what it asks.
    pub(crate) check: Check,
    /// Of a foreign key, what it refers to.
    pub(crate) references: Option<ForeignKey>,
    /// Whether the rows that are there are left unchecked.
    pub(crate) not_valid: bool,
    /// Whether it takes over an index that is there.
    pub(crate) using_index: bool,
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
            Self::Drop(_) | Self::AddValue(_) | Self::Unread => None,
        }
    }
}

/// Reads a statement; spans count from its start.
fn read(statement: Phrase<'_>, dialect: &'static dyn Dialect) -> Vec<Effect> {
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
    if words.is_any(&rebuild::VERBS) {
        return rebuild::read(&mut words);
    }
    write::read(&words)
}
