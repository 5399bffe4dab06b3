//! What a statement makes of tables and columns, as far as rows may be lost by it, read by its words.
//!
//! Knows the words of both engines' statements. Must not know which tables there are, nor how much
//! is in them.

mod altered;
mod copy;
mod overwrite;
mod path;
mod read;
mod savepoint;
mod write;

use super::effect::Verb;
use super::name::Name;
use super::script::Script;

/// What is done to a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Change {
    /// It is made, with these columns and their declared types; of a query they are not known.
    Create {
        table: Name,
        columns: Vec<(String, String)>,
        taken: Taken,
    },
    /// Rows of a query are put into it; where these are all rows of a table, of which one.
    Fill { table: Name, copy: Option<RowCopy> },
    /// It goes.
    Drop { table: Name, along: Along },
    /// All its rows are deleted.
    Empty(Name),
    /// Some of its rows are deleted.
    Thin(Name),
    /// Values of these columns are written over.
    Overwrite {
        table: Name,
        columns: Vec<String>,
        which: Which,
    },
    /// All its rows go at once.
    Truncate { table: Name, along: Along },
    /// It has another name.
    Rename { from: Name, to: Name },
    /// A column goes.
    DropColumn { table: Name, column: String },
    /// A column has values of another type.
    ConvertColumn { table: Name, column: String },
    /// A column has another name.
    RenameColumn {
        table: Name,
        from: String,
        to: String,
    },
    /// Everything in a schema goes.
    DropSchema(String),
    /// A schema has another name.
    RenameSchema { from: String, to: String },
    /// Names without a schema are looked for elsewhere, until the step ends.
    SearchPath(Path),
    /// A point is set to which the run may go back, or it does.
    Savepoint(Savepoint),
    /// Rows of it are written, for which its triggers run.
    Write { table: Name, verb: Verb },
    /// Something goes, or may go, that the words do not name.
    Untold,
}

/// What happens to a table to be whose name is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taken {
    /// It is an error.
    Fails,
    /// The one that is there stays.
    Stays,
}

/// Which rows are written over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which {
    /// All of them.
    Every,
    /// Those that a condition picks, or that have the key of another.
    Some,
}

/// Which tables go, or are truncated, beside the one that is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Along {
    /// None: it is an error where others refer to it or inherit from it.
    Nothing,
    /// All that refer to it, or inherit from it, and those that do so of these.
    Referring,
}

/// Where names are looked for that have no schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Path {
    /// Where they are before the run.
    Usual,
    /// In these schemas, in this order.
    Schemas(Vec<String>),
    /// The words do not say where.
    Unknown,
}

/// What is done about a point to which a run may go back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Savepoint {
    /// A transaction begins.
    Begin,
    /// It ends, and all stays.
    Commit,
    /// It ends, and nothing of it stays.
    Rollback,
    /// A point in it has a name from here on.
    Set(String),
    /// What was done since is no longer told apart.
    Release(String),
    /// What was done since is undone.
    RollbackTo(String),
}

/// A copy of all rows of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RowCopy {
    /// Whose rows they are.
    pub(crate) from: Name,
    /// What of them.
    pub(crate) copied: Copied,
}

/// What a copy of rows takes of each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Copied {
    /// All columns.
    Everything,
    /// What these make of it, one for each column of the copy.
    Values(Vec<Value>),
}

/// A value of a copied row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    /// A column as it is, and what it is called in the copy, where the statement says so.
    Column { from: String, to: Option<String> },
    /// Something that is computed, with the words in it: some of them are columns.
    Computed(Vec<String>),
}

/// The schema of what goes with the session, as it is told apart here.
pub(crate) const TEMPORARY: &str = "pg_temp";

impl Script {
    /// Returns what the statement at `index` does to tables, in order; nothing where it does nothing
    /// by which rows could be lost, or found again.
    ///
    /// # Panics
    ///
    /// Panics if there is no statement at `index`.
    pub(crate) fn changes(&self, index: usize) -> Vec<Change> {
        let dialect = self.dialect();
        self.with_phrase(index, |phrase| read::changes(phrase, dialect))
    }

    /// Returns the tables of which the statement at `index` writes rows, each as a [`Change::Write`]:
    /// what their triggers do stands elsewhere.
    ///
    /// # Panics
    ///
    /// Panics if there is no statement at `index`.
    pub(crate) fn writes(&self, index: usize) -> Vec<Change> {
        let dialect = self.dialect();
        self.with_phrase(index, |phrase| write::writes(phrase, dialect))
    }
}
