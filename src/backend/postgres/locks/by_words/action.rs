//! The locks of `ALTER TABLE`, one action at a time, and which of them others have with it.

use crate::backend::table_lock::{Kin, TableLock};
use crate::sql::effect::{Action, ConstraintKind};

/// Actions by their first words that go on beside readers and writers.
const MILD: [&str; 4] = ["SET (", "RESET (", "CLUSTER", "SET WITHOUT CLUSTER"];

/// What is done to a trigger, which writers alone wait for.
const TRIGGERS: [&str; 4] = [
    "ENABLE TRIGGER",
    "DISABLE TRIGGER",
    "ENABLE ALWAYS TRIGGER",
    "ENABLE REPLICA TRIGGER",
];

/// What concerns one table, whatever inherits of it.
const ALONE: [&str; 23] = [
    "SET (",
    "RESET (",
    "CLUSTER",
    "SET WITHOUT",
    "SET SCHEMA",
    "SET TABLESPACE",
    "SET LOGGED",
    "SET UNLOGGED",
    "SET ACCESS",
    "REPLICA",
    "OWNER",
    "INHERIT",
    "NO INHERIT",
    "OF",
    "NOT OF",
    "ENABLE ROW",
    "DISABLE ROW",
    "FORCE ROW",
    "NO FORCE",
    "ENABLE RULE",
    "DISABLE RULE",
    "ENABLE ALWAYS RULE",
    "ENABLE REPLICA RULE",
];

/// Returns the lock of the table that is altered.
/// <https://www.postgresql.org/docs/current/sql-altertable.html>
pub(super) fn lock(action: &Action) -> TableLock {
    match action {
        Action::ValidateConstraint { .. } | Action::AttachPartition { .. } => {
            TableLock::ShareUpdateExclusive
        }
        Action::AddConstraint(added) if added.kind == ConstraintKind::ForeignKey => {
            TableLock::ShareRowExclusive
        }
        Action::Other(words) if is_mild(words) => TableLock::ShareUpdateExclusive,
        Action::Other(words) if begins(words, &TRIGGERS) => TableLock::ShareRowExclusive,
        _ => TableLock::AccessExclusive,
    }
}

/// Returns who is locked along with it, where `ONLY` is not said, and how.
pub(super) fn along(action: &Action) -> Option<(Kin, TableLock)> {
    let likewise = |kin| Some((kin, lock(action)));
    match action {
        Action::AttachPartition { .. }
        | Action::DetachPartition { .. }
        | Action::RenameTo { .. } => None,
        // Each of them gets an index; a primary key closes those where a column may be null.
        Action::AddConstraint(added) if added.kind == ConstraintKind::Unique => {
            Some((Kin::Partitions, TableLock::Share))
        }
        Action::AddConstraint(added) if added.kind != ConstraintKind::Check => {
            likewise(Kin::Partitions)
        }
        Action::Other(words) if begins(words, &ALONE) => None,
        Action::Other(words) if begins(words, &TRIGGERS) => likewise(Kin::Partitions),
        _ => likewise(Kin::Below),
    }
}

fn begins(words: &str, known: &[&str]) -> bool {
    known.iter().any(|begin| words.starts_with(begin))
}

/// A table's parameters, and the statistics and parameters of a column; one parameter is of the strong
/// lock.
fn is_mild(words: &str) -> bool {
    let of_column = words.starts_with("ALTER ")
        && [" SET STATISTICS", " SET (", " RESET ("]
            .iter()
            .any(|set| words.contains(set));
    let is_strong = words.contains("USER_CATALOG_TABLE");
    (of_column || begins(words, &MILD)) && !is_strong
}
