//! The locks that an engine takes on tables, and whom each keeps waiting.
//!
//! Pure. Who holds one is for the engine to say.

use std::fmt;

use serde::{Serialize, Serializer};

/// A lock on a table, index, view or sequence, from weak to strong.
/// <https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-TABLES>
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TableLock {
    /// Of whoever reads.
    AccessShare,
    /// Of whoever reads rows that it is about to change.
    RowShare,
    /// Of whoever changes rows.
    RowExclusive,
    /// Of what is done beside readers and writers: `VACUUM`, a concurrent build of an index.
    ShareUpdateExclusive,
    /// Of a build of an index.
    Share,
    /// Of a new trigger, or foreign key.
    ShareRowExclusive,
    /// Of hardly anything.
    Exclusive,
    /// Of most changes of a table.
    AccessExclusive,
}

/// Who waits as long as a lock is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Waiting {
    /// Nobody who reads or changes rows, nor anything else that is done every day.
    Nobody,
    /// Who changes the table itself, builds an index on it, or vacuums it.
    Maintenance,
    /// Who changes rows.
    Writers,
    /// Whoever reads or changes rows.
    Everybody,
}

/// On what a lock is that a statement takes by its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    not(any(feature = "postgres", test)),
    expect(dead_code, reason = "a server alone locks tables")
)]
pub(crate) enum LockOn {
    /// What is named.
    Itself,
    /// The table of the index that is named.
    ItsTable,
    /// Each index of the table that is named.
    ItsIndexes,
    /// What the catalog knows beside the table that is named, or beside the table of the index that is.
    #[cfg_attr(
        all(not(feature = "postgres"), test),
        expect(dead_code, reason = "a server alone locks tables")
    )]
    ItsKin(Kin),
}

/// What has to do with a table, as the catalog knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    not(feature = "postgres"),
    expect(dead_code, reason = "a server alone locks tables")
)]
pub(crate) enum Kin {
    /// Its partitions and whatever else inherits of it, all the way down.
    Below,
    /// Its partitions alone, all the way down.
    Partitions,
    /// The table that it is a partition of, and what that one has for the rows of no other partition.
    Above,
    /// Its own partition for the rows of no other.
    Default,
    /// What refers to it or to what is below it, and what refers to that.
    Referring,
    /// What it refers to.
    Referred,
    /// The other ends of all references from and to it and what is below it.
    Ends,
    /// The views that are made of it or of what is below it, and those that are made of these.
    Views,
}

/// A lock that a statement takes by its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ExpectedLock {
    pub(crate) on: LockOn,
    /// Where it is said.
    pub(crate) schema: Option<String>,
    pub(crate) name: String,
    pub(crate) lock: TableLock,
}

/// The locks with their names, as `LOCK TABLE` has them.
const NAMES: [(TableLock, &str); 8] = [
    (TableLock::AccessShare, "ACCESS SHARE"),
    (TableLock::RowShare, "ROW SHARE"),
    (TableLock::RowExclusive, "ROW EXCLUSIVE"),
    (TableLock::ShareUpdateExclusive, "SHARE UPDATE EXCLUSIVE"),
    (TableLock::Share, "SHARE"),
    (TableLock::ShareRowExclusive, "SHARE ROW EXCLUSIVE"),
    (TableLock::Exclusive, "EXCLUSIVE"),
    (TableLock::AccessExclusive, "ACCESS EXCLUSIVE"),
];

impl TableLock {
    /// All of them, from weak to strong.
    pub(crate) const ALL: [Self; 8] = [
        Self::AccessShare,
        Self::RowShare,
        Self::RowExclusive,
        Self::ShareUpdateExclusive,
        Self::Share,
        Self::ShareRowExclusive,
        Self::Exclusive,
        Self::AccessExclusive,
    ];

    /// Returns the lock of a name, as `LOCK TABLE` has it.
    #[cfg_attr(
        all(not(feature = "postgres"), not(test)),
        expect(dead_code, reason = "a server alone locks tables")
    )]
    pub(crate) fn named(name: &str) -> Option<Self> {
        let found = NAMES.iter().find(|(_, known)| *known == name);
        found.map(|(lock, _)| *lock)
    }

    /// Returns its name, as `LOCK TABLE` has it.
    pub fn name(self) -> &'static str {
        NAMES
            .iter()
            .find(|(lock, _)| *lock == self)
            .map_or("", |(_, name)| name)
    }

    /// Returns who waits while it is held.
    pub fn keeps_waiting(self) -> Waiting {
        match self {
            Self::AccessShare | Self::RowShare | Self::RowExclusive => Waiting::Nobody,
            Self::ShareUpdateExclusive => Waiting::Maintenance,
            Self::Share | Self::ShareRowExclusive | Self::Exclusive => Waiting::Writers,
            Self::AccessExclusive => Waiting::Everybody,
        }
    }
}

impl fmt::Display for TableLock {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl Serialize for TableLock {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stronger_lock_keeps_no_fewer_waiting() {
        for pair in NAMES.windows(2) {
            let [(weak, _), (strong, _)] = pair else {
                unreachable!("two at a time");
            };
            assert!(weak < strong && weak.keeps_waiting() <= strong.keeps_waiting());
        }
    }

    #[test]
    fn each_is_found_by_its_name() {
        for (lock, name) in NAMES {
            assert_eq!(TableLock::named(name), Some(lock));
            assert_eq!(lock.name(), name);
        }
    }
}
