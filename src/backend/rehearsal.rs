//! What is seen of a statement while it is rehearsed: the locks that it takes, and what it rewrites,
//! builds and leaves.
//!
//! It knows what is looked at, and no engine: those look in their own folders. What follows from what
//! is seen is for the rehearsal to say.

use super::error::DatabaseError;
use super::table_lock::{ExpectedLock, Kin, TableLock, Waiting};
use crate::sql::Script;

/// What kind of thing can be locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RelationKind {
    /// Something with rows of its own: a table, or a materialized view.
    Table,
    /// An index.
    Index,
    /// Something else with a name, such as a view or a sequence.
    Other,
}

/// A table, index, view or sequence as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Relation {
    /// Its schema, unquoted; empty where there are none.
    pub(crate) schema: String,
    /// Its name, unquoted.
    pub(crate) name: String,
    /// As it is told of: qualified where there are schemas, and in quotes where it needs them.
    pub(crate) shown: String,
    /// What it is.
    pub(crate) kind: RelationKind,
    /// What changes with the storage behind it; 0 where that cannot be told.
    pub(crate) storage: i64,
    /// The table of an index, by what stays the same of it, as of [`Seen`].
    pub(crate) on: Option<String>,
}

/// Something that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    /// What stays the same as long as it is there: its number, or its name where it has none.
    pub(crate) id: String,
    /// How it is now; none of what is gone, and locked.
    pub(crate) relation: Option<Relation>,
    /// The locks that this session holds on it.
    pub(crate) locks: Vec<TableLock>,
}

/// Something that this session has locked, and how it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Locked {
    /// As of [`Seen`].
    pub(crate) id: String,
    /// Another one as soon as this session takes another lock on it, or changes it.
    pub(crate) sign: String,
}

/// What is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look<'a> {
    /// All there is, but for this tool's own tables and the engine's.
    Everything,
    /// These, as far as this session has locked them. An engine that locks no tables shows everything.
    These(&'a [String]),
}

/// Whether the words of a statement tell which locks it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tells {
    /// They tell all that keep somebody waiting.
    All,
    /// They name the tables, and not the locks.
    NotOfNamed,
    /// It may lock anything.
    Nothing,
}

/// A column that refers to another table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reference {
    /// What stays the same of the table that refers, as of [`Seen`].
    pub(crate) from: String,
    /// And of the one referred to.
    pub(crate) to: String,
    pub(crate) constraint: String,
    pub(crate) column: String,
    /// The column that this one refers to.
    pub(crate) to_column: String,
    /// The key that it relies on, where it has a name.
    pub(crate) to_key: Option<String>,
}

/// How far it reaches what a statement does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    not(feature = "postgres"),
    expect(dead_code, reason = "a server alone has anything beside a database")
)]
pub(crate) enum Reach {
    /// It changes what is beside the database, and whatever is copied of that: a rollback takes it back,
    /// and nobody does who drops a copy.
    Beside,
    /// It does something outside of the database, which neither takes back.
    Outside,
    /// It changes the database, and no rollback takes it back.
    NotRolledBack,
}

/// Something that a rehearsal cannot take back, as far as words tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Lasting {
    pub(crate) reach: Reach,
    /// How the statement, or the function that it calls, is named.
    pub(crate) statement: String,
}

/// A temporary table that does not outlast a commit as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Temporary {
    /// Unquoted.
    pub(crate) name: String,
    pub(crate) at_commit: AtCommit,
}

/// What becomes of it at a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AtCommit {
    /// It is dropped.
    Drop,
    /// It has no rows afterwards.
    Empty,
}

/// A part of a schema, with what it is like in words that change where it does.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Described {
    /// What it is, and its name: `column public.users.name`.
    pub(crate) what: String,
    /// What it is like.
    pub(crate) like: String,
}

/// What an engine sees; a supertrait of [`Backend`](super::Backend).
pub(crate) trait RehearsalBackend {
    /// Returns whether tables have locks of their own, so that others go on beside a transaction that is
    /// rolled back.
    fn locks_tables(&self) -> bool;

    /// Returns who waits while this session writes, where the whole database is one lock; nobody where
    /// tables have locks of their own.
    fn closed_by_a_writer(&mut self) -> Result<Waiting, DatabaseError>;

    /// Looks at what there is, and at what this session has locked.
    fn look(&mut self, look: Look<'_>) -> Result<Vec<Seen>, DatabaseError>;

    /// Returns all that this session has locked, which is read after each statement and costs little.
    fn locked(&mut self) -> Result<Vec<Locked>, DatabaseError>;

    /// Checks now what the open transaction has put off to its commit, for good, so that what follows
    /// begins as it would behind a commit. What ran is a script, or nobody knows what.
    fn fire_deferred(&mut self, ran: Option<&Script>) -> Result<(), DatabaseError>;

    /// Returns the temporary tables that a statement makes by its words and that a commit drops or empties.
    fn temporaries(&self, script: &Script, statement: usize) -> Vec<Temporary>;

    /// Does to those that are there what a commit would.
    fn end_temporaries(&mut self, all: &[Temporary]) -> Result<(), DatabaseError>;

    /// Returns the locks that a statement takes by its words and that keep somebody waiting: what is held
    /// already nobody sees it take.
    fn expected_locks(&self, script: &Script, statement: usize) -> Vec<ExpectedLock>;

    /// Returns whether those are all.
    fn tells_locks(&self, script: &Script, statement: usize) -> Tells;

    /// Returns which tables a table refers to, and which refer to it: with one that is dropped, or a
    /// reference, the other is locked.
    fn references(&mut self, table: &str) -> Result<Vec<Reference>, DatabaseError>;

    /// Returns what has to do with a table in such a way, each as of [`Seen`].
    fn kin(&mut self, table: &str, kin: Kin) -> Result<Vec<String>, DatabaseError>;

    /// Returns what a statement does by its words that a rehearsal cannot take back.
    fn lasting(&self, script: &Script, statement: usize) -> Vec<Lasting>;

    /// Returns whether a script says what its transaction is like, which it can before anything else
    /// alone, and not within another transaction.
    fn wants_own_transaction(&self, script: &Script) -> bool;

    /// Returns whether an error says that a value of an enumeration is used before the transaction ends
    /// that added it.
    fn is_of_uncommitted_value(&self, error: &DatabaseError) -> bool;

    /// Returns the names of the tables whose rows a statement writes anew where they are, which
    /// nothing tells but its words.
    fn rewritten_in_place(&self, script: &Script, statement: usize) -> Vec<String>;

    /// Describes everything of the database's own schemas but rows, in any order.
    fn describe(&mut self) -> Result<Vec<Described>, DatabaseError>;
}
